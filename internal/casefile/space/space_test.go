package space_test

import (
	"context"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/space"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSpace: what is left out is as if it were not there, for this person alone; once
// kept for the counter, only a worker of their team changes it.
func TestSpace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		s := space.New(w.Service)
		self := func(id core.ID) context.Context {
			return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
		}
		a, b := w.Person("Samira", "Haddad", "1985-02-03"), w.Person("Fatou", "Diallo", "1984")
		for _, item := range space.Items() {
			must(t, s.Shows(self(a), item))
		}
		must(t, s.SetOwn(self(a), space.Space{Hidden: []space.Item{space.Rights, space.Notes, space.Rights}, Neutral: true}))
		for _, item := range space.Items() {
			err := s.Shows(self(a), item)
			if hidden := item == space.Rights || item == space.Notes; hidden != errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", item, err)
			}
			must(t, s.Shows(self(b), item))
		}
		now, err := s.Own(self(a))
		must(t, err)
		if !slices.Equal(now.Hidden, []space.Item{space.Notes, space.Rights}) || !now.Neutral || now.Locked {
			t.Errorf("own %+v", now)
		}
		if err := s.SetOwn(self(a), space.Space{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("from a page of before: %v, want Conflict", err)
		}
		if err := s.SetOwn(self(a), space.Space{Hidden: []space.Item{"money"}, Version: now.Version}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unknown item: %v, want Invalid", err)
		}
		if _, err := s.Of(w.Karim, a); err == nil {
			t.Error("another team reads what a space shows")
		}
		of, err := s.Of(w.Claire, a)
		must(t, err)
		of.Locked = true
		must(t, s.Set(w.Claire, a, of))
		now, err = s.Own(self(a))
		must(t, err)
		if err := s.SetOwn(self(a), space.Space{Version: now.Version}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("kept for the counter: %v, want Forbidden", err)
		}
		must(t, s.Set(w.Claire, a, space.Space{Version: now.Version}))
		must(t, s.Shows(self(a), space.Rights))
	})
}
