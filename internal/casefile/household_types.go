package casefile

import (
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Household is a dwelling and the people who live in it over time. What is
// known of the dwelling itself (rent, occupation) is facts about it.
type Household struct {
	ID      core.ID
	Version int64
}

// Member is a stay of a person in a dwelling, from From (a day, zero = since we
// know) to the day before Until (zero = still there).
type Member struct {
	ID        core.ID
	Household core.ID
	Person    core.ID
	From      core.Date
	Until     core.Date
	Housed    bool // housed by the others: not at home on their own right
	Version   int64
}

// CoupleKind is the form of a couple; it decides the tax units.
type CoupleKind string

// The forms of a couple.
const (
	Married     CoupleKind = "married"
	Pacs        CoupleKind = "pacs"
	Cohabiting  CoupleKind = "concubinage"
	NoCoupleYet CoupleKind = ""
)

// KinKind is the kind of a relation between two persons.
type KinKind string

// The kinds of kinship: A is a parent of B; A and B are a couple.
const (
	ParentOf KinKind = "parent_of"
	Couple   KinKind = "couple"
)

// Kinship is one dated relation. A separation is its Until.
type Kinship struct {
	ID      core.ID
	Kind    KinKind
	A, B    core.ID
	Couple  CoupleKind // for Couple
	From    core.Date  // zero = since we know
	Until   core.Date  // first day it no longer holds; zero = holds
	Version int64
}

// Human is what the household shows of each of its persons: no address, no
// phone, no file.
type Human struct {
	ID        core.ID
	FirstName string
	UsualName string
	Title     Title
	Birth     core.PartialDate
	Died      core.PartialDate // zero while they live
}

// Name is « Fatiha Haddad ».
func (h Human) Name() string {
	return Identity{UsualName: h.UsualName, FirstNameOfUse: h.FirstName}.DisplayName()
}

// HouseholdInput adds somebody to the dwelling, or a relative who lives
// elsewhere: an existing person by ID, else a new one by name and birth.
type HouseholdInput struct {
	Person   core.ID // "" = a new person, Identity says who
	Identity Identity
	LivesIn  bool // in the same dwelling as the file's person
	Housed   bool
	From     core.Date // first day in the dwelling; zero = since we know
	Until    core.Date // first day gone; zero = still there
	Relation Relation
	// OtherParent is somebody shown by the household who is a parent of the child
	// that RelationChild adds; "" = nobody was named.
	OtherParent core.ID
	Couple      CoupleKind // for RelationPartner
	Since       core.Date  // of the couple; zero = since we know
	Apart       core.Date  // first day the couple was apart; zero = together
	// ParentOf are children shown by the household whose parent this person is
	// too.
	ParentOf []core.ID
}

// Relation is what the added person is to the file's person.
type Relation string

// The relations a form may choose. RelationNone is somebody under the same roof.
const (
	RelationNone    Relation = ""
	RelationChild   Relation = "child"
	RelationParent  Relation = "parent"
	RelationPartner Relation = "partner"
)

// Validate checks the input on a day. Field names: person, usual_name…, from, until,
// relation, couple, since, apart, parent_of.
func (h HouseholdInput) Validate(today core.Date) error {
	var f errs.Fields
	if h.Person == "" {
		if err := h.Identity.Validate(today); err != nil {
			fields, ok := err.(errs.Fields)
			if !ok {
				return err
			}
			f = append(f, fields...)
		}
	}
	switch h.Relation {
	case RelationNone:
		if !h.LivesIn && len(h.ParentOf) == 0 {
			f.Add("relation", "errs.casefile.relation_missing")
		}
	case RelationChild, RelationParent:
	case RelationPartner:
		if h.Couple != Married && h.Couple != Pacs && h.Couple != Cohabiting {
			f.Add("couple", "errs.casefile.couple_missing")
		}
	default:
		f.Add("relation", "errs.casefile.choice_unknown")
	}
	checkStay(&f, h.From, h.Until, today)
	if h.OtherParent != "" && h.Relation != RelationChild {
		f.Add("relation", "errs.casefile.choice_unknown")
	}
	if !h.Since.IsZero() && today.Before(h.Since) {
		f.Add("since", "errs.casefile.date_future")
	}
	if !h.Apart.IsZero() && h.Apart.Before(h.Since) {
		f.Add("apart", "errs.casefile.dates_order")
	}
	if len(h.ParentOf) > 20 {
		f.Add("parent_of", "errs.casefile.too_many", "max", 20)
	}
	return f.Err()
}

// checkStay adds what is wrong with the days of a stay, on "from" and "until".
func checkStay(f *errs.Fields, from, until, today core.Date) {
	far := today.AddDays(366)
	switch {
	case far.Before(from):
		f.Add("from", "errs.casefile.date_too_far")
	case until.IsZero():
	case !from.Before(until):
		f.Add("until", "errs.casefile.dates_order")
	case far.Before(until):
		f.Add("until", "errs.casefile.date_too_far")
	}
}

// HouseholdView is the household of a file at a date, with the groups the law
// derives from it.
type HouseholdView struct {
	ID      core.ID // "" when nothing was said yet: the person alone
	On      core.Date
	Since   core.Date // the last day somebody came or left; zero = unknown
	Humans  map[core.ID]Human
	Members []Member  // present on the day, the file's person first
	Kin     []Kinship // between members, and direct kin of the file's person
	Groups  Groups
	Changes []core.Date // days somebody came or left, oldest first

	homes map[core.ID]core.ID // dwellings that are this one since two persons are one
	twins []Member            // stays of members who have another one shown
}

// home is the dwelling that an id stands for.
func (v HouseholdView) home(id core.ID) core.ID {
	if kept, merged := v.homes[id]; merged {
		return kept
	}
	return id
}

// lived are the file's person and everybody who ever lived in the view's home, as
// rows name them: origin says who a stay was of before the merges that hold.
func (v HouseholdView) lived(stays []Member, origin map[core.ID]core.ID, file core.ID) []core.ID {
	list := []core.ID{file}
	for _, m := range stays {
		if id := origin[m.ID]; v.home(m.Household) == v.ID && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// Groups are the four legal groups of a file's person at a date, each derived,
// never typed. Persons are in a stable order: adults first, then by birth.
type Groups struct {
	// Family is the famille (CAF) of the file's person: one or two parents and
	// the children in charge (under 25; each right then has its own age).
	Family Family
	// OtherFamilies are those of the other people of the dwelling.
	OtherFamilies []Family
	// TaxUnits are the foyers fiscaux of everybody in the dwelling. A married or
	// pacsed couple is one, cohabiting partners are two.
	TaxUnits []TaxUnit
	// Dwelling is the ménage: everybody who lives there.
	Dwelling Dwelling
	// Occupants are the persons whose resources count for the housing benefit:
	// the family, and whoever has lived there for more than six months.
	// CCH art. R822-2.
	Occupants []core.ID
}

// Family is a famille for the CAF.
type Family struct {
	Parents  []core.ID // one or two
	Children []core.ID
}

// TaxUnit is a foyer fiscal.
type TaxUnit struct {
	Declarants []core.ID // one or two
	Dependants []core.ID
}

// Dwelling is the ménage with the roles of the engine's vocabulary.
type Dwelling struct {
	Reference core.ID
	Partner   core.ID // "" when none lives there
	Children  []core.ID
	Others    []core.ID
}
