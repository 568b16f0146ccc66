package eval

import (
	"math"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
)

// frame is where an expression is evaluated: for whom, when, with which bound
// names.
type frame struct {
	entity  ir.Entity
	subject int32
	month   ir.Month // January for a year
	slots   []slot
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
		return Value{F: e.Num}
	case ir.OpText:
		return Value{S: e.Text}
	case ir.OpNA:
		return Value{NA: true}
	case ir.OpVerify:
		ev.note(e.Text)
		return Value{NA: true, Unknown: !ev.open}
	case ir.OpVar:
		return ev.read(Cell{e.Index, f.subject, f.month})
	case ir.OpParam:
		return ev.param(e.Index, f.month.FirstDay(), e.Args, f)
	case ir.OpParamAt:
		d := ev.expr(e.Args[0], f)
		if d.Unknown {
			return d
		}
		return ev.param(e.Index, ir.Day(d.F), e.Args[1:], f)
	case ir.OpScale:
		return ev.scale(e, f)
	case ir.OpLookup:
		return ev.lookup(e, f)
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv, ir.OpMin, ir.OpMax:
		return arithmetic(e.Op, ev.expr(e.Args[0], f), ev.expr(e.Args[1], f))
	case ir.OpNeg:
		x := ev.expr(e.Args[0], f)
		return Value{F: 0 - x.F, Unknown: x.Unknown}
	case ir.OpEq, ir.OpNe, ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe:
		return compare(e.Op, ev.expr(e.Args[0], f), ev.expr(e.Args[1], f))
	case ir.OpAnd, ir.OpOr:
		return ev.logic(e, f)
	case ir.OpNot:
		x := ev.expr(e.Args[0], f)
		if x.Unknown {
			return x
		}
		return Bool(x.F == 0)
	case ir.OpIn:
		return ev.in(e, f)
	case ir.OpPrefix:
		x := ev.expr(e.Args[0], f)
		if x.Unknown {
			return x
		}
		return Bool(strings.HasPrefix(x.S, e.Text))
	case ir.OpApplicable:
		x := ev.expr(e.Args[0], f)
		if x.Unknown {
			return x
		}
		return Bool(!x.NA)
	case ir.OpIf:
		return ev.choose(e, f)
	case ir.OpLet:
		f.slots[e.Index] = slot{expr: e.Args[0], at: f}
		return ev.expr(e.Args[1], f)
	case ir.OpSlot:
		return ev.slot(e.Index, f)
	case ir.OpRound:
		x := ev.expr(e.Args[0], f)
		if x.Unknown || x.NA {
			return x
		}
		return Value{F: ir.Round(x.F, e.Step, e.Mode)}
	case ir.OpShift:
		f.month = e.Shift.Apply(f.month)
		return ev.expr(e.Args[0], f)
	case ir.OpProject:
		return ev.project(e, f)
	case ir.OpFold:
		return ev.fold(e, f)
	case ir.OpRank:
		return ev.rank(e, f)
	case ir.OpRole:
		return Bool(ev.world.Holds(f.subject, e.Role))
	}
	return ev.calendar(e, f)
}

// calendar evaluates what concerns days.
func (ev *Evaluator) calendar(e *ir.Expr, f frame) Value {
	switch e.Op {
	case ir.OpBound:
		m := e.Shift.Apply(f.month)
		if e.Num == 0 {
			return Value{F: float64(m.FirstDay())}
		}
		if e.Shift.Yearly {
			m += 11
		}
		return Value{F: float64(m.LastDay())}
	case ir.OpDateAdd, ir.OpDateDiff:
		x, y := ev.expr(e.Args[0], f), ev.expr(e.Args[1], f)
		if x.Unknown || y.Unknown {
			return Value{Unknown: true}
		}
		if e.Op == ir.OpDateAdd {
			return Value{F: dateAdd(x.F, y.F, e.Span)}
		}
		return Value{F: dateDiff(ir.Day(x.F), ir.Day(y.F), e.Span)}
	}
	x := ev.expr(e.Args[0], f)
	if x.Unknown {
		return x
	}
	switch e.Op {
	case ir.OpYearOf:
		y, _, _ := ir.Day(x.F).Civil()
		return Value{F: float64(y)}
	case ir.OpMonthOf:
		_, m, _ := ir.Day(x.F).Civil()
		return Value{F: float64(m)}
	case ir.OpFloor:
		return Value{F: ir.Round(x.F, 1, ir.Down)}
	}
	return Value{NA: true}
}

func dateAdd(day, n float64, span ir.Span) float64 {
	n = math.Trunc(max(-1e5, min(1e5, n)))
	switch span {
	case ir.Months:
		return float64(ir.Day(day).AddMonths(int(n)))
	case ir.Years:
		return float64(ir.Day(day).AddMonths(12 * int(n)))
	}
	return float64(day + n)
}

func dateDiff(a, b ir.Day, span ir.Span) float64 {
	switch span {
	case ir.Months:
		return float64(ir.MonthsBetween(a, b))
	case ir.Years:
		return float64(ir.YearsBetween(a, b))
	}
	return float64(b - a)
}

