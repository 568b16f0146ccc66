package columnar

import (
	"math"

	"codeberg.org/parvis/parvis/rights/ir"
)

// arith is one operation on two numbers, as the reference does it.
func arith(o op, x, y float64) float64 {
	switch o {
	case opAdd:
		return float64(x + y)
	case opSub:
		return float64(x - y)
	case opMul:
		return float64(x * y)
	case opMin:
		return min(x, y)
	}
	return max(x, y)
}

func compare(o op, x, y float64) bool {
	switch o {
	case opEq:
		return x == y
	case opNe:
		return x != y
	case opLt:
		return x < y
	}
	return x <= y
}

// target returns the buffer of an operand that nobody else holds, else a new one.
func (m *memory) target(space int32, x, y *col) []float64 {
	if x.f != nil && x.refs == 1 && !x.shared {
		f := x.f
		x.f = nil
		return f
	}
	if y != nil && y.f != nil && y.refs == 1 && !y.shared {
		f := y.f
		y.f = nil
		return f
	}
	return m.floats(space)
}

// arithmetic computes an operation on two columns and gives them back.
func (r *Evaluator) arithmetic(n *node, x, y *col) *col {
	m := &r.mem
	if x.uni && y.uni {
		c := m.uniform(n.space, 0)
		if n.op != opDiv {
			c.v = arith(n.op, x.v, y.v)
		} else if y.v == 0 {
			c.uniNA = true
		} else {
			c.v = float64(x.v / y.v)
		}
		r.both(c, x, y)
		return c
	}
	c := m.col(n.space)
	xf, xs := x.f, false
	yf, ys := y.f, false
	if !x.uni {
		xf, xs = m.expand(x)
	}
	if !y.uni {
		yf, ys = m.expand(y)
	}
	d := m.target(n.space, x, y)
	c.f = d
	switch n.op {
	case opAdd:
		add(d, xf, yf, x, y)
	case opSub:
		sub(d, xf, yf, x, y)
	case opMul:
		mul(d, xf, yf, x, y)
	case opMin:
		least(d, xf, yf, x, y)
	case opMax:
		most(d, xf, yf, x, y)
	case opDiv:
		r.divide(n, c, xf, yf, x, y)
	}
	if xs {
		m.f[n.space] = append(m.f[n.space], xf)
	}
	if ys {
		m.f[n.space] = append(m.f[n.space], yf)
	}
	r.both(c, x, y)
	return c
}

// In the loops below d may be x or y: each row is read before it is written.

func add(d, xf, yf []float64, x, y *col) {
	switch {
	case y.uni:
		v := y.v
		xf = xf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] + v)
		}
	case x.uni:
		v := x.v
		yf = yf[:len(d)]
		for i := range d {
			d[i] = float64(v + yf[i])
		}
	default:
		xf, yf = xf[:len(d)], yf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] + yf[i])
		}
	}
}

func sub(d, xf, yf []float64, x, y *col) {
	switch {
	case y.uni:
		v := y.v
		xf = xf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] - v)
		}
	case x.uni:
		v := x.v
		yf = yf[:len(d)]
		for i := range d {
			d[i] = float64(v - yf[i])
		}
	default:
		xf, yf = xf[:len(d)], yf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] - yf[i])
		}
	}
}

func mul(d, xf, yf []float64, x, y *col) {
	switch {
	case y.uni:
		v := y.v
		xf = xf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] * v)
		}
	case x.uni:
		v := x.v
		yf = yf[:len(d)]
		for i := range d {
			d[i] = float64(v * yf[i])
		}
	default:
		xf, yf = xf[:len(d)], yf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] * yf[i])
		}
	}
}

func least(d, xf, yf []float64, x, y *col) {
	switch {
	case y.uni:
		v := y.v
		xf = xf[:len(d)]
		for i := range d {
			d[i] = min(xf[i], v)
		}
	case x.uni:
		v := x.v
		yf = yf[:len(d)]
		for i := range d {
			d[i] = min(v, yf[i])
		}
	default:
		xf, yf = xf[:len(d)], yf[:len(d)]
		for i := range d {
			d[i] = min(xf[i], yf[i])
		}
	}
}

