package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
)

// noteHref finds the page of a note by what it says.
func noteHref(t testing.TB, p page, words string) string {
	t.Helper()
	before, _, found := strings.Cut(p.body, words)
	all := regexp.MustCompile(`href="(/personnes/[^"/]+/notes/[0-9a-f-]{36})"`).FindAllStringSubmatch(before, -1)
	if !found || len(all) == 0 {
		t.Fatalf("%s shows no note %q:\n%s", p.path, words, p.text())
	}
	return all[len(all)-1][1]
}

// TestANoteFromFirstWordsToWithdrawal: without script, a worker writes a note, is
// asked whether it is to be noted, corrects it, withdraws it and brings it back.
func TestANoteFromFirstWordsToWithdrawal(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get(file).must(200, "Notes", "Visite chez elle avec", "Le chauffage marche de nouveau.", "« Il fait encore froid la nuit. »", "Dit par la personne, noté par Claire Maurel.")
	fresh := file + "/notes/nouvelle"
	b.get(fresh).must(200, "peut obtenir cette note", "Un cercle de collègues que je nomme").send(b, fresh, "kind", "counter", "visibility", "team", "text", " ").
		must(422, "Écrivez la note, même courte.")
	b.get(fresh).send(b, fresh, "kind", "counter", "visibility", "team", "text", "ok", "on", "12/06/2026").must(422, "Cette date est dans le futur.")

	asked := b.get(fresh).send(b, fresh, "kind", "phone", "visibility", "team", "on", "10/06/2026", "text", "Elle est dépressive et de mauvaise foi. Yanis va mieux.").
		must(200, "Note-t-on cela ?", "dépressive", "de mauvaise foi", "Yanis", "Est-ce un fait ou un jugement ?")
	if strings.Contains(b.get(file+"/notes").body, "dépressive") {
		t.Error("the text was saved before the answer")
	}
	list := asked.send(b, fresh, "kind", "phone", "visibility", "team", "on", "10/06/2026", "text", "Elle dit être fatiguée. <b>Rappeler</b> [[le bailleur]].").
		must(200, "C’est gardé.", "10 juin 2026 · Au téléphone", "<b>Rappeler</b>").mustNot("<b>Rappeler")
	if strings.Contains(list.body, "[[") {
		t.Error("the marks show")
	}
	if !strings.Contains(list.body, `<span class="third"><span class="noprint">le bailleur</span><span class="onprint">[un tiers]</span></span>`) {
		t.Error("what speaks of a third person is not masked in print")
	}
	one := noteHref(t, list, "Elle dit être fatiguée")
	b.get(one).must(200, "Note du 10 juin 2026", "Équipe", "Écrite par Claire Maurel le 11 juin 2026.").mustNot("Ce qui était écrit avant")
	b.get(one+"/corriger").must(200, "[[le bailleur]]").send(b, one+"/corriger", "kind", "phone", "visibility", "team", "on", "10/06/2026", "text", "Elle dit être très fatiguée. Rappeler [[le bailleur]].").
		must(200, "C’est gardé.", "Corrigée par Claire Maurel", "Ce qui était écrit avant", "Premier texte")
	b.get(one+"/retirer").send(b, one+"/retirer", "why", "").must(422, "Écrivez pourquoi")
	b.get(one+"/retirer").send(b, one+"/retirer", "why", "Ce n'est pas à nous de l'écrire.").must(200, "La note est retirée.", "Note retirée. Retirée par Claire Maurel", "Ce n'est pas à nous de l'écrire.")
	b.get(file+"/notes").must(200, "Note retirée.").mustNot("fatiguée")
	b.get(one + "/corriger").must(409)
	b.get(one).send(b, one+"/remettre").must(200, "La note est remise.", "très fatiguée")

	b.get(file+"/notes?q=FATIGUEE").must(200, "très fatiguée").mustNot("chauffage")
	b.get(file+"/notes?rencontre=visit").must(200, "chauffage").mustNot("fatiguée")
	b.get(file+"/notes?q=introuvable").must(200, "Aucune note ne correspond.")
	b.get(file+"/notes/mots").send(b, file+"/notes/mots", "words", "Je préfère le matin.", "said_on", "11/06/2026").must(200, "« Je préfère le matin. »", "Pas encore relu ensemble.")
	b.get(file+"/notes/mots?note="+one[len(file)+7:]).send(b, file+"/notes/mots", "words", "Je n'ai pas dit ça.", "reread", "aloud").must(200, "« Je n'ai pas dit ça. »", "Relu à voix haute.")
	for _, path := range []string{"/notes", "/notes/nouvelle", "/notes/mots", "/notes/" + string(s.note)} {
		if p := b.get("/personnes/" + string(s.other) + path).mustNot("Sow"); p.status != 403 && p.status != 404 {
			t.Errorf("%s: %d", p.path, p.status)
		}
	}
}

