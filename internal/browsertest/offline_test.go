package browsertest_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// TestAMandateIsVerifiedFromAFile: the page taken from the server, opened from a disk,
// tells a true document from a changed one, with the browser's own Ed25519 and with the
// library, and asks nobody anything. Without script it says the command.
func TestAMandateIsVerifiedFromAFile(t *testing.T) {
	b := browsertest.Start(t)
	h := openHouse(t, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"/verifier/accord?fichier=1&langue=fr", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v %s", err, res.Status)
	}
	file := filepath.Join(t.TempDir(), "verifier.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
	public := "parvis/agreement:" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	text := "Je demande au CCAS d’écrire à la CPAM. \\ Je peux l’arrêter."
	sum := sha256.Sum256([]byte(text))
	facts := "parvis agreement v1\nfrom=2026-06-11\nkind=mandate\nmark=Zoé \\\\ Haddad\nmeasure=curatelle\nperson=Samira Haddad\nprocedure_01=écrire à la CPAM\ntext_sha256=" + hex.EncodeToString(sum[:]) + "\nuntil=2026-07-11\n"
	document := facts + "\npublic-key " + public + "\nsignature " + base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(facts))) + "\n"
	for name, slow := range map[string]bool{"the browser's": false, "the library's": true} {
		v := b.Visit(t, h.URL(), browsertest.Screen{Width: 360, Script: true})
		v.Open("file://" + file)
		if slow {
			browsertest.Eval[bool](v, "Object.defineProperty(crypto.subtle, 'importKey', {value: () => Promise.reject(new Error('none'))}) && true")
		}
		check := func(typed, trusted string) string {
			t.Helper()
			said, err := json.Marshal([]string{typed, trusted})
			if err != nil {
				t.Fatal(err)
			}
			return browsertest.Await[string](v, `new Promise(done => { const [text, key] = `+string(said)+`;
				document.getElementById('text').value = text; document.getElementById('key').value = key;
				const w = new MutationObserver(() => { const s = [...document.querySelectorAll('#true,#form,#signature,#text-wrong')].find(e => !e.hidden);
					if (s) { w.disconnect(); done(s.id + ' ' + s.innerText); } });
				w.observe(document.body, {attributes: true, subtree: true, attributeFilter: ['hidden']});
				document.getElementById('form-check').requestSubmit(); })`)
		}
		for what, c := range map[string]struct {
			typed, trusted string
			says           []string
		}{
			"true":             {document, public, []string{"true", "Samira Haddad", "écrire à la CPAM", "11 juillet 2026", "Curatelle", `Zoé \ Haddad`, say("offline.over"), say("offline.without_text")}},
			"with its text":    {document + "\n" + text + "\n", "", []string{"true", text, say("offline.nobody")}},
			"of Windows":       {strings.ReplaceAll(document, "\n", "\r\n"), public, []string{"true"}},
			"of another house": {document, "parvis/agreement:AAAA", []string{"true", say("offline.key_other")}},
			"another day":      {strings.Replace(document, "2026-07-11", "2027-07-11", 1), public, []string{"signature"}},
			"another text":     {document + "\n" + text + " Et plus encore.\n", public, []string{"text-wrong"}},
			"cut":              {document[:len(document)-30], public, []string{"form"}},
			"nothing":          {"", public, []string{"form"}},
			"facts in another order": {strings.Replace(document, "from=2026-06-11\nkind=mandate\n", "kind=mandate\nfrom=2026-06-11\n", 1), public,
				[]string{"form"}},
		} {
			got := check(c.typed, c.trusted)
			for _, want := range c.says {
				if !strings.Contains(got, want) {
					t.Errorf("%s, %s: without %q: %s", name, what, want, got)
				}
			}
			if !strings.HasPrefix(got, c.says[0]+" ") {
				t.Errorf("%s, %s: %s", name, what, got)
			}
		}
		if n := browsertest.Eval[int](v, "performance.getEntriesByType('resource').length"); n > 0 {
			t.Errorf("%s: %d things were asked of somebody", name, n)
		}
		if n := v.SidewaysScroll(); n > 0 {
			t.Errorf("%s: %d pixels wider than the screen", name, n)
		}
	}
	still := b.Visit(t, h.URL(), browsertest.Screen{})
	still.Open("file://" + file)
	still.MustShow(say("offline.no_script"), "parvis verify mandat.txt")
	online := b.Visit(t, h.URL(), browsertest.Screen{Script: true})
	online.Open("/verifier/accord?langue=ar")
	if browsertest.Eval[bool](online, "document.getElementById('work').hidden") {
		t.Error("the script does not run where it is served")
	}
}
