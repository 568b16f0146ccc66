package access_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

func TestSetUpThenSignIn(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		actor, info := r.resume(h.session)
		if actor.Kind != core.ActorWorker || actor.AAL != 2 || actor.Session == "" || len(actor.Teams) != 1 {
			t.Errorf("actor %+v", actor)
		}
		if info.Name != "Claire Maurel" || info.Function != "assistante sociale" || !info.Administers ||
			info.OrgName != "CCAS de Valsèvre" || info.Place != "Europe/Paris" || !cmp.Equal(info.TeamNames, []string{"Polyvalence"}) {
			t.Errorf("session %+v", info)
		}
		if _, needed, err := r.FirstStart(t.Context()); needed || err != nil {
			t.Errorf("first start again: needed %v, %v", needed, err)
		}
		token, err := r.signIn("  CLAIRE.maurel@valsevre.example", goodPassword, h.key)
		if err != nil {
			t.Fatal(err)
		}
		if token == h.session {
			t.Error("the same cookie twice")
		}
		in, _, err := r.Resume(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		var left []core.ID
		r.WhenLeft(func(session core.ID) { left = append(left, session) })
		if err := r.SignOut(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		_, gone, err := r.Resume(t.Context(), token)
		want(t, "after signing out", err, errs.Unauthenticated, "access.error.sign_in")
		if diff := cmp.Diff(access.SessionInfo{}, gone); diff != "" {
			t.Errorf("a closed session tells (-want +got):\n%s", diff)
		}
		if err := r.SignOut(t.Context(), token); err != nil {
			t.Errorf("signing out twice: %v", err)
		}
		if diff := cmp.Diff([]core.ID{in.Session}, left); diff != "" {
			t.Errorf("sessions said to be left (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"member.add", "session.open", "session.open", "session.close"}, r.lines(h.org)); diff != "" {
			t.Errorf("journal of the organisation (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"org.create"}, r.lines("")); diff != "" {
			t.Errorf("journal of the installation (-want +got):\n%s", diff)
		}
	})
}

// TestEveryRefusalIsTheSame: nothing in the answers tells which logins exist.
func TestEveryRefusalIsTheSame(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		r.join(h, access.Worker{Login: "left@valsevre.example", Name: "Paul", Works: true, Teams: []core.ID{h.team}})
		members, err := r.Members(h.claire)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			if m.Login == "left@valsevre.example" {
				if err := r.DeactivateMember(h.claire, m.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := r.Invite(h.claire, access.Worker{Login: "invited@valsevre.example", Name: "Zoé", Works: true, Teams: []core.ID{h.team}}); err != nil {
			t.Fatal(err)
		}
		before := len(r.lines(h.org)) + len(r.lines(""))
		tries := []access.Credentials{
			{Login: claireLogin, Password: "not the password"},
			{Login: claireLogin, Password: ""},
			{Login: claireLogin, Password: secret.String(strings.Repeat("x", 5000))},
			{Login: claireLogin, Password: secret.String(goodPassword + "\x00")},
			{Login: "nobody@valsevre.example", Password: goodPassword},
			{Login: "left@valsevre.example", Password: goodPassword},
			{Login: "invited@valsevre.example", Password: goodPassword},
			{Login: "", Password: goodPassword},
			{Login: strings.Repeat("a", 100000), Password: goodPassword},
			{Login: "\x00' OR 1=1 --\xff", Password: goodPassword},
		}
		for _, c := range tries {
			challenge, err := r.SignIn(t.Context(), c, office)
			want(t, "login "+c.Login[:min(len(c.Login), 30)], err, errs.Unauthenticated, "access.error.wrong_password")
			if challenge != "" {
				t.Error("a challenge was given")
			}
		}
		if n := len(r.lines(h.org)) + len(r.lines("")) - before; n != len(tries) {
			t.Errorf("%d lines for %d failures", n, len(tries))
		}
	})
}

func TestCodesServeOnce(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		login := access.Credentials{Login: claireLogin, Password: goodPassword}
		challenge, err := r.SignIn(t.Context(), login, office)
		if err != nil {
			t.Fatal(err)
		}
		code := r.code(h.key)
		if _, err := r.Confirm(t.Context(), challenge, code, office); err != nil {
			t.Fatal(err)
		}
		_, err = r.Confirm(t.Context(), challenge, code, office)
		want(t, "the same code again", err, errs.Unauthenticated, "access.error.wrong_code")

		r.clock.advance(30 * time.Second)
		_, err = r.Confirm(t.Context(), challenge, code, office)
		want(t, "the same code a step later, still within the tolerance", err, errs.Unauthenticated, "access.error.wrong_code")

		next := r.code(h.key)
		if _, err := r.Confirm(t.Context(), challenge, next[:3]+" "+next[3:], office); err != nil {
			t.Errorf("the next code, typed with a space: %v", err)
		}
		// A phone one step ahead is accepted, and then the present step is not.
		r.clock.advance(30 * time.Second)
		ahead := r.clock.Now()
		r.clock.advance(30 * time.Second)
		future := r.code(h.key)
		r.clock.advance(-30 * time.Second)
		if _, err := r.Confirm(t.Context(), challenge, future, office); err != nil {
			t.Errorf("a clock 30 s ahead: %v", err)
		}
		if !r.clock.Now().Equal(ahead) {
			t.Fatal("the test's clock moved")
		}
		_, err = r.Confirm(t.Context(), challenge, r.code(h.key), office)
		want(t, "an older code after a newer one", err, errs.Unauthenticated, "access.error.wrong_code")
		r.clock.advance(-5 * time.Minute)
		_, err = r.Confirm(t.Context(), challenge, r.code(h.key), office)
		want(t, "a server clock that went back", err, errs.Unauthenticated, "access.error.wrong_code")
	})
}

