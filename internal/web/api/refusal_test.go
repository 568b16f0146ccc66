package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile/address"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.person()
		one := "/api/v1/persons/" + id
		for _, c := range []struct {
			name, method, path, body string
			status                   int
			kind                     string
			headers                  []string
		}{
			{"no token", "GET", one, "", 401, "unauthenticated", []string{"Authorization", ""}},
			{"another scheme", "GET", one, "", 401, "unauthenticated", []string{"Authorization", "Basic YTpi"}},
			{"a made-up token", "GET", one, "", 401, "unauthenticated", []string{"Authorization", "Bearer parvis_" + strings.Repeat("A", 43)}},
			{"a cookie is no token", "GET", one, "", 401, "unauthenticated", []string{"Authorization", "", "Cookie", "session=x"}},
			{"nothing there", "GET", "/api/v1/people", "", 404, "not-found", nil},
			{"another version", "GET", "/api/v1/persons/x/y/z", "", 404, "not-found", nil},
			{"method", "DELETE", one, "", 405, "method", nil},
			{"not an id", "GET", "/api/v1/persons/17", "", 404, "not-found", nil},
			{"nobody", "GET", "/api/v1/persons/00000000-0000-7000-8000-000000000000", "", 404, "not-found", nil},
			{"another team", "GET", "/api/v1/persons/" + string(h.theirs), "", 403, "forbidden", nil},
			{"another team's facts", "GET", "/api/v1/persons/" + string(h.theirs) + "/facts", "", 403, "forbidden", nil},
			{"another team's rights", "GET", "/api/v1/persons/" + string(h.theirs) + "/rights", "", 403, "forbidden", nil},
			{"write another team's", "POST", "/api/v1/persons/" + string(h.theirs) + "/facts", `{"facts":[{"variable":"loyer","value":"1","source":"said"}]}`, 403, "forbidden", nil},
			{"unknown query", "GET", "/api/v1/persons?q=a&page=2", "", 422, "invalid", nil},
			{"no query", "GET", "/api/v1/persons", "", 422, "invalid", nil},
			{"limit", "GET", "/api/v1/persons?q=a&limit=51", "", 422, "invalid", nil},
			{"limit no number", "GET", "/api/v1/persons?q=a&limit=x", "", 422, "invalid", nil},
			{"cursor", "GET", "/api/v1/persons?q=a&after=zzz", "", 422, "invalid", nil},
			{"facts cursor", "GET", one + "/facts?after=zzz", "", 422, "invalid", nil},
			{"month", "GET", one + "/rights?month=2026-13", "", 422, "invalid", nil},
			{"month far", "GET", one + "/rights?month=1990-01", "", 422, "invalid", nil},
			{"day", "GET", one + "/household?on=11/06/26", "", 422, "invalid", nil},
			{"right", "GET", one + "/rights/nothing", "", 404, "not-found", nil},
			{"right spelt badly", "GET", one + "/rights/A-B/decisions", "", 404, "not-found", nil},
			{"no body", "POST", "/api/v1/persons", "", 400, "malformed", nil},
			{"no JSON", "POST", "/api/v1/persons", "{", 400, "malformed", nil},
			{"two values", "POST", "/api/v1/persons", "{}{}", 400, "malformed", nil},
			{"a name twice", "POST", "/api/v1/persons", `{"usual_name":"A","Usual_Name":"B"}`, 400, "malformed", nil},
			{"NUL", "POST", "/api/v1/persons", `{"usual_name":"A\u0000"}`, 400, "malformed", nil},
			{"not UTF-8", "POST", "/api/v1/persons", "{\"usual_name\":\"\xff\"}", 400, "malformed", nil},
			{"deep", "POST", "/api/v1/persons", strings.Repeat("[", 40) + strings.Repeat("]", 40), 400, "malformed", nil},
			{"a list", "POST", "/api/v1/persons", `[]`, 422, "invalid", nil},
			{"null", "POST", "/api/v1/persons", `null`, 422, "invalid", nil},
			{"unknown field", "POST", "/api/v1/persons", `{"usual_name":"A","surname":"B"}`, 422, "invalid", nil},
			{"wrong type", "POST", "/api/v1/persons", `{"usual_name":12}`, 422, "invalid", nil},
			{"no name", "POST", "/api/v1/persons", `{}`, 422, "invalid", nil},
			{"date", "POST", "/api/v1/persons", `{"usual_name":"A","birth":"31/02/1990"}`, 422, "invalid", nil},
			{"future", "POST", "/api/v1/persons", `{"usual_name":"A","birth":"2030"}`, 422, "invalid", nil},
			{"team", "POST", "/api/v1/persons", `{"usual_name":"A","team":"` + string(h.theirs) + `"}`, 422, "invalid", nil},
			{"too large", "POST", "/api/v1/persons", `{"usual_name":"` + strings.Repeat("a", 70_000) + `"}`, 413, "too-large", nil},
			{"media", "POST", "/api/v1/persons", `{"usual_name":"A"}`, 415, "media-type", []string{"Content-Type", "text/plain"}},
			{"form", "POST", "/api/v1/persons", `usual_name=A`, 415, "media-type", []string{"Content-Type", "application/x-www-form-urlencoded"}},
			{"any version", "PUT", one, samira, 400, "malformed", []string{"If-Match", "*"}},
			{"weak version", "PUT", one, samira, 400, "malformed", []string{"If-Match", `W/"1"`}},
			{"variable", "POST", one + "/facts", `{"facts":[{"variable":"x","value":"1","source":"said"}]}`, 422, "invalid", nil},
			{"value", "POST", one + "/facts", `{"facts":[{"variable":"loyer","value":"beaucoup","source":"said"}]}`, 422, "invalid", nil},
			{"replaces nothing", "POST", one + "/facts", `{"facts":[{"variable":"loyer","value":"1","source":"said","replaces":"` + id + `"}]}`, 422, "invalid", nil},
			{"computed by us", "POST", one + "/facts", `{"facts":[{"variable":"loyer","value":"1","source":"computed"}]}`, 422, "invalid", nil},
			{"somebody else's subject", "POST", one + "/facts", `{"facts":[{"subject":{"kind":"person","id":"` + string(h.theirs) + `"},"variable":"salaire_net","value":"1","source":"said"}]}`, 404, "not-found", nil},
			{"kind", "POST", one + "/rights/af/decisions", `{"kind":"granted"}`, 422, "invalid", nil},
			{"not a member", "POST", one + "/household/members/" + id + "/leave", `{"until":"2026-06-01"}`, 404, "not-found", []string{"If-Match", `"1"`}},
			{"relation", "POST", one + "/household/members", `{"person":"` + id + `","relation":"child"}`, 422, "invalid", nil},
			{"key", "POST", "/api/v1/persons", `{"usual_name":"A"}`, 400, "malformed", []string{"Idempotency-Key", strings.Repeat("k", 201)}},
			{"cross-site", "POST", "/api/v1/persons", `{"usual_name":"A"}`, 403, "forbidden", []string{"Sec-Fetch-Site", "cross-site"}},
		} {
			g := h.ask(c.method, c.path, c.body, c.headers...)
			if g.Code != c.status {
				t.Errorf("%s: %d, want %d\n%s", c.name, g.Code, c.status, g.Body)
				continue
			}
			p := g.problem(c.status, c.kind)
			if p["detail"] == nil {
				t.Errorf("%s: no sentence: %v", c.name, p)
			}
			if strings.Contains(g.Body.String(), "Ibrahima") {
				t.Errorf("%s: names somebody of another team", c.name)
			}
		}
		fr := h.ask("POST", "/api/v1/persons", `{"surname":"B"}`).problem(422, "invalid")
		en := h.ask("POST", "/api/v1/persons", `{"surname":"B"}`, "Accept-Language", "en").problem(422, "invalid")
		if fr["detail"] == en["detail"] || fmt.Sprint(en["errors"]) != "[map[detail:This name is not known here. field:body.surname]]" {
			t.Errorf("%v\n%v", fr, en)
		}
		if a := h.ask("DELETE", one, "").Header().Get("Allow"); a != "GET, PUT" {
			t.Errorf("Allow: %q", a)
		}
	})
}

