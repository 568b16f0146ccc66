package web_test

import "testing"

// TestAScreenThatSomebodyLooksAt: without script, a person leaves parts out of their
// space and keeps the choice for the counter; then leaves in haste.
func TestAScreenThatSomebodyLooksAt(t *testing.T) {
	s := newSite(t)
	me := s.open(t)
	me.get("/demo/enter/person").must(200, "Bonjour Madame Haddad", "Mes droits", "Quitter vite")
	me.get("/moi/ecran").send(me, "/moi/ecran", "shown", "plan", "neutral", "oui", "locked", "oui").must(200, "C’est gardé.", "Bonjour", "Mon plan").
		mustNot("Haddad", "Mes droits", "Qui vous accompagne", "Claire Maurel")
	for _, path := range []string{"/moi/fiche", "/moi/fiche/pdf", "/moi/situation", "/moi/notes", "/moi/mots", "/moi/vu", "/moi/copie"} {
		me.get(path).must(404).mustNot("€")
	}
	me.get("/moi/plan").must(200)
	me.get("/moi/ecran").must(200, "Ces choix se changent au guichet").mustNot("name=\"shown\"")

	team := s.open(t)
	team.get("/demo/enter/worker")
	at := "/personnes/" + string(s.samira) + "/ecran"
	team.get(at).must(200, "À régler avec Mme Haddad").send(team, at, "shown", "rights", "shown", "plan", "shown", "journal").must(200, "C’est gardé.")
	me.get("/moi").must(200, "Bonjour Madame Haddad", "Mes droits").mustNot("Ma situation")
	me.get("/moi/vu").must(200, "a réglé ce que montre votre espace")

	out := me.get("/moi").send(me, "/sortir/vite").must(200, "Météo").mustNot("Parvis")
	if out.header.Get("Refresh") != "0; url=https://meteofrance.com/" || out.header.Get("Clear-Site-Data") == "" || out.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", out.header)
	}
	me.get("/moi").must(200, "Bonjour. Entrez !").mustNot("Haddad")
}
