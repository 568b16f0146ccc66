package rights_test

import (
	"fmt"
	"testing"

	"codeberg.org/parvis/parvis/rights"
	"pgregory.net/rapid"
)

// one evaluates one right of the family in a dossier.
func (h *household) one(name string) rights.Result {
	h.t.Helper()
	res, err := h.s.Close(rights.Dossier).Evaluate(june, name)
	if err != nil {
		h.t.Fatal(err)
	}
	return res[0]
}

func show(c *rights.Cents) string {
	if c == nil {
		return "?"
	}
	return c.String()
}

func told(r rights.Result) string {
	s := fmt.Sprintf("%s %s..%s", r.Status, show(r.Min), show(r.Max))
	for _, m := range r.Missing {
		s += " " + m.Variable + "/" + m.Subject
	}
	for _, m := range r.Refused {
		s += " refused:" + m.Variable
	}
	return s
}

func TestUnknownFacts(t *testing.T) {
	for _, c := range []struct{ name, rule, want string }{
		{"a yes or no", "si aisé alors 0 sinon 100 €/mois", "to_verify 0.00..100.00 aisé/f"},
		{"a yes or no that changes nothing", "si aisé alors 100 €/mois sinon 100 €/mois", "probable 100.00..100.00"},
		{"a fact nobody looks at", "si faux alors (si aisé alors 1 €/mois sinon 2 €/mois) sinon 100 €/mois", "probable 100.00..100.00"},
		{"an amount", "somme pour les parents : salaire", "to_verify ?..? salaire/a"},
		{"a presumed amount", "100 €/mois − loyer du logement du demandeur", "probable 100.00..100.00"},
		{"an amount compared", "si (somme pour les parents : salaire) > 10 €/mois alors 0 sinon 70 €/mois", "to_verify 0.00..70.00 salaire/a"},
		{"an amount under a ceiling", "300 €/mois − (somme pour les parents : salaire) × 50 % au moins 20 €/mois", "to_verify 20.00..300.00 salaire/a"},
		{"an amount that changes nothing", "(somme pour les parents : salaire) + 500 €/mois plafonné à 400 €/mois", "probable 400.00..400.00"},
		{"an amount compared in a rule", "si y alors 0 sinon 70 €/mois", "to_verify 0.00..70.00 salaire/a"},
		{"a choice", "si (statut du demandeur) = actif alors 10 €/mois sinon si (statut du demandeur) = chomeur alors 20 €/mois sinon 15 €/mois", "to_verify 10.00..20.00 statut/a"},
		{"a commune nobody gave", "si (zone du logement du demandeur) = zone_1 alors 30 €/mois sinon 10 €/mois", "to_verify 10.00..30.00 commune/m"},
		{"and with a known no", "si (un des parents tel que handicap) et faux alors 0 sinon 5 €/mois", "probable 5.00..5.00"},
		{"unknown over months is one fact", "si (tous les mois de M-12 à M-1 : aisé) alors 0 sinon 5 €/mois", "to_verify 0.00..5.00 aisé/f"},
		{"presumed under a condition that is unknown", "somme pour les parents : bonus", "to_verify ?..? statut/a bonus/a"},
		{"nothing due whatever the answer", "si aisé alors non applicable sinon 0", "not_due 0.00..0.00"},
		{"a rule that cannot conclude", "si aisé alors à vérifier « Lire le bail » sinon 5 €/mois", "to_verify ?..? aisé/f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := smallLaw(t, "règle x (famille, mois) : €/mois = "+c.rule+"\nrègle y (famille, mois) : booléen = (somme pour les parents : salaire) > 10 €/mois")
			if got := told(newHousehold(t, l, 1, 0).one("x")); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPresumedUnderACondition(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = 5 €/mois + somme pour les parents : bonus")
	for status, want := range map[string]string{"retraite": "probable 5.00..5.00", "actif": "to_verify ?..? bonus/a"} {
		h := newHousehold(t, l, 1, 0)
		h.set(h.people[0], "statut", rights.InMonth(june), rights.ChoiceOf(status))
		if got := told(h.one("x")); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
}

func TestRefusedIsNeverAskedAgain(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = si aisé alors 0 sinon 100 €/mois")
	h := newHousehold(t, l, 1, 0)
	if err := h.s.Refuse(h.family, "aisé", rights.InMonth(june)); err != nil {
		t.Fatal(err)
	}
	if got := told(h.one("x")); got != "to_verify 0.00..100.00 refused:aisé" {
		t.Error(got)
	}
}

func TestUnknownBeatsThePresumption(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = 100 €/mois − loyer du logement du demandeur")
	h := newHousehold(t, l, 1, 0)
	if err := h.s.SetUnknown(h.home, "loyer", rights.InYear(2026)); err != nil {
		t.Fatal(err)
	}
	if got := told(h.one("x")); got != "to_verify ?..? loyer/m" {
		t.Error(got)
	}
}

func TestACommuneNoTableLists(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = si (zone du logement du demandeur) = zone_2 alors 30 €/mois sinon 10 €/mois")
	h := newHousehold(t, l, 1, 0)
	h.set(h.home, "commune", rights.InMonth(june), rights.Text("99999"))
	if got := told(h.one("x")); got != "to_verify 10.00..30.00 commune/m" {
		t.Error(got)
	}
	if got := h.value("x").Value.Number; got != 30 {
		t.Errorf("the openfisca profile takes the table's default, got %v", got)
	}
}

// Too many facts to try all their values: the intervals hold them all the same.
func TestManyUnknowns(t *testing.T) {
	rule := "règle x (famille, mois) : €/mois = 0"
	for i := range 10 {
		rule += fmt.Sprintf(" + (si y%d alors 1 €/mois sinon 0)", i)
	}
	for i := range 10 {
		rule += fmt.Sprintf("\nentrée y%d (famille, mois) : booléen défaut faux", i)
	}
	r := newHousehold(t, smallLaw(t, rule), 1, 0).one("x")
	if told(r)[:22] != "to_verify 0.00..10.00 " || len(r.Missing) != 10 {
		t.Error(told(r))
	}
}

// TestCompletionsContainTheAnswer draws programs over yes-or-no facts, some of
// them unknown: whatever the truth is, the range holds its amount, and a settled
// amount is the true one.
func TestCompletionsContainTheAnswer(t *testing.T) {
	const facts = 4
	rapid.Check(t, func(rt *rapid.T) {
		vocabulary := ""
		for i := range facts {
			vocabulary += fmt.Sprintf("entrée q%d (famille, mois) : booléen défaut faux\n", i)
		}
		l := smallLaw(t, vocabulary+"règle x (famille, mois) : €/mois = "+drawAmount(rt, 4))
		truth := make([]bool, facts)
		partly, whole := newHousehold(t, l, 1, 0), newHousehold(t, l, 1, 0)
		for i := range facts {
			truth[i] = rapid.Bool().Draw(rt, "truth")
			name := fmt.Sprintf("q%d", i)
			whole.set(whole.family, name, rights.InMonth(june), rights.Bool(truth[i]))
			if rapid.Bool().Draw(rt, "told") {
				partly.set(partly.family, name, rights.InMonth(june), rights.Bool(truth[i]))
			}
		}
		got, want := partly.one("x"), whole.one("x")
		if want.Amount == nil || got.Min == nil {
			rt.Fatalf("no amount: %s, %s", told(got), told(want))
		}
		if *want.Amount < *got.Min || *want.Amount > *got.Max {
			rt.Fatalf("the true amount %v is out of %s", *want.Amount, told(got))
		}
		if got.Status != rights.ToVerify && *got.Amount != *want.Amount {
			rt.Fatalf("settled on %s, the truth is %v", told(got), *want.Amount)
		}
		if got.Status == rights.ToVerify && len(got.Missing) == 0 {
			rt.Fatalf("to verify, yet nothing is missing")
		}
	})
}

func drawAmount(t *rapid.T, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom([]string{"0", "10 €/mois", "25 €/mois", "base", "non applicable"}).Draw(t, "amount")
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return "(10 €/mois + (" + drawAmount(t, depth-1) + "))"
	case 1:
		return "((" + drawAmount(t, depth-1) + ") + 5 €/mois au moins 12 €/mois)"
	}
	return "(si " + drawCondition(t, depth-1) + " alors " + drawAmount(t, depth-1) + " sinon " + drawAmount(t, depth-1) + ")"
}

func drawCondition(t *rapid.T, depth int) string {
	q := fmt.Sprintf("q%d", rapid.IntRange(0, 3).Draw(t, "fact"))
	if depth <= 0 {
		return q
	}
	switch rapid.IntRange(0, 4).Draw(t, "condition") {
	case 0:
		return "(" + drawCondition(t, depth-1) + " et " + drawCondition(t, depth-1) + ")"
	case 1:
		return "(" + drawCondition(t, depth-1) + " ou " + drawCondition(t, depth-1) + ")"
	case 2:
		return "(non " + drawCondition(t, depth-1) + ")"
	}
	return q
}

// A retired person who rents says where they live since this month alone. What the
// housing benefit of last month was, nobody can tell; it changes nothing, and no
// sentence « à vérifier » hides that.
func TestWhatCannotMatterIsNotToVerify(t *testing.T) {
	l := embedded(t)
	june := rights.MonthOf(2026, 6)
	for _, c := range []struct {
		pension      float64
		housing, rsa rights.Status
	}{{900, rights.Probable, rights.NotDue}, {1500, rights.NotDue, rights.NotDue}, {3000, rights.NotDue, rights.NotDue}} {
		s := rights.NewSituation(l)
		p := s.AddPerson("p")
		s.AddGroup(rights.Family, "f", rights.Member{Person: p, Role: rights.Parent})
		s.AddGroup(rights.TaxUnit, "t", rights.Member{Person: p, Role: rights.Declarant})
		m := s.AddGroup(rights.Household, "m", rights.Member{Person: p, Role: rights.Reference})
		set := func(sub rights.Subject, variable string, period rights.Period, v rights.Value) {
			t.Helper()
			if err := s.Set(sub, variable, period, v); err != nil {
				t.Fatalf("%s: %v", variable, err)
			}
		}
		long := rights.EachMonth(rights.MonthOf(2022, 6), june+6)
		set(p, "date_naissance", rights.Always(), rights.Text("1948-03-01"))
		set(p, "activite", long, rights.ChoiceOf("retraite"))
		set(p, "statut_marital", long, rights.ChoiceOf("celibataire"))
		set(p, "nationalite", long, rights.Text("FR"))
		for _, v := range []string{"retraite_nette", "retraite_imposable", "retraite_brute"} {
			set(p, v, long, rights.Number(c.pension))
		}
		for _, v := range []string{"salaire_net", "salaire_imposable", "salaire_de_base"} {
			set(p, v, long, rights.Number(0))
		}
		now := rights.EachMonth(june, june)
		set(m, "statut_occupation_logement", now, rights.ChoiceOf("locataire_vide"))
		set(m, "loyer", now, rights.Number(450))
		set(m, "depcom", now, rights.Text("79191"))
		results, err := s.Close(rights.Dossier).EvaluateFor(june, p, "aide_logement", "rsa")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []rights.Status{c.housing, c.rsa} {
			if r := results[i]; r.Status != want || r.Verdict != want || len(r.Reasons) > 0 {
				t.Errorf("pension of %v: %s is %s (%s), %v, want %s", c.pension, r.Right, r.Status, r.Verdict, r.Reasons, want)
			}
		}
		// A home for elderly people this month stays to verify.
		set(m, "statut_occupation_logement", now, rights.ChoiceOf("locataire_foyer"))
		results, err = s.Close(rights.Dossier).EvaluateFor(june, p, "aide_logement")
		if err != nil {
			t.Fatal(err)
		}
		if r := results[0]; r.Status != rights.ToVerify || len(r.Reasons) == 0 {
			t.Errorf("a home for elderly people: %s, %v", r.Status, r.Reasons)
		}
	}
}
