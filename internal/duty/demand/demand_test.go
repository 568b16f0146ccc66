package demand_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/demand"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stops remembers what was stopped, or fails.
type stops struct {
	did  []demand.What
	fail error
}

func (s *stops) Stop(_ context.Context, _ core.ID, what demand.What) error {
	if s.fail == nil {
		s.did = append(s.did, what)
	}
	return s.fail
}

// TestADemandIsAnswered: asked from home or noted at the counter, due within a month,
// extended once, answered; what an objection is about is stopped before it is said to be.
func TestADemandIsAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		did := &stops{}
		s, err := demand.New(w.Service, did)
		must(t, err)
		file := w.Person("Samira", "Haddad", "1985-02-03")
		self := core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: file, Org: core.ActorFrom(w.Claire).Org, AAL: 1})
		stranger := core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: w.Person("Noé", "Autre", "1990"), Org: core.ActorFrom(w.Claire).Org, AAL: 2})

		id, err := s.Ask(self, demand.Input{Kind: demand.Objection, What: demand.Runs})
		must(t, err)
		if again, err := s.Ask(self, demand.Input{Kind: demand.Objection, What: demand.Runs}); err != nil || again != id {
			t.Errorf("the same demand twice: %s, %v", again, err)
		}
		copied, err := s.Note(w.Claire, file, demand.Input{Kind: demand.Copy, Way: demand.Letter, On: core.Date{Year: 2026, Month: 5, Day: 31}})
		must(t, err)
		list, err := s.OfFile(w.Claire, file)
		if err != nil || len(list) != 2 || list[0].Due != (core.Date{Year: 2026, Month: 6, Day: 30}) || list[1].Due != (core.Date{Year: 2026, Month: 7, Day: 11}) {
			t.Fatalf("%+v, %v", list, err)
		}
		if list, err := s.Waiting(w.Claire); err != nil || len(list) != 1 || list[0].Due != (core.Date{Year: 2026, Month: 6, Day: 30}) {
			t.Errorf("waiting: %+v, %v", list, err)
		}
		if list, err := s.Waiting(w.Karim); err != nil || len(list) != 0 {
			t.Errorf("another team sees it wait: %+v, %v", list, err)
		}
		if list, _ := s.Own(stranger); len(list) != 0 {
			t.Error("somebody else reads it")
		}
		if err := s.TakeBack(stranger, id); err == nil {
			t.Error("somebody else takes it back")
		}
		if _, err := s.OfFile(w.Karim, file); err == nil {
			t.Error("another team reads it")
		}

		must(t, s.Extend(w.Claire, file, copied, "Le dossier est long."))
		if err := s.Extend(w.Claire, file, copied, "encore"); !errs.Is(err, errs.Invalid) {
			t.Errorf("extended twice: %v", err)
		}
		late, err := demand.New(w.At(clock.Fixed(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))), did)
		must(t, err)
		if err := late.Extend(w.Claire, file, id, "trop tard"); !errs.Is(err, errs.Invalid) {
			t.Errorf("extended after the month: %v", err)
		}
		if err := s.Answer(w.Claire, file, id, false, " "); !errs.Is(err, errs.Invalid) {
			t.Errorf("refused without a reason: %v", err)
		}
		did.fail = errors.New("no")
		if err := s.Answer(w.Claire, file, id, true, ""); err == nil {
			t.Error("answered although nothing stopped")
		}
		did.fail = nil
		must(t, s.Answer(w.Claire, file, id, true, "C'est arrêté."))
		if err := s.Answer(w.Claire, file, id, true, "encore"); !errs.Is(err, errs.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if len(did.did) != 1 || did.did[0] != demand.Runs {
			t.Errorf("stopped: %v", did.did)
		}
		must(t, s.Answer(w.Claire, file, copied, false, "Demande manifestement répétée."))
		own, err := s.Own(self)
		if err != nil || len(own) != 2 || own[0].State != demand.Refused || own[0].Due != (core.Date{Year: 2026, Month: 8, Day: 31}) || own[0].Later != "Le dossier est long." || own[1].Answer != "C'est arrêté." || own[1].By != "Claire Maurel" {
			t.Errorf("what the person reads: %+v, %v", own, err)
		}
		if list, _ := s.Waiting(w.Claire); len(list) != 0 {
			t.Errorf("still waiting: %+v", list)
		}
		back, err := s.Ask(self, demand.Input{Kind: demand.Copy})
		must(t, err)
		must(t, s.TakeBack(self, back))
		if err := s.TakeBack(self, back); !errs.Is(err, errs.Conflict) {
			t.Errorf("taken back twice: %v", err)
		}
	})
}

// TestRefused: what cannot be read is said by field.
func TestRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		s, err := demand.New(w.Service, &stops{})
		must(t, err)
		file := w.Person("Samira", "Haddad", "1985-02-03")
		for name, in := range map[string]demand.Input{
			"nothing":        {},
			"no processing":  {Kind: demand.Objection, Way: demand.Counter, On: casetest.Today()},
			"no way":         {Kind: demand.Copy, On: casetest.Today()},
			"no day":         {Kind: demand.Copy, Way: demand.Counter},
			"a day to come":  {Kind: demand.Copy, Way: demand.Counter, On: casetest.Today().AddDays(1)},
			"long ago":       {Kind: demand.Copy, Way: demand.Counter, On: casetest.Today().AddDays(-400)},
			"other, unsaid":  {Kind: demand.Objection, What: demand.Other, Way: demand.Counter, On: casetest.Today()},
			"bytes, no text": {Kind: demand.Copy, Way: demand.Counter, On: casetest.Today(), Words: "\xff"},
		} {
			if _, err := s.Note(w.Claire, file, in); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i := range 11 {
			_, err := s.Note(w.Claire, file, demand.Input{Kind: demand.Objection, What: demand.Other, Way: demand.Counter, On: casetest.Today(), Words: "une chose"})
			if (err != nil) != (i == 10) {
				t.Errorf("demand %d: %v", i+1, err)
			}
		}
	})
}
