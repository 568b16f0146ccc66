package ir

import "strings"

// Dimension is one of the things that a unit counts.
type Dimension int

// The dimensions a unit is made of.
const (
	Euro Dimension = iota
	PerMonth
	PerYear
	PerDay
	PerHour
	Area
	dimensions
)

// Unit holds one exponent per dimension: €/mois is {1, −1, 0, 0, 0, 0}. The zero
// Unit is a plain number; a percentage is a plain number too.
type Unit [dimensions]int8

// unitWords are the words a rule file may write, with their dimension.
func unitWord(word string) (Unit, bool) {
	var u Unit
	switch word {
	case "€", "euro", "euros":
		u[Euro] = 1
	case "mois":
		u[PerMonth] = 1
	case "an", "ans":
		u[PerYear] = 1
	case "jour", "jours":
		u[PerDay] = 1
	case "heure", "heures":
		u[PerHour] = 1
	case "m²":
		u[Area] = 1
	case "nombre", "%":
	default:
		return u, false
	}
	return u, true
}

// IsUnitWord tells whether the word can start a unit.
func IsUnitWord(word string) bool {
	_, ok := unitWord(word)
	return ok
}

// ParseUnit reads words separated by slashes: "€/mois", "heures/mois", "%".
func ParseUnit(s string) (Unit, bool) {
	var u Unit
	for i, w := range strings.Split(s, "/") {
		f, ok := unitWord(w)
		if !ok {
			return u, false
		}
		if i == 0 {
			u = u.Times(f)
		} else {
			u = u.Over(f)
		}
	}
	return u, true
}

// Times returns the unit of a product.
func (u Unit) Times(v Unit) Unit {
	for i := range u {
		u[i] += v[i]
	}
	return u
}

// Over returns the unit of a quotient.
func (u Unit) Over(v Unit) Unit {
	for i := range u {
		u[i] -= v[i]
	}
	return u
}

// IsNumber tells whether the unit is that of a plain number.
func (u Unit) IsNumber() bool { return u == Unit{} }

// Money tells whether the unit counts euros, per month, per year or at all.
func (u Unit) Money() bool { return u[Euro] == 1 }

// Sound tells whether the unit can be that of a quantity: euros are never
// multiplied by euros, nor a duration squared.
func (u Unit) Sound() bool {
	if u[Euro] < -1 || u[Euro] > 1 {
		return false
	}
	for _, e := range u {
		if e < -2 || e > 2 {
			return false
		}
	}
	return true
}

// String writes the unit as a rule file does: "€/mois", "nombre".
func (u Unit) String() string {
	names := [dimensions]string{"€", "mois", "an", "jour", "heure", "m²"}
	var up, down []string
	for i, e := range u {
		for ; e > 0; e-- {
			up = append(up, names[i])
		}
		for ; e < 0; e++ {
			down = append(down, names[i])
		}
	}
	s := strings.Join(up, " × ")
	if s == "" {
		if len(down) == 0 {
			return "nombre"
		}
		s = "nombre"
	}
	for _, d := range down {
		s += "/" + d
	}
	return s
}
