package web_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/law"
)

// talking is a site whose Samira was told of the runs, after a first one; look runs
// once more over the files that Claire follows.
func talking(t *testing.T) (s *site, look func()) {
	t.Helper()
	s = newSite(t)
	talks, err := talk.New(s.cases, law.Files)
	if err == nil {
		err = talks.Tell(s.ctx, s.samira, talk.TellInput{How: talk.Aloud})
	}
	look = func() {
		t.Helper()
		run, err := talks.Demand(s.ctx, talk.Over{})
		if err == nil {
			err = talks.Run(context.Background(), db.Job{Kind: talk.Job, Org: s.org, Args: []core.ID{run}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	look()
	return s, look
}

// Every page of this area in every language: one title, no raw key.
func TestConversationPagesInEveryLanguage(t *testing.T) {
	s, _ := talking(t)
	file := "/personnes/" + string(s.samira)
	raw := regexp.MustCompile(`conversations\.[a-z_]+`)
	for who, paths := range map[string][]string{
		"worker": {"/conversations", "/conversations?qui=tous&ordre=contact&depuis=30", "/conversations?cote=oui", "/conversations/prevenir", "/conversations/ensemble", "/conversations/regle", file + "/calculs", file + "/conversations/af/cote"},
		"person": {"/moi/calculs"},
	} {
		for _, tag := range i18n.Tags() {
			b := s.open(t)
			b.get("/demo/enter/" + who)
			b.get("/guichets?lang=" + tag)
			for _, path := range paths {
				p := b.get(path).must(200)
				if m := raw.FindString(p.text()); m != "" {
					t.Errorf("%s %s: shows %q", tag, path, m)
				}
				if n := strings.Count(p.body, "<h1"); n != 1 {
					t.Errorf("%s %s: %d h1", tag, path, n)
				}
			}
		}
	}
}

func TestConversations(t *testing.T) {
	s, _ := talking(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get("/").must(200, "Tous les droits dont parler", "Samira Haddad")
	list := b.get("/conversations").must(200, "Des droits dont parler", "Samira Haddad", "Les personnes que je suis", "Dernier passage", "ordre alphabétique")
	if n := strings.Count(list.body, `class="tag`); n == 0 {
		t.Fatal("nothing to talk about")
	}
	// What is listed is on the page of the right, and the other team's person is not.
	m := regexp.MustCompile(`href="(` + file + `/droits/([a-z_]+))"`).FindStringSubmatch(list.body)
	if m == nil {
		t.Fatal("no right to open")
	}
	b.get(m[1]).must(200)
	list.mustNot("Sow")
	right := m[2]
	// In one gesture, « en parler » is in the plan.
	planned := list.send(b, file+"/conversations/"+right+"/plan", "suite", "qui=moi").must(200, "est dans le plan", "Samira Haddad")
	b.get(file).must(200, "Parler ensemble de")
	b.get("/conversations").must(200, "C’est dans le plan")
	if !strings.Contains(planned.path, "/conversations") {
		t.Errorf("came back to %s", planned.path)
	}
	// Set aside, with a reason, until something changes; then undone.
	aside := b.get(file+"/conversations/"+right+"/cote?suite=droit%3D"+right).must(200, "mettre de côté pour Mme Haddad")
	aside.send(b, file+"/conversations/"+right+"/cote", "suite", "droit="+right, "until", "change").must(422, "Choisissez pourquoi")
	aside.send(b, file+"/conversations/"+right+"/cote", "suite", "droit="+right, "until", "change", "reason", "other").must(422, "Écrivez en quelques mots")
	aside.send(b, file+"/conversations/"+right+"/cote", "until", "hier", "reason", "paper").must(422, "un jour à venir")
	aside.send(b, file+"/conversations/"+right+"/cote", "suite", "droit="+right, "until", "change", "reason", "paper", "detail", "attestation de loyer", "take_up", "non_proposition").
		must(200, "Ce droit est mis de côté", "Rien avec ces choix")
	away := b.get("/conversations?cote=oui").must(200, "Un papier ou une réponse est attendu", "attestation de loyer", "par Claire Maurel", "Pas proposé")
	back := regexp.MustCompile(`action="(` + file + `/mis-de-cote/[0-9a-f-]+)"`).FindStringSubmatch(away.body)
	if back == nil {
		t.Fatal("it cannot be undone")
	}
	b.get(file+"/calculs").must(200, "Ce qui est mis de côté", "attestation de loyer")
	away.send(b, back[1], "suite", "cote=oui").must(200, "de nouveau dans la liste", "Rien avec ces choix")
	// Filters that say nothing known lead to the whole list; no page is a 500.
	for _, q := range []string{"?droit=zzz", "?pourquoi=zzz", "?qui=zzz", "?apres=zzz", "?ordre=montant", "?recours=x", "?equipe=zzz", "?nom=" + strings.Repeat("a", 300), "?depuis=-1", "?depuis=999999999999999999999"} {
		if p := b.get("/conversations" + q); p.status != 200 {
			t.Errorf("%s: %d", q, p.status)
		}
	}
	// Nothing orders by an amount, nothing is exported.
	for _, bad := range []string{`value="montant"`, "/conversations.csv", "export"} {
		list.mustNot(bad)
	}
}

func TestTheNoticeAndTheObjection(t *testing.T) {
	s, look := talking(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	if !strings.Contains(b.get(file).must(200).body, file+"/calculs") {
		t.Error("the file does not lead to the notice")
	}
	notice := b.get(file+"/calculs").must(200, "a été prévenue le 11 juin 2026", "de vive voix", "Claire Maurel", "Dernier calcul")
	notice.send(b, file+"/calculs", "how", "letter", "on", "hier").must(422, "Écrivez un jour")
	notice.send(b, file+"/calculs", "on", "11/06/2026").must(422, "Choisissez comment")
	notice.send(b, file+"/calculs", "how", "letter", "on", "10/06/2026").must(200, "C’est noté", "10 juin 2026", "par un papier")
	// The person, on their own pages, without a word of why.
	p := b.another()
	p.get("/demo/enter/person")
	p.get("/moi").must(200, "Les calculs sur vos droits")
	own := p.get("/moi/calculs").must(200, "Le calcul regarde vos droits", "Je ne veux pas de ces calculs", "Voir quelqu’un").mustNot("€")
	own.send(p, "/moi/calculs/refus").must(200, "Vous avez dit non", "Je veux bien de nouveau")
	b.get("/conversations?qui=tous").must(200).mustNot("Samira Haddad")
	b.get(file+"/calculs").must(200, "s’y oppose depuis le 11 juin 2026", "sur ses propres pages")
	look()
	b.get("/conversations?qui=tous").must(200).mustNot("Samira Haddad")
	p.get("/moi/calculs").send(p, "/moi/calculs/accord").must(200, "Le calcul regarde vos droits")
	look()
	b.get("/conversations?qui=tous").must(200, "Samira Haddad")
	// On paper, by the worker.
	b.get(file+"/calculs").send(b, file+"/calculs/refus", "how", "letter").must(200, "s’y oppose")
	b.get(file+"/calculs").send(b, file+"/calculs/accord").must(200, "C’est noté")
	// Not a worker's page for the person, nor theirs for a worker.
	p.get(file + "/calculs").must(404)
	b.get("/moi/calculs").must(404)
	for _, path := range []string{"/calculs", "/conversations/af/cote"} {
		if got := b.get("/personnes/" + string(s.other) + path).mustNot("Sow"); got.status != 403 && got.status != 404 {
			t.Errorf("%s of another team: %d", path, got.status)
		}
	}
	// Who is not told yet: several at once.
	other, err := s.cases.CreatePerson(s.ctx, casefile.NewPerson{Team: core.ActorFrom(s.ctx).Teams[0], Identity: casefile.Identity{UsualName: "Diallo", GivenNames: "Awa"}})
	if err != nil {
		t.Fatal(err)
	}
	untold := b.get("/conversations/prevenir").must(200, "Awa Diallo").mustNot("Samira Haddad")
	untold.send(b, "/conversations/prevenir", "how", "aloud").must(422, "Cochez au moins une personne")
	untold.send(b, "/conversations/prevenir", "how", "aloud", "who", string(other)).must(200, "C’est noté", "Tout le monde est prévenu")
}

func TestTryARuleOnTheList(t *testing.T) {
	s, _ := talking(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	page := b.get("/conversations/regle").must(200, "Et si la règle changeait", "paramètre bmaf")
	done := page.send(b, "/conversations/regle", "regle", "paramètre bmaf : €/mois\r\n  à partir du 01/07/2026 : 1 000").
		must(200, "Une hypothèse", "juillet 2026", "Samira Haddad", "Base mensuelle", "Droits qui en dépendent", "avec cette règle")
	done.must(200, "Aucun de ces résultats n’est gardé")
	b.get("/conversations").must(200).mustNot("hypothèse")
	page.send(b, "/conversations/regle", "regle", "paramètre bmaff : €/an").must(422, "ne peut pas être lue", "Ligne 1")
	page.send(b, "/conversations/regle", "regle", "").must(422, "ne change rien")
	page.send(b, "/conversations/regle", "regle", "paramètre inconnu : €/mois\n  à partir du 01/01/2020 : 3").must(200, "Aucun droit ne lit")
	page.send(b, "/conversations/regle", "regle", "paramètre bmaf : €/mois\n  à partir du 01/01/2090 : 3").must(422)
}

func TestCountsOfTheOrganisation(t *testing.T) {
	s, _ := talking(t)
	b := s.open(t)
	b.get("/demo/enter/worker") // she also administers
	b.get("/conversations/ensemble").must(200, "sans aucun nom", "Aucun droit n’atteint 11 dossiers").mustNot("Haddad")
	n := b.another()
	n.get("/demo/enter/worker?login=n.lefevre")
	if p := n.get("/conversations/ensemble"); p.status != 403 && p.status != 404 {
		t.Errorf("a worker who administers nothing counts: %d", p.status)
	}
}
