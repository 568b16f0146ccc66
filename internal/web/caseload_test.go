package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestAnAccompanimentEndsWithTheirWordsAndBeginsAgain is the journey without script:
// refused without words, ended, found by search, read at home, begun again.
func TestAnAccompanimentEndsWithTheirWordsAndBeginsAgain(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get(file).must(200, "Qui accompagne")
	b.get(file+"/suivi").must(200, "Qui accompagne Mme Haddad", "Équipe Polyvalence", "Claire Maurel, depuis le")
	end := file + "/suivi/fin"
	form := b.get(end).must(200, "Terminer l’accompagnement de Mme Haddad", "02 61 91 40 10")
	form.send(b, end, "reason", "moved", "words", "", "remains", "La carte est en cours", "who", "").
		must(422, "Écrivez ce que la personne en dit", "Écrivez à qui la personne peut s’adresser", "La carte est en cours")
	late := b.get(end)
	done := b.get(end).send(b, end, "reason", "moved", "words", "Je pars <b>chez ma sœur</b>.", "remains", "La carte est en cours", "who", "L'accueil, 02 61 91 40 10").
		must(200, "L’accompagnement est terminé.", "« Je pars <b>chez ma sœur</b>. »", "La personne vit ailleurs.", "Reprendre l’accompagnement")
	if done.path != file+"/suivi" {
		t.Errorf("led to %s", done.path)
	}
	if p := b.get(end); p.path != file+"/suivi" { // ended: nothing left to end
		t.Errorf("led to %s", p.path)
	}
	late.send(b, end, "reason", "done", "unreached", "oui", "who", "x") // another tab, another text: told, nothing written twice
	if p := b.get(file).must(200, "Comment l’accompagnement s’est terminé"); p.path != file+"/suivi" || strings.Count(p.text(), "Terminé le") != 1 {
		t.Errorf("%s: %s", p.path, p.text())
	}
	for _, path := range []string{"/identite", "/foyer", "/faits/loyer", "/demarches/nouvelle"} {
		if p := b.get(file + path); p.status != 404 {
			t.Errorf("%s: %d", path, p.status)
		}
	}
	b.get("/personnes?q=haddad").must(200, "Accompagnement terminé, équipe Polyvalence.")
	b.get("/suivis?etat=fini").must(200, "Samira Haddad", "Terminé le 11 juin 2026")
	b.get("/suivis").must(200).mustNot("Samira Haddad")

	other := b.another()
	other.get("/demo/enter/worker?login=n.lefevre")
	found := other.get("/personnes?q=haddad").must(200, "Accompagnement terminé, équipe Polyvalence.", "peut le reprendre ou vous le transmettre")
	found.mustNot(`href="/personnes/` + string(s.samira))
	if p := other.get(file + "/suivi").mustNot("sœur"); p.status != 404 && p.status != 403 {
		t.Errorf("another team reads how it ended: %d", p.status)
	}
	person := b.another()
	person.get("/demo/enter/person")
	person.get("/moi").must(200, "s’est terminé le 11 juin 2026", "La carte est en cours", "L'accueil, 02 61 91 40 10")
	person.get("/moi/fiche").must(200)

	again := file + "/suivi"
	b.get(again).send(b, again, "why", "").must(422, "Écrivez pourquoi l’accompagnement reprend.")
	b.get(again).send(b, again, "why", "Elle est revenue").must(200, "L’accompagnement a repris.", "Samira Haddad", "548")
	b.get(again).must(200, "Terminé le 11 juin 2026", "Équipe Polyvalence")
	person.get("/moi").must(200, "Claire Maurel, équipe Polyvalence.").mustNot("carte est en cours")
}

var answerYes = regexp.MustCompile(`action="(/relais/[0-9a-f-]+/oui)"`)

