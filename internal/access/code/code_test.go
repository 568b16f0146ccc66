package code_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/reach"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// world is casetest's, with codes that a box keeps.
type world struct {
	*casetest.World
	codes   *code.Service
	box     *message.Box
	clock   *wheel
	mia     core.ID
	browser string
}

type wheel struct{ now time.Time }

func (w *wheel) Now() time.Time { return w.now }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func kind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want kind %v", what, err, want)
	}
}

func fields(err error) (out []string) {
	var all errs.Fields
	if errors.As(err, &all) {
		for _, e := range all {
			out = append(out, e.Field)
		}
	}
	return out
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	must(t, i18n.Load())
	clk := &wheel{now: dbtest.Clock().Now()}
	run := func(t *testing.T, d *db.DB) {
		clk.now = dbtest.Clock().Now()
		w := &world{World: casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"}), box: &message.Box{}, clock: clk, browser: "a browser"}
		w.World.Service = w.At(clk)
		senders := message.Senders{message.SMS: w.box, message.Email: w.box}
		w.codes = code.New(code.Deps{DB: d, Access: w.Access.(*access.Service), Journal: w.Journal, Fields: w.Fields.(*secret.Fields), Clock: clk, Random: rand.NewChaCha8([32]byte{4}), Senders: senders,
			Lookup: func(kind, address string) string { return kind + " " + address }, Number: casefile.NormalPhone,
			Files: func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (code.File, error) {
				o, err := w.Allow(ctx, q, action, &person)
				return code.File{Person: person, Humans: o.Humans}, err
			},
			Reach: func(q db.Querier, org, person core.ID) (code.Reach, error) {
				r, err := reach.Of(q, org, person)
				return code.Reach{SMS: r.SMS, Email: r.Email, Discreet: r.Discreet, Protected: r.Protected, Dead: r.Dead, Birth: r.Birth}, err
			}})
		w.mia = w.Person("Mia", "Haddad", "1992-02-03")
		fn(t, w)
		report, err := w.Journal.Check(t.Context())
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("journal: %v %v", report.Faults, err)
		}
	}
	dbtest.EachConfig(t, db.Config{Clock: clk}, run)
}

