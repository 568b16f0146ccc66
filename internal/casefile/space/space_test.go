package space_test

import (
	"context"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
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

// TestTheSpaceOfTwoFilesThatAreOnes: what is kept for the counter holds on every card,
// the card of a file merged into another too; one's own choice holds on one's own.
func TestTheSpaceOfTwoFilesThatAreOnes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		s := space.New(w.Service)
		self := func(id core.ID) context.Context {
			return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
		}
		shows := func(when string, want bool, ids ...core.ID) {
			t.Helper()
			for i, id := range ids {
				if err := s.Shows(self(id), space.Rights); (err == nil) != want {
					t.Errorf("%s: card %d shows the rights: %v, want %t", when, i, err, want)
				}
			}
		}
		kept, other, third := w.Person("Samira", "Haddad", "1985-02-03"), w.Person("Samira", "Hadad", "1985"), w.Person("S.", "Haddad", "1985")
		must(t, s.Set(w.Claire, third, space.Space{Hidden: []space.Item{space.Rights}, Locked: true}))
		shows("alone", true, kept, other)
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: kept, Other: other}))
		must(t, s.SetOwn(self(other), space.Space{Hidden: []space.Item{space.Rights}}))
		shows("one's own choice", true, kept)
		shows("one's own choice", false, other)
		of, err := s.Of(w.Claire, kept)
		must(t, err)
		if len(of.Hidden) != 1 || of.Version != 0 {
			t.Errorf("the worker reads %+v, want the strictest", of)
		}
		must(t, s.Set(w.Claire, kept, space.Space{}))
		shows("the worker shows all", true, kept, other)
		now, err := s.Of(w.Claire, other) // by the address of before
		must(t, err)
		must(t, s.Set(w.Claire, other, space.Space{Hidden: []space.Item{space.Rights}, Locked: true, Version: now.Version}))
		shows("kept for the counter", false, kept, other)
		for _, id := range []core.ID{kept, other} {
			if err := s.SetOwn(self(id), space.Space{Version: 2}); !errs.Is(err, errs.Forbidden) {
				t.Errorf("a card undoes it: %v", err)
			}
		}
		now, err = s.Of(w.Claire, kept)
		must(t, err)
		must(t, s.Set(w.Claire, kept, space.Space{Version: now.Version}))
		shows("no longer", true, kept, other)
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: kept, Other: third}))
		shows("a file kept for the counter comes in", false, kept, other, third)
		must(t, merge.New(w.Service).Undo(w.Claire, kept, third, nil))
		shows("and goes", true, kept, other)
		shows("and goes", false, third)
	})
}
