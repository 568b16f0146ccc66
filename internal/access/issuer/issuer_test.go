package issuer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/testkit"
)

const (
	back       = "http://127.0.0.1:9/entrer/retour/interieur"
	hidden     = testkit.ProviderSecret
	nadiaLogin = "n.lefevre@valsevre.example"
)

var office = access.Client{Address: "192.0.2.10", Device: "Firefox"}

// watch runs beside the machine's clock, which the provider reads.
type watch struct {
	mu   sync.Mutex
	away time.Duration
}

func (w *watch) Now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return time.Now().Add(w.away) }
func (w *watch) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away += d
}

// provider runs npm's oidc-provider until the test ends.
func provider(t *testing.T) string { return testkit.StartProvider(t, back).URL }

// world is a house with Claire, who administers, and Nadia, who was invited.
type world struct {
	t       *testing.T
	clock   *watch
	access  *access.Service
	issuers *issuer.Service
	db      *db.DB
	url     string
	org     core.ID
	claire  context.Context
	nadia   core.ID
	invite  access.Invitation
	browser string
	issuer  string // begin and finish go to it; "" = that of workers
	log     *bytes.Buffer
}

func (w *world) id() string {
	if w.issuer == "" {
		return "interieur"
	}
	return w.issuer
}

func each(t *testing.T, address string, fn func(t *testing.T, w *world)) {
	t.Helper()
	clk := &watch{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.away = 0
		w := &world{t: t, clock: clk, db: d, url: address, log: &bytes.Buffer{}}
		ring, err := secret.NewKeyring(dbtest.Key())
		w.ok(err)
		fields, err := secret.NewFields(rand.Reader, ring)
		w.ok(err)
		j := journal.New(d, rand.Reader)
		w.access, err = access.New(d, j, fields, ring.Derive("session"), access.Options{Demo: true, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		w.ok(err)
		w.issuers, err = issuer.New(issuer.Deps{DB: d, Access: w.access, Journal: j, Fields: fields, Clock: clk, Issuers: []issuer.Issuer{
			{
				ID: "interieur", Name: "Annuaire de la ville", URL: address, ClientID: "parvis", Scopes: []string{"email"},
				Secret: func(context.Context) (secret.String, error) { return hidden, nil },
				Levels: []issuer.Level{{ACR: "eidas2", AMR: []string{"otp"}, AAL: 2}, {ACR: "eidas1", AAL: 1}},
			},
			{
				ID: "public", For: issuer.Persons, Name: "Identité du public", URL: address, ClientID: "parvis",
				Secret: func(context.Context) (secret.String, error) { return hidden, nil },
				Levels: []issuer.Level{{ACR: "eidas2", AAL: 2}, {ACR: "eidas1", AAL: 1}},
			},
			{ID: "autre", Name: "Autre", URL: "http://127.0.0.1:1", ClientID: "parvis"},
		}})
		w.ok(err)
		system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test"})
		w.org, err = w.access.CreateOrganisation(system, access.Organisation{Name: "CCAS", Place: "Europe/Paris"})
		w.ok(err)
		system = core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: w.org})
		_, err = w.access.AddWorker(system, access.Worker{Login: "c.maurel", Name: "Claire Maurel", Administers: true})
		w.ok(err)
		w.claire = w.door("c.maurel")
		w.invite, err = w.access.Invite(w.claire, access.Worker{Login: nadiaLogin, Name: "Nadia Lefèvre", Administers: true})
		w.ok(err)
		w.nadia = w.invite.Worker
		w.browser, err = w.access.NewBrowser()
		w.ok(err)
		fn(t, w)
		report, err := j.Check(t.Context())
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("journal: %v %v", report.Faults, err)
		}
		if strings.Contains(w.log.String(), hidden) || strings.Contains(w.log.String(), nadiaLogin) {
			t.Error("the log holds a secret or an address")
		}
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) door(login string) context.Context {
	w.t.Helper()
	token, err := w.access.DemoEnter(w.t.Context(), access.DemoVisitor{Login: login}, office)
	w.ok(err)
	return w.resume(token)
}

func (w *world) resume(token string) context.Context {
	w.t.Helper()
	actor, info, err := w.access.Resume(w.t.Context(), token)
	w.ok(err)
	return info.Context(w.t.Context(), actor)
}

// at says who is at the provider's keyboard.
func (w *world) at(account, acr, amr, email string, verified bool) {
	w.t.Helper()
	q := url.Values{"account": {account}, "acr": {acr}, "amr": {amr}, "email": {email}}
	if verified {
		q.Set("verified", "1")
	}
	res, err := http.Get(w.url + "/control?" + q.Encode())
	w.ok(err)
	res.Body.Close()
}

