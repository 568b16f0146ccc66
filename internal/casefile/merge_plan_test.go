package casefile_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// A merge must hide nothing of the plan, let it be worked on from the file that
// stands, and give each file its own back.
func TestAMergedPersonHasOnePlanAndEachFileKeepsItsRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := w.person("Fatou", "Diallo", "1990-05-02")
		two := w.personIn(w.karim, w.teamB, "Fatoumata", "Dialo", "1990")
		ctx := w.both()
		goal, err := w.AddGoal(w.karim, two, casefile.GoalInput{Title: "Souffler"})
		must(t, err)
		in := aStep("Appeler la CAF")
		in.Goal, in.Papers = goal, []casefile.StepPaper{{Name: "Relevé", RequiredBy: "CAF"}}
		step, err := w.AddStep(w.karim, two, in)
		must(t, err)
		_, err = w.AddExpectation(w.karim, two, casefile.ExpectationInput{Words: "Je veux dormir."})
		must(t, err)
		must(t, w.Merge(ctx, casefile.MergeInput{Keep: one, Other: two}))

		v, err := w.ReadPlan(w.claire, two) // the address of before
		must(t, err)
		if v.Person.ID != one || len(v.Goals) != 1 || len(v.Goals[0].Steps) != 1 || len(v.Goals[0].Steps[0].Papers) != 1 || len(v.Expectations) != 1 {
			t.Fatalf("the plan of two files that are one: %+v", v.Plan)
		}
		held := v.Goals[0].Steps[0]
		must(t, w.MoveStep(w.claire, one, step, casefile.StepMove{State: casefile.StepDone, Outcome: "Fait au téléphone", Version: held.Version}))
		edit := aStep("Appeler la CAF, encore")
		edit.Goal, edit.Version, edit.Papers = goal, held.Version+1, []casefile.StepPaper{{Name: "RIB", RequiredBy: "CAF"}}
		must(t, w.EditStep(w.claire, one, step, edit))
		since, err := w.AddGoal(w.claire, one, casefile.GoalInput{Title: "Écrit depuis"})
		must(t, err)
		_, events, _, err := w.ReadStep(w.claire, one, step)
		must(t, err)
		if len(events) != 3 {
			t.Errorf("%d things happened to the step, want 3", len(events))
		}
		outside := w.person("Un", "Autre", "1980")
		wantKind(t, w.MoveStep(w.claire, outside, step, casefile.StepMove{State: casefile.StepDone, Version: 1}), errs.NotFound)

		must(t, w.Unmerge(ctx, one, two, map[core.ID]core.ID{}))
		back, err := w.ReadPlan(w.karim, two)
		must(t, err)
		if len(back.Goals) != 1 || back.Goals[0].ID != goal || len(back.Goals[0].Steps) != 1 || back.Goals[0].Steps[0].Title != "Appeler la CAF, encore" ||
			len(back.Goals[0].Steps[0].Papers) != 1 || back.Goals[0].Steps[0].Papers[0].Name != "RIB" || len(back.Expectations) != 1 {
			t.Errorf("what two got back: %+v", back.Plan)
		}
		kept, err := w.ReadPlan(w.claire, one)
		must(t, err)
		if len(kept.Goals) != 1 || kept.Goals[0].ID != since || len(kept.Expectations) != 0 {
			t.Errorf("what one kept: %+v", kept.Plan)
		}
	})
}
