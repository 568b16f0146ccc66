package rights_test

import (
	"fmt"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// covered is every right the law files promise: whoever adds one adds it here,
// whoever loses one is told.
var covered = []string{
	"rsa", "ppa", "aide_logement", "af", "cf", "asf", "paje_naissance", "paje_base", "paje_prepare", "paje_cmg", "ars", "aeeh", "aah", "caah", "aspa", "asi",
	"ass", "cmu_c", "c2s_avec_participation", "cheque_energie", "bourse_college", "bourse_lycee", "contrat_engagement_jeune", "ame",
	"fsl_aveyron", "m_reso_solidaire", "idfm_solidarite_transport", "nantes_tarif_solidaire", "paris_logement_familles",
}

func embedded(t *testing.T) *rights.Law {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSheetsAreWhole: who decides, the easy sentence, how to claim and where, by
// phone and on the web, the papers and the text that asks for each, the delay,
// what claiming entails, how to contest, what is not covered, the texts.
func TestSheetsAreWhole(t *testing.T) {
	l := embedded(t)
	known := map[string]bool{}
	for _, r := range l.Rights() {
		known[r.Name] = true
		parts := map[string]int{
			"titre": len(r.Title), "décide": len(r.Decides), "facile": len(r.Easy), "entraîne": len(r.Entails), "contester": len(r.Contest), "démarche": len(r.Procedure),
			"papier": len(r.Papers), "guichet": len(r.Counters), "téléphone": len(r.Phones), "en ligne": len(r.Online), "délai": len(r.Delays),
			"ne couvre pas": len(r.NotCovered), "texte": len(r.Texts),
		}
		for part, n := range parts {
			if n == 0 {
				t.Errorf("%s: %s says nothing of « %s »", r.File, r.Name, part)
			}
		}
		for _, p := range r.Papers {
			if p.Text == "" {
				t.Errorf("%s: %s: no text requires « %s »", r.File, r.Name, p.Name)
			}
		}
		if len(r.Contest) < 2 {
			t.Errorf("%s: %s: a first recourse and the court that comes after it", r.File, r.Name)
		}
	}
	for _, name := range covered {
		if !known[name] {
			t.Errorf("%s has no sheet", name)
		}
	}
	if len(known) != len(covered) {
		t.Errorf("%d sheets, %d rights listed here", len(known), len(covered))
	}
}

// TestExamplesOfEachRight: at least three worked examples beside each sheet.
func TestExamplesOfEachRight(t *testing.T) {
	l := embedded(t)
	titles := map[string]map[string]bool{}
	for _, e := range l.RunExamples() {
		if titles[e.File] == nil {
			titles[e.File] = map[string]bool{}
		}
		titles[e.File][e.Title] = true
	}
	for _, r := range l.Rights() {
		if n := len(titles[r.File]); n < 3 {
			t.Errorf("%s: %d examples beside the sheet of %s, at least 3", r.File, n, r.Name)
		}
	}
}

// wide is a household of one law month that makes nearly every rule look at
// something: kind picks who is there.
func wide(t *testing.T, l *rights.Law, m rights.Month, kind int) *rights.Situation {
	t.Helper()
	s := rights.NewSituation(l)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	born := func(years int) rights.Value { return rights.Date(m.FirstDay().AddMonths(-12*years - 5)) }
	var family, tax, home []rights.Member
	add := func(child bool, years int, facts map[string]rights.Value) {
		p := s.AddPerson(fmt.Sprintf("p%d", len(home)))
		roles := [3]rights.Role{rights.Parent, rights.Declarant, [2]rights.Role{rights.Reference, rights.Partner}[min(len(home), 1)]}
		if child {
			roles = [3]rights.Role{rights.Child, rights.Dependant, rights.HouseholdChild}
		}
		family, tax, home = append(family, rights.Member{Person: p, Role: roles[0]}), append(tax, rights.Member{Person: p, Role: roles[1]}), append(home, rights.Member{Person: p, Role: roles[2]})
		must(s.Set(p, "date_naissance", rights.Always(), born(years)))
		for name, v := range facts {
			must(s.Set(p, name, rights.EachMonth(rights.MonthOf(m.Year()-3, 1), m), v))
		}
	}
	town := "75056"
	switch kind {
	case 0: // a person with a disability and a partner on ASS, three children
		add(false, 45, map[string]rights.Value{"taux_incapacite": rights.Number(.8), "salaire_net": rights.Number(700), "salaire_imposable": rights.Number(725), "salaire_de_base": rights.Number(890)})
		add(false, 47, map[string]rights.Value{"activite": rights.ChoiceOf("chomeur"), "ass_precondition_remplie": rights.Bool(true)})
		add(true, 1, nil)
		add(true, 8, nil)
		add(true, 16, map[string]rights.Value{"handicap": rights.Bool(true), "aeeh_niveau_handicap": rights.Number(6)})
	case 1: // an old person and one with a pension of invalidity
		add(false, 70, map[string]rights.Value{"activite": rights.ChoiceOf("retraite"), "retraite_nette": rights.Number(400), "retraite_imposable": rights.Number(400), "retraite_brute": rights.Number(400)})
		add(false, 58, map[string]rights.Value{"pensions_invalidite": rights.Number(500), "taux_incapacite": rights.Number(.7)})
		town = "12202"
	case 2: // a lone parent who works, overseas
		add(false, 30, map[string]rights.Value{"salaire_net": rights.Number(1100), "salaire_imposable": rights.Number(1140), "salaire_de_base": rights.Number(1400), "livret_a": rights.Number(5000)})
		add(true, 4, nil)
		add(true, 12, map[string]rights.Value{"scolarite": rights.ChoiceOf("college")})
		town = "97411"
	default: // a young person without work
		add(false, 22, map[string]rights.Value{"activite": rights.ChoiceOf("chomeur"), "cej_signe": rights.Bool(true)})
		town = "38185"
	}
	s.AddGroup(rights.Family, "f", family...)
	s.AddGroup(rights.TaxUnit, "t", tax...)
	h := s.AddGroup(rights.Household, "m", home...)
	months := rights.EachMonth(rights.MonthOf(m.Year()-3, 1), m)
	must(s.Set(h, "depcom", months, rights.Text(town)))
	must(s.Set(h, "loyer", months, rights.Number(520)))
	must(s.Set(h, "statut_occupation_logement", months, rights.ChoiceOf("locataire_vide")))
	return s
}

// TestEveryMonthIsComplete: from June 2024 to June 2026, no right meets a value
// that the law files do not have, and what is out of date is a value that was
// expected in 2026.
func TestEveryMonthIsComplete(t *testing.T) {
	l := embedded(t)
	for m := rights.MonthOf(2024, 6); m <= rights.MonthOf(2026, 6); m++ {
		for kind := range 4 {
			results, err := wide(t, l, m, kind).Close(rights.OpenFisca).Evaluate(m)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if len(r.Gaps) > 0 {
					t.Errorf("%s, household %d: %s lacks %v", m, kind, r.Right, r.Gaps)
				}
				for _, s := range r.Stale {
					if !strings.HasPrefix(s.Expected, "2026-") {
						t.Errorf("%s: %s rests on %s, expected anew on %s", m, r.Right, s.Parameter, s.Expected)
					}
				}
			}
		}
	}
}
