package desk

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
)

// TestQuartersToCome: a quarter that has not begun says nothing; the others and the year
// say their number, 0 too.
func TestQuartersToCome(t *testing.T) {
	for _, c := range []struct {
		year  int
		today core.Date
		want  string
	}{
		{2026, core.Date{Year: 2026, Month: 1, Day: 1}, "0...0"},
		{2026, core.Date{Year: 2026, Month: 6, Day: 30}, "00..0"},
		{2026, core.Date{Year: 2026, Month: 7, Day: 1}, "000.0"},
		{2026, core.Date{Year: 2026, Month: 12, Day: 31}, "00000"},
		{2025, core.Date{Year: 2026, Month: 1, Day: 1}, "00000"},
	} {
		got := ""
		for i := range 5 {
			s := said(i, quartersBegun(c.year, c.today), "0")
			if s == "" {
				s = "."
			}
			got += s
		}
		if got != c.want {
			t.Errorf("%d on %v: %q, want %q", c.year, c.today, got, c.want)
		}
	}
}
