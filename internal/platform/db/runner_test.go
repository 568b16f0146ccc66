package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// hand is a clock that a test moves.
type hand struct {
	mu sync.Mutex
	at time.Time
}

var _ clock.Clock = (*hand)(nil)

func newHand() *hand { return &hand{at: dbtest.Clock().Now()} }

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) move(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(by)
}

func eachClock(t *testing.T, fn func(t *testing.T, d *db.DB, h *hand)) {
	t.Run("sqlite", func(t *testing.T) {
		h := newHand()
		fn(t, dbtest.OpenSQLite(t, db.Config{Clock: h}), h)
	})
	t.Run("postgres", func(t *testing.T) {
		h := newHand()
		fn(t, dbtest.OpenPostgres(t, db.Config{Clock: h}), h)
	})
}

func drain(t *testing.T, r *db.Runner) {
	t.Helper()
	if err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, d *db.DB, jobs ...db.Job) {
	t.Helper()
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for _, j := range jobs {
			if err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestJobRunsOnceAfterItsTime(t *testing.T) {
	eachClock(t, func(t *testing.T, d *db.DB, h *hand) {
		r := db.NewRunner(d)
		var ran []db.Job
		var actor core.Actor
		r.Handle("greet", func(ctx context.Context, j db.Job) error {
			actor = core.ActorFrom(ctx)
			ran = append(ran, j)
			return nil
		})
		enqueue(t, d, db.Job{Kind: "greet", Org: "o", Args: []core.ID{"a", "b"}, RunAt: h.Now().Add(time.Hour).UnixMicro()})
		drain(t, r)
		if len(ran) != 0 {
			t.Fatal("the job ran before its time")
		}
		h.move(time.Hour)
		drain(t, r)
		drain(t, r)
		if len(ran) != 1 || ran[0].Kind != "greet" || ran[0].Org != "o" || !slices.Equal(ran[0].Args, []core.ID{"a", "b"}) || ran[0].Attempts != 1 {
			t.Fatalf("ran %+v", ran)
		}
		if actor.Kind != core.ActorSystem || actor.Org != "o" || actor.ID != ran[0].ID {
			t.Errorf("the job acts as %+v", actor)
		}
	})
}

func TestJobOfAnUndoneUseCaseNeverRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := db.NewRunner(d)
		r.Handle("x", func(context.Context, db.Job) error { t.Error("it ran"); return nil })
		r.Consume("y", "c", func(context.Context, db.Event) error { t.Error("it was delivered"); return nil })
		boom := errors.New("boom")
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return errors.Join(tx.Enqueue(db.Job{Kind: "x"}), tx.Emit("y", ""), boom)
		}); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		drain(t, r)
	})
}

func TestFailingJobWaitsLongerAndDies(t *testing.T) {
	eachClock(t, func(t *testing.T, d *db.DB, h *hand) {
		r := db.NewRunner(d)
		tries := 0
		r.Handle("x", func(context.Context, db.Job) error {
			tries++
			switch tries % 3 {
			case 0:
				panic("bad luck")
			case 1:
				runtime.Goexit()
			}
			return fmt.Errorf("try %d: %s", tries, strings.Repeat("\xff\x00é", 400))
		})
		good := 0
		r.Handle("good", func(context.Context, db.Job) error { good++; return nil })
		enqueue(t, d, db.Job{Kind: "x"}, db.Job{Kind: "good"})
		drain(t, r)
		if tries != 1 || good != 1 {
			t.Fatalf("%d tries, %d good: a failing job holds up the others", tries, good)
		}
		h.move(9 * time.Second)
		drain(t, r)
		if tries != 1 {
			t.Fatal("tried again before its pause")
		}
		for range 40 {
			h.move(time.Hour)
			drain(t, r)
		}
		if tries != 8 {
			t.Errorf("%d tries, want 8", tries)
		}
		dead, err := d.DeadJobs(t.Context(), 10)
		if err != nil || len(dead) != 1 || dead[0].Kind != "x" || !strings.Contains(dead[0].Error, "try 8") || dead[0].DeadAt == 0 {
			t.Errorf("dead jobs: %+v, %v", dead, err)
		}
	})
}

// A process that dies in the middle leaves its lease; afterwards another one
// takes the job.
func TestLease(t *testing.T) {
	eachClock(t, func(t *testing.T, d *db.DB, h *hand) {
		dying, other := db.NewRunner(d), db.NewRunner(d)
		ran := 0
		dying.Handle("x", func(ctx context.Context, _ db.Job) error {
			// Meanwhile the other process looks.
			drain(t, other)
			if ran != 0 {
				t.Error("two processes run one job")
			}
			// The lease ends although the handler still runs: the other takes over.
			h.move(6 * time.Minute)
			drain(t, other)
			return errors.New("too late to count")
		})
		other.Handle("x", func(context.Context, db.Job) error { ran++; return nil })
		enqueue(t, d, db.Job{Kind: "x"})
		drain(t, dying)
		if ran != 1 {
			t.Fatalf("the other ran it %d times, want once", ran)
		}
		h.move(24 * time.Hour)
		drain(t, other)
		if ran != 1 {
			t.Error("the late failure brought the job back")
		}
	})
}

