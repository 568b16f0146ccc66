package ask

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
)

// Engine evaluates completions of one household.
type Engine interface {
	// Amounts gives the amount of each right (0 or 1 for a yes or no) in n
	// completions: one row per completion. draw gives the facts of a completion; its
	// memory is the caller's after the next call.
	Amounts(ctx context.Context, t *rights.Total, month rights.Month, person rights.Subject, names []string, n int, draw func() []rights.Drawn) ([][]float64, error)
}

// Columns is the columnar evaluator as an Engine. It keeps one compiled program per
// month asked, the last few; it is safe for concurrent use.
type Columns struct {
	law *rights.Law

	mu    sync.Mutex
	kept  []compiled // the newest first
	ready map[rights.Month]*sync.Pool
}

var _ Engine = (*Columns)(nil)

type compiled struct {
	month rights.Month
	prog  *columnar.Program
	names []string
}

// maxKept is how many months keep their program.
const maxKept = 4

// batchRows is how many completions one batch holds.
const batchRows = 256

// NewColumns makes the engine of a law.
func NewColumns(l *rights.Law) *Columns {
	return &Columns{law: l, ready: map[rights.Month]*sync.Pool{}}
}

// program compiles every right for a month, once.
func (c *Columns) program(m rights.Month) (compiled, *sync.Pool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.kept, func(k compiled) bool { return k.month == m }); i >= 0 {
		return c.kept[i], c.ready[m], nil
	}
	k := compiled{month: m}
	for _, r := range c.law.Rights() {
		k.names = append(k.names, r.Name)
	}
	var err error
	if k.prog, err = c.law.ColumnsFor(rights.OpenFisca, m, k.names...); err != nil {
		return k, nil, fmt.Errorf("compile the rights of %s: %w", m, err)
	}
	c.kept = slices.Insert(c.kept, 0, k)
	if len(c.kept) > maxKept {
		delete(c.ready, c.kept[maxKept].month)
		c.kept = c.kept[:maxKept]
	}
	c.ready[m] = &sync.Pool{New: func() any { return &bench{k.prog.NewBatch(), k.prog.NewEvaluator()} }}
	return k, c.ready[m], nil
}

// bench is the memory of one evaluation.
type bench struct {
	batch *columnar.Batch
	ev    *columnar.Evaluator
}

