package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

func TestSessionsEnd(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp() // half a minute ago
		expired := func(what string) {
			t.Helper()
			actor, info, err := r.Resume(t.Context(), h.session)
			want(t, what, err, errs.Unauthenticated, "access.error.expired")
			if !actor.IsZero() || !info.Expired || info.Owner.ID != h.id || info.Owner.Org != h.org || info.Owner.Kind != core.ActorWorker {
				t.Errorf("%s: actor %+v, info %+v", what, actor, info)
			}
		}
		// Used every 29 minutes it lives on…
		for range 24 {
			r.clock.advance(29 * time.Minute)
			r.resume(h.session)
		}
		// … but not beyond 12 hours.
		r.clock.advance(23*time.Minute + 30*time.Second)
		expired("after 12 hours")

		token, err := r.signIn(claireLogin, goodPassword, h.key)
		if err != nil {
			t.Fatal(err)
		}
		h.session = token
		r.clock.advance(30*time.Minute - time.Second)
		r.resume(token)
		r.clock.advance(30 * time.Minute)
		expired("after 30 idle minutes")

		r.clock.advance(31 * 24 * time.Hour)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, info, err := r.Resume(t.Context(), token)
		want(t, "after the sweep", err, errs.Unauthenticated, "access.error.sign_in")
		if info.Owner.ID != "" {
			t.Errorf("a swept session still tells: %+v", info)
		}
	})
}

// TestUseIsWrittenOncePerMinute: a page costs no write, and a session used every
// few seconds does not end.
func TestUseIsWrittenOncePerMinute(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		touched := func() (at int64) {
			t.Helper()
			if err := r.db.Read(t.Context(), func(q db.Querier) error {
				return q.QueryRow(`SELECT touched_at FROM session`).Scan(&at)
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		first := touched()
		r.resume(h.session) // 30 s later
		if touched() != first {
			t.Error("written before a minute has passed")
		}
		r.clock.advance(30 * time.Second)
		r.resume(h.session)
		if got := touched() - first; got != time.Minute.Microseconds() {
			t.Errorf("moved by %d µs, want one minute", got)
		}
		r.clock.advance(-time.Hour) // a server clock put right
		if _, info := r.resume(h.session); info.ID == "" {
			t.Error("no session")
		}
	})
}

func TestForgedCookies(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		for name, cookie := range map[string]string{
			"empty": "", "short": "abc", "long": strings.Repeat("A", 1<<20), "one letter off": flip(h.session),
			"not base64": strings.Repeat("é", 43), "SQL": "' OR 1=1 --" + strings.Repeat("A", 32), "NUL": h.session[:42] + "\x00",
			"trailing space": h.session + " ", "lower case": strings.ToLower(h.session),
		} {
			actor, info, err := r.Resume(t.Context(), cookie)
			want(t, name, err, errs.Unauthenticated, "access.error.sign_in")
			if diff := cmp.Diff(access.SessionInfo{}, info); diff != "" || !actor.IsZero() {
				t.Errorf("%s: %+v %s", name, actor, diff)
			}
			if err := r.SignOut(t.Context(), cookie); err != nil {
				t.Errorf("%s: sign out: %v", name, err)
			}
		}
		r.resume(h.session)
	})
}

func flip(s string) string {
	c := byte('A')
	if s[10] == c {
		c = 'B'
	}
	return s[:10] + string(c) + s[11:]
}

func TestMySessions(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		zoe, zoeKey := r.join(h, access.Worker{Login: "zoe@valsevre.example", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		second, err := r.signIn(claireLogin, goodPassword, h.key)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.Sessions(h.claire)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 2 || list[0].Current || !list[1].Current || list[0].Device != "Firefox" {
			t.Fatalf("sessions %+v, want the new one then the current one", list)
		}
		zoeActor, zoeInfo := r.resume(zoe)
		zoeCtx := zoeInfo.Context(t.Context(), zoeActor)
		want(t, "closing a colleague's session", r.CloseSession(zoeCtx, list[0].ID), errs.NotFound, "access.error.not_found")
		if err := r.CloseSession(h.claire, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Resume(t.Context(), second); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the closed session: %v", err)
		}
		want(t, "closing it again", r.CloseSession(h.claire, list[0].ID), errs.NotFound, "access.error.not_found")

		r.clock.advance(30 * time.Second)
		for range 3 {
			if _, err := r.signIn("zoe@valsevre.example", goodPassword, zoeKey); err != nil {
				t.Fatal(err)
			}
			r.clock.advance(30 * time.Second)
		}
		if err := r.CloseOtherSessions(zoeCtx); err != nil {
			t.Fatal(err)
		}
		if list, err = r.Sessions(zoeCtx); err != nil || len(list) != 1 || !list[0].Current {
			t.Errorf("Zoé's sessions %+v, %v; want hers alone", list, err)
		}
		r.resume(h.session)
		_, err = r.Sessions(t.Context())
		want(t, "nobody", err, errs.Unauthenticated, "access.error.sign_in")
	})
}

