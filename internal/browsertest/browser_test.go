package browsertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

const page = `<!doctype html><html lang="fr"><head><title>Essai</title><meta name="viewport" content="width=device-width">
<style>body{background:#fff;color:#111} @media (prefers-color-scheme: dark) {body{background:#111;color:#fff}}</style></head>
<body><main><h1>Bonjour %s</h1><form method="post"><p><label for="n">Votre nom</label> <input id="n" name="name"></p>
<p><label><input type="radio" name="way" value="counter"> Au guichet</label></p><button>Envoyer</button></form>%s
<p id="s">sans script</p></main><script>document.getElementById('s').textContent = 'avec script'</script></body></html>`

func newSquare(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
		}
		extra := ""
		if r.URL.Path == "/bad" {
			extra = `<img src="data:,"><p style="width:900px">large</p>`
		}
		fmt.Fprintf(w, page, r.FormValue("name")+r.FormValue("way"), extra)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestVisitor(t *testing.T) {
	b := browsertest.Start(t)
	base := newSquare(t)
	for _, script := range []bool{false, true} {
		t.Run(fmt.Sprintf("script=%t", script), func(t *testing.T) {
			v := b.Visit(t, base, browsertest.Screen{Width: 360, Script: script})
			v.Open("/")
			v.Fill("Votre nom", "Inès ")
			v.Choose("Au guichet")
			v.Press("Envoyer")
			v.MustShow("Bonjour Inès counter")
			if v.Status() != http.StatusOK || v.Path() != "/" {
				t.Errorf("status %d at %s, want 200 at /", v.Status(), v.Path())
			}
			if got := v.Shows("avec script"); got != script {
				t.Errorf("the page's script ran: %t, want %t", got, script)
			}
			if n := v.SidewaysScroll(); n != 0 {
				t.Errorf("the page scrolls sideways by %d px", n)
			}
		})
	}
}

func TestAxeSeesWhatIsWrong(t *testing.T) {
	b := browsertest.Start(t)
	v := b.Visit(t, newSquare(t), browsertest.Screen{Width: 360, Script: true, Dark: true})
	v.Open("/")
	for _, w := range v.Axe() {
		t.Errorf("a sound page: %s", w)
	}
	v.Open("/bad")
	if v.Status() != http.StatusNotFound {
		t.Errorf("status %d, want 404", v.Status())
	}
	if found := v.Axe(); len(found) != 1 || found[0].ID != "image-alt" {
		t.Errorf("axe found %v, want the picture without words", found)
	}
	if v.SidewaysScroll() == 0 {
		t.Error("a page with a wide block does not seem to scroll sideways")
	}
}
