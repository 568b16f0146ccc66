package plan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// aStep is one that a form would accept.
func aStep(title string) plan.StepInput {
	return plan.StepInput{Title: title, Who: casefile.Together, DueOn: casetest.Today().AddDays(4)}
}

func (w *world) plan(file core.ID) plan.View {
	w.t.Helper()
	v, err := w.plans.Read(w.Claire, file)
	must(w.t, err)
	return v
}

func (w *world) rows(table string) (n int) {
	w.t.Helper()
	must(w.t, w.DB.Read(context.Background(), func(q db.Querier) error { return q.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n) }))
	return n
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

func TestExpectationsKeepWhatWasSaidBefore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		before := w.Lines(id)
		say := func(words string, day core.Date) {
			_, err := w.plans.AddExpectation(w.Claire, id, plan.ExpectationInput{Words: words, SaidOn: day, Reread: casefile.RereadAloud, RereadIn: "ar"})
			must(t, err)
		}
		say("Je veux garder mon logement.", casetest.Today().AddDays(-7))
		say("  Garder le logement,\r\net que ma mère reste.  ", casetest.Today())
		say("Je veux travailler.", casetest.Today().AddDays(-30)) // noted late
		var said []string
		for _, e := range w.plan(id).Expectations {
			said = append(said, e.Words)
			if e.Reread != casefile.RereadAloud || e.RereadIn != "ar" || e.By != w.ClaireID {
				t.Errorf("%+v", e)
			}
		}
		if got := strings.Join(said, " | "); got != "Garder le logement,\net que ma mère reste. | Je veux garder mon logement. | Je veux travailler." {
			t.Errorf("the last said first: %s", got)
		}
		if n := w.Lines(id) - before; n != 4 {
			t.Errorf("%d lines in the journal, want 3 writes and a read", n)
		}

		for name, c := range map[string]struct {
			in         plan.ExpectationInput
			field, key string
		}{
			"nothing":          {plan.ExpectationInput{Words: " \n "}, "words", "errs.steps.words_missing"},
			"a zero byte":      {plan.ExpectationInput{Words: "a\x00b"}, "words", "errs.casefile.text_control"},
			"not UTF-8":        {plan.ExpectationInput{Words: "a\xff"}, "words", "errs.casefile.text_encoding"},
			"too long":         {plan.ExpectationInput{Words: strings.Repeat("é", 1001)}, "words", "errs.casefile.text_too_long"},
			"tomorrow":         {plan.ExpectationInput{Words: "a", SaidOn: casetest.Today().AddDays(1)}, "said_on", "errs.casefile.date_future"},
			"no such way":      {plan.ExpectationInput{Words: "a", Reread: "sung"}, "reread", "errs.casefile.choice_unknown"},
			"no such language": {plan.ExpectationInput{Words: "a", Reread: casefile.RereadSelf, RereadIn: "<b>"}, "reread_in", "errs.casefile.language_unknown"},
		} {
			_, err := w.plans.AddExpectation(w.Claire, id, c.in)
			t.Run(name, func(t *testing.T) { wantField(t, err, c.field, c.key) })
		}
		if n := w.rows("expectation"); n != 3 {
			t.Errorf("%d expectations after what was refused, want 3", n)
		}
	})
}

func TestAnOnlineStepNeedsItsHumanWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		in := aStep("Demander la prime d'activité")
		in.Online = "Mon compte CAF"
		_, err := w.plans.AddStep(w.Claire, id, in)
		wantField(t, err, "desk", "errs.steps.human_missing")
		for _, human := range []casefile.Ways{{Desk: "CAF, mardi"}, {Phone: "32 30"}, {Letter: "à la CAF"}} {
			human.Online = "Mon compte CAF"
			in.Ways = human
			if _, err := w.plans.AddStep(w.Claire, id, in); err != nil {
				t.Errorf("%+v: %v", human, err)
			}
		}
		step := w.plan(id).Loose[0]
		edit := plan.StepInput{Title: step.Title, Who: step.Who, Ways: casefile.Ways{Online: "Mon compte CAF", Desk: "  "}, Version: step.Version}
		wantField(t, w.plans.EditStep(w.Claire, id, step.ID, edit), "desk", "errs.steps.human_missing")
	})
}

func TestStepsThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		other := w.Person("Ali", "Diallo", "1980")
		goal, err := w.plans.AddGoal(w.Claire, id, plan.GoalInput{Title: "Garder le logement", ChosenOn: casetest.Today().AddDays(-2)})
		must(t, err)
		foreign, err := w.plans.AddGoal(w.Claire, other, plan.GoalInput{Title: "Autre"})
		must(t, err)
		with := func(change func(in *plan.StepInput)) plan.StepInput {
			in := aStep("Appeler la CAF")
			change(&in)
			return in
		}
		for name, c := range map[string]struct {
			in         plan.StepInput
			field, key string
		}{
			"no verb":           {with(func(in *plan.StepInput) { in.Title = " " }), "title", "errs.steps.step_missing"},
			"a zero byte":       {with(func(in *plan.StepInput) { in.Title = "a\x00" }), "title", "errs.casefile.text_control"},
			"too long":          {with(func(in *plan.StepInput) { in.Detail = strings.Repeat("a", 1001) }), "detail", "errs.casefile.text_too_long"},
			"nobody does it":    {with(func(in *plan.StepInput) { in.Who = "" }), "who", "errs.steps.who_missing"},
			"who?":              {with(func(in *plan.StepInput) { in.Who = "robot" }), "who", "errs.casefile.choice_unknown"},
			"before its goal":   {with(func(in *plan.StepInput) { in.Goal, in.DueOn = goal, casetest.Today().AddDays(-3) }), "due_on", "errs.steps.due_before_goal"},
			"in 2185":           {with(func(in *plan.StepInput) { in.DueOn.Year = 2185 }), "due_on", "errs.steps.due_bounds"},
			"another's goal":    {with(func(in *plan.StepInput) { in.Goal = foreign }), "goal", "errs.steps.goal_unknown"},
			"no goal's id":      {with(func(in *plan.StepInput) { in.Goal = "a\x00" }), "goal", "errs.steps.goal_unknown"},
			"no such right":     {with(func(in *plan.StepInput) { in.Right = "rsa'\x00" }), "right", "errs.casefile.right_unknown"},
			"paper by nobody":   {with(func(in *plan.StepInput) { in.Papers = []casefile.StepPaper{{Name: "RIB"}} }), "papers", "errs.steps.paper_unrequired"},
			"paper of no name":  {with(func(in *plan.StepInput) { in.Papers = []casefile.StepPaper{{RequiredBy: "la CAF"}} }), "papers", "errs.steps.paper_nameless"},
			"thirteen papers":   {with(func(in *plan.StepInput) { in.Papers = repeat(casefile.StepPaper{Name: "a", RequiredBy: "b"}, 13) }), "papers", "errs.casefile.too_many"},
			"way with a escape": {with(func(in *plan.StepInput) { in.Desk = "a\x1b" }), "desk", "errs.casefile.text_control"},
		} {
			_, err := w.plans.AddStep(w.Claire, id, c.in)
			t.Run(name, func(t *testing.T) { wantField(t, err, c.field, c.key) })
		}
		for _, table := range []string{"step", "step_paper", "step_event"} {
			if n := w.rows(table); n != 0 {
				t.Errorf("%d rows of %s after what was refused", n, table)
			}
		}

		in := aStep("Appeler")
		in.Goal = goal
		_, err = w.plans.AddStep(w.Claire, id, in)
		must(t, err)
		g := w.plan(id).Goals[0]
		late := plan.GoalInput{Title: g.Title, ChosenOn: casetest.Today(), State: casefile.GoalOpen, Version: g.Version}
		must(t, w.plans.EditGoal(w.Claire, id, goal, late))
		future := late
		future.ChosenOn, future.Version = casetest.Today().AddDays(1), 2
		wantField(t, w.plans.EditGoal(w.Claire, id, goal, future), "chosen_on", "errs.casefile.date_future")
		stepID := w.plan(id).Goals[0].Steps[0].ID
		wantKind(t, w.plans.EditGoal(w.Claire, other, goal, late), errs.NotFound)
		wantKind(t, w.plans.MoveStep(w.Claire, other, stepID, plan.StepMove{State: casefile.StepDone, Version: 1}), errs.NotFound)
		wantKind(t, w.plans.EditStep(w.Claire, other, stepID, in), errs.NotFound)
		wantKind(t, w.plans.HandStep(w.Claire, other, stepID, w.ClaireID, 1), errs.NotFound)
	})
}

