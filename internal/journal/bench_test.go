//go:build unix

package journal_test

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// BenchmarkRecord is what a line costs over the write it goes with: one use case
// that inserts one row, bare, then with a line about 0, 1 or 50 of 5,000 persons.
// The figure to compare is the process's CPU time, cpu-µs/op: it counts encryption
// and the write-ahead log, and not the wait for the disk.
func BenchmarkRecord(b *testing.B) {
	for _, subjects := range []int{-1, 0, 1, 50} {
		name := "bare"
		if subjects >= 0 {
			name = fmt.Sprintf("with a line about %d", subjects)
		}
		b.Run(name, func(b *testing.B) {
			clk := &moving{now: time.Date(2026, 6, 11, 9, 0, 0, 0, time.UTC)}
			d := dbtest.OpenSQLite(b, db.Config{Clock: clk})
			j := journal.New(d, rand.Reader)
			ctx := worker(b.Context(), org)
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`CREATE TABLE bench (id INTEGER PRIMARY KEY, value TEXT) STRICT`)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			persons := make([]core.ID, 5000)
			for i := range persons {
				var err error
				if persons[i], err = core.NewID(d.Clock().Now(), rand.Reader); err != nil {
					b.Fatal(err)
				}
			}
			n := 0
			b.ReportAllocs()
			start := cpuTime(b)
			for b.Loop() {
				if n++; n%linesADay == 0 {
					clk.now = clk.now.AddDate(0, 0, 1)
				}
				var about []core.ID
				for i := range max(subjects, 0) {
					about = append(about, persons[(n*7919+i*104729)%len(persons)])
				}
				if err := d.Tx(ctx, func(tx *db.Tx) error {
					if _, err := tx.Exec(`INSERT INTO bench (value) VALUES ($1)`, "a fact of sixty bytes or so, as they come in a case file….."); err != nil {
						return err
					}
					if subjects < 0 {
						return nil
					}
					return j.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: about, Object: "fact", ObjectID: anna})
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime(b)-start).Nanoseconds())/1000/float64(n), "cpu-µs/op")
		})
	}
}

// BenchmarkRecordTogether is 64 clients, each use case one row, bare and then with
// a line about one person, on a disk whose syncs take 5 ms more: how many are
// acknowledged a second, and the CPU time of each.
func BenchmarkRecordTogether(b *testing.B) {
	for _, line := range []bool{false, true} {
		b.Run(map[bool]string{false: "bare", true: "with a line"}[line], func(b *testing.B) {
			disk := dbtest.NewDisk(b, false)
			disk.SlowSync(5 * time.Millisecond)
			d := dbtest.OpenSQLite(b, db.Config{VFS: disk.Name})
			j := journal.New(d, rand.Reader)
			ctx := worker(b.Context(), org)
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`CREATE TABLE bench (id INTEGER PRIMARY KEY, value TEXT) STRICT`)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			start := cpuTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := d.Tx(ctx, func(tx *db.Tx) error {
						if _, err := tx.Exec(`INSERT INTO bench (value) VALUES ($1)`, "a fact of sixty bytes or so, as they come in a case file….."); err != nil || !line {
							return err
						}
						return j.Record(ctx, tx, journal.Event{Kind: "file.open", Subjects: []core.ID{anna}})
					}); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64((cpuTime(b)-start).Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acknowledged/s")
		})
	}
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
