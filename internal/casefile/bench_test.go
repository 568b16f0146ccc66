package casefile_test

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// crowd is a world of many persons, one in withFile with a file:
// PARVIS_BENCH_PERSONS of them, else 5,000. The
// figures of docs/figures.md are those of 100,000.
func crowd(b *testing.B, d *db.DB, withFile int) (*world, *casefile.Crowd) {
	b.Helper()
	people := 5_000
	if s := os.Getenv("PARVIS_BENCH_PERSONS"); s != "" {
		n, err := strconv.Atoi(s)
		must(b, err)
		people = n
	}
	w := newWorld(b, d)
	id := w.person("Samira", "Haddad", "1992")
	must(b, w.Recompute(w.claire, id, 0)) // the law's row
	c := casefile.NewCrowd(core.ActorFrom(w.claire).Org, w.teamA, w.claireID)
	c.WithFile = withFile
	for left := people; left > 0; left -= 60 {
		must(b, d.Tx(context.Background(), func(tx *db.Tx) error { return c.Fill(tx, min(left, 60)) }))
	}
	return w, c
}

// cpu reports the processor time of the whole process for each operation.
func cpu(b *testing.B, op func(i int)) {
	b.Helper()
	used := func() time.Duration {
		var r syscall.Rusage
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	for i := range 200 { // warm caches and prepared statements
		op(i)
	}
	before := used()
	b.ResetTimer()
	for i := range b.N {
		op(i)
	}
	b.StopTimer()
	b.ReportMetric(float64(used()-before)/float64(b.N)/1e6, "cpu-ms/op")
}

func BenchmarkOpenFile(b *testing.B) {
	bench(b, 5, func(b *testing.B, w *world, c *casefile.Crowd) {
		b.Run("open", func(b *testing.B) {
			cpu(b, func(i int) {
				f, err := w.OpenFile(w.claire, c.Files[(i*7919)%len(c.Files)], 0)
				must(b, err)
				if len(f.Facts) != 9 || len(f.Household.Members) != 3 {
					b.Fatalf("%d facts, %d members", len(f.Facts), len(f.Household.Members))
				}
			})
		})
	})
}

func BenchmarkSearch(b *testing.B) {
	bench(b, 50, func(b *testing.B, w *world, c *casefile.Crowd) {
		for name, query := range map[string]func(i int) string{
			"rare name":          func(i int) string { _, rare, _ := c.Name(i); return rare },
			"common name":        func(i int) string { common, _, _ := c.Name(i); return common },
			"beginning":          func(i int) string { common, _, _ := c.Name(i); return common[:4] },
			"name and given":     func(i int) string { common, _, given := c.Name(i); return given + " " + common },
			"nobody of two":      func(i int) string { common, _, _ := c.Name(i); return common + " zzyzx" },
			"two common, no one": func(i int) string { a, _, _ := c.Name(i); z, _, _ := c.Name(i + 1); return a + " " + z },
			"inside":             func(i int) string { _, rare, _ := c.Name(i); return rare[3:] },
			"birth":              func(i int) string { return strconv.Itoa(1940+i%60) + "-03-12" },
			"name and year":      func(i int) string { common, _, _ := c.Name(i); return common + " 1980" },
			"phone":              func(i int) string { return "06 39 98 00 " + strconv.Itoa(10+i%90) },
		} {
			b.Run(name, func(b *testing.B) {
				cpu(b, func(i int) {
					_, err := w.Search(w.claire, query(i), "", 20)
					must(b, err)
				})
			})
		}
	})
}

func BenchmarkListFiles(b *testing.B) {
	bench(b, 2, func(b *testing.B, w *world, c *casefile.Crowd) {
		b.Run("list", func(b *testing.B) {
			cpu(b, func(int) {
				_, err := w.ListFiles(w.claire, "", 20)
				must(b, err)
			})
		})
	})
}

func bench(b *testing.B, withFile int, fn func(b *testing.B, w *world, c *casefile.Crowd)) {
	b.Run("sqlite", func(b *testing.B) {
		w, c := crowd(b, dbtest.OpenSQLite(b, db.Config{}), withFile)
		fn(b, w, c)
	})
	b.Run("postgres", func(b *testing.B) {
		w, c := crowd(b, dbtest.OpenPostgres(b, db.Config{}), withFile)
		fn(b, w, c)
	})
}
