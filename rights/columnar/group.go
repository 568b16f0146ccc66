package columnar

import (
	"math/bits"

	"codeberg.org/parvis/parvis/rights/ir"
)

// path returns where a path leads from the rows of a space.
func (r *Evaluator) path(space, path int32) *reach {
	out := &r.reach[int(space)*len(r.prog.paths)+int(path)]
	if !out.ready {
		r.walk.fill(&r.prog.paths[path], r.mem.rows[space], r.subject[space], out)
	}
	return out
}

// enter makes the rows of a derived space.
func (r *Evaluator) enter(space int32) {
	if r.ready[space] {
		return
	}
	r.ready[space] = true
	s := &r.prog.spaces[space]
	to := r.path(s.parent, s.path).pairs()
	outer := r.outer[space][:0]
	for row := range r.mem.rows[s.parent] {
		for range to.from[row+1] - to.from[row] {
			outer = append(outer, row)
		}
	}
	r.outer[space] = outer
	r.subject[space] = append(r.subject[space][:0], to.to...)
	r.rows(space, int32(len(outer)))
}

// pairs makes sure that from and to are there.
func (p *reach) pairs() *reach {
	if len(p.from) == len(p.one)+1 {
		return p
	}
	p.from, p.to = append(p.from[:0], 0), p.to[:0]
	for _, t := range p.one {
		if t >= 0 {
			p.to = append(p.to, t)
		}
		p.from = append(p.from, int32(len(p.to)))
	}
	p.findRuns()
	return p
}

// gather carries a column to the rows of another space, from[row] being the row
// there or −1; it gives x back.
func (r *Evaluator) gather(n *node, x *col, from []int32) *col {
	m := &r.mem
	c := m.col(n.space)
	rows := m.rows[n.space]
	switch {
	case x.uni:
		c.uni, c.v, c.uniNA = true, x.v, x.uniNA
	case rows == 1:
		c.uni, c.v = true, x.at(from[0])
	case x.f != nil:
		c.f = m.floats(n.space)
		for i, s := range from {
			c.f[i] = x.f[s]
		}
	default:
		c.b = r.gatherBits(n.space, x.b, from)
	}
	if n.needNA && x.na != nil {
		c.na = r.gatherBits(n.space, x.na, from)
	}
	for k, t := range x.touch {
		if t != nil {
			c.touch[k] = r.gatherBits(n.space, t, from)
		}
	}
	m.release(x)
	return c
}

func (r *Evaluator) gatherBits(space int32, x []uint64, from []int32) []uint64 {
	d := r.mem.bitset(space)
	for i, s := range from {
		if s >= 0 {
			d[i>>6] |= x[s>>6] >> (uint(s) & 63) & 1 << (uint(i) & 63)
		}
	}
	return d
}

// project gives each row the value of the subject that a path leads to.
func (r *Evaluator) project(n *node) *col {
	m := &r.mem
	to := r.path(n.space, n.j)
	one := to.one
	if n.i >= int32(ir.Entities) { // one row per pair there
		r.enter(n.i)
		pairs := to.pairs()
		one = r.first[:0]
		for row := range m.rows[n.space] {
			if pairs.from[row] == pairs.from[row+1] {
				one = append(one, -1)
			} else {
				one = append(one, pairs.from[row])
			}
		}
		r.first = one
		if m.rows[n.i] == 0 {
			c := m.uniform(n.space, 0)
			c.uniNA = true
			return c
		}
		one = append([]int32(nil), one...) // the argument may use first as well
	}
	x := r.eval(n.a)
	all := true
	if !to.all {
		for _, s := range one {
			if s < 0 {
				all = false
				break
			}
		}
	}
	if all {
		return r.gather(n, x, one)
	}
	c := m.col(n.space)
	if x.uni && x.v == 0 && !signed(x.v) {
		c.uni = true
	} else {
		c.f = m.floats(n.space)
		for i, s := range one {
			c.f[i] = 0
			if s >= 0 {
				c.f[i] = x.at(s)
			}
		}
		if m.rows[n.space] == 1 {
			c.uni, c.v = true, c.f[0]
			m.f[n.space] = append(m.f[n.space], c.f)
			c.f = nil
		}
	}
	if n.needNA {
		c.na = m.bitset(n.space)
		for i, s := range one {
			if s < 0 || x.uniNA || bit(x.na, s) {
				c.na[i>>6] |= 1 << (uint(i) & 63)
			}
		}
	}
	for k, t := range x.touch {
		if t != nil {
			c.touch[k] = r.gatherBits(n.space, t, one)
		}
	}
	m.release(x)
	return c
}

