package web_test

import (
	"strings"
	"testing"
)

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
