package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// What a killed writer is told by.
const (
	killDir = "PARVIS_KILL_DIR"    // where the child writes; set by the test itself
	kills   = "PARVIS_KILLS"       // how many times, 4 unless told
	atLeast = "PARVIS_KILL_WRITES" // acknowledged writes in all, 800 unless told
)

// TestKillsLoseNothingAcknowledged: a process that writes from 64 sides at once,
// signs and brings its trees forward, is killed (kill -9) again and again; every
// write that it acknowledged is there with its line, and the journal verifies.
// `make kill` is 10,000 writes under 20 kills. That a kill loses nothing says
// nothing of a power cut: internal/platform/db cuts the disk.
func TestKillsLoseNothingAcknowledged(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		writeUntilKilled(t, dir)
		return
	}
	times, want := number(t, kills, 4), number(t, atLeast, 800)
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range times {
		for _, id := range writeAndKill(t, dir, round, want/times) {
			acknowledged[id] = true
		}
	}
	d := openKilled(t, dir)
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	var lines, rows int64
	err := d.Read(t.Context(), func(q db.Querier) error {
		found, err := q.Query(`SELECT name FROM install WHERE name LIKE 'write-%'`)
		if err := db.Each(found, err, func(r *db.Rows) error {
			var name string
			err := r.Scan(&name)
			delete(acknowledged, name)
			rows++
			return err
		}); err != nil {
			return err
		}
		return q.QueryRow(`SELECT COUNT(*) FROM journal`).Scan(&lines)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(acknowledged) > 0 || lines != rows || rows < int64(want) {
		t.Errorf("%d acknowledged writes are lost; %d writes, %d lines", len(acknowledged), rows, lines)
	}
	report := check(t, signing(t, d))
	if !report.Well() || report.Lines != lines || report.Checkpoints == 0 {
		t.Errorf("the journal: %+v", report)
	}
	t.Logf("%d kills, %d writes, %d signatures: nothing lost", times, rows, report.Checkpoints)
}

func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q", variable, text)
	}
	return n
}

func openKilled(t *testing.T, dir string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Key: dbtest.Key()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// writeAndKill starts a writer, kills it once it acknowledged so many writes, and
// returns everything that it acknowledged.
func writeAndKill(t *testing.T, dir string, round, writes int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillsLoseNothingAcknowledged$")
	cmd.Env = append(os.Environ(), killDir+"="+dir, "PARVIS_KILL_ROUND="+strconv.Itoa(round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	said := bufio.NewScanner(out)
	for said.Scan() {
		if strings.HasPrefix(said.Text(), "write-") {
			seen = append(seen, said.Text())
		}
		if len(seen) == writes {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(seen) < writes {
		t.Fatalf("round %d: the writer ended by itself after %d writes: %v", round, len(seen), err)
	}
	return seen
}

// writeUntilKilled is the child: it says on standard output each write that was
// acknowledged, after it was.
func writeUntilKilled(t *testing.T, dir string) {
	d := openKilled(t, dir)
	j := signing(t, d)
	go j.KeepSigning(t.Context(), 20*time.Millisecond, func(err error) { t.Log(err) })
	said := make(chan string)
	for side := range 64 {
		go func() {
			ctx := worker(context.Background(), org)
			for n := 0; ; n++ {
				name := fmt.Sprintf("write-%s-%d-%d", os.Getenv("PARVIS_KILL_ROUND"), side, n)
				if err := d.Tx(ctx, func(tx *db.Tx) error {
					if _, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, 'x')`, name); err != nil {
						return err
					}
					return j.Record(ctx, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{core.ID(name)}})
				}); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				// A fast machine is killed before the first tick of KeepSigning.
				if n == 0 {
					if _, err := j.Checkpoint(ctx, org); err != nil {
						fmt.Fprintln(os.Stderr, err)
						os.Exit(1)
					}
				}
				said <- name
			}
		}()
	}
	for name := range said {
		fmt.Println(name)
	}
}
