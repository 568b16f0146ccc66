package safeguard_test

import (
	"context"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/safeguard"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func worry(words string, circle ...core.ID) safeguard.Input {
	return safeguard.Input{Kind: safeguard.Worry, On: casetest.Today(), Child: "Lina, 11 ans", Words: words, To: "CRIP 79", WhyNot: "danger au domicile", Circle: circle}
}

// TestOnlyTheCircleReads: the writer and those they name, nobody else; what came after is
// added; a record that nobody reads any more is taken up with a reason.
func TestOnlyTheCircleReads(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		s, err := safeguard.New(w.Service)
		must(t, err)
		named, namedID := w.Worker("nora", "Nora Petit", w.TeamA)
		left, _ := w.Worker("luc", "Luc Autre", w.TeamA)
		file := w.Person("Samira", "Haddad", "1985-02-03")
		before := w.Lines(file)
		id, err := s.Write(w.Claire, file, worry("Elle a dit qu'elle a peur.", namedID))
		must(t, err)
		must(t, s.Add(named, file, id, "La CRIP a répondu."))
		must(t, s.Add(named, file, id, "La CRIP a répondu."))
		for who, ctx := range map[string]context.Context{"the writer": w.Claire, "who is named": named} {
			page, err := s.List(ctx, file)
			if err != nil || len(page.Records) != 1 || page.Records[0].Words != "Elle a dit qu'elle a peur." || len(page.Records[0].Follow) != 1 || page.Records[0].Told {
				t.Errorf("%s reads %+v, %v", who, page.Records, err)
			}
		}
		if page, err := s.List(left, file); err != nil || len(page.Records) != 0 || page.Alone != 0 {
			t.Errorf("a colleague who is not named reads %+v, %v", page, err)
		}
		if err := s.Add(left, file, id, "x"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a colleague who is not named writes: %v", err)
		}
		if err := s.TakeUp(left, file, "pour voir"); err != nil {
			t.Fatal(err)
		}
		if page, _ := s.List(left, file); len(page.Records) != 0 {
			t.Error("taken up while somebody reads it")
		}
		if _, err := s.List(w.Karim, file); err == nil {
			t.Error("another team reads")
		}
		self := core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: file, Org: core.ActorFrom(w.Claire).Org, AAL: 2})
		if _, err := s.List(self, file); err == nil {
			t.Error("the person reads")
		}
		if got := w.Lines(file); got != before {
			t.Errorf("%d lines about the person, %d before: their journal tells of it", got, before)
		}
		// Both leave: the record has no reader.
		must(t, d.Tx(w.Claire, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE worker SET active = 0 WHERE id <> $1`, core.ActorFrom(left).ID)
			return err
		}))
		if page, err := s.List(left, file); err != nil || page.Alone != 1 {
			t.Errorf("abandoned: %+v, %v", page, err)
		}
		if err := s.TakeUp(left, file, " "); !errs.Is(err, errs.Invalid) {
			t.Errorf("taken up without a reason: %v", err)
		}
		must(t, s.TakeUp(left, file, "Claire Maurel est partie"))
		if page, _ := s.List(left, file); len(page.Records) != 1 {
			t.Error("not taken up")
		}
	})
}

// TestFamilyTold: whether the family was told is asked, and why not; a sharing of which
// they were told is in their journal, without its content.
func TestFamilyTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		s, err := safeguard.New(w.Service)
		must(t, err)
		file := w.Person("Samira", "Haddad", "1985-02-03")
		for name, change := range map[string]func(*safeguard.Input){
			"no kind":        func(in *safeguard.Input) { in.Kind = "" },
			"no day":         func(in *safeguard.Input) { in.On = core.Date{} },
			"a day to come":  func(in *safeguard.Input) { in.On = core.Date{Year: 2030, Month: 1, Day: 1} },
			"no child":       func(in *safeguard.Input) { in.Child = " " },
			"no words":       func(in *safeguard.Input) { in.Words = "" },
			"too many words": func(in *safeguard.Input) { in.Words = strings.Repeat("a", 8001) },
			"bad bytes":      func(in *safeguard.Input) { in.To = "\xff" },
			"why not":        func(in *safeguard.Input) { in.WhyNot = "" },
			"told whom":      func(in *safeguard.Input) { in.Told = true },
			"a stranger":     func(in *safeguard.Input) { in.Circle = []core.ID{core.ActorFrom(w.Karim).ID} },
		} {
			in := worry("des faits")
			change(&in)
			if _, err := s.Write(w.Claire, file, in); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		in := worry("des faits")
		in.Kind, in.Told, in.ToldTo = safeguard.Shared, true, "la mère, le 3 juin"
		_, err = s.Write(w.Claire, file, in)
		must(t, err)
		var kinds []string
		must(t, d.Read(w.Claire, func(q db.Querier) error {
			list, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, file, casetest.Today(), casetest.Today())
			for _, e := range list {
				kinds = append(kinds, e.Kind)
			}
			return err
		}))
		if !strings.Contains(strings.Join(kinds, " "), "child.shared") {
			t.Errorf("their journal does not say it: %v", kinds)
		}
	})
}
