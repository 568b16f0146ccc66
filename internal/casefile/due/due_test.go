package due_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/due"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The steps of two files that are one person's are told of the person who stands,
// whichever of the two is still accompanied; the journal of each has its line.
func TestStepsOfAMergedFileAreTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		step := func(id core.ID) core.ID {
			s, err := plan.New(w.Service).AddStep(w.Claire, id, plan.StepInput{Title: "Appeler la CAF", Who: casefile.Together, DueOn: casetest.Today()})
			must(t, err)
			return s
		}
		kept, other, over := w.Person("Samira", "Haddad", "1985"), w.Person("Samira", "Hadad", "1985"), w.Person("Jean", "Morel", "1970")
		before := step(other)
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: kept, Other: other}))
		since := step(kept)
		step(over)
		must(t, d.Tx(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE casefile SET phase = 'archive' WHERE person_id IN ($1, $2)`, kept, over)
			return err
		}))
		must(t, due.Tell(core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "due"}), w.Service))
		var args string
		must(t, d.Read(context.Background(), func(q db.Querier) error {
			if err := q.QueryRow(`SELECT args FROM outbox WHERE topic = $1`, due.Topic).Scan(&args); err != nil {
				return err
			}
			for _, id := range []core.ID{kept, other} {
				list, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, id, casetest.Today(), casetest.Today())
				if !slices.ContainsFunc(list, func(e journal.Entry) bool { return e.Kind == "step.due" }) {
					t.Errorf("no line in the journal of %s", id)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		for _, id := range []core.ID{before, since} {
			if !strings.Contains(args, string(id)) {
				t.Errorf("a step is not told: %s", args)
			}
		}
		if strings.Count(args, string(kept)) != 2 || strings.Contains(args, string(other)) || strings.Contains(args, string(over)) {
			t.Errorf("told %s", args)
		}
	})
}
