package card_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

type watch struct {
	mu  sync.Mutex
	now time.Time
}

func (w *watch) Now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
func (w *watch) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// world is a house where Claire accompanies Samira and not Marc.
type world struct {
	t              *testing.T
	clock          *watch
	access         *access.Service
	cards          *card.Service
	journal        *journal.Journal
	db             *db.DB
	org            core.ID
	claire         context.Context
	samira, marc   core.ID
	vault          *drawer
	log            *bytes.Buffer
	claireID, twin core.ID
}

// drawer is a vault that remembers what it was told.
type drawer struct {
	made  map[core.ID][]byte
	ended []core.ID
	used  []core.ID // sessions that the right key was told for
}

func (d *drawer) CardMade(_ *db.Tx, _, _, card core.ID, unlock []byte) error {
	d.made[card] = bytes.Clone(unlock)
	return nil
}

func (d *drawer) CardUsed(_ context.Context, _, _, card, session core.ID, unlock []byte) {
	if bytes.Equal(d.made[card], unlock) {
		d.used = append(d.used, session)
	}
}

func (d *drawer) CardEnded(_ *db.Tx, _, _, card core.ID) error {
	d.ended = append(d.ended, card)
	return nil
}

var office = access.Client{Address: "192.0.2.10", Device: "Firefox"}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	clk := &watch{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)
		w := &world{t: t, clock: clk, db: d, log: &bytes.Buffer{}, vault: &drawer{made: map[core.ID][]byte{}}}
		ring, err := secret.NewKeyring(dbtest.Key())
		w.ok(err)
		fields, err := secret.NewFields(rand.Reader, ring)
		w.ok(err)
		w.journal = journal.New(d, rand.Reader)
		w.access, err = access.New(d, w.journal, fields, ring.Derive("session"), access.Options{Demo: true, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		w.ok(err)
		w.cards = card.New(card.Deps{
			DB: d, Access: w.access, Journal: w.journal, Fields: fields, Clock: clk, Random: rand.Reader, Vault: w.vault,
			Cost: access.PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1},
			Files: func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (card.File, error) {
				if a := core.ActorFrom(ctx); a.Kind != core.ActorWorker || person != w.samira {
					return card.File{}, errs.New(errs.NotFound, "access.error.not_found")
				}
				return card.File{Person: person, Humans: []core.ID{person, w.twin}}, nil
			},
		})
		system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test"})
		w.org, err = w.access.CreateOrganisation(system, access.Organisation{Name: "CCAS", Place: "Europe/Paris"})
		w.ok(err)
		system = core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: w.org})
		w.claireID, err = w.access.AddWorker(system, access.Worker{Login: "c.maurel", Name: "Claire Maurel", Works: true, Administers: true})
		w.ok(err)
		for _, id := range []*core.ID{&w.samira, &w.marc, &w.twin} {
			*id, err = core.NewID(clk.now, rand.Reader)
			w.ok(err)
		}
		w.claire = w.enter(access.DemoVisitor{Login: "c.maurel"})
		fn(t, w)
		report, err := w.journal.Check(t.Context())
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("journal: %v %v", report.Faults, err)
		}
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) enter(v access.DemoVisitor) context.Context {
	w.t.Helper()
	token, err := w.access.DemoEnter(w.t.Context(), v, office)
	w.ok(err)
	return w.resume(token)
}

func (w *world) resume(token string) context.Context {
	w.t.Helper()
	actor, info, err := w.access.Resume(w.t.Context(), token)
	w.ok(err)
	return info.Context(w.t.Context(), actor)
}

func (w *world) make(pin string) card.Made {
	w.t.Helper()
	made, err := w.cards.Make(w.claire, w.samira, secret.String(pin), secret.String(pin))
	w.ok(err)
	return made
}

func (w *world) signIn(code, pin string) (string, error) {
	return w.cards.SignIn(w.t.Context(), code, secret.String(pin), office)
}

func (w *world) lines() string {
	w.t.Helper()
	var kinds []string
	w.ok(w.db.Read(w.t.Context(), func(q db.Querier) error {
		all, err := journal.ForOrg(q, w.org, journal.Before{}, 200)
		for _, l := range all {
			kinds = append(kinds, l.Kind)
		}
		return err
	}))
	return strings.Join(kinds, " ")
}

func want(t *testing.T, what string, err error, kind errs.Kind, key string) {
	t.Helper()
	var e *errs.Error
	var f errs.Fields
	got := ""
	if errors.As(err, &f) && len(f) > 0 {
		got = f[0].Key
	} else if errors.As(err, &e) {
		got = e.Key
	}
	if err == nil || errs.KindOf(err) != kind || got != key {
		t.Errorf("%s: got %v (key %q), want kind %v with %q", what, err, got, kind, key)
	}
}

func TestACardLetsItsPersonIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := w.make("")
		code, pin := made.Code.Reveal(), made.PIN.Reveal()
		if len(code) != 34 || len(pin) != 6 {
			t.Fatalf("code %q, PIN %q", code, pin)
		}
		for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " "), "https://p.example/carte#" + strings.ReplaceAll(code, "-", ""),
			strings.ReplaceAll(strings.ReplaceAll(code, "0", "o"), "1", "l")} {
			token, err := w.signIn(typed, pin)
			w.ok(err)
			a := core.ActorFrom(w.resume(token))
			if a.Kind != core.ActorPerson || a.ID != w.samira || a.Org != w.org || a.AAL != 2 {
				t.Errorf("%q let in %+v", typed, a)
			}
		}
		ways, err := w.cards.Read(w.claire, w.samira)
		c := ways.Card
		w.ok(err)
		if c == nil || c.MadeBy != "Claire Maurel" || c.UsedOn.String() != "2026-06-11" || c.Resting {
			t.Errorf("the card: %+v", c)
		}
		_, err = w.cards.Make(w.claire, w.marc, "", "")
		want(t, "a card for somebody she does not accompany", err, errs.NotFound, "access.error.not_found")
		for pin, key := range map[string]string{"12345": "errs.signin.pin_shape", "12345a": "errs.signin.pin_shape", "111111": "errs.signin.pin_weak", "123123": "errs.signin.pin_weak", "456789": "errs.signin.pin_weak", "876543": "errs.signin.pin_weak"} {
			_, err := w.cards.Make(w.claire, w.samira, secret.String(pin), secret.String(pin))
			want(t, pin, err, errs.Invalid, key)
		}
		_, err = w.cards.Make(w.claire, w.samira, "482917", "482918")
		want(t, "not the same twice", err, errs.Invalid, "errs.signin.pin_twice")

		// Another card: the one before and what it opened stop.
		token, err := w.signIn(code, pin)
		w.ok(err)
		w.clock.advance(time.Second)
		second := w.make("482917")
		if second.PIN.Reveal() != "" {
			t.Error("a chosen PIN is told again")
		}
		if _, _, err := w.access.Resume(t.Context(), token); err == nil {
			t.Error("what the card before opened is still open")
		}
		_, err = w.signIn(code, pin)
		want(t, "the card before", err, errs.Unauthenticated, "errs.signin.card_refused")
		token, err = w.signIn(second.Code.Reveal(), "482917")
		w.ok(err)
		w.ok(w.cards.StopOwn(w.resume(token)))
		if _, _, err := w.access.Resume(t.Context(), token); err == nil {
			t.Error("still in after stopping the card")
		}
		want(t, "no card left", w.cards.Stop(w.claire, w.samira, true), errs.NotFound, "access.error.not_found")
		w.make("482917")
		w.ok(w.cards.Stop(w.claire, w.samira, true))
		lines := w.lines()
		for _, k := range []string{"card.make", "card.stop_own", "card.stop_phone", "card.read"} {
			if !strings.Contains(lines, k) {
				t.Errorf("no line %s: %s", k, lines)
			}
		}
		if len(w.vault.made) != 3 || len(w.vault.ended) != 3 {
			t.Errorf("the vault was told of %d cards and %d ends", len(w.vault.made), len(w.vault.ended))
		}
		if len(w.vault.used) == 0 || w.vault.used[0] == "" {
			t.Error("the vault was told of no session")
		}
		// What is stored is not what unlocks.
		w.ok(w.db.Read(t.Context(), func(q db.Querier) error {
			rows, err := q.Query(`SELECT data FROM card WHERE org_id = $1 /* every row: a test */`, w.org)
			return db.Each(rows, err, func(r *db.Rows) error {
				var data []byte
				err := r.Scan(&data)
				for _, key := range w.vault.made {
					if len(key) != 32 || bytes.Contains(data, key) {
						t.Error("the key of the papers is in the card's row")
					}
				}
				return err
			})
		}))
	})
}

func TestFiveWrongCodesAndTheCardRests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.make("482917").Code.Reveal()
		for range 3 {
			_, err := w.signIn(code, "000000")
			want(t, "a wrong PIN", err, errs.Unauthenticated, "errs.signin.card_refused")
		}
		_, err := w.signIn(code, "482917") // a right one forgets the wrong ones
		w.ok(err)
		for range 4 {
			_, err := w.signIn(code, "000000")
			want(t, "a wrong PIN", err, errs.Unauthenticated, "errs.signin.card_refused")
		}
		_, err = w.signIn(code, "000000")
		want(t, "the fifth", err, errs.Unauthenticated, "errs.signin.card_rests")
		w.clock.advance(25 * time.Hour) // waiting changes nothing
		_, err = w.signIn(code, "482917")
		want(t, "the right PIN, too late", err, errs.Unauthenticated, "errs.signin.card_rests")
		if !strings.Contains(w.lines(), "card.rest") {
			t.Error("no line says that the card rests")
		}
		w.claire = w.enter(access.DemoVisitor{Login: "c.maurel"})
		ways, err := w.cards.Read(w.claire, w.samira)
		c := ways.Card
		w.ok(err)
		if c == nil || !c.Resting {
			t.Errorf("the worker does not see it: %+v", c)
		}
		w.make("593628")
		ways, err = w.cards.Read(w.claire, w.samira)
		c = ways.Card
		w.ok(err)
		if c == nil || c.Resting {
			t.Errorf("the new card rests too: %+v", c)
		}
	})
}

