package web_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestADeathIsRecordedGentlyAndTakenBack without script: refused dates keep what was
// typed, the file is read and no longer changes, the relatives' page says it, a
// mistake gives everything back.
func TestADeathIsRecordedGentlyAndTakenBack(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	page := file + "/deces"
	access := file + "/acces"
	card := func() (code string) {
		t.Helper()
		made := b.get(access).send(b, access, "choix", "soi", "pin", "482917", "pin2", "482917").must(200, "La carte est prête.")
		return regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}`).FindString(made.body)
	}
	code := card()
	person := b.another()
	person.get("/carte").send(person, "/carte", "carte", code, "pin", "482917").must(200, "Bonjour Madame Haddad")
	b.get(file+"/suivi").must(200, "La personne est décédée")
	b.get(page).must(200, "Noter le décès de Mme Haddad", "Plus aucun message ne part", "Sa carte, ses clés d’accès")
	b.get(page).send(b, page, "on", "32/13/2026", "source", "document", "detail", "acte").must(422).mustNot("Mme Haddad est décédée")
	b.get(page).send(b, page, "on", "12/06/2027", "detail", "l'acte de la mairie").must(422, "Cette date n’est pas encore arrivée.", "Dites comment vous l’avez appris.")
	stale := b.get(file + "/faits/loyer")
	b.get(page).send(b, page, "on", "05/2026", "source", "document", "detail", "acte de décès").
		must(200, "Le décès est noté.", "Samira Haddad, décédée en mai 2026.", "Son dossier se lit, il ne change plus.").mustNot("06 39 98 41 22", "Écrire une note")
	b.get(page).must(200, "Samira Haddad, décédée en mai 2026", "acte de décès", "Noté par Claire Maurel", "C’est une erreur")

	// A form left open: what was typed is still there, and why it cannot be kept is said.
	stale.send(b, file+"/faits/loyer", "state", "known", "value", "777", "source", "said").must(422, "son dossier se lit, il ne change plus")
	b.get(file+"/paroles").send(b, file+"/paroles", "words", "Mes mots").must(422, "son dossier se lit", "Mes mots")
	b.get("/personnes?q=haddad").must(200, "Décès en mai 2026")
	b.get("/").must(200).mustNot("<b>" + "Samira")
	// Her card, and what was open with it, stopped at once.
	if p := person.get("/moi"); !strings.HasPrefix(p.path, "/entrer") {
		t.Errorf("her space is still open: %s", p.path)
	}
	person.get("/carte").send(person, "/carte", "carte", code, "pin", "482917").must(422)
	person.get("/demo/enter/person").must(403, "Cet espace est fermé.")

	undo := page + "/erreur"
	b.get(page).send(b, undo).must(200, "L’erreur est corrigée.", "elle reste arrêtée", "06 39 98 41 22", "Écrire une note")
	// A mistake gives the file back, not the card: the counter makes another.
	person.get("/carte").send(person, "/carte", "carte", code, "pin", "482917").must(422)
	b.get(access).must(200, "L’accès de Mme Haddad à son espace", "Un décès avait été noté par erreur", "Pas de carte pour l’instant.")
	person.get("/carte").send(person, "/carte", "carte", card(), "pin", "482917").must(200, "Bonjour Madame Haddad")
	b.get(access).must(200).mustNot("Un décès avait été noté par erreur")

	// Known by its year alone: those who lived with her are still read.
	b.get(page).send(b, page, "on", "2026", "source", "said").must(200, "décédée en 2026", "avant le décès", "Yanis Belkacem", "Fatiha Haddad")
	b.get(page).send(b, undo).must(200, "L’erreur est corrigée.")

	// Her mother, who has no file of her own.
	home := b.get(file+"/foyer").must(200, "Fatiha Haddad")
	link := regexp.MustCompile(`/deces\?de=([0-9a-f-]+)">[^<]*<span class="vh"> : Fatiha`).FindStringSubmatch(home.body)
	if link == nil {
		t.Fatalf("no way to note it: %s", home.text())
	}
	b.get(page+"?de="+link[1]).must(200, "Noter le décès de Mme Haddad").send(b, page, "on", "01/06/2026", "source", "said").
		must(200, "Le décès est noté.", "Samira Haddad", "décédée le 1er juin 2026").mustNot("Samira Haddad, décédée")
	if n := strings.Count(b.get(file+"/foyer").text(), "Fatiha Haddad"); n > 2 {
		t.Errorf("she is still under the roof (%d)", n)
	}
	b.get(page + "?de=not-an-id").must(404)
	b.get(page + "?de=" + string(s.other)).must(404)
}