func TestJobWithoutHandlerIsLeftToOthers(t *testing.T) {
	eachClock(t, func(t *testing.T, d *db.DB, h *hand) {
		enqueue(t, d, db.Job{Kind: "later version"})
		drain(t, db.NewRunner(d))
		h.move(2 * time.Hour)
		knows := db.NewRunner(d)
		ran := 0
		knows.Handle("later version", func(context.Context, db.Job) error { ran++; return nil })
		drain(t, knows)
		if ran != 1 {
			t.Errorf("ran %d times", ran)
		}
	})
}

func TestOutboxReachesEveryConsumer(t *testing.T) {
	eachClock(t, func(t *testing.T, d *db.DB, h *hand) {
		r := db.NewRunner(d)
		got := map[string][]db.Event{}
		fails := 1
		r.Consume("person.saved", "index", func(_ context.Context, e db.Event) error {
			got["index"] = append(got["index"], e)
			return nil
		})
		r.Consume("person.saved", "mail", func(_ context.Context, e db.Event) error {
			got["mail"] = append(got["mail"], e)
			if fails > 0 {
				fails--
				return errors.New("the mail server sleeps")
			}
			return nil
		})
		r.Consume("other", "index", func(context.Context, db.Event) error { t.Error("wrong topic"); return nil })
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return errors.Join(tx.Emit("person.saved", "o", "p1", "p2"), tx.Emit("nobody listens", "o"))
		})
		if err != nil {
			t.Fatal(err)
		}
		at := h.Now().UnixMicro()
		drain(t, r)
		h.move(time.Minute)
		drain(t, r)
		drain(t, r)
		if len(got["index"]) != 1 || len(got["mail"]) != 2 {
			t.Fatalf("index got %d, mail %d; want 1 and 2", len(got["index"]), len(got["mail"]))
		}
		e := got["index"][0]
		if e.Topic != "person.saved" || e.Org != "o" || !slices.Equal(e.IDs, []core.ID{"p1", "p2"}) || e.At != at || e.ID == "" {
			t.Errorf("event %+v", e)
		}
		if got["mail"][0].ID != e.ID || got["mail"][1].ID != e.ID {
			t.Error("one event has two ids")
		}
		var left int
		if err := d.Read(t.Context(), func(q db.Querier) error {
			return q.QueryRow(`SELECT (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM job)`).Scan(&left)
		}); err != nil || left != 0 {
			t.Errorf("%d rows stay (%v)", left, err)
		}
	})
}

func TestEnqueueLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		many := make([]core.ID, 501)
		for i := range many {
			many[i] = "x"
		}
		for name, fn := range map[string]func(tx *db.Tx) error{
			"no kind":       func(tx *db.Tx) error { return tx.Enqueue(db.Job{}) },
			"reserved kind": func(tx *db.Tx) error { return tx.Enqueue(db.Job{Kind: "event/a/b"}) },
			"many ids":      func(tx *db.Tx) error { return tx.Enqueue(db.Job{Kind: "x", Args: many}) },
			"empty id":      func(tx *db.Tx) error { return tx.Enqueue(db.Job{Kind: "x", Args: []core.ID{""}}) },
			"prose":         func(tx *db.Tx) error { return tx.Emit("x", "", "two words") },
			"no topic":      func(tx *db.Tx) error { return tx.Emit("", "") },
			"many ids out":  func(tx *db.Tx) error { return tx.Emit("x", "", many...) },
		} {
			if err := d.Tx(t.Context(), fn); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return tx.Emit("x", "", many[:500]...) }); err != nil {
			t.Errorf("500 ids: %v", err)
		}
		r := db.NewRunner(d)
		got := 0
		r.Consume("x", "c", func(_ context.Context, e db.Event) error { got = len(e.IDs); return nil })
		drain(t, r)
		if got != 500 {
			t.Errorf("%d ids arrived of 500", got)
		}
	})
}

// Run wakes at a commit, sleeps until the next job is due, and ends with its
// context after the handler that is running.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t, db.Config{Clock: clock.System{}})
		r := db.NewRunner(d)
		ran := make(chan time.Time, 10)
		r.Handle("x", func(context.Context, db.Job) error { ran <- time.Now(); return nil })
		inside, goOn := make(chan struct{}), make(chan struct{})
		r.Handle("long", func(ctx context.Context, _ db.Job) error {
			close(inside)
			<-goOn
			return ctx.Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		start := time.Now()
		enqueue(t, d, db.Job{Kind: "x"}, db.Job{Kind: "x", RunAt: start.Add(3 * time.Second).UnixMicro()})
		if at := <-ran; at.Sub(start) > time.Second {
			t.Errorf("a commit woke the runner after %v", at.Sub(start))
		}
		if at := <-ran; at.Sub(start) < 3*time.Second || at.Sub(start) > 4*time.Second {
			t.Errorf("a job due after 3 s ran after %v", at.Sub(start))
		}
		enqueue(t, d, db.Job{Kind: "long"})
		<-inside
		cancel()
		synctest.Wait()
		select {
		case <-ended:
			t.Error("Run ended before its handler")
		default:
		}
		close(goOn)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
