package caseload_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

func anEnd(f caseload.Follow) caseload.ClosingInput {
	c := f.Cases[len(f.Cases)-1]
	return caseload.ClosingInput{Case: c.ID, Version: c.Version, Reason: caseload.EndMoved, Words: "Je pars vivre chez ma sœur.",
		Remains: "La demande de carte est en cours.", Who: "L'accueil du CCAS, 02 61 91 40 10"}
}

func TestAnAccompanimentEndsAndBeginsAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad")
		w.step(w.claire, id, "Appeler le bailleur", 3)
		end := anEnd(w.follow(w.claire, id))

		bad := end
		bad.Words, bad.Reason, bad.Who = " ", "", ""
		err := w.Close(w.claire, id, bad)
		wantField(t, err, "words", "errs.caseload.words_missing")
		wantField(t, err, "reason", "errs.caseload.reason_missing")
		wantField(t, err, "who", "errs.caseload.who_missing")
		bad = end
		bad.Words = strings.Repeat("é", 2001)
		wantField(t, w.Close(w.claire, id, bad), "words", "errs.casefile.text_too_long")
		bad = end
		bad.Version++
		wantKind(t, w.Close(w.claire, id, bad), errs.Conflict)
		if err := w.Close(w.karim, id, end); !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
			t.Fatalf("another team ends it: %v", err)
		}

		must(t, w.Close(w.claire, id, end))
		must(t, w.Close(w.claire, id, end)) // the form sent twice
		if w.reads(w.claire, id) {
			t.Error("a file that nobody accompanies still opens")
		}
		for _, write := range []error{
			w.cases.TouchContact(w.claire, id),
			func() error {
				_, err := plan.New(w.cases).AddStep(w.claire, id, plan.StepInput{Title: "x", Who: casefile.Together})
				return err
			}(),
		} {
			wantKind(t, write, errs.NotFound)
		}
		due, err := plan.New(w.cases).Mine(w.claire, "", 10)
		must(t, err)
		if talk := w.made.ToTalk(w.teamA); len(due.Items)+len(talk) > 0 {
			t.Errorf("the first page still shows %v, %v", due.Items, talk)
		}

		// The team that ended it reads how; another one knows that it is over.
		f := w.follow(w.hugo, id)
		if f.Open || len(f.Closings) != 1 || f.Closings[0].Words != end.Words || f.Closings[0].By != w.claireID || len(f.Steps) != 0 {
			t.Fatalf("%+v", f)
		}
		_, err = w.Read(w.karim, id)
		if err == nil {
			t.Error("another team reads how it ended")
		}
		wantKind(t, w.Reopen(w.karim, id, "Elle revient"), errs.NotFound)
		for ctx, reopenable := range map[string]bool{"claire": true, "karim": false} {
			c := w.claire
			if ctx == "karim" {
				c = w.karim
			}
			found, err := w.cases.Search(c, "hadad samira", "", 10)
			must(t, err)
			if len(found.Items) != 1 || !found.Items[0].Ended || found.Items[0].Openable || found.Items[0].Reopenable != reopenable || found.Items[0].TeamName != "Polyvalence" {
				t.Errorf("%s finds %+v", ctx, found.Items)
			}
		}

		// The person still reads what is theirs, and whom to ask.
		own, err := w.ReadOwn(w.herself(id))
		must(t, err)
		if len(own.Cases) != 0 || len(own.Closings) != 1 || own.Closings[0].Remains != end.Remains {
			t.Errorf("%+v", own)
		}
		if _, err := w.cases.OpenOwn(w.herself(id), 0); err != nil {
			t.Error(err)
		}

		wantField(t, w.Reopen(w.hugo, id, " "), "why", "errs.caseload.reopen_why")
		must(t, w.Reopen(w.hugo, id, "Elle est revenue à l'accueil"))
		must(t, w.Reopen(w.hugo, id, "Elle est revenue à l'accueil"))
		f = w.follow(w.claire, id)
		if !f.Open || len(f.Cases) != 2 || f.Cases[1].Reopens != f.Cases[0].ID || f.Cases[1].Referent != w.hugoID || f.Cases[0].ClosedOn != w.today() || len(f.Closings) != 1 || len(f.Steps) != 1 {
			t.Fatalf("after it began again: %+v", f)
		}
		if talk := w.made.ToTalk(w.teamA); len(talk) != 1 {
			t.Errorf("the right to verify is no longer talked about: %v", talk)
		}
		if own, err = w.ReadOwn(w.herself(id)); err != nil || len(own.Closings) != 0 || len(own.Cases) != 1 {
			t.Errorf("%+v, %v", own, err)
		}
	})
}

// Of two teams one ends: the other goes on, and the first knows nothing more.
func TestOneOfTwoTeamsEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, other := w.person("Samira", "Haddad"), w.personB("Samira", "Hadad")
		both := w.both(id, other)
		must(t, merge.New(w.cases).Merge(both, merge.Input{Keep: id, Other: other}))
		f := w.follow(w.claire, id)
		wantKind(t, w.Close(w.claire, id, caseload.ClosingInput{Case: f.Cases[1].ID, Version: 1, Reason: caseload.EndDone, Unreached: true, Who: "accueil"}), errs.Forbidden)
		end := anEnd(caseload.Follow{Cases: f.Cases[:1]})
		must(t, w.Close(w.claire, id, end))
		if w.reads(w.claire, id) || !w.reads(w.karim, id) {
			t.Error("the wrong team ended")
		}
		if f := w.follow(w.claire, id); f.Open || len(f.Cases) != 1 {
			t.Errorf("%+v", f)
		}
		must(t, w.Reopen(w.claire, id, "Elle revient"))
		if !w.reads(w.claire, id) {
			t.Error("not begun again")
		}
	})
}
