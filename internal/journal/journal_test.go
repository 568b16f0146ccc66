package journal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const (
	org   core.ID = "019ea000-0000-7000-8000-000000000001"
	other core.ID = "019ea000-0000-7000-8000-000000000002"
	anna  core.ID = "019ea000-0000-7000-8000-00000000000a"
	bilal core.ID = "019ea000-0000-7000-8000-00000000000b"
)

var june = struct{ first, last core.Date }{core.Date{Year: 2026, Month: 6, Day: 1}, core.Date{Year: 2026, Month: 6, Day: 30}}

func worker(ctx context.Context, in core.ID) context.Context {
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorWorker, ID: "worker-1", Org: in, Teams: []core.ID{"team-1"}, Session: "session-1", AAL: 2})
	return journal.WithFunction(ctx, "assistante sociale")
}

func record(t testing.TB, d *db.DB, j *journal.Journal, ctx context.Context, e journal.Event) {
	t.Helper()
	if err := d.Tx(ctx, func(tx *db.Tx) error { return j.Record(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
}

func linesOf(t testing.TB, d *db.DB, in, person core.ID) []journal.Entry {
	t.Helper()
	var out []journal.Entry
	err := d.Read(t.Context(), func(q db.Querier) error {
		var err error
		if person == "" {
			out, err = journal.ForOrg(q, in, journal.Before{}, 200)
		} else {
			out, err = journal.ForPerson(q, in, person, june.first, june.last)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wellKept(t testing.TB, j *journal.Journal, lines int64) {
	t.Helper()
	r, err := j.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Well() || r.Lines != lines {
		t.Errorf("check: %d lines, want %d; faults: %s", r.Lines, lines, r.String())
	}
}

func TestALineTellsWhoDidWhatAboutWhom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		ctx := worker(t.Context(), org)
		record(t, d, j, ctx, journal.Event{
			Kind: "fact.save", Subjects: []core.ID{anna}, Object: "fact", ObjectID: "fact-1",
			Reason: "accord du 4 juin", Detail: map[string]string{"variable": "rent"},
		})
		record(t, d, j, ctx, journal.Event{Kind: "search", Subjects: []core.ID{bilal, anna, bilal}})

		got := linesOf(t, d, org, anna)
		if len(got) != 2 {
			t.Fatalf("anna has %d lines, want 2", len(got))
		}
		for i := range got {
			got[i].Tree, got[i].ID = "", ""
		}
		at := time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)
		actor := core.Actor{Kind: core.ActorWorker, ID: "worker-1", Org: org, Teams: []core.ID{"team-1"}, Session: "session-1", AAL: 2}
		day := core.Date{Year: 2026, Month: 6, Day: 11}
		want := []journal.Entry{
			{Org: org, Seq: 1, Day: day, Kind: "search", ActorKind: core.ActorWorker, Function: "assistante sociale", At: at, Actor: actor},
			{Org: org, Seq: 0, Day: day, Kind: "fact.save", ActorKind: core.ActorWorker, Function: "assistante sociale", Object: "fact",
				Reason: "accord du 4 juin", At: at, Actor: actor, ObjectID: "fact-1", Detail: map[string]string{"variable": "rent"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines of anna (-want +got):\n%s", diff)
		}
		if n := len(linesOf(t, d, org, bilal)); n != 1 {
			t.Errorf("bilal has %d lines, want 1: one event names a subject once", n)
		}
		wellKept(t, j, 2)
	})
}

// TestAnEventHidesWhatThePersonMayNotSee: the bytes that a person verifies hold
// neither the worker, nor the minute, nor the other persons of the list.
func TestAnEventHidesWhatThePersonMayNotSee(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		record(t, d, j, worker(t.Context(), org), journal.Event{Kind: "list", Subjects: []core.ID{anna, bilal}, ObjectID: "row-9", Detail: map[string]string{"page": "2"}})
		var event []byte
		err := d.Read(t.Context(), func(q db.Querier) error {
			return q.QueryRow(`SELECT event FROM journal WHERE org_id = $1`, org).Scan(&event)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{string(anna), string(bilal), "worker-1", "team-1", "session-1", "row-9", "page", "1781161200"} {
			if bytes.Contains(event, []byte(secret)) {
				t.Errorf("the event tells %q:\n%s", secret, event)
			}
		}
	})
}

func TestOrganisationsHaveTheirOwnTrees(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		record(t, d, j, worker(t.Context(), org), journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
		record(t, d, j, worker(t.Context(), other), journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
		record(t, d, j, worker(t.Context(), ""), journal.Event{Kind: "session.failed"})
		trees := map[core.ID]bool{}
		for _, in := range []core.ID{org, other, ""} {
			lines := linesOf(t, d, in, "")
			if len(lines) != 1 || lines[0].Seq != 0 || lines[0].Org != in {
				t.Fatalf("organisation %q: %+v, want one line numbered 0", in, lines)
			}
			trees[lines[0].Tree] = true
		}
		if len(trees) != 3 {
			t.Errorf("%d trees, want 3", len(trees))
		}
		wellKept(t, j, 3)
	})
}

func TestDaysAreThoseOfThePlace(t *testing.T) {
	evening := clock.Fixed(time.Date(2026, 6, 11, 21, 30, 0, 0, time.UTC))
	dbtest.EachConfig(t, db.Config{Clock: evening}, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		for _, c := range []struct {
			org   core.ID
			place string
			day   string
		}{{org, "", "2026-06-11"}, {other, "Indian/Reunion", "2026-06-12"}} {
			ctx := worker(t.Context(), c.org)
			if c.place != "" {
				if err := d.Tx(ctx, func(tx *db.Tx) error { return j.SetPlace(tx, c.org, c.place) }); err != nil {
					t.Fatal(err)
				}
			}
			record(t, d, j, ctx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
			if got := linesOf(t, d, c.org, anna)[0].Day.String(); got != c.day {
				t.Errorf("place %q: day %s, want %s", c.place, got, c.day)
			}
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error { return j.SetPlace(tx, org, "Mars/Olympus") })
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("unknown place: %v, want Invalid", err)
		}
	})
}

func TestAFailedWriteLeavesNoLineAndNoHole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		ctx := worker(t.Context(), org)
		record(t, d, j, ctx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna}})
		broken := errors.New("broken")
		err := d.Tx(ctx, func(tx *db.Tx) error {
			if err := j.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna}}); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
		record(t, d, j, ctx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna}})
		wellKept(t, j, 2)
		if n := len(linesOf(t, d, org, anna)); n != 2 {
			t.Errorf("%d lines, want 2", n)
		}
	})
}

