package check

import (
	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

func (s *scope) binary(e *lang.Expr, want ir.Type) *ir.Expr {
	switch e.Op {
	case "et", "ou":
		op := ir.OpAnd
		if e.Op == "ou" {
			op = ir.OpOr
		}
		return &ir.Expr{Op: op, Type: ir.Type{Kind: ir.Bool}, Args: []*ir.Expr{s.boolean(e.Args[0]), s.boolean(e.Args[1])}}
	case "=", "≠", "<", "≤", ">", "≥":
		return s.compare(e)
	case "×", "/":
		return s.product(e)
	}
	return s.sum(e, want)
}

func (s *scope) compare(e *lang.Expr) *ir.Expr {
	ops := map[string]ir.Op{"=": ir.OpEq, "≠": ir.OpNe, "<": ir.OpLt, "≤": ir.OpLe, ">": ir.OpGt, "≥": ir.OpGe}
	x, y := s.pair(e.Args[0], e.Args[1], ir.Type{})
	out := &ir.Expr{Op: ops[e.Op], Type: ir.Type{Kind: ir.Bool}, Args: []*ir.Expr{x, y}}
	if isBad(x) || isBad(y) {
		return out
	}
	if !x.Type.Same(y.Type) {
		advice := s.c.unitAdvice(x.Type, y.Type)
		if x.Type.Kind == ir.Bool || y.Type.Kind == ir.Bool {
			advice = adviceParens
		}
		s.problem(e.Pos, sprintf(msgCompare, s.c.typeName(x.Type), s.c.typeName(y.Type)), advice)
	} else if e.Op != "=" && e.Op != "≠" && x.Type.Kind != ir.Number && x.Type.Kind != ir.Date {
		s.problem(e.Pos, sprintf(msgOrder, s.c.typeName(x.Type)), "")
	}
	return out
}

func (s *scope) in(e *lang.Expr) *ir.Expr {
	x := s.expr(e.Args[0], ir.Type{})
	out := &ir.Expr{Op: ir.OpIn, Type: ir.Type{Kind: ir.Bool}, Args: []*ir.Expr{x}}
	for _, a := range e.Args[1:] {
		y := s.expr(a, x.Type)
		s.sameType(a, x.Type, y.Type)
		out.Args = append(out.Args, y)
	}
	return out
}

// product multiplies or divides; units follow.
func (s *scope) product(e *lang.Expr) *ir.Expr {
	x := s.number(e.Args[0], ir.Type{})
	y := s.number(e.Args[1], ir.Type{})
	out := &ir.Expr{Op: ir.OpMul, Args: []*ir.Expr{x, y}}
	unit, message := x.Type.Unit.Times(y.Type.Unit), msgMoreDims
	if e.Op == "/" {
		out.Op = ir.OpDiv
		unit, message = x.Type.Unit.Over(y.Type.Unit), msgDivDims
	}
	if isBad(x) || isBad(y) {
		return bad()
	}
	if !unit.Sound() {
		s.problem(e.Pos, sprintf(message, x.Type.Unit, y.Type.Unit), adviceEuroEuro)
		return bad()
	}
	out.Type = ir.Num(unit)
	return out
}

// sum adds, subtracts, or takes the smaller or the greater of two values of the
// same unit, or moves a date.
func (s *scope) sum(e *lang.Expr, want ir.Type) *ir.Expr {
	ops := map[string]ir.Op{"+": ir.OpAdd, "-": ir.OpSub, "min": ir.OpMin, "max": ir.OpMax}
	x, y := s.pair(e.Args[0], e.Args[1], want)
	if isBad(x) || isBad(y) {
		return bad()
	}
	plus := e.Op == "+" || e.Op == "-"
	if x.Type.Kind == ir.Date && plus {
		return s.moveDate(e, x, y)
	}
	bothDates := x.Type.Kind == ir.Date && y.Type.Kind == ir.Date && !plus
	if !bothDates && (x.Type.Kind != ir.Number || y.Type.Kind != ir.Number) {
		wrong := x.Type
		if wrong.Kind == ir.Number {
			wrong = y.Type
		}
		s.problem(e.Pos, sprintf(msgNotNumber, s.c.typeName(wrong)), "")
		return bad()
	}
	if !x.Type.Same(y.Type) {
		s.problem(e.Pos, sprintf(msgUnitsDiffer, s.c.typeName(x.Type), s.c.typeName(y.Type)), s.c.unitAdvice(x.Type, y.Type))
		return bad()
	}
	t := x.Type
	t.Percent = x.Type.Percent && y.Type.Percent
	return &ir.Expr{Op: ops[e.Op], Type: t, Args: []*ir.Expr{x, y}}
}

// moveDate adds days, months or years to a date.
func (s *scope) moveDate(e *lang.Expr, x, y *ir.Expr) *ir.Expr {
	if y.Type.Kind == ir.Date {
		s.problem(e.Pos, msgDateMinus, adviceDateMinus)
		return bad()
	}
	span, ok := spanOf(y.Type.Unit)
	if y.Type.Kind != ir.Number || !ok {
		s.problem(e.Args[1].Pos, msgDateAdd, "")
		return bad()
	}
	if e.Op == "-" {
		y = &ir.Expr{Op: ir.OpNeg, Type: y.Type, Args: []*ir.Expr{y}}
	}
	return &ir.Expr{Op: ir.OpDateAdd, Type: ir.Type{Kind: ir.Date}, Span: span, Args: []*ir.Expr{x, y}}
}

func spanOf(u ir.Unit) (ir.Span, bool) {
	switch u {
	case spanUnit(ir.Days):
		return ir.Days, true
	case spanUnit(ir.Months):
		return ir.Months, true
	case spanUnit(ir.Years):
		return ir.Years, true
	}
	return 0, false
}

func spanUnit(s ir.Span) ir.Unit {
	var u ir.Unit
	switch s {
	case ir.Days:
		u[ir.PerDay] = 1
	case ir.Months:
		u[ir.PerMonth] = 1
	default:
		u[ir.PerYear] = 1
	}
	return u
}

func (s *scope) between(e *lang.Expr) *ir.Expr {
	span := map[string]ir.Span{"années": ir.Years, "mois": ir.Months, "jours": ir.Days}[e.Name]
	return &ir.Expr{Op: ir.OpDateDiff, Type: ir.Num(spanUnit(span)), Span: span, Args: []*ir.Expr{s.date(e.Args[0]), s.date(e.Args[1])}}
}

func (s *scope) extremum(e *lang.Expr, want ir.Type) *ir.Expr {
	op := "max"
	if e.Name == "minimum" {
		op = "min"
	}
	if len(e.Args) < 2 {
		s.problem(e.Pos, sprintf(msgArgs, e.Name, 2, len(e.Args)), "")
		return bad()
	}
	// maximum(a ; b ; c) is (a au moins b) au moins c.
	tree := e.Args[0]
	for _, a := range e.Args[1:] {
		tree = &lang.Expr{Pos: a.Pos, Kind: lang.ExBinary, Op: op, Args: []*lang.Expr{tree, a}}
	}
	return s.expr(tree, want)
}

func (s *scope) round(e *lang.Expr, want ir.Type) *ir.Expr {
	x := s.number(e.Args[0], want)
	step, unit, ok := number(e.Lit)
	if !ok || step <= 0 {
		s.problem(e.Pos, sprintf(msgRoundStep, e.Lit.Text, "?"), "")
		return bad()
	}
	var euro ir.Unit
	euro[ir.Euro] = 1
	fits := unit == x.Type.Unit || unit == euro && x.Type.Unit.Money() || unit.IsNumber() && !x.Type.Unit.Money()
	if !isBad(x) && !fits {
		s.problem(e.Pos, sprintf(msgRoundStep, e.Lit.Text+" "+e.Lit.Unit, x.Type.Unit), "")
	}
	mode := map[string]ir.RoundMode{"": ir.Nearest, "supérieur": ir.Up, "inférieur": ir.Down}[e.Mode]
	return &ir.Expr{Op: ir.OpRound, Type: x.Type, Step: step, Mode: mode, Args: []*ir.Expr{x}}
}