func TestOneCodeAtTheSameInstant(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		challenge, err := r.SignIn(t.Context(), access.Credentials{Login: claireLogin, Password: goodPassword}, office)
		if err != nil {
			t.Fatal(err)
		}
		code := r.code(h.key)
		var wg sync.WaitGroup
		opened := make(chan string, 4)
		for range 4 {
			wg.Go(func() {
				if token, err := r.Confirm(t.Context(), challenge, code, office); err == nil {
					opened <- token
				}
			})
		}
		wg.Wait()
		close(opened)
		if len(opened) != 1 {
			t.Errorf("%d sessions opened with one code, want 1", len(opened))
		}
	})
}

func TestChallenges(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		challenge, err := r.SignIn(t.Context(), access.Credentials{Login: claireLogin, Password: goodPassword}, office)
		if err != nil {
			t.Fatal(err)
		}
		body, sig, _ := strings.Cut(challenge, ".")
		for name, forged := range map[string]string{
			"empty": "", "a dot": ".", "no signature": body, "another body": "AAAA" + body + "." + sig,
			"cut signature": challenge[:len(challenge)-4], "long": strings.Repeat("A", 1<<20), "binary": "\x00\xff." + sig,
		} {
			_, err := r.Confirm(t.Context(), forged, r.code(h.key), office)
			want(t, name, err, errs.Unauthenticated, "access.error.challenge")
		}
		if err := r.ChangePassword(h.claire, goodPassword, "girafe parapluie lundi", office); err != nil {
			t.Fatal(err)
		}
		_, err = r.Confirm(t.Context(), challenge, r.code(h.key), office)
		want(t, "a challenge from before the password changed", err, errs.Unauthenticated, "access.error.challenge")

		if challenge, err = r.SignIn(t.Context(), access.Credentials{Login: claireLogin, Password: "girafe parapluie lundi"}, office); err != nil {
			t.Fatal(err)
		}
		r.clock.advance(10 * time.Minute)
		_, err = r.Confirm(t.Context(), challenge, r.code(h.key), office)
		want(t, "after ten minutes", err, errs.Unauthenticated, "access.error.challenge")
	})
}

func TestGuessingIsSlowed(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		for _, login := range []string{claireLogin, "nobody@valsevre.example"} {
			from := access.Client{Address: "198.51.100.7"}
			bad := access.Credentials{Login: login, Password: "not the password"}
			for range 6 {
				_, err := r.SignIn(t.Context(), bad, from)
				want(t, login, err, errs.Unauthenticated, "access.error.wrong_password")
			}
			for _, address := range []string{"198.51.100.7", "203.0.113.99"} {
				_, err := r.SignIn(t.Context(), access.Credentials{Login: login, Password: goodPassword}, access.Client{Address: address})
				want(t, login+" held, even with the right password from elsewhere", err, errs.TooMany, "access.error.too_many_tries")
			}
			r.clock.advance(29 * time.Second)
			_, err := r.SignIn(t.Context(), bad, from)
			want(t, login+" after 29 s", err, errs.TooMany, "access.error.too_many_tries")
			r.clock.advance(time.Second)
			_, err = r.SignIn(t.Context(), bad, from)
			want(t, login+" after 30 s", err, errs.Unauthenticated, "access.error.wrong_password")
			r.clock.advance(59 * time.Second)
			_, err = r.SignIn(t.Context(), bad, from)
			want(t, login+": the wait doubles", err, errs.TooMany, "access.error.too_many_tries")
			r.clock.advance(time.Second)
		}
		if _, err := r.signIn(claireLogin, goodPassword, h.key); err != nil {
			t.Fatalf("the right one, once the wait is over: %v", err)
		}
		// A success forgets: five failures are free again.
		for range 5 {
			_, err := r.SignIn(t.Context(), access.Credentials{Login: claireLogin, Password: "no"}, office)
			want(t, "after a success", err, errs.Unauthenticated, "access.error.wrong_password")
		}
	})
}

