package casefile_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// Each fact has its own expiry: what ended, and what was said too long ago for its theme.
func TestExpiry(t *testing.T) {
	month := core.PartialDate{Year: 2026, Month: 4}
	seen := func(year, m int) core.Date {
		return core.DateOf(core.Date{Year: year, Month: 1, Day: 5}.Time().AddDate(0, m-1, 0))
	}
	line := func(theme casefile.Theme, change func(l *casefile.FactLine)) casefile.FactLine {
		l := casefile.FactLine{Theme: theme, Fact: casefile.Fact{State: casefile.Known, SeenOn: seen(2026, 6)}}
		l.Of = casefile.Variable{Period: casefile.PeriodMonth}
		change(&l)
		return l
	}
	for name, c := range map[string]struct {
		line casefile.FactLine
		want casefile.Expiry
	}{
		"fresh":                   {line(casefile.ThemeIncome, func(*casefile.FactLine) {}), casefile.NotExpired},
		"a wage of last year":     {line(casefile.ThemeIncome, func(l *casefile.FactLine) { l.SeenOn = seen(2025, 5) }), casefile.YearOld},
		"a wage, a year to a day": {line(casefile.ThemeIncome, func(l *casefile.FactLine) { l.SeenOn = seen(2025, 6) }), casefile.NotExpired},
		"a rent of last year":     {line(casefile.ThemeHousing, func(l *casefile.FactLine) { l.SeenOn = seen(2025, 5) }), casefile.NotExpired},
		"a rent of long ago":      {line(casefile.ThemeHousing, func(l *casefile.FactLine) { l.SeenOn = seen(2024, 5) }), casefile.TwoYears},
		"over since April":        {line(casefile.ThemeIncome, func(l *casefile.FactLine) { l.Until = month }), casefile.Ended},
		"over, and what follows":  {line(casefile.ThemeIncome, func(l *casefile.FactLine) { l.Until, l.Upcoming = month, []casefile.Fact{{}} }), casefile.NotExpired},
		"still for some months":   {line(casefile.ThemeIncome, func(l *casefile.FactLine) { l.Until = core.PartialDate{Year: 2026, Month: 9} }), casefile.NotExpired},
		"not said":                {line(casefile.ThemeIncome, func(l *casefile.FactLine) { l.State, l.SeenOn = casefile.Refused, seen(2020, 1) }), casefile.NotExpired},
		"a birth":                 {line(casefile.ThemeFamily, func(l *casefile.FactLine) { l.Of.Period, l.SeenOn = casefile.PeriodAlways, seen(2020, 1) }), casefile.NotExpired},
	} {
		if got := c.line.Expiry(today()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
