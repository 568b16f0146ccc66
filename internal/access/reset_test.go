package access_test

import (
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

func TestAColleagueApprovesAReset(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		session, key := r.join(h, access.Worker{Login: "n.lefevre", Name: "Nadia Lefèvre", Works: true, Teams: []core.ID{h.team}})
		actor, info := r.resume(session)
		nadia := info.Context(t.Context(), actor)
		fresh := func() { // Claire proves who she is
			token, err := r.ProveCode(h.claire, r.code(h.key), office)
			if err != nil {
				t.Fatal(err)
			}
			a, i := r.resume(token)
			h.claire, h.session = i.Context(t.Context(), a), token
			r.clock.advance(30 * time.Second)
		}
		browser := r.browser()
		state, err := r.AskReset(t.Context(), "N.LEFEVRE", browser, "", office)
		if err != nil {
			t.Fatal(err)
		}
		view, err := r.ReadReset(t.Context(), state, browser)
		if err != nil || view.Approved || view.Ended || len(view.Code) != 7 {
			t.Fatalf("just asked: %+v %v", view, err)
		}
		_, err = r.ReadReset(t.Context(), state, r.browser())
		want(t, "another browser", err, errs.Unauthenticated, "errs.signin.again")
		_, err = r.TakeReset(t.Context(), state, browser)
		want(t, "taken before anybody looked", err, errs.Conflict, "errs.signin.reset_waits")

		own, err := r.ResetRequests(nadia)
		if err != nil || len(own) != 0 {
			t.Errorf("one's own request: %v %v", own, err)
		}
		list, err := r.ResetRequests(h.claire)
		if err != nil || len(list) != 1 || list[0].Name != "Nadia Lefèvre" || list[0].Code != view.Code {
			t.Fatalf("requests: %+v %v", list, err)
		}
		want(t, "approved by oneself", r.AnswerReset(nadia, list[0].ID, true), errs.NotFound, "access.error.not_found")
		r.clock.advance(11 * time.Minute)
		if err := r.AnswerReset(h.claire, list[0].ID, true); !access.Stale(err) {
			t.Errorf("approved with an old proof: %v", err)
		}
		fresh()
		if err := r.AnswerReset(h.claire, list[0].ID, true); err != nil {
			t.Fatal(err)
		}
		want(t, "answered twice", r.AnswerReset(h.claire, list[0].ID, false), errs.NotFound, "access.error.not_found")
		if _, _, err := r.Resume(t.Context(), session); err != nil {
			t.Errorf("her session closed before she took the reset: %v", err)
		}
		made, err := r.TakeReset(t.Context(), state, browser)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Resume(t.Context(), session); err == nil {
			t.Error("her old session is still open")
		}
		if _, err := r.signIn("n.lefevre", goodPassword, key); err == nil {
			t.Error("her old password still opens")
		}
		_, err = r.TakeReset(t.Context(), state, browser)
		want(t, "taken twice", err, errs.Conflict, "errs.signin.reset_waits")
		r.accept(made)
		kinds := strings.Join(r.lines(h.org), " ")
		for _, k := range []string{"member.reset_ask", "member.reset_approve", "member.reset"} {
			if !strings.Contains(kinds, k) {
				t.Errorf("no line %s: %s", k, kinds)
			}
		}

		// Refused, too late, replaced by a newer one.
		for _, end := range []string{"refused", "late", "late answer", "newer"} {
			fresh()
			r.clock.advance(5 * time.Minute) // the brake on asking
			state, err := r.AskReset(t.Context(), "n.lefevre", browser, state, office)
			if err != nil {
				t.Fatalf("%s: %v", end, err)
			}
			list, err := r.ResetRequests(h.claire)
			if err != nil || len(list) != 1 {
				t.Fatalf("%s: %v %v", end, list, err)
			}
			switch end {
			case "refused":
				err = r.AnswerReset(h.claire, list[0].ID, false)
			case "late":
				r.clock.advance(61 * time.Minute)
				fresh()
				want(t, end, r.AnswerReset(h.claire, list[0].ID, true), errs.NotFound, "access.error.not_found")
			case "late answer":
				err = r.AnswerReset(h.claire, list[0].ID, true)
				r.clock.advance(61 * time.Minute)
			case "newer":
				_, err = r.AskReset(t.Context(), "n.lefevre", browser, state, office)
			}
			if err != nil {
				t.Fatalf("%s: %v", end, err)
			}
			view, err := r.ReadReset(t.Context(), state, browser)
			if err != nil || !view.Ended || view.Approved {
				t.Errorf("%s: %+v %v", end, view, err)
			}
			_, err = r.TakeReset(t.Context(), state, browser)
			want(t, end, err, errs.Conflict, "errs.signin.reset_waits")
			r.clock.advance(24 * time.Hour)
			session, err := r.signIn(claireLogin, goodPassword, h.key)
			if err != nil {
				t.Fatal(err)
			}
			a, i := r.resume(session)
			h.claire = i.Context(t.Context(), a)
			r.clock.advance(30 * time.Second)
		}
	})
}

