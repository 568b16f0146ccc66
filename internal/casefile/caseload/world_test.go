package caseload_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// world is an organisation with two teams: Claire and Hugo work in A, Karim in B.
type world struct {
	*caseload.Service
	t                         testing.TB
	db                        *db.DB
	clock                     *hand
	made                      *casetest.World
	cases                     *casefile.Service
	teamA, teamB              core.ID
	claire, hugo, karim       context.Context
	claireID, hugoID, karimID core.ID
}

// hand is a clock that a test moves.
type hand struct{ now time.Time }

func (h *hand) Now() time.Time { return h.now }

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) })
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, clock: &hand{now: dbtest.Clock().Now()}}
	m := casetest.New(t, d, engine{})
	w.made, w.teamA, w.teamB, w.claire, w.karim = m, m.TeamA, m.TeamB, m.Claire, m.Karim
	w.claireID, w.karimID = core.ActorFrom(m.Claire).ID, core.ActorFrom(m.Karim).ID
	w.hugo, w.hugoID = m.Worker("hugo", "Hugo Lantier", w.teamA)
	w.cases = m.At(w.clock)
	var err error
	w.Service, err = caseload.New(w.cases)
	must(t, err)
	return w
}

// engine is a law with one right, always to be verified.
type engine struct{}

func (engine) Digest() string              { return "law-1" }
func (engine) Program() ([]byte, int)      { return []byte("program"), 1 }
func (engine) Rights() []string            { return []string{"af"} }
func (engine) Inputs() []casefile.Variable { return nil }
func (engine) Evaluate(context.Context, *casefile.Picture) ([]casefile.Outcome, error) {
	return []casefile.Outcome{{Right: "af", Status: casefile.ToVerify, Detail: []byte("{}")}}, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("error %v, want kind %d", err, kind)
	}
}

// wantField says that a form was refused for that field, and why.
func wantField(t testing.TB, err error, field, key string) {
	t.Helper()
	fields, ok := errors.AsType[errs.Fields](err)
	if !ok {
		t.Fatalf("error %v, want %s on %s", err, key, field)
	}
	for _, f := range fields {
		if f.Field == field && f.Key == key {
			return
		}
	}
	t.Fatalf("error %v, want %s on %s", err, key, field)
}

// person makes a file in Claire's team.
func (w *world) person(given, usual string) core.ID {
	w.t.Helper()
	id, err := w.cases.CreatePerson(w.claire, casefile.NewPerson{
		Identity: casefile.Identity{UsualName: usual, GivenNames: given}, Team: w.teamA, SeenDuplicates: true})
	must(w.t, err)
	must(w.t, w.cases.Recompute(w.claire, id, 0))
	return id
}

// step writes a step that its worker answers for, due in days.
func (w *world) step(ctx context.Context, person core.ID, title string, days int) core.ID {
	w.t.Helper()
	id, err := plan.New(w.cases).AddStep(ctx, person, plan.StepInput{Title: title, Who: casefile.Together, DueOn: w.today().AddDays(days)})
	must(w.t, err)
	return id
}

func (w *world) today() core.Date { return w.Today(w.claire) }

// follow reads who accompanies a person.
func (w *world) follow(ctx context.Context, person core.ID) caseload.Follow {
	w.t.Helper()
	f, err := w.Read(ctx, person)
	must(w.t, err)
	return f
}

// answers says who answers for each open step, by title.
func (w *world) answers(ctx context.Context, person core.ID) map[string]core.ID {
	w.t.Helper()
	of := map[string]core.ID{}
	for _, st := range w.follow(ctx, person).Steps {
		of[st.Title] = st.Worker
	}
	return of
}

// herself is the person signed in.
func (w *world) herself(person core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: person, Org: core.ActorFrom(w.claire).Org, AAL: 2})
}

// reads tells whether a worker may open the file.
func (w *world) reads(ctx context.Context, person core.ID) bool {
	w.t.Helper()
	_, err := w.cases.OpenFile(ctx, person, 0)
	if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
		w.t.Fatal(err)
	}
	return err == nil
}