func repeat[T any](v T, n int) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func TestAStepLivesAndIsUndone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		in := aStep("Demander la prime d'activité")
		in.Papers = []casefile.StepPaper{{Name: "RIB", RequiredBy: "CSS art. R846-5"}, {}, {Name: "Bulletins", RequiredBy: "CSS art. R846-5"}}
		step, err := w.plans.AddStep(w.Claire, id, in)
		must(t, err)
		for i, m := range []plan.StepMove{
			{State: casefile.StepWaiting, Outcome: "Envoyée, réponse sous un mois"}, {State: casefile.StepDone, Outcome: "Accordée"}, {State: casefile.StepToDo},
		} {
			m.Version = int64(i + 1)
			must(t, w.plans.MoveStep(w.Claire, id, step, m))
			must(t, w.plans.MoveStep(w.Claire, id, step, m)) // sent twice
		}
		got, events, _, err := w.plans.ReadStep(w.Claire, id, step)
		must(t, err)
		if got.State != casefile.StepToDo || got.Outcome != "" || got.Version != 4 || len(got.Papers) != 2 || got.Papers[1].Name != "Bulletins" {
			t.Errorf("%+v", got)
		}
		var told []string
		for _, e := range events {
			told = append(told, string(e.Kind)+" "+e.Says)
		}
		if s := strings.Join(told, "; "); s != "todo ; done Accordée; waiting Envoyée, réponse sous un mois; made " {
			t.Errorf("history: %s", s)
		}
		wantField(t, w.plans.MoveStep(w.Claire, id, step, plan.StepMove{State: "lost", Version: 4}), "state", "errs.casefile.choice_unknown")

		in.Title, in.Papers, in.Version = "Demander la prime", in.Papers[:1], 4
		must(t, w.plans.EditStep(w.Claire, id, step, in))
		if s, _ := w.plan(id).Step(step); s.Title != "Demander la prime" || len(s.Papers) != 1 || s.State != casefile.StepToDo {
			t.Errorf("edited: %+v", s)
		}
	})
}

func TestTwoWorkersOnOneStepLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		step, err := w.plans.AddStep(w.Claire, id, aStep("Appeler"))
		must(t, err)
		titles := []string{"Appeler la CAF", "Appeler le bailleur", "Appeler l'école"}
		if n := atOnce(t, len(titles), errs.Conflict, func(n int) error {
			in := aStep(titles[n])
			in.Version = 1
			return w.plans.EditStep(w.Claire, id, step, in)
		}); n != 1 {
			t.Errorf("%d edits over the same version, want 1", n)
		}
		in := aStep("trop tard")
		in.Version = 1
		conflict, ok := errors.AsType[*plan.Conflict](w.plans.EditStep(w.Claire, id, step, in))
		if !ok || conflict.Step == nil || conflict.Step.Version != 2 || conflict.Step.Title == "Appeler" {
			t.Errorf("conflict: %+v", conflict)
		}
		goal, err := w.plans.AddGoal(w.Claire, id, plan.GoalInput{Title: "Souffler"})
		must(t, err)
		must(t, w.plans.EditGoal(w.Claire, id, goal, plan.GoalInput{Title: "Souffler un peu", Version: 1}))
		wantKind(t, w.plans.EditGoal(w.Claire, id, goal, plan.GoalInput{Title: "Autre", Version: 1}), errs.Conflict)
	})
}

func TestAStepIsHandedToAColleagueWhoMayOpenTheFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		step, err := w.plans.AddStep(w.Claire, id, aStep("Appeler"))
		must(t, err)
		karim := core.ActorFrom(w.Karim).ID
		wantField(t, w.plans.HandStep(w.Claire, id, step, karim, 1), "worker", "errs.steps.colleague_unknown")
		wantField(t, w.plans.HandStep(w.Claire, id, step, "a\x00", 1), "worker", "errs.steps.colleague_unknown")
		hugo, _ := w.Worker("hugo", "Hugo Lantier", w.TeamA)
		must(t, w.plans.HandStep(w.Claire, id, step, core.ActorFrom(hugo).ID, 1))
		mine, err := w.plans.Mine(w.Claire, "", 0)
		must(t, err)
		his, err := w.plans.Mine(hugo, "", 0)
		must(t, err)
		if len(mine.Items) != 0 || len(his.Items) != 1 || his.Items[0].Name != "Samira Haddad" {
			t.Errorf("mine %v, his %v", mine.Items, his.Items)
		}
		if _, _, v, err := w.plans.ReadStep(hugo, id, step); err != nil || v.Names[core.ActorFrom(hugo).ID] != "Hugo Lantier" {
			t.Errorf("%v, %v", v.Names, err)
		}
	})
}

func TestARightSaidNoToGetsNoStep(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992-02-03")
		in := aStep("Demander les allocations")
		in.Right = "af"
		step, err := w.plans.AddStep(w.Claire, id, in)
		must(t, err)
		if !w.plan(id).OpenFor("af") || w.plan(id).OpenFor("aide_logement") {
			t.Error("an open step claims af alone")
		}
		_, err = w.Decide(w.Claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.NotWanted})
		must(t, err)
		_, err = w.plans.AddStep(w.Claire, id, in)
		wantField(t, err, "right", "errs.steps.right_silenced")
		must(t, w.plans.MoveStep(w.Claire, id, step, plan.StepMove{State: casefile.StepGivenUp, Version: 1}))
		if w.plan(id).OpenFor("af") {
			t.Error("a step given up is not open")
		}
	})
}

