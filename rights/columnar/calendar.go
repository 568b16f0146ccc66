package columnar

import (
	"math"

	"codeberg.org/parvis/parvis/rights/ir"
)

// civil is the calendar of a column of days, worked out once per batch: the
// month (ir.Month) and the day of the month of each row.
type civil struct {
	month []int32
	day   []int8
}

func (c *column) calendar() *civil {
	if c.civil == nil {
		c.civil = &civil{}
	}
	if k := c.civil; len(k.month) != len(c.f) {
		k.month, k.day = k.month[:0], k.day[:0]
		for _, x := range c.f {
			y, m, d := ir.Day(x).Civil()
			k.month = append(k.month, int32(y*12+m-1))
			k.day = append(k.day, int8(d))
		}
	}
	return c.civil
}

// calendar computes what concerns days.
func (r *Evaluator) calendar(n *node) *col {
	x := r.eval(n.a)
	switch n.op {
	case opYearOf:
		return r.unary(n, x, func(v float64) float64 {
			y, _, _ := ir.Day(v).Civil()
			return float64(y)
		})
	case opMonthOf:
		return r.unary(n, x, func(v float64) float64 {
			_, m, _ := ir.Day(v).Civil()
			return float64(m)
		})
	}
	y := r.eval(n.b)
	span := ir.Span(n.mode)
	if n.op == opDateDiff && span != ir.Days && x.from != nil && y.uni {
		return r.since(n, x, y, span)
	}
	args := [3]*col{x, y}
	return r.rowwise(n, args[:2], func(v [3]float64) (float64, bool, bool) {
		if n.op == opDateAdd {
			return dateAdd(v[0], v[1], span), true, false
		}
		return dateDiff(ir.Day(v[0]), ir.Day(v[1]), span), true, false
	})
}

// since is the completed months or years from the days of a fact to one day:
// ages, mostly.
func (r *Evaluator) since(n *node, x, y *col, span ir.Span) *col {
	k := x.from.calendar()
	by, bm, bd := ir.Day(y.v).Civil()
	month := int32(by*12 + bm - 1)
	c := r.mem.col(n.space)
	c.f = r.mem.floats(n.space)
	day := int8(bd)
	months, days := k.month[:len(c.f)], k.day[:len(c.f)]
	for i := range c.f {
		d := month - months[i] - int32(b2u(day < days[i]))
		if span == ir.Years {
			q := d / 12
			if d < 0 && q*12 != d {
				q--
			}
			d = q
		}
		c.f[i] = float64(d)
	}
	r.both(c, x, y)
	return c
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

// asCol is the column as an operand: of the batch, never written.
func (c *column) asCol(space int32) *col {
	w := &c.wrap
	*w = col{shared: true, space: space, from: c}
	if c.uniform {
		w.uni, w.v = true, c.f[0]
	} else {
		w.f = c.f
	}
	return w
}
