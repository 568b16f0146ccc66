package eval

import "codeberg.org/parvis/parvis/rights/ir"

// folder gathers values, in order.
type folder struct {
	kind    ir.FoldKind
	n       int
	total   float64
	unknown bool
	decided bool // un des / tous les: the answer is known
}

// fold evaluates an aggregate over subjects or months.
func (ev *Evaluator) fold(e *ir.Expr, f frame) Value {
	acc := folder{kind: e.Fold}
	if e.Window != nil {
		first, last := e.Window.Bounds(f.month)
		for m := first; m <= last && !acc.decided; m++ {
			g := f
			g.month = m
			ev.foldOne(e, g, &acc)
		}
		return acc.result()
	}
	g := f
	g.entity = EntityAfter(e.Path)
	for _, s := range ev.world.Walk(e.Path, f.entity, f.subject, nil) {
		if acc.decided {
			break
		}
		g.subject = s
		ev.foldOne(e, g, &acc)
	}
	return acc.result()
}

func (ev *Evaluator) foldOne(e *ir.Expr, f frame, acc *folder) {
	in := Bool(true)
	if len(e.Args) > 1 {
		in = ev.expr(e.Args[1], f)
	}
	if !in.Unknown && in.F == 0 {
		return
	}
	x := ev.expr(e.Args[0], f)
	switch acc.kind {
	case ir.FoldCount, ir.FoldAny:
		switch {
		case !x.Unknown && x.F == 0:
			return
		case x.Unknown || in.Unknown:
			acc.unknown = true
			return
		}
		acc.n++
		acc.decided = acc.kind == ir.FoldAny
		return
	case ir.FoldAll:
		switch {
		case !x.Unknown && x.F != 0:
			return
		case x.Unknown || in.Unknown:
			acc.unknown = true
			return
		}
		acc.n++
		acc.decided = true
		return
	}
	if x.Unknown || in.Unknown {
		acc.unknown = true
		return
	}
	acc.n++
	switch {
	case acc.kind == ir.FoldSum || acc.kind == ir.FoldMean:
		acc.total += x.F
	case acc.n == 1:
		acc.total = x.F
	case acc.kind == ir.FoldMax:
		acc.total = max(acc.total, x.F)
	default:
		acc.total = min(acc.total, x.F)
	}
}

func (acc *folder) result() Value {
	if acc.unknown && !acc.decided {
		return Value{Unknown: true}
	}
	switch acc.kind {
	case ir.FoldSum:
		return Value{F: acc.total}
	case ir.FoldCount:
		return Value{F: float64(acc.n)}
	case ir.FoldAny:
		return Bool(acc.n > 0)
	case ir.FoldAll:
		return Bool(acc.n == 0)
	case ir.FoldMean:
		if acc.n == 0 {
			return Value{NA: true}
		}
		return Value{F: acc.total / float64(acc.n)}
	}
	return Value{F: acc.total, NA: acc.n == 0}
}

// rank gives the place of the subject among those of the path, from 1; 0 when it
// is not one of them. Ties go by the order of the situation.
func (ev *Evaluator) rank(e *ir.Expr, f frame) Value {
	in := func(s int32) Value {
		if len(e.Args) < 2 {
			return Bool(true)
		}
		g := f
		g.subject = s
		return ev.expr(e.Args[1], g)
	}
	key := func(s int32) Value {
		g := f
		g.subject = s
		return ev.expr(e.Args[0], g)
	}
	among := ev.world.Walk(e.Path, f.entity, f.subject, nil)
	if !contains(among, f.subject) {
		return Value{}
	}
	mine := in(f.subject)
	if !mine.Unknown && mine.F == 0 {
		return Value{}
	}
	own := key(f.subject)
	unknown := mine.Unknown || own.Unknown
	before, passed := 0, false
	for _, s := range among {
		if s == f.subject {
			passed = true
			continue
		}
		there := in(s)
		if !there.Unknown && there.F == 0 {
			continue
		}
		k := key(s)
		if there.Unknown || k.Unknown {
			unknown = true
			continue
		}
		if k.F < own.F || k.F == own.F && !passed {
			before++
		}
	}
	if unknown {
		return Value{Unknown: true}
	}
	return Value{F: float64(before + 1)}
}
