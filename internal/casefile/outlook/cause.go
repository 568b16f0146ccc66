package outlook

import (
	"cmp"
	"maps"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// CauseKind is what makes a right change.
type CauseKind string

// The causes.
const (
	FactStarts CauseKind = "starts"    // an announced fact begins
	FactEnds   CauseKind = "ends"      // an announced fact ends
	Birthday   CauseKind = "birthday"  // somebody reaches an age
	Home       CauseKind = "household" // somebody comes or leaves, a couple begins or ends, a move
	NewValue   CauseKind = "value"     // a value of the law that is known already
	NewYear    CauseKind = "year"      // the rule reads another year's income
)

// Cause is why a right changes. Month is when it happens: up to four months before
// the change, when the rule reads past months (the reference quarter).
type Cause struct {
	Kind      CauseKind        `json:"kind"`
	Month     core.Month       `json:"month"`
	Subject   casefile.Subject `json:"subject,omitzero"` // of a fact, of a birthday
	Variables []string         `json:"variables,omitempty"`
	Age       int              `json:"age,omitempty"`
	Labels    []string         `json:"labels,omitempty"` // of the law's values, in French
}

// suspect is a cause to check: undo gives a month's household and facts as if it
// had not happened.
type suspect struct {
	Cause
	undo func(m core.Month) (casefile.HouseholdView, []casefile.Fact)
}

// suspects of a month: what was announced for it or for the months the rules may
// still read, the birthdays of the month and of the one before, a household that is
// not the one of the month before.
func (r *run) suspects(m core.Month) []suspect {
	list := r.factSuspects(m)
	before, now := r.g.Household(m-1), r.g.Household(m)
	if sameHome(before, now) {
		return append(list, r.birthdays(m, false)...)
	}
	// The same people, grouped otherwise: a child has left their parents' charge by
	// their age.
	if birthdays := r.birthdays(m, true); slices.EqualFunc(before.Members, now.Members, sameStay) && len(birthdays) > 0 {
		return append(list, birthdays...)
	}
	list = append(list, r.birthdays(m, false)...)
	return append(list, suspect{Cause{Kind: Home, Month: m}, func(at core.Month) (casefile.HouseholdView, []casefile.Fact) {
		return r.g.Household(min(at, m-1)), r.g.Facts
	}})
}

// turn is what happens to the facts of one subject in one month.
type turn struct {
	subject casefile.Subject
	month   core.Month
}

func (r *run) factSuspects(m core.Month) []suspect {
	starts, ends := map[turn][]string{}, map[turn][]string{}
	for _, f := range r.g.Facts {
		v, engine := r.g.Read(f)
		if !engine || !f.Current() || v.Period == casefile.PeriodAlways {
			continue
		}
		if !f.From.IsZero() {
			if at := monthOf(f.From, 1); at > m-lookBack && at <= m {
				add(starts, turn{f.Subject, at}, f.Variable)
			}
		}
		if !f.Until.IsZero() {
			if at := monthOf(f.Until, 12) + 1; at > m-lookBack && at <= m {
				add(ends, turn{f.Subject, at}, f.Variable)
			}
		}
	}
	var list []suspect
	for t, variables := range ends {
		kind := FactEnds
		if len(starts[t]) > 0 { // one gives way to another: a new contract
			kind, variables = FactStarts, starts[t]
		}
		list = append(list, r.turned(t, kind, variables))
	}
	for t, variables := range starts {
		if len(ends[t]) == 0 {
			list = append(list, r.turned(t, FactStarts, variables))
		}
	}
	slices.SortFunc(list, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(b.Month, a.Month), cmp.Compare(a.Subject.ID, b.Subject.ID))
	})
	return list
}

func add(to map[turn][]string, t turn, variable string) {
	if !slices.Contains(to[t], variable) {
		to[t] = append(to[t], variable)
	}
}

// turned undoes what happens to a subject in a month: what ended goes on, what
// begins does not.
func (r *run) turned(t turn, kind CauseKind, variables []string) suspect {
	slices.Sort(variables)
	var facts []casefile.Fact
	for _, f := range r.g.Facts {
		if f.Subject == t.subject && f.Current() {
			if !f.From.IsZero() && monthOf(f.From, 1) == t.month {
				continue
			}
			if !f.Until.IsZero() && monthOf(f.Until, 12)+1 == t.month {
				f.Until = core.PartialDate{}
			}
		}
		facts = append(facts, f)
	}
	return suspect{Cause{Kind: kind, Month: t.month, Subject: t.subject, Variables: variables}, func(at core.Month) (casefile.HouseholdView, []casefile.Fact) {
		return r.g.Household(at), facts
	}}
}

// birthdays of the month and of the one before it: a right often follows an age
// from the month after. regrouped keeps the household of the month before too.
func (r *run) birthdays(m core.Month, regrouped bool) []suspect {
	var list []suspect
	humans := r.g.Household(m).Humans
	for _, id := range slices.Sorted(maps.Keys(humans)) {
		birth := humans[id].Birth
		if birth.Month == 0 {
			continue
		}
		for _, at := range []core.Month{m, m - 1} {
			age := at.Year() - birth.Year
			if at.Month() != birth.Month || age <= 0 {
				continue
			}
			list = append(list, suspect{Cause{Kind: Birthday, Month: at, Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: id}, Age: age}, func(on core.Month) (casefile.HouseholdView, []casefile.Fact) {
				if regrouped {
					on = min(on, m-1)
				}
				return later(r.g.Household(on), id, m+1-at), r.g.Facts
			}})
		}
	}
	return list
}

// later is a household in which somebody was born some months later, so that the
// birthday comes after the month looked at.
func later(home casefile.HouseholdView, id core.ID, months core.Month) casefile.HouseholdView {
	h, known := home.Humans[id]
	if !known || h.Birth.Month == 0 {
		return home
	}
	to := monthOf(h.Birth, 1) + months
	h.Birth = core.PartialDate{Year: to.Year(), Month: to.Month(), Day: min(h.Birth.Day, 28)}
	home.Humans = maps.Clone(home.Humans)
	home.Humans[id] = h
	return home
}

// sameHome tells whether the same people live together in the same ties.
func sameHome(a, b casefile.HouseholdView) bool {
	return a.ID == b.ID && slices.EqualFunc(a.Members, b.Members, sameStay) && slices.EqualFunc(a.Groups.Family.Parents, b.Groups.Family.Parents, equal) && slices.EqualFunc(a.Groups.Family.Children, b.Groups.Family.Children, equal) &&
		slices.EqualFunc(a.Groups.Occupants, b.Groups.Occupants, equal)
}

func sameStay(a, b casefile.Member) bool { return a.Person == b.Person && a.Housed == b.Housed }

func equal(a, b core.ID) bool { return a == b }

// monthOf is the month of a partial date; whole is the one taken for a year alone.
func monthOf(d core.PartialDate, whole int) core.Month {
	if d.Month == 0 {
		return core.Month(d.Year*12 + whole - 1)
	}
	return core.Month(d.Year*12 + d.Month - 1)
}
