package check

import (
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// moment turns M-1, N-2 or octobre N into a shift, and tells the period it leads
// to.
func (s *scope) moment(m *lang.Moment) (ir.Shift, ir.PeriodKind, bool) {
	if s.period == ir.Eternal && m.Kind != lang.MomentDated {
		s.problem(m.Pos, msgMomentNone, "")
		return ir.Shift{}, ir.Monthly, false
	}
	switch m.Kind {
	case lang.MomentYear:
		return ir.Shift{Yearly: true, Years: int32(-m.Back)}, ir.Yearly, true
	case lang.MomentNamed:
		return ir.Shift{Month: uint8(m.Month), Years: int32(-m.Back)}, ir.Monthly, true
	case lang.MomentDated:
		return ir.Shift{Month: uint8(m.Month), Years: int32(m.Year), Absolute: true}, ir.Monthly, true
	}
	if s.period != ir.Monthly {
		s.problem(m.Pos, msgMomentMonth, adviceMomentYear)
		return ir.Shift{}, ir.Monthly, false
	}
	return ir.Shift{Months: int32(-m.Back)}, ir.Monthly, true
}

func (s *scope) shift(e *lang.Expr, want ir.Type) *ir.Expr {
	sh, kind, ok := s.moment(e.Moment)
	if !ok {
		return bad()
	}
	inner := *s
	inner.period, inner.late = kind, s.late.after(sh)
	x := inner.expr(e.Args[0], want)
	return &ir.Expr{Op: ir.OpShift, Type: x.Type, Shift: &sh, Args: []*ir.Expr{x}}
}

func (s *scope) project(e *lang.Expr, want ir.Type) *ir.Expr {
	steps, to, many, ok := s.path(e.Pos, e.Path)
	if !ok {
		return bad()
	}
	if many {
		s.problem(e.Pos, sprintf(msgPathMany, strings.Join(e.Path, " ")), advicePathMany)
		return bad()
	}
	inner := *s
	inner.entity = to
	x := inner.expr(e.Args[0], want)
	return &ir.Expr{Op: ir.OpProject, Type: x.Type, Path: steps, Args: []*ir.Expr{x}}
}

// atDate reads a parameter at a day that a fact gives.
func (s *scope) atDate(e *lang.Expr) *ir.Expr {
	p := s.expr(e.Args[0], ir.Type{})
	d := s.date(e.Args[1])
	if isBad(p) {
		return bad()
	}
	if p.Op != ir.OpParam {
		s.problem(e.Pos, msgAtDate, "")
		return bad()
	}
	return &ir.Expr{Op: ir.OpParamAt, Type: p.Type, Index: p.Index, Args: append([]*ir.Expr{d}, p.Args...)}
}

func (s *scope) bound(e *lang.Expr) *ir.Expr {
	sh, _, ok := s.moment(e.Moment)
	if !ok {
		return bad()
	}
	out := &ir.Expr{Op: ir.OpBound, Type: ir.Type{Kind: ir.Date}, Shift: &sh}
	if e.Name == "fin" {
		out.Num = 1
	}
	return out
}

// day is "31 décembre N-2" or "1 mars 2012".
func (s *scope) day(e *lang.Expr) *ir.Expr {
	n, err := strconv.Atoi(e.Lit.Text)
	leap := ir.MonthOf(2000, max(e.Moment.Month, 1))
	if err != nil || n < 1 || n > int(leap.LastDay()-leap.FirstDay())+1 || e.Moment.Month == 0 {
		s.problem(e.Pos, sprintf(msgNoSuchDate, e.Lit.Text), "")
		return bad()
	}
	sh, _, ok := s.moment(e.Moment)
	if !ok {
		return bad()
	}
	date := ir.Type{Kind: ir.Date}
	first := &ir.Expr{Op: ir.OpBound, Type: date, Shift: &sh}
	days := &ir.Expr{Op: ir.OpNum, Type: ir.Num(spanUnit(ir.Days)), Num: float64(n - 1)}
	return &ir.Expr{Op: ir.OpDateAdd, Type: date, Span: ir.Days, Args: []*ir.Expr{first, days}}
}

// window turns "de M-13 à M-2" or "sur N-2" into a window, with the lateness of
// its last month.
func (s *scope) window(e *lang.Expr) (*ir.Window, lateness, bool) {
	if e.To == nil {
		sh, _, ok := s.moment(e.Moment)
		if !ok {
			return nil, lateness{}, false
		}
		december := ir.Shift{Month: 12, Years: sh.Years}
		l := s.late.after(december)
		l.month = -1
		return &ir.Window{Yearly: true, Years: sh.Years}, l, true
	}
	if s.period != ir.Monthly {
		s.problem(e.Moment.Pos, msgMomentMonth, adviceMomentYear)
		return nil, lateness{}, false
	}
	if e.Moment.Back < e.To.Back {
		s.problem(e.Moment.Pos, msgFuture, "")
		return nil, lateness{}, false
	}
	return &ir.Window{From: int32(-e.Moment.Back), To: int32(-e.To.Back)}, lateness{max: s.late.max - e.To.Back, month: -1}, true
}

// foldKind returns the fold of a keyword; rank is not one.
func foldKind(word string) ir.FoldKind {
	switch word {
	case "moyenne":
		return ir.FoldMean
	case "nombre":
		return ir.FoldCount
	case "maximum":
		return ir.FoldMax
	case "minimum":
		return ir.FoldMin
	case "un":
		return ir.FoldAny
	case "tous":
		return ir.FoldAll
	}
	return ir.FoldSum
}

// fold checks an aggregate over subjects or months.
func (s *scope) fold(e *lang.Expr, want ir.Type) *ir.Expr {
	out := &ir.Expr{Op: ir.OpFold, Fold: foldKind(e.Name)}
	inner := *s
	if len(e.Path) > 0 {
		steps, to, many, ok := s.path(e.Pos, e.Path)
		if !ok {
			return bad()
		}
		if !many {
			s.problem(e.Pos, sprintf(msgPathOne, e.Path[0]), sprintf(advicePathOne, e.Path[0]))
			return bad()
		}
		out.Path, inner.entity = steps, to
	} else {
		w, l, ok := s.window(e)
		if !ok {
			return bad()
		}
		out.Window, inner.period, inner.late = w, ir.Monthly, l
	}
	if e.Name == "rang" {
		return s.rank(e, &inner, out)
	}
	var filter *ir.Expr
	if e.Filter != nil {
		filter = inner.boolean(e.Filter)
	}
	body, ok := s.foldBody(e, &inner, out, filter, want)
	if !ok {
		return bad()
	}
	out.Args = []*ir.Expr{body, filter}
	if filter == nil {
		out.Args = out.Args[:1]
	}
	return out
}

// foldBody checks what is folded and sets the type of the result.
func (s *scope) foldBody(e *lang.Expr, inner *scope, out, filter *ir.Expr, want ir.Type) (*ir.Expr, bool) {
	truth := &ir.Expr{Op: ir.OpNum, Type: ir.Type{Kind: ir.Bool}, Num: 1}
	switch out.Fold {
	case ir.FoldCount, ir.FoldAny, ir.FoldAll:
		out.Type = ir.Type{Kind: ir.Bool}
		if out.Fold == ir.FoldCount {
			out.Type = ir.Num(ir.Unit{})
		}
		if len(e.Args) > 0 {
			return inner.boolean(e.Args[0]), true
		}
		if filter == nil && out.Fold != ir.FoldCount || out.Fold == ir.FoldAll {
			s.problem(e.Pos, msgFoldBody, "")
			return nil, false
		}
		return truth, true
	}
	if len(e.Args) == 0 {
		s.problem(e.Pos, msgFoldBody, "")
		return nil, false
	}
	if out.Window != nil && out.Fold == ir.FoldSum {
		want = ir.Type{}
	}
	body := inner.expr(e.Args[0], want)
	if isBad(body) {
		return nil, false
	}
	extremum := out.Fold == ir.FoldMax || out.Fold == ir.FoldMin
	if body.Type.Kind != ir.Number && !(extremum && body.Type.Kind == ir.Date) {
		advice := ""
		if body.Type.Kind == ir.Bool {
			advice = adviceFoldBool
		}
		s.problem(e.Args[0].Pos, sprintf(msgNotNumber, s.c.typeName(body.Type)), advice)
		return nil, false
	}
	out.Type = body.Type
	if out.Fold == ir.FoldSum && out.Window != nil {
		out.Type.Unit = sumUnit(body.Type.Unit, out.Window.Len())
	}
	return body, true
}

// sumUnit is the unit of a sum over months: a flow per month becomes an amount,
// per year when the months are twelve; anything else keeps its unit.
func sumUnit(u ir.Unit, months int) ir.Unit {
	if u[ir.PerMonth] != -1 {
		return u
	}
	u[ir.PerMonth] = 0
	if months == 12 {
		u[ir.PerYear]--
	}
	return u
}

func (s *scope) rank(e *lang.Expr, inner *scope, out *ir.Expr) *ir.Expr {
	if out.Path == nil {
		s.problem(e.Pos, sprintf(msgFoldPath, "rang"), "")
		return bad()
	}
	if inner.entity != s.entity {
		s.problem(e.Pos, sprintf(msgRankEntity, entityName(inner.entity), entityName(s.entity)), "")
		return bad()
	}
	if len(e.Args) == 0 {
		s.problem(e.Pos, msgFoldTwo, "")
		return bad()
	}
	key := inner.expr(e.Args[0], ir.Type{})
	if !isBad(key) && key.Type.Kind != ir.Number && key.Type.Kind != ir.Date {
		s.problem(e.Args[0].Pos, sprintf(msgNotNumber, s.c.typeName(key.Type)), "")
		return bad()
	}
	args := []*ir.Expr{key}
	if e.Filter != nil {
		args = append(args, inner.boolean(e.Filter))
	}
	return &ir.Expr{Op: ir.OpRank, Type: ir.Num(ir.Unit{}), Path: out.Path, Args: args}
}
