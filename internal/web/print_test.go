package web_test

import (
	"strings"
	"testing"
)

// A plan is printed, found again by typing its code, and says when it is older than
// the file; the PDF and the page say the same.
func TestPrintedPlan(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira)
	file := b.get(path).must(200, "Imprimer le plan")
	plan := file.send(b, path+"/imprimer", "quoi", "plan").must(200, "Mon plan", "Au guichet, montrez ce code")
	code := plan.path[strings.LastIndex(plan.path, "/")+1:]
	if len(code) != 7 || !strings.Contains(plan.body, code) {
		t.Fatalf("code %q", code)
	}
	plan.mustNot("a changé depuis")
	for _, q := range []string{"?langue=en", "?langue=ar", "?langue=fr-x-falc", "?format=grand"} {
		b.get(plan.path+q).must(200, code)
		doc := b.get(plan.path + "/pdf" + q)
		if doc.status != 200 || !strings.HasPrefix(doc.body, "%PDF-") {
			t.Errorf("%s: %d %.20q", q, doc.status, doc.body)
		}
	}
	if one, two := b.get(plan.path+"/pdf"), b.get(plan.path+"/pdf"); one.body != two.body {
		t.Error("the same document has different bytes")
	}

	found := b.get("/personnes?q="+strings.ToLower(code)).must(200, "Samira Haddad", "Ouvrir ce qui a été imprimé")
	if !strings.Contains(found.body, "/imprimes/") {
		t.Error("no way from the search to the document")
	}
	if p := b.get("/imprimes/" + code); p.path != plan.path {
		t.Errorf("the code leads to %s, want %s", p.path, plan.path)
	}
	b.get("/imprimes/AAA-AAA").must(404)
	b.get("/personnes/" + string(s.other) + "/imprime/" + code).must(404)

	goal := b.get(path + "/buts/nouveau").must(200)
	goal.send(b, path+"/buts/nouveau", "title", "Souffler un peu").must(200)
	b.get(plan.path).must(200, "a changé depuis").mustNot("Souffler un peu")
	// From the page that was loaded before the change, still open: what is printed is
	// the plan as it is now, and the same again is the same paper.
	now := file.send(b, path+"/imprimer", "quoi", "plan").must(200, "Mon plan", "Souffler un peu")
	if now.path == plan.path {
		t.Error("a page printed once prints no more")
	}
	if again := file.send(b, path+"/imprimer", "quoi", "plan"); again.path != now.path {
		t.Errorf("the same plan twice: %s and %s", now.path, again.path)
	}

	if p := b.get(path).send(b, path+"/imprimer", "quoi", "autre chose"); p.status < 400 || p.status >= 500 {
		t.Errorf("printing something else: %d", p.status)
	}
}

// The whole file is printed with everybody else masked.
func TestPrintedFile(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira)
	export := b.get(path+"/export").must(200, "Imprimer le dossier entier")
	doc := export.send(b, path+"/imprimer", "quoi", "file").must(200, "Mon dossier", "Identité et coordonnées", "548", "Fatiha", "masquée", "Appels et courriers")
	doc.mustNot("Belkacem", "1959", "2017")
	if pdf := b.get(doc.path + "/pdf?langue=ar&format=grand"); pdf.status != 200 || !strings.HasPrefix(pdf.body, "%PDF-") {
		t.Errorf("PDF: %d", pdf.status)
	}
	sheet := b.get(path).send(b, path+"/fiche").must(200, "PDF")
	if pdf := b.get(sheet.path + "/pdf"); pdf.status != 200 || !strings.HasPrefix(pdf.body, "%PDF-") {
		t.Errorf("PDF of a sheet: %d", pdf.status)
	}
	person := s.open(t)
	person.get("/demo/enter/person")
	if p := person.get(doc.path); p.status == 200 && strings.Contains(p.body, "Identité") {
		t.Error("a person reads by the worker's address")
	}
	for _, own := range []string{"/moi/fiche/pdf", "/moi/plan/papier/pdf?langue=ar"} {
		if p := person.get(own); p.status != 200 || !strings.HasPrefix(p.body, "%PDF-") {
			t.Errorf("%s: %d", own, p.status)
		}
	}
	person.get("/moi/plan/papier").must(200, "Mon plan")
}