// A thousand tries at once are five.
func TestTriesAtOnceAreCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.make("482917").Code.Reveal()
		var group sync.WaitGroup
		for range 12 {
			group.Go(func() { _, _ = w.signIn(code, "000000") }) // refused, all of them: what is looked at comes after
		}
		group.Wait()
		ways, err := w.cards.Read(w.claire, w.samira)
		c := ways.Card
		w.ok(err)
		if c.Tries > card.MaxTries || c.Tries == 0 {
			t.Errorf("%d tries were counted", c.Tries)
		}
	})
}

func TestWrongCardsTellNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.make("482917").Code.Reveal()
		_, err := w.signIn("0000-0000-0000-0000-0000-0000-0000", "482917") // nobody's, with right check symbols
		want(t, "a card of nobody", err, errs.Unauthenticated, "errs.signin.card_refused")
		for _, typed := range []string{"", "7QFM", code + "0", strings.Replace(code, code[:1], "U", 1), strings.Repeat("0", 500)} {
			_, err := w.signIn(typed, "482917")
			want(t, typed, err, errs.Invalid, "errs.signin.card_shape")
		}
	})
}

func TestProofByCardAndBeside(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.make("482917").Code.Reveal()
		token, err := w.signIn(code, "482917")
		w.ok(err)
		samira := w.resume(token)
		w.clock.advance(11 * time.Minute)
		if err := w.access.Recent(samira); !access.Stale(err) {
			t.Fatal("still recent")
		}
		token, err = w.cards.Prove(samira, code, "482917", office)
		w.ok(err)
		w.ok(w.access.Recent(w.resume(token)))
		marc := w.enter(access.DemoVisitor{Org: w.org, Person: w.marc})
		_, err = w.cards.Prove(marc, code, "482917", office)
		want(t, "somebody else's card", err, errs.Unauthenticated, "errs.signin.card_refused")

		if _, err := w.cards.Beside(w.claire, w.samira, office); !access.Stale(err) {
			t.Errorf("beside with an old proof: %v", err)
		}
		worker, err := w.access.DemoEnter(t.Context(), access.DemoVisitor{Login: "c.maurel"}, office)
		w.ok(err)
		claire := w.resume(worker)
		_, err = w.cards.Beside(claire, w.marc, office)
		want(t, "beside somebody she does not accompany", err, errs.NotFound, "access.error.not_found")
		beside, err := w.cards.Beside(claire, w.samira, office)
		w.ok(err)
		if _, _, err := w.access.Resume(t.Context(), worker); err == nil {
			t.Error("the worker's session is still open on that screen")
		}
		together := w.resume(beside)
		_, info, err := w.access.Resume(t.Context(), beside)
		w.ok(err)
		if a := core.ActorFrom(together); a.Kind != core.ActorPerson || a.ID != w.samira || info.BesideName != "Claire Maurel" {
			t.Errorf("beside: %+v %+v", a, info)
		}
		want(t, "a key made beside a worker", w.access.OwnKeys(together), errs.Forbidden, "errs.signin.beside")
		if !strings.Contains(w.lines(), "session.beside") {
			t.Error("no line")
		}
		for range 2 {
			w.clock.advance(9 * time.Minute)
			_ = w.resume(beside) // it fails the test when the session ended
		}
		w.clock.advance(3 * time.Minute)
		if _, _, err := w.access.Resume(t.Context(), beside); err == nil {
			t.Error("it lasts more than twenty minutes")
		}
		// It never outlives the worker's own access.
		claire = w.enter(access.DemoVisitor{Login: "c.maurel"})
		beside, err = w.cards.Beside(claire, w.samira, office)
		w.ok(err)
		w.ok(w.db.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE worker SET active = 0 WHERE org_id = $1 AND id = $2`, w.org, w.claireID)
			return err
		}))
		if _, _, err := w.access.Resume(t.Context(), beside); err == nil {
			t.Error("it outlives the worker's access")
		}
	})
}

func TestSecretsAreNotLogged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := w.make("482917")
		code := made.Code.Reveal()
		token, err := w.signIn(code, "482917")
		w.ok(err)
		_, _ = w.signIn(code, "918273") // a wrong PIN, for what the log says of it
		for _, s := range []string{code, strings.ReplaceAll(code, "-", ""), "482917", "918273", token} {
			if strings.Contains(w.log.String(), s) {
				t.Errorf("the log holds %q", s)
			}
		}
	})
}

// Each wrong symbol and each swap of neighbours is noticed.
func TestMistypedCodes(t *testing.T) {
	code := card.Encode(bytes.Repeat([]byte{0xa5, 0x3c}, 8))
	if _, ok := card.Decode(code); !ok {
		t.Fatal(code)
	}
	plain := strings.ReplaceAll(code, "-", "")
	for i := range plain {
		for _, c := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
			bad := plain[:i] + string(c) + plain[i+1:]
			if _, ok := card.Decode(bad); ok && bad != plain {
				t.Errorf("%s is taken for %s", bad, plain)
			}
		}
		if i+1 < len(plain) && plain[i] != plain[i+1] {
			swapped := plain[:i] + plain[i+1:i+2] + plain[i:i+1] + plain[i+2:]
			if _, ok := card.Decode(swapped); ok {
				t.Errorf("%s is taken for %s", swapped, plain)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("0000-0000-0000-0000-0000-0000-0000")
	f.Add("https://p.example/carte#" + card.Encode(make([]byte, 16)))
	f.Add("\u202f7QFM")
	f.Fuzz(func(t *testing.T, s string) {
		bits, ok := card.Decode(s)
		if !ok {
			return
		}
		if len(bits) != 16 {
			t.Fatalf("%q gives %d bytes", s, len(bits))
		}
		again, ok := card.Decode(card.Encode(bits))
		if !ok || !bytes.Equal(again, bits) {
			t.Errorf("%q does not come back", s)
		}
	})
}

// Somebody died: the card, what is open and all the rest stop in that transaction. Taken
// back, nothing opens by itself: the counter makes another card.
func TestADeathStopsEveryWayIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := w.make("482917")
		code := made.Code.Reveal()
		token, err := w.signIn(code, "482917")
		w.ok(err)
		demo := access.DemoVisitor{Org: w.org, Person: w.samira}
		w.ok(w.db.Tx(t.Context(), func(tx *db.Tx) error { return w.cards.Died(tx, w.org, []core.ID{w.samira, w.twin}) }))
		if _, _, err := w.access.Resume(t.Context(), token); err == nil {
			t.Error("what was open still is")
		}
		_, err = w.signIn(code, "482917")
		want(t, "the card", err, errs.Unauthenticated, "errs.signin.card_refused")
		_, err = w.access.DemoEnter(t.Context(), demo, office)
		want(t, "another way", err, errs.Forbidden, "errs.signin.closed")
		demo.Person = w.twin
		_, err = w.access.DemoEnter(t.Context(), demo, office)
		want(t, "the same human in another file", err, errs.Forbidden, "errs.signin.closed")
		demo.Person = w.marc
		if _, err = w.access.DemoEnter(t.Context(), demo, office); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		ways, err := w.cards.Read(w.claire, w.samira)
		w.ok(err)
		if ways.Card != nil || !ways.Closed {
			t.Errorf("what the worker reads: %+v", ways)
		}
		if len(w.vault.ended) != 1 {
			t.Errorf("papers were told of %d ends", len(w.vault.ended))
		}
		again := w.make("482917") // a mistake: she is at the counter
		_, err = w.signIn(code, "482917")
		want(t, "the card of before", err, errs.Unauthenticated, "errs.signin.card_refused")
		_, err = w.signIn(again.Code.Reveal(), "482917")
		w.ok(err)
	})
}

// At the counter everything stops in one gesture.
func TestStopAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want(t, "nothing to stop", w.cards.StopAll(w.claire, w.samira), errs.NotFound, "access.error.not_found")
		made := w.make("482917")
		token, err := w.signIn(made.Code.Reveal(), "482917")
		w.ok(err)
		want(t, "somebody she does not accompany", w.cards.StopAll(w.claire, w.marc), errs.NotFound, "access.error.not_found")
		w.ok(w.cards.StopAll(w.claire, w.samira))
		if _, _, err := w.access.Resume(t.Context(), token); err == nil {
			t.Error("what was open still is")
		}
		_, err = w.signIn(made.Code.Reveal(), "482917")
		want(t, "the card", err, errs.Unauthenticated, "errs.signin.card_refused")
		if !strings.Contains(w.lines(), "card.stop_all") {
			t.Errorf("no line: %s", w.lines())
		}
		_, err = w.signIn(w.make("").Code.Reveal(), "000000")
		want(t, "a new card is another", err, errs.Unauthenticated, "errs.signin.card_refused")
	})
}
