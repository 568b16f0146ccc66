package eval

import (
	"codeberg.org/parvis/parvis/rights/ir"
)

// Value is what an expression gives. F holds numbers, booleans (0, 1), days and
// enumeration indexes; S holds texts. NA means not applicable: F is 0 and S
// empty. Unknown means that an unknown fact decides; F and S mean nothing then.
type Value struct {
	F       float64
	S       string
	NA      bool
	Unknown bool
}

// Bool returns the value of a condition.
func Bool(b bool) Value {
	if b {
		return Value{F: 1}
	}
	return Value{}
}

// True tells whether a condition is known and holds.
func (v Value) True() bool { return !v.Unknown && v.F != 0 }

// Cell names one value: a variable of a subject at a period. A year is named by
// its January; what lasts for ever has period 0.
type Cell struct {
	Var     int32
	Subject int32
	Period  ir.Month
}

// Origin says where a value comes from.
type Origin uint8

// The origins.
const (
	FromRule      Origin = iota // computed
	FromFact                    // known, of an input or in place of a rule
	FromDefault                 // absent: OpenFisca's default
	FromPresumed                // absent: our presumption
	FromStart                   // too far in the past: the value at the start
	FromUnknown                 // nobody knows
	FromRefused                 // known to be refused: never asked again
	FromCondition               // absent: presumed when the input's condition holds, else unknown; never the origin of a node
)

// Source gives the cells of a situation. For a rule without a known value it
// returns FromRule.
type Source interface {
	Get(c Cell) (Value, Origin)
}

// Node is one value of an evaluation, with what it read.
type Node struct {
	Cell   Cell
	Value  Value
	Origin Origin
	Deps   []int32 // nodes read, in the order of reading
	Uses   []Use   // parameters read
	Body   int32   // which body of the rule was used, −1 for none
	busy   bool    // being computed: reading it again would be a cycle
	Notes  []string
}

// Use is a parameter or a barème read by a node.
type Use struct {
	Scale   bool
	Index   int32
	Version int32
	Value   float64 // of a plain parameter or the cell of a grid; of a barème, the result
}

// Gap is why a value could not be computed from the law: a parameter without a
// value on a day, or a code that a table does not list.
type Gap struct {
	Param int32 // −1 when it is not a parameter
	Scale int32
	Table int32
	Code  string
	Day   ir.Day
}

// Program is a program ready to be interpreted; it is safe for concurrent use.
type Program struct {
	IR      *ir.Program
	lookups []*ir.Lookup
	index   map[string]int32
}

// Prepare indexes a program.
func Prepare(p *ir.Program) *Program {
	out := &Program{IR: p, index: make(map[string]int32, len(p.Vars))}
	for i := range p.Tables {
		out.lookups = append(out.lookups, ir.NewLookup(&p.Tables[i]))
	}
	for i := range p.Vars {
		out.index[p.Vars[i].Name] = int32(i)
	}
	return out
}

// Lookup finds a code in a table.
func (p *Program) Lookup(table int32, code string) (float64, bool) {
	return p.lookups[table].Find(code)
}

// Var returns the index of a variable, −1 when there is none.
func (p *Program) Var(name string) int32 {
	if i, ok := p.index[name]; ok {
		return i
	}
	return -1
}

// maxDepth bounds the rules that wait for one another. The longest chain of a
// law of some hundred rules over some tens of months stays well below.
const maxDepth = 20_000

// Evaluator computes cells of one situation, seen from one asked month. It is
// for one goroutine.
type Evaluator struct {
	prog  *Program
	world *World
	src   Source
	asked ir.Month
	// open gives a code that a table does not list the table's default; without
	// it, and for « à vérifier », the result is unknown.
	open bool

	Nodes []Node
	memo  Memo
	stack []int32 // nodes being computed

	Gaps []Gap
}

// Options of an evaluation.
type Options struct {
	Asked ir.Month // the month asked; December for a year
	Open  bool
	Size  int // how many values are expected, 0 when nobody knows
}

// New starts an evaluation.
func New(p *Program, w *World, src Source, o Options) *Evaluator {
	size := max(o.Size, 256)
	return &Evaluator{
		prog: p, world: w, src: src, asked: o.Asked, open: o.Open,
		Nodes: make([]Node, 0, size),
	}
}

// Reset forgets everything and begins again over another source, in the memory
// already taken. Nodes given out before must not be used any more.
func (ev *Evaluator) Reset(src Source, asked ir.Month) {
	ev.memo.Forget()
	ev.src, ev.asked, ev.Nodes, ev.stack = src, asked, ev.Nodes[:0], ev.stack[:0]
	ev.Gaps = ev.Gaps[:0]
}

// Begin forgets everything and begins for another situation of the same program, in
// the memory already taken, as Reset does.
func (ev *Evaluator) Begin(w *World, src Source, o Options) {
	ev.Reset(src, o.Asked)
	ev.world, ev.open = w, o.Open
}

