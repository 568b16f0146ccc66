package web_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// TestFilesEndTheirLife: without script, who administers chooses durations and reads what
// would go; a team sees who leaves soon, keeps a file, brings one back; a list waits for its
// visa, is carried out, and what it holds names nobody.
func TestFilesEndTheirLife(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	b := s.open(t)
	b.get("/demo/enter/worker")
	b.get("/archives").must(200, "Conservation des dossiers", "Aucun dossier ne part bientôt.")
	rule := b.get("/equipe/conservation").must(200, "rien ne bouge")
	rule.send(b, "/equipe/conservation", "active", "30", "archive", "beaucoup", "basis", "").must(422, "Écrivez un nombre de mois.")
	rule.send(b, "/equipe/conservation", "active", "30", "archive", "12", "basis", "").must(422, "de 12 à 24 mois", "Écrivez le texte")
	rule.send(b, "/equipe/conservation", "active", "24", "archive", "12", "basis", "Référentiel CNIL", "public", "1", "circle", string(s.worker)).must(200, "0 dossier irait en archive.")
	file := "/personnes/" + string(s.samira)
	b.get(file+"/conservation").must(200, "Dernier contact de la personne le 11 juin 2026.", "ira en archive le 12 juin 2028")

	// Two years later: seen before it goes, then gone from search.
	clk.now = clk.now.AddDate(0, 23, 15)
	b.get("/demo/enter/worker")
	b.get("/archives").must(200, "Samira Haddad", "part le 12 juin 2028").mustNot("Sow")
	clk.now = clk.now.AddDate(0, 2, 0)
	keep, err := retention.New(s.cases, journal.New(s.db, nil))
	if err != nil {
		t.Fatal(err)
	}
	program := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	if n, err := keep.Shelve(program); err != nil || n < 2 {
		t.Fatalf("%d files went: %v", n, err)
	}
	b.get("/demo/enter/worker")
	b.get("/personnes?q=haddad").must(200).mustNot("Samira")
	b.get(file).must(404)
	b.get("/archives").send(b, "/archives", "name", "Samira", "birth", "1992", "why", "").must(422, "Écrivez pourquoi", "le prénom et le nom")
	found := b.get("/archives").send(b, "/archives", "name", "samira haddad", "birth", "1992", "why", "elle est au guichet").must(200, "Samira Haddad", "Polyvalence")
	found.send(b, "/archives/retour").must(200, "Le dossier est revenu.", "Samira Haddad")
	b.get("/personnes?q=haddad").must(200, "Samira Haddad")

	// A year in the archive later, the list.
	clk.now = clk.now.AddDate(1, 0, 0)
	b.get("/demo/enter/worker")
	lists := b.get("/equipe/conservation").must(200, "serait sur la liste à supprimer").mustNot("Sow").mustNot("Ibrahima")
	made := lists.send(b, "/equipe/conservation/bordereaux").must(200, "Attend le visa", "Secteur Sud").mustNot("Sow")
	b.get(made.path+"/papier").must(200, "Bordereau d’élimination", "Référentiel CNIL").mustNot("Ibrahima")
	if pdf := b.get(made.path + "/papier/pdf").must(200); !strings.HasPrefix(pdf.body, "%PDF-") {
		t.Error("no PDF of the list")
	}
	b.get(made.path+"/csv").must(200, "Secteur Sud").mustNot("Ibrahima")
	made.send(b, made.path, "geste", "visa", "visa_name", "", "visa_ref", "", "visa_on", "").must(422, "Écrivez qui a donné le visa.")
	south := b.another()
	south.get("/demo/enter/worker?login=n.lefevre")
	south.get("/archives").must(200, "Sur la liste à supprimer", "Ibrahima Sow")
	hold := "/personnes/" + string(s.other) + "/conservation"
	south.get(hold).send(south, hold, "reason", "", "until", "31/12/2020").must(422, "Écrivez pourquoi", "déjà passé")
	south.get(hold).send(south, hold, "reason", "recours devant le tribunal", "until", "31/12/2030").must(200, "Ce dossier est gardé.", "recours devant le tribunal")
	b.get(hold).must(200, "recours devant le tribunal") // named for the archive
	lift := regexp.MustCompile(`name="suspension" value="([0-9a-f-]{36})"`).FindStringSubmatch(south.get(hold).body)
	if lift == nil {
		t.Fatal("no hold to lift")
	}
	south.get(hold).send(south, hold+"/lever", "suspension", lift[1]).must(200, "suit de nouveau la durée ordinaire")
	b.get(made.path).send(b, made.path, "geste", "retrait").must(200, "Rien n’a été supprimé.")
	again := b.get("/equipe/conservation").send(b, "/equipe/conservation/bordereaux").must(200, "Attend le visa")
	approved := again.send(b, again.path, "geste", "visa", "visa_name", "A. Chartier", "visa_ref", "AD79 2029-4", "visa_on", "01/06/2029").must(200, "Le visa est noté.", "AD79 2029-4")
	approved.send(b, again.path, "geste", "suppression").must(200, "La suppression est lancée.")
	id := core.ID(again.path[strings.LastIndex(again.path, "/")+1:])
	if err := keep.Delete(context.Background(), db.Job{Org: s.org, Args: []core.ID{id}}); err != nil {
		t.Fatal(err)
	}
	b.get(again.path).must(200, "Terminé", "1 dossier supprimé.")
	b.get("/personnes?q=sow").must(200).mustNot("Ibrahima")
	south.get("/equipe/conservation").must(403)
}