// TestAProtectedAddressIsShownOnceWithAReason: the form keeps it without showing it.
func TestAProtectedAddressIsShownOnceWithAReason(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	edit := file + "/identite"
	b.get(file+"/adresse").must(200, "7, rue des Tanneurs").mustNot("Adresse protégée") // no secret: the file shows it
	b.get(edit).must(200).send(b, edit, "usual_name", "Haddad", "given_names", "Samira", "title", "madame", "birth", "03/02/1992", "languages", "ar", "phone", "06 39 98 41 22",
		"channel", "sms_neutral", "address", "7, rue des Tanneurs", "postcode", "35000", "city", "Rennes", "protected", "oui").
		must(200, "Adresse protégée", "Voir, avec une raison").mustNot("Tanneurs")
	for _, path := range []string{"", "/identite", "/foyer", "/reunir", "/temps", "/export", "/suivi", "/faits/depcom", "/droits/aide_logement", "/droits/aide_logement/precisions", "/avenir", "/question", "/choisir", "/demarches/nouvelle"} {
		b.get(file+path).must(200).mustNot("Tanneurs", "Rennes", "35238")
	}
	b.get(file).must(200, "Commune : Protégée, comme l’adresse depuis septembre 2025 Sur papier, 4 juin")
	page := b.get(edit).must(200, "L’adresse protégée est gardée telle quelle.")
	page.send(b, edit, "usual_name", "Haddad", "given_names", "Samira", "title", "madame", "birth", "03/02/1992", "protected", "oui").must(200)
	page = b.get(edit)
	page.send(b, edit, "usual_name", "Haddad", "given_names", "Samira", "title", "madame", "birth", "03/02/1992").must(422, "écrivez-la de nouveau").mustNot("Tanneurs")
	see := file + "/adresse"
	b.get(see).must(200).mustNot("Tanneurs").send(b, see, "reason", "").must(422, "Écrivez pourquoi vous en avez besoin.").mustNot("Tanneurs")
	b.get(see).send(b, see, "reason", "Envoyer la convocation").must(200, "7, rue des Tanneurs", "35000 Rennes", "Commune du logement : Rennes (35)")
	b.get(see).must(200).mustNot("Tanneurs")
	person := b.another()
	person.get("/demo/enter/person")
	for _, path := range []string{"/moi", "/moi/fiche", "/moi/plan", "/moi/copie", "/moi/situation"} {
		person.get(path).must(200).mustNot("Tanneurs", "Rennes", "35238")
	}
}

// TestAChangeOfNameKeepsTheOneOfBefore: found with « anciennement », unless it must
// not be disclosed.
func TestAChangeOfNameKeepsTheOneOfBefore(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	edit := "/personnes/" + string(s.samira) + "/identite"
	keep := []string{"title", "madame", "birth", "03/02/1992", "phone", "06 39 98 41 22", "why", "change"}
	send := func(more ...string) page {
		return b.get(edit).must(200).send(b, edit, append(append([]string{}, keep...), more...)...)
	}
	send("usual_name", "Benali", "given_names", "Samira", "changed_on", "31/02/2026").must(422, "Benali")
	send("usual_name", "Benali", "given_names", "Samira", "changed_on", "01/10/2025").must(200, "Samira Benali")
	b.get("/personnes?q=haddad").must(200, "Samira Benali", "Anciennement Samira Haddad.")
	b.get(edit).must(200, "Noms d’avant", "Samira Haddad, jusqu’au 1er octobre 2025")
	send("usual_name", "Benali", "given_names", "Sami", "discreet", "oui").must(200, "Sami Benali")
	b.get("/personnes?q=samira+benali").must(200, "Sami Benali").mustNot("Anciennement Samira Benali")
	b.get(edit).must(200).mustNot("Samira Benali")
}
