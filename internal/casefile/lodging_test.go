package casefile_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

func wantFieldKey(t testing.TB, err error, field, key string) {
	t.Helper()
	var fields errs.Fields
	if !errors.As(err, &fields) || !slices.ContainsFunc(fields, func(e *errs.Error) bool { return e.Field == field && (key == "" || e.Key == key) }) {
		t.Errorf("%v, want %s on %s", err, key, field)
	}
}

// A child is born: under the roof from that day, of both parents, one right more.
func TestABirth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992-02-03")
		him, err := w.AddToHousehold(w.claire, id, casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "Morel", GivenNames: "Karim", Birth: core.PartialDate{Year: 1990}},
			LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married})
		must(t, err)
		_, err = w.AddToHousehold(w.claire, id, casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "Morel", GivenNames: "Adam", Birth: core.PartialDate{Year: 2015}},
			LivesIn: true, Relation: casefile.RelationChild, OtherParent: him})
		must(t, err)
		born := core.Date{Year: 2026, Month: 5, Day: 20}
		in := casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "Morel", GivenNames: "Nour", Birth: core.PartialDate{Year: 2026, Month: 5, Day: 20}},
			LivesIn: true, From: born, Relation: casefile.RelationChild, OtherParent: him}
		child, err := w.AddToHousehold(w.claire, id, in)
		must(t, err)

		before, err := w.Household(w.claire, id, born.AddDays(-1))
		must(t, err)
		after, err := w.Household(w.claire, id, born)
		must(t, err)
		if len(before.Members) != 3 || len(after.Members) != 4 || !slices.Contains(after.Groups.Family.Children, child) {
			t.Errorf("before %+v, after %+v", before.Members, after.Groups.Family)
		}
		parents := 0
		for _, k := range after.Kin {
			if k.Kind == casefile.ParentOf && k.B == child && (k.A == id || k.A == him) {
				parents++
			}
		}
		if parents != 2 {
			t.Errorf("%d parents", parents)
		}
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if r := right(t, f, "af").Result; r == nil || r.Amount != 10_000 {
			t.Errorf("the rights were not computed with the child: %+v", r)
		}

		// The other parent is somebody that the household shows, old enough, and of a child only.
		stranger := w.person("Odile", "Blin", "1970")
		in.OtherParent = stranger
		_, err = w.AddToHousehold(w.claire, id, in)
		wantKind(t, err, errs.NotFound)
		in.OtherParent = child
		_, err = w.AddToHousehold(w.claire, id, in)
		wantFieldKey(t, err, "relation", "errs.casefile.parent_too_young")
		in.OtherParent, in.Relation = him, casefile.RelationNone
		_, err = w.AddToHousehold(w.claire, id, in)
		wantFieldKey(t, err, "relation", "errs.casefile.choice_unknown")
		again, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		if len(again.Members) != 4 {
			t.Errorf("a refused birth left a child: %+v", again.Members)
		}
	})
}