// walk goes to the provider and returns the query it sends back.
func (w *world) walk(to string) url.Values {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	w.ok(err)
	var answer url.Values
	c := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			answer = r.URL.Query()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := c.Get(to)
	w.ok(err)
	defer res.Body.Close()
	if answer == nil {
		body, _ := io.ReadAll(res.Body)
		w.t.Fatalf("the provider did not come back: %d %s %.500s", res.StatusCode, res.Request.URL, body)
	}
	return answer
}

func (w *world) begin(ctx context.Context, purpose issuer.Purpose, invite string) (to, carried string) {
	w.t.Helper()
	if purpose == issuer.Link {
		var err error
		invite, err = w.issuers.LinkToken(ctx)
		w.ok(err)
	}
	to, carried, err := w.issuers.Begin(ctx, w.id(), purpose, w.browser, back, "/equipe", invite)
	w.ok(err)
	return to, carried
}

func (w *world) finish(ctx context.Context, carried string, answer url.Values) (issuer.Done, error) {
	w.t.Helper()
	return w.issuers.Finish(ctx, w.id(), w.browser, carried, back, answer, office)
}

func (w *world) through(ctx context.Context, purpose issuer.Purpose, invite string) (issuer.Done, error) {
	w.t.Helper()
	to, carried := w.begin(ctx, purpose, invite)
	return w.finish(ctx, carried, w.walk(to))
}

// failures counts the lines of refused attempts that name nobody.
func (w *world) failures() int {
	w.t.Helper()
	n := 0
	w.ok(w.db.Read(w.t.Context(), func(q db.Querier) error {
		all, err := journal.ForOrg(q, "", journal.Before{}, 200)
		for _, l := range all {
			if l.Kind == "session.failed" {
				n++
			}
		}
		return err
	}))
	return n
}

func want(t *testing.T, what string, err error, kind errs.Kind, key string) {
	t.Helper()
	var e *errs.Error
	got := ""
	if errors.As(err, &e) {
		got = e.Key
	}
	if err == nil || errs.KindOf(err) != kind || got != key {
		t.Errorf("%s: got %v (key %q), want kind %v with %q", what, err, got, kind, key)
	}
}

