package issuer_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/testkit"
)

// person is somebody in their own space; the files are not of this package.
func (w *world) person(id core.ID) context.Context {
	w.t.Helper()
	token, err := w.access.DemoEnter(w.t.Context(), access.DemoVisitor{Org: w.org, Person: id}, office)
	w.ok(err)
	return w.resume(token)
}

func (w *world) told(person core.ID) string {
	w.t.Helper()
	var kinds []string
	day := core.DateOf(w.clock.Now())
	w.ok(w.db.Read(w.t.Context(), func(q db.Querier) error {
		lines, err := journal.ForPerson(q, w.org, person, day.AddDays(-1), day.AddDays(1))
		for _, l := range lines {
			kinds = append(kinds, l.Kind)
		}
		return err
	}))
	return strings.Join(kinds, " ")
}

// TestPersonsThroughARealProvider: an account opens a person's space once they linked
// it themselves, and in no other way; what is for persons lets no worker in.
func TestPersonsThroughARealProvider(t *testing.T) {
	if testkit.Quick() {
		t.Skip("PARVIS_QUICK: no provider wanted")
	}
	each(t, provider(t), func(t *testing.T, w *world) {
		ctx := t.Context()
		var samira, marc core.ID
		for _, id := range []*core.ID{&samira, &marc} {
			var err error
			*id, err = core.NewID(w.clock.Now(), rand.Reader)
			w.ok(err)
		}
		w.issuer = "public"
		// Nobody: an address that is a worker's invitation, verified, opens nothing here.
		w.at("samira", "eidas2", "pwd,otp", nadiaLogin, true)
		_, err := w.through(ctx, issuer.Enter, "")
		want(t, "linked by nobody", err, errs.Unauthenticated, "errs.signin.issuer_nobody")
		if _, err := w.access.OpenInvite(ctx, w.invite.Token.Reveal(), w.browser); err != nil {
			t.Errorf("the worker's invitation was spent: %v", err)
		}
		for what, begin := range map[string]struct {
			ctx     context.Context
			issuer  string
			purpose issuer.Purpose
		}{
			"a worker links an account of the public": {w.claire, "public", issuer.Link},
			"a worker proves by one":                  {w.claire, "public", issuer.Prove},
			"an invitation by one":                    {ctx, "public", issuer.Accept},
			"a person links a worker's account":       {w.person(samira), "interieur", issuer.Link},
			"a person proves by one":                  {w.person(samira), "interieur", issuer.Prove},
		} {
			_, _, err := w.issuers.Begin(begin.ctx, begin.issuer, begin.purpose, w.browser, back, "/", "")
			want(t, what, err, errs.Forbidden, "access.error.forbidden")
		}

		// Linked from her own space, then it opens; acr gives the level.
		own := w.person(samira)
		theirs, err := w.issuers.LinkToken(w.person(marc))
		w.ok(err)
		for what, token := range map[string]string{"another site leads her there": "", "with a link of its own": theirs} {
			_, _, err := w.issuers.Begin(own, "public", issuer.Link, w.browser, back, "/", token)
			want(t, what, err, errs.Forbidden, "access.error.csrf")
		}
		if to, _ := w.begin(own, issuer.Link, ""); !strings.Contains(to, "prompt=login") || !strings.Contains(to, "max_age=0") {
			t.Errorf("whoever was there before may be linked: %s", to)
		}
		if to, _ := w.begin(ctx, issuer.Enter, ""); !strings.Contains(to, "prompt=login") {
			t.Errorf("whoever was there before may come in: %s", to)
		}
		done, err := w.through(own, issuer.Link, "")
		w.ok(err)
		if !done.Persons || done.Token != "" {
			t.Errorf("linked: %+v", done)
		}
		_, err = w.through(own, issuer.Link, "") // twice is once
		w.ok(err)
		done, err = w.through(ctx, issuer.Enter, "")
		w.ok(err)
		in := w.resume(done.Token)
		if a := core.ActorFrom(in); a.Kind != core.ActorPerson || a.ID != samira || a.Org != w.org || a.AAL != 2 {
			t.Errorf("came in as %+v", a)
		}
		list, err := w.issuers.List(in)
		if err != nil || len(list) != 1 || list[0].Name != "Identité du public" || list[0].UsedOn.IsZero() {
			t.Fatalf("linked: %+v %v", list, err)
		}
		leave, err := w.issuers.LeaveURL(ctx, done.Token, back)
		if err != nil || !strings.Contains(leave, "id_token_hint=") {
			t.Errorf("leaving: %q %v", leave, err)
		}
		w.at("samira", "eidas1", "pwd", "", false)
		done, err = w.through(ctx, issuer.Enter, "")
		w.ok(err)
		weak := w.resume(done.Token)
		if a := core.ActorFrom(weak); a.AAL != 1 {
			t.Errorf("one factor: %+v", a)
		}
		want(t, "one factor unlinks", w.issuers.Unlink(weak, list[0].ID), errs.Forbidden, "access.error.second_factor_person")
		_, _, err = w.issuers.Begin(weak, "public", issuer.Link, w.browser, back, "/", "")
		want(t, "one factor links", err, errs.Forbidden, "access.error.second_factor_person")

		// Somebody else's; and the same account at the issuer of workers is another one.
		w.at("samira", "eidas2", "otp", "", false)
		_, err = w.through(w.person(marc), issuer.Link, "")
		want(t, "an account linked to somebody else", err, errs.Conflict, "errs.signin.issuer_taken")
		want(t, "another's account", w.issuers.Unlink(w.person(marc), list[0].ID), errs.NotFound, "access.error.not_found")
		w.issuer = ""
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "the same account as a worker", err, errs.Unauthenticated, "errs.signin.issuer_unknown")
		w.issuer = "public"

		// A proof asked again, then the end.
		done, err = w.through(in, issuer.Prove, "")
		w.ok(err)
		in = w.resume(done.Token)
		w.at("marc", "eidas2", "otp", "", false)
		_, err = w.through(in, issuer.Prove, "")
		want(t, "somebody else's proof", err, errs.Unauthenticated, "errs.signin.issuer_refused")
		w.ok(w.issuers.Unlink(in, list[0].ID))
		w.at("samira", "eidas2", "otp", "", false)
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "unlinked", err, errs.Unauthenticated, "errs.signin.issuer_nobody")
		told := w.told(samira)
		for _, kind := range []string{"issuer.link", "issuer.unlink", "session.open", "session.prove"} {
			if !strings.Contains(told, kind) {
				t.Errorf("she does not read %s: %s", kind, told)
			}
		}
		if strings.Count(told, "issuer.link") != 1 {
			t.Errorf("linked more than once: %s", told)
		}

		// Every way in closed: a link of before opens nothing.
		_, err = w.through(in, issuer.Link, "")
		w.ok(err)
		w.ok(w.db.Tx(ctx, func(tx *db.Tx) error { return w.access.EndWays(tx, w.org, samira) }))
		_, err = w.through(ctx, issuer.Enter, "")
		want(t, "after a death", err, errs.Unauthenticated, "errs.signin.issuer_nobody")
	})
}
