package casefile

import "codeberg.org/parvis/parvis/internal/core"

// Expiry says that a fact is to be confirmed, and why. It changes no calculation.
type Expiry string

// The reasons.
const (
	NotExpired Expiry = ""
	Ended      Expiry = "ended"     // it was said until a month that is past, and nothing since
	YearOld    Expiry = "year"      // said more than a year ago of what changes within months
	TwoYears   Expiry = "two_years" // said more than two years ago of what changes seldom
)

// keepMonths is how long what was said about a theme is taken as still so: income and
// work change within the year, a home and a family seldom.
func keepMonths(t Theme) int {
	switch t {
	case ThemeWork, ThemeIncome, ThemeAid, ThemeMoney:
		return 12
	}
	return 24
}

// Expiry tells whether the fact of a line is to be confirmed on a day. What holds
// always, and what nobody knows or the person prefers not to say, never is: it is not
// asked again.
func (l FactLine) Expiry(today core.Date) Expiry {
	if l.Of.Period == PeriodAlways || l.State != Known {
		return NotExpired
	}
	if !l.Until.IsZero() {
		if _, last := l.Until.Bounds(); last.CalendarMonth() < today.CalendarMonth() && len(l.Upcoming) == 0 {
			return Ended
		}
		return NotExpired
	}
	keep := keepMonths(l.Theme)
	if l.SeenOn.IsZero() || int(today.CalendarMonth()-l.SeenOn.CalendarMonth()) <= keep {
		return NotExpired
	}
	if keep == 12 {
		return YearOld
	}
	return TwoYears
}