// TestThroughARealProvider drives npm's oidc-provider.
func TestThroughARealProvider(t *testing.T) {
	if testkit.Quick() {
		t.Skip("PARVIS_QUICK: no provider wanted")
	}
	address := provider(t)
	each(t, address, func(t *testing.T, w *world) {
		ctx := t.Context()
		// Nobody comes in because an address looks right.
		w.at("inconnu", "eidas2", "pwd,otp", nadiaLogin, false)
		_, err := w.through(ctx, issuer.Enter, "")
		want(t, "an address that was not verified", err, errs.Unauthenticated, "errs.signin.issuer_unknown")
		w.at("inconnu", "eidas2", "pwd,otp", "c.maurel", true)
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "verified, and not invited", err, errs.Unauthenticated, "errs.signin.issuer_unknown")

		// Invited, by an address that the issuer verified.
		w.at("nadia", "eidas2", "pwd,otp", nadiaLogin, true)
		done, err := w.through(ctx, issuer.Enter, "")
		w.ok(err)
		nadia := w.resume(done.Token)
		if a := core.ActorFrom(nadia); a.ID != w.nadia || a.AAL != 2 || done.Next != "/equipe" {
			t.Errorf("came in as %+v, to %s", a, done.Next)
		}
		_, err = w.access.OpenInvite(ctx, w.invite.Token.Reveal(), w.browser)
		want(t, "the invitation, spent", err, errs.NotFound, "access.error.link")
		leave, err := w.issuers.LeaveURL(ctx, done.Token, back)
		if err != nil || !strings.HasPrefix(leave, address+"/session/end?") || !strings.Contains(leave, "id_token_hint=") {
			t.Errorf("leaving: %q %v", leave, err)
		}

		// Linked from then on, whatever the address says; acr and amr give the level.
		w.at("nadia", "eidas1", "pwd", "autre@ailleurs.example", true)
		done, err = w.through(ctx, issuer.Enter, "")
		w.ok(err)
		if a := core.ActorFrom(w.resume(done.Token)); a.ID != w.nadia || a.AAL != 1 {
			t.Errorf("one factor: %+v", a)
		}
		w.at("nadia", "eidas2", "pwd", nadiaLogin, true)
		done, err = w.through(ctx, issuer.Enter, "")
		w.ok(err)
		if a := core.ActorFrom(w.resume(done.Token)); a.AAL != 1 {
			t.Errorf("the acr without its amr: %+v", a)
		}

		// Linked from inside by Claire, with another account; hers alone.
		w.at("claire", "eidas2", "otp", "c.maurel@ailleurs.example", false)
		_, err = w.through(w.claire, issuer.Link, "")
		w.ok(err)
		done, err = w.through(ctx, issuer.Enter, "")
		w.ok(err)
		claire := w.resume(done.Token)
		if core.ActorFrom(claire).ID != core.ActorFrom(w.claire).ID {
			t.Error("the linked account opens another one")
		}
		_, err = w.through(nadia, issuer.Link, "")
		want(t, "an account linked to somebody else", err, errs.Conflict, "errs.signin.issuer_taken")

		// A proof asked again.
		w.clock.advance(11 * time.Minute)
		if err := w.access.Recent(claire); !access.Stale(err) {
			t.Fatalf("still recent: %v", err)
		}
		w.clock.advance(-11 * time.Minute) // the provider's clock is the machine's
		to, carried := w.begin(claire, issuer.Prove, "")
		if !strings.Contains(to, "prompt=login") || !strings.Contains(to, "max_age=0") || !strings.Contains(to, "acr_values=eidas2") {
			t.Errorf("the question: %s", to)
		}
		done, err = w.finish(claire, carried, w.walk(to))
		w.ok(err)
		w.ok(w.access.Recent(w.resume(done.Token)))
		claire = w.resume(done.Token)
		w.at("nadia", "eidas2", "otp", nadiaLogin, true)
		_, err = w.through(claire, issuer.Prove, "")
		want(t, "somebody else's proof", err, errs.Unauthenticated, "errs.signin.issuer_refused")

		list, err := w.issuers.List(claire)
		if err != nil || len(list) != 1 || list[0].Name != "Annuaire de la ville" || list[0].UsedOn.IsZero() {
			t.Fatalf("linked: %+v %v", list, err)
		}
		want(t, "another's account", w.issuers.Unlink(nadia, list[0].ID), errs.NotFound, "access.error.not_found")
		w.ok(w.issuers.Unlink(claire, list[0].ID))
		w.at("claire", "eidas2", "otp", "c.maurel@ailleurs.example", false)
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "unlinked", err, errs.Unauthenticated, "errs.signin.issuer_unknown")

		// By the link of an invitation.
		again, err := w.access.Invite(w.claire, access.Worker{Login: "marc", Name: "Marc Petit", Administers: true})
		w.ok(err)
		done, err = w.through(ctx, issuer.Accept, again.Token.Reveal())
		w.ok(err)
		if core.ActorFrom(w.resume(done.Token)).ID != again.Worker {
			t.Error("the invitation opened another account")
		}
		w.at("claire2", "eidas2", "otp", "", false)
		_, err = w.through(ctx, issuer.Accept, again.Token.Reveal())
		want(t, "the same invitation twice", err, errs.NotFound, "access.error.link")
	})
}

