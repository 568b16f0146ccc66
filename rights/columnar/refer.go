package columnar

import (
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// refer gives the households that met what the law does not know to the
// reference interpreter, which says what that is worth.
func (r *Evaluator) refer() {
	b := r.b
	for h := range b.homes {
		if !r.gapIn(h) {
			continue
		}
		r.result.Slow++
		world := b.World(h)
		evs := map[ir.Month]*eval.Evaluator{}
		for i, a := range r.prog.asks {
			ev := evs[a.Asked]
			if ev == nil {
				ev = eval.New(r.prog.law, world, b.Source(h), eval.Options{Asked: a.Asked, Open: r.prog.open})
				evs[a.Asked] = ev
			}
			e := r.prog.law.IR.Vars[a.Var].Entity
			first, end := b.Rows(h, e)
			for row := first; row < end; row++ {
				root := ev.Index(eval.Cell{Var: a.Var, Subject: row - first, Period: a.Period})
				r.put(i, row, ev, root)
			}
		}
	}
}

func (r *Evaluator) gapIn(h int) bool {
	for i, a := range r.prog.asks {
		first, end := r.b.Rows(h, r.prog.law.IR.Vars[a.Var].Entity)
		for row := first; row < end; row++ {
			if bit(r.result.Unknown[i], row) {
				return true
			}
		}
	}
	return false
}

// put copies a value of the reference into the result.
func (r *Evaluator) put(i int, row int32, ev *eval.Evaluator, root int32) {
	v := ev.Nodes[root].Value
	r.result.Values[i][row] = r.b.Value(r.prog.asks[i].Var, v)
	if v.Unknown {
		r.result.Values[i][row] = 0
	}
	set(r.result.NA[i], row, v.NA)
	set(r.result.Unknown[i], row, v.Unknown)
	set(r.result.Notes[i], row, noted(ev, root, map[int32]bool{}))
}

func set(b []uint64, row int32, on bool) {
	b[row>>6] &^= 1 << (uint(row) & 63)
	b[row>>6] |= b2u(on) << (uint(row) & 63)
}

// noted tells whether a node rests on a sentence « à vérifier ».
func noted(ev *eval.Evaluator, i int32, seen map[int32]bool) bool {
	if seen[i] {
		return false
	}
	seen[i] = true
	n := &ev.Nodes[i]
	if len(n.Notes) > 0 {
		return true
	}
	for _, d := range n.Deps {
		if noted(ev, d, seen) {
			return true
		}
	}
	return false
}

// Rows returns the rows of a household: first ≤ row < end.
func (b *Batch) Rows(h int, e ir.Entity) (first, end int32) {
	end = b.count[e]
	if h+1 < len(b.homes) {
		end = b.homes[h+1].row[e]
	}
	return b.homes[h].row[e], end
}

// World is who lives with whom in a household, for the reference interpreter.
func (b *Batch) World(h int) *eval.World {
	w := &eval.World{}
	p0, p1 := b.Rows(h, ir.Person)
	w.Count[ir.Person] = p1 - p0
	for e := ir.Family; e < ir.Entities; e++ {
		g0, g1 := b.Rows(h, e)
		w.Count[e] = g1 - g0
		for p := p0; p < p1; p++ {
			w.Group[e] = append(w.Group[e], b.group[e][p]-g0)
			w.Role[e] = append(w.Role[e], b.role[e][p])
		}
		for g := g0; g < g1; g++ {
			var list []int32
			for _, p := range b.member[e][b.start[e][g]:b.start[e][g+1]] {
				list = append(list, p-p0)
			}
			w.Members[e] = append(w.Members[e], list)
		}
	}
	return w
}

// Source reads the facts of a household, for the reference interpreter.
func (b *Batch) Source(h int) eval.Source { return homeSource{b, b.homes[h].row} }

type homeSource struct {
	b   *Batch
	row [ir.Entities]int32
}

var _ eval.Source = homeSource{}

// Get implements eval.Source.
func (s homeSource) Get(c eval.Cell) (eval.Value, eval.Origin) {
	b := s.b
	v := &b.prog.law.IR.Vars[c.Var]
	row := s.row[v.Entity] + c.Subject
	if slot := b.prog.slot(c.Var, c.Period); slot >= 0 {
		for _, col := range [2]*column{b.view[slot], b.always[c.Var]} {
			if col != nil && col.has(row) && int(row) < len(col.f) {
				if v.Type.Kind == ir.Text {
					return eval.Value{S: b.texts[int(col.f[row])]}, eval.FromFact
				}
				return eval.Value{F: col.f[row]}, eval.FromFact
			}
		}
	}
	literal := func(l *ir.Literal) eval.Value { return eval.Value{F: l.Num, S: l.Text} }
	switch {
	case !v.Input:
		return eval.Value{}, eval.FromRule
	case b.prog.open:
		return literal(v.Default), eval.FromDefault
	case v.Presumed != nil && v.When != nil:
		return literal(v.Presumed), eval.FromCondition
	case v.Presumed != nil:
		return literal(v.Presumed), eval.FromPresumed
	}
	return eval.Value{}, eval.FromUnknown
}
