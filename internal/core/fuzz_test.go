package core_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
)

// A partial date that is read is written as it was, and lies within its bounds.
func FuzzPartialDate(f *testing.F) {
	for _, s := range []string{"", "1984", "1984-03", "1984-03-12", "2024-02-29", "2023-02-29", "0000", "1849", "2200-12-31", "2200-13", "1984-3", "1984-03-12 ", "-984", "١٩٨٤", "1984\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := core.ParsePartialDate(s)
		if err != nil {
			if !d.IsZero() && d.String() == s {
				t.Errorf("%q is refused and is a date", s)
			}
			return
		}
		if d.String() != s {
			t.Errorf("%q is written again as %q", s, d)
		}
		if s == "" {
			return
		}
		first, last := d.Bounds()
		if last.Before(first) || first.Year != d.Year || last.Year != d.Year {
			t.Errorf("%q lies from %s to %s", s, first, last)
		}
		if day, err := core.ParseDate(s); err == nil && (day != first || day != last || day.String() != s) {
			t.Errorf("%q is the day %s", s, day)
		}
	})
}