func TestForgedAnswersOfARealProvider(t *testing.T) {
	if testkit.Quick() {
		t.Skip("PARVIS_QUICK: no provider wanted")
	}
	each(t, provider(t), func(t *testing.T, w *world) {
		ctx := t.Context()
		w.at("nadia", "eidas2", "otp", nadiaLogin, true)
		_, err := w.through(ctx, issuer.Enter, "")
		w.ok(err)

		to, carried := w.begin(ctx, issuer.Enter, "")
		answer := w.walk(to)
		forged := func(what string, key string, change func(q url.Values)) {
			t.Helper()
			q := url.Values{}
			for k, v := range answer {
				q[k] = v
			}
			change(q)
			_, err := w.finish(ctx, carried, q)
			want(t, what, err, errs.Unauthenticated, key)
		}
		forged("another state", "errs.signin.issuer_refused", func(q url.Values) { q.Set("state", "x") })
		forged("no state", "errs.signin.issuer_refused", func(q url.Values) { q.Del("state") })
		forged("another issuer", "errs.signin.issuer_refused", func(q url.Values) { q.Set("iss", "https://evil.example") })
		forged("no code", "errs.signin.issuer_refused", func(q url.Values) { q.Del("code") })
		// Five refused answers to one question, then each waits: no stranger fills the journal.
		forged("a fifth", "errs.signin.issuer_refused", func(q url.Values) { q.Set("state", "x") })
		forged("a sixth", "errs.signin.issuer_refused", func(q url.Values) { q.Set("state", "x") })
		lines := w.failures()
		for range 20 {
			_, err := w.finish(ctx, carried, url.Values{"state": {"x"}})
			want(t, "a seventh", err, errs.TooMany, "access.error.too_many_tries")
		}
		if now := w.failures(); now != lines {
			t.Errorf("%d lines more", now-lines)
		}
		to, carried = w.begin(ctx, issuer.Enter, "")
		answer = w.walk(to)
		forged("an error", "errs.signin.issuer_refused", func(q url.Values) { q.Set("error", "access_denied") })
		other, err := w.access.NewBrowser()
		w.ok(err)
		_, err = w.issuers.Finish(ctx, "interieur", other, carried, back, answer, office)
		want(t, "another browser", err, errs.Unauthenticated, "errs.signin.again")
		_, err = w.issuers.Finish(ctx, "autre", w.browser, carried, back, answer, office)
		want(t, "at another issuer's address", err, errs.Unauthenticated, "errs.signin.issuer_refused")

		_, err = w.finish(ctx, carried, answer)
		w.ok(err)
		_, err = w.finish(ctx, carried, answer)
		want(t, "the same answer twice", err, errs.Unauthenticated, "errs.signin.again")
		// The same code under a fresh state: the provider refuses it.
		to2, carried2 := w.begin(ctx, issuer.Enter, "")
		answer2 := w.walk(to2)
		answer2.Set("code", answer.Get("code"))
		_, err = w.finish(ctx, carried2, answer2)
		want(t, "a replayed code", err, errs.Unauthenticated, "errs.signin.issuer_refused")
		fresh, carried3 := w.begin(ctx, issuer.Enter, "")
		asked, err := url.Parse(fresh)
		w.ok(err)
		_, err = w.finish(ctx, carried3, url.Values{"state": {asked.Query().Get("state")}, "iss": {answer.Get("iss")}, "code": {"y"}})
		want(t, "a forged code", err, errs.Unauthenticated, "errs.signin.issuer_refused")

		// Too late, and clocks that differ: an hour is too much, half a minute is not.
		to, carried = w.begin(ctx, issuer.Enter, "")
		answer = w.walk(to)
		w.clock.advance(11 * time.Minute)
		_, err = w.finish(ctx, carried, answer)
		want(t, "too late", err, errs.Unauthenticated, "errs.signin.again")
		w.clock.advance(-11*time.Minute + 30*time.Second)
		_, err = w.through(ctx, issuer.Enter, "")
		w.ok(err)
		w.clock.advance(2 * time.Hour)
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "an expired token", err, errs.Unauthenticated, "errs.signin.issuer_refused")
		w.clock.advance(-4 * time.Hour)
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "a token of the future", err, errs.Unauthenticated, "errs.signin.issuer_refused")
		w.clock.advance(2 * time.Hour)

		_, _, err = w.issuers.Begin(ctx, "autre", issuer.Enter, w.browser, back, "/", "")
		want(t, "an issuer that is down", err, errs.Unavailable, "errs.signin.issuer_down")
		_, _, err = w.issuers.Begin(ctx, "inconnu", issuer.Enter, w.browser, back, "/", "")
		want(t, "an unknown issuer", err, errs.NotFound, "access.error.not_found")
		_, _, err = w.issuers.Begin(ctx, "interieur", issuer.Link, w.browser, back, "/", "")
		want(t, "linked by nobody", err, errs.Unauthenticated, "access.error.sign_in")
	})
}

func TestDescriptions(t *testing.T) {
	good := issuer.Issuer{ID: "ville", Name: "Ville", URL: "https://id.example", ClientID: "parvis"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(i *issuer.Issuer){
		"id": func(i *issuer.Issuer) { i.ID = "La ville" }, "name": func(i *issuer.Issuer) { i.Name = " " },
		"http": func(i *issuer.Issuer) { i.URL = "http://id.example" }, "url": func(i *issuer.Issuer) { i.URL = "id.example" },
		"audience": func(i *issuer.Issuer) { i.For = "everybody" },
		"client":   func(i *issuer.Issuer) { i.ClientID = "" }, "level": func(i *issuer.Issuer) { i.Levels = []issuer.Level{{ACR: "x", AAL: 3}} },
		"empty level": func(i *issuer.Issuer) { i.Levels = []issuer.Level{{AAL: 2}} },
	} {
		bad := good
		change(&bad)
		if bad.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
