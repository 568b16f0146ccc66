package columnar

import "codeberg.org/parvis/parvis/rights/ir"

// months gathers the values of a run of months, in their order.
func (r *Evaluator) months(n *node) *col {
	kind := ir.FoldKind(n.mode)
	if kind == ir.FoldAny || kind == ir.FoldAll || kind == ir.FoldCount {
		return r.monthsTrue(n, kind)
	}
	m := &r.mem
	c := m.col(n.space)
	sum := kind == ir.FoldSum || kind == ir.FoldMean
	// One total while all rows agree, then one per row; n months taken, per row
	// as soon as a filter tells them apart.
	total, taken := 0.0, 0
	var totals, counts []float64
	for i := 0; i < len(n.list); i += 2 {
		var on []uint64
		var in *col
		var spare bool
		if f := n.list[i]; f >= 0 {
			in = r.eval(f)
			for k := range c.touch {
				r.touch(c, k, in, nil, nil)
			}
			if in.uni && in.v == 0 {
				m.release(in)
				continue
			}
			if !in.uni {
				on, spare = m.truth(in)
			}
		}
		x := r.eval(n.list[i+1])
		for k := range c.touch {
			r.touch(c, k, x, on, nil)
		}
		if on != nil && counts == nil {
			counts = m.floats(n.space)
			for row := range counts {
				counts[row] = float64(taken)
			}
		}
		if totals == nil && (on != nil || !x.uni) {
			totals = m.floats(n.space)
			for row := range totals {
				totals[row] = total
			}
		}
		switch {
		case on != nil:
			for row := range totals {
				if !bit(on, int32(row)) {
					continue
				}
				counts[row]++
				totals[row] = gatherOne(kind, totals[row], x.at(int32(row)), counts[row] == 1)
			}
		case totals == nil:
			total = gatherOne(kind, total, x.v, taken == 0)
		case counts == nil && sum && x.f != nil:
			xf := x.f[:len(totals)]
			for row := range totals {
				totals[row] = float64(totals[row] + xf[row])
			}
		default:
			for row := range totals {
				first := taken == 0
				if counts != nil {
					first = counts[row] == 0
				}
				totals[row] = gatherOne(kind, totals[row], x.at(int32(row)), first)
			}
		}
		if on == nil {
			taken++
			for row := range counts {
				counts[row]++
			}
		}
		m.giveB2(in, on, spare)
		m.release(in)
		m.release(x)
	}
	switch {
	case totals == nil:
		c.uni, c.v = true, total
		if taken == 0 && kind != ir.FoldSum {
			c.uniNA = true
		} else if kind == ir.FoldMean {
			c.v = total / float64(taken)
		}
	case counts == nil:
		c.f = totals
		if kind == ir.FoldMean {
			by := float64(taken)
			for row := range totals {
				totals[row] /= by
			}
		}
	default:
		c.f = totals
		for row, k := range counts {
			switch {
			case k == 0 && kind != ir.FoldSum:
				if n.needNA {
					if c.na == nil {
						c.na = m.bitset(n.space)
					}
					c.na[row>>6] |= 1 << (uint(row) & 63)
				}
			case kind == ir.FoldMean:
				totals[row] /= k
			}
		}
		m.f[n.space] = append(m.f[n.space], counts)
	}
	return c
}

func gatherOne(kind ir.FoldKind, total, x float64, first bool) float64 {
	switch {
	case kind == ir.FoldSum || kind == ir.FoldMean:
		return float64(total + x)
	case first:
		return x
	case kind == ir.FoldMax:
		return max(total, x)
	}
	return min(total, x)
}

// monthsTrue counts the months, or says whether there is one, or whether all
// are: months after the one that decides are not looked at.
func (r *Evaluator) monthsTrue(n *node, kind ir.FoldKind) *col {
	m := &r.mem
	c := m.col(n.space)
	open := m.bitset(n.space) // rows not decided yet
	m.ones(open, n.space)
	var counts []float64
	for i := 0; i < len(n.list); i += 2 {
		in := m.bitset(n.space) // rows for which the month counts
		copy(in, open)
		if f := n.list[i]; f >= 0 {
			y := r.eval(f)
			for k := range c.touch {
				r.touch(c, k, y, open, nil)
			}
			b, spare := m.truth(y)
			for w := range in {
				in[w] &= b[w]
			}
			m.giveB(n.space, b, spare)
			m.release(y)
		}
		if some(in) {
			x := r.eval(n.list[i+1])
			for k := range c.touch {
				r.touch(c, k, x, in, nil)
			}
			b, spare := m.truth(x)
			for w := range in {
				if kind == ir.FoldAll {
					in[w] &^= b[w]
				} else {
					in[w] &= b[w]
				}
			}
			m.giveB(n.space, b, spare)
			m.release(x)
			switch {
			case kind != ir.FoldCount:
				for w := range open {
					open[w] &^= in[w]
				}
			case some(in):
				if counts == nil {
					counts = m.floats(n.space)
					clear(counts)
				}
				for w, bits := range in {
					for ; bits != 0; bits &= bits - 1 {
						counts[w*64+trailing(bits)]++
					}
				}
			}
		}
		m.b[n.space] = append(m.b[n.space], in)
		if !some(open) {
			break
		}
	}
	switch {
	case kind == ir.FoldCount && counts == nil:
		c.uni = true
	case kind == ir.FoldCount && len(counts) == 1:
		c.uni, c.v = true, counts[0]
		m.f[n.space] = append(m.f[n.space], counts)
	case kind == ir.FoldCount:
		c.f = counts
	default:
		d := m.bitset(n.space)
		if kind == ir.FoldAll {
			copy(d, open)
		} else {
			m.ones(d, n.space)
			for w := range d {
				d[w] &^= open[w]
			}
		}
		done := m.bitsOf(n.space, d)
		c.uni, c.v, c.b, done.b = done.uni, done.v, done.b, nil
		m.release(done)
	}
	m.b[n.space] = append(m.b[n.space], open)
	return c
}

func some(b []uint64) bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}
