package casefile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// family gives Mme Haddad two children and a rent; it returns her file.
func family(t *testing.T, w *world) core.ID {
	t.Helper()
	id := w.person("Samira", "Haddad", "1992-02-03")
	for name, birth := range map[string]core.PartialDate{"Yanis": {Year: 2017, Month: 3, Day: 1}, "Lina": {Year: 2022, Month: 1, Day: 20}} {
		_, err := w.AddToHousehold(w.claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{UsualName: "Belkacem", GivenNames: name, Birth: birth}, LivesIn: true, Relation: casefile.RelationChild,
		})
		must(t, err)
	}
	return id
}

func right(t *testing.T, f *casefile.File, name string) casefile.RightLine {
	t.Helper()
	i := slices.IndexFunc(f.Rights, func(l casefile.RightLine) bool { return l.Right == name })
	if i < 0 {
		t.Fatalf("no line for %s", name)
	}
	return f.Rights[i]
}

func TestSavingComputesAndReadingDoesNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("500")})
		must(t, err)
		runs := w.engine.Runs
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if f.Stale != casefile.Fresh || w.engine.Runs != runs {
			t.Errorf("stale %q after a save, %d evaluations for a reading", f.Stale, w.engine.Runs-runs)
		}
		if r := right(t, f, "af").Result; r == nil || r.Status != casefile.Probable || r.Amount != 10_000 {
			t.Errorf("af %+v", r)
		}
		if r := right(t, f, "aide_logement").Result; r.Amount != 25_000 {
			t.Errorf("aide_logement %+v", r)
		}
		// The same facts and the same law are not computed twice.
		must(t, w.Recompute(w.claire, id, 0))
		if w.engine.Runs != runs {
			t.Error("computed again for nothing")
		}
		w.engine.Name = "law-2"
		f, err = w.OpenFile(w.claire, id, 0)
		must(t, err)
		if f.Stale != casefile.LawChanged {
			t.Errorf("stale %q under another law", f.Stale)
		}
		must(t, w.Recompute(w.claire, id, 0))
		x, err := w.Explain(w.claire, id, "af", 0)
		must(t, err)
		if x.Stale != casefile.Fresh || x.LawDigest != "law-2" || x.Detail.Law != "law-2" {
			t.Errorf("explained %+v", x)
		}
		// Another month was never computed.
		f, err = w.OpenFile(w.claire, id, 2025*12+5)
		must(t, err)
		if f.Stale != casefile.NeverDone {
			t.Errorf("June 2025: stale %q", f.Stale)
		}
		must(t, w.Recompute(w.claire, id, 2025*12+5))
		_, err = w.Explain(w.claire, id, "af", 2025*12+4)
		wantKind(t, err, errs.NotFound)
		_, err = w.Explain(w.claire, id, "rsa", 0)
		wantKind(t, err, errs.NotFound)
		wantKind(t, w.Recompute(w.claire, id, 1990*12), errs.Invalid)
	})
}

// The results kept with a calculation's row say what their own rows say.
func TestResultsKeptShort(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("500")})
		must(t, err)
		short, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		must(t, w.db.Tx(w.claire, func(tx *db.Tx) error {
			n, err := tx.Exec(`UPDATE evaluation SET results = '' WHERE results <> ''`)
			if n == 0 {
				t.Error("nothing was kept short")
			}
			return err
		}))
		whole, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if d := cmp.Diff(whole.Rights, short.Rights); d != "" {
			t.Error(d)
		}
	})
}

func TestAFailedCalculationLosesNoFact(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		w.engine.Fail = errors.New("no article settles this")
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("500")})
		must(t, err)
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if f.Stale != casefile.FactsChanged || len(f.Facts) != 1 {
			t.Errorf("stale %q, facts %v", f.Stale, f.Facts)
		}
	})
}