// Amounts implements Engine.
func (c *Columns) Amounts(ctx context.Context, t *rights.Total, month rights.Month, person rights.Subject, names []string, n int, draw func() []rights.Drawn) ([][]float64, error) {
	k, pool, err := c.program(month)
	if err != nil {
		return nil, err
	}
	at := make([]int, len(names))
	owner := make([]rights.Subject, len(names))
	for i, name := range names {
		if at[i] = slices.Index(k.names, name); at[i] < 0 {
			return nil, fmt.Errorf("right %.40q: the law has none", name)
		}
		r, _ := c.law.Right(name)
		owner[i] = t.Own(person, r.Entity)
	}
	b := pool.Get().(*bench)
	defer pool.Put(b)
	fill := t.Filler()
	out := make([][]float64, 0, n)
	flat := make([]float64, n*len(names))
	for len(out) < n {
		b.batch.Reset()
		rows := min(batchRows, n-len(out))
		for range rows {
			if err := fill.Add(b.batch, draw()); err != nil {
				return nil, err
			}
		}
		b.batch.Seal()
		got, err := b.ev.Run(ctx, b.batch)
		if err != nil {
			return nil, fmt.Errorf("evaluate completions: %w", err)
		}
		for row := range rows {
			one := flat[:len(names):len(names)]
			flat = flat[len(names):]
			for i := range names {
				one[i] = got.Values[at[i]][fill.Row(row, owner[i])]
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// defaultSamples is how many completions tell which question is most useful.
const defaultSamples = 200

// sureSamples is how many completions a probability near 0 needs, and moreSamples
// how many are tried at a time on the way there.
const (
	sureSamples = 2000
	moreSamples = 2 * batchRows
)

// weigh tries completions: what each page explains of the open verdicts, and how
// probable it is that they are not what most completions say.
func (a *Asker) weigh(ctx context.Context, step *Step, t *rights.Total, month rights.Month, person rights.Subject, open []string) error {
	n := a.o.Samples
	if n == 0 {
		n = defaultSamples
	}
	missing := missingOf(step.Results)
	var drawn []map[Key]rights.Value
	p := Marginals{a.law, month}
	// The same facts give the same draws.
	r := rand.New(rand.NewPCG(uint64(month), uint64(len(missing)))) // #nosec G404 -- the same facts give the same draws; nothing secret
	var memory []rights.Drawn
	amounts, err := a.o.Engine.Amounts(ctx, t, month, person, open, n, func() []rights.Drawn {
		memory = p.draw(r, t, missing, memory[:0])
		values := make(map[Key]rights.Value, len(memory))
		for _, d := range memory {
			values[Key{d.Variable, t.ID(d.Subject)}] = d.Value
		}
		drawn = append(drawn, values)
		return memory
	})
	if err != nil {
		return err
	}
	for i := range step.Questions {
		q := &step.Questions[i]
		for _, c := range q.Cells {
			classes, count := bins(drawn, c.Key())
			q.gain = max(q.gain, explained(classes, count, amounts))
		}
		q.gain = math.Round(q.gain*20) / 20 // finer is noise
		q.gated = a.gated(q, step.Questions)
	}
	sortQuestions(step.Questions)
	if a.o.Margin == 0 {
		return nil
	}
	v := votes{due: make([]int, len(open))}
	v.count(amounts)
	for a.worthTrying(v) {
		more, err := a.o.Engine.Amounts(ctx, t, month, person, open, min(moreSamples, sureSamples-v.n), func() []rights.Drawn {
			memory = p.draw(r, t, missing, memory[:0])
			return memory
		})
		if err != nil {
			return err
		}
		v.count(more)
	}
	if v.n >= sureSamples && v.doubt() <= a.o.Margin {
		step.Stop, step.guess = Likely, v.majority(open)
	}
	return nil
}

// worthTrying tells whether more completions may still show that a doubt is below
// the margin: there are few of them yet, and what was met so far, if the doubt were
// at the margin, is not beyond chance (three standard deviations).
func (a *Asker) worthTrying(v votes) bool {
	if v.n >= sureSamples || float64(len(v.due)) > a.o.Margin*(sureSamples+2) {
		return false
	}
	mean := float64(v.n) * a.o.Margin
	return float64(v.rare()) <= mean+3*math.Sqrt(mean)+1
}

// missingOf lists every fact that decides, answered or not.
func missingOf(results []rights.Result) []rights.FactRef {
	var out []rights.FactRef
	for _, r := range results {
		for _, m := range slices.Concat(r.Missing, r.Refused) {
			if !slices.ContainsFunc(out, func(f rights.FactRef) bool { return f.Variable == m.Variable && f.Subject == m.Subject }) {
				out = append(out, m.FactRef)
			}
		}
	}
	order(out)
	return out
}

// gated tells whether a page asks what another open page decides whether to ask:
// the wage of somebody whose activity is not known yet.
func (a *Asker) gated(q *Question, all []Question) bool {
	for _, c := range q.Cells {
		for _, gate := range a.law.Gates(c.Variable) {
			for i := range all {
				if all[i].ID != q.ID && slices.ContainsFunc(all[i].Cells, func(o Cell) bool {
					return o.Variable == gate && (o.Subject == c.Subject || o.Entity != c.Entity)
				}) {
					return true
				}
			}
		}
	}
	return false
}

// bins puts completions in classes by the value drawn for a fact: a yes or no, a
// choice, a year, or the quarter of an amount, 0 apart. It gives the class of each
// completion, and how many classes there are.
func bins(drawn []map[Key]rights.Value, k Key) (classes []int, count int) {
	classes = make([]int, len(drawn))
	var numbers []float64
	for _, d := range drawn {
		if v := d[k]; v.Kind == rights.KindNumber && v.Number != 0 {
			numbers = append(numbers, v.Number)
		}
	}
	slices.Sort(numbers)
	known := map[rights.Value]int{}
	for i, d := range drawn {
		v := d[k]
		switch v.Kind {
		case rights.KindNumber:
			quarter := 0
			if v.Number != 0 {
				at, _ := slices.BinarySearch(numbers, v.Number)
				quarter = 1 + 4*at/len(numbers)
			}
			v = rights.Number(float64(quarter))
		case rights.KindDate:
			v = rights.Text(v.String()[:4])
		}
		c, seen := known[v]
		if !seen {
			c = len(known)
			known[v] = c
		}
		classes[i] = c
	}
	return classes, len(known)
}

// explained is how much of the variance of the open verdicts the classes explain,
// summed over the rights, less what that many classes explain by chance.
func explained(classes []int, count int, amounts [][]float64) float64 {
	if len(amounts) == 0 {
		return 0
	}
	n, total := float64(len(amounts)), 0.0
	size, due := make([]float64, count), make([]float64, count)
	for _, c := range classes {
		size[c]++
	}
	for r := range amounts[0] {
		clear(due)
		all := 0.0
		for i, row := range amounts {
			if row[r] > 0 {
				due[classes[i]]++
				all++
			}
		}
		before := all / n * (1 - all/n)
		after, met := 0.0, 0
		for c := range count {
			if size[c] > 0 {
				met++
				after += due[c] * (1 - due[c]/size[c]) / n
			}
		}
		total += max(0, before-after-before*float64(met-1)/n)
	}
	return total
}

// votes counts in how many completions each open right is due.
type votes struct {
	n   int
	due []int // by right
}

func (v *votes) count(amounts [][]float64) {
	v.n += len(amounts)
	for _, row := range amounts {
		for r, x := range row {
			if x > 0 {
				v.due[r]++
			}
		}
	}
}

// rare is how many verdicts were not the one that most completions give.
func (v *votes) rare() int {
	total := 0
	for _, due := range v.due {
		total += min(due, v.n-due)
	}
	return total
}

// doubt is how probable it is that one of the open verdicts is not the one that
// most completions give: at most the sum over the rights, with one more on the rare
// side of each, since what was never drawn is not impossible.
func (v *votes) doubt() float64 {
	return float64(v.rare()+len(v.due)) / float64(v.n+2)
}

// majority is what most completions say of each right.
func (v *votes) majority(open []string) map[string]bool {
	out := make(map[string]bool, len(open))
	for r, name := range open {
		out[name] = 2*v.due[r] > v.n
	}
	return out
}
