package openfisca

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"sync"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Limits of what is answered on columns: beyond, and for what is unusual or wrong,
// Read and Answer do it.
const (
	quickMonths  = 13      // different months asked
	quickSteps   = 200_000 // operations of one program
	keptSteps    = 1 << 20 // of all the programs kept, 40 bytes each
	keptPrograms = 64
	keptCounts   = 4096 // sets of asks counted
)

// quick answers situations of the usual form on columns. The first time that
// variables are asked together they are answered the slow way; when they are asked
// again a program is compiled for them and kept. It is safe for concurrent use.
type quick struct {
	law      *rights.Law
	digest   string
	defaults func() [][]byte // per variable: JSON of its default

	mu       sync.Mutex
	programs map[string]*program
	asked    map[string]int // how often a set without a program was asked
	steps    int
	clock    int
	idle     []*worker
}

// program is a compiled set of asks; prog is nil while it is being compiled, and
// for a set that is too large.
type program struct {
	key  string
	prog *columnar.Program
	used int // when last
}

// worker holds what one calculation needs, kept from one to the next.
type worker struct {
	plain  *Plain
	ev     *columnar.Evaluator
	rooms  map[*columnar.Program]*room
	asks   []columnar.Ask
	key    []byte
	wanted []columnar.Cell
	ids    [ir.Entities][][]byte
	notes  notes
}

// room is a batch and an evaluator of a program, in the worker's memory.
type room struct {
	batch *columnar.Batch
	ev    *columnar.Evaluator
}

func newQuick(l *rights.Law) *quick {
	return &quick{law: l, digest: l.Digest(), programs: map[string]*program{}, asked: map[string]int{}, defaults: sync.OnceValue(func() [][]byte { return defaults(l) })}
}

// defaults writes the default of every input; nil for a rule.
func defaults(l *rights.Law) [][]byte {
	defs := l.Program().IR.Vars
	out := make([][]byte, len(defs))
	for i := range defs {
		if d := defs[i].Default; d != nil {
			if b, err := json.Marshal(l.ValueOf(int32(i), d.Num, d.Text)); err == nil { // always
				out[i] = b
			}
		}
	}
	return out
}

// answer answers a request; false when it must be answered the slow way, which has
// an answer for everything.
func (q *quick) answer(ctx context.Context, body []byte, o Options) ([]byte, bool) {
	w := q.worker()
	defer q.giveBack(w)
	if !w.plain.Body(body) || len(w.plain.asks) == 0 || !w.sort() {
		return nil, false
	}
	prog := q.program(w)
	if prog == nil {
		return nil, false
	}
	r := w.room(prog)
	defer r.batch.Reset()
	w.plain.AddTo(prog, r.batch)
	if !w.place(r.batch) {
		return nil, false
	}
	cells, ok, err := r.ev.Cells(ctx, r.batch, w.wanted)
	if err != nil || !ok || !cells.Settled || o.Strict && len(cells.Absent) > 0 {
		return nil, false
	}
	return q.splice(w, body, r.batch, cells, o)
}

func (q *quick) worker() *worker {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.idle); n > 0 {
		w := q.idle[n-1]
		q.idle = q.idle[:n-1]
		return w
	}
	return &worker{plain: NewPlain(q.law), rooms: map[*columnar.Program]*room{}}
}

func (q *quick) giveBack(w *worker) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idle = append(q.idle, w)
}

// sort finds what is asked, each variable and month once, whatever their order;
// false when that is too much.
func (w *worker) sort() bool {
	w.asks = w.asks[:0]
	for i := range w.plain.asks {
		a := w.plain.asks[i].ask()
		if at, there := slices.BinarySearchFunc(w.asks, a, compareAsks); !there {
			w.asks = slices.Insert(w.asks, at, a)
		}
	}
	months, last := 0, ir.Month(-1)
	w.key = w.key[:0]
	for _, a := range w.asks {
		w.key = binary.LittleEndian.AppendUint32(w.key, uint32(a.Var))
		w.key = binary.LittleEndian.AppendUint32(w.key, uint32(a.Asked))
		if a.Asked != last {
			months, last = months+1, a.Asked
		}
	}
	return months <= quickMonths
}