func TestTooManySessionsCloseTheOldest(t *testing.T) {
	each(t, access.Options{Demo: true}, func(t *testing.T, r *rig) {
		h := r.setUp()
		var tokens []string
		for range 12 {
			r.clock.advance(time.Second)
			token, err := r.DemoEnter(t.Context(), access.DemoVisitor{Login: claireLogin}, office)
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
		}
		open := 0
		for _, token := range append(tokens, h.session) {
			if _, _, err := r.Resume(t.Context(), token); err == nil {
				open++
			}
		}
		if open != 10 {
			t.Errorf("%d sessions open, want 10", open)
		}
		r.resume(tokens[11])
	})
}

func TestDemoLinks(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		for _, v := range []access.DemoVisitor{{Login: claireLogin}, {Org: h.org, Person: "person-1"}} {
			_, err := r.DemoEnter(t.Context(), v, office)
			want(t, "outside a demonstration", err, errs.NotFound, "access.error.not_found")
		}
	})
	each(t, access.Options{Demo: true}, func(t *testing.T, r *rig) {
		h := r.setUp()
		for name, v := range map[string]access.DemoVisitor{"nobody": {}, "unknown": {Login: "x"}, "elsewhere": {Org: "org", Person: "p"}, "no person": {Org: h.org}} {
			_, err := r.DemoEnter(t.Context(), v, office)
			want(t, name, err, errs.NotFound, "access.error.not_found")
		}
		token, err := r.DemoEnter(t.Context(), access.DemoVisitor{Login: claireLogin}, office)
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := r.resume(token); a.ID != h.id || a.AAL != 2 || a.Kind != core.ActorWorker {
			t.Errorf("worker: %+v", a)
		}
		const person core.ID = "019ea000-0000-7000-8000-0000000000aa"
		if token, err = r.DemoEnter(t.Context(), access.DemoVisitor{Org: h.org, Person: person}, office); err != nil {
			t.Fatal(err)
		}
		a, info := r.resume(token)
		if a.ID != person || a.Kind != core.ActorPerson || a.Org != h.org || len(a.Teams) != 0 || info.Name != "" || info.OrgName == "" {
			t.Errorf("person: %+v %+v", a, info)
		}
		ctx := info.Context(t.Context(), a)
		mine := access.Resource{Org: h.org, Person: person, Teams: []core.ID{h.team}}
		if err := r.Can(ctx, access.SheetPrint, mine); err != nil {
			t.Errorf("own sheet: %v", err)
		}
		want(t, "own file as a worker reads it", r.Can(ctx, access.PersonOpen, mine), errs.Forbidden, "access.error.forbidden")
		mine.Person = "somebody else"
		want(t, "another's sheet", r.Can(ctx, access.SheetPrint, mine), errs.NotFound, "access.error.not_found")
	})
}

func TestCSRF(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		browser := r.browser()
		token, err := r.CSRF(browser)
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.CSRF(browser)
		if err != nil {
			t.Fatal(err)
		}
		if token == again {
			t.Error("two pages carry the same bytes: a compressed page would leak them")
		}
		for _, ok := range []string{token, again} {
			if err := r.CheckCSRF(browser, ok); err != nil {
				t.Errorf("a good one: %v", err)
			}
		}
		for name, c := range map[string][2]string{
			"another browser": {r.browser(), token}, "nobody": {"", token}, "empty": {browser, ""}, "cut": {browser, token[:85]},
			"one letter off": {browser, flip(token)}, "zeros": {browser, strings.Repeat("A", 86)}, "long": {browser, strings.Repeat("A", 1<<20)},
		} {
			want(t, name, r.CheckCSRF(c[0], c[1]), errs.Forbidden, "access.error.csrf")
		}
		if !r.BrowserOK(browser) {
			t.Error("our own browser cookie is refused")
		}
		for _, forged := range []string{"", ".", flip(browser), browser + "A", strings.Repeat("A", 43) + ".AAAAAAAAAAAAAAAAAAAAAA", strings.Repeat("x", 1<<20)} {
			if r.BrowserOK(forged) {
				t.Errorf("forged browser cookie accepted: %.40s", forged)
			}
		}
	})
}
