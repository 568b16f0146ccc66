package desk_test

import (
	"context"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a desk with a clerk, who opens no file.
type world struct {
	*casetest.World
	t     testing.TB
	s     *desk.Service
	clerk context.Context
}

func open(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"}), t: t}
	var err error
	w.s, err = desk.New(w.Service)
	must(t, err)
	w.clerk = core.WithActor(context.Background(), core.Actor{Kind: core.ActorClerk, ID: "clerk", Org: core.ActorFrom(w.Claire).Org, AAL: 2})
	return w
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, open(t, d)) })
}

// at is the same desk on another day.
func (w *world) at(day core.Date) *desk.Service {
	w.t.Helper()
	s, err := desk.New(w.At(fixed{day}))
	must(w.t, err)
	return s
}

func (w *world) note(in desk.Input) core.ID {
	w.t.Helper()
	id, err := w.s.Note(w.clerk, in)
	must(w.t, err)
	return id
}

func (w *world) person(id core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
}

func kind(t testing.TB, err error, want errs.Kind) {
	t.Helper()
	if !errs.Is(err, want) {
		t.Errorf("error %v, want kind %v", err, want)
	}
}
