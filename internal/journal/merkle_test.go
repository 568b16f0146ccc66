package journal_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// linesADay is a small organisation: 20 workers who each open or list a hundred
// times.
const linesADay = 2000

const install = "00112233445566778899aabbccddeeff"

// signing makes a journal with a key.
func signing(t testing.TB, d *db.DB) *journal.Journal {
	t.Helper()
	j := journal.New(d, rand.Reader)
	j.SignWith(key(t, install, 7))
	return j
}

func key(t testing.TB, of string, seed byte) *journal.Key {
	t.Helper()
	k, err := journal.NewKey(of, []byte(strings.Repeat(string(rune(seed)), 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write records n lines in one organisation, fifty in a transaction.
func write(t testing.TB, d *db.DB, j *journal.Journal, in core.ID, n int) {
	t.Helper()
	ctx := worker(t.Context(), in)
	for done := 0; done < n; done += 50 {
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			for i := done; i < min(done+50, n); i++ {
				if err := j.Record(ctx, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{core.ID(fmt.Sprint("person-", i%9))}}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func change(t testing.TB, d *db.DB, sql ...string) {
	t.Helper()
	if err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for _, s := range sql {
			if _, err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func sign(t testing.TB, j *journal.Journal, in core.ID) journal.Checkpoint {
	t.Helper()
	c, err := j.Checkpoint(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func check(t testing.TB, j *journal.Journal, kept ...journal.Checkpoint) journal.Report {
	t.Helper()
	r, err := j.Check(t.Context(), kept...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// leaves reads the leaves of the only tree of an organisation.
func leaves(t testing.TB, d *db.DB, in core.ID) [][]byte {
	t.Helper()
	var out [][]byte
	err := d.Read(t.Context(), func(q db.Querier) error {
		rows, err := q.Query(`SELECT leaf FROM journal WHERE org_id = $1 ORDER BY seq`, in)
		return db.Each(rows, err, func(r *db.Rows) error {
			var leaf []byte
			err := r.Scan(&leaf)
			out = append(out, leaf)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// plainRoot is the root as RFC 6962 defines it, without any shortcut.
func plainRoot(leaves [][]byte) tlog.Hash {
	if len(leaves) == 1 {
		return tlog.RecordHash(leaves[0])
	}
	half := 1
	for half*2 < len(leaves) {
		half *= 2
	}
	return tlog.NodeHash(plainRoot(leaves[:half]), plainRoot(leaves[half:]))
}

func TestRootsAreThoseOfTheStandard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		if c := sign(t, j, org); c.Size != 0 || c.Note != "" {
			t.Errorf("a checkpoint of nothing: %+v", c)
		}
		for _, more := range []int{1, 1, 5, 24, 1, 1, 30, 1, 1, 130, 60} {
			write(t, d, j, org, more)
			all := leaves(t, d, org)
			c := sign(t, j, org)
			if c.Size != int64(len(all)) || c.Root != plainRoot(all) {
				t.Fatalf("after %d lines: checkpoint of %d, root %v, want %v", len(all), c.Size, c.Root, plainRoot(all))
			}
			again, err := journal.ParseCheckpoint(c.Note, j.PublicKey())
			if err != nil || again != c {
				t.Fatalf("read back: %+v, %v; want %+v", again, err, c)
			}
			if same := sign(t, j, org); same.Note != c.Note {
				t.Error("the same tree is signed twice")
			}
		}
		if r := check(t, j); !r.Well() || r.Checkpoints != 11 || r.Unsigned != 0 {
			t.Errorf("check: %+v", r)
		}
	})
}

// TestLinesOfBeforeTheTree: an installation that wrote lines before there was a
// tree gets it at the start, or little by little while it writes.
func TestLinesOfBeforeTheTree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		write(t, d, j, org, 1200)
		write(t, d, j, other, 40)
		change(t, d, `DELETE FROM journal_node`)
		want := plainRoot(leaves(t, d, org))
		if got := sign(t, j, org); got.Root != want {
			t.Errorf("without nodes: %v, want %v", got.Root, want)
		}
		write(t, d, j, org, 80) // brings a few groups
		var told, all int64
		if err := j.Raise(t.Context(), func(done, of int64) { told, all = done, of }); err != nil {
			t.Fatal(err)
		}
		if told != all || told != 1280+32 {
			t.Errorf("raised %d of %d lines, want %d", told, all, 1280+32)
		}
		var nodes int64
		err := d.Read(t.Context(), func(q db.Querier) error {
			return q.QueryRow(`SELECT COUNT(*) FROM journal_node WHERE org_id = $1`, org).Scan(&nodes)
		})
		if err != nil || nodes != 40+20+10+5+2+1 {
			t.Errorf("%d nodes over 1,280 lines, %v; want 78", nodes, err)
		}
		told = 0
		if err := j.Raise(t.Context(), func(done, _ int64) { told = done }); err != nil || told != 0 {
			t.Errorf("raised again: %d lines, %v", told, err)
		}
		if got := sign(t, j, org); got.Root != plainRoot(leaves(t, d, org)) {
			t.Error("another root once raised")
		}
		if r := check(t, j); !r.Well() {
			t.Error(r.String())
		}
	})
}

// TestCheckSeesWhatOnlySignaturesTell: somebody who rewrites rows so that each line
// agrees with itself.
func TestCheckSeesWhatOnlySignaturesTell(t *testing.T) {
	whole := `UPDATE journal SET event = (SELECT k.event FROM journal k WHERE k.seq = %[1]d), salt = (SELECT k.salt FROM journal k WHERE k.seq = %[1]d),
leaf = (SELECT k.leaf FROM journal k WHERE k.seq = %[1]d) WHERE seq = %[2]d`
	for name, c := range map[string]struct {
		sql   []string
		fault string
	}{
		"the last lines removed":       {[]string{`DELETE FROM journal WHERE seq >= 95`}, "lines 95 to 99 are missing at the end"},
		"the last line removed":        {[]string{`DELETE FROM journal WHERE seq = 99`}, "lines 99 to 99 are missing at the end"},
		"everything removed":           {[]string{`DELETE FROM journal`}, "lines 0 to 99 are missing at the end"},
		"a line and its leaf replaced": {[]string{fmt.Sprintf(whole, 69, 70)}, "lines 40 to 99 are not those that were signed"},
		"a leaf replaced, erased":      {[]string{`UPDATE journal SET event = NULL, salt = NULL, closed = NULL, closed_salt = NULL, subjects = NULL, leaf = (SELECT k.leaf FROM journal k WHERE k.seq = 3) WHERE seq = 5`, `DELETE FROM journal_subject WHERE seq = 5`}, "lines 0 to 39 are not those that were signed"},
		"a node replaced":              {[]string{`UPDATE journal_node SET hash = (SELECT k.leaf FROM journal k WHERE k.seq = 3)`}, "a node is not the one"},
		"a checkpoint changed":         {[]string{`UPDATE journal_checkpoint SET note = REPLACE(note, '2026', '2025')`}, "did not sign"},
		"a checkpoint of another size": {[]string{`UPDATE journal_checkpoint SET size = 41 WHERE size = 40`}, "did not sign"},
		"a line added behind the head": {[]string{`INSERT INTO journal (org_id, tree, seq, id, at, day, event, salt, closed, closed_salt, subjects, leaf) SELECT org_id, tree, 100, id, at, day, event, salt, closed, closed_salt, subjects, leaf FROM journal WHERE seq = 99`}, "belongs elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				j := signing(t, d)
				write(t, d, j, org, 40)
				sign(t, j, org)
				write(t, d, j, org, 60)
				sign(t, j, org)
				if r := check(t, j); !r.Well() || r.Lines != 100 {
					t.Fatal(r.String())
				}
				change(t, d, c.sql...)
				if r := check(t, j); !strings.Contains(r.String(), c.fault) {
					t.Errorf("faults %q, want one with %q", r.String(), c.fault)
				}
			})
		})
	}
}

// TestKeptCheckpointSeesAJournalPutBack: lines and checkpoints removed together are
// seen by whoever kept a checkpoint.
func TestKeptCheckpointSeesAJournalPutBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		write(t, d, j, org, 50)
		kept := sign(t, j, org)
		if r := check(t, j, kept); !r.Well() {
			t.Fatal(r.String())
		}
		change(t, d, `DELETE FROM journal WHERE seq >= 45`, `DELETE FROM journal_checkpoint`)
		if r := check(t, j); !r.Well() {
			t.Errorf("without what was kept nothing can be seen, and yet: %s", r.String())
		}
		if r := check(t, j, kept); !strings.Contains(r.String(), "lines 45 to 49 are missing at the end") {
			t.Errorf("faults %q", r.String())
		}
		change(t, d, `DELETE FROM journal`, `DELETE FROM journal_head`, `DELETE FROM journal_node`, `DELETE FROM journal_subject`)
		if r := check(t, j, kept); !strings.Contains(r.String(), "lines 0 to 49 are missing at the end") {
			t.Errorf("faults %q", r.String())
		}
	})
}

func TestForgedCheckpoints(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		write(t, d, j, org, 3)
		c := sign(t, j, org)
		forged := journal.New(d, rand.Reader)
		forged.SignWith(key(t, install, 8))
		write(t, d, forged, org, 1)
		theirs := sign(t, forged, org)
		for name, note := range map[string]string{
			"another size": strings.Replace(c.Note, "\n3\n", "\n4\n", 1), "another key": theirs.Note, "cut": c.Note[:len(c.Note)-4],
			"empty": "", "no signature": strings.SplitAfter(c.Note, "\n\n")[0], "long": c.Note + strings.Repeat("x", 5000),
		} {
			if _, err := journal.ParseCheckpoint(note, j.PublicKey()); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		if r := check(t, j); !strings.Contains(r.String(), "did not sign") {
			t.Errorf("a checkpoint of another key: %q", r.String())
		}
	})
}

// TestWritingGoesOnWhereOldLinesAreLost: a line and the nodes above it that are lost
// stop the tree, and nothing else; no node is kept of what cannot be proved.
func TestWritingGoesOnWhereOldLinesAreLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		j := signing(t, d)
		write(t, d, j, org, 32*7)
		change(t, d, `DELETE FROM journal WHERE seq = 5`,
			fmt.Sprintf(`DELETE FROM journal_node WHERE spot IN (%d, %d, %d)`, tlog.StoredHashIndex(5, 0), tlog.StoredHashIndex(6, 0), tlog.StoredHashIndex(7, 0)))
		write(t, d, j, org, 32*4) // the next group completes the node over all eight
		if err := j.Raise(t.Context(), nil); err != nil {
			t.Error(err)
		}
		var above int64
		err := d.Read(t.Context(), func(q db.Querier) error {
			return q.QueryRow(`SELECT COUNT(*) FROM journal_node WHERE spot > $1`, tlog.StoredHashIndex(5, 6)).Scan(&above)
		})
		if err != nil || above != 0 {
			t.Errorf("%d nodes are kept beyond what is lost, %v", above, err)
		}
		if r := check(t, j); !strings.Contains(r.String(), "lines 5 to 5 are missing") || r.Lines != 32*11-1 {
			t.Errorf("%d lines, faults %q", r.Lines, r.String())
		}
	})
}

// TestCheckpointsOfLongAgoAreThinned: one a day stays, and those that somebody has;
// the journal proves as before.
func TestCheckpointsOfLongAgoAreThinned(t *testing.T) {
	begun := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	clk := &moving{now: begun}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = begun
		j := signing(t, d)
		ctx := worker(t.Context(), org)
		record(t, d, j, ctx, journal.Event{Kind: "sheet.print", Subjects: []core.ID{anna}, Code: "0000001"})
		// Five signatures a day in two organisations, for ten days.
		var kept journal.Checkpoint
		for day := range 10 {
			for hour := range 5 {
				clk.now = begun.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
				write(t, d, j, org, 3)
				sign(t, j, org)
				write(t, d, j, other, 1)
				c := sign(t, j, other)
				if day == 2 && hour == 1 {
					kept = c
					if _, err := j.Newest(t.Context()); err != nil { // somebody keeps them
						t.Fatal(err)
					}
				}
			}
		}
		count := func() (n int64) {
			t.Helper()
			if err := d.Read(t.Context(), func(q db.Querier) error {
				return q.QueryRow(`SELECT COUNT(*) FROM journal_checkpoint`).Scan(&n)
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		thin := func(want, left int64) {
			t.Helper()
			n, err := j.Thin(t.Context())
			if err != nil || n != want || count() != left {
				t.Errorf("thinned %d of 100, %v, %d stay; want %d, %d", n, err, count(), want, left)
			}
		}
		thin(0, 100)
		clk.now = begun.AddDate(0, 0, 31+4)
		thin(4*2*4-2, 100-30) // four days are over; two of their checkpoints are somebody's
		thin(0, 70)
		clk.now = begun.AddDate(1, 0, 0)
		thin(6*2*4, 22)
		if r := check(t, j, kept); !r.Well() || r.Checkpoints != 23 {
			t.Errorf("after: %+v", r)
		}
		// A receipt is under one signature, however often it is asked.
		mark := ""
		if err := d.Read(t.Context(), func(q db.Querier) error {
			var err error
			mark, err = journal.Mark(q, org, "0000001")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		first, err := j.Receipt(t.Context(), "0000001", mark)
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, j, org, 40)
		again, err := j.Receipt(t.Context(), "0000001", mark)
		if err != nil || string(again.Text()) != string(first.Text()) {
			t.Errorf("asked again, the receipt is another: %v", err)
		}
	})
}