// deliver runs the jobs that wait, as the runner does.
func (w *world) deliver() {
	w.T.Helper()
	var ids []core.ID
	must(w.T, w.DB.Read(context.Background(), func(q db.Querier) error {
		rows, err := q.Query(`SELECT args FROM job WHERE kind = 'code.send' ORDER BY id /* every row */`)
		return db.Each(rows, err, func(r *db.Rows) error {
			var args core.ID
			err := r.Scan(&args)
			ids = append(ids, args)
			return err
		})
	}))
	for _, id := range ids {
		must(w.T, w.codes.Deliver(context.Background(), db.Job{Kind: code.Job, Args: []core.ID{id}}))
	}
	must(w.T, w.DB.Tx(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM job WHERE kind = 'code.send' /* every row */`)
		return err
	}))
}

var sixFigures = regexp.MustCompile(`[0-9]{6}`)

// last is the code of the message kept last for an address, "" when there is none.
func (w *world) last(address string) string {
	all := w.box.To(address)
	if len(all) == 0 {
		return ""
	}
	return sixFigures.FindString(all[len(all)-1].Text)
}

func (w *world) client() access.Client { return access.Client{Address: "192.0.2.7", Device: "Firefox"} }

func (w *world) ask(address string) string {
	w.T.Helper()
	state, err := w.codes.Ask(context.Background(), address, w.browser, w.client())
	must(w.T, err)
	w.deliver()
	return state
}

func (w *world) enter(state, typed, birth string) (core.Actor, error) {
	w.T.Helper()
	b, err := core.ParsePartialDate(birth)
	must(w.T, err)
	token, err := w.codes.SignIn(context.Background(), state, w.browser, typed, b, w.client())
	if err != nil {
		return core.Actor{}, err
	}
	actor, _, err := w.Access.(*access.Service).Resume(context.Background(), token)
	return actor, err
}

const phone = "+33639984122"

func input(address string) code.Input { return code.Input{Address: address, Lang: "fr"} }

// Somebody asks for a code, says their birth date, and comes in with one factor; the code
// serves once, in their browser, for ten minutes and five tries.
func TestComingInWithACode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.codes.Add(w.Claire, w.mia, input("06 39 98 41 22")))
		state := w.ask("+33 6 39 98 41 22")
		said := w.box.To(phone)
		if len(said) != 1 || !strings.Contains(said[0].Text, "CCAS d") || strings.Contains(said[0].Text, "http") || strings.Contains(said[0].Text, "Mia") {
			t.Fatalf("%+v", said)
		}
		typed := w.last(phone)
		_, err := w.enter(state, typed, "1992-02-04")
		kind(t, "another birth date", err, errs.Unauthenticated)
		if typed != "000000" {
			_, err = w.enter(state, "000000", "1992-02-03")
			kind(t, "another code", err, errs.Unauthenticated)
		}
		other := w.browser
		w.browser = "another browser"
		_, err = w.enter(state, typed, "1992-02-03")
		kind(t, "another browser", err, errs.Unauthenticated)
		w.browser = other
		actor, err := w.enter(state, typed[:3]+" "+typed[3:], "1992-02-03")
		must(t, err)
		if actor.Kind != core.ActorPerson || actor.ID != w.mia || actor.AAL != 1 {
			t.Errorf("%+v", actor)
		}
		_, err = w.enter(state, typed, "1992-02-03")
		kind(t, "a second time", err, errs.Unauthenticated)

		ctx := core.WithActor(context.Background(), actor)
		if _, err := plan.New(w.Service).ReadOwn(ctx); err != nil {
			t.Errorf("her steps: %v", err)
		}
		if _, err := w.OpenOwn(ctx, 0); err == nil {
			t.Error("her rights open to one factor")
		}
		if _, _, err := w.OwnSituation(ctx); err == nil {
			t.Error("her situation opens to one factor")
		}

		state = w.ask(phone)
		typed = w.last(phone)
		w.clock.now = w.clock.now.Add(11 * time.Minute)
		_, err = w.enter(state, typed, "1992-02-03")
		kind(t, "eleven minutes later", err, errs.Unauthenticated)
		w.clock.now = w.clock.now.Add(24 * time.Hour)
		state = w.ask(phone)
		typed = w.last(phone)
		wrong := "111111"
		if typed == wrong {
			wrong = "222222"
		}
		for range 5 {
			_, err = w.enter(state, wrong, "1992-02-03")
			kind(t, "a wrong code", err, errs.Unauthenticated)
		}
		w.clock.now = w.clock.now.Add(5 * time.Minute)
		if _, err = w.enter(state, typed, "1992-02-03"); err == nil {
			t.Error("the right code after five wrong ones")
		}
		old := w.ask(phone)
		before := w.last(phone)
		w.ask(phone)
		if _, err := w.enter(old, before, "1992-02-03"); err == nil {
			t.Error("a code that another one replaced")
		}
		must(t, w.DB.Read(t.Context(), func(q db.Querier) error {
			lines, err := journal.ForPerson(q, core.ActorFrom(w.Claire).Org, w.mia, casetest.Today(), casetest.Today().AddDays(2))
			sent := 0
			for _, l := range lines {
				if l.Kind == "code.send" {
					sent++
				}
			}
			if sent < 3 {
				t.Errorf("she reads of %d codes", sent)
			}
			return err
		}))
		w.clock.now = w.clock.now.Add(48 * time.Hour)
		must(t, w.codes.Sweep(t.Context()))
	})
}

// Whether somebody is at an address cannot be told from the answer, and too many codes to
// one are not sent.
func TestAskingTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.codes.Add(w.Claire, w.mia, input(phone)))
		state := w.ask("06 39 98 00 00")
		if len(w.box.To("+33639980000")) > 0 {
			t.Error("a message to somebody who asked for none")
		}
		_, unknown := w.enter(state, "123456", "1992-02-03")
		state = w.ask(phone)
		wrong := "123456"
		if w.last(phone) == wrong {
			wrong = "654321"
		}
		_, known := w.enter(state, wrong, "1992-02-03")
		if unknown == nil || known == nil || unknown.Error() != known.Error() {
			t.Errorf("unknown: %v\nknown: %v", unknown, known)
		}
		for _, bad := range []string{"", "12", "x@", "Samira <s@example.org>", "a b@example.org", strings.Repeat("a", 300) + "@example.org"} {
			if _, err := w.codes.Ask(t.Context(), bad, w.browser, w.client()); !slices.Contains(fields(err), "adresse") {
				t.Errorf("%q: %v", bad, err)
			}
		}
		held := false
		for range 40 {
			w.clock.now = w.clock.now.Add(10 * time.Minute)
			_, err := w.codes.Ask(t.Context(), phone, w.browser, w.client())
			held = held || errs.Is(err, errs.TooMany)
			w.deliver()
		}
		if n := len(w.box.To(phone)); n > 9 || !held {
			t.Errorf("%d messages in seven hours, held %v", n, held)
		}
	})
}

// Two people share a telephone: the birth date says who comes in, twins come to the
// counter, and the one whose address is protected is never reached there.
func TestASharedTelephone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noe := w.Person("Noé", "Haddad", "1990-05-06")
		must(t, w.codes.Add(w.Claire, w.mia, input(phone)))
		if err := w.codes.Add(w.Claire, noe, input(phone)); !slices.Contains(fields(err), "partage") {
			t.Errorf("shared without a word: %v", err)
		}
		in := input(phone)
		in.Shared = true
		must(t, w.codes.Add(w.Claire, noe, in))
		state := w.ask(phone)
		if n := len(w.box.To(phone)); n != 1 {
			t.Errorf("%d messages for one telephone", n)
		}
		actor, err := w.enter(state, w.last(phone), "1990-05-06")
		must(t, err)
		if actor.ID != noe {
			t.Errorf("%s came in", actor.ID)
		}
		p, err := w.Service.Person(w.Claire, w.mia)
		must(t, err)
		p.Address.Protected = true
		must(t, w.UpdatePerson(w.Claire, p))
		state = w.ask(phone)
		_, err = w.enter(state, w.last(phone), "1992-02-03")
		kind(t, "she whose address is protected", err, errs.Unauthenticated)
		actor, err = w.enter(state, w.last(phone), "1990-05-06")
		must(t, err)
		if actor.ID != noe {
			t.Errorf("%s came in", actor.ID)
		}
		ways, err := w.codes.Read(w.Claire, w.mia)
		must(t, err)
		if len(ways) != 1 || ways[0].Serves || !ways[0].Shared || strings.Contains(ways[0].Shown, "3998") {
			t.Errorf("%+v", ways)
		}
		twin := w.Person("Ana", "Haddad", "1990-05-06")
		must(t, w.codes.Add(w.Claire, twin, in))
		state = w.ask(phone)
		_, err = w.enter(state, w.last(phone), "1990-05-06")
		kind(t, "twins", err, errs.Unauthenticated)
	})
}

// Nothing goes by a way called unsafe, outside the chosen hours, to somebody whose way was
// stopped; a discreet message says nothing of anybody.
func TestWhatIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := input("Mia.Haddad@Example.org")
		in.Discreet, in.From, in.To = true, 9, 17
		must(t, w.codes.Add(w.Claire, w.mia, in))
		const at = "mia.haddad@example.org"
		w.ask("MIA.haddad@example.org")
		all := w.box.To(at)
		if len(all) != 1 || !all[0].Discreet || strings.Contains(all[0].Text+all[0].Subject, "CCAS") || strings.Contains(all[0].Text, "Mia") {
			t.Fatalf("%+v", all)
		}
		w.clock.now = w.clock.now.Add(10 * time.Hour)
		w.ask(at)
		if n := len(w.box.To(at)); n != 1 {
			t.Errorf("%d messages, one in the evening", n)
		}
		w.clock.now = w.clock.now.Add(14 * time.Hour)
		p, err := w.Service.Person(w.Claire, w.mia)
		must(t, err)
		p.Channel = casefile.ChannelNone
		must(t, w.UpdatePerson(w.Claire, p))
		w.ask(at)
		if n := len(w.box.To(at)); n != 1 {
			t.Errorf("%d messages, one to a way called unsafe", n)
		}
		if err := w.codes.Add(w.Claire, w.mia, input(phone)); !slices.Contains(fields(err), "adresse") {
			t.Errorf("a way called unsafe is taken: %v", err)
		}
		ways, err := w.codes.Read(w.Claire, w.mia)
		must(t, err)
		kind(t, "another team", w.codes.Stop(w.Karim, w.mia, ways[0].ID), errs.Forbidden)
		kind(t, "another team adds", w.codes.Add(w.Karim, w.mia, input(phone)), errs.Forbidden)
		noe := w.Person("Noé", "Sow", "1988-01-01")
		kind(t, "another file", w.codes.Stop(w.Claire, noe, ways[0].ID), errs.NotFound)
		must(t, w.codes.StopOwn(core.WithActor(t.Context(), core.Actor{Kind: core.ActorPerson, ID: w.mia, Org: core.ActorFrom(w.Claire).Org, AAL: 1}), ways[0].ID))
		ways, err = w.codes.Read(w.Claire, w.mia)
		must(t, err)
		if len(ways) > 0 {
			t.Errorf("still there: %+v", ways)
		}
		for field, bad := range map[string]code.Input{
			"adresse": {Address: "nowhere", Lang: "fr"},
			"heures":  {Address: "noe@example.org", Lang: "fr", From: 9, To: 25},
			"langue":  {Address: "noe@example.org", Lang: "xx"},
		} {
			if err := w.codes.Add(w.Claire, noe, bad); !slices.Contains(fields(err), field) {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

// A code signs what a worker wrote with the person, once, and theirs alone.
func TestACodeToSign(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.codes.Add(w.Claire, w.mia, input(phone)))
		noe := w.Person("Noé", "Sow", "1988-01-01")
		must(t, w.codes.Add(w.Claire, noe, input("noe@example.org")))
		ways, err := w.codes.ToSign(w.Claire, w.mia)
		must(t, err)
		kind(t, "by another file", w.codes.AskToSign(w.Claire, noe, ways[0].ID), errs.NotFound)
		kind(t, "another team", w.codes.AskToSign(w.Karim, w.mia, ways[0].ID), errs.Forbidden)
		must(t, w.codes.AskToSign(w.Claire, w.mia, ways[0].ID))
		w.deliver()
		typed := w.last(phone)
		org := core.ActorFrom(w.Claire).Org
		if !strings.Contains(w.box.To(phone)[0].Text, "signer") {
			t.Errorf("%+v", w.box.To(phone))
		}
		kind(t, "of somebody else", w.codes.Given(w.Claire, org, []core.ID{noe}, typed, w.client()), errs.Unauthenticated)
		must(t, w.codes.Given(w.Claire, org, []core.ID{w.mia}, typed, w.client()))
		kind(t, "twice", w.codes.Given(w.Claire, org, []core.ID{w.mia}, typed, w.client()), errs.Unauthenticated)
		state := w.ask(phone)
		must(t, w.codes.AskToSign(w.Claire, w.mia, ways[0].ID))
		w.deliver()
		if _, err := w.enter(state, w.last(phone), "1992-02-03"); err == nil {
			t.Error("a code to sign lets in")
		}
	})
}
