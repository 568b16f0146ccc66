// Package eval is the reference interpreter: slow, obvious, and the definition
// of what a program means. It keeps every value it computes, with what each one
// read, so that a result can be explained line by line.
//
// Guarantees: pure (no clock, no file, no randomness); the same program, world
// and cells give the same bits everywhere; an evaluation always ends.
package eval

import "codeberg.org/parvis/parvis/rights/ir"

// World is who lives with whom: persons and the groups they belong to. Subjects
// are numbered from 0 per entity.
type World struct {
	Count   [ir.Entities]int32
	Group   [ir.Entities][]int32   // per person: index of the group, for Family, TaxUnit, Household
	Role    [ir.Entities][]ir.Role // per person: role in that group
	Members [ir.Entities][][]int32 // per group: its persons, in the order of its roles and of the situation
}

// Walk follows steps from one subject and appends the subjects they lead to.
func (w *World) Walk(steps []ir.Step, entity ir.Entity, subject int32, out []int32) []int32 {
	here := append(out, subject)
	for _, st := range steps {
		var next []int32
		switch st.Kind {
		case ir.StepMembers, ir.StepFirst:
			for _, g := range here {
				for _, p := range w.Members[entity][g] {
					if st.Roles&(1<<w.Role[entity][p]) != 0 {
						next = append(next, p)
						if st.Kind == ir.StepFirst {
							break
						}
					}
				}
			}
			entity = ir.Person
		case ir.StepUp:
			for _, p := range here {
				next = append(next, w.Group[st.To][p])
			}
			entity = st.To
		case ir.StepPartner:
			for _, p := range here {
				if q, ok := w.partner(p); ok {
					next = append(next, q)
				}
			}
		case ir.StepDistinct:
			for _, x := range here {
				if !contains(next, x) {
					next = append(next, x)
				}
			}
		}
		here = next
	}
	return here
}

// partner returns the other parent of the person's family.
func (w *World) partner(p int32) (int32, bool) {
	if w.Role[ir.Family][p] != ir.Parent {
		return 0, false
	}
	for _, q := range w.Members[ir.Family][w.Group[ir.Family][p]] {
		if q != p && w.Role[ir.Family][q] == ir.Parent {
			return q, true
		}
	}
	return 0, false
}

// Holds tells whether a person has a role; Roles is the first parent.
func (w *World) Holds(p int32, r ir.Role) bool {
	if r == ir.Roles {
		if w.Role[ir.Family][p] != ir.Parent {
			return false
		}
		for _, q := range w.Members[ir.Family][w.Group[ir.Family][p]] {
			if w.Role[ir.Family][q] == ir.Parent {
				return q == p
			}
		}
		return false
	}
	return w.Role[r.Of()][p] == r
}

func contains(xs []int32, x int32) bool {
	for _, y := range xs {
		if x == y {
			return true
		}
	}
	return false
}
