package intake_test

import (
	"fmt"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// BenchmarkImport is 5,000 people with a fact each: kept, checked and written
// (rows-s, what a worker waits for), then their rights under the small law (rights-s).
func BenchmarkImport(b *testing.B) {
	for range b.N {
		w := newWorld(b, dbtest.OpenSQLite(b, db.Config{}))
		lines := []string{"Nom;Prénom;Naissance;Téléphone;Loyer;id"}
		for n := range 5000 {
			lines = append(lines, fmt.Sprintf("%s;%s;%d-%02d-%02d;06%08d;%d;%d", letters(n), letters(n*7+3), 1950+n%60, 1+n%12, 1+n%28, n, 300+n%500, n))
		}
		began := time.Now()
		i := w.check(tableOf(lines...))
		must(b, w.imports.ChooseRest(w.Claire, i.ID, intake.ChoiceOther))
		must(b, w.imports.Confirm(w.Claire, i.ID, i.Version))
		job := db.Job{Kind: intake.Job, Org: core.ActorFrom(w.Claire).Org, Args: []core.ID{i.ID, w.ClaireID}}
		must(b, w.imports.Run(b.Context(), job))
		if i = w.readImport(i.ID); i.State != intake.StateDone || i.Count.Created != 5000 {
			b.Fatalf("%s %+v", i.State, i.Count)
		}
		written := time.Now()
		w.runJobs()
		b.ReportMetric(written.Sub(began).Seconds(), "rows-s")
		b.ReportMetric(time.Since(written).Seconds(), "rights-s")
	}
	b.ReportMetric(0, "ns/op")
}

func letters(n int) string {
	parts := []string{"ba", "ro", "ti", "mou", "le", "sa", "ni", "ka", "do", "fi"}
	s := ""
	for range 4 {
		s += parts[n%10]
		n = n/10 + n%3
	}
	return s
}