// TestAnAccompanimentIsHandedOver: proposed with what the person says, nothing
// changes, refused, proposed again, accepted; the person reads it at home.
func TestAnAccompanimentIsHandedOver(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	nadia := b.another()
	nadia.get("/demo/enter/worker?login=n.lefevre")
	person := b.another()
	person.get("/demo/enter/person")
	file := "/personnes/" + string(s.samira)
	hand := file + "/suivi/relais"
	newStep := file + "/demarches/nouvelle"
	b.get(newStep).send(b, newStep, "title", "Appeler le bailleur", "who", "together", "due_on", "18/06/2026").must(200)

	page := b.get(hand).must(200, "Proposer un relais pour Mme Haddad", "Appeler le bailleur")
	option := regexp.MustCompile(`<option value="([^"]+)">Nadia Lefèvre`).FindStringSubmatch(page.body)
	if option == nil {
		t.Fatal("no colleague to choose")
	}
	page.send(b, hand, "to", option[1], "reason", "", "words", "D'accord", "choice", "all").must(422, "Écrivez pourquoi vous proposez ce relais.", "D'accord")
	propose := func() {
		b.get(hand).send(b, hand, "to", option[1], "reason", "Elle emménage au sud", "words", "D'accord", "choice", "all").
			must(200, "Le relais est proposé.", "Rien ne change tant que ce n’est pas accepté.", "« D'accord »")
	}
	propose()
	person.get("/moi").must(200, "Claire Maurel propose que votre accompagnement passe à Nadia Lefèvre, équipe Secteur Sud.")
	nadia.get(file).mustNot("Tanneurs")
	nadia.get("/").must(200, "On vous propose un relais", "Samira Haddad", "Claire Maurel").mustNot(file)
	waiting := nadia.get("/relais").must(200, "Samira Haddad", "Naissance : 1992", "Elle emménage au sud", "« D'accord »").mustNot("Tanneurs")
	yes := answerYes.FindStringSubmatch(waiting.body)
	if yes == nil {
		t.Fatal("no answer to give")
	}
	b.get("/relais").must(200, "Vous attendez la réponse", "Samira Haddad").mustNot(`action="/relais/`)
	no := strings.TrimSuffix(yes[1], "oui") + "non"
	waiting.send(nadia, no, "answer", "Je pars en congé").must(200, "Le relais est refusé.", "Aucun relais n’attend")
	waiting.send(nadia, yes[1]).must(200, "C’était déjà répondu.")
	b.get(file+"/suivi").must(200, "Refusé par Nadia Lefèvre", "Je pars en congé", "Proposer un relais")

	propose()
	yes = answerYes.FindStringSubmatch(nadia.get("/relais").body)
	answer := nadia.get("/relais")
	answer.send(nadia, yes[1]).must(200, "Vous accompagnez maintenant cette personne.", "Samira Haddad", "Appeler le bailleur", "Suivi : Nadia Lefèvre.")
	answer.send(nadia, yes[1]).must(200, "Samira Haddad") // the button pressed twice
	nadia.get("/").must(200, "Appeler le bailleur")
	if p := b.get(file).mustNot("Tanneurs"); p.status != 403 && p.status != 404 {
		t.Errorf("the former team still opens the file: %d", p.status)
	}
	person.get("/moi").must(200, "Depuis le 11 juin 2026, Nadia Lefèvre vous accompagne, équipe Secteur Sud.")
}

func TestAnAbsenceIsCovered(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	b := s.open(t)
	b.get("/demo/enter/worker")
	b.get("/absence").must(200, "Personne d’autre ne travaille dans votre équipe.")
	colleague := s.colleague(t, "h.lantier", "Hugo Lantier")
	file := "/personnes/" + string(s.samira)
	newStep := file + "/demarches/nouvelle"
	b.get(newStep).send(b, newStep, "title", "Appeler le bailleur", "who", "together", "due_on", "18/06/2026").must(200)
	b.get("/absence").send(b, "/absence", "side", "mine", "cover", colleague, "from", "20/06/2026", "to", "12/06/2026").must(422, "La fin est avant le début.")
	b.get("/absence").send(b, "/absence", "side", "mine", "cover", colleague, "from", "12/06/2026", "to", "20/06/2026").
		must(200, "Hugo Lantier vous remplace du 12 juin 2026 au 20 juin 2026.").mustNot("En ce moment")
	hugo := b.another()
	hugo.get("/demo/enter/worker?login=h.lantier")
	hugo.get("/").must(200).mustNot("Appeler le bailleur")
	clk.now = clk.now.Add(24 * time.Hour)
	hugo.get("/demo/enter/worker?login=h.lantier")
	hugo.get("/").must(200, "En l’absence de Claire Maurel, jusqu’au 20 juin", "Appeler le bailleur")
	hugo.get("/absence").must(200, "Vous remplacez Claire Maurel", "En ce moment")
	clk.now = clk.now.Add(10 * 24 * time.Hour)
	hugo.get("/demo/enter/worker?login=h.lantier")
	hugo.get("/").must(200).mustNot("Appeler le bailleur")
}
