package seen

import (
	"testing"

	journal "codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/core"
)

// The paper of a month in which nobody looked is dated of that month.
func TestTheDayOfAnEmptyMonth(t *testing.T) {
	for want, m := range map[core.Date]core.Month{
		{Year: 2026, Month: 1, Day: 1}: core.Date{Year: 2026, Month: 1, Day: 31}.CalendarMonth(), {Year: 2025, Month: 12, Day: 1}: core.Date{Year: 2025, Month: 12, Day: 2}.CalendarMonth(),
	} {
		if got := firstDay(journal.Month{Month: m}); got != want {
			t.Errorf("%s: %s, want %s", m, got, want)
		}
	}
	m := journal.Month{Days: []journal.Day{{Date: core.Date{Year: 2026, Month: 6, Day: 11}}}}
	if got := firstDay(m); got.Day != 11 {
		t.Errorf("with a line: %s", got)
	}
}