// TestThePersonReadsAndAnswers: shared notes, masked, and the person's own words.
func TestThePersonReadsAndAnswers(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	fresh := "/personnes/" + string(s.samira) + "/notes/nouvelle"
	b.get(fresh).send(b, fresh, "kind", "counter", "visibility", "team", "text", "Entre nous seulement.").must(200, "C’est gardé.")
	b.get(fresh).send(b, fresh, "kind", "counter", "visibility", "author", "text", "Pour Claire seule.").must(200, "Pour vous seulement")

	person := b.another()
	person.get("/demo/enter/person").must(200, "Notes partagées et mes mots")
	person.get("/moi/notes").must(200, "Visite chez elle avec [un tiers], du bailleur.", "Dit par vous, noté par Claire Maurel.", "Il peut y avoir d’autres notes.").
		mustNot("Entre nous", "Pour Claire seule", "Bernard", "/personnes/")
	answer := "/moi/mots?note=" + string(s.note)
	person.get(answer).must(200, "Le chauffage").mustNot("Bernard")
	person.get(answer).send(person, "/moi/mots", "words", "").must(422, "Écrivez")
	person.get(answer).send(person, "/moi/mots", "words", "مازال البرد").must(200, "Vos mots sont gardés.", "مازال البرد", "Écrit par vous.")
	person.get("/moi/mots").send(person, "/moi/mots", "words", "Merci <3").must(200, "« Merci <3 »")
	// Their team sees it on the first page of the day until somebody says they read it.
	alert := "Ont écrit dans leur espace, et attendent d’être lus"
	worker := b.another()
	worker.get("/demo/enter/worker")
	worker.get("/").must(200, alert, "Samira Haddad")
	words := "/personnes/" + string(s.samira) + "/notes/mots"
	worker.get(words).must(200, "Merci <3").send(worker, words+"/lu").must(200, "vous avez lu ses mots").mustNot("C’est lu")
	worker.get("/").must(200).mustNot(alert)
	person.get("/moi/mots?note=" + string(s.samira)).must(404)
	b.get("/personnes/"+string(s.samira)+"/notes/"+string(s.note)).must(200, "مازال البرد", "Écrit par la personne.")
	b.get("/personnes/"+string(s.samira)).must(200, "« Merci <3 »")
}

