package printout_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/printout"
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

func each(t *testing.T, fn func(t *testing.T, w *casetest.World, p *printout.Service)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		fn(t, w, printout.New(w.Service))
	})
}

func TestAPlanIsFoundAsItWasPrinted(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, prints *printout.Service) {
		id := w.Person("Samira", "Haddad", "1984-03-12")
		goal, err := plan.New(w.Service).AddGoal(w.Claire, id, plan.GoalInput{Title: "Garder le logement"})
		must(t, err)
		lines := w.Lines(id)
		made, err := prints.Make(w.Claire, id, casefile.SheetOfPlan)
		must(t, err)
		if w.Lines(id) != lines+1 {
			t.Error("the print is not in the journal")
		}
		again, err := prints.Make(w.Claire, id, casefile.SheetOfPlan)
		must(t, err)
		if again.Code != made.Code {
			t.Errorf("the same plan got %s then %s", made.Code, again.Code)
		}
		got, err := prints.Open(w.Claire, strings.ToLower(strings.ReplaceAll(made.Code, "-", " ")))
		must(t, err)
		if got.Older || got.Plan == nil || got.Plan.Goals[0].Title != "Garder le logement" || got.ByName != "Claire Maurel" || got.Person != id || got.Plan.Name != "Samira Haddad" {
			t.Errorf("the printed plan: %+v", got)
		}

		must(t, plan.New(w.Service).EditGoal(w.Claire, id, goal, plan.GoalInput{Title: "Autre chose", Version: 1}))
		got, err = prints.Open(w.Claire, made.Code)
		must(t, err)
		if !got.Older || got.Plan.Goals[0].Title != "Garder le logement" {
			t.Errorf("after a change: older %v, %+v", got.Older, got.Plan.Goals)
		}
		newer, err := prints.Make(w.Claire, id, casefile.SheetOfPlan)
		must(t, err)
		if newer.Code == made.Code {
			t.Error("another content has the same code")
		}

		page, err := w.Search(w.Claire, made.Code, "", 5)
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Person != id || page.Items[0].Why != casefile.MatchSheet {
			t.Errorf("search by code: %+v", page.Items)
		}
		if _, err := w.OpenSheet(w.Claire, made.Code); !errs.Is(err, errs.NotFound) {
			t.Errorf("a plan is not a sheet of rights: %v", err)
		}
		if _, err := prints.Open(w.Karim, made.Code); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team reads it: %v", err)
		}
		if _, err := prints.Make(w.Karim, id, casefile.SheetOfPlan); err == nil {
			t.Error("another team prints it")
		}
		for _, code := range []string{"", "AAA-AAA", "n'importe quoi", made.Code + "0"} {
			if _, err := prints.Open(w.Claire, code); !errs.Is(err, errs.NotFound) {
				t.Errorf("code %q: %v", code, err)
			}
		}
		if _, err := prints.Make(w.Claire, id, casefile.SheetOfRights); !errs.Is(err, errs.Invalid) {
			t.Errorf("rights are not printed here: %v", err)
		}
	})
}

func TestAFileIsKeptMaskedAndSealed(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, prints *printout.Service) {
		id := w.Person("Samira", "Haddad", "1984-03-12")
		_, err := w.AddToHousehold(w.Claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: "Fatiha", UsualName: "Belkacem"}, LivesIn: true, Relation: casefile.RelationParent,
		})
		must(t, err)
		made, err := prints.Make(w.Claire, id, casefile.SheetOfFile)
		must(t, err)
		if again, err := prints.Make(w.Claire, id, casefile.SheetOfFile); err != nil || again.Code != made.Code {
			t.Errorf("printing it changed the file: %s then %s, %v", made.Code, again.Code, err)
		}
		got, err := prints.Open(w.Claire, made.Code)
		must(t, err)
		if got.File == nil || len(got.File.People) != 1 || got.File.People[0].FirstName != "Fatiha" || got.Older {
			t.Errorf("the printed file: %+v", got.File)
		}
		// On the disk there is neither a name nor anything else in clear.
		must(t, w.DB.Read(context.Background(), func(q db.Querier) error {
			var content []byte
			err := q.QueryRow(`SELECT content FROM printout WHERE org_id = $1`, core.ActorFrom(w.Claire).Org).Scan(&content)
			if bytes.Contains(content, []byte("Haddad")) || len(content) == 0 {
				t.Error("what was printed is not sealed")
			}
			return err
		}))
		// Another code of another organisation's is nobody's here.
		other := core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: "x", Org: "y", AAL: 2})
		if _, err := prints.Open(other, made.Code); !errs.Is(err, errs.NotFound) {
			t.Errorf("from another organisation: %v", err)
		}
	})
}

// A code printed before a merge leads to the file that stands.
func TestAPrintoutFollowsAMerge(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, prints *printout.Service) {
		one := w.Person("Fatou", "Diallo", "1990-05-02")
		two := w.Person("Fatoumata", "Dialo", "1990")
		made, err := prints.Make(w.Claire, two, casefile.SheetOfPlan)
		must(t, err)
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: one, Other: two}))
		got, err := prints.Open(w.Claire, made.Code)
		must(t, err)
		if got.Person != one || got.PrintedAs != two || got.Plan.Name != "Fatoumata Dialo" {
			t.Errorf("after the merge: %+v", got)
		}
	})
}
