package casefile_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// TestManyTabsAtTheSameInstant: every version is kept, one counts, and everybody
// else is told; on PostgreSQL the transactions really run side by side.
func TestManyTabsAtTheSameInstant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, replaces := range []bool{false, true} {
			id := w.person("Samira", "Haddad", "1992")
			var shown core.ID
			if replaces {
				saved, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("100")})
				must(t, err)
				shown = saved[0].ID
			}
			const tabs = 8
			var wg sync.WaitGroup
			failures := make(chan error, tabs)
			for n := range tabs {
				wg.Go(func() {
					in := rent(fmt.Sprint(500 + n))
					in.Replaces = shown
					_, err := w.SaveFacts(casefile.ComputeLater(w.claire), id, []casefile.FactInput{in})
					failures <- err
				})
			}
			wg.Wait()
			close(failures)
			saved, told := 0, 0
			for err := range failures {
				var conflict *casefile.FactConflict
				switch {
				case err == nil:
					saved++
				case errors.As(err, &conflict):
					told++
				default:
					t.Errorf("replaces %t: %v", replaces, err)
				}
			}
			if saved != 1 || told != tabs-1 {
				t.Errorf("replaces %t: %d saved and %d told, want 1 and %d", replaces, saved, told, tabs-1)
			}
			if l := line(t, w, id, "loyer"); len(l.Waiting) != tabs-1 || len(l.Conflicts) != tabs-1 {
				t.Errorf("replaces %t: %d wait, %d choices; want %d", replaces, len(l.Waiting), len(l.Conflicts), tabs-1)
			}
		}
	})
}

// TestAChoiceIsBetweenTheTwoThatDisagree: the fact that holds this month may be a
// later one, which the choice leaves alone.
func TestAChoiceIsBetweenTheTwoThatDisagree(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		raise := rent("560")
		raise.From = core.PartialDate{Year: 2026, Month: 1}
		saved, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("530"), raise})
		must(t, err)
		one, two := rent("535"), rent("540")
		one.Replaces, two.Replaces = saved[0].ID, saved[0].ID
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{one})
		must(t, err)
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{two})
		wantKind(t, err, errs.Conflict)

		l := line(t, w, id, "loyer")
		if l.Value != "560" || len(l.Conflicts) != 1 || l.Conflicts[0].Theirs.Value != "535" || l.Conflicts[0].Yours.Value != "540" {
			t.Fatalf("line %s, choices %+v; want 535 or 540", l.Value, l.Conflicts)
		}
		pair := l.Conflicts[0]
		wantKind(t, w.ChooseFact(w.claire, id, pair.Yours.ID, l.ID), errs.Conflict) // the raise has no part in it
		wantKind(t, w.ChooseFact(w.claire, id, l.ID, pair.Yours.ID), errs.Conflict)
		wantKind(t, w.ChooseFact(w.claire, id, pair.Theirs.ID, l.ID), errs.Conflict)
		must(t, w.ChooseFact(w.claire, id, pair.Yours.ID, pair.Theirs.ID))
		if l = line(t, w, id, "loyer"); l.Value != "560" || len(l.Conflicts) != 0 {
			t.Errorf("after the choice: %s, %+v", l.Value, l.Conflicts)
		}
		f, err := w.OpenFile(w.claire, id, core.Month(2025*12+10))
		must(t, err)
		if f.Facts[0].Value != "540" {
			t.Errorf("in November 2025 the rent is %s, want 540", f.Facts[0].Value)
		}
	})
}

// TestAChoiceAfterTheOtherMoved: the believed fact was dated otherwise meanwhile,
// and a new one stands at the waiting one's date.
func TestAChoiceAfterTheOtherMoved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		saved, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("530")})
		must(t, err)
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{rent("540")})
		wantKind(t, err, errs.Conflict)
		moved := rent("531")
		moved.From, moved.Replaces = core.PartialDate{Year: 2025, Month: 11}, saved[0].ID
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{moved})
		must(t, err)
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{rent("520")})
		must(t, err)
		l := line(t, w, id, "loyer")
		if len(l.Conflicts) != 1 || l.Conflicts[0].Theirs.Value != "531" {
			t.Fatalf("choices %+v", l.Conflicts)
		}
		must(t, w.ChooseFact(w.claire, id, l.Conflicts[0].Yours.ID, l.Conflicts[0].Theirs.ID))
		if l = line(t, w, id, "loyer"); l.Value != "540" || len(l.Conflicts) != 0 {
			t.Errorf("after the choice: %s, %+v", l.Value, l.Conflicts)
		}
	})
}

