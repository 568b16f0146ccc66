package merge_test

import (
	"errors"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// world is casetest's, with its merges.
type world struct {
	*casetest.World
	t      testing.TB
	merges *merge.Service
	plans  *plan.Service
}

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) })
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
	return &world{w, t, merge.New(w.Service), plan.New(w.Service)}
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
	var fields errs.Fields
	if !errors.As(err, &fields) || len(fields) != 1 || fields[0].Field != field || fields[0].Key != key {
		t.Fatalf("error %v, want %s on %s", err, key, field)
	}
}

func aStep(title string) plan.StepInput {
	return plan.StepInput{Title: title, Who: casefile.Together}
}
