package web_test

import (
	"regexp"
	"strings"
	"testing"

	agreed "codeberg.org/parvis/parvis/internal/agreement"
)

// TestASignedAgreementIsPrintedVerifiedAndItsPaperKept without script: a card that is not
// one is refused and what was typed stays, the proof verifies, the picture of the paper
// comes back to the team alone.
func TestASignedAgreementIsPrintedVerifiedAndItsPaperKept(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	give := file + "/accords/nouveau"
	team := regexp.MustCompile(`value="(team:[^"]+)"`).FindStringSubmatch(b.get(give).body)[1]
	preview := b.get(give).send(b, give, "to", team, "purpose", "chercher un logement", "until", "30/06/2026", "what", "situation", "read", "aloud", "lang", "ar", "from", "11/06/2026", "etape", "apercu").
		must(200, "Avec sa carte et son code secret", "أوافق على أن")
	preview.send(b, give, "etape", "signer", "signed", "card", "carte", "", "pin", "").must(422, "Scannez ou tapez le code de la carte.", "La personne tape elle-même son code secret.", "chercher un logement")
	preview.send(b, give, "etape", "signer", "signed", "card", "carte", "ABCD-EFGH", "pin", "402817").must(422, "chercher un logement").mustNot("402817")
	made := preview.send(b, give, "etape", "signer", "signed", "typed", "mark", "Samira Haddad").must(200, "L’accord est enregistré.", "Le papier signé")
	proof := b.get(made.path + "/preuve")
	v, err := agreed.Verify([]byte(proof.body), "")
	if err != nil || v.Fact("person") != "Samira Haddad" || v.Fact("to") != "Secteur Sud" || !strings.Contains(v.Text, "Secteur Sud") {
		t.Errorf("%v %+v", err, v)
	}
	if p := b.get(made.path + "/pdf"); p.status != 200 || !strings.HasPrefix(p.body, "%PDF") {
		t.Errorf("on paper: %d %.300s", p.status, p.body)
	}
	papers := strings.Replace(made.path, "/accords/", "/papiers-signes/", 1)
	empty := b.get(papers).must(200, "Aucune image du papier")
	empty.upload(b, papers, "photo.jpg", []byte("<script>alert(1)</script>")).must(422, "Ce fichier n’est ni un PDF")
	empty.upload(b, papers, "photo.jpg", make([]byte, agreed.MaxPaper+1)).must(422, "Ce fichier est trop lourd")
	kept := b.get(papers).upload(b, papers, "../../photo.jpg", []byte("\xff\xd8\xff\xe0 papier")).must(200, "Le papier est gardé.", "jpeg")
	address := regexp.MustCompile(`href="(` + papers + `/[^"]+)"`).FindStringSubmatch(kept.body)[1]
	if p := b.get(address); p.status != 200 || p.body != "\xff\xd8\xff\xe0 papier" {
		t.Errorf("the picture: %d %q", p.status, p.body)
	}
	other := b.another()
	other.get("/demo/enter/worker?login=n.lefevre")
	for _, path := range []string{papers, address, made.path + "/pdf", made.path + "/preuve"} {
		if p := other.get(path); p.status != 403 && p.status != 404 {
			t.Errorf("another team, %s: %d", path, p.status)
		}
	}
	person := b.another()
	person.get("/demo/enter/person")
	id := made.path[strings.LastIndex(made.path, "/")+1:]
	if p := person.get("/moi/accords").must(200, "chercher un logement"); !strings.Contains(p.body, `href="/moi/accords/`+id+`/pdf"`) {
		t.Error("she cannot print what she signed")
	}
	if p := person.get("/moi/accords/" + id + "/pdf"); p.status != 200 || !strings.HasPrefix(p.body, "%PDF") {
		t.Errorf("her own copy: %d", p.status)
	}
	if p := person.get("/moi/accords/" + string(s.other) + "/pdf"); p.status != 404 {
		t.Errorf("a paper of nobody: %d", p.status)
	}
}
