package access_test

import (
	"fmt"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// TestAnOfficesMistakesDoNotAddUp: twelve typing mistakes a day from one address,
// for three weeks without a day off.
func TestAnOfficesMistakesDoNotAddUp(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		for day := range 21 {
			for n := range 12 {
				r.clock.advance(40 * time.Minute)
				_, err := r.SignIn(t.Context(), access.Credentials{Login: fmt.Sprint("colleague", day, "-", n), Password: "a slip"}, office)
				want(t, fmt.Sprint("day ", day, ", mistake ", n), err, errs.Unauthenticated, "access.error.wrong_password")
			}
			r.clock.advance(16 * time.Hour)
		}
		if _, err := r.signIn(claireLogin, goodPassword, h.key); err != nil {
			t.Errorf("Claire, from the same office: %v", err)
		}
	})
}

// TestGuessingFromANetworkGainsNothing: forgetting gives no more tries than waiting
// does, also to whoever tries every few minutes.
func TestGuessingFromANetworkGainsNothing(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		r.setUp()
		from := access.Client{Address: "198.51.100.7"}
		tried := 0
		for n := range 48 * 60 / 7 { // two days, a try every seven minutes
			r.clock.advance(7 * time.Minute)
			_, err := r.SignIn(t.Context(), access.Credentials{Login: fmt.Sprint("guess", n), Password: "no"}, from)
			if errs.Is(err, errs.Unauthenticated) {
				tried++
			}
		}
		if most := 30 + 10 + 2*96; tried > most {
			t.Errorf("%d guesses in two days, want at most %d", tried, most)
		}
	})
}

func TestALoginThatIsNoTextIsNobodys(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		r.setUp()
		for _, login := range []string{"claire\x00", "\x00", "claire\xff", ""} {
			_, err := r.SignIn(t.Context(), access.Credentials{Login: login, Password: goodPassword}, office)
			want(t, fmt.Sprintf("%q", login), err, errs.Unauthenticated, "access.error.wrong_password")
		}
	})
}

func TestATeamWithoutANameIsNotMade(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		token, _, err := r.FirstStart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		browser := r.browser()
		e, err := r.OpenSetUp(t.Context(), token, browser)
		if err != nil {
			t.Fatal(err)
		}
		form := setUpForm(r.code(key(t, e)))
		form.TeamName = "  "
		_, err = r.SetUp(t.Context(), token, browser, form, office)
		if got := fieldErrors(err); len(got) != 1 || got["team_name"] != "access.error.required" {
			t.Errorf("got %v (%v), want team_name alone", got, err)
		}
	})
}