func TestDecisions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		talk := func() []string {
			var l []string
			for _, line := range w.made.ToTalk(w.teamA) {
				l = append(l, strings.Fields(line)[1])
			}
			return l
		}
		if got := talk(); !slices.Equal(got, []string{"af", "aide_logement"}) {
			t.Errorf("to talk about: %v", got)
		}
		first, err := w.Decide(w.claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.Receives, Amount: 15_225, Source: casefile.SourceDocument, Detail: "relevé CAF"})
		must(t, err)
		if got := talk(); !slices.Equal(got, []string{"aide_logement"}) {
			t.Errorf("once received: %v", got)
		}
		// Another tab, which had seen no decision.
		_, err = w.Decide(w.claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim})
		var conflict *casefile.DecisionConflict
		if !errors.As(err, &conflict) || conflict.Current.ID != first.ID {
			t.Fatalf("second tab: %v", err)
		}
		no, err := w.Decide(w.claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.NotWanted, NonTakeUp: casefile.NonDemand, After: first.ID})
		must(t, err)
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if l := right(t, f, "af"); !l.Silenced() || l.Decision.By != w.claireID {
			t.Errorf("af %+v", l.Decision)
		}
		// A no is a no until the person reopens it.
		_, err = w.Decide(w.claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim, After: no.ID})
		wantKind(t, err, errs.Invalid)
		must(t, w.Recompute(w.claire, id, 0))
		if got := talk(); slices.Contains(got, "af") {
			t.Errorf("a right that is not wanted comes back: %v", got)
		}
		_, err = w.Decide(w.claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.Reopened, After: no.ID})
		must(t, err)
		if got := talk(); !slices.Contains(got, "af") {
			t.Errorf("once reopened: %v", got)
		}
		history, err := w.Decisions(w.claire, id, "af")
		must(t, err)
		if len(history) != 3 || history[0].Kind != casefile.Reopened || history[2].Amount != 15_225 {
			t.Errorf("history %+v", history)
		}
		for name, bad := range map[string]casefile.DecisionInput{
			"unknown kind":    {Right: "aide_logement", Kind: "maybe"},
			"unknown right":   {Right: "rsa", Kind: casefile.ToClaim},
			"too much":        {Right: "aide_logement", Kind: casefile.Receives, Amount: 2_000_000},
			"amount for a no": {Right: "aide_logement", Kind: casefile.NotWanted, Amount: 1},
			"reason of a yes": {Right: "aide_logement", Kind: casefile.ToClaim, NonTakeUp: casefile.NonDemand},
			"from tomorrow":   {Right: "aide_logement", Kind: casefile.Receives, Since: core.Date{Year: 2026, Month: 6, Day: 12}},
			"reopen nothing":  {Right: "aide_logement", Kind: casefile.Reopened},
		} {
			if _, err := w.Decide(w.claire, id, bad); err == nil {
				t.Errorf("%s was accepted", name)
			}
		}
		if got := w.made.ToTalk(w.teamB); len(got) != 0 {
			t.Errorf("another team's rights: %v", got)
		}
	})
}

