package merge_test

import (
	"context"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// A merge must hide nothing of the plan, let it be worked on from the file that
// stands, and give each file its own back.
func TestAMergedPersonHasOnePlanAndEachFileKeepsItsRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := w.Person("Fatou", "Diallo", "1990-05-02")
		two := w.PersonIn(w.Karim, w.TeamB, "Fatoumata", "Dialo", "1990")
		ctx := w.both()
		goal, err := w.plans.AddGoal(w.Karim, two, plan.GoalInput{Title: "Souffler"})
		must(t, err)
		in := aStep("Appeler la CAF")
		in.Goal, in.Papers = goal, []casefile.StepPaper{{Name: "Relevé", RequiredBy: "CAF"}}
		step, err := w.plans.AddStep(w.Karim, two, in)
		must(t, err)
		_, err = w.plans.AddExpectation(w.Karim, two, plan.ExpectationInput{Words: "Je veux dormir."})
		must(t, err)
		must(t, w.merges.Merge(ctx, merge.Input{Keep: one, Other: two}))

		v, err := w.plans.Read(w.Claire, two) // the address of before
		must(t, err)
		if v.Person.ID != one || len(v.Goals) != 1 || len(v.Goals[0].Steps) != 1 || len(v.Goals[0].Steps[0].Papers) != 1 || len(v.Expectations) != 1 {
			t.Fatalf("the plan of two files that are one: %+v", v.Plan)
		}
		held := v.Goals[0].Steps[0]
		must(t, w.plans.MoveStep(w.Claire, one, step, plan.StepMove{State: casefile.StepDone, Outcome: "Fait au téléphone", Version: held.Version}))
		edit := aStep("Appeler la CAF, encore")
		edit.Goal, edit.Version, edit.Papers = goal, held.Version+1, []casefile.StepPaper{{Name: "RIB", RequiredBy: "CAF"}}
		must(t, w.plans.EditStep(w.Claire, one, step, edit))
		since, err := w.plans.AddGoal(w.Claire, one, plan.GoalInput{Title: "Écrit depuis"})
		must(t, err)
		_, events, _, err := w.plans.ReadStep(w.Claire, one, step)
		must(t, err)
		if len(events) != 3 {
			t.Errorf("%d things happened to the step, want 3", len(events))
		}
		outside := w.Person("Un", "Autre", "1980")
		wantKind(t, w.plans.MoveStep(w.Claire, outside, step, plan.StepMove{State: casefile.StepDone, Version: 1}), errs.NotFound)

		err = w.merges.Undo(ctx, one, two, map[core.ID]core.ID{})
		wantField(t, err, "row-"+string(since), "errs.casefile.unmerge_whose")
		must(t, w.merges.Undo(ctx, one, two, map[core.ID]core.ID{since: one}))
		back, err := w.plans.Read(w.Karim, two)
		must(t, err)
		if len(back.Goals) != 1 || back.Goals[0].ID != goal || len(back.Goals[0].Steps) != 1 || back.Goals[0].Steps[0].Title != "Appeler la CAF, encore" ||
			len(back.Goals[0].Steps[0].Papers) != 1 || back.Goals[0].Steps[0].Papers[0].Name != "RIB" || len(back.Expectations) != 1 {
			t.Errorf("what two got back: %+v", back.Plan)
		}
		kept, err := w.plans.Read(w.Claire, one)
		must(t, err)
		if len(kept.Goals) != 1 || kept.Goals[0].ID != since || len(kept.Expectations) != 0 {
			t.Errorf("what one kept: %+v", kept.Plan)
		}
	})
}

// Each row of the plan written since a merge goes where the undo says, with all that
// hangs on it.
func TestAnUndoPartsThePlanWrittenSince(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := w.Person("Fatou", "Diallo", "1990")
		two := w.PersonIn(w.Karim, w.TeamB, "Fatou", "Diallo", "1990")
		ctx := w.both()
		must(t, w.merges.Merge(ctx, merge.Input{Keep: one, Other: two}))
		whose := map[core.ID]core.ID{}
		for _, to := range []core.ID{one, two} {
			goal, err := w.plans.AddGoal(w.Claire, one, plan.GoalInput{Title: "But de " + string(to)})
			must(t, err)
			in := aStep("Démarche de " + string(to))
			in.Goal, in.Papers = goal, []casefile.StepPaper{{Name: "RIB", RequiredBy: "CAF"}, {Name: "Bail", RequiredBy: "CAF"}}
			step, err := w.plans.AddStep(w.Claire, one, in)
			must(t, err)
			must(t, w.plans.MoveStep(w.Claire, one, step, plan.StepMove{State: casefile.StepWaiting, Version: 1}))
			words, err := w.plans.AddExpectation(w.Claire, one, plan.ExpectationInput{Words: "Mots de " + string(to)})
			must(t, err)
			call, err := w.plans.LogExchange(w.Claire, one, plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: "CAF", Step: step})
			must(t, err)
			for _, id := range []core.ID{goal, step, words, call} {
				whose[id] = to
			}
		}
		u, err := w.merges.PreviewUndo(ctx, one, two)
		must(t, err)
		if len(u.Since) != len(whose) {
			t.Fatalf("asks about %d rows, want %d", len(u.Since), len(whose))
		}
		for _, row := range u.Since {
			if row.Text == "" || row.By != w.ClaireID || row.At == 0 {
				t.Errorf("%+v", row)
			}
		}
		must(t, w.merges.Undo(ctx, one, two, whose))
		for file, by := range map[core.ID]context.Context{one: w.Claire, two: w.Karim} {
			v, err := w.plans.Read(by, file)
			must(t, err)
			if len(v.Goals) != 1 || v.Goals[0].Title != "But de "+string(file) || len(v.Goals[0].Steps) != 1 || len(v.Loose) != 0 || len(v.Expectations) != 1 || len(v.Exchanges) != 1 {
				t.Fatalf("the plan of %s: %+v", file, v.Plan)
			}
			st := v.Goals[0].Steps[0]
			if len(st.Papers) != 2 || st.State != casefile.StepWaiting {
				t.Errorf("%+v", st)
			}
			_, events, _, err := w.plans.ReadStep(by, file, st.ID)
			must(t, err)
			if len(events) != 2 {
				t.Errorf("%d things happened to it", len(events))
			}
		}
	})
}
