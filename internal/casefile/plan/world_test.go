package plan_test

import (
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// world is casetest's, with its plans.
type world struct {
	*casetest.World
	t     testing.TB
	plans *plan.Service
}

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		fn(t, &world{w, t, plan.New(w.Service)})
	})
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

// atOnce runs fn in n goroutines and returns how many succeeded; the others must
// fail with the kind.
func atOnce(t *testing.T, n int, kind errs.Kind, fn func(n int) error) (succeeded int) {
	t.Helper()
	failures := make(chan error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { failures <- fn(i) })
	}
	wg.Wait()
	close(failures)
	for err := range failures {
		switch {
		case err == nil:
			succeeded++
		case !errs.Is(err, kind):
			t.Errorf("%v, want kind %d", err, kind)
		}
	}
	return succeeded
}
