package web_test

import (
	"bytes"
	"context"
	"html"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// sent is a file of a form.
type sent struct {
	name    string
	content []byte
}

// upload fills the page's form of that action and sends it with files.
func (p page) bring(b *browser, action string, files []sent, pairs ...string) page {
	p.t.Helper()
	i := strings.LastIndex(p.body, `action="`+action+`" enctype`)
	if i < 0 {
		p.t.Fatalf("%s has no form of files to %s", p.path, action)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	ok := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
	}
	inside, _, _ := strings.Cut(p.body[i:], "</form>")
	for _, m := range hiddenField.FindAllStringSubmatch(inside, -1) {
		ok(w.WriteField(html.UnescapeString(m[1]), html.UnescapeString(m[2])))
	}
	for j := 0; j+1 < len(pairs); j += 2 {
		ok(w.WriteField(pairs[j], pairs[j+1]))
	}
	for _, f := range append([]sent{{"", nil}}, files...) { // browsers send a field left empty
		head := textproto.MIMEHeader{}
		head.Set("Content-Disposition", `form-data; name="file"; filename="`+f.name+`"`)
		head.Set("Content-Type", "application/octet-stream")
		part, err := w.CreatePart(head)
		ok(err)
		_, err = part.Write(f.content)
		ok(err)
	}
	ok(w.Close())
	req, err := http.NewRequest("POST", b.base+action, &body)
	ok(err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

func aPDF(text string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<<>>\nstream\n" + text + "\nendstream\nendobj\ntrailer\n%%EOF\n")
}

func aPhoto(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withCard gives Samira a card, as a worker does at the counter.
func (s *site) withCard(t testing.TB) {
	t.Helper()
	err := s.db.Tx(context.Background(), func(tx *db.Tx) error {
		holder, err := s.access.MakeHolder(tx, s.org, s.samira)
		if err != nil {
			return err
		}
		return s.papers.CardMade(tx, s.org, holder, "card", bytes.Repeat([]byte{1}, 32))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A person keeps papers, looks for them, shows them, and takes all back, without script.
func TestMyPapers(t *testing.T) {
	s := newSite(t)
	me := s.open(t)
	me.get("/demo/enter/person").must(200, "Mes papiers")
	me.get("/moi/papiers").must(200, "Il faut d’abord votre carte")
	s.withCard(t)
	shelf := me.get("/moi/papiers").must(200, "Aucun papier pour l’instant", "Prendre une photo")
	one := shelf.bring(me, "/moi/papiers", []sent{{"Bail rue des Tanneurs.pdf", aPDF("le bail")}}).must(200, "C’est gardé.", "Bail rue des Tanneurs", "Nous avons deviné")
	// The same one again, and two at once.
	me.get("/moi/papiers").bring(me, "/moi/papiers", []sent{{"encore.pdf", aPDF("le bail")}}).must(200, "Ce papier est déjà là.")
	me.get("/moi/papiers").bring(me, "/moi/papiers", []sent{{"titre de séjour.jpg", aPhoto(t)}, {"rib.pdf", aPDF("rib")}}).must(200, "C’est gardé.", "RIB", "Titre de séjour")
	// What is not a paper is refused, and says why.
	for name, c := range map[string]sent{
		"Choisissez un fichier": {}, "ni une photo": {"virus.pdf", []byte("MZ\x90\x00 a program")}, "incomplet ou abîmé": {"bail.pdf", []byte("%PDF-1.7 cut")},
	} {
		bad := me.get("/moi/papiers").bring(me, "/moi/papiers", []sent{c}).must(422, name)
		if !strings.Contains(bad.body, `id="f-file-e"`) {
			t.Errorf("%s: not beside its field", name)
		}
	}
	// What it is, and until when.
	address := strings.Split(one.path, "?")[0]
	one.send(me, address, "name", "Bail", "sort", "lease", "issued_on", "31/02/2023", "expires_on", "").must(422, "Écrivez un jour comme")
	one.send(me, address, "name", "Bail", "sort", "lease", "issued_on", "01/03/2023", "expires_on", "").must(200, "C’est noté.")
	one.send(me, address, "name", "Autre", "sort", "lease", "issued_on", "", "expires_on", "").must(422, "Quelqu’un a changé ce papier")
	permit := regexp.MustCompile(`href="(/moi/papiers/[0-9a-f-]{36})"`).FindStringSubmatch(me.get("/moi/papiers?q=sejour").must(200, "titre de séjour").body)[1]
	me.get(permit).send(me, permit, "name", "Titre de séjour", "sort", "permit", "issued_on", "", "expires_on", "30/09/2026").
		must(200, "Valable jusqu’au 30 septembre 2026", "entre le 2 juin 2026 et le 1er août 2026")
	me.get("/moi/papiers").must(200, "À renouveler bientôt")
	me.get("/moi/papiers?q=zzzz").must(200, "Aucun papier ne porte ce nom.")
	// At the counter: the picture on the whole screen; a PDF opens by itself.
	shown := me.get(permit + "/montrer").must(200)
	if !strings.Contains(shown.body, `<img src="`+permit+`/fichier"`) {
		t.Error("no picture")
	}
	picture := me.get(permit + "/fichier").must(200)
	if picture.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(picture.header.Get("Content-Disposition"), "inline") || picture.header.Get("Cache-Control") != "no-store" {
		t.Errorf("sent as %v", picture.header)
	}
	if doc := me.get(address + "/montrer").must(200); doc.header.Get("Content-Type") != "application/pdf" || !strings.Contains(doc.body, "le bail") {
		t.Errorf("the lease is shown as %v", doc.header)
	}
	if copied := me.get(address + "/fichier?copie").must(200); !strings.HasPrefix(copied.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a copy is sent as %v", copied.header)
	}

	// The worker sees nothing of it.
	claire := me.another()
	claire.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira) + "/papiers"
	claire.get(file).must(200, "Aucun papier montré", "Non scellé.").mustNot("<bdi>Bail")
	given := strings.Replace(address, "/moi/papiers", file, 1)
	claire.get(given).must(404)
	claire.get(given + "/fichier").must(404)

	// She shows one: exactly what leaves is shown before.
	team := core.ActorFrom(s.ctx).Teams[0]
	paper := strings.TrimPrefix(address, "/moi/papiers/")
	choose := me.get("/moi/papiers/partager?papier="+paper).must(200, "Quels papiers ?", "Polyvalence")
	choose.send(me, "/moi/papiers/partager", "team", string(team), "until", "30/09/2026").must(422, "Choisissez au moins un papier.")
	choose.send(me, "/moi/papiers/partager", "papers", paper, "team", string(team), "until", "30/09/2020").must(422, "Ce jour est déjà passé.")
	sure := choose.send(me, "/moi/papiers/partager", "papers", paper, "team", string(team), "until", "30/09/2026").
		must(200, "Montrer à l’équipe Polyvalence", "Voici exactement ce qu’ils verront", "Vos 2 autres papiers", "Nous ne pouvons pas empêcher une copie de l’écran.")
	claire.get(given).must(404)
	sure.send(me, "/moi/papiers/partager", "etape", "oui").must(200, "C’est montré.")
	claire.get(file).must(200, "Bail").mustNot("<bdi>Titre de séjour", "<bdi>rib")
	claire.get(given).must(200, "Montré à votre équipe jusqu’au 30 septembre 2026.").mustNot("?copie")
	if read := claire.get(given + "/fichier").must(200); !strings.Contains(read.body, "le bail") {
		t.Error("the worker reads something else")
	}
	claire.get(given + "/fichier?copie").must(404)
	me.get("/moi/vu").must(200, "a ouvert un papier")
	// And stops it.
	stop := me.get(address).must(200, "peut le lire jusqu’au 30 septembre 2026")
	grant := regexp.MustCompile(`name="accord" value="([^"]+)"`).FindStringSubmatch(stop.body)[1]
	stop.send(me, address+"/arreter", "accord", grant).must(200, "C’est arrêté.", "Vous seulement.")
	claire.get(given + "/fichier").must(404)

	// The bin, and back.
	me.get(address).send(me, address+"/enlever").must(200, "Il est dans la corbeille.", "Corbeille")
	me.get(address).must(404)
	me.get("/moi/papiers").send(me, address+"/remettre").must(200, "Il est de nouveau là.")
}

// A worker deposits; steps say which papers are here and which are not, on paper too.
func TestAWorkerAndPapers(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira) + "/papiers"
	b.get(file).must(200, "Il faut d’abord une carte")
	s.withCard(t)
	if _, err := plan.New(s.cases).AddStep(s.ctx, s.samira, plan.StepInput{Title: "Demander la prime d'activité", Who: casefile.Together, Ways: casefile.Ways{Desk: "CAF"},
		Papers: []casefile.StepPaper{{Name: "RIB", RequiredBy: "CAF, pour le versement"}, {Name: "Titre de séjour", RequiredBy: "CSS art. R512-1"}}}); err != nil {
		t.Fatal(err)
	}
	team := string(core.ActorFrom(s.ctx).Teams[0])
	page := b.get(file).must(200, "Demander la prime d'activité", "Pas là, ou pas montré", "Papiers à apporter")
	page.bring(b, file, []sent{{"scan.pdf", aPDF("rib")}}, "sort", "bank_details", "team", team, "until", "").must(422, "Écrivez jusqu’à quel jour.")
	page.bring(b, file, []sent{{"scan.pdf", aPDF("rib")}}, "sort", "bank_details", "team", team, "until", "30/09/2026").must(200, "C’est gardé.", "Prêt", "scan")
	page.bring(b, file, []sent{{"jugement.pdf", aPDF("jugement")}}, "sort", "", "team", "").must(200, "C’est gardé.").mustNot("<bdi>jugement")
	missing := b.get(file+"/manquants").must(200, "Papiers à apporter", "Titre de séjour (demandé par : CSS art. R512-1)")
	missing.mustNot("RIB (demandé")
	b.get(file+"/manquants?langue=ar").must(200, "أوراق يجب إحضارها")
	if doc := b.get(file + "/manquants/pdf").must(200); !strings.HasPrefix(doc.body, "%PDF") {
		t.Error("no PDF")
	}
	// The person has both.
	me := b.another()
	me.get("/demo/enter/person")
	me.get("/moi/papiers").must(200, "jugement", "scan", "Demander la prime d'activité", "Pas encore là")
	// Another team, another person, nobody.
	other := b.another()
	other.get("/demo/enter/worker?login=n.lefevre")
	if p := other.get(file); p.status != 403 && p.status != 404 {
		t.Errorf("another team: %d", p.status)
	}
	if p := b.get("/personnes/" + string(s.other) + "/papiers"); p.status != 403 && p.status != 404 {
		t.Errorf("another team's person: %d", p.status)
	}
	b.another().get(file).must(200, "Bonjour. Entrez !")
}

// Forged and oversized uploads change nothing.
func TestPapersAtTheEdge(t *testing.T) {
	s := newSite(t)
	s.withCard(t)
	b := s.open(t)
	b.get("/demo/enter/person")
	shelf := b.get("/moi/papiers").must(200)
	shelf.body = strings.ReplaceAll(shelf.body, `name="jeton" value="`, `name="jeton" value="x`)
	if p := shelf.bring(b, "/moi/papiers", []sent{{"a.pdf", aPDF("x")}}); p.status == 200 {
		t.Error("a forged form is taken")
	}
	large := append([]byte("%PDF-1.7 "), make([]byte, 50<<20)...)
	b.get("/moi/papiers").bring(b, "/moi/papiers", []sent{{"lourd.pdf", large}}).must(422, "trop lourd")
	req, err := http.NewRequest("POST", b.base+"/moi/papiers", io.LimitReader(strings.NewReader("x=1"), 3))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p := b.do(req); p.status != 400 && p.status != 422 {
		t.Errorf("a form without files: %d", p.status)
	}
	for _, path := range []string{"/moi/papiers/zzz", "/moi/papiers/00000000-0000-4000-8000-000000000000", "/moi/papiers/00000000-0000-4000-8000-000000000000/fichier"} {
		b.get(path).must(404)
	}
	shelfAfter, err := s.papers.Read(core.WithActor(context.Background(), core.Actor{Kind: core.ActorPerson, ID: s.samira, Org: s.org, AAL: 2}), s.samira)
	if err != nil || len(shelfAfter.Papers) != 0 {
		t.Errorf("kept: %v %v", shelfAfter.Papers, err)
	}
}
