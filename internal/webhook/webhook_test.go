package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/webhook"
)

// movable is a clock that a test moves by hand.
type movable struct{ now time.Time }

func (m *movable) Now() time.Time { return m.now }

func (m *movable) add(d time.Duration) { m.now = m.now.Add(d) }

// received is one request as the receiver saw it.
type received struct {
	id, timestamp, signature string
	body                     string
}

// receiver is another program: it keeps what it gets and answers what it is told to.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	status int
	header http.Header
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK, header: http.Header{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, received{req.Header.Get("webhook-id"), req.Header.Get("webhook-timestamp"), req.Header.Get("webhook-signature"), string(body)})
		for name, values := range r.header {
			w.Header()[name] = values
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) { r.mu.Lock(); r.status = status; r.mu.Unlock() }

// take gives what arrived since the last time.
func (r *receiver) take() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// verified tells whether a secret, as shown, signed the message.
func (m received) verified(t *testing.T, shown string) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shown, "whsec_"))
	if err != nil || len(key) != 32 {
		t.Fatalf("secret %q: %v", shown, err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", m.id, m.timestamp, m.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return slices.Contains(strings.Fields(m.signature), want)
}

type rig struct {
	t       *testing.T
	db      *db.DB
	journal *journal.Journal
	access  *access.Service
	hooks   *webhook.Service
	runner  *db.Runner
	clock   *movable
	org     core.ID
	manager context.Context // accompanies nobody
	worker  context.Context // manages nothing
}

func each(t *testing.T, private bool, fn func(t *testing.T, r *rig)) {
	t.Helper()
	clk := &movable{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = dbtest.Clock().Now()
		fn(t, newRig(t, d, clk, private))
	})
}

func newRig(t *testing.T, d *db.DB, clk *movable, private bool) *rig {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ring, err := secret.NewKeyring(dbtest.Key())
	ok(err)
	fields, err := secret.NewFields(rand.Reader, ring)
	ok(err)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	r := &rig{t: t, db: d, clock: clk, journal: journal.New(d, nil)}
	r.access, err = access.New(d, r.journal, fields, ring.Derive("session"), access.Options{Log: log})
	ok(err)
	r.hooks, err = webhook.New(webhook.Deps{DB: d, Access: r.access, Journal: r.journal, Fields: fields, Clock: clk, Log: log, Private: private, Timeout: 2 * time.Second})
	ok(err)
	r.journal.Tell(r.hooks.Tap)
	r.runner = db.NewRunner(d)
	r.hooks.Listen(r.runner)
	system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test"})
	r.org, err = r.access.CreateOrganisation(system, access.Organisation{Name: "CCAS", Place: "Europe/Paris"})
	ok(err)
	system = core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: r.org})
	team, err := r.access.CreateTeam(system, "Polyvalence")
	ok(err)
	manager, err := r.access.AddWorker(system, access.Worker{Login: "direction", Name: "Direction", Administers: true, Active: true})
	ok(err)
	worker, err := r.access.AddWorker(system, access.Worker{Login: "c.maurel", Name: "Claire", Works: true, Active: true, Teams: []core.ID{team}})
	ok(err)
	r.manager = core.WithActor(t.Context(), core.Actor{Kind: core.ActorOrgAdmin, ID: manager, Org: r.org, AAL: 2})
	r.worker = core.WithActor(t.Context(), core.Actor{Kind: core.ActorWorker, ID: worker, Org: r.org, Teams: []core.ID{team}, AAL: 2})
	return r
}

