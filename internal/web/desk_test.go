package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
)

// clerk opens the site as somebody who welcomes at the desk and accompanies nobody.
func (s *site) clerk(t *testing.T) *browser {
	t.Helper()
	system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	if _, err := s.access.AddWorker(system, access.Worker{Login: "a.tessier", Name: "Anne Tessier", Function: "agente d'accueil", Welcomes: true, Active: true}); err != nil {
		t.Fatal(err)
	}
	b := s.open(t)
	b.get("/demo/enter/worker?login=a.tessier").must(200, "Noter un passage.")
	return b
}

// TestAPassageInTwoGestures: without script, a reason is ticked and the form is sent;
// the page is the one that the clerk lands on, and the only one.
func TestAPassageInTwoGestures(t *testing.T) {
	s := newSite(t)
	b := s.clerk(t)
	board := b.get("/").must(200, "Accueil, jeudi 11 juin", "Les passages du jour s’afficheront ici.", "L’accueil voit les passages et les appels. Pas les dossiers.")
	if board.path != "/accueil" {
		t.Errorf("the clerk lands on %s", board.path)
	}
	gestures := []string{"reason", "housing"} // one box ticked; the button is the second gesture
	board.send(b, "/accueil", gestures...).must(200, "Le passage est noté.", "Matin Le logement", "Sans nom")
	// Nothing chosen: said on its field, what was typed stays.
	again := b.get("/accueil").send(b, "/accueil", "words", "Une dame pressée").must(422, "Choisissez au moins une raison.")
	if !strings.Contains(again.body, `value="Une dame pressée"`) {
		t.Error("what was typed is lost")
	}
	again.send(b, "/accueil", "words", "Une dame pressée", "reason", "letter", "language", "ar", "sent_to", "caf", "answer", "week", "geste", "imprimer").
		must(200, "Où aller", "CAF", "Un courrier reçu", "dans la semaine", "Cette feuille ne porte pas votre nom.")
	// Sent twice, written once.
	twice := b.get("/accueil")
	twice.send(b, "/accueil", "reason", "news")
	twice.send(b, "/accueil", "reason", "news")
	if n := strings.Count(b.get("/accueil").must(200).text(), "Des nouvelles d’une demande Sans nom"); n != 1 {
		t.Errorf("written %d times", n)
	}
	// A clerk opens no file and searches for nobody.
	for _, path := range []string{"/personnes/" + string(s.samira), "/personnes/" + string(s.samira) + "/passages", "/personnes?q=haddad", "/suivis", "/personnes/nouvelle", "/conversations"} {
		if p := b.get(path).mustNot("Samira"); p.status != 403 && p.status != 404 {
			t.Errorf("%s: status %d", path, p.status)
		}
	}
	b.get("/compte").must(200, "Anne Tessier")
}

