package interval

import (
	"math"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// folder gathers values in order. sure counts those that enter whatever the
// completion, maybe those that may.
type folder struct {
	kind        ir.FoldKind
	sure, maybe int
	total       Value
	sureEnd     float64 // of a maximum or minimum: the best of those that surely enter
	open        bool
	holds       Value // un des, tous les
}

// fold evaluates an aggregate over subjects or months.
func (ev *Evaluator) fold(e *ir.Expr, f frame) Value {
	acc := folder{kind: e.Fold, total: Value{Whole: true}, holds: truth(e.Fold == ir.FoldAll)}
	if e.Window != nil {
		first, last := e.Window.Bounds(f.month)
		for m := first; m <= last && !acc.decided(); m++ {
			g := f
			g.month = m
			ev.foldOne(e, g, &acc)
		}
		return acc.result()
	}
	g := f
	g.entity = eval.EntityAfter(e.Path)
	for _, s := range ev.world.Walk(e.Path, f.entity, f.subject, nil) {
		if acc.decided() {
			break
		}
		g.subject = s
		ev.foldOne(e, g, &acc)
	}
	return acc.result()
}

func (acc *folder) decided() bool {
	return acc.kind == ir.FoldAny && acc.holds.mustHold() || acc.kind == ir.FoldAll && acc.holds.mustFail()
}

func (ev *Evaluator) foldOne(e *ir.Expr, f frame, acc *folder) {
	in := truth(true)
	if len(e.Args) > 1 {
		in = ev.expr(e.Args[1], f).condition()
	}
	if in.mustFail() {
		return
	}
	if len(e.Args) > 1 && !in.mustHold() {
		f = ev.assume(e.Args[1], true, f)
	}
	x := ev.expr(e.Args[0], f)
	switch acc.kind {
	case ir.FoldAny:
		acc.holds = or(acc.holds, and(in, x))
		return
	case ir.FoldAll:
		acc.holds = and(acc.holds, or(not(in), x))
		return
	case ir.FoldCount:
		both := and(in, x)
		acc.open = acc.open || both.Open
		switch {
		case both.mustHold():
			acc.sure++
		case !both.mustFail():
			acc.maybe++
		}
		return
	}
	x = x.num()
	acc.open = acc.open || x.Open || in.Open
	acc.gather(x, in.mustHold())
}

// gather adds a value to a sum, a mean, a maximum or a minimum.
func (acc *folder) gather(x Value, sure bool) {
	first := acc.sure+acc.maybe == 0
	switch acc.kind {
	case ir.FoldSum, ir.FoldMean:
		if !sure {
			x.Lo, x.Hi = min(x.Lo, 0), max(x.Hi, 0)
		}
		acc.total = arithmetic(ir.OpAdd, acc.total, x)
	case ir.FoldMax:
		if sure && (acc.sure == 0 || x.Lo > acc.sureEnd) {
			acc.sureEnd = x.Lo
		}
		acc.widen(x, first)
	case ir.FoldMin:
		if sure && (acc.sure == 0 || x.Hi < acc.sureEnd) {
			acc.sureEnd = x.Hi
		}
		acc.widen(x, first)
	}
	if sure {
		acc.sure++
	} else {
		acc.maybe++
	}
}

func (acc *folder) widen(x Value, first bool) {
	if first {
		acc.total = x
		return
	}
	acc.total = join(acc.total, x)
}

func (acc *folder) result() Value {
	n := acc.sure + acc.maybe
	switch acc.kind {
	case ir.FoldAny, ir.FoldAll:
		return acc.holds
	case ir.FoldCount:
		return Value{Lo: float64(acc.sure), Hi: float64(n), Open: acc.open, Whole: true}
	}
	if n == 0 && acc.kind != ir.FoldSum {
		return never()
	}
	out := acc.total
	switch acc.kind {
	case ir.FoldMean:
		least, most := float64(max(acc.sure, 1)), float64(n)
		out = span(float64(out.Lo/least), float64(out.Lo/most), float64(out.Hi/least), float64(out.Hi/most))
		out.Whole = false
		out.NA = acc.sure == 0
	case ir.FoldMax:
		if acc.sure > 0 {
			out.Lo = max(out.Lo, acc.sureEnd)
		}
		out.NA = acc.sure == 0
	case ir.FoldMin:
		if acc.sure > 0 {
			out.Hi = min(out.Hi, acc.sureEnd)
		}
		out.NA = acc.sure == 0
	}
	out.Set, out.Open = 0, acc.open
	return out
}

// rank is the place of the subject among those of the path, from 1; 0 when it is
// not one of them.
func (ev *Evaluator) rank(e *ir.Expr, f frame) Value {
	at := func(arg int, s int32) Value {
		if arg >= len(e.Args) {
			return truth(true)
		}
		g := f
		g.subject = s
		return ev.expr(e.Args[arg], g)
	}
	among := ev.world.Walk(e.Path, f.entity, f.subject, nil)
	listed := false
	for _, s := range among {
		listed = listed || s == f.subject
	}
	mine := at(1, f.subject).condition()
	if !listed || mine.mustFail() {
		return single(0)
	}
	own := at(0, f.subject).num()
	open := mine.Open || own.Open
	least, most, passed := 1.0, 1.0, false
	for _, s := range among {
		if s == f.subject {
			passed = true
			continue
		}
		there := at(1, s).condition()
		if there.mustFail() {
			continue
		}
		k := at(0, s).num()
		open = open || there.Open || k.Open
		sure, may := k.Hi < own.Lo, k.Lo < own.Hi
		if !passed {
			sure, may = k.Hi <= own.Lo, k.Lo <= own.Hi
		}
		if sure && there.mustHold() {
			least++
		}
		if may {
			most++
		}
	}
	if !mine.mustHold() {
		least = 0
	}
	return Value{Lo: least, Hi: most, Open: open, Whole: true}
}

// calendar evaluates what concerns days.
func (ev *Evaluator) calendar(e *ir.Expr, f frame) Value {
	if e.Op == ir.OpBound {
		m := e.Shift.Apply(f.month)
		if e.Num == 0 {
			return single(float64(m.FirstDay()))
		}
		if e.Shift.Yearly {
			m += 11
		}
		return single(float64(m.LastDay()))
	}
	x := ev.expr(e.Args[0], f).num()
	switch e.Op {
	case ir.OpDateAdd, ir.OpDateDiff:
		y := ev.expr(e.Args[1], f).num()
		out := Value{Open: x.Open || y.Open, Whole: true}
		if e.Op == ir.OpDateAdd {
			out.Lo, out.Hi = dateAdd(x.Lo, y.Lo, e.Span), dateAdd(x.Hi, y.Hi, e.Span)
		} else {
			out.Lo, out.Hi = dateDiff(x.Hi, y.Lo, e.Span), dateDiff(x.Lo, y.Hi, e.Span)
		}
		return out
	case ir.OpYearOf:
		return Value{Lo: yearOf(x.Lo), Hi: yearOf(x.Hi), Open: x.Open, Whole: true}
	case ir.OpMonthOf:
		out := Value{Lo: 1, Hi: 12, Open: x.Open, Whole: true}
		if yearOf(x.Lo) == yearOf(x.Hi) {
			_, a, _ := toDay(x.Lo).Civil()
			_, b, _ := toDay(x.Hi).Civil()
			out.Lo, out.Hi = float64(a), float64(b)
		}
		return out
	case ir.OpFloor:
		x.Set = 0
		return round(x, 1, ir.Down)
	}
	return never()
}

// toDay keeps a day in the range that calendars hold.
func toDay(f float64) ir.Day {
	const most = 1 << 30
	return ir.Day(max(-most, min(most, f)))
}

func yearOf(f float64) float64 {
	y, _, _ := toDay(f).Civil()
	return float64(y)
}

func dateAdd(day, n float64, span ir.Span) float64 {
	n = math.Trunc(max(-1e5, min(1e5, n)))
	switch span {
	case ir.Months:
		return float64(toDay(day).AddMonths(int(n)))
	case ir.Years:
		return float64(toDay(day).AddMonths(12 * int(n)))
	}
	return float64(day + n)
}

func dateDiff(a, b float64, span ir.Span) float64 {
	switch span {
	case ir.Months:
		return float64(ir.MonthsBetween(toDay(a), toDay(b)))
	case ir.Years:
		return float64(ir.YearsBetween(toDay(a), toDay(b)))
	}
	return float64(toDay(b) - toDay(a))
}
