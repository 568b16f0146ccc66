package caseload_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

func (w *world) list(f caseload.Filter) (names []string) {
	w.t.Helper()
	page, err := w.List(w.claire, f, "", 50)
	must(w.t, err)
	for _, l := range page.Items {
		names = append(names, l.Name)
	}
	return names
}

func TestTheListAndItsFilters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		zoe, anna, eloise := w.person("Zoé", "Durand"), w.person("Anna", "Bell"), w.person("Éloïse", "Cœur")
		w.personB("Karim", "Autre")
		w.step(w.claire, zoe, "Appeler", 3)
		w.step(w.claire, anna, "Écrire", 60)
		must(t, w.cases.Recompute(w.claire, eloise, 0))
		want := func(f caseload.Filter, names ...string) {
			t.Helper()
			if got := w.list(f); !slices.Equal(got, names) {
				t.Errorf("%+v lists %v, want %v", f, got, names)
			}
		}
		want(caseload.Filter{}, "Anna Bell", "Éloïse Cœur", "Zoé Durand")
		want(caseload.Filter{Referent: w.hugoID})
		want(caseload.Filter{Referent: w.claireID, Name: "coeur eloi"}, "Éloïse Cœur")
		want(caseload.Filter{Due: true}, "Zoé Durand")
		want(caseload.Filter{ToVerify: true}, "Anna Bell", "Éloïse Cœur", "Zoé Durand")
		want(caseload.Filter{Team: w.teamB})
		want(caseload.Filter{Name: "'; DROP %_"})

		tr := w.propose(zoe, caseload.TransferInput{ToTeam: w.teamA, ToWorker: w.hugoID})
		_, err := w.Accept(w.hugo, tr)
		must(t, err)
		want(caseload.Filter{Referent: w.hugoID}, "Zoé Durand")

		must(t, w.Close(w.claire, anna, anEnd(w.follow(w.claire, anna))))
		want(caseload.Filter{}, "Éloïse Cœur", "Zoé Durand")
		want(caseload.Filter{Ended: true}, "Anna Bell")
		must(t, w.Reopen(w.claire, anna, "Elle revient"))
		want(caseload.Filter{Ended: true})

		w.clock.now = w.clock.now.AddDate(0, 4, 0)
		must(t, w.db.Tx(w.claire, func(tx *db.Tx) error { // the database's own clock stands still
			_, err := tx.Exec(`UPDATE casefile SET last_contact_from_person_at = $3 WHERE org_id = $1 AND person_id = $2`,
				core.ActorFrom(w.claire).Org, eloise, w.clock.now.UnixMicro())
			return err
		}))
		want(caseload.Filter{SilentSince: w.today().AddDays(-90)}, "Anna Bell", "Zoé Durand")
		want(caseload.Filter{SilentSince: core.Date{Year: 2020, Month: time.January, Day: 1}})
		want(caseload.Filter{Due: true}, "Anna Bell", "Zoé Durand")

		_, err = w.List(w.claire, caseload.Filter{}, "not a cursor", 10)
		wantKind(t, err, errs.Invalid)
	})
}

func TestTheListPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 25 {
			w.person(fmt.Sprintf("P%c", 'a'+i%5), "Martin") // homonyms share a place
		}
		seen := map[core.ID]bool{}
		after := ""
		for range 10 {
			page, err := w.List(w.claire, caseload.Filter{}, after, 7)
			must(t, err)
			for _, l := range page.Items {
				if seen[l.Case] {
					t.Errorf("%s twice", l.Case)
				}
				seen[l.Case] = true
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("%d of 25", len(seen))
		}
	})
}

// Two files that are one person are one line.
func TestAMergedPersonIsOneLine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.person("Samira", "Haddad"), w.person("Samira", "Hadad")
		must(t, merge.New(w.cases).Merge(w.claire, merge.Input{Keep: a, Other: b}))
		if got := w.list(caseload.Filter{}); !slices.Equal(got, []string{"Samira Haddad"}) {
			t.Errorf("%v", got)
		}
	})
}

func TestACoverShowsDeadlinesAndEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad")
		w.step(w.claire, id, "Appeler le bailleur", 3)
		hers := w.personB("Karim", "Autre")
		_ = hers
		today := w.today()
		in := caseload.CoverInput{Worker: w.claireID, By: w.hugoID, From: today.AddDays(1), To: today.AddDays(10)}
		for field, bad := range map[string]caseload.CoverInput{
			"to":    {Worker: w.claireID, By: w.hugoID, From: today, To: today.AddDays(-1)},
			"cover": {Worker: w.claireID, By: w.claireID, From: today, To: today},
			"from":  {Worker: w.claireID, By: w.hugoID, To: today},
		} {
			_, err := w.AddCover(w.claire, bad)
			if err == nil {
				t.Fatalf("%s: accepted", field)
			}
		}
		_, err := w.AddCover(w.claire, caseload.CoverInput{Worker: w.claireID, By: w.karimID, From: today, To: today})
		wantField(t, err, "cover", "errs.caseload.cover_unknown")
		_, err = w.AddCover(w.karim, in)
		wantKind(t, err, errs.Forbidden)
		cover, err := w.AddCover(w.claire, in)
		must(t, err)
		if again, err := w.AddCover(w.hugo, in); err != nil || again != cover {
			t.Errorf("the same cover twice: %v, %v", again, err)
		}
		due := func() int {
			t.Helper()
			list, names, err := w.CoveredDeadlines(w.hugo)
			must(t, err)
			for _, d := range list {
				if names[d.Worker] != "Claire Maurel" || d.Name != "Samira Haddad" || d.Until != in.To {
					t.Errorf("%+v", d)
				}
			}
			return len(list)
		}
		if n := due(); n != 0 {
			t.Errorf("%d before the first day", n)
		}
		w.clock.now = w.clock.now.AddDate(0, 0, 2)
		if n := due(); n != 1 {
			t.Errorf("%d during the absence", n)
		}
		wantKind(t, w.EndCover(w.karim, cover), errs.NotFound)
		mine, err := w.MyCovers(w.hugo)
		must(t, err)
		if len(mine.List) != 1 || !mine.List[0].Holds(w.today()) || len(mine.Colleagues) != 1 {
			t.Errorf("%+v", mine)
		}
		w.clock.now = w.clock.now.AddDate(0, 0, 20)
		if n := due(); n != 0 {
			t.Errorf("%d after the last day", n)
		}
		if mine, err = w.MyCovers(w.hugo); err != nil || len(mine.List) != 0 {
			t.Errorf("%+v, %v", mine, err)
		}
		must(t, w.EndCover(w.hugo, cover))
		must(t, w.EndCover(w.claire, cover))
	})
}
