package web_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// mother is the other adult of Samira Haddad's household.
func (s *site) mother(t *testing.T) core.ID {
	t.Helper()
	v, err := s.cases.Household(s.ctx, s.samira, core.Date{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range v.Kin {
		if k.Kind == casefile.ParentOf && k.B == s.samira {
			return k.A
		}
	}
	t.Fatal("nobody's daughter")
	return ""
}

// The twelve months are computed on demand, shown as drawings and tables, and say
// why a right changes.
func TestTwelveMonths(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira)
	b.get(path).must(200, "Les douze mois qui viennent")
	empty := b.get(path+"/avenir").must(200, "Personne n’a encore regardé", "Calculer les douze mois")
	page := empty.send(b, path+"/avenir").must(200, "Les douze mois sont calculés", "juin 2026", "juin 2027")
	if !strings.Contains(page.body, "<svg") || !strings.Contains(page.body, "<table>") {
		t.Errorf("neither drawing nor table: %s", page.text())
	}
	for _, lang := range []string{"en", "ar", "fr-x-falc"} {
		b.get(path + "/avenir?lang=" + lang).must(200)
	}
	if p := b.get("/personnes/" + string(s.other) + "/avenir"); p.status == 200 {
		t.Error("another team's person")
	}
}

// The person reads the months to come at home and on paper, in every language and in
// large print: what changes for another adult is told as « le foyer change ».
func TestTwelveMonthsAtHomeAndOnPaper(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	person := b.another()
	person.get("/demo/enter/person")
	person.get("/moi").must(200, "Les douze mois qui viennent")
	person.get("/moi/avenir").must(200, "Personne n’a encore regardé plus loin.", "demander à la personne qui vous accompagne").mustNot("<svg class=\"chart")
	person.get("/moi/fiche").must(200).mustNot("Ce n’est pas une promesse")

	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get(file+"/faits/salaire_net?sujet=person:"+string(s.samira)).must(200).send(b, file+"/faits/salaire_net", "state", "known", "value", "940", "source", "said", "from", "01/2026", "until", "09/2026", "change", "fix").must(200)
	sheet := b.get(file).send(b, file+"/fiche").must(200, "Les douze mois qui viennent", "De juin 2026 à juin 2027", "Ce n’est pas une promesse.")
	for _, how := range []string{"?langue=fr&format=grand", "?langue=ar&format=grand", "?langue=en", "?langue=fr-x-falc"} {
		if p := b.get(sheet.path + how).must(200); !strings.Contains(p.body, i18n.For(tagIn(how)).T("outlook.title")) {
			t.Errorf("%s says nothing of the months to come", how)
		}
		if p := b.get(sheet.path + "/pdf" + how); p.status != 200 || !strings.HasPrefix(p.body, "%PDF") {
			t.Errorf("%s: no PDF", how)
		}
	}
	ahead := person.get("/moi/avenir").must(200, "De juin 2026 à juin 2027")
	if !strings.Contains(ahead.body, "<table>") || !strings.Contains(ahead.body, "<svg") {
		t.Errorf("neither drawing nor table: %s", ahead.text())
	}
	person.get("/moi/fiche").must(200, "Les douze mois qui viennent")
	for _, tag := range i18n.Tags() {
		person.get("/moi/avenir?lang=" + tag).must(200)
	}
	// Of another adult of the household nothing is told.
	b.get(file+"/faits/retraite_nette").must(200).send(b, file+"/faits/retraite_nette", "state", "known", "value", "900", "source", "said", "subject", "person:"+string(s.mother(t)), "from", "01/2026", "until", "10/2026").must(200)
	b.get(file+"/avenir").send(b, file+"/avenir").must(200)
	person.get("/moi/avenir").must(200).mustNot("de Fatiha")
}

func tagIn(query string) string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(query, "?langue="), "&")
	return tag
}