// TestWrongCodesAreSlowed: knowing the password gives no free guesses at the code.
func TestWrongCodesAreSlowed(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		r.setUp()
		held := 0
		for range 12 {
			challenge, err := r.SignIn(t.Context(), access.Credentials{Login: claireLogin, Password: goodPassword}, office)
			if errs.Is(err, errs.TooMany) {
				held++
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err = r.Confirm(t.Context(), challenge, "000000", office); errs.Is(err, errs.TooMany) {
				held++
			}
		}
		if held != 6 {
			t.Errorf("%d of 12 attempts held back, want 6", held)
		}
	})
}

func TestANetworkIsSlowedToo(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		attacker := func(n int) access.Client {
			return access.Client{Address: "2001:db8:7:7::" + string(rune('a'+n%6))} // one /64
		}
		for n := range 31 {
			_, err := r.SignIn(t.Context(), access.Credentials{Login: "user" + strings.Repeat("x", n), Password: "no"}, attacker(n))
			want(t, "free", err, errs.Unauthenticated, "access.error.wrong_password")
		}
		_, err := r.SignIn(t.Context(), access.Credentials{Login: "another", Password: "no"}, attacker(3))
		want(t, "31 failures from one network", err, errs.TooMany, "access.error.too_many_tries")
		if _, err := r.signIn(claireLogin, goodPassword, h.key); err != nil {
			t.Errorf("from another network: %v", err)
		}
	})
}

func TestManyGuessesAtOnceAreNotFree(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		r.setUp()
		var wg sync.WaitGroup
		tried := make(chan bool, 40)
		for range 40 {
			wg.Go(func() {
				_, err := r.SignIn(t.Context(), access.Credentials{Login: claireLogin, Password: "no"}, office)
				if errs.Is(err, errs.Unauthenticated) {
					tried <- true
				}
			})
		}
		wg.Wait()
		close(tried)
		if len(tried) != 6 {
			t.Errorf("%d of 40 guesses at once were tried, want 6", len(tried))
		}
	})
}

func TestChangePassword(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		other, err := r.signIn(claireLogin, goodPassword, h.key)
		if err != nil {
			t.Fatal(err)
		}
		const next = "girafe parapluie lundi"
		err = r.ChangePassword(h.claire, "wrong", next, office)
		want(t, "wrong present password", err, errs.Invalid, "access.error.current_password")
		err = r.ChangePassword(h.claire, goodPassword, "Claire.Maurel1984", office)
		want(t, "own name", err, errs.Invalid, "access.error.password_name")
		err = r.ChangePassword(h.claire, goodPassword, "valsevre.example", office)
		want(t, "own organisation", err, errs.Invalid, "access.error.password_name")
		if err := r.ChangePassword(h.claire, goodPassword, next, office); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Resume(t.Context(), other); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("another session is still open: %v", err)
		}
		r.resume(h.session)
		if _, err := r.signIn(claireLogin, goodPassword, h.key); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the old password: %v", err)
		}
		r.clock.advance(30 * time.Second)
		if _, err := r.signIn(claireLogin, next, h.key); err != nil {
			t.Errorf("the new password: %v", err)
		}
		person := core.WithActor(t.Context(), core.Actor{Kind: core.ActorPerson, ID: "p", Org: h.org, AAL: 2})
		want(t, "a person has no password", r.ChangePassword(person, "", next, office), errs.Forbidden, "access.error.forbidden")
		want(t, "nobody", r.ChangePassword(t.Context(), goodPassword, next, office), errs.Unauthenticated, "access.error.sign_in")
	})
}

// TestNothingSecretIsStored: no password, token or second-factor secret lies in a
// row as it is.
func TestNothingSecretIsStored(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		i, err := r.Invite(h.claire, access.Worker{Login: "zoe", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.SignIn(t.Context(), access.Credentials{Login: "someone.unknown", Password: "hunter2hunter2"}, office); err == nil {
			t.Fatal("let in")
		}
		var all []string
		err = r.db.Read(t.Context(), func(q db.Querier) error {
			for _, sql := range []string{
				`SELECT token_hash FROM session`, `SELECT token_hash FROM invite`, `SELECT key FROM sign_in_lock`, `SELECT data FROM credential`,
				`SELECT event FROM journal`, `SELECT closed FROM journal`,
			} {
				rows, err := q.Query(sql)
				if err := db.Each(rows, err, func(r *db.Rows) error {
					var v []byte
					err := r.Scan(&v)
					all = append(all, string(v))
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stored := strings.Join(all, "\n")
		for _, s := range []string{goodPassword, "argon2id", h.session, h.key, i.Token.Reveal(), "someone.unknown", "hunter2", "192.0.2.10"} {
			if strings.Contains(stored, s) {
				t.Errorf("%.12q… is stored in clear", s)
			}
		}
	})
}