// act writes a line as a use case does.
func (r *rig) act(kind, object string, id core.ID, persons ...core.ID) {
	r.t.Helper()
	err := r.db.Tx(r.worker, func(tx *db.Tx) error {
		return r.journal.Record(r.worker, tx, journal.Event{Kind: kind, Subjects: persons, Object: object, ObjectID: id})
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// work brings the outbox and sends what is due.
func (r *rig) work() {
	r.t.Helper()
	if err := r.runner.Drain(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	if err := r.hooks.Drain(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) add(url string, kinds ...webhook.Kind) (webhook.Endpoint, string) {
	r.t.Helper()
	e, s, err := r.hooks.Add(r.manager, webhook.EndpointInput{Name: "Agenda", URL: url, Kinds: kinds})
	if err != nil {
		r.t.Fatal(err)
	}
	return e, s.Reveal()
}

func (r *rig) log(id core.ID) []webhook.Delivery {
	r.t.Helper()
	list, _, err := r.hooks.Deliveries(r.manager, id, "", "", 50)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// fact finds the delivery of the one fact that was told, among trials.
func (r *rig) fact(id core.ID) webhook.Delivery {
	r.t.Helper()
	list := r.log(id)
	i := slices.IndexFunc(list, func(d webhook.Delivery) bool { return d.Kind == webhook.FileChanged })
	if i < 0 {
		r.t.Fatalf("not told: %v", list)
	}
	return list[i]
}

func (r *rig) count(sql string) (n int) {
	r.t.Helper()
	if err := r.db.Read(r.t.Context(), func(q db.Querier) error { return q.QueryRow(sql).Scan(&n) }); err != nil {
		r.t.Fatal(err)
	}
	return n
}

const (
	samira core.ID = "019eb57b-0980-7f9d-971d-e2ccdcd02487"
	yanis  core.ID = "019eb57b-0980-7fb8-8ff7-2cb1bffc0d8c"
	step   core.ID = "019eb57b-0980-7bf4-9772-68cc75c18ce8"
)

func TestToldByIdsAndSigned(t *testing.T) {
	each(t, true, func(t *testing.T, r *rig) {
		to := newReceiver(t)
		r.act("fact.save", "", "", samira) // nobody listens yet: nothing is kept
		if n := r.count(`SELECT COUNT(*) FROM outbox`); n != 0 {
			t.Errorf("%d lines in the outbox", n)
		}
		e, secret := r.add(to.URL+"/in?a=1", webhook.FileChanged, webhook.PlanChanged)
		r.act("fact.save", "", "", samira, yanis)
		r.act("step.save", "step", step, samira)
		r.act("right.decide", "right", "rsa", samira) // not chosen
		r.act("file.open", "", "", samira)            // a read
		r.act("note.write", "note", step, samira)     // never told
		r.work()
		got := to.take()
		if len(got) != 3 {
			t.Fatalf("%d messages: %v", len(got), got)
		}
		type message struct {
			Type      string
			Timestamp time.Time
			Data      map[string]string
		}
		var seen []string
		for _, m := range got {
			if !m.verified(t, secret) {
				t.Errorf("not signed: %+v", m)
			}
			var read message
			if err := json.Unmarshal([]byte(m.body), &read); err != nil {
				t.Fatal(err)
			}
			if read.Data["organisation"] != string(r.org) || !read.Timestamp.Equal(r.clock.now) {
				t.Errorf("%s", m.body)
			}
			seen = append(seen, read.Type+" "+read.Data["person"]+" "+read.Data["object"]+" "+read.Data["id"])
		}
		slices.Sort(seen)
		want := []string{"file.changed " + string(samira) + "  ", "file.changed " + string(yanis) + "  ", "plan.changed " + string(samira) + " step " + string(step)}
		if !slices.Equal(seen, want) {
			t.Errorf("told %q", seen)
		}
		for _, d := range r.log(e.ID) {
			if d.State != webhook.Done || d.Status != 200 || d.Attempts != 1 || d.Fault != "" {
				t.Errorf("%+v", d)
			}
		}
		r.work()
		if again := to.take(); len(again) != 0 {
			t.Errorf("told again: %v", again)
		}
	})
}

// An event that the outbox brings twice is one message.
func TestTwiceTheSameEvent(t *testing.T) {
	each(t, true, func(t *testing.T, r *rig) {
		to := newReceiver(t)
		e, _ := r.add(to.URL, webhook.StepDue)
		for range 2 {
			err := r.db.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO outbox (id, topic, org_id, args, created_at) VALUES ($1, 'step.due', $2, $3, $4)`, core.ID("019eb57b-0980-7f9d-971d-000000000000"), r.org, string(step+" "+samira), tx.Now())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			r.work()
		}
		if got := to.take(); len(got) != 1 || !strings.Contains(got[0].body, `"type":"step.due"`) || !strings.Contains(got[0].body, string(step)) {
			t.Errorf("%v", got)
		}
		if n := len(r.log(e.ID)); n != 1 {
			t.Errorf("%d deliveries", n)
		}
	})
}

// What fails is tried again later and later, with the same id; a success forgets it;
// in the end it is given up, listed, and tried again when somebody asks.
func TestRetries(t *testing.T) {
	each(t, true, func(t *testing.T, r *rig) {
		to := newReceiver(t)
		to.answer(http.StatusInternalServerError)
		e, _ := r.add(to.URL, webhook.FileChanged)
		r.act("fact.save", "", "", samira)
		r.work()
		first := to.take()
		if len(first) != 1 {
			t.Fatalf("%d messages", len(first))
		}
		d := r.log(e.ID)[0]
		if wait := d.NextAt.Sub(r.clock.now); d.State != webhook.Waiting || d.Fault != webhook.FaultStatus || d.Status != 500 || wait < 4*time.Second || wait > 6*time.Second {
			t.Errorf("after one failure: %+v", d)
		}
		r.work()
		if n := len(to.take()); n != 0 {
			t.Errorf("tried at once %d times", n)
		}
		r.clock.add(10 * time.Second)
		r.work()
		second := to.take()
		if len(second) != 1 || second[0].id != first[0].id || second[0].body != first[0].body || second[0].timestamp == first[0].timestamp {
			t.Errorf("%v then %v", first, second)
		}
		for range 20 {
			r.clock.add(30 * time.Hour)
			if r.log(e.ID)[0].State != webhook.Waiting {
				break
			}
			r.work()
		}
		d = r.log(e.ID)[0]
		if d.State != webhook.Dead {
			t.Fatalf("still %+v", d)
		}
		// Days of failures stopped the address as well.
		e, err := r.hooks.Endpoint(r.manager, e.ID)
		if err != nil || e.State != webhook.Broken {
			t.Fatalf("%+v %v", e, err)
		}
		if n, err := r.hooks.BrokenHere(r.manager); n != 1 || err != nil {
			t.Errorf("notice: %d %v", n, err)
		}
		if n, err := r.hooks.BrokenHere(r.worker); n != 0 || err != nil {
			t.Errorf("notice to somebody who manages nothing: %d %v", n, err)
		}
		to.take()
		r.act("fact.save", "", "", yanis) // a stopped address is told nothing
		r.work()
		if got := to.take(); len(got) != 0 {
			t.Errorf("told: %v", got)
		}
		to.answer(http.StatusAccepted)
		if err := r.hooks.Edit(r.manager, e.ID, webhook.EndpointInput{Name: e.Name, URL: e.URL, Kinds: e.Kinds, Version: e.Version}); err != nil {
			t.Fatal(err)
		}
		if err := r.hooks.Retry(r.manager, e.ID, ""); err != nil {
			t.Fatal(err)
		}
		r.work()
		if got := to.take(); len(got) != 1 || got[0].id != first[0].id {
			t.Errorf("after the retry: %v", got)
		}
		e, err = r.hooks.Endpoint(r.manager, e.ID)
		if err != nil || e.State != webhook.On || !e.FailingSince.IsZero() || r.log(e.ID)[0].State != webhook.Done {
			t.Errorf("%+v %v", e, err)
		}
	})
}

func TestWhatAReceiverMayAnswer(t *testing.T) {
	each(t, true, func(t *testing.T, r *rig) {
		to := newReceiver(t)
		e, _ := r.add(to.URL, webhook.FileChanged)
		fault := func(status int, want webhook.Fault) webhook.Delivery {
			t.Helper()
			to.answer(status)
			d, err := r.hooks.Try(r.manager, e.ID)
			if err != nil || d.Fault != want || d.Attempts != 1 || (want == "") != (d.State == webhook.Done) {
				t.Errorf("%d: %+v %v", status, d, err)
			}
			return d
		}
		fault(http.StatusNoContent, "")
		fault(http.StatusTeapot, webhook.FaultStatus)
		to.header.Set("Location", to.URL+"/elsewhere")
		fault(http.StatusFound, webhook.FaultRedirect)
		if got := to.take(); len(got) != 3 || got[0].body == "" || strings.Contains(got[0].body, "person") {
			t.Errorf("trials: %v", got)
		}
		// 503 with Retry-After is followed, within an hour.
		to.answer(http.StatusServiceUnavailable)
		to.header.Set("Retry-After", "120")
		r.act("fact.save", "", "", samira)
		r.work()
		if d := r.fact(e.ID); d.NextAt.Sub(r.clock.now) < 2*time.Minute {
			t.Errorf("Retry-After: %+v", d)
		}
		// 410 asks for nothing more.
		to.answer(http.StatusGone)
		r.clock.add(3 * time.Minute)
		r.work()
		if got, err := r.hooks.Endpoint(r.manager, e.ID); err != nil || got.State != webhook.Broken || r.fact(e.ID).Fault != webhook.FaultGone {
			t.Errorf("after 410: %+v %v", got, err)
		}
		to.Close()
		if d, err := r.hooks.Try(r.manager, e.ID); err != nil || d.Fault != webhook.FaultConnect {
			t.Errorf("nobody there: %+v %v", d, err)
		}
	})
}

// A secret that was replaced signs for a day beside the new one.
func TestRotation(t *testing.T) {
	each(t, true, func(t *testing.T, r *rig) {
		to := newReceiver(t)
		e, old := r.add(to.URL, webhook.FileChanged)
		fresh, err := r.hooks.Rotate(r.manager, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			after   time.Duration
			old, on bool
		}{{0, true, true}, {25 * time.Hour, false, true}} {
			r.clock.add(c.after)
			r.act("fact.save", "", "", samira)
			r.work()
			got := to.take()
			if len(got) != 1 || got[0].verified(t, old) != c.old || got[0].verified(t, fresh.Reveal()) != c.on {
				t.Errorf("after %v: %v", c.after, got)
			}
		}
		if n := r.count(`SELECT COUNT(*) FROM webhook_endpoint WHERE length(secret) < 40`); n != 0 {
			t.Error("a secret is not sealed")
		}
	})
}

// Outside an installation that allows it, nothing leads inside its network.
func TestNothingLeadsInside(t *testing.T) {
	each(t, false, func(t *testing.T, r *rig) {
		for _, url := range []string{
			"", "agenda", "http://example.org", "https://", "https://127.0.0.1/x", "https://[::1]/", "https://10.0.0.8", "https://169.254.169.254/latest", "https://localhost:8080", "https://a.localhost",
			"https://user:pass@example.org", "https://example.org/#x", "ftp://example.org", "https://exämple.org", "https://example.org/" + strings.Repeat("a", 500), "https://0x7f.1/ x", "https://[::ffff:127.0.0.1]", "https://printer.local", "javascript:alert(1)",
		} {
			_, _, err := r.hooks.Add(r.manager, webhook.EndpointInput{Name: "x", URL: url, Kinds: webhook.Kinds()})
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: %v", url, err)
			}
		}
		// Written when it was allowed, or by a name that leads here: refused when dialled.
		to := newReceiver(t)
		e, _ := r.add("https://example.org", webhook.FileChanged)
		for _, url := range []string{to.URL, "https://localtest.invalid"} {
			if err := r.db.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE webhook_endpoint SET url = $1`, url)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			d, err := r.hooks.Try(r.manager, e.ID)
			if err != nil || d.State != webhook.Dead || (url == to.URL) != (d.Fault == webhook.FaultAddress) {
				t.Errorf("%s: %+v %v", url, d, err)
			}
		}
		if got := to.take(); len(got) != 0 {
			t.Errorf("reached: %v", got)
		}
	})
}

func TestWhoMay(t *testing.T) {
	each(t, true, func(t *testing.T, r *rig) {
		e, _ := r.add("https://example.org", webhook.FileChanged)
		other := core.WithActor(t.Context(), core.Actor{Kind: core.ActorOrgAdmin, ID: "x", Org: "019eb57b-0980-7f9d-971d-ffffffffffff", AAL: 2})
		for name, ctx := range map[string]context.Context{"a worker": r.worker, "another house": other, "nobody": t.Context(),
			"one factor": core.WithActor(t.Context(), core.Actor{Kind: core.ActorOrgAdmin, ID: core.ActorFrom(r.manager).ID, Org: r.org, AAL: 1})} {
			for what, err := range map[string]error{
				"list":   second(r.hooks.Endpoints(ctx)),
				"read":   second(r.hooks.Endpoint(ctx, e.ID)),
				"edit":   r.hooks.Edit(ctx, e.ID, webhook.EndpointInput{Name: "x", URL: "https://example.org", Kinds: webhook.Kinds(), Version: 1}),
				"rotate": second(r.hooks.Rotate(ctx, e.ID)),
				"try":    second(r.hooks.Try(ctx, e.ID)),
				"retry":  r.hooks.Retry(ctx, e.ID, ""),
				"remove": r.hooks.Remove(ctx, e.ID),
			} {
				if err == nil && (name != "another house" || what != "list") {
					t.Errorf("%s may %s", name, what)
				}
			}
		}
		if list, err := r.hooks.Endpoints(r.manager); err != nil || len(list) != 1 || list[0].Version != 1 {
			t.Errorf("%v %v", list, err)
		}
		var conflict *webhook.Conflict
		err := r.hooks.Edit(r.manager, e.ID, webhook.EndpointInput{Name: "x", URL: "https://example.org", Kinds: webhook.Kinds(), Version: 7})
		if !errs.Is(err, errs.Conflict) || conflict != nil {
			t.Errorf("%v", err)
		}
		if err := r.hooks.Remove(r.manager, e.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.hooks.Endpoint(r.manager, e.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// An address that answers nothing holds up no other; the sender ends when told to.
func TestASlowAddressHoldsUpNobody(t *testing.T) {
	r := newRig(t, dbtest.OpenSQLite(t, db.Config{}), &movable{now: time.Now()}, true)
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	told := make(chan string, 10)
	quick := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { told <- q.Header.Get("webhook-id") }))
	defer quick.Close()
	r.add(slow.URL, webhook.FileChanged)
	r.add(quick.URL, webhook.FileChanged)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.hooks.Run(ctx) }()
	for range 3 {
		r.act("fact.save", "", "", samira)
		if err := r.runner.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-told
	}
	cancel()
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
