package casefile

import (
	"context"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// OwnSituation reads the facts of their own file that a person may read from their
// space: about themself, their dwelling and the minors whose parent they are.
// What stands there about another adult is that adult's, and is left out: More says
// that there is some. Only Person, Facts, Household.Humans, Today and Month are set.
func (s *Service) OwnSituation(ctx context.Context) (f *File, more bool, err error) {
	today := s.Today(ctx)
	person := core.ActorFrom(ctx).ID
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.FactOwn, &person)
		if err != nil {
			return journal.Event{}, err
		}
		f, more, err = s.ownSituation(q, o, person, today)
		return journal.Event{Kind: "fact.own", Subjects: o.Humans}, err
	})
	return f, more, err
}

func (s *Service) ownSituation(q db.Querier, o Opened, person core.ID, today core.Date) (*File, bool, error) {
	month := today.CalendarMonth()
	p, err := s.loadPerson(q, o.Org, person)
	if err != nil {
		return nil, false, err
	}
	house, err := loadHousehold(q, o.Org, person, groupingDay(month, today))
	if err != nil {
		return nil, false, err
	}
	facts, err := loadFacts(q, o, person)
	if err != nil {
		return nil, false, err
	}
	if p.Address.Protected {
		facts = hideWhere(facts)
	}
	f := &File{Person: p, Today: today, Month: month, Household: HouseholdView{ID: house.ID, Humans: map[core.ID]Human{}}}
	for id, human := range house.Humans {
		if id == person || minorOf(house, person, human, today) {
			f.Household.Humans[id] = human
		}
	}
	all := s.factLines(facts, month)
	f.Facts = slices.DeleteFunc(slices.Clone(all), func(l FactLine) bool {
		_, theirs := f.Household.Humans[l.Subject.ID]
		return l.Subject.Kind == AboutPerson && !theirs && !slices.Contains(o.Humans, l.Subject.ID)
	})
	return f, len(f.Facts) < len(all), nil
}

// minorOf tells whether a human is surely under 18 and a child of the person.
func minorOf(house HouseholdView, parent core.ID, human Human, today core.Date) bool {
	if human.Birth.IsZero() {
		return false
	}
	if _, oldest := human.Birth.AgeOn(today); oldest >= 18 {
		return false
	}
	return slices.ContainsFunc(house.Kin, func(k Kinship) bool { return k.Kind == ParentOf && k.A == parent && k.B == human.ID })
}
