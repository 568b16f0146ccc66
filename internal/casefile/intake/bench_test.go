package intake_test

import (
	"fmt"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// BenchmarkImport is 5,000 people with a fact each: kept, checked, written.
func BenchmarkImport(b *testing.B) {
	for range b.N {
		w := newWorld(b, dbtest.OpenSQLite(b, db.Config{}))
		lines := []string{"Nom;Prénom;Naissance;Téléphone;Loyer;id"}
		for n := range 5000 {
			lines = append(lines, fmt.Sprintf("%s;%s;%d-%02d-%02d;06%08d;%d;%d", letters(n), letters(n*7+3), 1950+n%60, 1+n%12, 1+n%28, n, 300+n%500, n))
		}
		i := w.check(tableOf(lines...))
		must(b, w.imports.ChooseRest(w.Claire, i.ID, intake.ChoiceOther))
		must(b, w.imports.Confirm(w.Claire, i.ID, i.Version))
		w.runJobs()
		if i = w.readImport(i.ID); i.Count.Created != 5000 {
			b.Fatalf("%+v", i.Count)
		}
	}
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