func TestQuestions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		next := func() string {
			q, ok, err := w.NextQuestion(w.claire, id)
			must(t, err)
			if !ok {
				return ""
			}
			return q.Cells[0].Of.Name
		}
		// The engine asks for nationality first; what touches the right to stay waits.
		if got := next(); got != "loyer" {
			t.Fatalf("first question %q, want loyer", got)
		}
		q, _, err := w.NextQuestion(w.claire, id)
		must(t, err)
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if f.Question != q.ID || q.Left != 3 || !slices.Equal(q.ReadBy, []string{"aide_logement"}) {
			t.Errorf("question %+v, file says %q", q, f.Question)
		}
		must(t, w.AnswerQuestion(w.claire, id, casefile.Answer{Question: q.ID, State: casefile.Unknown, Source: casefile.SourceSaid}))
		if got := next(); got != "salaire_net" {
			t.Errorf("after « je ne sais pas »: %q", got)
		}
		q, _, err = w.NextQuestion(w.claire, id)
		must(t, err)
		if len(q.Cells) != 2 {
			t.Errorf("what one pay slip says is one question: %+v", q.Cells)
		}
		err = w.AnswerQuestion(w.claire, id, casefile.Answer{Question: q.ID, State: casefile.Known, Values: map[string]string{"salaire_net": "", "salaire_imposable": " "}, Source: casefile.SourceSaid})
		wantKind(t, err, errs.Invalid)
		must(t, w.AnswerQuestion(w.claire, id, casefile.Answer{Question: q.ID, State: casefile.Refused, Source: casefile.SourceSaid}))
		if got := next(); got != "titre_sejour" {
			t.Errorf("last question %q", got)
		}
		must(t, w.AnswerQuestion(w.claire, id, casefile.Answer{Question: "titre_sejour." + string(id), State: casefile.Refused, Source: casefile.SourceSaid}))
		if got := next(); got != "" {
			t.Errorf("a question after all were answered: %q", got)
		}
		// An answer in people's words says what the law reads.
		must(t, w.AnswerQuestion(w.claire, id, casefile.Answer{Question: "titre_sejour." + string(id), State: casefile.Known, Source: casefile.SourceSaid,
			Values: map[string]string{"titre_sejour": "nationalite_francaise"}, Replaces: map[string]core.ID{"titre_sejour": line(t, w, id, "titre_sejour").ID}}))
		if l := line(t, w, id, "nationalite"); l.Value != "FR" || l.Source != casefile.SourceComputed {
			t.Errorf("nationality %+v", l.Fact)
		}
		_, err = w.AskQuestion(w.claire, id, "loyer."+string(id))
		wantKind(t, err, errs.NotFound)
		wantKind(t, w.AnswerQuestion(w.claire, id, casefile.Answer{Question: "x"}), errs.NotFound)
	})
}

func TestSheetIsFoundByItsCode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		sheet, err := w.MakeSheet(w.claire, id, 0)
		must(t, err)
		again, err := w.MakeSheet(w.claire, id, 0)
		must(t, err)
		if again.Code != sheet.Code {
			t.Errorf("the same results got %s then %s", sheet.Code, again.Code)
		}
		// What was printed stays what it was, whatever changes afterwards.
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{rent("500")})
		must(t, err)
		v, err := w.OpenSheet(w.claire, sheet.Code)
		must(t, err)
		if v.Person.ID != id || v.Rights[1].Result.Status != casefile.ToVerify || v.Names[v.By] != "Claire Maurel" {
			t.Errorf("sheet %+v", v)
		}
		page, err := w.Search(w.claire, sheet.Code, "", 5)
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Why != casefile.MatchSheet {
			t.Errorf("search by code: %v", page.Items)
		}
		_, err = w.OpenSheet(w.karim, sheet.Code)
		wantKind(t, err, errs.Forbidden)
		_, err = w.OpenSheet(w.claire, "AAA-AAA")
		if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) {
			t.Errorf("a code nobody has: %v", err)
		}
	})
}

func TestSeparation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		partner, err := w.AddToHousehold(w.claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{UsualName: "Belkacem", GivenNames: "Karim", Birth: core.PartialDate{Year: 1988}},
			LivesIn:  true, Relation: casefile.RelationPartner, Couple: casefile.Cohabiting, Since: core.Date{Year: 2015, Month: 1, Day: 1},
		})
		must(t, err)
		v, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		if len(v.Groups.Family.Parents) != 2 || len(v.Groups.TaxUnits) != 2 || len(v.Groups.Family.Children) != 2 {
			t.Fatalf("before: %+v", v.Groups)
		}
		// A second couple at the same time is refused.
		_, err = w.AddToHousehold(w.claire, id, casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "X"}, Relation: casefile.RelationPartner, Couple: casefile.Married})
		wantKind(t, err, errs.Invalid)

		k := v.Kin[slices.IndexFunc(v.Kin, func(k casefile.Kinship) bool { return k.Kind == casefile.Couple })]
		apart := core.Date{Year: 2026, Month: 5, Day: 1}
		must(t, w.EndCouple(w.claire, id, k.ID, k.Version, apart))
		wantKind(t, w.EndCouple(w.claire, id, k.ID, k.Version, apart), errs.Conflict)
		m := v.Members[slices.IndexFunc(v.Members, func(m casefile.Member) bool { return m.Person == partner })]
		must(t, w.LeaveHousehold(w.claire, id, m.ID, m.Version, apart))

		after, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		if len(after.Groups.Family.Parents) != 1 || len(after.Groups.Family.Children) != 2 || after.Since != apart {
			t.Errorf("after: %+v", after)
		}
		before, err := w.Household(w.claire, id, apart.AddDays(-1))
		must(t, err)
		if len(before.Groups.Family.Parents) != 2 {
			t.Errorf("the day before: %+v", before.Groups)
		}
		// What happens in his new home is not in her file.
		_, err = w.OpenFile(w.claire, partner, 0)
		wantKind(t, err, errs.NotFound)
	})
}

