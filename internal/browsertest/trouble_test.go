package browsertest_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// Two tabs, the same form: both answers are kept, and the second is told.
func TestTwoTabsSaveTheSameFact(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		screen := browsertest.Screen{Script: script}
		one := b.Visit(t, h.URL(), screen)
		settle(t, h, one)
		file := openFile(t, one)
		two := one.Tab(screen)
		for _, tab := range []*browsertest.Visitor{one, two} {
			tab.Open(file + "/faits/loyer")
		}
		for tab, rent := range map[*browsertest.Visitor]string{one: "600", two: "650"} {
			tab.Fill("Loyer", rent)
			tab.Choose("Dit par Mme Haddad")
		}
		one.Press(say("web.form.save"))
		one.MustShow(say("web.form.saved"))
		two.Press(say("web.form.save"))
		two.MustShow("600", "650")
		two.Open(file + "/temps")
		two.MustShow("600 €", "650 €")
	})
}

// The session ends while somebody writes: the text is there again after signing in.
func TestSessionEndsInTheMiddleOfAForm(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		secret := settle(t, h, v)
		v.Open("/personnes/nouvelle")
		v.Fill(say("web.identity.usual_name"), "Sissoko")
		v.Fill(say("web.identity.given_names"), "Karim Amadou")
		v.Choose(say("web.identity.monsieur"))
		h.clock.Turn(45 * time.Minute)
		v.Press("Ouvrir le dossier")
		v.MustShow(say("web.entry.go"))
		v.Fill(say("web.entry.login"), "c.maurel")
		v.Fill(say("web.entry.password"), password)
		v.Press(say("web.entry.go"))
		v.Fill(say("web.code.label"), code(t, secret, h.clock.Now()))
		v.Press(say("web.entry.go"))
		if got := v.Value(say("web.identity.usual_name")); got != "Sissoko" {
			t.Errorf("after signing in again at %s the name is %q; want the text that was typed", v.Path(), got)
		}
		v.Press("Ouvrir le dossier")
		v.MustShow("Karim Sissoko")
	})
}

func TestPagesThatAreNotThere(t *testing.T) {
	b := browsertest.Start(t)
	h := openHouse(t, nil)
	v := b.Visit(t, h.URL(), browsertest.Screen{Width: 360})
	settle(t, h, v)
	for _, path := range []string{"/nulle-part", "/personnes/pas-un-dossier", "/personnes/019eb57b-0980-7a09-be55-b2314c696280", "/demo/enter/worker", "/static/nothing.css"} {
		v.Open(path)
		if v.Status() != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, v.Status())
		}
	}
	v.Open("/nulle-part")
	v.MustShow(say("web.error.title_404"), "Voir quelqu’un")
	if n := v.SidewaysScroll(); n > 0 {
		t.Errorf("the error page scrolls sideways by %d px", n)
	}
}

// What a browser would not send: each is refused with a 4xx, nothing falls over.
func TestForgedAndOversized(t *testing.T) {
	h := openHouse(t, nil)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(name, method, path, kind string, body io.Reader, headers map[string]string, want ...int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, h.URL()+path, body)
		if err != nil {
			t.Fatal(err)
		}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		response, err := client.Do(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range want {
			if response.StatusCode == w {
				return
			}
		}
		t.Errorf("%s: status %d, want one of %v\n%.300s", name, response.StatusCode, want, text)
	}
	const form = "application/x-www-form-urlencoded"
	send("no token", "POST", "/entrer", form, strings.NewReader("login=a&password=b"), nil, 403, 422)
	send("another site", "POST", "/entrer", form, strings.NewReader("login=a"), map[string]string{"Sec-Fetch-Site": "cross-site"}, 403)
	send("50 MB of form", "POST", "/entrer", form, io.LimitReader(letters{}, 50<<20), nil, 413)
	send("not a form", "POST", "/entrer", "application/json", strings.NewReader("{}"), nil, 400, 403, 415, 422)
	send("wrong method", "DELETE", "/entrer", "", nil, nil, 404, 405)
	send("a line too long", "GET", "/personnes?q="+strings.Repeat("a", 7000), "", nil, nil, 303, 400, 414)
	send("headers too large", "GET", "/entrer", "", nil, map[string]string{"X-Long": strings.Repeat("a", 200<<10)}, 431)
	send("latin-1 in a form", "POST", "/entrer", form, strings.NewReader("login=Ren%E9"), nil, 400, 403, 422)
	send("50 MB of situation", "POST", "/openfisca/calculate", "application/json", io.LimitReader(letters{}, 50<<20), nil, 413)
	send("not JSON", "POST", "/openfisca/calculate", "application/json", strings.NewReader("bonjour"), nil, 400)
	var upload bytes.Buffer
	w := multipart.NewWriter(&upload)
	part, err := w.CreateFormFile("file", "big.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(part, letters{}, 20<<20); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	send("an upload where none is", "POST", "/entrer", w.FormDataContentType(), &upload, nil, 400, 403, 413, 415)
	send("still there", "GET", "/readyz", "", nil, nil, 200)
}

// letters reads as the letter a, for ever.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// Every page speaks the language of the reader, in its direction.
func TestLanguages(t *testing.T) {
	b := browsertest.Start(t)
	h := openHouse(t, nil)
	v := b.Visit(t, h.URL(), browsertest.Screen{Width: 360})
	settle(t, h, v)
	file := openFile(t, v)
	for _, c := range []struct{ tag, lang, dir string }{{"ar", "ar", "rtl"}, {"en", "en", "ltr"}, {"fr-x-falc", "fr", "ltr"}, {"fr", "fr", "ltr"}} {
		v.Open("/?lang=" + c.tag)
		for _, path := range []string{"/", "/personnes", file, file + "/question", file + "/faits", file + "/notes", file + "/notes/nouvelle", file + "/notes/mots", "/compte", "/regles", "/simulateur", "/guichets", "/verifier", "/nulle-part"} {
			v.Open(path)
			got := browsertest.Eval[string](v, "document.documentElement.lang + ' ' + document.documentElement.dir")
			if got != c.lang+" "+c.dir {
				t.Errorf("%s in %s: lang and dir are %q", path, c.tag, got)
			}
			if n := v.SidewaysScroll(); n > 0 {
				t.Errorf("%s in %s scrolls sideways by %d px at 360 px", path, c.tag, n)
			}
			if key := browsertest.Eval[string](v, `(document.body.innerText.match(/\b(?:web|casefile|access|errs|common|law|journal|notes)\.[a-z_]+\.[a-z_.]+/) || [''])[0]`); key != "" {
				t.Errorf("%s in %s shows the key %s instead of a text", path, c.tag, key)
			}
		}
	}
}
