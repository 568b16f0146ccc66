package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// upload sends the page's form with a file.
func (p page) upload(b *browser, action, name string, data []byte) page {
	p.t.Helper()
	i := strings.LastIndex(p.body, `action="`+action+`"`)
	if i < 0 {
		p.t.Fatalf("%s has no form to %s", p.path, action)
	}
	inside, _, _ := strings.Cut(p.body[i:], "</form>")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	field := func(name, value string) {
		if err := form.WriteField(name, value); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, m := range hiddenField.FindAllStringSubmatch(inside, -1) {
		field(m[1], m[2])
	}
	_, team, _ := strings.Cut(inside, `<option value="`)
	team, _, _ = strings.Cut(team, `"`)
	field("team", team)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		p.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", b.base+action, &body)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(req)
}

func (s *site) runJobs(t testing.TB) {
	t.Helper()
	r := db.NewRunner(s.cases.DB)
	imports := intake.New(s.cases)
	r.Handle(intake.Job, imports.Run)
	r.Handle(intake.JobRights, imports.Compute)
	if err := r.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestImportFromTheFileToItsUndoing(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	b.get("/personnes").must(200, "Importer")
	csv := "Nom;Pr\xe9nom;Date de naissance;Loyer\r\nTraor\xe9;Awa;12/03/1984;548,50\r\nHadad;Samira;1992;\r\nNguyen;=1+1;31/02/1990;beaucoup\r\n"
	columns := b.get("/importer").must(200, "Aucun import").upload(b, "/importer", "gens.csv", []byte(csv)).
		must(200, "Que dit chaque colonne", "Windows-1252", "des points-virgules", "Traoré")
	at := columns.path
	form := strings.NewReplacer("/importer/", "").Replace(at)
	if form == at {
		t.Fatalf("led to %s", at)
	}
	// What the header said is chosen already.
	for _, want := range []string{`value="usual_name" selected`, `value="given_names" selected`, `value="birth" selected`, `value="fact:loyer" selected`} {
		if !strings.Contains(columns.body, want) {
			t.Errorf("the columns page lacks %s", want)
		}
	}
	send := func(p page, action string, values map[string][]string) page {
		t.Helper()
		i := strings.LastIndex(p.body, `action="`+action+`"`)
		if i < 0 {
			t.Fatalf("%s has no form to %s", p.path, action)
		}
		inside, _, _ := strings.Cut(p.body[i:], "</form>")
		form := map[string][]string{}
		for _, m := range hiddenField.FindAllStringSubmatch(inside, -1) {
			form[m[1]] = []string{m[2]}
		}
		for k, v := range values {
			form[k] = v
		}
		return b.post(action, form)
	}
	send(columns, at+"/colonnes", map[string][]string{"field": {"", "", "", ""}}).must(422, "quelle colonne contient le nom")
	progress := send(columns, at+"/colonnes", map[string][]string{"field": {"usual_name", "given_names", "birth", "fact:loyer"}, "month": {"2026-06"}}).
		must(200, "Vérification en cours", "La page se relit toute seule")
	if strings.Contains(progress.body, "http-equiv") {
		t.Error("the page itself refreshes: use the header")
	}
	s.runJobs(t)
	check := b.get(at).must(200, "Rien n’est encore écrit", "1 dossier à ouvrir", "1 ligne ressemble", "1 ligne à corriger", "Samira Haddad", "« 31/02/1990 » n’est pas une date", "Ligne 4")
	b.get("/personnes?q=traore").must(200).mustNot("Awa")
	faults := b.get(at + "/erreurs.csv")
	if faults.status != 200 || !strings.Contains(faults.body, "'=1+1") || !strings.HasPrefix(faults.body, "\ufeffLigne;À corriger;Nom") {
		t.Errorf("faults: %d %q", faults.status, faults.body)
	}
	check = check.send(b, at+"/choix", "ligne-3", "skip").must(200, "C’est gardé")
	check.send(b, at+"/confirmer").must(200, "Écriture en cours")
	s.runJobs(t)
	done := b.get(at).must(200, "Terminé", "1 dossier ouvert", "1 ligne laissée de côté")
	b.get("/personnes?q=traore").must(200, "Awa Traoré")
	b.get("/importer").must(200, "gens.csv", "Terminé", "Claire Maurel")
	done.send(b, at+"/defaire").must(200, "Retour en arrière en cours")
	s.runJobs(t)
	b.get(at).must(200, "Défait", "1 ligne reprise")
	b.get("/personnes?q=traore").must(200).mustNot("Awa")
	// The worker of another team sees nothing of it.
	person := b.another()
	person.get("/demo/enter/person")
	person.get(at).must(404)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	list := b.get("/importer")
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"nothing":  {nil, "Choisissez un fichier"},
		"pdf":      {[]byte("%PDF-1.7"), "ni un CSV ni un classeur"},
		"header":   {[]byte("Nom;Prénom\n"), "aucune ligne en dessous"},
		"100 MB":   {bytes.Repeat([]byte("un;deux;trois\n"), 100<<20/14), "trop grand : 20 Mo au plus"},
		"password": {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"...), "mot de passe"},
	} {
		t.Run(name, func(t *testing.T) {
			list.t = t
			list.upload(b, "/importer", "x.csv", c.data).must(422, c.says)
		})
	}
	// Without the page's own token nothing is read.
	forged := page{t: t, path: "/importer", body: `<form action="/importer"><option value="x"></form>`}
	if p := forged.upload(b, "/importer", "x.csv", []byte("a;b\n1;2")); p.status < 400 {
		t.Errorf("a forged form: %d", p.status)
	}
	b.get("/importer").must(200, "Aucun import")
}

func TestExportOfAFile(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira)
	b.get(path).must(200, "Exporter ce dossier")
	preview := b.get(path+"/export").must(200, "Ce qui est masqué", "Fatiha, parent", "Yanis, enfant", "Décisions")
	archive := preview.send(b, path+"/export", "forme", "zip")
	z, err := zip.NewReader(strings.NewReader(archive.body), int64(len(archive.body)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	var doc struct {
		Format  string
		Version int
		Person  struct {
			Usual string `json:"usual_name"`
		}
		Facts     []struct{ Variable, Value, Source string }
		Rights    []struct{ Law string }
		Decisions []struct{ Right, Kind string }
	}
	if err := json.Unmarshal([]byte(parts["dossier.json"]), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Format != "parvis-dossier" || doc.Version != 1 || doc.Person.Usual != "Haddad" || len(doc.Facts) < 12 || len(doc.Rights) == 0 || doc.Rights[0].Law == "" || len(doc.Decisions) != 1 {
		t.Errorf("document %+v", doc)
	}
	html := parts["dossier.html"]
	for _, want := range []string{`<html lang="fr">`, "Dossier de Samira Haddad", "548", "530", "croyait avant", "Fatiha"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for name, text := range parts {
		for _, not := range []string{"Belkacem", "<script", "1959", "2017"} {
			if strings.Contains(text, not) {
				t.Errorf("%s shows %q", name, not)
			}
		}
	}
	b.get("/personnes/" + string(s.other) + "/export").mustNot("Sow")
}

// The person takes the copy of their own file, others masked in it.
func TestOwnCopy(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/person")
	b.get("/moi").must(200, "Ma copie")
	page := b.get("/moi/copie").must(200, "Tout ce que votre dossier contient", "Fatiha, parent")
	copied := page.send(b, "/moi/copie", "forme", "html").must(200, "Dossier de Samira Haddad", "Ce qui compte pour la personne")
	copied.mustNot("Belkacem")
	copied.mustNot("1959")
	page.send(b, "/moi/copie", "forme", "exe").must(422)
	worker := s.open(t)
	worker.get("/demo/enter/worker")
	if p := worker.get("/moi/copie"); p.status == 200 && strings.Contains(p.path, "/moi/copie") {
		t.Error("a worker has a copy of their own")
	}
}