func TestRecordRefuses(t *testing.T) {
	many := make([]core.ID, journal.MaxSubjects+1)
	for i := range many {
		many[i] = core.ID(fmt.Sprint("p", i))
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		for name, c := range map[string]struct {
			ctx   context.Context
			event journal.Event
		}{
			"no actor":          {t.Context(), journal.Event{Kind: "file.open"}},
			"no kind":           {worker(t.Context(), org), journal.Event{}},
			"too many subjects": {worker(t.Context(), org), journal.Event{Kind: "search", Subjects: many}},
			"empty subject":     {worker(t.Context(), org), journal.Event{Kind: "search", Subjects: []core.ID{""}}},
			"long reason":       {worker(t.Context(), org), journal.Event{Kind: "search", Reason: strings.Repeat("é", 1001)}},
			"content in detail": {worker(t.Context(), org), journal.Event{Kind: "search", Detail: map[string]string{"note": strings.Repeat("x", 129)}}},
			"not UTF-8":         {worker(t.Context(), org), journal.Event{Kind: "search", Reason: "\xff"}},
		} {
			err := d.Tx(c.ctx, func(tx *db.Tx) error { return j.Record(c.ctx, tx, c.event) })
			if !errs.Is(err, errs.Internal) {
				t.Errorf("%s: %v, want Internal", name, err)
			}
		}
		ctx := worker(t.Context(), org)
		record(t, d, j, ctx, journal.Event{Kind: "search", Subjects: many[1:]})
		for _, p := range []core.ID{many[1], many[journal.MaxSubjects]} {
			if n := len(linesOf(t, d, org, p)); n != 1 {
				t.Errorf("subject %s has %d lines, want 1", p, n)
			}
		}
		wellKept(t, j, 1)
	})
}