func TestMoveTakesWhoGoesAndLeavesTheRent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		guest, err := w.AddToHousehold(w.claire, id, casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "Sow"}, LivesIn: true, Housed: true})
		must(t, err)
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{rent("500")})
		must(t, err)
		v, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		var children []core.ID
		for _, m := range v.Members {
			if m.Person != id && m.Person != guest {
				children = append(children, m.Person)
			}
		}
		home, err := w.MoveHome(w.claire, id, children, core.Date{Year: 2026, Month: 6, Day: 1})
		must(t, err)
		after, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		if after.ID != home || home == v.ID || len(after.Members) != 3 {
			t.Errorf("after the move: %+v", after.Members)
		}
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if r := right(t, f, "aide_logement").Result; r.Status != casefile.ToVerify {
			t.Errorf("the old rent counts for the new home: %+v", r)
		}
		_, err = w.MoveHome(w.claire, id, []core.ID{guest}, core.Date{Year: 2026, Month: 6, Day: 2})
		wantKind(t, err, errs.NotFound)
	})
}

func TestKinshipThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := family(t, w)
		v, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		child := v.Groups.Family.Children[0]
		add := func(in casefile.HouseholdInput) error {
			_, err := w.AddToHousehold(w.claire, id, in)
			return err
		}
		// Her own child as her parent; a parent of six; somebody already there; herself.
		wantKind(t, add(casefile.HouseholdInput{Person: child, Relation: casefile.RelationParent}), errs.Invalid)
		wantKind(t, add(casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "X", Birth: core.PartialDate{Year: 2020}}, Relation: casefile.RelationParent}), errs.Invalid)
		wantKind(t, add(casefile.HouseholdInput{Person: child, LivesIn: true}), errs.Invalid)
		wantKind(t, add(casefile.HouseholdInput{Person: id, Relation: casefile.RelationPartner, Couple: casefile.Married}), errs.Invalid)
		// Somebody whom another team accompanies.
		other := w.personIn(w.karim, w.teamB, "Paul", "Rouvière", "1950")
		wantKind(t, add(casefile.HouseholdInput{Person: other, LivesIn: true}), errs.Forbidden)
		after, err := w.Household(w.claire, id, core.Date{})
		must(t, err)
		if len(after.Members) != len(v.Members) || len(after.Kin) != len(v.Kin) {
			t.Errorf("something was written: %+v", after)
		}
		// A child's name is corrected from the file of the parent; somebody with a file corrects their own.
		must(t, w.UpdateHuman(w.claire, id, casefile.Person{ID: child, Version: 1, Identity: casefile.Identity{UsualName: "Haddad", GivenNames: "Yanis"}}))
		must(t, add(casefile.HouseholdInput{Person: w.person("Nora", "Haddad", "1990"), LivesIn: true}))
		after, err = w.Household(w.claire, id, core.Date{})
		must(t, err)
		for _, h := range after.Humans {
			if h.FirstName == "Nora" {
				wantKind(t, w.UpdateHuman(w.claire, id, casefile.Person{ID: h.ID, Version: 1, Identity: casefile.Identity{UsualName: "X"}}), errs.Forbidden)
			}
		}
	})
}
