package rights_test

import (
	"testing"

	"codeberg.org/parvis/parvis/rights"
)

func TestParseMonth(t *testing.T) {
	for _, c := range []struct {
		in   string
		want rights.Month
		ok   bool
	}{
		{"2026-06", rights.MonthOf(2026, 6), true},
		{"2024-12", rights.MonthOf(2024, 12), true},
		{"2026-13", 0, false},
		{"2026-00", 0, false},
		{"2026-6", 0, false},
		{"26-06", 0, false},
		{"2026/06", 0, false},
		{"+026-06", 0, false},
		{"", 0, false},
	} {
		got, err := rights.ParseMonth(c.in)
		if (err == nil) != c.ok || got != c.want {
			t.Errorf("ParseMonth(%q) = %v, %v", c.in, got, err)
		}
		if c.ok && got.String() != c.in {
			t.Errorf("ParseMonth(%q).String() = %q", c.in, got.String())
		}
	}
}

func TestCentsString(t *testing.T) {
	for c, want := range map[rights.Cents]string{0: "0.00", 48500: "485.00", -5: "-0.05", 7: "0.07"} {
		if c.String() != want {
			t.Errorf("Cents(%d) = %s, want %s", int64(c), c, want)
		}
	}
}
