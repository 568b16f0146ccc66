package interval

import (
	"math/bits"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// bound is what a branch knows of a value because its condition holds, or fails:
// of a cell, or of a name bound by « soit ».
type bound struct {
	cell   eval.Cell
	slots  *slot // the names of the rule, nil for a cell
	index  int32
	lo, hi float64
}

// assume adds to a frame what follows from a condition that holds, or fails.
func (ev *Evaluator) assume(cond *ir.Expr, holds bool, f frame) frame {
	switch cond.Op {
	case ir.OpNot:
		return ev.assume(cond.Args[0], !holds, f)
	case ir.OpAnd:
		if holds {
			return ev.assume(cond.Args[1], true, ev.assume(cond.Args[0], true, f))
		}
	case ir.OpOr:
		if !holds {
			return ev.assume(cond.Args[1], false, ev.assume(cond.Args[0], false, f))
		}
	case ir.OpVar, ir.OpSlot, ir.OpProject, ir.OpShift:
		if cond.Type.Kind != ir.Bool {
			return f
		}
		want := 0.0
		if holds {
			want = 1
		}
		return ev.bind(cond, want, want, f)
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
		return ev.assumeCompared(cond, holds, f)
	}
	return f
}

func (ev *Evaluator) assumeCompared(cond *ir.Expr, holds bool, f frame) frame {
	a, b := cond.Args[0], cond.Args[1]
	if !ev.bindable(a) && !ev.bindable(b) || a.Type.Kind == ir.Text || b.Type.Kind == ir.Text {
		return f
	}
	x, y := ev.expr(a, f).num(), ev.expr(b, f).num()
	op := cond.Op
	if !holds {
		op = map[ir.Op]ir.Op{ir.OpEq: ir.OpNe, ir.OpNe: ir.OpEq, ir.OpLt: ir.OpGe, ir.OpLe: ir.OpGt, ir.OpGt: ir.OpLe, ir.OpGe: ir.OpLt}[op]
	}
	switch op {
	case ir.OpEq:
		lo, hi := max(x.Lo, y.Lo), min(x.Hi, y.Hi)
		return ev.bind(b, lo, hi, ev.bind(a, lo, hi, f))
	case ir.OpLt, ir.OpLe:
		return ev.bind(b, max(x.Lo, y.Lo), y.Hi, ev.bind(a, x.Lo, min(x.Hi, y.Hi), f))
	case ir.OpGt, ir.OpGe:
		return ev.bind(b, y.Lo, min(x.Hi, y.Hi), ev.bind(a, max(x.Lo, y.Lo), x.Hi, f))
	}
	return f
}

// bindable tells whether an expression names a value that can be bounded.
func (ev *Evaluator) bindable(e *ir.Expr) bool {
	for e.Op == ir.OpShift || e.Op == ir.OpProject {
		e = e.Args[0]
	}
	return e.Op == ir.OpVar || e.Op == ir.OpSlot
}

// bind notes the bounds of the value that an expression names, if it names one.
func (ev *Evaluator) bind(e *ir.Expr, lo, hi float64, f frame) frame {
	if lo > hi { // that branch is not taken
		return f
	}
	at := f
	for ; e.Op == ir.OpShift || e.Op == ir.OpProject; e = e.Args[0] {
		if e.Op == ir.OpShift {
			at.month = e.Shift.Apply(at.month)
			continue
		}
		to := ev.world.Walk(e.Path, at.entity, at.subject, nil)
		if len(to) == 0 {
			return f
		}
		at.entity, at.subject = eval.EntityAfter(e.Path), to[0]
	}
	b := bound{lo: lo, hi: hi}
	switch {
	case e.Op == ir.OpVar:
		b.cell = ev.named(e.Index, at)
	case e.Op == ir.OpSlot && len(f.slots) > 0:
		b.slots, b.index = &f.slots[0], e.Index
	default:
		return f
	}
	f.known = append(f.known[:len(f.known):len(f.known)], b)
	return f
}

// named is the cell that a variable names in a frame.
func (ev *Evaluator) named(variable int32, f frame) eval.Cell {
	c := eval.Cell{Var: variable, Subject: f.subject, Period: f.month}
	if ev.prog.IR.Vars[variable].Period == ir.Eternal {
		c.Period = 0
	}
	return c
}

// within keeps of a value what the branch allows; a value that it does not allow
// at all is kept whole, since nothing comes of that branch.
func (v Value) within(lo, hi float64) Value {
	if v.NA && (lo > 0 || hi < 0) { // it would count as 0
		if v.Lo > v.Hi {
			return v
		}
		v.NA = false
	}
	low, high := max(v.Lo, lo), min(v.Hi, hi)
	if low > high {
		if v.NA {
			return Value{Lo: never().Lo, Hi: never().Hi, NA: true, Open: v.Open, Whole: true}
		}
		return v
	}
	if v.Set != 0 {
		kept := v.Set
		for i := range 64 {
			if float64(i) < lo || float64(i) > hi {
				kept &^= 1 << i
			}
		}
		if kept == 0 {
			return v
		}
		v.Set = kept
		low, high = float64(bits.TrailingZeros64(kept)), float64(63-bits.LeadingZeros64(kept))
	}
	v.Lo, v.Hi = low, high
	return v
}
