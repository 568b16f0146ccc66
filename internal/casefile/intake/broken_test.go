package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile/intake"
)

// Every way people and spreadsheets write a day: those that are days are read, the
// others are said with their row and their column, and nobody is written for them.
func TestDatesOfEveryKind(t *testing.T) {
	good := map[string]string{
		"12/03/1984": "1984-03-12", "12.03.1984": "1984-03-12", "12-03-1984": "1984-03-12", "1984-03-12": "1984-03-12", "1984/03/12": "1984-03-12",
		"1984-03-12T00:00:00": "1984-03-12", "12/03/1984 00:00": "1984-03-12", "12 mars 1984": "1984-03-12", "1er mars 1984": "1984-03-01", "03/1984": "1984-03", "1984": "1984",
		"30753": "1984-03-12", "30753.5": "1984-03-12", "29/02/1984": "1984-02-29",
	}
	bad := []string{"12/31/1984", "03/13/84", "31/02/1990", "29/02/1985", "1984-13-01", "12/03/3084", "hier", "12 foo 1984", "-30753", "9999999", "12//1984", "0/0/1984"}
	each(t, func(t *testing.T, w *world) {
		lines := []string{"Nom;Naissance;id"}
		n := 0
		for s := range good {
			n++
			lines = append(lines, fmt.Sprintf("Bon%s;%s;g%d", frenchName(n), s, n))
		}
		for i, s := range bad {
			lines = append(lines, fmt.Sprintf("Faux%s;%s;b%d", frenchName(i), s, i))
		}
		i := w.check(tableOf(lines...))
		if i.Count.Fresh != len(good) || i.Count.Bad != len(bad) {
			t.Errorf("%+v", i.Count)
		}
		said, err := w.imports.Rows(w.Claire, i.ID, intake.RowBad, 0, 50)
		must(t, err)
		for _, row := range said {
			if len(row.Faults) != 1 || row.Faults[0].Column != "Naissance" || row.Line < len(good)+2 {
				t.Errorf("line %d: %+v", row.Line, row.Faults)
			}
		}
		must(t, w.imports.Confirm(w.Claire, i.ID, i.Version))
		w.runJobs()
		if i = w.readImport(i.ID); i.Count.Created != len(good) {
			t.Errorf("%+v", i.Count)
		}
		n = 0
		for _, l := range lines[1 : len(good)+1] {
			cells := strings.Split(l, ";")
			found := w.people(cells[0])
			if len(found) == 0 || found[0].Name != cells[0] || found[0].Birth.String() != good[cells[1]] {
				t.Errorf("%s: %+v, want %s", cells[1], found, good[cells[1]])
			}
		}
		if got := w.people("faux"); len(got) != 0 {
			t.Errorf("written all the same: %+v", got)
		}
	})
}

// letters makes a name without figures out of a number.
func frenchName(n int) string { return string(rune('a'+n/26)) + string(rune('a'+n%26)) + "ois" }