func TestReadShowsNothingWithoutItsLine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		ctx := worker(t.Context(), org)
		if err := j.Read(ctx, func(db.Querier) (journal.Event, error) {
			return journal.Event{Kind: "file.open", Subjects: []core.ID{anna}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := len(linesOf(t, d, org, anna)); n != 1 {
			t.Errorf("%d lines after a read, want 1", n)
		}
		missing := errs.New(errs.NotFound, "errs.internal")
		if err := j.Read(ctx, func(db.Querier) (journal.Event, error) { return journal.Event{}, missing }); !errors.Is(err, missing) {
			t.Errorf("fn's error became %v", err)
		}
		if n := len(linesOf(t, d, org, anna)); n != 1 {
			t.Errorf("%d lines after a read that found nothing, want 1", n)
		}

		dropJournal(t, d)
		err := j.Read(ctx, func(db.Querier) (journal.Event, error) {
			return journal.Event{Kind: "file.open", Subjects: []core.ID{anna}}, nil
		})
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("journal cannot be written: %v, want Unavailable", err)
		}
	})
}

func dropJournal(t *testing.T, d *db.DB) {
	t.Helper()
	if err := d.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`DROP TABLE journal`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestManyWritersOneOrder: lines written at the same time get each their number,
// without a hole, in several organisations.
func TestManyWritersOneOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		const writers, each = 8, 10
		var wg sync.WaitGroup
		failed := make(chan error, writers*each)
		for w := range writers {
			wg.Go(func() {
				ctx := worker(t.Context(), []core.ID{org, other}[w%2])
				for range each {
					failed <- d.Tx(ctx, func(tx *db.Tx) error {
						return j.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna}})
					})
				}
			})
		}
		wg.Wait()
		close(failed)
		for err := range failed {
			if err != nil {
				t.Fatal(err)
			}
		}
		wellKept(t, j, writers*each)
	})
}

// TestFailuresLeaveNoHole: use cases that write several lines at the same time, in
// several organisations, a third of which fail after their lines: numbers follow each
// other all the same.
func TestFailuresLeaveNoHole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		const writers, each = 12, 15
		boom := errors.New("boom")
		var wg sync.WaitGroup
		unexpected := make(chan error, writers*each)
		kept := make(chan int, writers*each)
		for w := range writers {
			wg.Go(func() {
				for n := range each {
					in := []core.ID{org, other, ""}[(w+n)%3]
					ctx := worker(t.Context(), in)
					err := d.Tx(ctx, func(tx *db.Tx) error {
						for range 1 + n%3 {
							if err := j.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna, bilal}}); err != nil {
								return err
							}
						}
						if n%5 == 1 {
							if err := j.SetPlace(tx, in, "Indian/Reunion"); err != nil {
								return err
							}
						}
						if (w*each+n)%3 == 0 {
							return boom
						}
						return nil
					})
					switch {
					case err == nil:
						kept <- 1 + n%3
					case !errors.Is(err, boom):
						unexpected <- err
					}
				}
			})
		}
		wg.Wait()
		close(unexpected)
		close(kept)
		for err := range unexpected {
			t.Fatal(err)
		}
		lines := 0
		for n := range kept {
			lines += n
		}
		wellKept(t, j, int64(lines))
	})
}

