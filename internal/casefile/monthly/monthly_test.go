package monthly_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/monthly"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// law counts what it computes.
type law struct {
	digest string
	runs   map[core.ID]int
	broken core.ID // whose rights cannot be computed
}

func (l *law) Digest() string              { return l.digest }
func (l *law) Program() ([]byte, int)      { return []byte(l.digest), 1 }
func (l *law) Rights() []string            { return []string{"af"} }
func (l *law) Inputs() []casefile.Variable { return nil }
func (l *law) Evaluate(_ context.Context, p *casefile.Picture) ([]casefile.Outcome, error) {
	if p.Claimant == l.broken {
		return nil, errors.New("broken")
	}
	l.runs[p.Claimant]++
	return []casefile.Outcome{{Right: "af", Status: casefile.ToVerify, Detail: []byte("{}"), Explanation: []byte("{}")}}, nil
}

type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

type world struct {
	t     *testing.T
	db    *db.DB
	law   *law
	clock *hands
	cases *casefile.Service
	runs  *monthly.Service
	org   core.ID
	team  core.ID
	ctx   context.Context
}

// each runs fn in an organisation of La Réunion: its months begin at 20:00 UTC.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, db: d, law: &law{digest: "law-1", runs: map[core.ID]int{}}, clock: &hands{time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)}}
		ring, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
		must(t, err)
		fields, err := secret.NewFields(rand.NewChaCha8([32]byte{5}), ring)
		must(t, err)
		lines := journal.New(d, nil)
		acc, err := access.New(d, lines, fields, bytes.Repeat([]byte{1}, 32), access.Options{})
		must(t, err)
		system := core.Actor{Kind: core.ActorSystem, ID: "test"}
		system.Org, err = acc.CreateOrganisation(core.WithActor(t.Context(), system), access.Organisation{Name: "CCAS d'essai", Place: "Indian/Reunion"})
		must(t, err)
		w.org, w.ctx = system.Org, core.WithActor(t.Context(), system)
		w.team, err = acc.CreateTeam(w.ctx, "Polyvalence")
		must(t, err)
		place, err := time.LoadLocation("Indian/Reunion")
		must(t, err)
		w.cases, err = casefile.New(casefile.Deps{
			DB: d, Access: acc, Journal: lines, Fields: fields, Engine: w.law, Clock: w.clock,
			PhoneKey: func(n string) string { return ring.HMAC("phone", n) },
			Place:    func(core.ID) *time.Location { return place },
			Random:   rand.NewChaCha8([32]byte{9}),
		})
		must(t, err)
		w.runs = monthly.New(w.cases)
		fn(t, w)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) people(n int) (ids []core.ID) {
	w.t.Helper()
	for i := range n {
		id, err := w.cases.CreatePerson(casefile.ComputeLater(w.ctx), casefile.NewPerson{
			Identity: casefile.Identity{UsualName: "Essai", GivenNames: "Anne", Birth: core.PartialDate{Year: 1900 + i%100, Month: 1 + i%12, Day: 1}}, Team: w.team, SeenDuplicates: true,
		})
		must(w.t, err)
		ids = append(ids, id)
	}
	return ids
}

// jobs drains the jobs due now and returns when the next one runs.
func (w *world) jobs() (next time.Time, left int) {
	w.t.Helper()
	for {
		at, n := w.queue()
		if n == 0 || at.After(w.clock.now) {
			return at, n
		}
		must(w.t, w.db.Tx(w.t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM job WHERE id = (SELECT MIN(id) FROM job WHERE kind = $1 AND run_at = $2)`, monthly.Job, at.UnixMicro())
			return err
		}))
		must(w.t, w.runs.Run(w.t.Context(), db.Job{Kind: monthly.Job, Org: w.org}))
	}
}

func (w *world) queue() (first time.Time, n int) {
	w.t.Helper()
	must(w.t, w.db.Read(w.t.Context(), func(q db.Querier) error {
		var at int64
		var count int64
		err := q.QueryRow(`SELECT COALESCE(MIN(run_at), 0), COUNT(*) FROM job WHERE kind = $1`, monthly.Job).Scan(&at, &count)
		first, n = time.UnixMicro(at).UTC(), int(count)
		return err
	}))
	return first, n
}

func (w *world) lines() (n int64) {
	w.t.Helper()
	must(w.t, w.db.Read(w.t.Context(), func(q db.Querier) error {
		return q.QueryRow(`SELECT COUNT(*) FROM journal WHERE org_id = $1`, w.org).Scan(&n)
	}))
	return n
}

func TestTheFirstOfTheMonth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ids := w.people(230) // more than one job takes
		w.law.broken = ids[3]
		before := w.lines()
		must(t, w.runs.Start(w.ctx))
		must(t, w.runs.Start(w.ctx)) // a second process, or the next day
		next, left := w.jobs()
		if want := time.Date(2026, 6, 30, 20, 0, 0, 0, time.UTC); left != 1 || !next.Equal(want) {
			t.Errorf("%d jobs wait, the first at %v, want one at the organisation's midnight, %v", left, next, want)
		}
		for i, id := range ids {
			if want := map[bool]int{true: 0, false: 1}[i == 3]; w.law.runs[id] != want {
				t.Errorf("person %d computed %d times, want %d", i, w.law.runs[id], want)
			}
		}
		if n := w.lines() - before; n != 2 {
			t.Errorf("%d lines in the journal, want one for each part of the run", n)
		}
		// The same month again, and one minute before the next: nothing to do.
		must(t, w.runs.Start(w.ctx))
		w.clock.now = time.Date(2026, 6, 30, 19, 59, 0, 0, time.UTC)
		must(t, w.runs.Start(w.ctx))
		w.jobs()
		if w.law.runs[ids[0]] != 1 {
			t.Errorf("computed %d times in June", w.law.runs[ids[0]])
		}
		// July begins there, not yet in Paris.
		w.clock.now = time.Date(2026, 6, 30, 20, 0, 0, 0, time.UTC)
		next, left = w.jobs()
		if want := time.Date(2026, 7, 31, 20, 0, 0, 0, time.UTC); left != 1 || !next.Equal(want) {
			t.Errorf("%d jobs wait, the first at %v, want one at %v", left, next, want)
		}
		for _, id := range []core.ID{ids[0], ids[229]} {
			f, err := w.cases.OpenFile(w.ctx, id, 0)
			must(t, err)
			if f.Stale != casefile.Fresh || f.Month != core.Month(2026*12+6) {
				t.Errorf("the page of %v says %q", f.Month, f.Stale)
			}
		}
	})
}

func TestANewLawAndAStop(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ids := w.people(5)
		must(t, w.runs.Start(w.ctx))
		w.jobs()
		// A file saved meanwhile is up to date: the run leaves it alone.
		w.law.digest = "law-2"
		must(t, w.cases.Recompute(w.ctx, ids[1], 0))
		must(t, w.runs.Start(w.ctx))
		stopped, cancel := context.WithCancel(w.ctx)
		cancel()
		if err := w.runs.Run(stopped, db.Job{Kind: monthly.Job, Org: w.org}); err == nil {
			t.Error("a stopped run says that it went well")
		}
		w.jobs()
		for _, id := range ids {
			if w.law.runs[id] != 2 {
				t.Errorf("%d calculations, want one by law", w.law.runs[id])
			}
		}
		if again := w.lines(); again != 0 {
			w.jobs()
			if n := w.lines(); n != again {
				t.Errorf("%d lines more for nothing", n-again)
			}
		}
	})
}