// TestTheWaitingList: in the order of arrival, whatever is said; received, put back,
// gone, taken back.
func TestTheWaitingList(t *testing.T) {
	s := newSite(t)
	b := s.clerk(t)
	b.get("/accueil").send(b, "/accueil/arrivee", "a_token", "Jeton bleu", "a_language", "fr")
	b.get("/accueil").send(b, "/accueil/arrivee", "a_token", "Jeton vert", "a_people", "2", "a_urgent", "un bébé qui a faim").must(200, "C’est noté : quelqu’un attend.")
	b.get("/accueil").send(b, "/accueil/arrivee", "a_token", "Jeton blanc", "a_people", "mille").must(422, "Écrivez un nombre.")
	list := b.get("/accueil").must(200, "Jeton bleu Français. Recevoir", "Jeton vert 2 personnes. un bébé qui a faim Recevoir")
	if strings.Index(list.body, "Jeton bleu") > strings.Index(list.body, "Jeton vert") {
		t.Error("not in the order of arrival")
	}
	at := regexp.MustCompile(`action="(/accueil/passages/[0-9a-f-]{36})/geste"`).FindAllStringSubmatch(list.body, -1)
	blue, green := at[0][1], at[1][1]
	one := list.send(b, blue+"/geste", "geste", "recevoir").must(200, "Jeton bleu", "Noter le passage")
	if one.path != blue {
		t.Errorf("led to %s", one.path)
	}
	b.get("/accueil").must(200, "En train d’être reçu Jeton bleu")
	b.get("/accueil").send(b, blue+"/geste", "geste", "remettre").must(200, "De nouveau en attente, à la même place.", "Jeton bleu Français. Recevoir")
	b.get("/accueil").send(b, blue+"/geste", "geste", "recevoir").send(b, blue, "reason", "paper", "done", "printed").must(200, "Le passage est noté.", "Un papier à faire Un papier imprimé.")
	b.get("/accueil").send(b, green+"/geste", "geste", "parti").must(200, "parti avant d’être reçu", "Personne n’attend.")
	b.get(green).send(b, green+"/geste", "geste", "remettre").must(200, "Jeton vert")
	// A mistake, and back.
	b.get(blue).send(b, blue+"/geste", "geste", "erreur").must(200, "Le passage est retiré.").mustNot("Un papier à faire Un papier imprimé.")
	b.get(blue).must(200, "Retiré, c’était une erreur").send(b, blue+"/geste", "geste", "retablir").must(200, "Le passage est rétabli.", "Un papier à faire")
	// Two colleagues at once: both versions are there.
	first, second := b.get(blue), b.get(blue)
	first.send(b, blue, "reason", "paper", "words", "Première version")
	kept := second.send(b, blue, "reason", "paper", "words", "Seconde version").must(409, "Quelqu’un a changé ce passage entre-temps.", "Première version")
	if !strings.Contains(kept.body, `value="Seconde version"`) {
		t.Error("the second version is lost")
	}
	kept.send(b, blue, "reason", "paper", "words", "Seconde version").must(200, "Seconde version")
}

// TestANamelessPassageEntersAFileAWeekLater: by the clerk, who reads nothing of the
// file; the person reads it, and who did it.
func TestANamelessPassageEntersAFileAWeekLater(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	b := s.clerk(t)
	b.get("/accueil").send(b, "/accueil", "reason", "letter", "words", "Lettre de la CAF lue ensemble")
	clk.now = clk.now.Add(7 * 24 * time.Hour)
	b.get("/demo/enter/worker?login=a.tessier")
	found := b.get("/accueil/passages").must(200, "11 juin", "Lettre de la CAF lue ensemble.")
	path := regexp.MustCompile(`href="(/accueil/passages/[0-9a-f-]{36}/rattacher)"`).FindStringSubmatch(found.body)[1]
	form := b.get(path).must(200, "Seulement si la personne le veut.")
	form.send(b, path, "geste", "chercher", "usual", "Haddad", "given", "", "birth", "hier").must(422, "Écrivez la date ou l’année de naissance")
	form.send(b, path, "geste", "chercher", "usual", "Hadad", "given", "Samira", "birth", "1992").must(200, "Aucun dossier ne répond.")
	one := form.send(b, path, "geste", "chercher", "usual", "Haddad", "given", "Samira", "birth", "03/02/1992").must(200, "Samira Haddad, 1992")
	id := regexp.MustCompile(`name="person" value="([0-9a-f-]{36})"`).FindStringSubmatch(one.body)[1]
	one.send(b, path, "geste", "rattacher", "usual", "Haddad", "given", "Samira", "birth", "1992", "person", id).must(422, "Rattachez seulement si la personne le veut.", "Samira Haddad, 1992")
	one.send(b, path, "geste", "rattacher", "usual", "Haddad", "given", "Samira", "birth", "1992", "person", id, "wished", "oui").must(200, "C’est rattaché.", "Rattaché à son dossier, à sa demande")
	b.get("/accueil/passages?file=non").mustNot("Lettre de la CAF")
	b.get("/accueil/passages?from="+"demain").must(422, "Écrivez un jour comme")

	me := s.open(t)
	me.get("/demo/enter/person")
	me.get("/moi/passages").must(200, "Lettre de la CAF lue ensemble.", "11 juin")
	me.get("/moi/vu").must(200, "a rattaché à votre dossier un passage à l’accueil", "a cherché votre nom à l’accueil")
	worker := s.open(t)
	worker.get("/demo/enter/worker")
	worker.get("/personnes/"+string(s.samira)+"/passages").must(200, "Lettre de la CAF lue ensemble.")
	worker.get("/demo/enter/worker?login=n.lefevre")
	if p := worker.get("/personnes/" + string(s.samira) + "/passages"); p.status != 403 && p.status != 404 {
		t.Errorf("another team: %d", p.status)
	}
	detach := strings.TrimSuffix(path, "/rattacher")
	b.get(detach).send(b, detach+"/detacher").must(200, "Le passage n’est plus dans un dossier.")
	me.get("/moi/passages").must(200, "Aucun passage n’est dans votre dossier.")
}