// ask is a null as the columnar evaluator takes it, seen from where Compute sees it.
func (a *plainAsk) ask() columnar.Ask {
	if a.in.period == ir.Yearly {
		return columnar.Ask{Var: a.in.index, Period: a.month, Asked: a.month + 11}
	}
	return columnar.Ask{Var: a.in.index, Period: a.month, Asked: a.month}
}

func compareAsks(a, b columnar.Ask) int {
	if a.Asked != b.Asked {
		return int(a.Asked - b.Asked)
	}
	return int(a.Var - b.Var)
}

// program returns the program of a worker's asks, nil when there is none yet.
func (q *quick) program(w *worker) *columnar.Program {
	q.mu.Lock()
	q.clock++
	if p := q.programs[string(w.key)]; p != nil {
		p.used = q.clock
		defer q.mu.Unlock()
		return p.prog
	}
	if len(q.asked) >= keptCounts {
		clear(q.asked)
	}
	if q.asked[string(w.key)]++; q.asked[string(w.key)] < 2 {
		q.mu.Unlock()
		return nil
	}
	p := &program{key: string(w.key), used: q.clock}
	delete(q.asked, p.key)
	q.programs[p.key] = p
	q.mu.Unlock()
	prog, err := columnar.Compile(q.law.Program(), slices.Clone(w.asks), columnar.Options{Open: true, Cells: true, Most: quickSteps})
	if err != nil { // too large: never on columns
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	p.prog = prog
	q.steps += prog.Size()
	for len(q.programs) > keptPrograms || q.steps > keptSteps {
		q.forget(p)
	}
	return prog
}

// forget drops the program that was used least recently, other than one.
func (q *quick) forget(but *program) {
	var oldest *program
	for _, p := range q.programs {
		if p != but && (oldest == nil || p.used < oldest.used) {
			oldest = p
		}
	}
	if oldest == nil {
		q.steps = 0
		return
	}
	if oldest.prog != nil {
		q.steps -= oldest.prog.Size()
	}
	delete(q.programs, oldest.key)
}

// room returns an empty batch and an evaluator of a program.
func (w *worker) room(p *columnar.Program) *room {
	if r := w.rooms[p]; r != nil {
		return r
	}
	if len(w.rooms) >= keptPrograms { // some are of programs forgotten since
		clear(w.rooms)
	}
	if w.ev == nil {
		w.ev = p.NewEvaluator()
	}
	r := &room{p.NewBatch(), w.ev.Beside(p)}
	w.rooms[p] = r
	return r
}

// place finds the row of each ask, and what subjects are called; false when two of
// an entity have one name.
func (w *worker) place(b *columnar.Batch) bool {
	for e := range w.ids {
		w.ids[e] = w.ids[e][:0]
	}
	w.ids[ir.Person] = append(w.ids[ir.Person], w.plain.persons...)
	for _, g := range w.plain.groups {
		w.ids[g.entity] = append(w.ids[g.entity], g.name)
	}
	for p := range w.plain.persons { // who has no group has one of their own, with their name
		for e := ir.Family; e < ir.Entities; e++ {
			if row := b.GroupOf(e, int32(p)); int(row) >= len(w.ids[e]) {
				name := w.plain.persons[p]
				if slices.ContainsFunc(w.ids[e], func(id []byte) bool { return string(id) == string(name) }) {
					return false
				}
				w.ids[e] = append(w.ids[e], name)
			}
		}
	}
	w.wanted = w.wanted[:0]
	for i := range w.plain.asks {
		a := &w.plain.asks[i]
		at, _ := slices.BinarySearchFunc(w.asks, a.ask(), compareAsks)
		w.wanted = append(w.wanted, columnar.Cell{Ask: at, Row: w.plain.row(a.in.entity, a.subject)})
	}
	return true
}

// row is the row of a subject in a batch of this situation alone.
func (r *Plain) row(e ir.Entity, subject int) int32 {
	if e == ir.Person {
		return int32(subject)
	}
	return r.rows[subject]
}
