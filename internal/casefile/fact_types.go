package casefile

import (
	"codeberg.org/parvis/parvis/internal/core"
)

// State is what is known of a fact: a value, that nobody knows, or that the
// person prefers not to say. Unknown and refused are answers and cost nothing.
type State string

// The states.
const (
	Known   State = "known"
	Unknown State = "unknown"
	Refused State = "refused"
)

// Source is where a fact comes from.
type Source string

// The sources.
const (
	SourceSaid     Source = "said"     // by the person
	SourceDocument Source = "document" // seen on a paper: Detail says which
	SourceComputed Source = "computed"
	SourceImported Source = "imported"
	SourceLetter   Source = "caf_letter"
)

// SubjectKind says what a fact is about.
type SubjectKind string

// The subjects.
const (
	AboutPerson   SubjectKind = "person"
	AboutDwelling SubjectKind = "household"
)

// Subject is a person or a dwelling.
type Subject struct {
	Kind SubjectKind
	ID   core.ID
}

// Fact is one dated value of one variable about one subject, as somebody said
// it or saw it, in the file of File. Rows are never changed except to say which
// one came after.
//
// Which fact holds in a month: among the current ones that cover it, the one
// that starts last, then the one recorded last. A raise of the rent is a new
// fact from its month; a correction replaces a fact of the same start.
type Fact struct {
	ID       core.ID
	File     core.ID // the person in whose file it stands
	Subject  Subject
	Variable string           // a name of the vocabulary: loyer, salaire_net…
	From     core.PartialDate // first month or day it holds; zero = always
	Until    core.PartialDate // last month or day it holds; zero = still
	State    State
	Value    string // canonical text; "" unless Known
	// Hidden tells that Value and Detail are left out: the address is protected.
	Hidden bool `json:",omitempty"`
	Source Source
	Detail string    // which document, ≤ 120 characters
	SeenOn core.Date // the day it was said or seen

	RecordedAt   int64 // µs UTC
	RecordedBy   core.ID
	SupersededBy core.ID // "" while it is believed
	ConflictWith core.ID // the current fact this one disagrees with; "" = none
}

// FactInput is one cell of a form. Two tabs that save the same form: the second
// sends a Replaces that is no longer current and gets a *FactConflict.
type FactInput struct {
	Subject  Subject
	Variable string
	From     core.PartialDate
	Until    core.PartialDate
	State    State
	Value    string // as typed, in the unit of the variable: "548,50", "true"
	Source   Source
	Detail   string
	SeenOn   core.Date // zero = today
	Replaces core.ID   // the fact the form showed; "" = none was there
}

// FactConflict says that somebody else saved the same fact meanwhile. Both are
// kept: Theirs counts until ChooseFact says otherwise.
type FactConflict struct {
	Pairs []ConflictPair
}

// ConflictPair is the fact that counts and the one that waits for a choice.
type ConflictPair struct {
	Theirs, Yours Fact
}

// FactLine is what the file shows of one cell: the fact that holds in the
// month, what was believed before it, and a version waiting for a choice.
type FactLine struct {
	Fact
	Of       Variable
	Before   []Fact // replaced ones, the latest first, at most 5
	Waiting  []Fact // waiting for a choice
	Theme    Theme
	Upcoming []Fact // the same cell at later dates (announced)
	// Conflicts are the choices to make: each waiting fact with the believed one
	// it disagrees with, which may be of another date than Fact.
	Conflicts []ConflictPair
}

// Theme groups the facts on a page.
type Theme string

// The themes, in their order on a page: what hurts least to say comes first,
// the right to stay comes last.
const (
	ThemeWork    Theme = "work"
	ThemeIncome  Theme = "income"
	ThemeHousing Theme = "housing"
	ThemeFamily  Theme = "family"
	ThemeHealth  Theme = "health"
	ThemeMoney   Theme = "money"
	ThemeAid     Theme = "aid"
	ThemeStay    Theme = "stay"
)

// Themes lists the themes in their order.
func Themes() []Theme {
	return []Theme{ThemeWork, ThemeIncome, ThemeHousing, ThemeFamily, ThemeHealth, ThemeAid, ThemeMoney, ThemeStay}
}

// Entity is what a variable belongs to, in the words of the engine.
type Entity string

// The entities facts may be about. A fact of a family is written on the file's
// person, one of a tax unit on its first declarant.
const (
	EntityPerson   Entity = "individu"
	EntityFamily   Entity = "famille"
	EntityTaxUnit  Entity = "foyer_fiscal"
	EntityDwelling Entity = "menage"
)

// ValueType is the type of a variable's value.
type ValueType string

// The value types and their canonical text: "548.5", "3", "true", "2026-06-11",
// one of Choices, free text.
const (
	TypeAmount  ValueType = "amount" // euros, dot, at most two decimals
	TypeNumber  ValueType = "number" // dot
	TypeInteger ValueType = "integer"
	TypeBool    ValueType = "bool"
	TypeDate    ValueType = "date"
	TypeChoice  ValueType = "choice"
	TypeText    ValueType = "text" // ≤ 120 characters; never read by a rule
)

// Variable is what may be known: a name of the engine's vocabulary, or one of
// the few the file keeps for people alone (a trade, a permit's name).
type Variable struct {
	Name    string
	Entity  Entity
	Type    ValueType
	Unit    string // "€/mois", "€/an", "€", "" …
	Period  Period
	Choices []string // for TypeChoice
	Theme   Theme
	Engine  bool // a rule may read it
	Min     float64
	Max     float64
	// Page names the question of the law files that asks it, "" for what no rule
	// reads; Place orders the pages, and facts of one page.
	Page  string
	Place int
}

// Period is how a variable lives in time.
type Period string

// The periods.
const (
	PeriodMonth  Period = "month"
	PeriodYear   Period = "year"
	PeriodAlways Period = "always"
)
