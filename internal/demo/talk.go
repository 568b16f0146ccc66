package demo

import (
	"context"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// told says that most people were told of the calculations of the night, each by the
// worker who accompanies them; one in six was not yet.
func (h *house) told(name string) {
	n := int(seedOf("told " + name)[0])
	if h.err != nil || h.file == "" || n%6 == 4 && name != haddad {
		return
	}
	s, err := talk.New(h.cases, nil)
	if err != nil {
		h.err = err
		return
	}
	how := talk.Aloud
	if n%3 == 0 {
		how = talk.Letter
	}
	// Those who died or whose accompaniment ended are told nothing any more.
	if err := s.Tell(h.ctx, h.file, talk.TellInput{How: how, On: date(2026, 6, 1+n%10)}); err != nil &&
		!errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.Invalid) {
		h.err = fmt.Errorf("tell of the calculations: %w", err)
	}
}

// looked runs over the files of the demonstration as the nights before would have: in
// March over those that the visitor follows, so that what April changed shows, then
// today over everybody.
func looked(ctx context.Context, rooms Rooms, teams map[string]teamOf) error {
	run := func(name string, at time.Time, actor core.Actor, over talk.Over) error {
		deps := rooms.Cases
		deps.Random, deps.Clock = randomOf("calculation "+name), clock.Fixed(at)
		cases, err := casefile.New(deps)
		if err != nil {
			return err
		}
		s, err := talk.New(cases, nil)
		if err != nil {
			return err
		}
		id, err := s.Demand(core.WithActor(ctx, actor), over)
		if err != nil {
			return err
		}
		return s.Run(ctx, db.Job{Kind: talk.Job, Org: actor.Org, Args: []core.ID{id}})
	}
	visitor := teams[polyvalence].workers[0]
	if err := run("march", time.Date(2026, time.March, 20, 2, 0, 0, 0, time.UTC), visitor, talk.Over{}); err != nil {
		return fmt.Errorf("look at rights in March: %w", err)
	}
	for _, name := range []string{polyvalence, insertion} {
		t := teams[name]
		if err := run(name, start(), t.workers[0], talk.Over{Team: t.id}); err != nil {
			return fmt.Errorf("look at rights of %s: %w", name, err)
		}
	}
	return nil
}
