package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestThePageThatVerifiesOffline: one file, no address asked of anybody, in each language;
// without script it says the command.
func TestThePageThatVerifiesOffline(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/verifier").must(200, "Vérifier un mandat ou un accord, sans réseau")
	page := b.get("/verifier/accord").must(200, "Vérifier un mandat ou un accord", "parvis verify mandat.txt", "Garder cette page")
	file := b.get("/verifier/accord?fichier=1&langue=ar").must(200, "التحقق من توكيل أو موافقة").mustNot("Garder cette page")
	for name, p := range map[string]string{"served": page.body, "file": file.body} {
		for _, bad := range []string{" src=", "<link", "url(", "http://", "<iframe"} {
			if strings.Contains(p, bad) {
				t.Errorf("%s: %q leads elsewhere", name, bad)
			}
		}
		if n := len(p); n > 60<<10 {
			t.Errorf("%s: %d bytes", name, n)
		}
		if !strings.Contains(p, `value="parvis/agreement:`) {
			t.Errorf("%s: it does not know the key", name)
		}
	}
	if !strings.Contains(file.body, `dir="rtl"`) {
		t.Error("the Arabic file reads from the left")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/verifier/accord?fichier=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if policy := res.Header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy: %s", policy)
	}
	if !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || len(res.Cookies()) > 0 {
		t.Errorf("%v", res.Header)
	}
}