// fold gathers the values of the subjects that a path leads to, in their order.
func (r *Evaluator) fold(n *node) *col {
	m := &r.mem
	if n.i >= int32(ir.Entities) {
		r.enter(n.i)
	}
	to := r.path(n.space, n.j).pairs()
	kind := ir.FoldKind(n.mode)
	filter, body := n.list[0], n.list[1]
	var in *col
	if filter >= 0 {
		in = r.eval(filter)
		if in.uni && in.v == 0 { // nobody
			c := m.uniform(n.space, 0)
			c.uniNA = kind == ir.FoldMax || kind == ir.FoldMin || kind == ir.FoldMean
			if kind == ir.FoldAll {
				c.v = 1
			}
			r.foldTouch(n, c, to, in, nil)
			m.release(in)
			return c
		}
	}
	x := r.eval(body)
	var c *col
	if x.uni && x.v == 0 && !signed(x.v) && (kind == ir.FoldSum || kind == ir.FoldCount || kind == ir.FoldAny) {
		c = m.uniform(n.space, 0)
	} else if kind == ir.FoldAll && x.uni && x.v != 0 {
		c = m.uniform(n.space, 1)
	} else {
		c = r.foldRows(n, kind, to, in, x)
	}
	r.foldTouch(n, c, to, in, x)
	m.release(in)
	m.release(x)
	return c
}

func (r *Evaluator) foldRows(n *node, kind ir.FoldKind, to *reach, in, x *col) *col {
	targets := to.to
	if n.i >= int32(ir.Entities) {
		targets = r.pairRows(len(to.to)) // rows of that space are the pairs
	}
	if kind == ir.FoldAny || kind == ir.FoldAll || kind == ir.FoldCount {
		return r.countRows(n, kind, to, targets, in, x)
	}
	m := &r.mem
	c := m.col(n.space)
	d := m.floats(n.space)
	c.f = d
	xf, xs := m.expand(x)
	var fb []uint64
	var fs bool
	if in != nil && !in.uni {
		fb, fs = m.truth(in)
	}
	if kind == ir.FoldSum && fb == nil {
		for row := range d {
			total := 0.0
			for _, t := range targets[to.from[row]:to.from[row+1]] {
				total += xf[t]
			}
			d[row] = total
		}
	} else {
		if kind == ir.FoldSum && to.runs {
			sumRuns(d, to.from, targets, fb, xf)
		} else {
			r.foldSome(n, kind, c, to.from, targets, fb, xf)
		}
	}
	m.giveF(x.space, xf, xs)
	m.giveB2(in, fb, fs)
	return m.oneRow(c)
}

// sumRuns sums the members that a filter lets through, when they follow one
// another.
func sumRuns(d []float64, from, targets []int32, filter []uint64, x []float64) {
	for row := range d {
		total := 0.0
		if n := int(from[row+1] - from[row]); n > 0 {
			first := targets[from[row]]
			for on := stretch(filter, first, n); on != 0; on &= on - 1 {
				total += x[int(first)+trailing(on)]
			}
		}
		d[row] = total
	}
}

// foldSome folds with a filter, or what needs to know how many there are.
func (r *Evaluator) foldSome(n *node, kind ir.FoldKind, c *col, from, targets []int32, fb []uint64, xf []float64) {
	for row := range c.f {
		total, k := 0.0, 0
		for _, t := range targets[from[row]:from[row+1]] {
			if fb != nil && fb[t>>6]>>(uint(t)&63)&1 == 0 {
				continue
			}
			k++
			v := xf[t]
			switch {
			case kind == ir.FoldSum || kind == ir.FoldMean:
				total += v
			case k == 1:
				total = v
			case kind == ir.FoldMax:
				total = max(total, v)
			default:
				total = min(total, v)
			}
		}
		if k == 0 && kind != ir.FoldSum {
			if n.needNA {
				if c.na == nil {
					c.na = r.mem.bitset(n.space)
				}
				c.na[row>>6] |= 1 << (uint(row) & 63)
			}
		} else if kind == ir.FoldMean {
			total /= float64(k)
		}
		c.f[row] = total
	}
}

// countRows counts the members for whom a condition holds, or says whether there
// is one, or whether it holds for all.
func (r *Evaluator) countRows(n *node, kind ir.FoldKind, to *reach, targets []int32, in, x *col) *col {
	from := to.from
	m := &r.mem
	xb, xs := m.truth(x)
	hit := m.bitset(x.space) // members that count
	if kind == ir.FoldAll {
		m.ones(hit, x.space)
		for i := range hit {
			hit[i] &^= xb[i]
		}
	} else {
		copy(hit, xb)
	}
	m.giveB(x.space, xb, xs)
	if in != nil && !in.uni {
		fb, fs := m.truth(in)
		for i := range hit {
			hit[i] &= fb[i]
		}
		m.giveB(x.space, fb, fs)
	}
	rows := int(m.rows[n.space])
	if kind == ir.FoldCount {
		c := m.col(n.space)
		c.f = m.floats(n.space)
		for row := range rows {
			k := uint64(0)
			if to.runs {
				if n := int(from[row+1] - from[row]); n > 0 {
					k = uint64(bits.OnesCount64(stretch(hit, targets[from[row]], n)))
				}
				c.f[row] = float64(k)
				continue
			}
			for _, t := range targets[from[row]:from[row+1]] {
				k += hit[t>>6] >> (uint(t) & 63) & 1
			}
			c.f[row] = float64(k)
		}
		m.b[x.space] = append(m.b[x.space], hit)
		return m.oneRow(c)
	}
	d := m.bitset(n.space)
	flip := b2u(kind == ir.FoldAll)
	for row := range rows {
		k := uint64(0)
		if to.runs {
			if n := int(from[row+1] - from[row]); n > 0 {
				k = b2u(stretch(hit, targets[from[row]], n) != 0)
			}
			d[row>>6] |= (k ^ flip) << (uint(row) & 63)
			continue
		}
		for _, t := range targets[from[row]:from[row+1]] {
			k |= hit[t>>6] >> (uint(t) & 63)
		}
		d[row>>6] |= (k&1 ^ flip) << (uint(row) & 63)
	}
	m.b[x.space] = append(m.b[x.space], hit)
	return m.bitsOf(n.space, d)
}

