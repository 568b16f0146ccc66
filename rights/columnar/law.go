package columnar

import "codeberg.org/parvis/parvis/rights/ir"

// rowwise computes one value per row from some columns, and gives them back. ok
// false is not applicable; unknown is what the law does not know.
func (r *Evaluator) rowwise(n *node, args []*col, f func(x [3]float64) (v float64, ok, unknown bool)) *col {
	m := &r.mem
	c := m.col(n.space)
	uni := true
	for _, a := range args {
		uni = uni && a.uni
	}
	var x [3]float64
	if uni {
		for k, a := range args {
			x[k] = a.v
		}
		v, ok, unknown := f(x)
		c.uni, c.v, c.uniNA = true, v, !ok
		if unknown {
			c.touch[gaps] = m.bitset(n.space)
			m.ones(c.touch[gaps], n.space)
		}
	} else {
		c.f = m.floats(n.space)
		for i := range c.f {
			for k, a := range args {
				x[k] = a.at(int32(i))
			}
			v, ok, unknown := f(x)
			c.f[i] = v
			if !ok && n.needNA {
				if c.na == nil {
					c.na = m.bitset(n.space)
				}
				c.na[i>>6] |= 1 << (uint(i) & 63)
			}
			if unknown {
				if c.touch[gaps] == nil {
					c.touch[gaps] = m.bitset(n.space)
				}
				c.touch[gaps][i>>6] |= 1 << (uint(i) & 63)
			}
		}
	}
	for _, a := range args {
		for k := range c.touch {
			r.touch(c, k, a, nil, nil)
		}
		m.release(a)
	}
	return c
}

// at returns the value of a row.
func (c *col) at(row int32) float64 {
	switch {
	case c.uni:
		return c.v
	case c.f != nil:
		return c.f[row]
	}
	return float64(c.b[row>>6] >> (uint(row) & 63) & 1)
}

// keys evaluates the keys of a grid; a grid has two at most.
func (r *Evaluator) keys(list []int32, out []*col) []*col {
	for _, k := range list {
		out = append(out, r.eval(k))
	}
	return out
}

func (r *Evaluator) grid(n *node) *col {
	grid := r.prog.law.IR.Params[n.i].Versions[n.j].Grid
	var room [3]*col
	args := r.keys(n.list, room[:0])
	if k := grid.Plain(); k >= 0 && len(args) == 1 && args[0].f != nil { // keys 0, 1, 2… in a row
		return r.column(n, grid, k, args[0])
	}
	return r.rowwise(n, args, func(x [3]float64) (float64, bool, bool) {
		v, ok := grid.Cell(x[0], x[1])
		return v, ok, false
	})
}

// column reads a grid of one key whose values follow one another from first on.
func (r *Evaluator) column(n *node, g *ir.Grid, first int32, x *col) *col {
	m := &r.mem
	c := m.col(n.space)
	c.f = m.floats(n.space)
	for i, key := range x.f {
		if k := int(key) - int(first); k >= 0 && k < len(g.Cells) && float64(int(key)) == key {
			c.f[i] = g.Cells[k][0]
			continue
		}
		v, ok := g.Cell(key, 0)
		c.f[i] = v
		if !ok && n.needNA {
			if c.na == nil {
				c.na = m.bitset(n.space)
			}
			c.na[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	r.both(c, x, nil)
	return c
}

func (r *Evaluator) paramAt(n *node) *col {
	p := &r.prog.law.IR.Params[n.i]
	var room [3]*col
	args := append(room[:0], r.eval(n.a))
	return r.rowwise(n, r.keys(n.list, args), func(x [3]float64) (float64, bool, bool) {
		v, ok, known := paramOn(p, x, len(n.list) > 0)
		return v, ok, !known
	})
}

// paramOn reads a parameter on the day x[0], by the keys after it.
func paramOn(p *ir.Param, x [3]float64, keyed bool) (value float64, ok, known bool) {
	v := p.At(ir.Day(x[0]))
	switch {
	case v < 0:
		return 0, false, false
	case !keyed:
		return p.Versions[v].Value, true, true
	}
	value, ok = p.Versions[v].Grid.Cell(x[1], x[2])
	return value, ok, true
}

func (r *Evaluator) scale(n *node) *col {
	s := &r.prog.law.IR.Scales[n.i]
	version := &s.Versions[n.j]
	room := [3]*col{r.eval(n.a)}
	return r.rowwise(n, room[:1], func(x [3]float64) (float64, bool, bool) {
		v, ok := version.Value(x[0], s.Marginal)
		return v, ok, false
	})
}

func (r *Evaluator) lookup(n *node) *col {
	room := [3]*col{r.eval(n.a)}
	return r.rowwise(n, room[:1], func(x [3]float64) (float64, bool, bool) {
		v, known := r.b.tableValue(r.prog, n.i, int(x[0]))
		return v, known, !known
	})
}

// tableValue is what a table says of a text: its default for a code it does not
// list, in the profile openfisca.
func (b *Batch) tableValue(p *Program, table int32, text int) (value float64, known bool) {
	if v, found := b.lookup(p, table, text); found {
		return v, true
	}
	if d := p.law.IR.Tables[table].Default; p.open && d != nil {
		return *d, true
	}
	return 0, false
}

// lookup finds a text in a table, once per text.
func (b *Batch) lookup(p *Program, table int32, text int) (float64, bool) {
	for len(b.lookups[table]) <= text {
		b.lookups[table] = append(b.lookups[table], lookedUp{})
	}
	l := &b.lookups[table][text]
	if l.state == 0 {
		v, ok := p.law.Lookup(table, b.texts[text])
		*l = lookedUp{v, 2}
		if ok {
			l.state = 1
		}
	}
	return l.value, l.state == 1
}

// role marks the persons who hold a role.
func (r *Evaluator) role(n *node) *col {
	d := r.mem.bitset(n.space)
	for p := range r.mem.rows[n.space] {
		d[p>>6] |= b2u(r.b.holds(p, ir.Role(n.mode))) << (uint(p) & 63)
	}
	return r.mem.bitsOf(n.space, d)
}