// A token opens what it was made for, and nothing beside.
func TestScopes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.person()
		reads := h.tokenFor(access.FactsRead)
		h.ask("GET", "/api/v1/persons/"+id+"/facts", "", "Authorization", "Bearer "+reads).must(200)
		for _, path := range []string{"/api/v1/persons?q=a", "/api/v1/persons/" + id, "/api/v1/persons/" + id + "/household", "/api/v1/persons/" + id + "/rights", "/api/v1/persons/" + id + "/rights/af"} {
			h.ask("GET", path, "", "Authorization", "Bearer "+reads).problem(403, "scope")
		}
		h.ask("POST", "/api/v1/persons/"+id+"/facts", `{"facts":[{"variable":"loyer","value":"1","source":"said"}]}`, "Authorization", "Bearer "+reads).problem(403, "scope")
	})
}

// A protected address is never told, and is not lost by a program that sends back
// what it read.
func TestProtectedAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.ask("POST", "/api/v1/persons", strings.Replace(samira, `"address":{`, `"address":{"protected":true,`, 1)).must(201).id()
		g := h.ask("GET", "/api/v1/persons/"+id, "").must(200)
		if strings.Contains(g.Body.String(), "Tanneurs") || strings.Contains(g.Body.String(), "Niort") || !strings.Contains(g.Body.String(), `"protected":true`) {
			t.Errorf("told: %s", g.Body)
		}
		h.ask("PUT", "/api/v1/persons/"+id, `{"usual_name":"Haddad","address":{"protected":true}}`, "If-Match", `"1"`).must(200)
		kept, err := address.Reveal(h.claire, h.cases, casefileID(id), "Une convocation à envoyer")
		if a := kept.Addresses; err != nil || len(a) != 1 || !a[0].Protected || len(a[0].Lines) != 1 || a[0].City != "Niort" {
			t.Errorf("kept: %+v %v", kept, err)
		}
	})
}

