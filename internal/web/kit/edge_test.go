package kit_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestALanguageLinkNeverLeadsElsewhere(t *testing.T) {
	r := newRig(t)
	for _, address := range []string{"//evil.example/?lang=fr", "//evil.example/a?lang=en&q=1", "///evil.example?lang=xx", "/%5c%5cevil.example/?lang=fr"} {
		req := get("/")
		u, err := url.ParseRequestURI(address) // as the server reads a request line
		if err != nil {
			t.Fatal(err)
		}
		req.URL, req.RequestURI = u, address
		w := r.do(req)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusSeeOther || to.Host != "" || strings.HasPrefix(w.Header().Get("Location"), "//") {
			t.Errorf("GET %s: %d to %q", address, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestWhatIsNoTextIsTheVisitorsMistake(t *testing.T) {
	r := newRig(t)
	form := func(name, value string) url.Values {
		return url.Values{"jeton": {"for-s1"}, "name": {"Anne"}, name: {value}}
	}
	for name, req := range map[string]*http.Request{
		"NUL in a field":           post("/form", form("name", "An\x00ne"), signedIn),
		"NUL in a field's name":    post("/form", form("na\x00me", "Anne"), signedIn),
		"bytes in a field":         post("/form", form("name", "An\xffne"), signedIn),
		"NUL in the address":       get("/form?q=%00", signedIn),
		"bytes in the address":     get("/form?apres=a%ff", signedIn),
		"NUL in the name of a key": get("/form?a%00=1", signedIn),
		"NUL in the path":          get("/form%00", signedIn),
		"bytes in the path":        get("/form/%ff", signedIn),
	} {
		if w := r.do(req); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 422 or 404", name, w.Code)
		}
	}
	if n := r.saved.Load(); n != 0 {
		t.Errorf("%d of them reached the handler", n)
	}
}

func TestADraftHoldsNoSecret(t *testing.T) {
	r := newRig(t)
	r.sessions.ended = true
	r.do(post("/form", url.Values{"name": {"Anne"}, "current": {"old secret"}, "password": {"new secret"}, "password_again": {"new secret"}, "code": {"123456"}}, signedIn))
	kept := url.Values(r.drafts.kept[draftID])
	if kept.Get("name") != "Anne" {
		t.Fatalf("the text was not kept: %v", kept)
	}
	if len(kept) != 1 {
		t.Errorf("kept %v, want the name alone", kept)
	}
}
