package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestJunkIsNeverOurFault sends every form what no page sends, and asks every page
// with broken addresses: the answer is never a 5xx. Another team's file is refused
// at each of its addresses.
func TestJunkIsNeverOurFault(t *testing.T) {
	s := newSite(t)
	send := func(method, path, body string, cookies []*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://parvis.example/", strings.NewReader(body))
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return nil // the server itself refuses it
		}
		r.URL, r.RequestURI = u, path
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
	cookies := send("GET", "/demo/enter/worker", "", nil).Result().Cookies()
	jeton := token(t, send("GET", "/compte", "", cookies))
	file := "/personnes/" + string(s.samira)
	junk := []string{"", "x", "-1", "0", "99999999999999999999", "1e9", "2026-13-45", "31/02/2026", "\x00", "\xff", "'\"><script>", "person:", "household:" + string(s.samira),
		"person:" + string(s.other), string(s.other), strings.Repeat("é", 400), strings.Repeat("9", 5000), "../..", "true", "oui", "%00", "..", "00000000-0000-7000-8000-000000000000"}
	fields := []string{"q", "suite", "login", "password", "code", "usual_name", "given_names", "birth_name", "birth", "title", "phone", "channel", "interpreter", "languages", "hours", "address", "postcode", "city", "commune",
		"version", "team", "seen", "relation", "couple", "since", "from", "lives", "member", "kinship", "until-" + string(s.samira), "state", "value", "source", "detail", "replaces", "subject", "change", "until", "seen_on", "keep", "drop",
		"avec", "version_autre", "reason", "row-" + string(s.samira), "question", "v.loyer", "v.salaire_net", "instead", "kind", "apres", "non_take_up", "amount", "mois", "roles", "teams", "name", "function", "membre", "geste", "team_name", "org_name", "org_address", "org_phone", "org_hours", "org_place",
		"text", "third", "visibility", "circle", "circle_name", "members", "exchange", "step", "on", "words", "said_on", "reread", "note", "why", "garder", "relu",
		"current", "session", "lien", "texte", "unique"}
	posts := []string{"/entrer", "/entrer/code", "/installation", "/invitation", "/personnes/nouvelle", file + "/identite", file + "/foyer", file + "/reunir", file + "/separer/" + string(s.other), file + "/foyer/depart", file + "/foyer/separation", file + "/faits/loyer",
		file + "/faits/salaire_net", file + "/faits/titre_sejour_fin", file + "/faits/nationalite", file + "/notes/nouvelle", file + "/notes/mots", file + "/notes/" + string(s.note) + "/corriger", file + "/notes/" + string(s.note) + "/choisir", file + "/notes/" + string(s.note) + "/cercle",
		file + "/choisir", file + "/question", file + "/calcul", file + "/droits/af", file + "/droits/rsa/precisions", file + "/droits/x%00y", file + "/fiche",
		"/equipe", "/equipe/membre", "/equipe/equipes", "/equipe/structure", "/compte/mot-de-passe", "/compte/sessions"}
	bad := func(what string, w *httptest.ResponseRecorder) {
		if w != nil && w.Code >= 500 {
			t.Errorf("%s: %d", what, w.Code)
		}
		if w != nil && strings.Contains(w.Body.String(), "'\"><script>") {
			t.Errorf("%s: the page repeats markup as it came", what)
		}
	}
	n := 0
	for _, path := range posts {
		for j, value := range junk {
			form := url.Values{"jeton": {jeton}}
			for _, f := range fields {
				form.Set(f, value)
			}
			bad(fmt.Sprintf("POST %s, all fields junk %d", path, j), send("POST", path, form.Encode(), cookies))
			n++
			if path == "/compte/sessions" { // it may have closed the session
				continue
			}
			// One plausible form with one junk field at a time.
			one := fields[(n*7)%len(fields)]
			plausible := url.Values{"jeton": {jeton}, "state": {"known"}, "source": {"said"}, "value": {"100"}, "from": {"01/2026"}, "usual_name": {"Diallo"}, "kind": {"claimed"}, "version": {"1"}, "question": {"loyer." + string(s.samira)}, one: {value}}
			bad(fmt.Sprintf("POST %s, %s junk %d", path, one, j), send("POST", path, plausible.Encode(), cookies))
		}
	}
	cookies = send("GET", "/demo/enter/worker", "", nil).Result().Cookies()
	jeton = token(t, send("GET", "/compte", "", cookies))
	gets := []string{"/personnes?q=", file + "/reunir?q=", file + "/reunir?avec=", file + "/separer/", "/personnes?apres=", "/personnes?q=haddad&apres=", "/?apres=", file + "?mois=", file + "/faits/loyer?sujet=", file + "/notes/", file + "/notes?apres=", file + "/notes?pour=", file + "/notes?q=", file + "/notes/mots?note=", file + "/notes/mots?apres=", file + "/temps?apres=", file + "/question?q=", file + "/fiche/", file + "/faits/", file + "/droits/",
		file + "/droits/af?mois=", "/personnes/", "/regles/", "/entrer?suite=", "/invitation?jeton=", "/installation?jeton=", file + "/identite?texte=", "/moi/fiche?langue=", "/x?lang="}
	for _, path := range gets {
		for j, value := range junk {
			bad(fmt.Sprintf("GET %s junk %d", path, j), send("GET", path+url.QueryEscape(value), "", cookies))
			bad(fmt.Sprintf("GET %s junk %d, person", path, j), send("GET", path+url.PathEscape(value), "", nil))
		}
	}
	// Another team's file: every page of it is refused, and tells nothing of it.
	theirs := "/personnes/" + string(s.other)
	for _, path := range []string{"", "/identite", "/foyer", "/faits", "/faits/loyer", "/temps", "/question", "/choisir", "/droits/af", "/droits/af/precisions", "/fiche/000-000"} {
		w := send("GET", theirs+path, "", cookies)
		if w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("GET %s of another team: %d", path, w.Code)
		}
		if strings.Contains(w.Body.String(), "Ibrahima") {
			t.Errorf("GET %s of another team names the person", path)
		}
	}
	for _, path := range []string{"/identite", "/foyer", "/faits/loyer", "/choisir", "/question", "/calcul", "/droits/af", "/fiche"} {
		form := url.Values{"jeton": {jeton}, "usual_name": {"Sow"}, "version": {"1"}, "state": {"known"}, "value": {"1"}, "source": {"said"}, "kind": {"claimed"}, "relation": {"child"}, "given_names": {"A"},
			"keep": {string(s.other)}, "drop": {string(s.samira)}, "question": {"loyer." + string(s.other)}, "lives": {"oui"}}
		if w := send("POST", theirs+path, form.Encode(), cookies); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("POST %s of another team: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
}

func token(t *testing.T, page *httptest.ResponseRecorder) string {
	t.Helper()
	found := regexp.MustCompile(`name="jeton" value="([^"]+)"`).FindStringSubmatch(page.Body.String())
	if found == nil {
		t.Fatalf("no token on the page: %d", page.Code)
	}
	return found[1]
}
