package interval

import (
	"strings"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// frame is where an expression is evaluated: for whom, when, with which bound
// names.
type frame struct {
	entity  ir.Entity
	subject int32
	month   ir.Month // January for a year
	slots   []slot
	known   []bound // what the branches around say of some values
}

// slot is a name bound by « soit », computed when first needed, where it was
// written.
type slot struct {
	expr  *ir.Expr
	at    frame
	done  bool
	value Value
}

// expr evaluates a node.
func (ev *Evaluator) expr(e *ir.Expr, f frame) Value {
	switch e.Op {
	case ir.OpNum:
		return single(e.Num)
	case ir.OpText:
		return Point(eval.Value{S: e.Text})
	case ir.OpNA:
		return never()
	case ir.OpVerify:
		return unsettled(ev.prog.IR, e.Type)
	case ir.OpVar:
		v := ev.read(eval.Cell{Var: e.Index, Subject: f.subject, Period: f.month})
		if len(f.known) > 0 {
			c := ev.named(e.Index, f)
			for i := range f.known {
				if b := &f.known[i]; b.slots == nil && b.cell == c {
					v = v.within(b.lo, b.hi)
				}
			}
		}
		return v
	case ir.OpParam:
		day := f.month.FirstDay()
		return ev.param(e.Index, day, day, e.Args, f)
	case ir.OpParamAt:
		d := ev.expr(e.Args[0], f).num()
		out := ev.param(e.Index, toDay(d.Lo), toDay(d.Hi), e.Args[1:], f)
		out.Open = out.Open || d.Open
		return out
	case ir.OpScale:
		return ev.scale(e, f)
	case ir.OpLookup:
		return ev.lookup(e, f)
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv, ir.OpMin, ir.OpMax:
		out := arithmetic(e.Op, ev.expr(e.Args[0], f), ev.expr(e.Args[1], f))
		if e.Op == ir.OpDiv && ev.share(e, f) {
			out = out.within(0, 1)
		}
		return out
	case ir.OpNeg:
		return negate(ev.expr(e.Args[0], f))
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
		return compare(e.Op, ev.expr(e.Args[0], f), ev.expr(e.Args[1], f))
	case ir.OpAnd:
		x := ev.expr(e.Args[0], f)
		if x.mustFail() {
			return truth(false)
		}
		return and(x, ev.expr(e.Args[1], f))
	case ir.OpOr:
		x := ev.expr(e.Args[0], f)
		if x.mustHold() {
			return truth(true)
		}
		return or(x, ev.expr(e.Args[1], f))
	case ir.OpNot:
		return not(ev.expr(e.Args[0], f))
	case ir.OpIn:
		return ev.in(e, f)
	case ir.OpPrefix:
		x := ev.expr(e.Args[0], f).num()
		if x.Any {
			return perhaps(x.Open)
		}
		return truth(strings.HasPrefix(x.Text, e.Text))
	case ir.OpApplicable:
		x := ev.expr(e.Args[0], f)
		if x.Open || x.NA && x.Lo <= x.Hi {
			return perhaps(x.Open)
		}
		return truth(!x.NA)
	case ir.OpIf:
		return ev.choose(e, f)
	case ir.OpLet:
		f.slots[e.Index] = slot{expr: e.Args[0], at: f}
		return ev.expr(e.Args[1], f)
	case ir.OpSlot:
		return ev.slot(e.Index, f)
	case ir.OpRound:
		return round(ev.expr(e.Args[0], f), e.Step, e.Mode)
	case ir.OpShift:
		f.month = e.Shift.Apply(f.month)
		return ev.expr(e.Args[0], f)
	case ir.OpProject:
		to := ev.world.Walk(e.Path, f.entity, f.subject, nil)
		if len(to) == 0 {
			return never()
		}
		f.entity, f.subject = eval.EntityAfter(e.Path), to[0]
		return ev.expr(e.Args[0], f)
	case ir.OpFold:
		return ev.fold(e, f)
	case ir.OpRank:
		return ev.rank(e, f)
	case ir.OpRole:
		return truth(ev.world.Holds(f.subject, e.Role))
	}
	return ev.calendar(e, f)
}

func (ev *Evaluator) choose(e *ir.Expr, f frame) Value {
	cond := ev.expr(e.Args[0], f)
	switch {
	case cond.mustHold():
		return ev.expr(e.Args[1], f)
	case cond.mustFail():
		return ev.expr(e.Args[2], f)
	}
	out := join(ev.expr(e.Args[1], ev.assume(e.Args[0], true, f)), ev.expr(e.Args[2], ev.assume(e.Args[0], false, f)))
	if cond.Open && !out.IsPoint() {
		out.Open = true
	}
	return out
}

func (ev *Evaluator) slot(i int32, f frame) Value {
	s := &f.slots[i]
	if !s.done {
		v := ev.expr(s.expr, s.at)
		s = &f.slots[i]
		s.value, s.done = v, true
	}
	v := s.value
	for k := range f.known {
		if b := &f.known[k]; b.slots == &f.slots[0] && b.index == i {
			v = v.within(b.lo, b.hi)
		}
	}
	return v
}

func (ev *Evaluator) in(e *ir.Expr, f frame) Value {
	x := ev.expr(e.Args[0], f)
	if x.Any { // a text that nobody knows may be one of them
		return perhaps(x.Open)
	}
	out := truth(false)
	for _, a := range e.Args[1:] {
		out = or(out, compare(ir.OpEq, x, ev.expr(a, f)))
		if out.mustHold() {
			return out
		}
	}
	return out
}

// share tells whether a quotient is a part of a whole, x / (x + y) with nothing
// below zero: at most 1, which the ranges of x and of x + y apart do not say.
func (ev *Evaluator) share(e *ir.Expr, f frame) bool {
	part, whole := e.Args[0], e.Args[1]
	same := func(o *ir.Expr) bool {
		return part.Op == o.Op && part.Index == o.Index && (part.Op == ir.OpVar || part.Op == ir.OpSlot)
	}
	if whole.Op != ir.OpAdd || !same(whole.Args[0]) && !same(whole.Args[1]) {
		return false
	}
	x, y := ev.expr(whole.Args[0], f).num(), ev.expr(whole.Args[1], f).num()
	return x.Lo >= 0 && y.Lo >= 0
}