// add appends a node, in the memory of a forgotten one when there is one.
func (ev *Evaluator) add(n Node) {
	if k := len(ev.Nodes); k < cap(ev.Nodes) {
		ev.Nodes = ev.Nodes[:k+1]
		n.Deps, n.Uses = ev.Nodes[k].Deps[:0], ev.Nodes[k].Uses[:0]
		ev.Nodes[k] = n
		return
	}
	ev.Nodes = append(ev.Nodes, n)
}

// Index computes one cell and returns the index of its node.
func (ev *Evaluator) Index(c Cell) int32 { return ev.cell(c) }

// cell returns the node of a cell, computed at most once.
func (ev *Evaluator) cell(c Cell) int32 {
	v := &ev.prog.IR.Vars[c.Var]
	if v.Period == ir.Eternal {
		c.Period = 0
	}
	if i, ok := ev.memo.Get(c); ok {
		if ev.Nodes[i].busy { // forbidden by the checker; never a loop all the same
			ev.Nodes[i].Value = Value{Unknown: true}
		}
		return i
	}
	value, origin := ev.src.Get(c)
	i := int32(len(ev.Nodes))
	ev.memo.Put(c, i)
	ev.add(Node{Cell: c, Value: value, Origin: origin, Body: -1})
	switch {
	case origin == FromCondition:
		ev.presume(i, v, c)
	case origin == FromUnknown || origin == FromRefused:
		ev.Nodes[i].Value = Value{Unknown: true}
	case origin != FromRule:
	case v.Start != nil && int32(ev.asked-c.Period) > v.MaxPast:
		ev.Nodes[i].Value, ev.Nodes[i].Origin = Value{F: v.Start.Num, S: v.Start.Text}, FromStart
	case len(ev.stack) >= maxDepth:
		ev.Nodes[i].Value = Value{Unknown: true}
	default:
		ev.compute(i, v, c)
	}
	return i
}

// presume keeps the presumed value of an input when its condition holds; the
// fact is unknown otherwise.
func (ev *Evaluator) presume(i int32, v *ir.Var, c Cell) {
	ev.stack = append(ev.stack, i)
	ev.Nodes[i].busy = true
	ok := ev.expr(v.When, frame{entity: v.Entity, subject: c.Subject, month: c.Period, slots: make([]slot, v.Slots)})
	ev.stack = ev.stack[:len(ev.stack)-1]
	ev.Nodes[i].busy, ev.Nodes[i].Origin = false, FromPresumed
	if !ok.True() {
		ev.Nodes[i].Value, ev.Nodes[i].Origin = Value{Unknown: true}, FromUnknown
	}
}

func (ev *Evaluator) compute(i int32, v *ir.Var, c Cell) {
	day := c.Period.FirstDay()
	if v.Period == ir.Eternal {
		day = 0
	}
	b := len(v.Bodies) - 1
	for b >= 0 && v.Bodies[b].From > day {
		b--
	}
	if b < 0 {
		ev.Nodes[i].Value = Value{NA: true}
		return
	}
	ev.stack = append(ev.stack, i)
	ev.Nodes[i].busy = true
	var slots []slot
	if v.Slots > 0 {
		slots = make([]slot, v.Slots)
	}
	value := ev.expr(v.Bodies[b].Expr, frame{entity: v.Entity, subject: c.Subject, month: c.Period, slots: slots})
	ev.stack = ev.stack[:len(ev.stack)-1]
	ev.Nodes[i].Value, ev.Nodes[i].Body, ev.Nodes[i].busy = value, int32(b), false
}

// read returns the value of a variable for the rule being computed, and notes
// that it was read.
func (ev *Evaluator) read(c Cell) Value {
	n := ev.cell(c)
	if len(ev.stack) > 0 {
		top := &ev.Nodes[ev.stack[len(ev.stack)-1]]
		if k := len(top.Deps); k == 0 || top.Deps[k-1] != n {
			top.Deps = append(top.Deps, n)
		}
	}
	return ev.Nodes[n].Value
}

func (ev *Evaluator) use(u Use) {
	if len(ev.stack) > 0 {
		top := &ev.Nodes[ev.stack[len(ev.stack)-1]]
		for _, old := range top.Uses {
			if old == u {
				return
			}
		}
		top.Uses = append(top.Uses, u)
	}
}

func (ev *Evaluator) note(sentence string) {
	if len(ev.stack) > 0 {
		top := &ev.Nodes[ev.stack[len(ev.stack)-1]]
		top.Notes = append(top.Notes, sentence)
	}
}

func (ev *Evaluator) gap(g Gap) Value {
	ev.Gaps = append(ev.Gaps, g)
	return Value{Unknown: true}
}