// TestObstaclesAndFigures: an obstacle from a passage, in one gesture; the paper for a
// mediator; a year in figures, small numbers hidden, on the page and in both files;
// what is counted, for anybody.
func TestObstaclesAndFigures(t *testing.T) {
	s := newSite(t)
	b := s.clerk(t)
	b.get("/accueil").send(b, "/accueil", "reason", "digital", "sent_to", "prefecture", "words", "Guichet fermé")
	see := regexp.MustCompile(`href="(/accueil/passages/[0-9a-f-]{36})"`).FindStringSubmatch(b.get("/accueil").body)[1]
	if !strings.Contains(b.get(see).must(200, "Noter un obstacle de ce service").body, `href="/accueil/obstacles?service=prefecture"`) {
		t.Error("the passage does not lead to the obstacle of its service")
	}
	form := b.get("/accueil/obstacles?service=prefecture").must(200, "Rien ici ne dit pour qui c’était")
	if !strings.Contains(form.body, `value="prefecture" selected`) {
		t.Error("the service is not chosen")
	}
	form.send(b, "/accueil/obstacles", "service", "prefecture").must(422, "Choisissez ce qui a bloqué.")
	for range 12 {
		b.get("/accueil/obstacles").send(b, "/accueil/obstacles", "service", "prefecture", "kind", "closed", "words", "Rideau baissé")
	}
	b.get("/accueil/obstacles").send(b, "/accueil/obstacles", "service", "caf", "kind", "delay").must(200, "L’obstacle est noté.", "CAF Délai trop long")
	b.get("/accueil/obstacles/prefecture/2026").must(200, "Obstacles rencontrés : Préfecture", "Guichet fermé 12", "Défenseur des droits").mustNot("Rideau")
	b.get("/accueil/obstacles/caf/2026").must(200, "non dit")
	if pdf := b.get("/accueil/obstacles/prefecture/2026/pdf"); pdf.status != 200 || !strings.HasPrefix(pdf.body, "%PDF") {
		t.Errorf("PDF: %d", pdf.status)
	}
	for _, path := range []string{"/accueil/obstacles/prefecture/1999", "/accueil/obstacles/nowhere/2026", "/accueil/obstacles/caf/x", "/accueil/chiffres?an=3000", "/accueil/chiffres?an=x", "/accueil/chiffres/x/csv"} {
		b.get(path).must(404)
	}
	for range 9 {
		b.get("/accueil").send(b, "/accueil", "reason", "letter", "language", "fr")
	}
	page := b.get("/accueil/chiffres").must(200, "L’accueil en chiffres, 2026", "Au guichet 0 10 10", "non dit", "Rien n’est compté par collègue, ni par équipe.")
	page.mustNot("Anne Tessier compte")
	csv := b.get("/accueil/chiffres/2026/csv").must(200)
	if !strings.Contains(csv.body, "Au guichet;0;10;;;10") || !strings.Contains(csv.body, ";s;") {
		t.Errorf("CSV:\n%s", csv.body)
	}
	if x := b.get("/accueil/chiffres/2026/xlsx").must(200); !strings.HasPrefix(x.body, "PK") {
		t.Error("no workbook")
	}
	b.another().get("/ce-qui-est-compte").must(200, "Ce que nous comptons sur vous", "Rien qui relie un passage à un autre.")
	me := s.open(t)
	me.get("/demo/enter/person")
	me.get("/accueil/chiffres").must(404)
}