// A guest comes for some weeks; then the person and her child go to somebody's.
func TestPeopleHoused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		day := func(month time.Month, day int) core.Date { return core.Date{Year: 2026, Month: month, Day: day} }
		id := family(t, w)
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("500")})
		must(t, err)
		guest := casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "Sow", GivenNames: "Awa"}, LivesIn: true, Housed: true, From: day(6, 1), Until: day(6, 1)}
		_, err = w.AddToHousehold(w.claire, id, guest)
		wantFieldKey(t, err, "until", "errs.casefile.dates_order")
		guest.Until = day(9, 1)
		awa, err := w.AddToHousehold(w.claire, id, guest)
		must(t, err)
		for on, want := range map[core.Date]bool{day(5, 31).AddDays(-1): false, day(6, 1): true, day(9, 1).AddDays(-1): true, day(9, 1): false} {
			v, err := w.Household(w.claire, id, on)
			must(t, err)
			if got := slices.ContainsFunc(v.Members, func(m casefile.Member) bool { return m.Person == awa && m.Housed }); got != want {
				t.Errorf("on %s: there %t, want %t", on, got, want)
			}
		}
		_, err = w.AddToHousehold(w.claire, id, casefile.HouseholdInput{Person: awa, LivesIn: true, From: day(8, 1)})
		wantFieldKey(t, err, "person", "errs.casefile.already_there")

		host := w.person("Paul", "Renaud", "1960")
		v, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		yanis := v.Members[slices.IndexFunc(v.Members, func(m casefile.Member) bool { return v.Humans[m.Person].FirstName == "Yanis" })].Person
		stay := casefile.Lodging{Host: host, With: []core.ID{yanis}, From: day(6, 3), Until: day(12, 1)}
		for _, bad := range []struct {
			change func(l *casefile.Lodging)
			field  string
		}{
			{func(l *casefile.Lodging) { l.From = core.Date{} }, "from"},
			{func(l *casefile.Lodging) { l.From = today().AddDays(400) }, "from"},
			{func(l *casefile.Lodging) { l.Until = l.From }, "until"},
			{func(l *casefile.Lodging) { l.Host = id }, "person"},
			{func(l *casefile.Lodging) { l.Host = yanis }, "person"},
			{func(l *casefile.Lodging) { l.Host, l.Identity.GivenNames = "", "\x00" }, "given_names"},
		} {
			l := stay
			bad.change(&l)
			wantFieldKey(t, w.Lodge(w.claire, id, l), bad.field, "")
		}
		other := w.personIn(w.karim, w.teamB, "Léa", "Bon", "1980")
		l := stay
		l.Host = other
		if err := w.Lodge(w.claire, id, l); !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
			t.Errorf("somebody of another team takes them in: %v", err)
		}
		wantKind(t, w.Lodge(w.karim, id, stay), errs.Forbidden)

		must(t, w.Lodge(w.claire, id, stay))
		at, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		housed := 0
		for _, m := range at.Members {
			if m.Housed && m.From == stay.From && m.Until == stay.Until {
				housed++
			}
		}
		if len(at.Members) != 3 || housed != 2 {
			t.Errorf("at the host's: %+v", at.Members)
		}
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if r := right(t, f, "aide_logement").Result; r.Status == casefile.Probable && r.Amount != 0 {
			t.Errorf("the old rent counts at the host's: %+v", r)
		}
		his, err := w.Household(w.claire, host, core.Date{})
		must(t, err)
		if his.ID != at.ID || len(his.Members) != 3 {
			t.Errorf("the host's household: %+v", his.Members)
		}
		// The day the stay ends nobody knows where they live, until it is said.
		gone, err := w.Household(w.claire, id, stay.Until)
		must(t, err)
		if gone.ID != "" {
			t.Errorf("after the end: %+v", gone)
		}
		// They leave before the day that was planned: one home at a time.
		_, err = w.MoveHome(w.claire, id, []core.ID{yanis}, day(6, 9))
		must(t, err)
		if his, err = w.Household(w.claire, host, core.Date{}); err != nil || len(his.Members) != 1 {
			t.Errorf("the host after they moved: %+v, %v", his.Members, err)
		}

		// Nobody needs to say at whose place.
		must(t, w.Lodge(w.claire, id, casefile.Lodging{From: day(6, 10)}))
		if at, err = w.Household(w.claire, id, core.Date{}); err != nil || len(at.Members) != 1 || !at.Members[0].Housed {
			t.Errorf("at a place that was not said: %+v, %v", at.Members, err)
		}
	})
}

// An ex whom another team accompanies, and the child who lives there, are shown by her
// household; it does not let her file, and her team, into theirs.
func TestNobodyEntersTheHomeOfAnExByTheirName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hers, his := w.person("Samira", "Haddad", "1992"), w.person("Karim", "Morel", "1990")
		_, err := w.AddToHousehold(w.claire, hers, casefile.HouseholdInput{Person: his, Relation: casefile.RelationPartner, Couple: casefile.Cohabiting,
			Since: core.Date{Year: 2018, Month: 1, Day: 1}, Apart: core.Date{Year: 2025, Month: 1, Day: 1}})
		must(t, err)
		child, err := w.AddToHousehold(w.claire, hers, casefile.HouseholdInput{Relation: casefile.RelationChild, OtherParent: his,
			Identity: casefile.Identity{UsualName: "Morel", GivenNames: "Nour", Birth: core.PartialDate{Year: 2019}}})
		must(t, err)
		mother, err := w.AddToHousehold(w.claire, hers, casefile.HouseholdInput{Relation: casefile.RelationParent,
			Identity: casefile.Identity{UsualName: "Haddad", GivenNames: "Latifa", Birth: core.PartialDate{Year: 1960}}})
		must(t, err)
		must(t, w.db.Tx(context.Background(), func(tx *db.Tx) error { // he goes to the other team
			_, err := tx.Exec(`UPDATE casefile SET team_id = $1, worker_id = '' WHERE person_id = $2`, w.teamB, his)
			return err
		}))
		_, err = w.AddToHousehold(w.karim, his, casefile.HouseholdInput{Person: child, LivesIn: true, Relation: casefile.RelationNone})
		must(t, err)
		_, err = w.AddToHousehold(w.karim, his, casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationNone, Identity: casefile.Identity{UsualName: "Petit", GivenNames: "Rose"}})
		must(t, err)
		for who, host := range map[string]core.ID{"the ex": his, "the child": child} {
			err := w.Lodge(w.claire, hers, casefile.Lodging{Host: host, From: core.Date{Year: 2026, Month: 6, Day: 1}})
			if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
				t.Errorf("she is put up by %s: %v", who, err)
			}
		}
		v, err := w.Household(w.claire, hers, core.Date{})
		must(t, err)
		for _, h := range v.Humans {
			if h.FirstName == "Rose" {
				t.Error("her file shows who lives with him")
			}
		}
		must(t, w.Lodge(w.claire, hers, casefile.Lodging{Host: mother, From: core.Date{Year: 2026, Month: 6, Day: 1}}))
		must(t, w.Lodge(w.claire, hers, casefile.Lodging{Host: mother, From: core.Date{Year: 2026, Month: 6, Day: 5}})) // the same roof
	})
}
