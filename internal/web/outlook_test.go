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

// A change is tried without a script: what it would do stands beside what is known,
// what was typed stays, and the file keeps nothing of it.
func TestAChangeIsTried(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get(file+"/avenir").must(200).send(b, file+"/avenir").must(200, "Essayer un changement")
	form := b.get(file+"/avenir/essai").must(200, "Et si… ? Essayer un changement", "Travail et revenus", "Rien de ce qui est écrit ici n’entre dans le dossier")
	facts := b.get(file + "/faits").text()

	empty := form.send(b, file+"/avenir/essai#essai").must(422, "Indiquez au moins un changement à essayer.")
	empty.send(b, file+"/avenir/essai#essai", "work.wage", "mille", "work.of", string(s.samira), "work.from", "2026-09").must(422, "mille")

	page := form.send(b, file+"/avenir/essai#essai", "work.of", string(s.samira), "work.from", "2026-09", "work.activity", "chomeur", "work.wage", "0", "work.unemployment", "700").
		must(200, "Ce que ce changement ferait", "D’après ce qui est su", "Avec le changement", "Sans ce changement", "Les mêmes chiffres en tableau")
	if !strings.Contains(page.body, "<svg") || !strings.Contains(page.body, `value="700"`) || !strings.Contains(page.body, `<option value="2026-09" selected>`) {
		t.Errorf("neither drawing nor what was typed: %s", page.text())
	}
	page.send(b, file+"/avenir/essai#essai", "birth", "2026-12").must(200, "Ce que ce changement ferait")
	form.send(b, file+"/avenir/essai#essai", "dwelling.from", "2026-10", "dwelling.rent", "900", "dwelling.commune", "Niort").must(200, "Ce que ce changement ferait")
	form.send(b, file+"/avenir/essai#essai", "dwelling.from", "2026-10", "dwelling.commune", "Nullepart-sur-Rien").must(422, "Nullepart-sur-Rien")
	form.send(b, file+"/avenir/essai#essai", "birth", "demain").must(422)

	if after := b.get(file + "/faits").text(); after != facts {
		t.Error("a trial wrote a fact")
	}
	for _, tag := range i18n.Tags() {
		if p := b.get(file + "/avenir/essai?lang=" + tag).must(200); !strings.Contains(p.body, i18n.For(tag).T("outlook.trial.title")) {
			t.Errorf("%s: another title", tag)
		}
	}
	if p := b.get("/personnes/" + string(s.other) + "/avenir/essai"); p.status == 200 {
		t.Error("another team's person")
	}
}