// TestDeadlines: those of the worker, overdue and within fourteen days, by date then
// name, page by page; nothing of another team's file.
func TestDeadlines(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		zoe, ali := w.Person("Zoé", "Zidane", "1980"), w.Person("Ali", "Arnaud", "1981")
		due := func(ctx context.Context, file core.ID, title string, days int) core.ID {
			in := aStep(title)
			in.DueOn = casetest.Today().AddDays(days)
			id, err := w.plans.AddStep(ctx, file, in)
			must(t, err)
			return id
		}
		due(w.Claire, zoe, "same day", 3)
		due(w.Claire, ali, "same day", 3)
		due(w.Claire, ali, "far", 15)
		due(w.Claire, ali, "edge", 14)
		due(w.Claire, zoe, "past", -40)
		done := due(w.Claire, zoe, "done", 1)
		must(t, w.plans.MoveStep(w.Claire, zoe, done, plan.StepMove{State: casefile.StepDone, Version: 1}))
		wait := due(w.Claire, zoe, "waits", 5)
		must(t, w.plans.MoveStep(w.Claire, zoe, wait, plan.StepMove{State: casefile.StepWaiting, Version: 1}))
		none := aStep("no date")
		none.DueOn = core.Date{}
		_, err := w.plans.AddStep(w.Claire, ali, none)
		must(t, err)
		theirs := w.PersonIn(w.Karim, w.TeamB, "Nour", "Benali", "1990")
		due(w.Karim, theirs, "karim's", 2)

		var got []string
		after := ""
		for range 10 {
			page, err := w.plans.Mine(w.Claire, after, 2)
			must(t, err)
			for _, d := range page.Items {
				got = append(got, fmt.Sprintf("%s %s %v", d.Name, d.Title, d.Past))
			}
			if after = page.Next; after == "" {
				break
			}
		}
		want := "Zoé Zidane past true, Ali Arnaud same day false, Zoé Zidane same day false, Zoé Zidane waits false, Ali Arnaud edge false"
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("got  %s\nwant %s", s, want)
		}

		// Claire moves to another team: what she has no longer a file for is not shown.
		actor := core.ActorFrom(w.Claire)
		actor.Teams = []core.ID{w.TeamB}
		page, err := w.plans.Mine(core.WithActor(context.Background(), actor), "", 10)
		must(t, err)
		if len(page.Items) != 0 {
			t.Errorf("after leaving the team: %v", page.Items)
		}
		for _, bad := range []string{"!", "MAAAAA", "MABhYmMA"} {
			_, err := w.plans.Mine(w.Claire, bad, 10)
			wantKind(t, err, errs.Invalid)
		}
	})
}

func TestAPlanIsOnlyForThoseWhoAccompanyAndForThePerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.Person("Samira", "Haddad", "1992")
		_, err := w.plans.AddExpectation(w.Claire, id, plan.ExpectationInput{Words: "Garder mon logement."})
		must(t, err)
		step, err := w.plans.AddStep(w.Claire, id, aStep("Appeler"))
		must(t, err)
		for ctx, want := range map[context.Context]errs.Kind{w.Karim: errs.Forbidden, w.Nobody: errs.Unauthenticated} {
			_, err := w.plans.Read(ctx, id)
			if !errs.Is(err, want) {
				t.Errorf("read: %v", err)
			}
			for _, err := range []error{
				w.plans.MoveStep(ctx, id, step, plan.StepMove{State: casefile.StepDone, Version: 1}), w.plans.EditStep(ctx, id, step, aStep("a")),
				w.plans.HandStep(ctx, id, step, w.ClaireID, 1),
			} {
				if !errs.Is(err, want) {
					t.Errorf("write: %v", err)
				}
			}
		}
		org := core.ActorFrom(w.Claire).Org
		samira := core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: id, Org: org, AAL: 2})
		own, err := w.plans.ReadOwn(samira)
		must(t, err)
		if len(own.Expectations) != 1 || len(own.Loose) != 1 || own.Colleagues != nil {
			t.Errorf("%+v", own)
		}
		_, err = w.plans.AddStep(samira, id, aStep("a"))
		if !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
			t.Errorf("the person writes a step: %v", err)
		}
		other := w.Person("Ali", "Diallo", "1980")
		_, err = w.plans.Read(samira, other)
		wantKind(t, err, errs.NotFound)
		if file, err := w.OpenOwn(samira, 0); err != nil || len(file.Plan.Expectations) != 0 {
			t.Errorf("OpenOwn shows the plan: %v", err)
		}
	})
}
