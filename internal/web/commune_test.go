package web_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// people open a file and answer, with what they know of the place: no code.

func TestACommuneByItsName(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get(file).must(200, "Rennes (35)").mustNot(">35238<")
	path := file + "/faits/depcom"
	form := b.get(path).must(200, "Commune ou code postal", "Ce qu’on sait : Rennes (35)")
	if !strings.Contains(form.body, `value="Rennes (35)"`) {
		t.Error("the field does not start from what is known")
	}
	// What the page itself wrote is read again.
	form.send(b, path, "state", "known", "value", "Rennes (35)", "source", "said").must(200, "C’est gardé.", "Rennes (35)")
	for typed, shown := range map[string]string{
		"niort": "Niort (79)", "79191": "Niort (79)", "75018": "Paris (75)", "marseille 3e": "Marseille (13)", "st-denis 974": "Saint-Denis (974)",
	} {
		b.get(path).send(b, path, "state", "known", "value", typed, "source", "said").must(200, "C’est gardé.")
		b.get(path).must(200, "Ce qu’on sait : "+shown)
	}
}

func TestACommuneThatMayBeSeveral(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira) + "/faits/depcom"
	typed := []string{"state", "known", "value", "saint denis", "source", "said", "from", "12/2025"}
	asked := b.get(path).send(b, path, typed...).must(422, "« saint denis » peut être plusieurs communes", "Laquelle ?", "Saint-Denis (974)", "Saint-Denis (93)")
	for _, kept := range []string{`value="saint denis"`, `value="12/2025"`, `name="commune" value="93066"`} {
		if !strings.Contains(asked.body, kept) {
			t.Errorf("the page lost %s", kept)
		}
	}
	// One that was not offered is not taken.
	asked.send(b, path, append(typed, "commune", "75056")...).must(422, "Laquelle ?")
	asked.send(b, path, append(typed, "commune", "93066")...).must(200, "C’est gardé.", "Saint-Denis (93)")

	b.get(path).send(b, path, "state", "known", "value", "Valsevvre", "source", "said").must(422, "Aucune commune ne s’appelle « Valsevvre »")
	near := b.get(path).send(b, path, "state", "known", "value", "Nirot", "source", "said").must(422, "En voici dont le nom ressemble", "Niort (79)")
	near.send(b, path, "state", "known", "value", "Nirot", "source", "said", "commune", "79191").must(200, "Niort (79)")
	b.get(path).send(b, path, "state", "known", "value", " ", "source", "said").must(422)
	b.get(path).send(b, path, "state", "unknown", "value", "n’importe où", "source", "said").must(200, "C’est gardé.")
	b.get(path).send(b, path, "state", "known", "value", strings.Repeat("<b>é", 5000), "source", "said").must(422).mustNot("<b>é")
}

func TestTheQuestionTakesAName(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	created := b.get("/personnes/nouvelle").send(b, "/personnes/nouvelle", "usual_name", "Nouvelle", "birth", "1990").must(200, "Le dossier est ouvert.")
	file := created.path
	b.get(file + "/question").must(200).mustNot("Plus de question") // computed when it was opened
	page := b.get(file + "/question?q=depcom." + strings.TrimPrefix(file, "/personnes/"))
	page.must(200, "Dans quelle commune est le logement ?", "Commune ou code postal")
	asked := page.send(b, file+"/question", "v.depcom", "79160", "source", "said").must(422, "« 79160 » peut être plusieurs communes", "Coulonges-sur-l’Autize (79)")
	if !strings.Contains(asked.body, `value="79160"`) {
		t.Error("what was typed is lost")
	}
	asked.send(b, file+"/question", "v.depcom", "79160", "commune", "79101", "source", "said").must(200)
	b.get(file).must(200, "Coulonges-sur-l’Autize (79)")
}

func TestTheCommuneOfAnAddress(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira) + "/identite"
	commune := func() string {
		t.Helper()
		p, err := s.cases.Person(s.ctx, s.samira)
		if err != nil {
			t.Fatal(err)
		}
		return p.Address.Postcode + " " + p.Address.City + " " + p.Address.Commune
	}
	same := []string{"usual_name", "Haddad", "given_names", "Samira", "birth", "03/02/1992", "title", "madame"}
	with := func(more ...string) []string { return append(append([]string{}, same...), more...) }

	// Saving without touching the place keeps its commune.
	b.get(path).send(b, path, with("postcode", "35000", "city", "Rennes")...).must(200, "C’est gardé.")
	if got := commune(); got != "35000 Rennes 35238" {
		t.Errorf("after saving the same: %s", got)
	}
	b.get(path).send(b, path, with("city", "niort")...).must(200, "C’est gardé.")
	if got := commune(); got != "79000 Niort 79191" {
		t.Errorf("niort: %s", got)
	}
	b.get(path).send(b, path, with("postcode", "75018")...).must(200, "C’est gardé.")
	if got := commune(); got != "75018 Paris 75056" {
		t.Errorf("75018: %s", got)
	}
	asked := b.get(path).send(b, path, with("city", "Saint-Denis")...).must(422, "Laquelle ?", "Saint-Denis (93)", "garder ce qui est écrit")
	asked.send(b, path, with("city", "Saint-Denis", "commune", "97411")...).must(200, "C’est gardé.")
	if got := commune(); !strings.HasSuffix(got, "Saint-Denis 97411") {
		t.Errorf("Saint-Denis: %s", got)
	}
	// A place that no list has is kept when the person says so, and then left alone.
	none := b.get(path).send(b, path, with("city", "Tlemcen, Algérie")...).must(422, "Aucune commune", "garder ce qui est écrit")
	none.send(b, path, with("city", "Tlemcen, Algérie", "commune", "-")...).must(200, "C’est gardé.")
	b.get(path).send(b, path, with("city", "Tlemcen, Algérie")...).must(200, "C’est gardé.")
	if got := commune(); got != " Tlemcen, Algérie " {
		t.Errorf("Tlemcen: %q", got)
	}
}

func TestSuggestedCommunes(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	if p := b.get("/communes?q=niort"); strings.Contains(p.body, "Niort (79)") {
		t.Error("suggestions without signing in")
	}
	b.get("/demo/enter/worker")
	for q, want := range map[string]string{"nior": "Niort (79)", "79000": "79000 Niort", "é": "", "": ""} {
		p := b.get("/communes?q=" + url.QueryEscape(q)).must(200)
		var names []string
		if err := json.Unmarshal([]byte(p.body), &names); err != nil || len(names) > 20 {
			t.Fatalf("%q: %v, %d names", q, err, len(names))
		}
		if want != "" && !strings.Contains(p.body, `"`+want+`"`) {
			t.Errorf("%q: %s", q, p.body)
		}
	}
}