// TestANoteWrittenThroughAnEndedSessionWhileAColleagueEdits: nothing of either is lost.
func TestANoteWrittenThroughAnEndedSessionWhileAColleagueEdits(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	b := s.open(t)
	b.get("/demo/enter/worker")
	one := "/personnes/" + string(s.samira) + "/notes/" + string(s.note)
	form := b.get(one + "/corriger").must(200)
	clk.now = clk.now.Add(3 * time.Hour)
	door := form.send(b, one+"/corriger", "kind", "visit", "visibility", "person", "text", "Texte de Claire.\n\nSur deux paragraphes.").must(200, "votre texte vous attend")

	system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	team := core.ActorFrom(s.ctx).Teams[0]
	hugo, err := s.access.AddWorker(system, access.Worker{Login: "h.lantier", Name: "Hugo Lantier", Function: "conseiller", Works: true, Active: true, Teams: []core.ID{team}})
	if err != nil {
		t.Fatal(err)
	}
	notes, err := note.New(s.cases)
	if err != nil {
		t.Fatal(err)
	}
	as := core.WithActor(t.Context(), core.Actor{Kind: core.ActorWorker, ID: hugo, Org: s.org, Teams: []core.ID{team}, AAL: 2})
	sh, err := notes.Read(as, s.samira, s.note)
	if err != nil {
		t.Fatal(err)
	}
	if err := notes.Edit(as, s.samira, s.note, note.Input{Kind: note.Visit, On: sh.On, Text: "Texte de Hugo."}, sh.Current); err != nil {
		t.Fatal(err)
	}

	next, err := url.Parse(door.path)
	if err != nil {
		t.Fatal(err)
	}
	b.get("/demo/enter/worker").must(200, "Un texte vous attend.")
	back := b.get(next.Query().Get("suite")).must(200, "Voici votre texte.", "Texte de Claire.")
	told := back.send(b, one+"/corriger", "kind", "visit", "visibility", "person", "text", "Texte de Claire.\n\nSur deux paragraphes.").
		must(200, "Quelqu’un a corrigé cette note pendant que vous écriviez.", "Votre texte est gardé à côté du sien.", "Texte de Hugo Lantier", "Texte de Hugo.", "Texte de Claire.")
	told.send(b, one+"/choisir", "garder", "1").must(200, "C’est gardé.", "Texte de Claire.").mustNot("Deux personnes ont écrit en même temps.")
	b.get(one).must(200, "enlevé : Hugo.") // among what was written before
	b.get("/").must(200).mustNot("Un texte vous attend.")
}

// TestACircleIsMadeWithItsNote names colleagues, and is changed by who made it.
func TestACircleIsMadeWithItsNote(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	team := core.ActorFrom(s.ctx).Teams[0]
	hugo, err := s.access.AddWorker(system, access.Worker{Login: "h.lantier", Name: "Hugo Lantier", Function: "conseiller", Works: true, Active: true, Teams: []core.ID{team}})
	if err != nil {
		t.Fatal(err)
	}
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	fresh := file + "/notes/nouvelle"
	b.get(fresh).must(200, "Hugo Lantier").send(b, fresh, "kind", "counter", "visibility", "circle", "circle", "nouveau", "text", "Au cercle.").
		must(422, "Donnez un nom à ce cercle.", "Cochez au moins un collègue.", "Au cercle.")
	list := b.get(fresh).send(b, fresh, "kind", "counter", "visibility", "circle", "circle", "nouveau", "circle_name", "Suivi logement", "members", string(hugo), "text", "Au cercle.").
		must(200, "Cercle « Suivi logement »", "Au cercle.")
	one := noteHref(t, list, "Au cercle.")
	if !strings.Contains(list.body, `<li id="n-`+one[len(file)+7:]+`" class="noprint">`) {
		t.Error("a printed list shows what a circle keeps")
	}
	b.get(one).must(200, "Lisent cette note :", "Hugo Lantier", "Changer ce cercle")
	b.get(one+"/cercle").send(b, one+"/cercle", "circle_name", "Relais", "members", "").must(422, "Choisissez des collègues")
	b.get(one+"/cercle").send(b, one+"/cercle", "circle_name", "Relais", "members", string(hugo)).must(200, "Cercle « Relais »")
	b.get(fresh).must(200, "Relais").send(b, fresh, "kind", "visit", "visibility", "circle", "circle", regexp.MustCompile(`name="circle" value="([0-9a-f-]{36})"`).FindStringSubmatch(b.get(fresh).body)[1], "text", "Encore au cercle.").
		must(200, "Encore au cercle.")
	shown := b.get(file+"/export").must(200, "Notes", "1 note : celles de l’équipe et les vôtres")
	copied := shown.send(b, file+"/export", "forme", "html").must(200, "Le chauffage marche de nouveau.", "Il fait encore froid la nuit.", "[un tiers]", "se demandent à part")
	copied.mustNot("Bernard", "Au cercle", "Relais")
}
