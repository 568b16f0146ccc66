package casefile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
)

// Two people of the same name are held for one by mistake: neither reads, in their own
// space, what the other said, who lives with them, what they decided or plan.
func TestAMistakenMergeShowsNobodyTheOther(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := map[core.ID]string{w.person("Samira", "Haddad", "1985"): "Lina", w.person("Samira", "Haddad", "1985-02-03"): "Oscar"}
		var both []core.ID
		for id, child := range people {
			both = append(both, id)
			kid, err := w.AddToHousehold(w.claire, id, casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild,
				Identity: casefile.Identity{GivenNames: child, UsualName: "Haddad", Birth: core.PartialDate{Year: 2015}}})
			must(t, err)
			w.say(id, "salaire_net", "2026-01", map[string]string{"Lina": "911.11", "Oscar": "922.22"}[child])
			_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{{Variable: "nationalite", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: kid},
				From: core.PartialDate{Year: 2026, Month: 1}, State: casefile.Known, Value: "pays de " + child, Source: casefile.SourceSaid}})
			must(t, err)
			_, err = w.plans.AddStep(w.claire, id, plan.StepInput{Title: "Inscrire " + child + " à la cantine", Who: casefile.Together})
			must(t, err)
			_, err = w.plans.AddExpectation(w.claire, id, plan.ExpectationInput{Words: "Que " + child + " aille mieux", SaidOn: today()})
			must(t, err)
			_, err = w.Decide(w.claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim, Detail: "pour " + child})
			must(t, err)
		}
		keep, other := both[0], both[1]
		w.merge(w.claire, keep, other)
		must(t, outlook.New(w.Service).Compute(w.claire, keep))
		for _, id := range both {
			me, mine := w.self(id), people[id]
			theirs, wage := "Oscar", "922.22"
			if mine == theirs {
				theirs, wage = "Lina", "911.11"
			}
			facts, more, err := w.OwnSituation(me)
			must(t, err)
			if id == keep && !more {
				t.Error("it is not said that there is more to read with a worker")
			}
			own, err := w.OpenOwn(me, 0)
			must(t, err)
			plan, err := w.plans.ReadOwn(me)
			must(t, err)
			ahead, err := outlook.New(w.Service).Read(me, id)
			must(t, err)
			ahead.Humans = nil // names for causes, and there is no cause
			b, err := json.Marshal([]any{facts, own, plan, ahead})
			must(t, err)
			for _, word := range []string{theirs, wage} {
				if strings.Contains(string(b), word) {
					t.Errorf("%s reads %s in %s", mine, word, b)
				}
			}
			for _, word := range []string{"Inscrire " + mine, "Que " + mine, "pour " + mine, "pays de " + mine} {
				if !strings.Contains(string(b), word) {
					t.Errorf("%s no longer reads %q of their own", mine, word)
				}
			}
			if own.Stale == casefile.FactsChanged {
				t.Error("the results are said to be old because a part of the facts is not theirs to read")
			}
		}
	})
}
