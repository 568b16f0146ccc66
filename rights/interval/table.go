package interval

import (
	"math"

	"codeberg.org/parvis/parvis/rights/ir"
)

// param joins the versions in force on some day of first…last, over the keys
// that may be.
func (ev *Evaluator) param(index int32, first, last ir.Day, keys []*ir.Expr, f frame) Value {
	p := &ev.prog.IR.Params[index]
	var k [2]Value
	for i, a := range keys {
		k[i] = ev.expr(a, f).num()
	}
	at := func(d ir.Day) Value {
		v := p.At(d)
		switch {
		case v < 0: // the law files have no value that day
			return anything()
		case len(keys) == 0:
			return single(p.Versions[v].Value)
		}
		return cells(p.Versions[v].Grid, k)
	}
	out := at(first)
	for i := range p.Versions {
		if d := p.Versions[i].From; d > first && d <= last {
			out = join(out, at(d))
		}
	}
	out.Open = out.Open || k[0].Open || k[1].Open
	return out
}

// cells joins the cells of a grid over the keys that may be. Beyond the last key
// a grid is linear, so its ends are enough.
func cells(g *ir.Grid, k [2]Value) Value {
	rows, out := places(g.Rows, k[0], g.MoreRow != nil)
	cols, outCols := []float64{0}, false
	if g.Cols != nil {
		cols, outCols = places(g.Cols, k[1], g.MoreCol != nil)
	}
	v := never()
	v.NA = out || outCols
	for _, r := range rows {
		for _, c := range cols {
			x, ok := g.Cell(r, c)
			switch {
			case !ok:
				v.NA = true
			case math.IsNaN(x):
				v = join(v, Value{Lo: math.Inf(-1), Hi: math.Inf(1)})
			default:
				v = join(v, single(x))
			}
		}
	}
	return v
}

// places lists the keys of a grid that a value may be, with the ends beyond the
// last; out tells that it may be a key that the grid does not have.
func places(keys []int32, v Value, open bool) (list []float64, out bool) {
	if v.Lo == v.Hi {
		return []float64{v.Lo}, false
	}
	first, last := float64(keys[0]), float64(keys[len(keys)-1])
	found := 0
	for _, k := range keys {
		x := float64(k)
		if v.Set != 0 && (x < 0 || x > 63 || v.Set&(1<<uint(x)) == 0) || x < v.Lo || x > v.Hi {
			continue
		}
		list = append(list, x)
		found++
	}
	if v.Hi > last {
		if !open {
			out = true
		} else {
			list = append(list, max(v.Lo, last), v.Hi)
		}
	}
	dense := v.Whole && int(last-first) == len(keys)-1
	return list, out || v.Lo < first || !dense && !covered(keys, v)
}

// covered tells whether every value of a set is a key.
func covered(keys []int32, v Value) bool {
	if v.Set == 0 {
		return false
	}
	left := v.Set
	for _, k := range keys {
		if k >= 0 && k < 64 {
			left &^= 1 << uint(k)
		}
	}
	return left == 0
}

// scale applies a barème to both ends and to the thresholds between them:
// between two thresholds it is monotonic.
func (ev *Evaluator) scale(e *ir.Expr, f frame) Value {
	x := ev.expr(e.Args[0], f).num()
	s := &ev.prog.IR.Scales[e.Index]
	i := s.At(f.month.FirstDay())
	if i < 0 {
		return anything()
	}
	v := &s.Versions[i]
	out := never()
	out.NA = false
	at := func(f float64) {
		y, ok := v.Value(f, s.Marginal)
		switch {
		case !ok:
			out.NA = true
		case math.IsNaN(y):
			out = join(out, Value{Lo: math.Inf(-1), Hi: math.Inf(1)})
		default:
			out = join(out, single(y))
		}
	}
	at(x.Lo)
	at(x.Hi)
	for _, t := range v.Thresholds {
		if t > x.Lo && t < x.Hi {
			at(t)
		}
	}
	out.Open = out.Open || x.Open
	if x.Lo != x.Hi {
		out.Whole = false
	}
	return out
}

// lookup is one of the table's values when the code is not known, or is none of
// its codes.
func (ev *Evaluator) lookup(e *ir.Expr, f frame) Value {
	x := ev.expr(e.Args[0], f).num()
	if !x.Any {
		if v, ok := ev.prog.Lookup(e.Index, x.Text); ok {
			return single(v)
		}
		ev.unlisted()
	}
	t := &ev.prog.IR.Tables[e.Index]
	if t.Type.Kind == ir.Enum {
		out := allOf(len(ev.prog.IR.Enums[t.Type.Enum].Values))
		out.Open = x.Open
		return out
	}
	out := never()
	out.NA, out.Open = false, x.Open
	for _, r := range t.Rows {
		out = join(out, single(r.Value))
	}
	return out
}

// unlisted notes that the last text read is a code that a table does not list:
// it decides like an unknown one.
func (ev *Evaluator) unlisted() {
	if len(ev.stack) == 0 {
		return
	}
	if deps := ev.Nodes[ev.stack[len(ev.stack)-1]].Deps; len(deps) > 0 {
		ev.Nodes[deps[len(deps)-1]].Value.Any = true
	}
}
