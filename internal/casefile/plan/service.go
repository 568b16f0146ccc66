package plan

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Read reads the plan of a file, for the pages that write in it.
func (s *Service) Read(ctx context.Context, file core.ID) (View, error) {
	var v View
	today := s.cases.Today(ctx) // it may read the organisation: not inside the snapshot
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		v = View{Today: today}
		o, err := s.cases.Allow(ctx, q, access.PlanRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		if err := s.Of(q, o, file, &v); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "plan.read", Subjects: o.Humans}, nil
	})
	return v, err
}

// Of reads the plan of an opened file, in the caller's snapshot and under the
// caller's line of the journal.
func (s *Service) Of(q db.Querier, o casefile.Opened, file core.ID, v *View) error {
	q = o.For(q)
	var err error
	if v.Person, err = s.cases.ReadPerson(q, o.Org, file); err != nil {
		return err
	}
	if v.Plan, err = casefile.LoadPlan(q, o.Org, file); err != nil {
		return err
	}
	if v.Exchanges, err = casefile.Exchanges(q, lastExchanges, o.Org, file); err != nil {
		return err
	}
	if v.Colleagues, err = access.TeamWorkers(q, o.Org, o.Teams()...); err != nil {
		return fmt.Errorf("colleagues: %w", err)
	}
	decided, err := casefile.LoadDecisions(q, o.Org, file)
	if err != nil {
		return err
	}
	for right, d := range decided {
		if d.Kind == casefile.NotWanted {
			v.Silenced = append(v.Silenced, right)
		}
	}
	slices.Sort(v.Silenced)
	v.Names, err = access.Names(q, o.Org, v.Workers()...)
	return err
}

// ReadOwn reads what a person may see of their own plan once signed in: their
// words, goals and steps, and who answers for each.
func (s *Service) ReadOwn(ctx context.Context) (View, error) {
	v, err := s.Read(ctx, core.ActorFrom(ctx).ID)
	v.Colleagues, v.Silenced, v.Exchanges = nil, nil, nil
	return v, err
}

// ReadStep reads one step with what happened to it, the latest first.
func (s *Service) ReadStep(ctx context.Context, file, id core.ID) (casefile.Step, []casefile.StepEvent, View, error) {
	var step casefile.Step
	var events []casefile.StepEvent
	var v View
	today := s.cases.Today(ctx) // it may read the organisation: not inside the snapshot
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		v = View{Today: today}
		o, err := s.cases.Allow(ctx, q, access.PlanRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		if step, err = casefile.LoadStep(q, o.Org, file, id); err != nil {
			return journal.Event{}, err
		}
		if events, err = loadStepEvents(q, o.Org, file, id); err != nil {
			return journal.Event{}, err
		}
		if err := s.Of(q, o, file, &v); err != nil {
			return journal.Event{}, err
		}
		who := v.Workers()
		for _, e := range events {
			who = append(who, e.By, e.Worker)
		}
		if v.Names, err = access.Names(q, o.Org, who...); err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: "plan.read", Subjects: o.Humans, Object: "step", ObjectID: id}, nil
	})
	return step, events, v, err
}
