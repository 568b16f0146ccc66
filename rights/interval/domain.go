package interval

import (
	"codeberg.org/parvis/parvis/rights/ir"
)

// Domain is what an input may plausibly be when nobody said: every choice, every
// date from 1900 to 2199 (the dates that OpenFisca uses for "never" included),
// and numbers in the range of their unit. A completion outside of it is not
// promised to be contained.
func Domain(p *ir.Program, v *ir.Var) Value {
	switch v.Type.Kind {
	case ir.Bool:
		return perhaps(false)
	case ir.Enum:
		return allOf(len(p.Enums[v.Type.Enum].Values))
	case ir.Date:
		return Value{Lo: float64(ir.DayOf(1900, 1, 1)), Hi: float64(ir.DayOf(2199, 12, 31)), Whole: true}
	case ir.Text:
		return Value{Any: true}
	}
	return Between(0, plausible(v.Type))
}

// plausible is the greatest number that a page would believe, per unit.
func plausible(t ir.Type) float64 {
	switch t.Unit.String() {
	case "€/mois":
		return 100_000
	case "€/an":
		return 1_200_000
	case "€":
		return 10_000_000
	case "an", "ans":
		return 120
	case "mois":
		return 1_440
	case "nombre":
		if t.Percent {
			return 1
		}
		return 1_000
	case "heure/mois":
		return 744
	}
	return 100_000
}

// allOf holds every value of an enumeration of n.
func allOf(n int) Value {
	if n > 63 { // no law has one; the ends still hold them all
		return Value{Hi: float64(n - 1), Whole: true}
	}
	return choice(1<<uint(n) - 1)
}

// unsettled is what « à vérifier » may be: the law does not say, but an amount is
// not below zero.
func unsettled(p *ir.Program, t ir.Type) Value {
	v := anything()
	switch t.Kind {
	case ir.Bool:
		return Value{Hi: 1, NA: true, Open: true, Whole: true}
	case ir.Enum:
		v = allOf(len(p.Enums[t.Enum].Values))
		v.NA, v.Open = true, true
	case ir.Number:
		if t.Unit.Money() {
			v.Lo, v.Any = 0, false
		}
	}
	return v
}
