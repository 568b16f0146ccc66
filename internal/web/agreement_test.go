package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	agreed "codeberg.org/parvis/parvis/internal/agreement"
)

// TestAnAgreementIsPreparedSeenSignedAndStopped is the journey without script: refused
// terms keep what was typed, the preview shows what the partner will see and no more,
// the partner reads it, the person stops it from their own space.
func TestAnAgreementIsPreparedSeenSignedAndStopped(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	give := file + "/accords/nouveau"
	b.get(file).must(200, "Accords", "Au titre de quoi je vois ce dossier", "Parce que votre équipe accompagne cette personne.")
	b.get(file+"/accords").must(200, "Accords de Mme Haddad", "Rien n’est partagé")
	team := regexp.MustCompile(`value="(team:[^"]+)"`).FindStringSubmatch(b.get(give).must(200, "Équipe Secteur Sud").body)[1]
	b.get(give).send(b, give, "to", team, "purpose", "chercher un logement", "until", "10/06/2026", "what", "situation", "read", "aloud", "lang", "fr", "from", "11/06/2026", "etape", "apercu").
		must(422, "Le dernier jour vient avant le premier.").mustNot("548")
	preview := b.get(give).send(b, give, "to", team, "purpose", "chercher un logement", "until", "30/06/2026", "what", "situation", "read", "aloud", "lang", "fr", "from", "11/06/2026", "etape", "apercu").
		must(200, "Ce que les autres verraient", "548", "J’accepte de montrer à « Secteur Sud »", "chercher un logement").mustNot("06 39 98 41 22", "Visite chez elle", "rue des Tanneurs")
	preview.send(b, give, "etape", "signer", "signed", "typed", "mark", "").must(422, "La personne écrit son nom ici.", "548")
	made := preview.send(b, give, "etape", "signer", "signed", "typed", "mark", "Samira Haddad").must(200, "L’accord est enregistré.", "Nom écrit par la personne : Samira Haddad.")
	id := strings.TrimPrefix(made.path, file+"/accords/")
	preview.send(b, give, "etape", "signer", "signed", "typed", "mark", "Samira Haddad") // sent twice: once
	if n := strings.Count(b.get(file+"/accords").must(200, "Équipe Secteur Sud", "En cours").text(), "chercher un logement"); n != 1 {
		t.Errorf("%d agreements", n)
	}
	partner := b.another()
	partner.get("/demo/enter/worker?login=n.lefevre")
	partner.get("/partages").must(200, "Samira Haddad", "chercher un logement")
	seen := partner.get("/partages/"+id).must(200, "Samira Haddad", "548", "Parce que la personne l’a accepté", "demandez à l’équipe Polyvalence")
	seen.mustNot("06 39 98 41 22", "Visite chez elle", "rue des Tanneurs", "Yanis")
	if p := partner.get("/partages/" + id + "/copie"); p.status != 404 {
		t.Errorf("a copy that was not agreed to: %d", p.status)
	}
	if p := partner.get(file).mustNot("548"); p.status != 403 && p.status != 404 {
		t.Errorf("the whole file: %d", p.status)
	}
	person := b.another()
	person.get("/demo/enter/person")
	person.get("/moi/vu").must(200, "chercher un logement")
	mine := person.get("/moi/accords").must(200, "Mes accords", "Équipe Secteur Sud", "chercher un logement")
	mine.send(person, "/moi/accords/"+id).must(200, "L’accord est arrêté.", "Vous ne partagez rien")
	mine.send(person, "/moi/accords/"+id) // another tab
	partner.get("/partages/" + id).must(404).mustNot("548")
	partner.get("/partages").must(200, "Rien n’est partagé avec votre équipe").mustNot("Samira")
	b.get(file+"/accords").must(200, "Arrêté par la personne le 11 juin 2026.")
	for _, bad := range []string{"/partages/x", "/partages/" + string(s.samira), file + "/accords/" + string(s.other), "/partages?apres=x"} {
		if p := b.get(bad); p.status != 404 && p.status != 422 && p.status != 400 {
			t.Errorf("%s: %d", bad, p.status)
		}
	}
	if p := b.post(give, url.Values{"to": {"team:"}}); p.status >= 500 {
		t.Errorf("a form without a token: %d", p.status)
	}
}

// A refusal says what would open the gesture, and nothing of the person.
func TestARefusalSaysWhen(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	if p := b.get("/personnes/" + string(s.other)).mustNot("Sow"); p.status == 403 {
		p.must(403, "Pourquoi ce n’est pas ouvert", "Parce que votre équipe accompagne cette personne.")
	} else {
		t.Errorf("status %d", p.status)
	}
}

