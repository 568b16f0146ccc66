package casefile_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// said is what a person says of themselves, since January 2023.
func said(variable, value string) casefile.FactInput {
	return casefile.FactInput{Subject: casefile.Subject{Kind: casefile.AboutPerson}, Variable: variable, From: core.PartialDate{Year: 2023, Month: 1},
		State: casefile.Known, Value: value, Source: casefile.SourceSaid}
}

func ofHome(variable, value string) casefile.FactInput {
	f := said(variable, value)
	f.Subject = dwelling
	return f
}

// A tenant who knows only what is paid has an amount: the taxable wage is supposed,
// and said so.
func TestANetWageIsEnough(t *testing.T) {
	w := lawWorld(t)
	id := w.person("Fatou", "Diallo", "1990-05-01")
	_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{
		said("activite", "actif"), said("salaire_net", "1150"), said("titre_sejour", "nationalite_francaise"),
		ofHome("statut_occupation_logement", "locataire_vide"), ofHome("loyer", "450"), ofHome("depcom", "79191"),
	})
	must(t, err)
	f, err := w.OpenFile(w.claire, id, 0)
	must(t, err)
	for _, name := range []string{"aide_logement", "ppa", "rsa"} {
		r := right(t, f, name).Result
		if r.Status == casefile.ToVerify && r.Max == 0 {
			t.Errorf("%s: %+v, want an amount or a range", name, r)
		}
	}
	x, err := w.Explain(w.claire, id, "aide_logement", 0)
	must(t, err)
	supposed := false
	for _, a := range x.Detail.Assumed {
		supposed = supposed || a.Variable == "salaire_imposable" && a.Presumed && a.Value.Number > 1191 && a.Value.Number < 1192
	}
	if !supposed {
		t.Errorf("the taxable wage is not said to be supposed: %+v", x.Detail.Assumed)
	}
}

// What an answer makes senseless is not asked.
func TestNoQuestionForNothing(t *testing.T) {
	w := lawWorld(t)
	asked := func(id core.ID) string {
		var all []string
		for range 60 {
			q, ok, err := w.NextQuestion(w.claire, id)
			must(t, err)
			if !ok {
				break
			}
			all = append(all, q.Cells[0].Of.Name)
			must(t, w.AnswerQuestion(w.claire, id, casefile.Answer{Question: q.ID, Subject: q.Subject, State: casefile.Unknown, Source: casefile.SourceSaid}))
		}
		return strings.Join(all, " ")
	}
	id := w.person("Fatou", "Diallo", "1990-05-01")
	if all := asked(id); strings.Contains(all, "aide_logement_date_pret") || !strings.Contains(all, "statut_occupation_logement") {
		t.Errorf("asked %s, want the home and no loan", all)
	}
	id = w.person("Awa", "Sarr", "1985-05-01")
	_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{said("titre_sejour", "carte_sejour")})
	must(t, err)
	f, err := w.OpenFile(w.claire, id, 0)
	must(t, err)
	if r := right(t, f, "ame").Result; r.Status != casefile.NotDue {
		t.Errorf("state medical aid with a residence permit: %+v", r)
	}
	if all := asked(id); strings.Contains(all, "sejour_regulier") || strings.Contains(all, "dispense") {
		t.Errorf("asked %s, although the permit says it", all)
	}
}

// One page asks the wage, and « the same since then » answers every month of it.
func TestOneWageForAllMonths(t *testing.T) {
	w := lawWorld(t)
	id := w.person("Fatou", "Diallo", "1990-05-01")
	_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{
		said("activite", "actif"), said("titre_sejour", "nationalite_francaise"),
		ofHome("statut_occupation_logement", "locataire_vide"), ofHome("loyer", "450"), ofHome("depcom", "79191"),
	})
	must(t, err)
	wages := 0
	for range 40 {
		q, ok, err := w.NextQuestion(w.claire, id)
		must(t, err)
		if !ok {
			break
		}
		a := casefile.Answer{Question: q.ID, Subject: q.Subject, State: casefile.Unknown, Source: casefile.SourceSaid}
		if strings.HasPrefix(q.Cells[0].Of.Name, "salaire") {
			wages++
			if q.Earliest == 0 || q.Earliest > core.Month(2024*12+12) {
				t.Errorf("the earliest month is %v, want one of the year N-2", q.Earliest)
			}
			a.State, a.Values = casefile.Known, map[string]string{"salaire_net": "1150"}
			a.From = core.PartialDate{Year: q.Earliest.Year(), Month: q.Earliest.Month()}
		}
		must(t, w.AnswerQuestion(w.claire, id, a))
	}
	if wages != 1 {
		t.Errorf("the wage is asked on %d pages, want 1", wages)
	}
}
