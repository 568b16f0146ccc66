package columnar

import (
	"math/bits"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
)

// compute computes some rows of a node, which were not.
func (w *few) compute(i int32, n *step, s *seen, rows uint64) {
	switch n.op {
	case opGap, opNote:
		put(w.own(s), rows, 0)
		s.na |= rows
		if n.op == opGap {
			w.touch[gaps][i] |= rows
		} else {
			w.touch[notes][i] |= rows
			w.hunger(i, s)
		}
	case opInput, opGiven:
		w.fact(i, n, s, rows)
	case opAdd, opSub, opMul, opDiv, opMin, opMax:
		w.arithmetic(i, n, s, rows)
	case opNeg, opFloor, opRound, opNot, opPrefix, opYearOf, opMonthOf:
		w.unary(i, n, s, rows)
	case opEq, opNe, opLt, opLe:
		w.comparison(i, n, s, rows)
	case opAnd, opOr:
		on := w.truth(i, n.a, rows)
		switch {
		case n.op == opOr && on != rows:
			on |= w.truth(i, n.b, rows&^on)
		case n.op == opAnd && on != 0:
			on = w.truth(i, n.b, on)
		}
		put(w.own(s), rows, on)
	case opIn:
		w.in(i, n, s, rows)
	case opApplicable:
		w.read(i, n.a, rows)
		put(w.own(s), rows, ^w.na(n.a))
	case opIf:
		w.choose(i, n, s, rows)
	case opGrid, opParamAt, opScale, opLookup, opDateAdd, opDateDiff:
		w.rowwise(i, n, s, rows)
	case opLift:
		w.gather(i, n, s, rows, w.r.subject[n.space])
	case opOuter:
		w.gather(i, n, s, rows, w.r.outer[n.space])
	case opProject:
		w.project(i, n, s, rows)
	case opFold:
		w.fold(i, n, s, rows)
	case opMonths:
		w.months(i, n, s, rows)
	case opRank:
		w.rank(i, n, s, rows)
	case opRole:
		d := w.own(s)
		for left := rows; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			d[k] = b2f(w.r.b.holds(int32(k), ir.Role(n.mode)))
		}
	}
}

// fact is what is given, else what is computed or stands for what is absent.
func (w *few) fact(i int32, n *step, s *seen, rows uint64) {
	given := w.r.b.given(n.i, n.j)
	var told uint64
	if given != nil {
		told = given.told & rows
	}
	rest := rows &^ told
	var x []float64
	var m int
	if rest != 0 {
		x, m = w.read(i, n.a, rest)
		s.na |= w.na(n.a) & rest
		if n.op == opInput {
			w.hunger(i, s)
		}
	}
	d := w.own(s)
	for left := rest; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		d[k] = x[k&m]
	}
	for left := told; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		d[k] = given.f[k]
	}
}

func (w *few) arithmetic(i int32, n *step, s *seen, rows uint64) {
	x, xm := w.read(i, n.a, rows)
	y, ym := w.read(i, n.b, rows)
	d := w.own(s)
	switch n.op {
	case opAdd:
		for left := rows; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			d[k] = float64(x[k&xm] + y[k&ym])
		}
	case opSub:
		for left := rows; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			d[k] = float64(x[k&xm] - y[k&ym])
		}
	case opMul:
		for left := rows; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			d[k] = float64(x[k&xm] * y[k&ym])
		}
	case opDiv:
		for left := rows; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			if y[k&ym] == 0 {
				d[k] = 0
				s.na |= 1 << k
				continue
			}
			d[k] = float64(x[k&xm] / y[k&ym])
		}
	default:
		for left := rows; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			d[k] = arith(n.op, x[k&xm], y[k&ym])
		}
	}
}

func (w *few) unary(i int32, n *step, s *seen, rows uint64) {
	x, m := w.read(i, n.a, rows)
	d := w.own(s)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		switch v := x[k&m]; n.op {
		case opNeg:
			d[k] = 0 - v
		case opFloor:
			d[k] = ir.Round(v, 1, ir.Down)
		case opRound:
			d[k] = ir.Round(v, w.code.nums[n.at], ir.RoundMode(n.mode))
		case opNot:
			d[k] = b2f(v == 0)
		case opPrefix:
			d[k] = b2f(strings.HasPrefix(w.r.b.texts[int(v)], w.r.prog.texts[n.i]))
		case opYearOf:
			year, _, _ := ir.Day(v).Civil()
			d[k] = float64(year)
		default:
			_, month, _ := ir.Day(v).Civil()
			d[k] = float64(month)
		}
	}
	if n.op == opRound { // what is not applicable goes through
		s.na |= w.na(n.a) & rows
	}
}

func (w *few) comparison(i int32, n *step, s *seen, rows uint64) {
	x, xm := w.read(i, n.a, rows)
	y, ym := w.read(i, n.b, rows)
	d := w.own(s)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		d[k] = b2f(compare(n.op, x[k&xm], y[k&ym]))
	}
}