// TestAnotherTeamsFileOpensForAnHour without script: refused without a reason, then the
// file without notes, told to the person; an emergency needs a colleague.
func TestAnotherTeamsFileOpensForAnHour(t *testing.T) {
	s := newSite(t)
	nadia := s.open(t)
	nadia.get("/demo/enter/worker?login=n.lefevre")
	door := "/hors-equipe/" + string(s.samira)
	nadia.get("/personnes?q=haddad").must(200, "Ouvrir une heure, en disant pourquoi")
	nadia.get(door).must(200, "Samira Haddad", "L’équipe Polyvalence accompagne cette personne").mustNot("548", "En cas d’urgence vitale")
	nadia.get(door).send(nadia, door, "reason", "vite").must(422, "Écrivez pourquoi, en une phrase que la personne lira.")
	hour := nadia.get(door).send(nadia, door, "reason", "Elle est au guichet, Claire est absente").must(200, "Samira Haddad", "548", "Ouvert jusqu’à", "Parce que vous avez écrit pourquoi")
	hour.mustNot("Visite chez elle")
	b := s.open(t)
	b.get("/demo/enter/worker")
	b.get(door).must(200, "Samira Haddad", "Qui accompagne") // her own team: the file
	b.get(hour.path).must(404).mustNot("548")
	list := "/personnes/" + string(s.samira) + "/accords"
	b.get(list).must(200, "Ouvert hors de l’équipe", "Nadia Lefèvre", "Claire est absente", "Rien ne s’ouvre en urgence")
	b.get(list).send(b, list+"/urgence", "choix", "oui").must(200, "La personne accepte qu’en urgence vitale")
	person := s.open(t)
	person.get("/demo/enter/person")
	person.get("/moi/accords").must(200, "Le 11 juin 2026, conseillère :", "Claire est absente", "Vous avez accepté").mustNot("Nadia")
	wait := nadia.get(door).send(nadia, door, "urgence", "oui", "reason", "Elle ne répond plus depuis trois jours").must(200, "Un collègue doit répondre").mustNot("06 39 98 41 22")
	b.get("/").must(200, "Un collègue demande une ouverture en urgence.")
	asked := b.get("/urgences").must(200, "Nadia Lefèvre", "Elle ne répond plus depuis trois jours").mustNot("Haddad")
	action := asked.body[strings.Index(asked.body, `action="/urgences/`)+8:]
	asked.send(b, action[:strings.Index(action, `"`)], "reponse", "oui").must(200, "Votre réponse est écrite.", "Aucune urgence n’attend")
	nadia.get(wait.path).must(200, "+33639984122", "Samira Haddad").mustNot("548")
	person.get("/moi/vu").must(200, "Elle ne répond plus depuis trois jours")
	person.get("/moi/accords").send(person, "/moi/accords/urgence").must(200).mustNot("Vous avez accepté qu")
}

// TestAMandateIsWrittenPrintedAndStopped without script: the measure of protection is
// asked, the paper holds what was signed, the person stops one procedure.
func TestAMandateIsWrittenPrintedAndStopped(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	list := "/personnes/" + string(s.samira) + "/mandats"
	b.get(list).must(200, "Mandats de Mme Haddad", "Aucun mandat")
	write := list + "/nouveau"
	b.get(write).must(200, "Mesure de protection juridique").send(b, write, "procedures", "écrire à la CPAM", "days", "31", "from", "11/06/2026", "measure", "tutelle", "guardian", "UDAF", "lang", "fr", "read", "aloud", "signed", "typed", "mark", "Samira Haddad").
		must(422, "Avec cette mesure, la personne qui représente signe aussi.")
	b.get(write).send(b, write, "procedures", "écrire à la CPAM", "days", "730", "from", "hier", "lang", "fr", "read", "aloud", "signed", "typed", "mark", "S").must(422)
	made := b.get(write).send(b, write, "procedures", "écrire à la CPAM", "days", "31", "from", "11/06/2026", "measure", "none", "lang", "fr", "read", "aloud", "signed", "typed", "mark", "Samira Haddad").
		must(200, "Le mandat est signé.", "écrire à la CPAM", "Du 11 juin 2026 au 11 juillet 2026.")
	file := regexp.MustCompile(list + `/[0-9a-f-]+`).FindString(strings.ReplaceAll(made.body, write, ""))
	proof := b.get(file + "/preuve")
	if proof.status != 200 || !strings.HasPrefix(proof.body, "parvis agreement v1\n") || !strings.Contains(proof.body, "procedure_01=écrire à la CPAM\n") {
		t.Errorf("%d %s", proof.status, proof.body)
	}
	if v, err := agreed.Verify([]byte(proof.body), ""); err != nil || len(v.Facts) < 10 {
		t.Error(v, err)
	}
	if p := b.get(file + "/pdf"); p.status != 200 || !strings.HasPrefix(p.body, "%PDF") {
		t.Errorf("the paper: %d", p.status)
	}
	person := s.open(t)
	person.get("/demo/enter/person")
	mine := person.get("/moi/mandats").must(200, "Ce qu’on fait en mon nom", "écrire à la CPAM", "Je demande à CCAS de Valsèvre")
	action := mine.body[strings.Index(mine.body, `action="/moi/mandats/`)+8:]
	mine.send(person, action[:strings.Index(action, `"`)]).must(200, "Personne ne fait de démarche en votre nom", "Arrêtée le 11 juin 2026.")
	b.get(list).must(200, "Aucun mandat", "Arrêtée le 11 juin 2026.")
	other := s.open(t)
	other.get("/demo/enter/worker?login=n.lefevre")
	for _, path := range []string{list, write, file + "/pdf", file + "/preuve"} {
		if p := other.get(path); p.status != 403 && p.status != 404 {
			t.Errorf("another team, %s: %d", path, p.status)
		}
	}
	if p := b.post(file+"/x", nil); p.status >= 500 {
		t.Errorf("%d", p.status)
	}
}
