package ir

// Kind is what sort of value an expression has.
type Kind uint8

// The kinds of values.
const (
	Invalid Kind = iota
	Number       // float64 with a unit
	Bool
	Date // a Day
	Text // a code, compared for equality and by its first letters
	Enum // one value of an enumeration of the program
)

// Type is the type of an expression or a variable.
type Type struct {
	Kind    Kind  `json:"kind"`
	Unit    Unit  `json:"unit,omitzero"`
	Percent bool  `json:"percent,omitempty"` // shown with %, computed as a plain number
	Enum    int32 `json:"enum,omitempty"`    // index in Program.Enums
}

// Num returns a number type of the unit.
func Num(u Unit) Type { return Type{Kind: Number, Unit: u} }

// Same tells whether two types may be compared, added or exchanged.
func (t Type) Same(o Type) bool {
	return t.Kind == o.Kind && t.Unit == o.Unit && (t.Kind != Enum || t.Enum == o.Enum)
}

// Entity is what a variable belongs to.
type Entity uint8

// The entities, those of openfisca-france.
const (
	Person    Entity = iota // personne
	Family                  // famille
	TaxUnit                 // foyer (fiscal)
	Household               // ménage, the dwelling
	Entities
)

// PeriodKind says how often a variable has a value.
type PeriodKind uint8

// The kinds of periods.
const (
	Monthly PeriodKind = iota
	Yearly
	Eternal
)

// Role is a person's place in a group. Roles are numbered per entity.
type Role uint8

// The roles: of a family, of a tax unit, of a household.
const (
	Parent Role = iota
	Child
	Declarant
	Dependant
	Reference
	Partner
	HouseholdChild
	Other
	Roles
)

// Of returns the group the role belongs to.
func (r Role) Of() Entity {
	switch r {
	case Parent, Child:
		return Family
	case Declarant, Dependant:
		return TaxUnit
	}
	return Household
}