// A login that does not exist asks like another, and nobody sees its request.
func TestAResetTellsNobodyWhoExists(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		long := map[string]int{}
		for _, login := range []string{"personne", "quelqu.un.d.autre", claireLogin} {
			browser, state := r.browser(), ""
			for n := range 4 { // from four browsers: the fourth is told that too many wait
				var err error
				state, err = r.AskReset(t.Context(), login, browser, "", office)
				if n == 3 {
					want(t, login+" a fourth time", err, errs.Conflict, "errs.signin.reset_many")
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				long[login] = len(state)
				view, err := r.ReadReset(t.Context(), state, browser)
				if err != nil || view.Approved || view.Ended {
					t.Errorf("%s: %+v %v", login, view, err)
				}
			}
		}
		if long["personne"] != long[claireLogin] || long["quelqu.un.d.autre"] != long[claireLogin] {
			t.Errorf("what the browser carries tells who exists: %v", long)
		}
		list, err := r.ResetRequests(h.claire)
		if err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

// Whoever knows a login may ask in its name: the request of its owner stays, and ends
// the others once it is approved.
func TestAStrangersResetsDoNotPutTheOwnersAside(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		r.join(h, access.Worker{Login: "n.lefevre", Name: "Nadia Lefèvre", Works: true, Teams: []core.ID{h.team}})
		stranger := access.Client{Address: "198.51.100.7", Device: "Chrome"}
		browser := r.browser()
		state, err := r.AskReset(t.Context(), "n.lefevre", browser, "", office)
		if err != nil {
			t.Fatal(err)
		}
		var other string
		otherBrowser := r.browser()
		for n := range 4 {
			got, err := r.AskReset(t.Context(), "n.lefevre", otherBrowser, "", stranger)
			if n < 2 {
				if err != nil {
					t.Fatal(err)
				}
				other = got
				continue
			}
			want(t, "one more", err, errs.Conflict, "errs.signin.reset_many")
		}
		// The same browser once more: its own request gives way to the new one.
		r.clock.advance(time.Minute)
		if other, err = r.AskReset(t.Context(), "n.lefevre", otherBrowser, other, stranger); err != nil {
			t.Fatal(err)
		}
		view, err := r.ReadReset(t.Context(), state, browser)
		if err != nil || view.Ended {
			t.Fatalf("the owner's: %+v %v", view, err)
		}
		list, err := r.ResetRequests(h.claire)
		if err != nil || len(list) != 3 {
			t.Fatalf("waiting: %+v %v", list, err)
		}
		for _, one := range list {
			if one.Code == view.Code {
				if err := r.AnswerReset(h.claire, one.ID, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		if list, err = r.ResetRequests(h.claire); err != nil || len(list) != 0 {
			t.Errorf("still waiting: %+v %v", list, err)
		}
		if view, err = r.ReadReset(t.Context(), other, otherBrowser); err != nil || !view.Ended || view.Approved {
			t.Errorf("the stranger's: %+v %v", view, err)
		}
		if _, err := r.TakeReset(t.Context(), state, browser); err != nil {
			t.Error(err)
		}
	})
}

// A session of one factor is short, and says how its holder came in.
func TestRenewingASessionStopsItsOldToken(t *testing.T) {
	each(t, access.Options{Recent: 2 * time.Minute}, func(t *testing.T, r *rig) {
		h := r.setUp()
		r.clock.advance(3 * time.Minute)
		if err := r.Recent(h.claire); !access.Stale(err) {
			t.Errorf("three minutes later: %v", err)
		}
		_, err := r.ProveCode(h.claire, "000000", office)
		want(t, "a wrong code", err, errs.Invalid, "access.error.wrong_code")
		code := r.code(h.key)
		token, err := r.ProveCode(h.claire, code, office)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Resume(t.Context(), h.session); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the token before still opens: %v", err)
		}
		a, i := r.resume(token)
		ctx := i.Context(t.Context(), a)
		if err := r.Recent(ctx); err != nil {
			t.Error(err)
		}
		_, err = r.ProveCode(ctx, code, office)
		want(t, "the same code twice", err, errs.Invalid, "access.error.wrong_code")
		want(t, "a demonstration's button elsewhere", func() error { _, err := r.ProveDemo(ctx); return err }(), errs.NotFound, "access.error.not_found")
	})
}

// A session of one factor changes none of its holder's ways in.
func TestOneFactorMakesNoKey(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		if err := r.OwnKeys(h.claire); err != nil {
			t.Fatal(err)
		}
		weak := core.ActorFrom(h.claire)
		weak.AAL = 1
		want(t, "one factor", r.OwnKeys(core.WithActor(h.claire, weak)), errs.Forbidden, "access.error.second_factor")
	})
}
