package death_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/death"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

type world struct {
	*casetest.World
	deaths *death.Service
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})}
		var err error
		w.deaths, err = death.New(w.Service, nil)
		must(t, err)
		fn(t, w)
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("error %v, want kind %d", err, kind)
	}
}

func on(t testing.TB, s string) death.Input {
	t.Helper()
	d, err := core.ParsePartialDate(s)
	must(t, err)
	return death.Input{On: d, Source: casefile.SourceSaid}
}

func (w *world) add(file core.ID, in casefile.HouseholdInput) core.ID {
	w.T.Helper()
	id, err := w.AddToHousehold(w.Claire, file, in)
	must(w.T, err)
	return id
}

func (w *world) home(file core.ID) casefile.HouseholdView {
	w.T.Helper()
	v, err := w.Household(w.Claire, file, core.Date{})
	must(w.T, err)
	return v
}

func lives(v casefile.HouseholdView, id core.ID) bool {
	return slices.ContainsFunc(v.Members, func(m casefile.Member) bool { return m.Person == id })
}

// A couple with two children, each with a file of their own: he dies.
func TestADeathFreezesOneFileAndLeavesTheOthersStanding(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		his := w.Person("Youssef", "Amrani", "1980-02-01")
		hers := w.Person("Salma", "Amrani", "1982-05-06")
		kid := w.add(hers, casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Ilyes", UsualName: "Amrani", Birth: core.PartialDate{Year: 2015}}, LivesIn: true, Relation: casefile.RelationChild})
		w.add(hers, casefile.HouseholdInput{Person: his, LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married, Since: core.Date{Year: 2010, Month: 4, Day: 3}, ParentOf: []core.ID{kid}})
		_, err := plan.New(w.Service).AddStep(w.Claire, his, plan.StepInput{Title: "Renouveler la carte", Who: casefile.Together, DueOn: casetest.Today().AddDays(2)})
		must(t, err)
		must(t, w.Recompute(w.Claire, his, 0))
		must(t, w.Recompute(w.Claire, hers, 0))
		before, err := w.OpenFile(w.Claire, hers, core.Month(2026*12+3)) // April
		must(t, err)

		for input, want := range map[string]string{"": "errs.life.date_missing", "2026-06-12": "errs.life.date_future", "1979": "errs.life.before_birth"} {
			var fields errs.Fields
			if err := w.deaths.Record(w.Claire, his, his, on(t, input)); !errors.As(err, &fields) || fields[0].Key != want {
				t.Fatalf("%q: %v, want %s", input, err, want)
			}
		}
		bad := on(t, "2026-05-20")
		bad.Source, bad.Detail = "rumour", strings.Repeat("x", 301)
		if err := w.deaths.Record(w.Claire, his, his, bad); !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		if err := w.deaths.Record(w.Karim, his, his, on(t, "2026-05-20")); !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
			t.Fatal(err)
		}
		if err := w.deaths.Record(w.Claire, hers, his, on(t, "2026-05-20")); !errs.Is(err, errs.Forbidden) {
			t.Fatalf("recorded from another's file: %v", err)
		}

		must(t, w.deaths.Record(w.Claire, his, his, on(t, "2026-05-20")))
		must(t, w.deaths.Record(w.Claire, his, his, on(t, "2026-05-20")))
		wantKind(t, w.deaths.Record(w.Claire, his, his, on(t, "2026-05-21")), errs.Conflict)

		// His file is read and no longer written.
		file, err := w.OpenFile(w.Claire, his, 0)
		must(t, err)
		if file.Case.Died.String() != "2026-05-20" {
			t.Errorf("died %v", file.Case.Died)
		}
		p, err := w.Service.Person(w.Claire, his)
		must(t, err)
		for name, write := range map[string]func() error{
			"identity": func() error { return w.UpdatePerson(w.Claire, p) },
			"step": func() error {
				_, err := plan.New(w.Service).AddStep(w.Claire, his, plan.StepInput{Title: "x", Who: casefile.Together})
				return err
			},
			"household": func() error {
				_, err := w.AddToHousehold(w.Claire, his, casefile.HouseholdInput{LivesIn: true, Identity: casefile.Identity{UsualName: "X"}})
				return err
			},
			"contact": func() error { return w.TouchContact(w.Claire, his) },
			"facts":   func() error { _, err := w.SaveFacts(w.Claire, his, nil); return err },
			"decision": func() error {
				_, err := w.Decide(w.Claire, his, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim})
				return err
			},
		} {
			err := write()
			one, ok := errors.AsType[*errs.Error](err)
			if !ok || one.Key != "errs.life.frozen" || one.Kind != errs.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantKind(t, w.Recompute(w.Claire, his, 0), errs.Forbidden)
		due, err := plan.New(w.Service).Mine(w.Claire, "", 10)
		must(t, err)
		talk := w.ToTalk(w.TeamA)
		if len(due.Items) > 0 || slices.ContainsFunc(talk, func(line string) bool { return strings.HasPrefix(line, string(his)) }) {
			t.Errorf("the first page speaks of him: %v %v", due.Items, talk)
		}
		found, err := w.Search(w.Claire, "youssef amrani", "", 5)
		must(t, err)
		if len(found.Items) != 1 || found.Items[0].Died.String() != "2026-05-20" {
			t.Errorf("found as living: %+v", found.Items)
		}
		other, err := w.Search(w.Karim, "youssef amrani", "", 5)
		must(t, err)
		if !other.Items[0].Died.IsZero() {
			t.Error("another team reads the death")
		}
		himself := core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: his, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
		_, err = w.OpenOwn(himself, 0)
		wantKind(t, err, errs.Forbidden)

		// Hers stands: from the day he is gone, the months before are as they were.
		now := w.home(hers)
		if lives(now, his) || now.Humans[his].Died.IsZero() || len(now.Groups.Family.Parents) != 1 {
			t.Errorf("her household now: %+v", now.Members)
		}
		then, err := w.Household(w.Claire, hers, core.Date{Year: 2026, Month: 5, Day: 19})
		must(t, err)
		if !lives(then, his) || len(then.Groups.Family.Parents) != 2 {
			t.Errorf("her household the day before: %+v", then.Members)
		}
		after, err := w.OpenFile(w.Claire, hers, core.Month(2026*12+3))
		must(t, err)
		if len(after.Household.Members) != len(before.Household.Members) || after.Stale != before.Stale {
			t.Error("a month before the death changed")
		}
		if _, err := plan.New(w.Service).AddStep(w.Claire, hers, plan.StepInput{Title: "Demander la réversion", Who: casefile.Together}); err != nil {
			t.Errorf("her file no longer changes: %v", err)
		}
		fresh, err := w.OpenFile(w.Claire, hers, 0)
		must(t, err)
		if fresh.Stale != casefile.Fresh {
			t.Errorf("her rights are not computed for the household of now: %v", fresh.Stale)
		}

		// A mistake: everything as before.
		must(t, w.deaths.Undo(w.Claire, his, his))
		must(t, w.deaths.Undo(w.Claire, his, his))
		now = w.home(hers)
		if !lives(now, his) || !now.Humans[his].Died.IsZero() || len(now.Groups.Family.Parents) != 2 {
			t.Errorf("after the mistake was taken back: %+v", now.Members)
		}
		p, err = w.Service.Person(w.Claire, his)
		must(t, err)
		must(t, w.UpdatePerson(w.Claire, p))
		if due, err = plan.New(w.Service).Mine(w.Claire, "", 10); err != nil || len(due.Items) != 1 {
			t.Errorf("%v %v", due.Items, err)
		}
		must(t, w.deaths.Record(w.Claire, his, his, on(t, "2026-05")))
		if then, err = w.Household(w.Claire, hers, core.Date{Year: 2026, Month: 5, Day: 30}); err != nil || !lives(then, his) {
			t.Errorf("a month alone counts from its last day: %v", err)
		}
	})
}

