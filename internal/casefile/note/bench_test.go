package note_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// used is the processor time of this process.
func used(b *testing.B) time.Duration {
	var r syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// A file of 200 notes of 600 characters: what its page, its list and a search cost,
// permission and journal included.
func BenchmarkNotes(b *testing.B) {
	w := newWorld(b, dbtest.OpenSQLite(b, db.Config{}))
	file := w.file(w.claire, w.teamA, "Samira", "Haddad")
	for i := range 200 {
		_, err := w.Write(w.claire, file, note.Input{Kind: note.Counter, Visibility: note.ForTeam, On: today().AddDays(-i), Text: fmt.Sprint("Note ", i, ". ", strings.Repeat("Le chauffage marche. ", 29))})
		must(b, err)
	}
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"file", func() error { var p note.Page; _, err := w.cases.OpenFile(w.claire, file, 0, w.Latest(&p)); return err }},
		{"list", func() error { _, err := w.List(w.claire, file, note.Filter{}, "", 0); return err }},
		{"search", func() error { _, err := w.List(w.claire, file, note.Filter{Query: "introuvable"}, "", 0); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			before := used(b)
			for b.Loop() {
				must(b, c.run())
			}
			b.ReportMetric(float64(used(b)-before)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}
