package web_test

import (
	"net/http"
	"regexp"
	"testing"
)

// A worker makes a key without script, sees it once, a program comes in with it,
// and stops when it is stopped.
func TestAccessTokensPage(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/compte/cles").must(200).mustNot("parvis_")
	b.get("/demo/enter/worker")
	b.get("/compte").must(200, "Clés d’accès pour un logiciel")
	path := "/compte/cles"
	form := b.get(path).must(200, "Aucune clé pour le moment", "Lire les faits")
	form.send(b, path, "name", "", "until", "demain").must(422, "Écrivez une date")
	form.send(b, path, "name", "Export", "until", "31/12/2026").must(422, "Cochez au moins une chose")
	form.send(b, path, "name", "Export", "until", "01/01/2030", "scopes", "facts:read").must(422, "Le dernier jour est entre")
	made := b.get(path).send(b, path, "name", "Export <b>", "until", "31/12/2026", "scopes", "persons:read").must(200, "Voici la clé", "Copiez-la maintenant", "N’a pas encore servi", "Jusqu’au 31 décembre 2026")
	made.mustNot("<b>Export <b>")
	key := regexp.MustCompile(`parvis_[A-Za-z0-9_-]{43}`).FindString(made.body)
	if key == "" {
		t.Fatal("no key on the page")
	}
	b.get(path).must(200).mustNot(key)
	ask := func() int {
		t.Helper()
		req, err := http.NewRequest("GET", b.base+"/api/v1/persons/"+string(s.samira), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	if got := ask(); got != 200 {
		t.Fatalf("with the key: %d", got)
	}
	// The key opens no page, and the session no address of the programs.
	if p := b.get("/api/v1/persons?q=haddad"); p.status != 401 {
		t.Errorf("with the cookie alone: %d", p.status)
	}
	b.get(path).must(200, "Dernier usage le").send(b, path+"/arret").must(200, "La clé est arrêtée")
	if got := ask(); got != 401 {
		t.Errorf("after the stop: %d", got)
	}
	for _, lang := range []string{"fr", "en", "ar", "fr-x-falc"} {
		b.get("/api/v1/?lang=" + lang)
		b.lang = lang
		b.get("/api/v1/").must(200, "/api/v1/openapi.json")
		b.get(path).must(200)
	}
}