func arithmetic(op ir.Op, x, y Value) Value {
	if x.Unknown || y.Unknown {
		return Value{Unknown: true}
	}
	switch op {
	case ir.OpAdd:
		return Value{F: float64(x.F + y.F)}
	case ir.OpSub:
		return Value{F: float64(x.F - y.F)}
	case ir.OpMul:
		return Value{F: float64(x.F * y.F)}
	case ir.OpMin:
		return Value{F: min(x.F, y.F)}
	case ir.OpMax:
		return Value{F: max(x.F, y.F)}
	}
	if y.F == 0 {
		return Value{NA: true}
	}
	return Value{F: float64(x.F / y.F)}
}

func compare(op ir.Op, x, y Value) Value {
	if x.Unknown || y.Unknown {
		return Value{Unknown: true}
	}
	switch op {
	case ir.OpEq:
		return Bool(x.F == y.F && x.S == y.S)
	case ir.OpNe:
		return Bool(x.F != y.F || x.S != y.S)
	case ir.OpLt:
		return Bool(x.F < y.F)
	case ir.OpLe:
		return Bool(x.F <= y.F)
	case ir.OpGt:
		return Bool(x.F > y.F)
	}
	return Bool(x.F >= y.F)
}

// logic is « et » and « ou »: the right side is looked at only when the left one
// does not decide.
func (ev *Evaluator) logic(e *ir.Expr, f frame) Value {
	decides := e.Op == ir.OpOr // the value that settles it
	x := ev.expr(e.Args[0], f)
	if !x.Unknown && (x.F != 0) == decides {
		return Bool(decides)
	}
	y := ev.expr(e.Args[1], f)
	switch {
	case !y.Unknown && (y.F != 0) == decides:
		return Bool(decides)
	case x.Unknown || y.Unknown:
		return Value{Unknown: true}
	}
	return Bool(!decides)
}

func (ev *Evaluator) in(e *ir.Expr, f frame) Value {
	x := ev.expr(e.Args[0], f)
	if x.Unknown {
		return x
	}
	unknown := false
	for _, a := range e.Args[1:] {
		y := ev.expr(a, f)
		if y.Unknown {
			unknown = true
		} else if x.F == y.F && x.S == y.S {
			return Bool(true)
		}
	}
	return Value{Unknown: unknown}
}

func (ev *Evaluator) choose(e *ir.Expr, f frame) Value {
	cond := ev.expr(e.Args[0], f)
	if cond.Unknown {
		x, y := ev.expr(e.Args[1], f), ev.expr(e.Args[2], f)
		if x == y {
			return x
		}
		return Value{Unknown: true}
	}
	if cond.F != 0 {
		return ev.expr(e.Args[1], f)
	}
	return ev.expr(e.Args[2], f)
}

func (ev *Evaluator) slot(i int32, f frame) Value {
	s := &f.slots[i]
	if !s.done {
		v := ev.expr(s.expr, s.at)
		s = &f.slots[i]
		s.value, s.done = v, true
	}
	return s.value
}

func (ev *Evaluator) project(e *ir.Expr, f frame) Value {
	to := ev.world.Walk(e.Path, f.entity, f.subject, nil)
	if len(to) == 0 {
		return Value{NA: true}
	}
	f.entity, f.subject = EntityAfter(e.Path), to[0]
	return ev.expr(e.Args[0], f)
}

// EntityAfter is the entity that a path leads to.
func EntityAfter(path []ir.Step) ir.Entity {
	for i := len(path) - 1; i >= 0; i-- {
		switch path[i].Kind {
		case ir.StepUp:
			return path[i].To
		case ir.StepMembers, ir.StepFirst, ir.StepPartner:
			return ir.Person
		}
	}
	return ir.Person
}

func (ev *Evaluator) param(index int32, day ir.Day, keys []*ir.Expr, f frame) Value {
	p := &ev.prog.IR.Params[index]
	v := p.At(day)
	if v < 0 {
		return ev.gap(Gap{Param: index, Scale: -1, Table: -1, Day: day})
	}
	value := p.Versions[v].Value
	if len(keys) > 0 {
		k := [2]float64{}
		for i, a := range keys {
			x := ev.expr(a, f)
			if x.Unknown {
				return x
			}
			k[i] = x.F
		}
		var ok bool
		if value, ok = p.Versions[v].Grid.Cell(k[0], k[1]); !ok {
			return Value{NA: true}
		}
	}
	ev.use(Use{Index: index, Version: int32(v), Value: value})
	return Value{F: value}
}

func (ev *Evaluator) scale(e *ir.Expr, f frame) Value {
	x := ev.expr(e.Args[0], f)
	if x.Unknown {
		return x
	}
	s := &ev.prog.IR.Scales[e.Index]
	v := s.At(f.month.FirstDay())
	if v < 0 {
		return ev.gap(Gap{Param: -1, Scale: e.Index, Table: -1, Day: f.month.FirstDay()})
	}
	value, ok := s.Versions[v].Value(x.F, s.Marginal)
	if !ok {
		return Value{NA: true}
	}
	ev.use(Use{Scale: true, Index: e.Index, Version: int32(v), Value: value})
	return Value{F: value}
}

func (ev *Evaluator) lookup(e *ir.Expr, f frame) Value {
	x := ev.expr(e.Args[0], f)
	if x.Unknown {
		return x
	}
	if v, ok := ev.prog.lookups[e.Index].Find(x.S); ok {
		return Value{F: v}
	}
	if d := ev.prog.IR.Tables[e.Index].Default; ev.open && d != nil {
		return Value{F: *d}
	}
	return ev.gap(Gap{Param: -1, Scale: -1, Table: e.Index, Code: x.S})
}