func TestIdempotencyKey(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		key := []string{"Idempotency-Key", "import-1"}
		first := h.ask("POST", "/api/v1/persons", samira, key...).must(201)
		again := h.ask("POST", "/api/v1/persons", samira, key...).must(201)
		if first.Body.String() != again.Body.String() || again.Header().Get("Location") != first.Header().Get("Location") || again.Header().Get("ETag") != `"1"` || again.Header().Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s then %s", first.Body, again.Body)
		}
		h.ask("POST", "/api/v1/persons", `{"usual_name":"Autre"}`, key...).problem(422, "invalid")
		if n := len(h.ask("GET", "/api/v1/persons?q=haddad", "").must(200).read()["items"].([]any)); n != 1 {
			t.Errorf("%d persons", n)
		}
		// Another token's key is another key.
		other := h.tokenFor(access.PersonsWrite)
		h.ask("POST", "/api/v1/persons", samira, "Idempotency-Key", "import-1", "Authorization", "Bearer "+other).problem(409, "duplicate")
		// What wrote nothing frees its key.
		h.ask("POST", "/api/v1/persons", `{"usual_name":"Bo","birth":"2030"}`, "Idempotency-Key", "k2").problem(422, "invalid")
		h.ask("POST", "/api/v1/persons", `{"usual_name":"Bo","birth":"1990"}`, "Idempotency-Key", "k2").must(201)
		// A conflict that kept both is not kept twice.
		one := "/api/v1/persons/" + first.id() + "/facts"
		h.ask("POST", one, `{"facts":[{"variable":"loyer","value":"500","source":"said"}]}`).must(200)
		before := h.ask("POST", one, `{"facts":[{"variable":"loyer","value":"600","source":"said"}]}`, "Idempotency-Key", "k3").problem(409, "fact-conflict")
		after := h.ask("POST", one, `{"facts":[{"variable":"loyer","value":"600","source":"said"}]}`, "Idempotency-Key", "k3").problem(409, "fact-conflict")
		if fmt.Sprint(before["conflicts"]) != fmt.Sprint(after["conflicts"]) {
			t.Errorf("%v then %v", before, after)
		}
		h.clock.now = h.clock.now.Add(25 * time.Hour)
		h.ask("POST", "/api/v1/persons", `{"usual_name":"Autre"}`, key...).must(201)
	})
}

func TestTooManyRequests(t *testing.T) {
	h := newHouse(t, dbtest.OpenSQLite(t, db.Config{Clock: &movable{now: dbtest.Clock().Now()}}), &movable{now: dbtest.Clock().Now()})
	for range 60 {
		h.ask("GET", "/api/v1/persons?q=a", "", "Authorization", "Bearer x").must(401)
	}
	g := h.ask("GET", "/api/v1/persons?q=a", "", "Authorization", "Bearer x")
	g.problem(http.StatusTooManyRequests, "too-many")
	if g.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.ask("GET", "/api/v1/persons?q=a", "").must(200) // somebody known of the same address goes on
	h.clock.now = h.clock.now.Add(time.Minute)
	h.ask("GET", "/api/v1/persons?q=a", "", "Authorization", "Bearer x").must(401)
}