// TestARoundOfCallsWithoutScript: somebody enters the register by their wish; a
// heatwave; called, not reached, needing somebody; the list on paper; it ends and
// forgets; the person leaves the register.
func TestARoundOfCallsWithoutScript(t *testing.T) {
	s := newSite(t)
	b := s.clerk(t)
	form := b.get("/accueil/registre").must(200, "Personne n’est sur le registre.", "S’inscrire est libre.")
	kept := form.send(b, "/accueil/registre", "name", "Fontaine Odette", "address", "4, rue du Puits").must(422, "Choisissez dans la liste.", "Inscrivez seulement si la personne le veut")
	if !strings.Contains(kept.body, `value="Fontaine Odette"`) {
		t.Error("what was typed is lost")
	}
	kept.send(b, "/accueil/registre", "name", "Fontaine Odette", "address", "4, rue du Puits", "phone", "02 61 91 40 77", "ground", "over_65", "asked_by", "self", "agreed", "oui").must(200, "C’est inscrit.", "4, rue du Puits")
	b.get("/accueil/registre").send(b, "/accueil/registre", "name", "Coulon Henri", "address", "27, rue Haute", "ground", "over_65", "asked_by", "third", "asker", "son médecin", "agreed", "oui")
	b.get("/accueil/appels").send(b, "/accueil/appels").must(422, "Choisissez dans la liste.")
	round := b.get("/accueil/appels").send(b, "/accueil/appels", "kind", "heat").must(200, "Canicule", "À appeler", "Coulon Henri", "Fontaine Odette")
	at := round.path
	entries := regexp.MustCompile(`name="entry" value="([0-9a-f-]{36})"`).FindAllStringSubmatch(round.body, -1)
	henri, odette := entries[0][1], entries[1][1]
	b.get(at).send(b, at, "entry", odette, "geste", "needs", "words", "").must(422, "Écrivez en quelques mots ce qu’il faut.")
	b.get(at).send(b, at, "entry", odette, "geste", "needs", "words", "Ventilateur en panne").must(200, "Ventilateur en panne.")
	b.get(at).send(b, at, "entry", henri, "geste", "not_reached")
	b.get(at+"/liste").must(200, "Liste d’appels", "Coulon Henri", "02 61 91 40 77", "Quelqu’un doit y aller")
	if pdf := b.get(at + "/liste/pdf"); pdf.status != 200 || !strings.HasPrefix(pdf.body, "%PDF") {
		t.Errorf("PDF: %d", pdf.status)
	}
	b.get(at).send(b, at+"/fin").must(409, "Quelqu’un attend encore une visite.")
	b.get(at).send(b, at, "entry", odette, "geste", "visited").must(200, "Quelqu’un y est allé")
	b.get(at+"/liste").must(200, "Coulon Henri").mustNot("Fontaine Odette")
	b.get(at).send(b, at+"/fin").must(200, "La campagne est terminée.", "Personnes jointes : 1. Pas jointes : 1. Visites faites : 1.")
	b.get(at).must(200, "Il reste les nombres.").mustNot("Ventilateur", "Coulon")
	entry := regexp.MustCompile(`href="(/accueil/registre/[0-9a-f-]{36})"`).FindStringSubmatch(b.get("/accueil/registre").body)[1]
	b.get(entry).must(200, "Coulon Henri").send(b, entry, "name", "Coulon Henri", "address", "27, rue Haute", "phone", "02 61 91 40 79", "ground", "over_65", "asked_by", "third", "asker", "son médecin").must(200, "02 61 91 40 79")
	b.get(entry).send(b, entry+"/retirer").must(422, "Cochez pour confirmer.")
	b.get(entry).send(b, entry+"/retirer", "sure", "oui").must(200, "Rien n’est gardé.").mustNot("Coulon")
	b.get(entry).must(404)
}