// in is « parmi »: values are looked at until one is equal.
func (w *few) in(i int32, n *step, s *seen, rows uint64) {
	x, xm := w.read(i, n.a, rows)
	open := rows
	for _, l := range w.code.lists[n.at : n.at+n.n] {
		if open == 0 {
			break
		}
		y, ym := w.read(i, l, open)
		for left := open; left != 0; left &= left - 1 {
			if k := bits.TrailingZeros64(left); x[k&xm] == y[k&ym] {
				open &^= 1 << k
			}
		}
	}
	put(w.own(s), rows, rows&^open)
}

func (w *few) choose(i int32, n *step, s *seen, rows uint64) {
	on := w.truth(i, n.a, rows)
	off := rows &^ on
	var x, y []float64
	var xm, ym int
	if on != 0 {
		x, xm = w.read(i, n.b, on)
		s.na |= w.na(n.b) & on
	}
	if off != 0 {
		y, ym = w.read(i, n.c, off)
		s.na |= w.na(n.c) & off
	}
	d := w.own(s)
	for left := on; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		d[k] = x[k&xm]
	}
	for left := off; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		d[k] = y[k&ym]
	}
}

// rowwise computes what is read from tables of the law and the calendar.
func (w *few) rowwise(i int32, n *step, s *seen, rows uint64) {
	var args [3][]float64
	var ms [3]int
	count := 0
	for _, a := range [2]int32{n.a, n.b} {
		if a != -1 {
			args[count], ms[count] = w.read(i, a, rows)
			count++
		}
	}
	for _, l := range w.code.lists[n.at : n.at+n.n] {
		args[count], ms[count] = w.read(i, l, rows)
		count++
	}
	d := w.own(s)
	law := w.r.prog.law.IR
	var x [3]float64
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		for a := range count {
			x[a] = args[a][k&ms[a]]
		}
		v, ok, known := 0.0, true, true
		switch n.op {
		case opGrid:
			v, ok = law.Params[n.i].Versions[n.j].Grid.Cell(x[0], x[1])
		case opParamAt:
			v, ok, known = paramOn(&law.Params[n.i], x, n.n > 0)
		case opScale:
			scale := &law.Scales[n.i]
			v, ok = scale.Versions[n.j].Value(x[0], scale.Marginal)
		case opLookup:
			v, known = w.r.b.tableValue(w.r.prog, n.i, int(x[0]))
			ok = known
		case opDateAdd:
			v = dateAdd(x[0], x[1], ir.Span(n.mode))
		default:
			v = dateDiff(ir.Day(x[0]), ir.Day(x[1]), ir.Span(n.mode))
		}
		d[k] = v
		if !ok {
			s.na |= 1 << k
		}
		if !known {
			w.touch[gaps][i] |= 1 << k
		}
	}
}

// gather carries values from the rows of another space.
func (w *few) gather(i int32, n *step, s *seen, rows uint64, from []int32) {
	var targets uint64
	for left := rows; left != 0; left &= left - 1 {
		targets |= 1 << from[bits.TrailingZeros64(left)]
	}
	x, xm := w.look(n.a, targets)
	d, na := w.own(s), w.na(n.a)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		t := int(from[k])
		d[k] = x[t&xm]
		s.na |= na >> t & 1 << k
		w.saw(i, n.a, k, t)
	}
}

// targets is where a path leads from the rows of a space.
type targets struct {
	*reach
	derived bool // the rows looked at are pairs, not subjects
}

// at is the row that stands for target e where the body is computed.
func (t targets) at(e int32) int {
	if t.derived {
		return int(e) & 63
	}
	return int(t.to[e])
}

func (w *few) targets(n *step) targets {
	derived := n.i >= int32(ir.Entities)
	if derived {
		w.r.enter(n.i)
		w.wide = w.wide || w.r.mem.rows[n.i] > 64
	}
	return targets{w.r.path(int32(n.space), n.j).pairs(), derived}
}

// project gives each row the value of the subject that a path leads to.
func (w *few) project(i int32, n *step, s *seen, rows uint64) {
	to := w.targets(n)
	var there uint64
	for left := rows; left != 0; left &= left - 1 {
		if k := bits.TrailingZeros64(left); to.from[k] < to.from[k+1] {
			there |= 1 << to.at(to.from[k])
		}
	}
	var x []float64
	var xm int
	if there != 0 {
		x, xm = w.look(n.a, there)
	}
	d, na := w.own(s), w.na(n.a)
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		if to.from[k] == to.from[k+1] {
			d[k] = 0
			s.na |= 1 << k
			continue
		}
		t := to.at(to.from[k])
		d[k] = x[t&xm]
		s.na |= na >> t & 1 << k
		w.saw(i, n.a, k, t)
	}
}
