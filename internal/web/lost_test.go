package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A request for a new way in waits for a colleague: its cookie lives longer than a
// step of a sign-in, a sign-in tried meanwhile leaves it, and it tells nobody whether
// the login exists.
func TestALostAccessWaitsForAColleague(t *testing.T) {
	clk := &movable{}
	clk.now = newSite(t).clock.Now()
	s := openSite(t, clk)
	send := func(method, path string, form url.Values, cookies []*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://parvis.example"+path, strings.NewReader(form.Encode()))
		for _, c := range cookies {
			r.AddCookie(c)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return w
	}
	ask := func(login string) []*http.Cookie {
		t.Helper()
		first := send("GET", "/entrer/perdu", nil, nil)
		cookies := first.Result().Cookies()
		w := send("POST", "/entrer/perdu", url.Values{"jeton": {token(t, first)}, "login": {login}}, cookies)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d", login, w.Code)
		}
		return append(cookies, w.Result().Cookies()...)
	}
	carried := func(cookies []*http.Cookie) *http.Cookie {
		t.Helper()
		for _, c := range cookies {
			if c.Name == "parvis_wait" {
				return c
			}
		}
		t.Fatal("the browser carries nothing")
		return nil
	}
	known, unknown := ask("n.lefevre"), ask("personne")
	if a, b := carried(known), carried(unknown); len(a.Value) != len(b.Value) || a.MaxAge != b.MaxAge {
		t.Errorf("the cookies differ: %d bytes and %d s, %d bytes and %d s", len(a.Value), a.MaxAge, len(b.Value), b.MaxAge)
	}
	if life := time.Duration(carried(known).MaxAge) * time.Second; life < 2*time.Hour {
		t.Errorf("the browser forgets after %v", life)
	}
	clk.now = clk.now.Add(50 * time.Minute)
	code := func(cookies []*http.Cookie) string {
		t.Helper()
		w := send("GET", "/entrer/perdu/attente", nil, cookies)
		_, after, ok := strings.Cut(w.Body.String(), `<p class="key code"><bdi dir="ltr">`)
		if w.Code != http.StatusOK || !ok {
			t.Fatalf("50 minutes later: %d %s", w.Code, w.Header().Get("Location"))
		}
		return after[:7]
	}
	before := code(known)
	step := send("GET", "/entrer", nil, known) // a sign-in tried meanwhile
	send("POST", "/entrer", url.Values{"jeton": {token(t, step)}, "login": {"n.lefevre"}, "password": {"pas le bon"}}, known)
	if now := code(known); now != before {
		t.Errorf("the code was %s, is %s", before, now)
	}
	code(unknown)
}
