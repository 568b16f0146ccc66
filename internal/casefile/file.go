package casefile

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// OpenFile reads all that the page of a person shows, for a month (0 = this
// month). It never computes: Stale says when the results no longer speak of the
// facts or of the law. also reads what other rooms show on the same page.
func (s *Service) OpenFile(ctx context.Context, person core.ID, month core.Month, also ...Also) (*File, error) {
	today := s.Today(ctx)
	if month == 0 {
		month = today.CalendarMonth()
	}
	if err := checkMonth(month, today.CalendarMonth()); err != nil {
		return nil, err
	}
	var f *File
	err := s.Journal.ReadBriefly(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.PersonOpen, &person)
		if err != nil {
			return journal.Event{}, err
		}
		e := journal.Event{Kind: "file.open", Subjects: o.Humans}
		if f, err = s.readFile(q, o, person, month, today); err != nil {
			return e, err
		}
		for _, read := range also {
			object, err := read(ctx, q, o)
			if err != nil {
				return e, err
			}
			if object != "" {
				e.Object = object
			}
		}
		return e, nil
	})
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	s.recent.add(core.ActorFrom(ctx).ID, person)
	return f, nil
}

// Also reads what another room shows on the page of a file: o is the file as the
// reader opened it, in the same snapshot and under the same line of the journal. It
// asks its own permission (AllowAlso). object names what was read, for that line; ""
// when nothing was.
type Also func(ctx context.Context, q db.Querier, o Opened) (object string, err error)

func (s *Service) readFile(q db.Querier, o Opened, person core.ID, month core.Month, today core.Date) (*File, error) {
	f := &File{Case: o.Cases[0], Today: today, Month: month}
	q = o.For(q)
	var err error
	if f.Person, err = s.loadOpened(q, o, person); err != nil {
		return nil, err
	}
	if len(o.Humans) > 1 {
		if f.Merged, err = s.loadMerged(q, o.Org, person); err != nil {
			return nil, err
		}
	}
	if f.Household, err = ReadHousehold(q, o.Org, person, groupingDay(month, today)); err != nil {
		return nil, err
	}
	facts, err := ReadFacts(q, o, person)
	if err != nil {
		return nil, err
	}
	hidden := f.Person.Address.Protected
	shown := facts
	if hidden {
		shown = hideWhere(facts)
	}
	f.Facts = s.factLines(shown, month)

	e, computed, err := loadEvaluation(q, o.Org, person, month)
	if err != nil {
		return nil, err
	}
	var results map[string]Result
	if computed {
		if results, err = loadResults(q, o.Org, person, e); err != nil {
			return nil, err
		}
	}
	decided, err := LoadDecisions(q, o.Org, person)
	if err != nil {
		return nil, err
	}
	if hidden {
		hideLocal(s, results)
		hideLocal(s, decided)
	}
	f.Rights = s.rightLines(results, decided)
	f.Computed = e.computedAt
	for _, l := range f.Rights {
		if l.Result != nil && l.Result.Status == Probable && l.Decision == nil {
			if f.Why, err = loadWhy(q, o.Org, person, e, l.Right); err != nil {
				return nil, err
			}
			if f.Why != nil {
				f.Why.hidden = hidden
			}
			break
		}
	}
	digest, _, err := BuildPicture(f.Household, person, month, facts, s.vocabulary.find).Digest()
	if err != nil {
		return nil, err
	}
	if f.Stale = s.staleness(e, digest); o.Partial { // computed of more than they may read
		if f.Why = nil; f.Stale == FactsChanged {
			f.Stale = Fresh
		}
	}
	if open := s.openQuestions(f.Rights, facts, month); len(open) > 0 {
		f.Question = open[0].id()
	}
	if f.Plan, err = LoadPlan(q, o.Org, person); err != nil {
		return nil, err
	}
	who := append(deciders(f.Rights), f.Case.Referent)
	who = append(who, f.Plan.Workers()...)
	for _, l := range f.Facts {
		who = append(who, l.RecordedBy)
		for _, b := range append(l.Before, l.Waiting...) {
			who = append(who, b.RecordedBy)
		}
	}
	f.Names, err = access.Names(q, o.Org, who...)
	return f, err
}

func deciders(lines []RightLine) []core.ID {
	var who []core.ID
	for _, l := range lines {
		if l.Decision != nil {
			who = append(who, l.Decision.By)
		}
	}
	return who
}

// OpenOwn reads what a person may see of their own file once signed in: who
// they are to the service, their rights and the decisions about them. Facts,
// household and plan are left out: plan.ReadOwn reads the last.
func (s *Service) OpenOwn(ctx context.Context, month core.Month) (*File, error) {
	today := s.Today(ctx)
	if month == 0 {
		month = today.CalendarMonth()
	}
	if err := checkMonth(month, today.CalendarMonth()); err != nil {
		return nil, err
	}
	person := core.ActorFrom(ctx).ID
	var f *File
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.RightRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		if f, err = s.readFile(q, o, person, month, today); err != nil {
			return journal.Event{}, err
		}
		f.Household, f.Facts, f.Question, f.Plan = HouseholdView{}, nil, "", Plan{}
		return journal.Event{Kind: "file.own", Subjects: o.Humans}, nil
	})
	return f, err
}