func TestASubjectHasOneWriting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		wage := casefile.FactInput{Variable: "salaire_net", From: core.PartialDate{Year: 2026, Month: 1}, State: casefile.Known, Value: "900", Source: casefile.SourceSaid}
		saved, err := w.SaveFacts(w.claire, id, []casefile.FactInput{wage})
		must(t, err)
		if want := (casefile.Subject{Kind: casefile.AboutPerson, ID: id}); saved[0].Subject != want {
			t.Errorf("subject %+v, want %+v", saved[0].Subject, want)
		}
		for _, kind := range []casefile.SubjectKind{"someone", casefile.AboutDwelling} {
			wage.Subject.Kind = kind
			_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{wage})
			wantKind(t, err, errs.Invalid)
		}
	})
}

func TestAForgedPageIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.person("Samira", "Haddad", "1992")
		for _, raw := range []string{"0\x00\xff\x00", "0\x00a\x00x", "0\x00a\x00\xff", "0\x00a", "x\x00a\x00", "0\x00a\x00b\x00c"} {
			after := base64.RawURLEncoding.EncodeToString([]byte(raw))
			_, err := w.Search(w.claire, "haddad", after, 10)
			wantKind(t, err, errs.Invalid)
			_, err = w.ListFiles(w.claire, after, 10)
			wantKind(t, err, errs.Invalid)
		}
	})
}

// atOnce runs fn in n goroutines and returns how many succeeded; the others must
// fail with the kind.
func atOnce(t *testing.T, n int, kind errs.Kind, fn func(n int) error) (succeeded int) {
	t.Helper()
	failures := make(chan error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { failures <- fn(i) })
	}
	wg.Wait()
	close(failures)
	for err := range failures {
		switch {
		case err == nil:
			succeeded++
		case !errs.Is(err, kind):
			t.Errorf("%v, want kind %d", err, kind)
		}
	}
	return succeeded
}

func TestGesturesAtTheSameInstant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		ctx := casefile.ComputeLater(w.claire)
		must(t, w.Recompute(w.claire, id, 0))

		kinds := casefile.DecisionKinds()
		if n := atOnce(t, len(kinds), errs.Conflict, func(n int) error {
			_, err := w.Decide(ctx, id, casefile.DecisionInput{Right: "af", Kind: kinds[n]})
			return err
		}); n != 1 {
			t.Errorf("%d decisions were written over the same one, want 1", n)
		}

		if n := atOnce(t, 4, errs.Invalid, func(n int) error {
			_, err := w.AddToHousehold(ctx, id, casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Nadia"}, Relation: casefile.RelationPartner, Couple: casefile.Married})
			return err
		}); n != 1 {
			t.Errorf("%d spouses at once, want 1", n)
		}

		codes := make(chan string, 4)
		atOnce(t, 4, errs.Conflict, func(int) error {
			sheet, err := w.MakeSheet(ctx, id, 0)
			codes <- sheet.Code
			return err
		})
		close(codes)
		first := <-codes
		for code := range codes {
			if code != first {
				t.Errorf("the same results got the codes %s and %s", first, code)
			}
		}

		alone := w.person("Ali", "Diallo", "1980")
		atOnce(t, 4, errs.Conflict, func(n int) error {
			_, err := w.AddToHousehold(ctx, alone, casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Awa"}, LivesIn: true, Relation: casefile.RelationChild})
			return err
		})
		v, err := w.Household(w.claire, alone, core.Date{})
		must(t, err)
		if len(v.Members) != 5 {
			t.Errorf("%d under the roof, want 5: one home was made, not several", len(v.Members))
		}
	})
}

func TestARightThatIsNoNameIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		for _, name := range []string{"", "af\x00", "af\xff", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "AF'"} {
			_, err := w.Decisions(w.claire, id, name)
			wantKind(t, err, errs.NotFound)
		}
		_, err := w.Decisions(w.karim, id, "af\xff")
		wantKind(t, err, errs.Forbidden) // who may not read here learns nothing more
	})
}

// TestAnotherTeamsHouseholdIsNotReadThroughAChild: a child has no file of their own,
// and is found by search; adding them here would show their parents.
func TestAnotherTeamsHouseholdIsNotReadThroughAChild(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		theirs := w.personIn(w.karim, w.teamB, "Nour", "Benali", "1990-05-06")
		child, err := w.AddToHousehold(w.karim, theirs, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: "Ilyes", UsualName: "Benali", Birth: core.PartialDate{Year: 2019, Month: 4, Day: 2}}, LivesIn: true, Relation: casefile.RelationChild})
		must(t, err)
		elsewhere, err := w.AddToHousehold(w.karim, theirs, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: "Driss", UsualName: "Alami"}, ParentOf: []core.ID{child}})
		must(t, err)
		mine := w.person("Samira", "Haddad", "1992")
		for _, human := range []core.ID{child, elsewhere} {
			for _, in := range []casefile.HouseholdInput{{Person: human, LivesIn: true}, {Person: human, Relation: casefile.RelationPartner, Couple: casefile.Married}} {
				_, err := w.AddToHousehold(w.claire, mine, in)
				wantKind(t, err, errs.NotFound)
			}
		}
		v, err := w.Household(w.claire, mine, core.Date{})
		must(t, err)
		if len(v.Humans) != 1 {
			t.Errorf("the file shows %v", v.Humans)
		}
		// Within one team, a child of separated parents lives in two homes.
		second := w.personIn(w.karim, w.teamB, "Driss", "Alami", "1988")
		_, err = w.AddToHousehold(w.karim, second, casefile.HouseholdInput{Person: child, Relation: casefile.RelationChild})
		must(t, err)
	})
}

// leaving is a law whose reader closes the page while it computes.
type leaving struct {
	*casetest.SmallLaw
	leave context.CancelFunc
}

func (l *leaving) Evaluate(ctx context.Context, p *casefile.Picture) ([]casefile.Outcome, error) {
	if l.leave != nil {
		l.leave()
	}
	return l.SmallLaw.Evaluate(ctx, p)
}

func TestRightsAreComputedForWhoeverLeftToo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		law := &leaving{SmallLaw: &casetest.SmallLaw{Name: "law-1"}}
		w := worldOf(t, d, law)
		id := w.person("Samira", "Haddad", "1992")
		ctx, leave := context.WithCancel(w.claire)
		law.leave = leave
		_, err := w.SaveFacts(ctx, id, []casefile.FactInput{rent("500")})
		must(t, err)
		if ctx.Err() == nil {
			t.Fatal("nobody left")
		}
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if f.Stale != casefile.Fresh {
			t.Errorf("stale %q after a save whose reader left", f.Stale)
		}
	})
}

func TestAChildWhoComesBackIsAChildOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		in := casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Lina"}, LivesIn: true, Relation: casefile.RelationChild}
		child, err := w.AddToHousehold(w.claire, id, in)
		must(t, err)
		v, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		for _, m := range v.Members {
			if m.Person == child {
				must(t, w.LeaveHousehold(w.claire, id, m.ID, m.Version, core.Date{Year: 2026, Month: 1, Day: 1}))
			}
		}
		in.Person = child
		_, err = w.AddToHousehold(w.claire, id, in)
		must(t, err)
		v, err = w.Household(w.claire, id, core.Date{})
		must(t, err)
		if len(v.Members) != 2 || len(v.Kin) != 1 {
			t.Errorf("%d people and %d relations, want 2 and 1", len(v.Members), len(v.Kin))
		}
		// Moving together names everybody once, whatever the form repeats.
		_, err = w.MoveHome(w.claire, id, []core.ID{child, id, child}, core.Date{Year: 2026, Month: 6, Day: 1})
		must(t, err)
		v, err = w.Household(w.claire, id, core.Date{})
		must(t, err)
		if len(v.Members) != 2 {
			t.Errorf("%d people in the new home, want 2", len(v.Members))
		}
	})
}
