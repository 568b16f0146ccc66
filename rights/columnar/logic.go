package columnar

import "math/bits"

func trailing(w uint64) int { return bits.TrailingZeros64(w) }

// logic is « et » and « ou »: the right side is looked at when the left one
// leaves a row undecided.
func (r *Evaluator) logic(n *node) *col {
	m := &r.mem
	or := n.op == opOr
	x := r.eval(n.a)
	if x.uni && (x.v != 0) == or {
		c := m.uniform(n.space, b2f(or))
		r.both(c, x, nil)
		return c
	}
	y := r.eval(n.b)
	if x.uni { // the right side alone decides
		var c *col
		if y.uni {
			c = m.uniform(n.space, b2f(y.v != 0))
		} else {
			b, spare := m.truth(y)
			if !spare {
				b = append(m.bitset(n.space)[:0], b...)
			}
			c = m.bitsOf(n.space, b)
		}
		r.both(c, x, y)
		return c
	}
	xb, xs := m.truth(x)
	yb, ys := m.truth(y)
	d := m.bitset(n.space)
	for i := range d {
		if or {
			d[i] = xb[i] | yb[i]
		} else {
			d[i] = xb[i] & yb[i]
		}
	}
	var t [2][]uint64 // before d goes into a column that may not keep it
	for k := range t {
		if x.touch[k] == nil && y.touch[k] == nil {
			continue
		}
		t[k] = m.bitset(n.space)
		if x.touch[k] != nil {
			copy(t[k], x.touch[k])
		}
		if y.touch[k] != nil {
			for i, w := range y.touch[k] {
				if or {
					w &^= xb[i]
				} else {
					w &= xb[i]
				}
				t[k][i] |= w
			}
		}
	}
	m.giveB(n.space, xb, xs)
	m.giveB(n.space, yb, ys)
	c := m.bitsOf(n.space, d)
	c.touch = t
	m.release(x)
	m.release(y)
	return c
}

// choose is « si … alors … sinon »: a branch that no row takes is not looked at.
func (r *Evaluator) choose(n *node) *col {
	m := &r.mem
	cond := r.eval(n.a)
	if cond.uni {
		next := n.c
		if cond.v != 0 {
			next = n.b
		}
		c := r.resting(r.eval(next), cond)
		m.release(cond)
		return c
	}
	x := r.eval(n.b)
	y := r.eval(n.c)
	on, spare := m.truth(cond)
	c := m.col(n.space)
	r.blend(c, on, x, y)
	if n.needNA {
		c.na = r.blendBits(n.space, on, x.na, x.uniNA, y.na, y.uniNA)
	}
	for k := range c.touch {
		r.touch(c, k, cond, nil, nil)
		r.touch(c, k, x, on, nil)
		r.touch(c, k, y, nil, on)
	}
	m.giveB(n.space, on, spare)
	m.release(cond)
	m.release(x)
	m.release(y)
	return c
}

// blend takes x where on, y elsewhere.
func (r *Evaluator) blend(c *col, on []uint64, x, y *col) {
	m := &r.mem
	isBit := func(z *col) bool { return z.b != nil || z.uni && (z.v == 1 || z.v == 0 && !signed(z.v)) }
	switch {
	case x.uni && y.uni && x.v == y.v && signed(x.v) == signed(y.v):
		c.uni, c.v = true, x.v
	case isBit(x) && isBit(y):
		d := m.bitset(c.space)
		for i, w := range on {
			var a, b uint64
			switch {
			case x.b != nil:
				a = x.b[i]
			case x.v != 0:
				a = ^uint64(0)
			}
			switch {
			case y.b != nil:
				b = y.b[i]
			case y.v != 0:
				b = ^uint64(0)
			}
			d[i] = a&w | b&^w
		}
		if rest := uint(m.rows[c.space]) & 63; rest != 0 {
			d[len(d)-1] &= 1<<rest - 1
		}
		if all := m.bitsOf(c.space, d); all.uni {
			c.uni, c.v = true, all.v
			m.release(all)
		} else {
			c.b, all.b = d, nil
			m.release(all)
		}
	case y.f != nil && y.refs == 1 && !y.shared && !x.uni: // in place
		xf, xs := m.expand(x)
		c.f, y.f = y.f, nil
		blendFloats(c.f, on, xf)
		m.giveF(c.space, xf, xs)
	default:
		yf, ys := m.expand(y)
		if ys {
			c.f = yf
		} else {
			c.f = m.floats(c.space)
			copy(c.f, yf)
		}
		if x.uni {
			for i, w := range on {
				for ; w != 0; w &= w - 1 {
					c.f[i*64+trailing(w)] = x.v
				}
			}
			return
		}
		xf, xs := m.expand(x)
		blendFloats(c.f, on, xf)
		m.giveF(c.space, xf, xs)
	}
}

// blendFloats overwrites the rows of on.
func blendFloats(d []float64, on []uint64, x []float64) {
	for i, w := range on {
		if w == ^uint64(0) {
			copy(d[i*64:i*64+64], x[i*64:])
			continue
		}
		for ; w != 0; w &= w - 1 {
			row := i*64 + trailing(w)
			d[row] = x[row]
		}
	}
}

// blendBits takes x where on, y elsewhere; nil when nothing is set.
func (r *Evaluator) blendBits(space int32, on, x []uint64, allX bool, y []uint64, allY bool) []uint64 {
	if x == nil && y == nil && !allX && !allY {
		return nil
	}
	d := r.mem.bitset(space)
	for i, w := range on {
		var a, b uint64
		if x != nil {
			a = x[i]
		}
		if y != nil {
			b = y[i]
		}
		if allX {
			a = ^uint64(0)
		}
		if allY {
			b = ^uint64(0)
		}
		d[i] = a&w | b&^w
	}
	if rest := uint(r.mem.rows[space]) & 63; rest != 0 && len(d) > 0 {
		d[len(d)-1] &= 1<<rest - 1
	}
	return d
}

// in is « parmi »: values are looked at until one is equal.
func (r *Evaluator) in(n *node) *col {
	m := &r.mem
	x := r.eval(n.a)
	found := m.bitset(n.space)
	c := m.col(n.space)
	for k := range c.touch {
		r.touch(c, k, x, nil, nil)
	}
	eq := *n
	eq.op = opEq
	for _, l := range n.list {
		y := r.eval(l)
		for k := range c.touch {
			r.touch(c, k, y, nil, found)
		}
		if !x.shared {
			x.refs++ // comparison gives its operands back
		}
		one := r.sameValue(&eq, x, y)
		b, spare := m.truth(one)
		for i := range found {
			found[i] |= b[i]
		}
		m.giveB(n.space, b, spare)
		all := one.uni && one.v != 0
		m.release(one)
		if all {
			break
		}
	}
	m.release(x)
	done := m.bitsOf(n.space, found)
	c.uni, c.v = done.uni, done.v
	c.b, done.b = done.b, nil
	m.release(done)
	return c
}

// sameValue compares without adding what the operands rest on.
func (r *Evaluator) sameValue(n *node, x, y *col) *col {
	var one *col
	if x.uni && !y.uni {
		one = r.comparison(n, y, x)
	} else {
		one = r.comparison(n, x, y)
	}
	for k, t := range one.touch {
		if t != nil {
			r.mem.b[one.space] = append(r.mem.b[one.space], t)
			one.touch[k] = nil
		}
	}
	return one
}