// Nothing that a program sends is our fault.
func FuzzBody(f *testing.F) {
	for _, s := range []string{samira, `{}`, `null`, `[]`, `{"facts":[{"variable":"loyer","value":"548,50","from":"2026-01","source":"said"}]}`, `{"facts":[null]}`, `{"facts":[{"subject":null,"variable":"","source":"said"}]}`,
		`{"kind":"receives","amount_cents":1e3,"since":"2026-01-01"}`, `{"amount_cents":1e400}`, `{"relation":"partner","couple":"pacs","since":"0000-01-01","parent_of":["x"]}`, `{"until":"2026-06-01"}`, `{"usual_name":"\ud800"}`, `{"address":{"lines":[null]}}`,
		`{"facts":[{"variable":"loyer","value":"NaN","source":"said","from":"0001","until":"9999"}]}`, `{"usual_name":"A","birth":"0000"}`,
		`{"words":"a\u0000","said_on":"2026-06-01"}`, `{"title":"x","who":"worker","goal":"\ud800","papers":[{"name":"","required_by":""}],"due_on":"9999-12-31"}`,
		`{"state":"done","outcome":""}`, `{"worker":""}`, `{"kind":"call","direction":"in","party":" ","on":"0001-01-01","step":"x"}`, `{"title":"x","chosen_on":"0000-00-00","state":""}`} {
		f.Add(s)
	}
	clk := &movable{now: dbtest.Clock().Now()}
	h := newHouse(f, dbtest.OpenSQLite(f, db.Config{Clock: clk}), clk)
	id := h.person()
	goal := h.ask("POST", "/api/v1/persons/"+id+"/goals", `{"title":"Rester"}`).must(201).id()
	step := h.ask("POST", "/api/v1/persons/"+id+"/steps", `{"title":"Appeler","who":"worker"}`).must(201).id()
	f.Fuzz(func(t *testing.T, body string) {
		h.t = t
		clk.now = clk.now.Add(time.Minute) // no token is too fast
		for _, path := range []string{"/persons", "/persons/" + id, "/persons/" + id + "/household/members", "/persons/" + id + "/household/members/" + id + "/leave", "/persons/" + id + "/facts", "/persons/" + id + "/rights/af/decisions", "/persons/" + id + "/rights/compute",
			"/persons/" + id + "/expectations", "/persons/" + id + "/goals", "/persons/" + id + "/goals/" + goal, "/persons/" + id + "/steps", "/persons/" + id + "/steps/" + step,
			"/persons/" + id + "/steps/" + step + "/move", "/persons/" + id + "/steps/" + step + "/hand", "/persons/" + id + "/exchanges"} {
			method := "POST"
			if path == "/persons/"+id || strings.HasSuffix(path, goal) || strings.HasSuffix(path, step) {
				method = "PUT"
			}
			if g := h.ask(method, "/api/v1"+path, body, "If-Match", `"1"`); g.Code >= 500 {
				t.Errorf("%s: %d\n%s", g.asked, g.Code, g.Body)
			}
		}
	})
}

// Nor what it asks.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"haddad", "\x00", "%zz", strings.Repeat("é", 300), "2026-13", "-1", "AAAA", "ADAAMA", "0\x00\x00"} {
		f.Add(s)
	}
	clk := &movable{now: dbtest.Clock().Now()}
	h := newHouse(f, dbtest.OpenSQLite(f, db.Config{Clock: clk}), clk)
	id := h.person()
	f.Fuzz(func(t *testing.T, value string) {
		h.t = t
		clk.now = clk.now.Add(time.Minute)
		q := queryEscape(value)
		for _, path := range []string{"/persons?q=" + q, "/persons?q=haddad&after=" + q, "/persons?q=haddad&limit=" + q, "/persons/" + id + "/facts?after=" + q, "/persons/" + id + "/rights?month=" + q,
			"/persons/" + id + "/household?on=" + q, "/persons/" + id + "/rights/" + q, "/persons/" + q, "/persons?" + q, "/persons/" + id + "/steps?after=" + q, "/persons/" + id + "/exchanges?after=" + q, "/persons/" + id + "/steps/" + q} {
			if g := h.ask("GET", "/api/v1"+path, "", "Accept", value); g.Code >= 500 {
				t.Errorf("%s: %d\n%s", g.asked, g.Code, g.Body)
			}
		}
	})
}