// TestCheckSeesTampering: 40 lines, of which the index holds the first 32.
func TestCheckSeesTampering(t *testing.T) {
	const fromLine0 = `(SELECT k.%[1]s FROM journal k WHERE k.org_id = journal.org_id AND k.seq = 0)`
	for name, c := range map[string]struct {
		sql   []string
		fault string
	}{
		"an event rewritten":    {[]string{fmt.Sprintf(`UPDATE journal SET event = `+fromLine0+` WHERE seq = 1`, "event")}, "not the one that was written"},
		"a line removed":        {[]string{`DELETE FROM journal WHERE seq = 39 - 1`}, "lines 38 to 38 are missing"},
		"the end removed":       {[]string{`DELETE FROM journal WHERE seq >= 30`}, "missing at the end"},
		"the start removed":     {[]string{`DELETE FROM journal WHERE seq = 0`}, "lines 0 to 0 are missing"},
		"two lines exchanged":   {[]string{`UPDATE journal SET seq = 99 WHERE seq = 33`, `UPDATE journal SET seq = 33 WHERE seq = 34`, `UPDATE journal SET seq = 34 WHERE seq = 99`}, "belongs elsewhere"},
		"the head removed":      {[]string{`DELETE FROM journal_head`}, "without a head"},
		"the worker replaced":   {[]string{fmt.Sprintf(`UPDATE journal SET closed = `+fromLine0+` WHERE seq = 1`, "closed")}, "closed part"},
		"the instant moved":     {[]string{`UPDATE journal SET at = at + 60000000 WHERE seq = 1`}, "closed part"},
		"the day moved":         {[]string{`UPDATE journal SET day = '2026-06-10' WHERE seq = 35`}, "belongs elsewhere"},
		"a subject replaced":    {[]string{fmt.Sprintf(`UPDATE journal SET subjects = `+fromLine0+` WHERE seq = 35`, "subjects")}, "a subject is not"},
		"the worker hidden":     {[]string{`UPDATE journal SET closed = NULL WHERE seq = 35`}, "closed part"},
		"all workers hidden":    {[]string{`UPDATE journal SET closed = NULL, closed_salt = NULL`}, "line 0: the closed part"},
		"all persons hidden":    {[]string{`UPDATE journal SET subjects = NULL`, `DELETE FROM journal_subject`}, "line 35: a subject is not one that was written (1 of 1 are not there)"},
		"erased and hidden":     {[]string{`UPDATE journal SET closed = NULL WHERE seq = 35`, `UPDATE journal SET event = NULL, salt = NULL, closed = NULL, closed_salt = NULL, subjects = NULL WHERE seq = 34`}, "1 erased, 0 announced"},
		"erased in part":        {[]string{`UPDATE journal SET event = NULL, salt = NULL WHERE seq = 35`}, "erased in part"},
		"a subject hidden":      {[]string{`DELETE FROM journal_subject WHERE seq = 2`}, "the index misses"},
		"a subject added":       {[]string{`UPDATE journal_subject SET person = 'someone' WHERE seq = 2`}, "the index names"},
		"subjects cut short":    {[]string{`UPDATE journal SET subjects = leaf WHERE seq = 35`}, "cut short"},
		"a leaf made to match":  {[]string{fmt.Sprintf(`UPDATE journal SET leaf = `+fromLine0+`, event = `+fmt.Sprintf(fromLine0, "event")+`, salt = `+fmt.Sprintf(fromLine0, "salt")+` WHERE seq = 1`, "leaf")}, "belongs elsewhere"},
		"the index ahead of it": {[]string{`UPDATE journal_head SET indexed = 50`}, "missing at the end"},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				j := journal.New(d, rand.Reader)
				ctx := worker(t.Context(), org)
				if err := d.Tx(ctx, func(tx *db.Tx) error {
					for n := range 40 {
						if err := j.Record(ctx, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{core.ID(fmt.Sprint("person-", n))}}); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				wellKept(t, j, 40)
				if err := d.Tx(t.Context(), func(tx *db.Tx) error {
					for _, sql := range c.sql {
						if _, err := tx.Exec(sql); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				r, err := j.Check(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if all := r.String(); !strings.Contains(all, c.fault) {
					t.Errorf("faults %q, want one with %q", all, c.fault)
				}
			})
		})
	}
}

// TestErasedContentKeepsItsPlace: the content of a line and the link to a person
// may go; the rest still holds.
func TestErasedContentKeepsItsPlace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		ctx := worker(t.Context(), org)
		record(t, d, j, ctx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna, bilal}})
		record(t, d, j, ctx, journal.Event{Kind: "fact.save", Subjects: []core.ID{anna}, Reason: "une phrase"})
		lines := linesOf(t, d, org, anna)
		manager := core.WithActor(t.Context(), core.Actor{Kind: core.ActorOrgAdmin, ID: "manager-1", Org: org})
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			_, err := j.Erase(ctx, tx, journal.Erasure{Lines: []journal.Place{{Tree: lines[0].Tree, Seq: 1}}})
			return err
		}); !errs.Is(err, errs.Conflict) {
			t.Errorf("somebody erases what they did: %v", err)
		}
		erase := func(at ...journal.Place) (n int64, err error) {
			err = d.Tx(manager, func(tx *db.Tx) error {
				n, err = j.Erase(manager, tx, journal.Erasure{Lines: at, Reason: "conservée par erreur"})
				return err
			})
			return n, err
		}
		second := journal.Place{Tree: lines[0].Tree, Seq: 1}
		if n, err := erase(second, second); n != 1 || err != nil {
			t.Fatalf("erased %d, %v", n, err)
		}
		if n, err := erase(second); n != 0 || err != nil {
			t.Errorf("erased again: %d, %v", n, err)
		}
		if _, err := erase(journal.Place{Tree: lines[0].Tree, Seq: 2}); !errs.Is(err, errs.Conflict) {
			t.Errorf("the line that tells of an erasure is erased: %v", err)
		}
		if _, err := erase(journal.Place{Tree: lines[0].Tree, Seq: 9}); !errs.Is(err, errs.NotFound) {
			t.Errorf("a line that does not exist is erased: %v", err)
		}
		for _, wrong := range [][]journal.Place{nil, {second, {Tree: "other", Seq: 1}}} {
			if _, err := erase(wrong...); !errs.Is(err, errs.Invalid) {
				t.Errorf("%v: %v, want Invalid", wrong, err)
			}
		}
		part := func(who ...core.ID) (n int64, err error) {
			err = d.Tx(manager, func(tx *db.Tx) error {
				n, err = j.Part(manager, tx, who, journal.Erasure{Lines: []journal.Place{{Tree: lines[0].Tree, Seq: 0}}})
				return err
			})
			return n, err
		}
		if n, err := part(anna, "her other id"); n != 1 || err != nil {
			t.Errorf("anna taken out of a line: %d, %v", n, err)
		}
		if n, err := part(anna); n != 0 || err != nil {
			t.Errorf("anna taken out twice: %d, %v", n, err)
		}
		r, err := j.Check(t.Context())
		if err != nil || !r.Well() || r.Erased != 1 || r.Lines != 4 {
			t.Errorf("check: %+v, %v; want 4 lines, 1 erased, no fault", r, err)
		}
		if got := linesOf(t, d, org, anna); len(got) != 0 {
			t.Errorf("anna's lines: %+v, want none", got)
		}
		if got := linesOf(t, d, org, bilal); len(got) != 1 {
			t.Errorf("bilal has %d lines, want his one", len(got))
		}
		// A person who vanishes without the line that says so is seen.
		change(t, d, `UPDATE journal SET subjects = NULL WHERE seq = 0`)
		if r, err := j.Check(t.Context()); err != nil || !strings.Contains(r.String(), "2 of 2 are not there") {
			t.Errorf("check: %s, %v", r.String(), err)
		}
		// A content that vanishes without the line that says so is seen.
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE journal SET event = NULL, salt = NULL, closed = NULL, closed_salt = NULL, subjects = NULL WHERE seq = 0`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if r, err := j.Check(t.Context()); err != nil || !strings.Contains(r.String(), "2 erased, 1 announced") {
			t.Errorf("check: %s, %v", r.String(), err)
		}
	})
}

// TestLinesOfAPersonAreCompleteAtAnyTime: the index of subjects trails behind the
// lines, which must not show.
func TestLinesOfAPersonAreCompleteAtAnyTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		ctx := worker(t.Context(), org)
		crowd := make([]core.ID, 90)
		for i := range crowd {
			crowd[i] = core.ID(fmt.Sprintf("person-%02d", i))
		}
		var want []int64
		for n := range int64(80) {
			about := []core.ID{anna}
			switch {
			case n%3 == 1:
				about = append(slices.Clone(crowd), anna)
			case n%3 == 2:
				about = []core.ID{bilal}
			}
			if n%3 != 2 {
				want = append([]int64{n}, want...)
			}
			record(t, d, j, ctx, journal.Event{Kind: "search", Subjects: about})
			var got []int64
			for _, e := range linesOf(t, d, org, anna) {
				got = append(got, e.Seq)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("after %d lines (-want +got):\n%s", n+1, diff)
			}
		}
		wellKept(t, j, 80)
		var indexed, rows int64
		err := d.Read(t.Context(), func(q db.Querier) error {
			if err := q.QueryRow(`SELECT indexed FROM journal_head WHERE org_id = $1`, org).Scan(&indexed); err != nil {
				return err
			}
			return q.QueryRow(`SELECT COUNT(*) FROM journal_subject WHERE org_id = $1`, org).Scan(&rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		if indexed < 40 || rows < 1000 {
			t.Errorf("%d of 80 lines indexed, %d subjects: the index does not follow", indexed, rows)
		}
	})
}

func TestLinesOfAPersonByDay(t *testing.T) {
	now := time.Date(2026, 5, 30, 12, 0, 0, 0, time.UTC)
	clk := &moving{now: now}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = now
		j := journal.New(d, rand.Reader)
		for range 5 {
			record(t, d, j, worker(t.Context(), org), journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
			clk.now = clk.now.AddDate(0, 0, 1)
		}
		for _, c := range []struct {
			from, until string
			want        int
		}{{"2026-05-01", "2026-05-31", 2}, {"2026-06-01", "2026-06-30", 3}, {"2026-06-01", "2026-06-01", 1}, {"2026-07-01", "2026-07-31", 0}, {"2026-06-30", "2026-06-01", 0}} {
			from, err := core.ParseDate(c.from)
			if err != nil {
				t.Fatal(err)
			}
			until, err := core.ParseDate(c.until)
			if err != nil {
				t.Fatal(err)
			}
			err = d.Read(t.Context(), func(q db.Querier) error {
				got, err := journal.ForPerson(q, org, anna, from, until)
				if len(got) != c.want {
					t.Errorf("%s to %s: %d lines, want %d", c.from, c.until, len(got), c.want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		err := d.Read(t.Context(), func(q db.Querier) error {
			_, err := journal.ForPerson(q, org, anna, june.first, june.first.AddDays(62))
			return err
		})
		if err == nil {
			t.Error("63 days at once were read")
		}
	})
}

type moving struct{ now time.Time }

func (m *moving) Now() time.Time { return m.now }

func TestPagesOfAnOrganisation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := journal.New(d, rand.Reader)
		for range 5 {
			record(t, d, j, worker(t.Context(), org), journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
		}
		var seen []int64
		before := journal.Before{}
		for range 4 {
			err := d.Read(t.Context(), func(q db.Querier) error {
				page, err := journal.ForOrg(q, org, before, 2)
				for _, e := range page {
					seen = append(seen, e.Seq)
					before = journal.Before{Tree: e.Tree, Seq: e.Seq}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]int64{4, 3, 2, 1, 0}, seen); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}
