package columnar

import (
	"encoding/binary"
	"slices"

	"codeberg.org/parvis/parvis/rights/ir"
)

// path numbers a walk from an entity.
func (c *compiler) path(from ir.Entity, steps []ir.Step) int32 {
	b := []byte{byte(from)}
	to := ir.Person
	for _, s := range steps {
		b = binary.LittleEndian.AppendUint32(b, uint32(s.Kind)|uint32(s.Roles)<<8|uint32(s.To)<<16)
		if s.Kind == ir.StepUp {
			to = s.To
		} else if s.Kind != ir.StepDistinct {
			to = ir.Person
		}
	}
	if i, ok := c.pathOf[string(b)]; ok {
		return i
	}
	i := int32(len(c.prog.paths))
	c.prog.paths = append(c.prog.paths, path{from: from, to: to, steps: steps})
	c.pathOf[string(b)] = i
	return i
}

// inside returns the space of the rows that a path leads to from a space: the
// entity's own when no name bound outside is read there, else one row per pair.
func (c *compiler) inside(space, p int32, exprs ...*ir.Expr) int32 {
	free := false
	for _, e := range exprs {
		free = free || readsOuter(e, nil)
	}
	if !free {
		return int32(c.prog.paths[p].to)
	}
	s := space2(c.prog.paths[p].to, space, p)
	if i, ok := c.spaceOf[s]; ok {
		return i
	}
	i := int32(len(c.prog.spaces))
	c.prog.spaces = append(c.prog.spaces, s)
	c.spaceOf[s] = i
	return i
}

func space2(e ir.Entity, parent, path int32) space {
	return space{entity: e, parent: parent, path: path}
}

// readsOuter tells whether an expression reads a name that it does not bind.
func readsOuter(e *ir.Expr, bound []int32) bool {
	if e == nil {
		return false
	}
	switch e.Op {
	case ir.OpSlot:
		return !slices.Contains(bound, e.Index)
	case ir.OpLet:
		return readsOuter(e.Args[0], bound) || readsOuter(e.Args[1], append(bound, e.Index))
	}
	for _, a := range e.Args {
		if readsOuter(a, bound) {
			return true
		}
	}
	return false
}

func (c *compiler) project(e *ir.Expr, at env) int32 {
	n := none(opProject, at.space)
	n.j = c.path(c.prog.spaces[at.space].entity, e.Path)
	in := at
	in.space = c.inside(at.space, n.j, e.Args[0])
	n.a, n.i = c.expr(e.Args[0], in), in.space
	return c.add(n)
}

func (c *compiler) fold(e *ir.Expr, at env) int32 {
	n := none(opFold, at.space)
	n.mode = uint8(e.Fold)
	var filter *ir.Expr
	if len(e.Args) > 1 {
		filter = e.Args[1]
	}
	pair := func(in env) {
		f := int32(-1)
		if filter != nil {
			f = c.expr(filter, in)
		}
		n.list = append(n.list, f, c.expr(e.Args[0], in))
	}
	if e.Window != nil {
		n.op = opMonths
		first, last := e.Window.Bounds(at.month)
		for m := first; m <= last; m++ {
			in := at
			in.month = m
			pair(in)
		}
		return c.add(n)
	}
	n.j = c.path(c.prog.spaces[at.space].entity, e.Path)
	in := at
	in.space = c.inside(at.space, n.j, e.Args[0], filter)
	n.i = in.space
	pair(in)
	return c.add(n)
}

func (c *compiler) rank(e *ir.Expr, at env) int32 {
	n := none(opRank, at.space)
	n.j = c.path(c.prog.spaces[at.space].entity, e.Path)
	var filter *ir.Expr
	if len(e.Args) > 1 {
		filter = e.Args[1]
	}
	in := at
	in.space = c.inside(at.space, n.j, e.Args[0], filter)
	n.i, n.a = in.space, c.expr(e.Args[0], in)
	if filter != nil {
		n.b = c.expr(filter, in)
	}
	return c.add(n)
}

// finish places the slots of a batch and counts uses.
func (c *compiler) finish() {
	p := c.prog
	for v := range p.series {
		if s := &p.series[v]; s.read {
			s.first = p.slots
			p.slots += int32(s.to-s.from) + 1
			for range s.to - s.from + 1 {
				p.slotOf = append(p.slotOf, int32(v))
			}
		}
	}
	for i := range p.nodes {
		if n := &p.nodes[i]; n.op == opInput || n.op == opGiven {
			variable := n.i
			n.i, n.j = p.series[variable].first+int32(ir.Month(n.j)-p.series[variable].from), variable
		}
	}
	c.count()
	p.narrowed = &narrowed{seen: map[string]int{}}
}

// count counts the readers of each node and finds who looks at applicability.
func (c *compiler) count() {
	p := c.prog
	for i := range p.nodes {
		if n := &p.nodes[i]; n.op == opConst {
			n.fixed = &col{shared: true, uni: true, uniNA: n.i == 1, v: n.x, space: n.space}
		}
	}
	for _, r := range p.roots {
		p.nodes[r].uses++
		p.nodes[r].needNA = true
	}
	for i := len(p.nodes) - 1; i >= 0; i-- {
		n := &p.nodes[i]
		if n.uses == 0 {
			continue // compiled for a branch that was folded away
		}
		for _, x := range [3]int32{n.a, n.b, n.c} {
			if x >= 0 {
				p.nodes[x].uses++
			}
		}
		for _, x := range n.list {
			if x >= 0 {
				p.nodes[x].uses++
			}
		}
		switch n.op {
		case opApplicable:
			p.nodes[n.a].needNA = true
		case opInput, opGiven, opRound, opLift, opOuter, opProject:
			if n.needNA {
				p.nodes[n.a].needNA = true
			}
		case opIf:
			if n.needNA {
				p.nodes[n.b].needNA, p.nodes[n.c].needNA = true, true
			}
		}
	}
}
