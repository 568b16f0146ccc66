package check

import (
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

func mask(roles ...ir.Role) uint8 {
	var m uint8
	for _, r := range roles {
		m |= 1 << r
	}
	return m
}

// move returns the steps a group or passage stands for, seen from an entity, the
// entity it leads to, and whether it leads to several subjects. ok is false when
// it leads nowhere from there.
func move(from ir.Entity, name string) (steps []ir.Step, to ir.Entity, many, ok bool) {
	up := func(e ir.Entity) ([]ir.Step, ir.Entity, bool, bool) {
		return []ir.Step{{Kind: ir.StepUp, To: e}}, e, false, true
	}
	members := func(roles ...ir.Role) ([]ir.Step, ir.Entity, bool, bool) {
		return []ir.Step{{Kind: ir.StepMembers, Roles: mask(roles...)}}, ir.Person, true, true
	}
	first := func(roles ...ir.Role) ([]ir.Step, ir.Entity, bool, bool) {
		return []ir.Step{{Kind: ir.StepFirst, Roles: mask(roles...)}}, ir.Person, false, true
	}
	switch from {
	case ir.Person:
		switch name {
		case "famille", "familles":
			return up(ir.Family)
		case "foyer fiscal", "foyers fiscaux":
			return up(ir.TaxUnit)
		case "logement", "logements":
			return up(ir.Household)
		case "conjoint":
			return []ir.Step{{Kind: ir.StepPartner}}, ir.Person, false, true
		case "foyers fiscaux distincts", "familles distinctes", "logements distincts":
			s, e, _, _ := up(map[string]ir.Entity{"foyers fiscaux distincts": ir.TaxUnit, "familles distinctes": ir.Family, "logements distincts": ir.Household}[name])
			return append(s, ir.Step{Kind: ir.StepDistinct}), e, true, true
		}
	case ir.Family:
		switch name {
		case "parents":
			return members(ir.Parent)
		case "enfants":
			return members(ir.Child)
		case "membres":
			return members(ir.Parent, ir.Child)
		case "demandeur":
			return first(ir.Parent)
		case "conjoint":
			s, e, _, _ := first(ir.Parent)
			return append(s, ir.Step{Kind: ir.StepPartner}), e, false, true
		}
	case ir.TaxUnit:
		switch name {
		case "déclarants":
			return members(ir.Declarant)
		case "personnes à charge":
			return members(ir.Dependant)
		case "membres":
			return members(ir.Declarant, ir.Dependant)
		case "déclarant principal":
			return first(ir.Declarant)
		}
	case ir.Household:
		switch name {
		case "occupants", "membres":
			return members(ir.Reference, ir.Partner, ir.HouseholdChild, ir.Other)
		case "enfants":
			return members(ir.HouseholdChild)
		case "personne de référence":
			return first(ir.Reference)
		case "foyers fiscaux distincts", "familles distinctes":
			s, _, _, _ := members(ir.Reference, ir.Partner, ir.HouseholdChild, ir.Other)
			t, e, _, _ := move(ir.Person, name)
			return append(s, t...), e, true, true
		}
	}
	return nil, 0, false, false
}

// path resolves "foyers fiscaux distincts des parents" seen from the scope's
// entity: the last name is the first move.
func (s *scope) path(pos lang.Pos, names []string) (steps []ir.Step, to ir.Entity, many, ok bool) {
	to = s.entity
	for i := len(names) - 1; i >= 0; i-- {
		m, next, several, found := move(to, names[i])
		if !found {
			s.problem(pos, sprintf(msgPathStep, entityName(to), names[i]), advicePathFrom(to))
			return nil, 0, false, false
		}
		steps = append(steps, m...)
		to = next
		many = many || several
	}
	return steps, to, many, true
}

func entityName(e ir.Entity) string {
	return [...]string{"une personne", "une famille", "un foyer fiscal", "un logement"}[e]
}

// advicePathFrom lists what is known from an entity.
func advicePathFrom(e ir.Entity) string {
	var known []string
	for _, n := range []string{"parents", "enfants", "membres", "occupants", "déclarants", "personnes à charge", "demandeur", "conjoint", "famille", "foyer fiscal",
		"logement", "déclarant principal", "personne de référence"} {
		if _, _, _, ok := move(e, n); ok {
			known = append(known, n)
		}
	}
	return "depuis " + entityName(e) + ": " + strings.Join(known, ", ")
}
