package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/api"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/webhook"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// movable is a clock that a test moves by hand.
type movable struct{ now time.Time }

func (m *movable) Now() time.Time { return m.now }

// house is an organisation with two teams, a worker in each, and what serves them.
type house struct {
	t      testing.TB
	http   http.Handler
	api    *api.Handler
	access *access.Service
	cases  *casefile.Service
	hooks  *webhook.Service
	clock  *movable
	claire context.Context
	team   core.ID
	token  string  // Claire's, for everything
	theirs core.ID // a person of the other team
}

var engine = sync.OnceValues(func() (*casefile.LawEngine, error) {
	l, err := rights.Load(law.Files)
	if err != nil {
		return nil, err
	}
	return casefile.NewLawEngine(l)
})

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clk := &movable{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = dbtest.Clock().Now()
		fn(t, newHouse(t, d, clk))
	})
}

func newHouse(t testing.TB, d *db.DB, clk *movable) *house {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ring, err := secret.NewKeyring(dbtest.Key())
	ok(err)
	fields, err := secret.NewFields(rand.Reader, ring)
	ok(err)
	e, err := engine()
	ok(err)
	j := journal.New(d, nil)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h := &house{t: t, clock: clk}
	h.access, err = access.New(d, j, fields, ring.Derive("session"), access.Options{Log: log})
	ok(err)
	h.cases, err = casefile.New(casefile.Deps{DB: d, Access: h.access, Journal: j, Fields: fields, Engine: e, Clock: clk, Log: log,
		PhoneKey: func(number string) string { return ring.HMAC("phone", number) }})
	ok(err)
	system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test"})
	org, err := h.access.CreateOrganisation(system, access.Organisation{Name: "CCAS de Valsèvre", Place: "Europe/Paris"})
	ok(err)
	system = core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: org})
	h.team, err = h.access.CreateTeam(system, "Polyvalence")
	ok(err)
	south, err := h.access.CreateTeam(system, "Secteur Sud")
	ok(err)
	worker := func(login, name string, team core.ID) context.Context {
		id, err := h.access.AddWorker(system, access.Worker{Login: login, Name: name, Works: true, Administers: login == "c.maurel", Active: true, Teams: []core.ID{team}})
		ok(err)
		return core.WithActor(t.Context(), core.Actor{Kind: core.ActorWorker, ID: id, Org: org, Teams: []core.ID{team}, AAL: 2})
	}
	h.claire = worker("c.maurel", "Claire Maurel", h.team)
	nadia := worker("n.lefevre", "Nadia Lefèvre", south)
	h.theirs, err = h.cases.CreatePerson(nadia, casefile.NewPerson{Team: south, Identity: casefile.Identity{UsualName: "Sow", GivenNames: "Ibrahima", Birth: core.PartialDate{Year: 1988, Month: 4, Day: 3}}})
	ok(err)
	h.token = h.tokenFor(access.TokenScopes()...)
	k, err := kit.New(kit.Config{Log: log, Clock: clk, Random: rand.Reader, Key: ring.Derive("web"), Sessions: h.access, Pages: map[string]fs.FS{"api": api.Pages}})
	ok(err)
	hooks, err := webhook.New(webhook.Deps{DB: d, Access: h.access, Journal: j, Fields: fields, Clock: clk, Log: log, Private: true})
	ok(err)
	j.Tell(hooks.Tap)
	h.hooks = hooks
	h.api, err = api.Register(k, h.access, h.cases, hooks)
	ok(err)
	h.http = k
	return h
}

func (h *house) tokenFor(scopes ...access.TokenScope) string {
	h.t.Helper()
	_, s, err := h.access.MakeToken(h.claire, access.NewAccessToken{Name: "essai", Scopes: scopes, Until: core.Date{Year: 2026, Month: 12, Day: 31}})
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Reveal()
}

// got is an answer.
type got struct {
	t testing.TB
	*httptest.ResponseRecorder
	asked string
}

// ask sends a request with Claire's token; pairs are headers, which win.
func (h *house) ask(method, path, body string, pairs ...string) got {
	h.t.Helper()
	r := httptest.NewRequest(method, "http://parvis.example"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+h.token)
	r.Header.Set("Accept-Language", "fr")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	w := httptest.NewRecorder()
	h.http.ServeHTTP(w, r)
	return got{h.t, w, method + " " + path}
}

func (g got) must(status int) got {
	g.t.Helper()
	if g.Code != status {
		g.t.Fatalf("%s: %d, want %d\n%s", g.asked, g.Code, status, g.Body)
	}
	return g
}

// read decodes the body.
func (g got) read() map[string]any {
	g.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(g.Body.Bytes(), &v); err != nil {
		g.t.Fatalf("%s: %v\n%s", g.asked, err, g.Body)
	}
	return v
}

func (g got) id() string {
	g.t.Helper()
	id, _ := g.read()["id"].(string)
	if id == "" {
		g.t.Fatalf("%s: no id\n%s", g.asked, g.Body)
	}
	return id
}

// problem checks status and type.
func (g got) problem(status int, kind string) map[string]any {
	g.t.Helper()
	g.must(status)
	if c := g.Header().Get("Content-Type"); c != "application/problem+json" {
		g.t.Errorf("%s: content type %q", g.asked, c)
	}
	v := g.read()
	if v["type"] != "urn:parvis:problem:"+kind || v["status"] != float64(status) || v["trace"] == "" {
		g.t.Errorf("%s: %s", g.asked, bytes.TrimSpace(g.Body.Bytes()))
	}
	return v
}

const samira = `{"usual_name":"Haddad","given_names":"Samira","title":"madame","birth":"1992-02-03","phone":"06 39 98 41 22","channel":"sms","languages":["ar","fr"],"address":{"lines":["3 rue des Tanneurs"],"postcode":"79000","city":"Niort","commune":"79191"}}`

func (h *house) person() string {
	h.t.Helper()
	return h.ask("POST", "/api/v1/persons", samira).must(201).id()
}

func casefileID(s string) core.ID { return core.ID(s) }

func queryEscape(s string) string { return url.QueryEscape(s) }
