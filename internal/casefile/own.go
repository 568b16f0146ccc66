package casefile

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// OwnSituation reads the facts of their own file that a person may read from their
// space: about themself, their dwelling and the minors whose parent they are.
// What stands there about another adult is that adult's, and is left out: More says
// that there is some. When workers hold two files for one person's, each card opens
// its own file: what was said in the other — of another household, if they are
// mistaken — is read with a worker, and More says so. Only Person, Facts, Household.Humans, Today and Month are set.
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
	p, err := s.ReadPerson(q, o.Org, person)
	if err != nil {
		return nil, false, err
	}
	q = o.For(q)
	house, err := ReadHousehold(q, o.Org, person, groupingDay(month, today))
	if err != nil {
		return nil, false, err
	}
	own, err := ownChildren(q, o.Org, person)
	if err != nil {
		return nil, false, err
	}
	facts, err := ReadFacts(q, o, person)
	if err != nil {
		return nil, false, err
	}
	if p.Address.Protected {
		facts = hideWhere(facts)
	}
	f := &File{Person: p, Today: today, Month: month, Household: HouseholdView{ID: house.ID, Humans: map[core.ID]Human{
		person: {ID: person, FirstName: p.FirstName(), UsualName: p.UsualName, Title: p.Title, Birth: p.Birth}}}}
	for id, human := range own {
		if minor(human, today) {
			f.Household.Humans[id] = human
		}
	}
	all := s.factLines(facts, month)
	f.Facts = slices.DeleteFunc(slices.Clone(all), func(l FactLine) bool {
		_, theirs := f.Household.Humans[l.Subject.ID]
		return l.Subject.Kind == AboutPerson && !theirs && !slices.Contains(o.Humans, l.Subject.ID)
	})
	return f, len(f.Facts) < len(all) || o.Partial, nil
}

const selectOwnChildren = `SELECT p.id, p.usual_name, p.given_names, p.use_name, p.title, p.birth, p.died_on
FROM kinship k LEFT JOIN person_alias al ON al.org_id = k.org_id AND al.alias_id = k.b AND al.ended_at = 0
JOIN person p ON p.org_id = k.org_id AND p.id = COALESCE(al.person_id, k.b)
WHERE k.org_id = $1 AND k.a = $2 AND k.kind = 'parent_of' LIMIT 100`

// ownChildren are those whose parent this very person is said to be, not one who was
// merged into them, nor one they were merged into.
func ownChildren(q db.Querier, org, person core.ID) (map[core.ID]Human, error) {
	children := map[core.ID]Human{}
	rows, err := q.Query(selectOwnChildren, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var h Human
		var id core.ID
		var given, use, birth, died string
		if err := r.Scan(&id, &h.UsualName, &given, &use, &h.Title, &birth, &died); err != nil {
			return err
		}
		err := fillHuman(&h, id, given, use, birth, died)
		children[id] = h
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read children: %w", err)
	}
	return children, nil
}

// minor tells whether a human is surely under 18.
func minor(human Human, today core.Date) bool {
	if human.Birth.IsZero() {
		return false
	}
	_, oldest := human.Birth.AgeOn(today)
	return oldest < 18
}
