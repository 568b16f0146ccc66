package web_test

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/testkit"
)

// TestACardOnPaper: made at the counter, printed in each language, the PIN under the
// fold; the page may print it again for ten minutes; the code never in the address.
func TestACardOnPaper(t *testing.T) {
	clk := &movable{now: time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)}
	s := openSite(t, clk)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira) + "/acces"
	p := b.get(path)
	p = p.send(b, path, "choix", "tire")
	code := regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}`).FindString(p.body)
	if p.status != http.StatusOK || code == "" {
		t.Fatalf("status %d, no code in the page", p.status)
	}
	pin := regexp.MustCompile(`>([0-9]{6})</bdi>`).FindStringSubmatch(p.body)
	if pin == nil {
		t.Fatal("no PIN in the page")
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		testkit.Missing(t, "poppler-utils (pdftotext)")
	}
	for _, tag := range []string{"fr", "fr-x-falc", "en", "ar"} {
		for _, large := range []string{"", "1"} {
			doc := p.send(b, path+"/papier", "langue", tag, "grand", large)
			if doc.status != http.StatusOK || !strings.HasPrefix(doc.body, "%PDF") {
				t.Fatalf("%s: status %d", tag, doc.status)
			}
			cmd := exec.Command("pdftotext", "-layout", "-", "-")
			cmd.Stdin = strings.NewReader(doc.body)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			text := string(out)
			for _, want := range []string{code[:9], code[25:], pin[1][:3] + " " + pin[1][3:], "02 61 91"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s%s: %q is not on the paper:\n%s", tag, large, want, text)
				}
			}
			for _, hide := range []string{"Haddad", "Samira", "CCAS"} {
				if strings.Contains(text, hide) || strings.Contains(doc.body, hide) {
					t.Errorf("%s: %q is on the paper", tag, hide)
				}
			}
		}
	}
	// It lets her in, from a browser without script.
	samira := b.another()
	in := samira.get("/carte").send(samira, "/carte", "carte", strings.ToLower(code), "pin", pin[1])
	if in.status != http.StatusOK || !strings.Contains(in.body, "Haddad") {
		t.Errorf("the card does not let in: %d at %s", in.status, in.path)
	}
	bad := b.another()
	out := bad.get("/carte").send(bad, "/carte", "carte", code, "pin", "000000")
	if out.status != http.StatusUnprocessableEntity || strings.Contains(out.body, "000000") {
		t.Errorf("a wrong PIN: status %d, or the PIN comes back", out.status)
	}
	if !strings.Contains(out.body, code) {
		t.Error("what was typed of the card is lost")
	}
	clk.now = clk.now.Add(11 * time.Minute)
	late := p.send(b, path+"/papier", "langue", "fr")
	if strings.HasPrefix(late.body, "%PDF") {
		t.Error("the paper prints for ever")
	}
}

// TestEverythingStopsAtTheCounter: whose page it is, what opens the space, and the one
// gesture that ends it all.
func TestEverythingStopsAtTheCounter(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	path := "/personnes/" + string(s.samira) + "/acces"
	for lang, want := range map[string]string{"fr": "L’accès de Mme Haddad à son espace", "en": "access to their space", "ar": "الفضاء الخاص", "fr-x-falc": "L’accès de Mme Haddad à son espace"} {
		b.get(path+"?lang="+lang).must(200, want, "Haddad")
	}
	b.get(path+"?lang=fr").must(200, "Rien d’autre n’ouvre son espace").mustNot("Tout arrêter pour")
	made := b.get(path).send(b, path, "choix", "soi", "pin", "482917", "pin2", "482917").must(200, "La carte est prête.")
	code := regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}`).FindString(made.body)
	samira := b.another()
	samira.get("/carte").send(samira, "/carte", "carte", code, "pin", "482917").must(200, "Haddad")
	b.get(path).must(200, "Tout arrêter pour Mme Haddad").send(b, path+"/arret", "par", "tout").must(200, "Tout est arrêté.", "Pas de carte pour l’instant.")
	if p := samira.get("/moi"); !strings.HasPrefix(p.path, "/entrer") {
		t.Errorf("her space is still open: %s", p.path)
	}
	samira.get("/carte").send(samira, "/carte", "carte", code, "pin", "482917").must(422)
}
