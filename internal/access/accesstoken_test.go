package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

func newToken() access.NewAccessToken {
	return access.NewAccessToken{Name: "export du lundi", Scopes: []access.TokenScope{access.FactsRead, access.PersonsRead, access.FactsRead}, Until: core.Date{Year: 2026, Month: time.July, Day: 1}}
}

func TestAccessToken(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		made, secret, err := r.MakeToken(h.claire, newToken())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(secret.Reveal(), "parvis_") || secret.String() != "***" {
			t.Errorf("secret %s", secret)
		}
		actor, token, err := r.ResumeToken(t.Context(), secret.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		if actor.Kind != core.ActorWorker || actor.ID != h.id || actor.Org != h.org || actor.AAL != 2 || actor.Session != made.ID || !slices.Equal(actor.Teams, []core.ID{h.team}) || token.Function != "assistante sociale" {
			t.Errorf("%+v %+v", actor, token)
		}
		if !token.Allows(access.FactsRead) || !token.Allows(access.PersonsRead) || token.Allows(access.FactsWrite) || len(token.Scopes) != 2 {
			t.Errorf("scopes %v", token.Scopes)
		}
		list, err := r.Tokens(h.claire)
		if err != nil || len(list) != 1 || list[0].ID != made.ID || list[0].UsedOn != (core.Date{Year: 2026, Month: time.June, Day: 11}) {
			t.Errorf("%+v %v", list, err)
		}
		for _, s := range []string{"", "parvis_", secret.Reveal() + "x", strings.TrimPrefix(secret.Reveal(), "parvis_"), "parvis_" + strings.Repeat("A", 43), "parvis_\x00", h.session} {
			_, _, err := r.ResumeToken(t.Context(), s)
			want(t, "another token", err, errs.Unauthenticated, "access.error.token")
		}
		kinds := r.lines(h.org)
		if kinds[len(kinds)-1] != "token.make" {
			t.Errorf("journal: %v", kinds)
		}
		// It ends with its last day, in Paris.
		r.clock.advance(time.Date(2026, 7, 1, 21, 59, 0, 0, time.UTC).Sub(r.clock.Now()))
		if _, _, err := r.ResumeToken(t.Context(), secret.Reveal()); err != nil {
			t.Errorf("on its last day: %v", err)
		}
		r.clock.advance(time.Minute)
		_, _, err = r.ResumeToken(t.Context(), secret.Reveal())
		want(t, "the day after", err, errs.Unauthenticated, "access.error.token")
		if list, err := r.Tokens(h.claire); err != nil || len(list) != 0 {
			t.Errorf("an ended token is listed: %+v %v", list, err)
		}
		r.clock.advance(31 * 24 * time.Hour)
		if err := r.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAccessTokenIsRefused(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		for name, c := range map[string]struct {
			change func(*access.NewAccessToken)
			field  string
			key    string
		}{
			"no name":  {func(n *access.NewAccessToken) { n.Name = "  " }, "name", "access.error.required"},
			"long":     {func(n *access.NewAccessToken) { n.Name = strings.Repeat("é", 81) }, "name", "access.error.text_long"},
			"nothing":  {func(n *access.NewAccessToken) { n.Scopes = nil }, "scopes", "access.error.token_scopes"},
			"unknown":  {func(n *access.NewAccessToken) { n.Scopes = []access.TokenScope{"all"} }, "scopes", "access.error.token_scopes"},
			"past":     {func(n *access.NewAccessToken) { n.Until = core.Date{Year: 2026, Month: 6, Day: 10} }, "until", "access.error.token_until"},
			"too far":  {func(n *access.NewAccessToken) { n.Until = core.Date{Year: 2027, Month: 6, Day: 12} }, "until", "access.error.token_until"},
			"no day":   {func(n *access.NewAccessToken) { n.Until = core.Date{} }, "until", "access.error.token_until"},
			"a year":   {func(n *access.NewAccessToken) { n.Until = core.Date{Year: 2027, Month: 6, Day: 11} }, "", ""},
			"today":    {func(n *access.NewAccessToken) { n.Until = core.Date{Year: 2026, Month: 6, Day: 11} }, "", ""},
			"controls": {func(n *access.NewAccessToken) { n.Name = "a\x00b" }, "name", "access.error.text_characters"},
		} {
			in := newToken()
			c.change(&in)
			_, _, err := r.MakeToken(h.claire, in)
			if got := fieldErrors(err)[c.field]; got != c.key || (err == nil) != (c.key == "") {
				t.Errorf("%s: %q, want %q (%v)", name, got, c.key, err)
			}
		}
		for range 18 {
			if _, _, err := r.MakeToken(h.claire, newToken()); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := r.MakeToken(h.claire, newToken())
		if fieldErrors(err)["name"] != "access.error.token_many" {
			t.Errorf("a 21st: %v", err)
		}
		one := core.ActorFrom(h.claire)
		one.AAL = 1
		_, _, err = r.MakeToken(core.WithActor(t.Context(), one), newToken())
		want(t, "one factor", err, errs.Forbidden, "access.error.second_factor")
		_, _, err = r.MakeToken(t.Context(), newToken())
		want(t, "nobody", err, errs.Unauthenticated, "access.error.sign_in")
		only := core.ActorFrom(h.claire)
		only.Kind = core.ActorOrgAdmin
		_, _, err = r.MakeToken(core.WithActor(t.Context(), only), newToken())
		want(t, "who only administers", err, errs.Forbidden, "access.error.forbidden")
	})
}

// A token ends when its worker stops it, leaves, or is given new means of entry.
func TestAccessTokenEnds(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		session, _ := r.join(h, access.Worker{Login: "karim", Name: "Karim", Works: true, Teams: []core.ID{h.team}})
		actor, info := r.resume(session)
		karim := info.Context(t.Context(), actor)
		make := func(ctx context.Context) (core.ID, string) {
			t.Helper()
			m, s, err := r.MakeToken(ctx, newToken())
			if err != nil {
				t.Fatal(err)
			}
			return m.ID, s.Reveal()
		}
		ended := func(what, secret string) {
			t.Helper()
			_, _, err := r.ResumeToken(t.Context(), secret)
			want(t, what, err, errs.Unauthenticated, "access.error.token")
		}
		id, secret := make(karim)
		want(t, "somebody else's", r.RevokeToken(h.claire, id), errs.NotFound, "access.error.not_found")
		if _, _, err := r.ResumeToken(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		if err := r.RevokeToken(karim, id); err != nil {
			t.Fatal(err)
		}
		ended("stopped", secret)
		want(t, "stopped twice", r.RevokeToken(karim, id), errs.NotFound, "access.error.not_found")

		_, secret = make(karim)
		if _, err := r.ResetMember(h.claire, actor.ID); err != nil {
			t.Fatal(err)
		}
		ended("reset", secret)
		_, secret = make(karim)
		if err := r.DeactivateMember(h.claire, actor.ID); err != nil {
			t.Fatal(err)
		}
		ended("left", secret)
	})
}
