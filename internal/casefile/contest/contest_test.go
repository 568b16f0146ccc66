package contest_test

import (
	"context"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/contest"
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

// house is a couple with a child; each fact is in the mother's file.
type house struct {
	*casetest.World
	t                  *testing.T
	s                  *contest.Service
	mother, man, child core.ID
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &house{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"}), t: t}
		h.s = contest.New(h.Service)
		h.mother = h.Person("Samira", "Haddad", "1985-02-03")
		h.man = h.Person("Karim", "Haddad", "1984-05-09")
		_, err := h.AddToHousehold(h.Claire, h.mother, casefile.HouseholdInput{Person: h.man, LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married})
		must(t, err)
		h.child, err = h.AddToHousehold(h.Claire, h.mother, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: "Lina", UsualName: "Haddad", Birth: core.PartialDate{Year: 2015, Month: 1, Day: 20}}, LivesIn: true, Relation: casefile.RelationChild})
		must(t, err)
		for _, who := range []core.ID{h.mother, h.man, h.child} {
			h.save(who, "1200")
		}
		fn(t, h)
	})
}

func (h *house) save(subject core.ID, wage string) {
	h.t.Helper()
	_, err := h.SaveFacts(h.Claire, h.mother, []casefile.FactInput{{Variable: "salaire_net", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: subject},
		State: casefile.Known, Value: wage, Source: casefile.SourceSaid}})
	must(h.t, err)
}

func (h *house) self(person core.ID) context.Context {
	return core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: person, Org: core.ActorFrom(h.Claire).Org, AAL: 2})
}

func (h *house) own() map[core.ID]core.ID {
	h.t.Helper()
	f, _, err := h.OwnSituation(h.self(h.mother))
	must(h.t, err)
	facts := map[core.ID]core.ID{}
	for _, l := range f.Facts {
		facts[l.Subject.ID] = l.ID
	}
	return facts
}

// TestOwnSituation: what stands in a file about another adult is not shown to its
// person, and nothing of it shows to that adult either.
func TestOwnSituation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f, more, err := h.OwnSituation(h.self(h.mother))
		must(t, err)
		facts := h.own()
		if facts[h.mother] == "" || facts[h.child] == "" || facts[h.man] != "" || !more || len(f.Rights) != 0 {
			t.Errorf("facts %v, more %v", facts, more)
		}
		if _, there := f.Household.Humans[h.man]; there {
			t.Error("the other adult shows")
		}
		his, _, err := h.OwnSituation(h.self(h.man))
		must(t, err)
		if len(his.Facts) != 0 {
			t.Errorf("his own file says %v", his.Facts)
		}
		if _, _, err := h.OwnSituation(h.Claire); err == nil {
			t.Error("a worker reads an own situation")
		}
	})
}

// TestContest: said by the person, answered by the team, read by the person.
func TestContest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		me := h.self(h.mother)
		fact := h.own()[h.mother]
		before := h.Lines(h.mother)
		id, err := h.s.Say(me, fact, " C'est 1 150 €. ")
		must(t, err)
		if h.Lines(h.mother) != before+2 {
			t.Errorf("%d lines, want the reading and the contest", h.Lines(h.mother)-before)
		}
		if _, err := h.s.Say(me, fact, "Encore."); !errs.Is(err, errs.Conflict) {
			t.Errorf("twice: %v, want Conflict", err)
		}
		wait, err := h.s.Waiting(h.Claire)
		must(t, err)
		if len(wait) != 1 || wait[0].Person != h.mother || wait[0].Since != casetest.Today() {
			t.Errorf("waiting %+v", wait)
		}
		if wait, err = h.s.Waiting(h.Karim); err != nil || len(wait) != 0 {
			t.Errorf("another team: %+v, %v", wait, err)
		}
		list, err := h.s.OfFile(h.Claire, h.mother)
		must(t, err)
		if len(list) != 1 || list[0].Words != "C'est 1 150 €." || list[0].Fact != fact || list[0].State != contest.Open {
			t.Errorf("of the file %+v", list)
		}
		if _, err := h.s.OfFile(h.Karim, h.mother); err == nil {
			t.Error("another team reads a contest")
		}
		if err := h.s.Answer(h.Karim, h.mother, id, contest.Kept, "Non."); err == nil {
			t.Error("another team answers")
		}
		if err := h.s.Answer(h.Claire, h.man, id, contest.Kept, "Non."); !errs.Is(err, errs.Conflict) {
			t.Errorf("through the other's file: %v, want Conflict", err)
		}
		must(t, h.s.Answer(h.Claire, h.mother, id, contest.Kept, "La fiche de paie dit 1 200 €."))
		if err := h.s.Answer(h.Claire, h.mother, id, contest.Changed, "Oui."); !errs.Is(err, errs.Conflict) {
			t.Errorf("answered twice: %v, want Conflict", err)
		}
		if err := h.s.TakeBack(me, id); !errs.Is(err, errs.Conflict) {
			t.Errorf("taken back after the answer: %v, want Conflict", err)
		}
		mine, err := h.s.Own(me)
		must(t, err)
		if len(mine) != 1 || mine[0].State != contest.Kept || mine[0].Answer != "La fiche de paie dit 1 200 €." || mine[0].AnsweredOn != casetest.Today() {
			t.Errorf("own %+v", mine)
		}
		if wait, err = h.s.Waiting(h.Claire); err != nil || len(wait) != 0 {
			t.Errorf("waits after the answer: %+v, %v", wait, err)
		}
		again, err := h.s.Say(me, fact, "Si, regardez le mois de mai.")
		must(t, err)
		must(t, h.s.TakeBack(me, again))
	})
}

// TestContestRefused: a fact that is not theirs to read, and words that are none.
func TestContestRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		me := h.self(h.mother)
		f, err := h.OpenFile(h.Claire, h.mother, 0)
		must(t, err)
		for _, l := range f.Facts {
			if l.Subject.ID == h.man {
				if _, err := h.s.Say(me, l.ID, "Faux."); !errs.Is(err, errs.NotFound) {
					t.Errorf("a fact about another adult: %v, want NotFound", err)
				}
			}
		}
		fact := h.own()[h.mother]
		if _, err := h.s.Say(h.self(h.man), fact, "Faux."); !errs.Is(err, errs.NotFound) {
			t.Errorf("a fact of another's file: %v, want NotFound", err)
		}
		for name, words := range map[string]string{"empty": " \n ", "long": strings.Repeat("é", contest.MaxWords+1), "control": "a\x00b", "encoding": "a\xff"} {
			if _, err := h.s.Say(me, fact, words); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v, want Invalid", name, err)
			}
		}
		id, err := h.s.Say(me, fact, "Faux.")
		must(t, err)
		for _, in := range []struct {
			state contest.State
			words string
		}{{contest.Open, "Oui."}, {contest.TakenBack, "Oui."}, {contest.Changed, ""}} {
			if err := h.s.Answer(h.Claire, h.mother, id, in.state, in.words); !errs.Is(err, errs.Invalid) {
				t.Errorf("%+v: %v, want Invalid", in, err)
			}
		}
		if _, err := h.s.Say(h.Claire, fact, "Faux."); err == nil {
			t.Error("a worker contests in the person's name")
		}
	})
}