// pairRows counts from 0: the rows of a space of pairs.
func (r *Evaluator) pairRows(n int) []int32 {
	for len(r.pairs) < n {
		r.pairs = append(r.pairs, int32(len(r.pairs)))
	}
	return r.pairs[:n]
}

// oneRow makes a column of one row a number.
func (m *memory) oneRow(c *col) *col {
	if len(c.f) == 1 {
		c.uni, c.v = true, c.f[0]
		m.f[c.space] = append(m.f[c.space], c.f)
		c.f = nil
	}
	return c
}

// foldTouch adds what the members looked at rest on: those before the one that
// decides, for « un des » and « tous les ». x nil: no value was looked at.
func (r *Evaluator) foldTouch(n *node, c *col, to *reach, in, x *col) {
	if !n.touchy || !touched(in) && !touched(x) {
		return
	}
	m := &r.mem
	kind := ir.FoldKind(n.mode)
	for row := range m.rows[n.space] {
		for e := to.from[row]; e < to.from[row+1]; e++ {
			t := e
			if n.i < int32(ir.Entities) {
				t = to.to[e]
			}
			for k := range c.touch {
				if in != nil && bit(in.touch[k], t) {
					r.mark(c, k, row)
				}
			}
			if in != nil && in.at(t) == 0 || x == nil {
				continue
			}
			for k := range c.touch {
				if bit(x.touch[k], t) {
					r.mark(c, k, row)
				}
			}
			if kind == ir.FoldAny && x.at(t) != 0 || kind == ir.FoldAll && x.at(t) == 0 {
				break
			}
		}
	}
}

func touched(c *col) bool { return c != nil && (c.touch[notes] != nil || c.touch[gaps] != nil) }

func (r *Evaluator) mark(c *col, k int, row int32) {
	if c.touch[k] == nil {
		c.touch[k] = r.mem.bitset(c.space)
	}
	c.touch[k][row>>6] |= 1 << (uint(row) & 63)
}

// rank gives the place of each row's subject among those of the path.
func (r *Evaluator) rank(n *node) *col {
	m := &r.mem
	derived := n.i >= int32(ir.Entities)
	if derived {
		r.enter(n.i)
	}
	to := r.path(n.space, n.j).pairs()
	var in *col
	if n.b >= 0 {
		in = r.eval(n.b)
	}
	key := r.eval(n.a)
	c := m.col(n.space)
	c.f = m.floats(n.space)
	for row := range m.rows[n.space] {
		c.f[row] = r.place(n, c, to, in, key, row, derived)
	}
	m.release(in)
	m.release(key)
	return c
}

func (r *Evaluator) place(n *node, c *col, to *reach, in, key *col, row int32, derived bool) float64 {
	self := row
	if s := r.subject[n.space]; s != nil {
		self = s[row]
	}
	at := func(e int32) int32 { // the row of a pair in the space of key and filter
		if derived {
			return e
		}
		return to.to[e]
	}
	look := func(x *col, t int32) {
		if x == nil {
			return
		}
		for k := range c.touch {
			if bit(x.touch[k], t) {
				r.mark(c, k, row)
			}
		}
	}
	own := int32(-1)
	for e := to.from[row]; e < to.from[row+1]; e++ {
		if to.to[e] == self {
			own = e
			break
		}
	}
	if own < 0 {
		return 0
	}
	mine := at(own)
	look(in, mine)
	if in != nil && in.at(mine) == 0 {
		return 0
	}
	look(key, mine)
	value := key.at(mine)
	before, passed := 0, false
	for e := to.from[row]; e < to.from[row+1]; e++ {
		if to.to[e] == self {
			passed = true
			continue
		}
		t := at(e)
		look(in, t)
		if in != nil && in.at(t) == 0 {
			continue
		}
		look(key, t)
		if k := key.at(t); k < value || k == value && !passed {
			before++
		}
	}
	return float64(before + 1)
}

func (m *memory) giveB2(c *col, b []uint64, spare bool) {
	if c != nil {
		m.giveB(c.space, b, spare)
	}
}
