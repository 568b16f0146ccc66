package db_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// cpu is the processor time of this process so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure reports µs of processor per operation, and operations per second.
func measure(b *testing.B, unit string, run func()) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	before, start := cpu(b), time.Now()
	run()
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), unit)
}

// event is what an acknowledged event writes: a line of the journal's size and
// its subject.
func event(i int64) func(*db.Tx) error {
	leaf := make([]byte, 32)
	text := make([]byte, 300)
	return func(tx *db.Tx) error {
		id := fmt.Sprintf("%012d", i)
		if _, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, $2)`, id, fmt.Sprintf("%x%x", leaf, text[:120])); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, $2)`, "s"+id, id)
		return err
	}
}

// BenchmarkGroupCommit is 64 clients that each wait for their event to be
// acknowledged, on a disk whose every sync takes 5 ms more.
func BenchmarkGroupCommit(b *testing.B) {
	for _, delay := range []time.Duration{0, 5 * time.Millisecond} {
		b.Run(fmt.Sprint("sync+", delay), func(b *testing.B) {
			disk := dbtest.NewDisk(b, false)
			d := dbtest.OpenSQLite(b, db.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "parvis.db"), VFS: disk.Name})
			disk.SlowSync(delay)
			syncs := disk.Syncs()
			var next atomic.Int64
			waits := make([][]time.Duration, 64)
			measure(b, "events/s", func() {
				var all sync.WaitGroup
				for c := range waits {
					all.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							start := time.Now()
							if err := d.Tx(b.Context(), event(i)); err != nil {
								b.Error(err)
								return
							}
							waits[c] = append(waits[c], time.Since(start))
						}
					})
				}
				all.Wait()
			})
			b.ReportMetric(float64(b.N)/float64(disk.Syncs()-syncs), "events/sync")
			all := slices.Concat(waits...)
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkTx is one client, one event, on the machine's own disk.
func BenchmarkTx(b *testing.B) {
	d := dbtest.OpenSQLite(b, db.Config{})
	measure(b, "tx/s", func() {
		for i := range b.N {
			if err := d.Tx(b.Context(), event(int64(i))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// fill writes rows to read.
func fill(b *testing.B, d *db.DB, n int) {
	b.Helper()
	for from := 0; from < n; from += 500 {
		err := d.Tx(b.Context(), func(tx *db.Tx) error {
			for i := from; i < from+500; i++ {
				if err := put(fmt.Sprintf("n%07d", i), "a value of a usual length, about sixty bytes long, or so")(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead10 is one snapshot with one row, then ten others.
func BenchmarkRead10(b *testing.B) {
	d := dbtest.OpenSQLite(b, db.Config{})
	const rows = 50_000
	fill(b, d, rows)
	measure(b, "reads/s", func() {
		for i := range b.N {
			from := fmt.Sprintf("n%07d", (i*7919)%(rows-10))
			n := 0
			err := d.Read(b.Context(), func(q db.Querier) error {
				var name, value string
				if err := q.QueryRow(`SELECT name, value FROM install WHERE name = $1`, from).Scan(&name, &value); err != nil {
					return err
				}
				rows, err := q.Query(`SELECT name, value FROM install WHERE name > $1 ORDER BY name LIMIT $2`, from, 10)
				return db.Each(rows, err, func(r *db.Rows) error {
					n++
					return r.Scan(&name, &value)
				})
			})
			if err != nil || n != 10 {
				b.Fatal(n, err)
			}
		}
	})
}

// BenchmarkOpen is a start on a database that is up to date.
func BenchmarkOpen(b *testing.B) {
	cfg := db.Config{URL: "sqlite:" + filepath.Join(b.TempDir(), "parvis.db"), Key: dbtest.Key()}
	measure(b, "opens/s", func() {
		for range b.N {
			d, err := db.Open(b.Context(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			if err := d.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPage is what opening a person's file asks of the database: a snapshot
// with fifteen queries on a large table, then one journal line, so that the next
// snapshot is a new one.
func BenchmarkPage(b *testing.B) {
	d := dbtest.OpenSQLite(b, db.Config{})
	const rows = 300_000
	fill(b, d, rows)
	measure(b, "pages/s", func() {
		for i := range b.N {
			err := d.Read(b.Context(), func(q db.Querier) error {
				var name, value string
				for j := range 15 {
					from := fmt.Sprintf("n%07d", (i*7919+j*20011)%(rows-10))
					rows, err := q.Query(`SELECT name, value FROM install WHERE name > $1 ORDER BY name LIMIT $2`, from, 5)
					if err := db.Each(rows, err, func(r *db.Rows) error { return r.Scan(&name, &value) }); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			if err := d.Tx(b.Context(), event(int64(i))); err != nil {
				b.Fatal(err)
			}
		}
	})
}
