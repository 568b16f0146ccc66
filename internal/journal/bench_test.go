package journal_test

import (
	"crypto/rand"
	"strconv"
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// BenchmarkRecord is what a line costs: one transaction that writes 100 rows, bare,
// then each with its line. The difference, over 100, is the line.
func BenchmarkRecord(b *testing.B) {
	for _, subjects := range []int{-1, 0, 1, 50} {
		name := "bare"
		if subjects >= 0 {
			name = "with line of " + strconv.Itoa(subjects) + " subjects"
		}
		b.Run(name, func(b *testing.B) {
			d := dbtest.OpenSQLite(b, db.Config{})
			j := journal.New(d, rand.Reader)
			ctx := worker(b.Context(), org)
			if err := d.Tx(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`CREATE TABLE bench (id INTEGER PRIMARY KEY, value TEXT) STRICT`)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			var about []core.ID
			for i := range max(subjects, 0) {
				id, err := core.NewID(d.Clock().Now(), rand.Reader)
				if err != nil {
					b.Fatal(i, err)
				}
				about = append(about, id)
			}
			const rows = 100
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Tx(ctx, func(tx *db.Tx) error {
					for range rows {
						if _, err := tx.Exec(`INSERT INTO bench (value) VALUES ($1)`, "a fact of sixty-four bytes or so, as they come in a case file….."); err != nil {
							return err
						}
						if subjects < 0 {
							continue
						}
						if err := j.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: about, Object: "fact", ObjectID: anna}); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*rows), "µs/row")
		})
	}
}
