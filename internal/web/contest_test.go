package web_test

import (
	"regexp"
	"testing"
)

// TestAPersonSaysThatAFactIsNotRight: without script, the person reads their
// situation, says what is not right; the team answers; the person reads the answer,
// and who read it.
func TestAPersonSaysThatAFactIsNotRight(t *testing.T) {
	s := newSite(t)
	me := s.open(t)
	me.get("/demo/enter/person")
	home := me.get("/moi/situation").must(200, "Ma situation", "Ce qui est écrit", "Dit par vous")
	link := regexp.MustCompile(`href="(/moi/situation/[0-9a-f-]{36})"`).FindStringSubmatch(home.body)
	if link == nil {
		t.Fatalf("no fact leads to its page:\n%s", home.text())
	}
	me.get(link[1]).must(200, "Qu’est-ce qui est juste ?").send(me, link[1], "words", " ").must(422, "Écrivez quelques mots.")
	me.get(link[1]).send(me, link[1], "words", "Ce n'est plus <b>vrai</b>.").must(200, "C’est dit.", "Ce n'est plus <b>vrai</b>.", "L’équipe doit répondre").mustNot("plus <b>vrai")
	me.get(link[1]).must(200, "Vous l’avez dit, l’équipe doit répondre")

	team := s.open(t)
	team.get("/demo/enter/worker").must(200, "Un fait n’est pas juste, d’après la personne", "Samira Haddad")
	at := "/personnes/" + string(s.samira) + "/contestations"
	id := regexp.MustCompile(`name="contestation" value="([0-9a-f-]{36})"`).FindStringSubmatch(team.get(at).must(200, "Ce n'est plus").body)
	if id == nil {
		t.Fatal("no form to answer")
	}
	team.get(at).send(team, at, "contestation", id[1], "answer", "").must(422, "Écrivez quelques mots.")
	team.get(at).send(team, at, "contestation", id[1], "state", "changed", "answer", "C'est corrigé, merci.").must(200, "La réponse est écrite.", "Corrigé, le 11 juin 2026")
	team.get("/").mustNot("Un fait n’est pas juste")
	me.get("/moi/situation").must(200, "Corrigé, le 11 juin 2026", "C'est corrigé, merci.")
	me.get("/moi/vu").must(200, "Claire Maurel", "a répondu à ce que vous avez dit d’un fait", "avez dit qu’un fait n’est pas juste")
	proofs := me.get("/moi/vu/2026-06/verifier").must(200, "vérifiées. Aucune n’a changé.", "Garder les preuves")
	one := regexp.MustCompile(`href="(/moi/preuve/[^"]+)"`).FindStringSubmatch(proofs.body)
	if one == nil {
		t.Fatal("no proof to keep")
	}
	text := me.get(one[1]).must(200, "parvis journal line 1")
	me.get("/verifier").send(me, "/verifier", "texte", text.body).must(200, "11 juin 2026")
	team.get(one[1]).must(404)
	me.get("/moi/situation/00000000-0000-7000-8000-000000000000").must(404)
}
