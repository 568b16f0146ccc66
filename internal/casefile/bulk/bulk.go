// Package bulk computes the rights of many files at once: what casefile's engine
// says of each, without explanations.
//
// Files are put side by side in the columnar evaluator, which settles every right
// whose facts are all known; the interval evaluator bounds what is left, file by
// file. Whoever compares laws, months or suppositions over a whole list uses it:
// nothing is stored, nothing is ranked.
//
// Guarantee: status, amounts and missing facts are those that the page of the file
// would show for the same picture and the same law.
//
//	outcomes, err := bulk.New(engine).Evaluate(ctx, pictures) // one list for each picture
package bulk

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
)

// perBatch is how many files are put side by side.
const perBatch = 256

// Law computes under one law. It keeps the program of the last month asked, and is
// for one goroutine.
type Law struct {
	engine *casefile.LawEngine
	law    *rights.Law
	kept   *program
}

// New computes under an engine's law.
func New(e *casefile.LawEngine) *Law { return &Law{engine: e, law: e.Law()} }

// program is a law compiled for a month.
type program struct {
	month rights.Month
	asks  []asked
	batch *columnar.Batch
	ev    *columnar.Evaluator
}

// asked is a right and where its columns are.
type asked struct {
	right       rights.Right
	amount      int
	paid        int // the same as amount when nothing is paid apart
	place       int // of the rule that says where a local aid exists, −1 everywhere
	placeEntity rights.Entity
	plain       bool // what the columns say is enough when they know it
}

func (l *Law) program(m rights.Month) (*program, error) {
	if l.kept != nil && l.kept.month == m {
		return l.kept, nil
	}
	p := &program{month: m}
	var names []string
	ask := func(name string) int {
		if i := slices.Index(names, name); i >= 0 {
			return i
		}
		names = append(names, name)
		return len(names) - 1
	}
	for _, r := range l.law.Rights() {
		a := asked{right: r, amount: ask(r.Name), place: -1, plain: true}
		a.paid = a.amount
		if r.Paid != "" {
			a.paid = ask(r.Paid)
		}
		if r.Territory != "" {
			v, ok := l.law.Variable(r.Territory)
			if !ok {
				return nil, fmt.Errorf("right %s: no rule %s", r.Name, r.Territory)
			}
			a.place, a.placeEntity = ask(r.Territory), v.Entity
			a.plain = v.Entity == r.Entity || v.Entity == rights.Household // a file has one dwelling
		}
		p.asks = append(p.asks, a)
	}
	prog, err := l.law.ColumnsFor(rights.Dossier, m, names...)
	if err != nil {
		return nil, fmt.Errorf("compile the rights of %s: %w", m, err)
	}
	p.batch, p.ev = prog.NewBatch(), prog.NewEvaluator()
	l.kept = p
	return p, nil
}

// household is one evaluation to make: a picture, at one end of its births.
type household struct {
	picture  int
	total    *rights.Total
	claimant rights.Subject
	month    rights.Month
	row      int // in the batch; −1 when a fact is said to be unknown
	said     map[string]casefile.Outcome
	known    map[string]bool // rights of elsewhere are known, and not said
}

