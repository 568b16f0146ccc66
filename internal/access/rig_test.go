package access_test

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// watch is a clock that tests move.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watch) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// rig is an installation in a test.
type rig struct {
	*access.Service
	t     *testing.T
	clock *watch
	db    *db.DB
	log   *journal.Journal
}

const goodPassword = "trombone pluie lampe"

var office = access.Client{Address: "192.0.2.10", Device: "Firefox"}

// each runs a test on both databases, with an empty installation.
func each(t *testing.T, opt access.Options, fn func(t *testing.T, r *rig)) {
	t.Helper()
	clk := &watch{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)
		ring, err := secret.NewKeyring(dbtest.Key())
		if err != nil {
			t.Fatal(err)
		}
		fields, err := secret.NewFields(rand.Reader, ring)
		if err != nil {
			t.Fatal(err)
		}
		opt.Password = access.PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1}
		j := journal.New(d, rand.Reader)
		s, err := access.New(d, j, fields, ring.Derive("session"), opt)
		if err != nil {
			t.Fatal(err)
		}
		fn(t, &rig{Service: s, t: t, clock: clk, db: d, log: j})
		report, err := j.Check(t.Context())
		if err != nil || !report.Well() {
			t.Errorf("journal: %v %v", report.String(), err)
		}
	})
}

// key turns the secret of a page back into what an application holds.
func key(t *testing.T, e access.Enrolment) string {
	t.Helper()
	k := strings.ReplaceAll(e.Secret, " ", "")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(k); err != nil {
		t.Fatal(err)
	}
	return k
}

// code is what the application shows now.
func (r *rig) code(key string) string {
	r.t.Helper()
	c, err := totp.GenerateCode(key, r.clock.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) browser() string {
	r.t.Helper()
	b, err := r.NewBrowser()
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// house is the organisation of most tests.
type house struct {
	claire  context.Context // works in it and administers it
	session string          // her cookie
	key     string          // her second factor
	org     core.ID
	team    core.ID
	id      core.ID
}

const claireLogin = "claire.maurel@valsevre.example"

// setUp goes through the first start.
func (r *rig) setUp() house {
	r.t.Helper()
	token, needed, err := r.FirstStart(r.t.Context())
	if err != nil || !needed {
		r.t.Fatalf("first start: needed %v, %v", needed, err)
	}
	browser := r.browser()
	e, err := r.OpenSetUp(r.t.Context(), token, browser)
	if err != nil {
		r.t.Fatal(err)
	}
	k := key(r.t, e)
	session, err := r.SetUp(r.t.Context(), token, browser, setUpForm(r.code(k)), office)
	if err != nil {
		r.t.Fatal(err)
	}
	actor, info := r.resume(session)
	r.clock.advance(30 * time.Second) // the code of the set-up has been used
	return house{claire: info.Context(r.t.Context(), actor), session: session, key: k, org: actor.Org, team: actor.Teams[0], id: actor.ID}
}

func setUpForm(code string) access.SetUpForm {
	return access.SetUpForm{
		Organisation: access.Organisation{Name: "CCAS de Valsèvre", Address: "2 place de la Fontaine\n51000 Valsèvre", Phone: "02 61 91 40 10", Hours: "9 h – 12 h", Place: "Europe/Paris"},
		TeamName:     "Polyvalence",
		Worker:       access.Worker{Login: " Claire.Maurel@Valsevre.example ", Name: "Claire Maurel", Function: "assistante sociale"},
		AcceptForm:   access.AcceptForm{Password: goodPassword, Code: code},
	}
}

func (r *rig) resume(session string) (core.Actor, access.SessionInfo) {
	r.t.Helper()
	a, i, err := r.Resume(r.t.Context(), session)
	if err != nil {
		r.t.Fatalf("resume: %v", err)
	}
	return a, i
}

// join invites somebody and accepts for them.
func (r *rig) join(h house, w access.Worker) (session, key_ string) {
	r.t.Helper()
	i, err := r.Invite(h.claire, w)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.accept(i)
}

func (r *rig) accept(i access.Invitation) (session, key_ string) {
	r.t.Helper()
	browser := r.browser()
	v, err := r.OpenInvite(r.t.Context(), i.Token.Reveal(), browser)
	if err != nil {
		r.t.Fatal(err)
	}
	k := key(r.t, v.Enrolment)
	session, err = r.AcceptInvite(r.t.Context(), i.Token.Reveal(), browser, access.AcceptForm{Password: goodPassword, Code: r.code(k)}, office)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.advance(30 * time.Second)
	return session, k
}

// signIn goes through both pages.
func (r *rig) signIn(login, password, key string) (string, error) {
	r.t.Helper()
	challenge, err := r.SignIn(r.t.Context(), access.Credentials{Login: login, Password: secret.String(password)}, office)
	if err != nil {
		return "", err
	}
	return r.Confirm(r.t.Context(), challenge, r.code(key), office)
}

// lines lists the kinds written in an organisation's journal, oldest first.
func (r *rig) lines(org core.ID) []string {
	r.t.Helper()
	var kinds []string
	err := r.db.Read(r.t.Context(), func(q db.Querier) error {
		all, err := journal.ForOrg(q, org, journal.Before{}, 200)
		for i := len(all) - 1; i >= 0; i-- {
			kinds = append(kinds, all[i].Kind)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return kinds
}

// want fails unless err is of the kind with the key.
func want(t *testing.T, what string, err error, kind errs.Kind, keyWanted string) {
	t.Helper()
	got := ""
	var e *errs.Error
	if errors.As(err, &e) {
		got = e.Key
	}
	if err == nil || errs.KindOf(err) != kind || got != keyWanted {
		t.Errorf("%s: got %v (key %q), want kind %v with %q", what, err, got, kind, keyWanted)
	}
}

// fieldErrors maps field to key.
func fieldErrors(err error) map[string]string {
	out := map[string]string{}
	var all errs.Fields
	if errors.As(err, &all) {
		for _, e := range all {
			out[e.Field] = e.Key
		}
	}
	return out
}