// Somebody of the household without a file of their own.
func TestADeathInTheHousehold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hers := w.Person("Salma", "Amrani", "1982")
		mother := w.add(hers, casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Zineb", UsualName: "Alaoui", Birth: core.PartialDate{Year: 1950}}, LivesIn: true, Relation: casefile.RelationParent})
		stranger := w.Person("Odile", "Tessier", "1972")
		wantKind(t, w.deaths.Record(w.Claire, hers, stranger, on(t, "2026-06-01")), errs.NotFound)
		must(t, w.deaths.Record(w.Claire, hers, mother, on(t, "2026-06-01")))
		if v := w.home(hers); lives(v, mother) || v.Humans[mother].Died.String() != "2026-06-01" {
			t.Errorf("%+v", v.Members)
		}
		v, err := w.deaths.Read(w.Claire, hers, mother)
		must(t, err)
		if v.Recorded.ID == "" || v.ByName != "Claire Maurel" || v.Human.FirstName != "Zineb" {
			t.Errorf("%+v", v)
		}
		must(t, w.TouchContact(w.Claire, hers))
		must(t, w.deaths.Undo(w.Claire, hers, mother))
		if v := w.home(hers); !lives(v, mother) {
			t.Errorf("%+v", v.Members)
		}
	})
}

// told remembers whose ways in were to stop.
type told struct{ files []core.ID }

func (w *told) Died(_ *db.Tx, _ core.ID, files []core.ID) error {
	w.files = append(w.files, files...)
	return nil
}

// What lets somebody in stops with the death, in each file that they are, once.
func TestADeathTellsWhatLetsThemIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ways := &told{}
		deaths, err := death.New(w.Service, ways)
		must(t, err)
		file, twin := w.Person("Rose", "Petit", "1941-01-01"), w.Person("Rose", "Petit", "1941")
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: file, Other: twin}))
		must(t, deaths.Record(w.Claire, file, file, on(t, "2026-05-20")))
		must(t, deaths.Record(w.Claire, file, file, on(t, "2026-05-20")))
		slices.Sort(ways.files)
		want := []core.ID{file, twin}
		slices.Sort(want)
		if !slices.Equal(ways.files, want) {
			t.Errorf("told of %v, want %v", ways.files, want)
		}
		must(t, deaths.Undo(w.Claire, file, file))
		if len(ways.files) != 2 {
			t.Error("taking it back opens something")
		}
	})
}