// Evaluate says what can be said of each right of each picture's claimant: one list
// for each picture, in the law's order. Local aids of elsewhere are left out. With
// names, those rights alone: fewer rights share the time that trying values takes,
// so that a range may be tighter than that of a file's page.
func (l *Law) Evaluate(ctx context.Context, pictures []*casefile.Picture, names ...string) ([][]casefile.Outcome, error) {
	var all []*household
	for i, p := range pictures {
		ends := []bool{false}
		if p.PartialBirth() {
			ends = append(ends, true)
		}
		for _, late := range ends {
			s, claimant, err := l.engine.Situation(p, late)
			if err != nil {
				return nil, err
			}
			all = append(all, &household{picture: i, total: s.Close(rights.Dossier), claimant: claimant, month: p.Month,
				said: map[string]casefile.Outcome{}, known: map[string]bool{}})
		}
	}
	for from := 0; from < len(all); {
		end := from + 1
		for end < len(all) && end-from < perBatch && all[end].month == all[from].month {
			end++
		}
		if err := l.columns(ctx, all[from:end], names); err != nil {
			return nil, err
		}
		from = end
	}
	out := make([][]casefile.Outcome, len(pictures))
	first := map[int]*household{}
	for _, h := range all {
		if err := l.rest(ctx, h, names); err != nil {
			return nil, err
		}
		if other := first[h.picture]; other != nil {
			for name, o := range other.said {
				if late, ok := h.said[name]; ok {
					other.said[name] = casefile.Between(o, late, pictures[h.picture])
				}
			}
			continue
		}
		first[h.picture] = h
	}
	for i := range pictures {
		for _, r := range l.law.Rights() {
			if o, ok := first[i].said[r.Name]; ok {
				out[i] = append(out[i], o)
			}
		}
	}
	return out, nil
}

// columns settles what the facts of a batch of files settle.
func (l *Law) columns(ctx context.Context, list []*household, names []string) error {
	p, err := l.program(list[0].month)
	if err != nil {
		return err
	}
	p.batch.Reset()
	for _, h := range list {
		h.row = p.batch.Len()
		if h.total.AddTo(p.batch) != nil { // a fact is said to be unknown: the intervals know what to do
			h.row = -1
		}
	}
	if p.batch.Len() == 0 {
		return nil
	}
	p.batch.Seal()
	got, err := p.ev.Run(ctx, p.batch)
	if err != nil {
		return err
	}
	for _, h := range list {
		if h.row < 0 {
			continue
		}
		for i := range p.asks {
			a := &p.asks[i]
			if len(names) == 0 || slices.Contains(names, a.right.Name) {
				h.read(a, p.batch, got)
			}
		}
	}
	return nil
}

// read takes what the columns say of a right, when it is all that can be said.
func (h *household) read(a *asked, b *columnar.Batch, got *columnar.Result) {
	own := h.total.Own(h.claimant, a.right.Entity)
	row := h.at(b, own)
	if a.place >= 0 {
		if !a.plain {
			return
		}
		place := row
		if a.placeEntity != a.right.Entity {
			place = h.at(b, h.total.Own(h.claimant, rights.Household))
		}
		if columnar.Is(got.Unknown[a.place], place) || columnar.Is(got.NA[a.place], place) || got.Values[a.place][place] == 0 {
			h.known[a.right.Name] = true
			return
		}
	}
	for _, i := range [2]int{a.amount, a.paid} {
		if columnar.Is(got.Unknown[i], row) || columnar.Is(got.Notes[i], row) {
			return
		}
	}
	amount, paid := got.Values[a.amount][row], got.Values[a.paid][row]
	if amount < 0 || paid < 0 || amount != 0 && len(a.right.Reserved) > 0 {
		return
	}
	o := casefile.Outcome{Right: a.right.Name, Status: casefile.NotDue}
	if a.right.Per != rights.NoAmount {
		o.Min = rights.CentsOf(paid)
		o.Max = o.Min
	}
	if amount != 0 {
		o.Status, o.Amount = casefile.Probable, o.Min
	}
	h.said[a.right.Name], h.known[a.right.Name] = o, true
}

// at is the row of a subject of the file.
func (h *household) at(b *columnar.Batch, s rights.Subject) int32 {
	first, _ := b.Rows(h.row, s.Entity)
	return first + s.Index
}

// rest bounds what the columns could not settle.
func (l *Law) rest(ctx context.Context, h *household, names []string) error {
	var left []string
	for _, r := range l.law.Rights() {
		if !h.known[r.Name] && (len(names) == 0 || slices.Contains(names, r.Name)) {
			left = append(left, r.Name)
		}
	}
	if len(left) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	results, err := h.total.EvaluateFor(h.month, h.claimant, left...)
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	for _, r := range results {
		if r.Elsewhere {
			continue
		}
		right, _ := l.law.Right(r.Right)
		h.said[r.Right] = casefile.Said(r, right)
	}
	return nil
}
