package outlook_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/rights"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func partial(t *testing.T, s string) core.PartialDate {
	t.Helper()
	d, err := core.ParsePartialDate(s)
	must(t, err)
	return d
}

// family is a mother with three children, one of whom turns 25 in October, and a
// rent that is announced to rise in September.
func family(t *testing.T, w *casetest.World) core.ID {
	t.Helper()
	id := w.Person("Samira", "Haddad", "1975-02-03")
	for _, c := range []struct{ name, birth string }{{"Yanis", "2001-10-05"}, {"Lina", "2015-01-20"}, {"Adam", "2018-03-02"}} {
		_, err := w.AddToHousehold(w.Claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: c.name, UsualName: "Haddad", Birth: partial(t, c.birth)}, LivesIn: true, Relation: casefile.RelationChild,
		})
		must(t, err)
	}
	home, err := w.Household(w.Claire, id, casetest.Today())
	must(t, err)
	at := casefile.Subject{Kind: casefile.AboutDwelling, ID: home.ID}
	for _, rent := range []casefile.FactInput{
		{Value: "500", From: partial(t, "2026-01"), Until: partial(t, "2026-08")},
		{Value: "600", From: partial(t, "2026-09")},
	} {
		rent.Variable, rent.Subject, rent.State, rent.Source = "loyer", at, casefile.Known, casefile.SourceSaid
		_, err := w.SaveFacts(w.Claire, id, []casefile.FactInput{rent})
		must(t, err)
	}
	return id
}

func each(t *testing.T, fn func(t *testing.T, w *casetest.World, law *casetest.SmallLaw, s *outlook.Service)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		law := &casetest.SmallLaw{Name: "law-1"}
		w := casetest.New(t, d, law)
		fn(t, w, law, outlook.New(w.Service))
	})
}

func TestTwelveMonthsAndWhy(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, law *casetest.SmallLaw, s *outlook.Service) {
		id := family(t, w)
		o, err := s.Read(w.Claire, id)
		must(t, err)
		if o.Computed != 0 || o.Stale != casefile.NeverDone {
			t.Errorf("before anything is computed: %+v", o)
		}
		must(t, s.Compute(w.Claire, id))
		runs := law.Runs
		o, err = s.Read(w.Claire, id)
		must(t, err)
		if law.Runs != runs {
			t.Error("reading evaluates")
		}
		if o.Stale != casefile.Fresh || o.First != rights.MonthOf(2026, 6) || len(o.Rights) != 2 || len(o.Rights[0].Points) != outlook.Months {
			t.Fatalf("the outlook: %+v", o)
		}
		af, al := o.Rights[0].Points, o.Rights[1].Points
		// October is month 4: on the 1st of November Yanis is 25.
		if af[4].Amount != 20_000 || af[5].Amount != 10_000 || al[2].Amount != 25_000 || al[3].Amount != 30_000 {
			t.Errorf("af %+v, aide_logement %+v", af, al)
		}
		if len(o.Changes) != 2 {
			t.Fatalf("changes: %+v", o.Changes)
		}
		rent, child := o.Changes[0], o.Changes[1]
		if rent.Right != "aide_logement" || rent.Month != rights.MonthOf(2026, 9) || len(rent.Causes) != 1 || rent.Causes[0].Kind != outlook.FactStarts ||
			rent.Causes[0].Variables[0] != "loyer" {
			t.Errorf("why the rent changes it: %+v", rent)
		}
		if child.Right != "af" || child.Month != rights.MonthOf(2026, 11) || len(child.Causes) != 1 || child.Causes[0].Kind != outlook.Birthday ||
			child.Causes[0].Age != 25 || child.Causes[0].Month != rights.MonthOf(2026, 10) || o.Humans[child.Causes[0].Subject.ID] != "Yanis" {
			t.Errorf("why the child changes it: %+v", child)
		}
	})
}

func TestOutlookFollowsFactsLawAndPermissions(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, law *casetest.SmallLaw, s *outlook.Service) {
		id := family(t, w)
		if err := s.Compute(w.Karim, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team computes: %v", err)
		}
		if _, err := s.Read(w.Karim, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("another team reads: %v", err)
		}
		lines := w.Lines(id)
		must(t, s.Compute(w.Claire, id))
		if w.Lines(id) != lines+1 {
			t.Error("the calculation is not in the journal")
		}
		must(t, s.Compute(w.Claire, id)) // again: the row is replaced
		home, err := w.Household(w.Claire, id, casetest.Today())
		must(t, err)
		f := casefile.FactInput{Variable: "loyer", Value: "700", From: partial(t, "2027-01"), State: casefile.Known, Source: casefile.SourceSaid,
			Subject: casefile.Subject{Kind: casefile.AboutDwelling, ID: home.ID}}
		_, err = w.SaveFacts(w.Claire, id, []casefile.FactInput{f})
		must(t, err)
		o, err := s.Read(w.Claire, id)
		must(t, err)
		if o.Stale != casefile.FactsChanged || len(o.Rights) != 2 {
			t.Errorf("after a fact: %q", o.Stale)
		}
		law.Name = "law-2"
		if o, err = s.Read(w.Claire, id); err != nil || o.Stale != casefile.LawChanged {
			t.Errorf("after a law: %q, %v", o.Stale, err)
		}
	})
}

func TestAFailedOutlookStoresNothing(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World, law *casetest.SmallLaw, s *outlook.Service) {
		id := family(t, w)
		law.Fail = errs.New(errs.Internal, "")
		if err := s.Compute(w.Claire, id); !errs.Is(err, errs.Internal) {
			t.Errorf("a failing engine: %v", err)
		}
		if o, err := s.Read(w.Claire, id); err != nil || o.Computed != 0 {
			t.Errorf("stored in spite of it: %+v, %v", o, err)
		}
	})
}
