package casefile_test

import (
	"context"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// self is somebody signed in to their own file.
func (w *world) self(id core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: core.ActorFrom(w.claire).Org, AAL: 2})
}

// A copy holds the plan with its story, the calls, and what a merge gathered; a
// person takes their own, except while a merge holds.
func TestExportOfThePlan(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := w.person("Fatou", "Diallo", "1990-05-02")
		two := w.personIn(w.karim, w.teamB, "Fatoumata", "Dialo", "1990")
		goal, err := w.plans.AddGoal(w.claire, one, plan.GoalInput{Title: "Souffler"})
		must(t, err)
		in := plan.StepInput{Title: "Appeler la CAF", Who: casefile.Together, DueOn: today().AddDays(4)}
		in.Goal = goal
		step, err := w.plans.AddStep(w.claire, one, in)
		must(t, err)
		must(t, w.plans.MoveStep(w.claire, one, step, plan.StepMove{State: casefile.StepDone, Outcome: "Fait", Version: 1}))
		_, err = w.plans.AddExpectation(w.karim, two, plan.ExpectationInput{Words: "Je veux dormir."})
		must(t, err)
		for range 101 { // more than a page of the file shows
			_, err = w.plans.LogExchange(w.karim, two, plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: "CAF"})
			must(t, err)
		}
		d, err := w.Export(w.self(one), one)
		must(t, err)
		if d.Plan.CountSteps() != 1 || len(d.Plan.History[step]) != 2 || d.Plan.History[step][0].Kind != casefile.StepMade || len(d.Plan.Expectations) != 0 {
			t.Errorf("the plan: %+v", d.Plan)
		}
		if d.Names[w.claireID] != "Claire Maurel" {
			t.Errorf("names: %v", d.Names)
		}
		if _, err := w.Export(w.self(one), two); !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
			t.Errorf("somebody else's file: %v", err)
		}
		must(t, merge.New(w.Service).Merge(w.both(), merge.Input{Keep: one, Other: two, Reason: "même personne"}))
		d, err = w.Export(w.claire, one)
		must(t, err)
		if len(d.Merged) != 1 || d.Merged[0].Name != "Fatoumata Dialo" || d.Merged[0].Reason != "même personne" || len(d.Plan.Exchanges) != 101 || len(d.Plan.Expectations) != 1 {
			t.Errorf("what the merge gathered: %+v, %d calls", d.Merged, len(d.Plan.Exchanges))
		}
		_, err = w.Export(w.self(one), one)
		wantKind(t, err, errs.Conflict)
		d, err = w.Export(w.self(two), two)
		must(t, err)
		if d.Plan.CountSteps() != 0 || d.Person.ID != two {
			t.Error("the file that was gathered shows the other")
		}
	})
}