func most(d, xf, yf []float64, x, y *col) {
	switch {
	case y.uni:
		v := y.v
		xf = xf[:len(d)]
		for i := range d {
			d[i] = max(xf[i], v)
		}
	case x.uni:
		v := x.v
		yf = yf[:len(d)]
		for i := range d {
			d[i] = max(v, yf[i])
		}
	default:
		xf, yf = xf[:len(d)], yf[:len(d)]
		for i := range d {
			d[i] = max(xf[i], yf[i])
		}
	}
}

// divide gives not applicable where the divisor is 0.
func (r *Evaluator) divide(n *node, c *col, xf, yf []float64, x, y *col) {
	d := c.f
	if y.uni {
		v := y.v
		if v == 0 {
			r.mem.f[n.space] = append(r.mem.f[n.space], d)
			c.f, c.uni, c.uniNA = nil, true, true
			return
		}
		xf = xf[:len(d)]
		for i := range d {
			d[i] = float64(xf[i] / v)
		}
		return
	}
	for i := range d {
		num := x.v
		if !x.uni {
			num = xf[i]
		}
		if by := yf[i]; by != 0 {
			d[i] = float64(num / by)
			continue
		}
		d[i] = 0
		if n.needNA {
			if c.na == nil {
				c.na = r.mem.bitset(n.space)
			}
			c.na[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// comparison computes a comparison of two columns and gives them back.
func (r *Evaluator) comparison(n *node, x, y *col) *col {
	m := &r.mem
	var c *col
	switch {
	case x.uni && y.uni:
		c = m.uniform(n.space, b2f(compare(n.op, x.v, y.v)))
	default:
		d := m.bitset(n.space)
		o := n.op
		xf, xs := m.expand(x)
		if y.uni {
			compareWith(o, d, xf, y.v)
		} else {
			yf, ys := m.expand(y)
			compareAll(o, d, xf, yf)
			m.giveF(n.space, yf, ys)
		}
		m.giveF(n.space, xf, xs)
		c = m.bitsOf(n.space, d)
	}
	r.both(c, x, y)
	return c
}

// compareWith compares numbers with one number, eight at a time.
func compareWith(o op, d []uint64, xf []float64, v float64) {
	for w := range d {
		block := xf[w*64 : min(w*64+64, len(xf))]
		var word uint64
		at := uint(0)
		switch o {
		case opEq:
			for ; len(block) >= 8; block = block[8:] {
				q := (*[8]float64)(block)
				eight := b2u(q[0] == v)<<0 |
					b2u(q[1] == v)<<1 |
					b2u(q[2] == v)<<2 |
					b2u(q[3] == v)<<3 |
					b2u(q[4] == v)<<4 |
					b2u(q[5] == v)<<5 |
					b2u(q[6] == v)<<6 |
					b2u(q[7] == v)<<7
				word |= eight << (at & 63)
				at += 8
			}
			for i, x := range block {
				word |= b2u(x == v) << ((at + uint(i)) & 63)
			}
		case opNe:
			for ; len(block) >= 8; block = block[8:] {
				q := (*[8]float64)(block)
				eight := b2u(q[0] != v)<<0 |
					b2u(q[1] != v)<<1 |
					b2u(q[2] != v)<<2 |
					b2u(q[3] != v)<<3 |
					b2u(q[4] != v)<<4 |
					b2u(q[5] != v)<<5 |
					b2u(q[6] != v)<<6 |
					b2u(q[7] != v)<<7
				word |= eight << (at & 63)
				at += 8
			}
			for i, x := range block {
				word |= b2u(x != v) << ((at + uint(i)) & 63)
			}
		case opLt:
			for ; len(block) >= 8; block = block[8:] {
				q := (*[8]float64)(block)
				eight := b2u(q[0] < v)<<0 |
					b2u(q[1] < v)<<1 |
					b2u(q[2] < v)<<2 |
					b2u(q[3] < v)<<3 |
					b2u(q[4] < v)<<4 |
					b2u(q[5] < v)<<5 |
					b2u(q[6] < v)<<6 |
					b2u(q[7] < v)<<7
				word |= eight << (at & 63)
				at += 8
			}
			for i, x := range block {
				word |= b2u(x < v) << ((at + uint(i)) & 63)
			}
		default:
			for ; len(block) >= 8; block = block[8:] {
				q := (*[8]float64)(block)
				eight := b2u(q[0] <= v)<<0 |
					b2u(q[1] <= v)<<1 |
					b2u(q[2] <= v)<<2 |
					b2u(q[3] <= v)<<3 |
					b2u(q[4] <= v)<<4 |
					b2u(q[5] <= v)<<5 |
					b2u(q[6] <= v)<<6 |
					b2u(q[7] <= v)<<7
				word |= eight << (at & 63)
				at += 8
			}
			for i, x := range block {
				word |= b2u(x <= v) << ((at + uint(i)) & 63)
			}
		}
		d[w] = word
	}
}

// numberFirst is < or ≤ with one number on the left.
func (r *Evaluator) numberFirst(n *node, x, y *col) *col {
	m := &r.mem
	d := m.bitset(n.space)
	yf, ys := m.expand(y)
	v := x.v
	for w := range d {
		block := yf[w*64 : min(w*64+64, len(yf))]
		var word uint64
		at := uint(0)
		if n.op == opLt {
			for ; len(block) >= 8; block = block[8:] {
				q := (*[8]float64)(block)
				eight := b2u(v < q[0])<<0 |
					b2u(v < q[1])<<1 |
					b2u(v < q[2])<<2 |
					b2u(v < q[3])<<3 |
					b2u(v < q[4])<<4 |
					b2u(v < q[5])<<5 |
					b2u(v < q[6])<<6 |
					b2u(v < q[7])<<7
				word |= eight << (at & 63)
				at += 8
			}
			for i, z := range block {
				word |= b2u(v < z) << ((at + uint(i)) & 63)
			}
		} else {
			for ; len(block) >= 8; block = block[8:] {
				q := (*[8]float64)(block)
				eight := b2u(v <= q[0])<<0 |
					b2u(v <= q[1])<<1 |
					b2u(v <= q[2])<<2 |
					b2u(v <= q[3])<<3 |
					b2u(v <= q[4])<<4 |
					b2u(v <= q[5])<<5 |
					b2u(v <= q[6])<<6 |
					b2u(v <= q[7])<<7
				word |= eight << (at & 63)
				at += 8
			}
			for i, z := range block {
				word |= b2u(v <= z) << ((at + uint(i)) & 63)
			}
		}
		d[w] = word
	}
	m.giveF(n.space, yf, ys)
	c := m.bitsOf(n.space, d)
	r.both(c, x, y)
	return c
}

func compareAll(o op, d []uint64, xf, yf []float64) {
	for w := range d {
		xs := xf[w*64 : min(w*64+64, len(xf))]
		ys := yf[w*64:][:len(xs)]
		var word uint64
		switch o {
		case opEq:
			for i := range xs {
				word |= b2u(xs[i] == ys[i]) << (uint(i) & 63)
			}
		case opNe:
			for i := range xs {
				word |= b2u(xs[i] != ys[i]) << (uint(i) & 63)
			}
		case opLt:
			for i := range xs {
				word |= b2u(xs[i] < ys[i]) << (uint(i) & 63)
			}
		default:
			for i := range xs {
				word |= b2u(xs[i] <= ys[i]) << (uint(i) & 63)
			}
		}
		d[w] = word
	}
}

// unary computes an operation on each number of a column and gives it back.
func (r *Evaluator) unary(n *node, x *col, f func(float64) float64) *col {
	m := &r.mem
	var c *col
	if x.uni {
		c = m.uniform(n.space, f(x.v))
	} else {
		xf, xs := m.expand(x)
		c = m.col(n.space)
		c.f = m.target(n.space, x, nil)
		for i, v := range xf {
			c.f[i] = f(v)
		}
		m.giveF(n.space, xf, xs)
	}
	r.both(c, x, nil)
	return c
}

// round rounds where the column is applicable.
func (r *Evaluator) round(n *node, x *col) *col {
	step, mode := n.x, ir.RoundMode(n.mode)
	na, uniNA := x.na, x.uniNA
	if n.needNA && na != nil { // what is not applicable goes through
		na = append(r.mem.bitset(n.space)[:0], na...)
	}
	var c *col
	if x.f == nil {
		c = r.unary(n, x, func(v float64) float64 { return ir.Round(v, step, mode) })
	} else {
		c = r.mem.col(n.space)
		xf := x.f
		c.f = r.mem.target(n.space, x, nil)
		ir.RoundAll(c.f, xf, step, mode)
		r.both(c, x, nil)
	}
	if n.needNA {
		c.na, c.uniNA = na, uniNA
	}
	return c
}

// signed tells 0 from −0, so that columns and the reference agree to the bit.
func signed(x float64) bool { return math.Signbit(x) }
