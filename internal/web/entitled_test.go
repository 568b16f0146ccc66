package web_test

import (
	"regexp"
	"testing"
)

// TestAPersonAsksAboutTheirData: without script, the person says no to the runs from home; the
// team sees it wait, answers, and the runs are stopped; a refusal says whom to turn to; the
// paper that goes with a copy is printed.
func TestAPersonAsksAboutTheirData(t *testing.T) {
	s := newSite(t)
	me := s.open(t)
	me.get("/demo/enter/person")
	me.get("/moi").must(200, "Mes données : demander")
	me.get("/moi/donnees").must(200, "C’est votre droit.").send(me, "/moi/donnees", "words", "x").must(422, "Choisissez ce qui est demandé.")
	me.get("/moi/donnees").send(me, "/moi/donnees", "what", "runs").must(200, "C’est demandé.", "Réponse avant le 11 juillet 2026.")

	team := s.open(t)
	team.get("/demo/enter/worker").must(200, "Une demande sur ses données attend une réponse", "avant le 11 juillet")
	at := "/personnes/" + string(s.samira) + "/donnees"
	page := team.get(at).must(200, "Opposition aux calculs répétés", "Faite en ligne le 11 juin 2026.")
	id := regexp.MustCompile(`name="demande" value="([0-9a-f-]{36})"`).FindStringSubmatch(page.body)
	if id == nil {
		t.Fatal("no form to answer")
	}
	page.send(team, at+"/repondre", "demande", id[1], "answer", "").must(422)
	page.send(team, at+"/repondre", "demande", id[1], "state", "done", "answer", "Plus aucun calcul ne revient.").must(200, "La réponse est écrite, et appliquée.", "Fait, le 11 juin 2026")
	team.get("/").must(200).mustNot("Une demande sur ses données")
	me.get("/moi/donnees").must(200, "Plus aucun calcul ne revient.")
	me.get("/moi/calculs").must(200, "Vous avez dit non")

	team.get(at).send(team, at, "what", "copy", "way", "letter", "on", "bientôt").must(422)
	noted := team.get(at).send(team, at, "what", "copy", "way", "letter", "on", "08/06/2026").must(200, "La demande est notée, avec son délai.", "Reçue par courrier le 8 juin 2026.", "Réponse avant le 8 juillet 2026.")
	id = regexp.MustCompile(`name="demande" value="([0-9a-f-]{36})"`).FindStringSubmatch(noted.body)
	noted.send(team, at+"/prolonger", "demande", id[1], "later", "").must(422, "pourquoi il faut plus de temps")
	noted.send(team, at+"/prolonger", "demande", id[1], "later", "Des archives papier à relire.").must(200, "Réponse avant le 8 septembre 2026.")
	noted.send(team, at+"/repondre", "demande", id[1], "state", "refused", "answer", "").must(422, "Un refus se motive")
	noted.send(team, at+"/repondre", "demande", id[1], "state", "refused", "answer", "La copie vous a été remise hier.").must(200, "Refusé, le 11 juin 2026")
	me.get("/moi/donnees").must(200, "La copie vous a été remise hier.", "écrivez à la CNIL")
	me.get("/moi/donnees/notice").must(200, "Ce qu’on fait de mes données", "Aucune décision n’est prise par une machine seule.")
	if pdf := team.get(at + "/notice/pdf").must(200); pdf.header.Get("Content-Type") != "application/pdf" {
		t.Error("no PDF of the paper")
	}
}
