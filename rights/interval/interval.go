// Package interval evaluates a program when some facts are unknown: an unknown
// number is a range, an unknown choice a set, an unknown yes or no both, an
// unknown date a span of days. What comes out holds the value of every
// completion of the unknown facts within their domains (see Domain); where every
// fact is known it is that of the reference interpreter, to the bit.
//
// Where a condition is not known both branches are taken and joined, each knowing
// what the condition says of the cells and names that it compares. Two reads
// of one unknown fact are not correlated: x − x is not 0. Callers who need
// tighter answers try the values of the facts that have few (package rights
// does).
//
// Guarantees: pure; an evaluation always ends; one cell is computed once.
package interval

import (
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Node is one value of an evaluation, with the nodes it read.
type Node struct {
	Cell   eval.Cell
	Value  Value
	Origin eval.Origin
	Deps   []int32
	busy   bool
}

// Options of an evaluation.
type Options struct {
	Asked ir.Month // the month asked; December for a year
	// Within narrows what an unknown fact may be (a birth of which the year is
	// known); false leaves its domain.
	Within func(c eval.Cell) (Value, bool)
}

// maxDepth bounds the rules that wait for one another.
const maxDepth = 20_000

// Evaluator computes cells of one situation, seen from one asked month. It is
// for one goroutine.
type Evaluator struct {
	prog  *eval.Program
	world *eval.World
	src   eval.Source
	o     Options

	Nodes []Node
	memo  eval.Memo
	stack []int32
}

// New starts an evaluation.
func New(p *eval.Program, w *eval.World, src eval.Source, o Options) *Evaluator {
	return &Evaluator{prog: p, world: w, src: src, o: o, Nodes: make([]Node, 0, 256)}
}

// Reset forgets everything and begins again over another source, in the memory
// already taken.
func (ev *Evaluator) Reset(src eval.Source) {
	ev.memo.Forget()
	ev.src, ev.Nodes, ev.stack = src, ev.Nodes[:0], ev.stack[:0]
}

// Begin forgets everything and begins for another situation of the same program, in
// the memory already taken.
func (ev *Evaluator) Begin(w *eval.World, src eval.Source, o Options) {
	ev.Reset(src)
	ev.world, ev.o = w, o
}

// Index computes one cell and returns the index of its node.
func (ev *Evaluator) Index(c eval.Cell) int32 { return ev.cell(c) }

// Fact is an unknown fact that a result rests on. Near is the node of the
// nearest rule above it that has few values, −1 for none.
type Fact struct {
	Node int32
	Near int32
}

// Unknowns lists the unknown facts that the roots rest on, in the order met: the
// facts that decide. What comes to one value whatever they are is not looked
// into. A code that a table does not list counts as unknown.
func (ev *Evaluator) Unknowns(roots ...int32) []Fact {
	seen := make([]bool, len(ev.Nodes))
	var out []Fact
	var visit func(i, near int32)
	visit = func(i, near int32) {
		n := &ev.Nodes[i]
		if seen[i] || n.Value.IsPoint() {
			return
		}
		seen[i] = true
		if n.Origin == eval.FromUnknown || n.Origin == eval.FromRefused || n.Value.Any && n.Origin != eval.FromRule {
			out = append(out, Fact{i, near})
		}
		if n.Origin == eval.FromRule && Few(ev.prog.IR, n.Cell.Var) {
			near = i
		}
		for _, d := range n.Deps {
			visit(d, near)
		}
	}
	for _, r := range roots {
		visit(r, -1)
	}
	return out
}

// Few tells whether a variable has few values, so that all can be tried: a yes or
// no, or a choice of at most sixteen.
func Few(p *ir.Program, variable int32) bool {
	t := p.Vars[variable].Type
	return t.Kind == ir.Bool || t.Kind == ir.Enum && len(p.Enums[t.Enum].Values) <= 16
}

func (ev *Evaluator) cell(c eval.Cell) int32 {
	v := &ev.prog.IR.Vars[c.Var]
	if v.Period == ir.Eternal {
		c.Period = 0
	}
	if i, ok := ev.memo.Get(c); ok {
		if ev.Nodes[i].busy { // forbidden by the checker; never a loop all the same
			ev.Nodes[i].Value = anything()
		}
		return i
	}
	value, origin := ev.src.Get(c)
	i := int32(len(ev.Nodes))
	ev.memo.Put(c, i)
	ev.add(Node{Cell: c, Value: Point(value), Origin: origin})
	switch {
	case origin == eval.FromCondition:
		ev.presume(i, v, c, value)
	case origin == eval.FromUnknown || origin == eval.FromRefused:
		ev.Nodes[i].Value = ev.domain(v, c)
	case origin != eval.FromRule:
	case v.Start != nil && int32(ev.o.Asked-c.Period) > v.MaxPast:
		ev.Nodes[i].Value, ev.Nodes[i].Origin = Point(eval.Value{F: v.Start.Num, S: v.Start.Text}), eval.FromStart
	case len(ev.stack) >= maxDepth:
		ev.Nodes[i].Value = anything()
	default:
		ev.compute(i, v, c)
	}
	return i
}

// add appends a node, in the memory of a forgotten one when there is one.
func (ev *Evaluator) add(n Node) {
	if k := len(ev.Nodes); k < cap(ev.Nodes) {
		ev.Nodes = ev.Nodes[:k+1]
		n.Deps = ev.Nodes[k].Deps[:0]
		ev.Nodes[k] = n
		return
	}
	ev.Nodes = append(ev.Nodes, n)
}

func (ev *Evaluator) domain(v *ir.Var, c eval.Cell) Value {
	if ev.o.Within != nil {
		if d, ok := ev.o.Within(c); ok {
			return d
		}
	}
	if !v.Input {
		// A rule whose value was refused: its amount may be any.
		return unsettled(ev.prog.IR, v.Type)
	}
	return Domain(ev.prog.IR, v)
}

// presume takes the presumed value where its condition holds, and the domain
// where it may not.
func (ev *Evaluator) presume(i int32, v *ir.Var, c eval.Cell, presumed eval.Value) {
	ev.enter(i)
	ok := ev.expr(v.When, frame{entity: v.Entity, subject: c.Subject, month: c.Period, slots: make([]slot, v.Slots)})
	ev.leave(i)
	n := &ev.Nodes[i]
	switch {
	case ok.mustHold():
		n.Value, n.Origin = Point(presumed), eval.FromPresumed
	case ok.mustFail():
		n.Value, n.Origin = ev.domain(v, c), eval.FromUnknown
	default:
		n.Value, n.Origin = join(Point(presumed), ev.domain(v, c)), eval.FromUnknown
	}
}

func (ev *Evaluator) enter(i int32) {
	ev.stack = append(ev.stack, i)
	ev.Nodes[i].busy = true
}

func (ev *Evaluator) leave(i int32) {
	ev.stack = ev.stack[:len(ev.stack)-1]
	ev.Nodes[i].busy = false
}

func (ev *Evaluator) compute(i int32, v *ir.Var, c eval.Cell) {
	day := c.Period.FirstDay()
	if v.Period == ir.Eternal {
		day = 0
	}
	b := len(v.Bodies) - 1
	for b >= 0 && v.Bodies[b].From > day {
		b--
	}
	if b < 0 {
		ev.Nodes[i].Value = never()
		return
	}
	ev.enter(i)
	var slots []slot
	if v.Slots > 0 {
		slots = make([]slot, v.Slots)
	}
	value := ev.expr(v.Bodies[b].Expr, frame{entity: v.Entity, subject: c.Subject, month: c.Period, slots: slots})
	ev.leave(i)
	ev.Nodes[i].Value = value
}

// read returns the value of a variable for the rule being computed, and notes
// that it was read.
func (ev *Evaluator) read(c eval.Cell) Value {
	n := ev.cell(c)
	if len(ev.stack) > 0 {
		top := &ev.Nodes[ev.stack[len(ev.stack)-1]]
		if k := len(top.Deps); k == 0 || top.Deps[k-1] != n {
			top.Deps = append(top.Deps, n)
		}
	}
	return ev.Nodes[n].Value
}
