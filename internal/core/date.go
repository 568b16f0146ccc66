package core

import (
	"fmt"
	"time"
)

// Date is a calendar day without a time zone. The zero Date means none.
type Date struct {
	Year  int
	Month time.Month // 1 to 12
	Day   int        // 1 to 31
}

// DateOf returns the day that t falls on in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-06-11" and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	p, err := ParsePartialDate(s)
	if err != nil {
		return Date{}, err
	}
	if p.Day == 0 {
		return Date{}, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	return Date{p.Year, time.Month(p.Month), p.Day}, nil
}

// IsZero tells whether d means no date.
func (d Date) IsZero() bool { return d == Date{} }

// String writes "2026-06-11", or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Time is the first instant of the day, UTC.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Before tells whether d comes before e.
func (d Date) Before(e Date) bool { return d.Time().Before(e.Time()) }

// AddDays moves by n days, which may be negative.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// CalendarMonth returns the month the day is in.
func (d Date) CalendarMonth() Month { return Month(d.Year*12 + int(d.Month) - 1) }

// PartialDate is a date as people know it: a year, a year and a month, or a
// day. Month 0 means the month is unknown, Day 0 the day. The zero value means
// none. "1984", "1984-03" and "1984-03-12" are its three written forms.
type PartialDate struct {
	Year, Month, Day int
}

// ParsePartialDate reads one of the three written forms; "" gives the zero
// value. A month or a day that does not exist is refused, as are years before
// 1850 and after 2200.
func ParsePartialDate(s string) (PartialDate, error) {
	if s == "" {
		return PartialDate{}, nil
	}
	d, ok := scanDate(s)
	if !ok {
		return PartialDate{}, fmt.Errorf("date %.40q: want YYYY, YYYY-MM or YYYY-MM-DD", s)
	}
	return d, nil
}

// scanDate reads the three forms; opening a file reads hundreds of dates.
func scanDate(s string) (d PartialDate, ok bool) {
	n := [3]int{}
	for i, place := range [3]struct{ from, to int }{{0, 4}, {5, 7}, {8, 10}} {
		if len(s) < place.to || (i > 0 && s[place.from-1] != '-') {
			return d, false
		}
		for _, c := range []byte(s[place.from:place.to]) {
			if c < '0' || c > '9' {
				return d, false
			}
			n[i] = 10*n[i] + int(c-'0')
		}
		if n[i] == 0 {
			return d, false
		}
		if len(s) == place.to {
			break
		}
	}
	d = PartialDate{n[0], n[1], n[2]}
	if len(s) > 10 || d.Year < 1850 || d.Year > 2200 || d.Month > 12 {
		return d, false
	}
	if d.Day > 28 {
		t := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
		return d, t.Day() == d.Day
	}
	return d, true
}

// IsZero tells whether d means no date.
func (d PartialDate) IsZero() bool { return d.Year == 0 }

// String writes the shortest of the three forms that holds what is known.
func (d PartialDate) String() string {
	switch {
	case d.Year == 0:
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Bounds returns the first and the last day that d may stand for.
func (d PartialDate) Bounds() (first, last Date) {
	first = Date{d.Year, time.Month(max(d.Month, 1)), max(d.Day, 1)}
	switch {
	case d.Day > 0:
		last = first
	case d.Month > 0:
		last = DateOf(time.Date(d.Year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC))
	default:
		last = Date{d.Year, time.December, 31}
	}
	return first, last
}

// Months are the first and the last calendar month that d may be in.
func (d PartialDate) Months() (first, last Month) {
	year := Month(d.Year * 12)
	if d.Month == 0 {
		return year, year + 11
	}
	return year + Month(d.Month) - 1, year + Month(d.Month) - 1
}

// AgeOn returns the youngest and the oldest age in completed years that a
// person born on d may have on day. They differ only when d is partial. A birth
// after the day gives negative ages.
func (d PartialDate) AgeOn(day Date) (youngest, oldest int) {
	first, last := d.Bounds()
	return completedYears(last, day), completedYears(first, day)
}

func completedYears(birth, day Date) int {
	n := day.Year - birth.Year
	if day.Month < birth.Month || (day.Month == birth.Month && day.Day < birth.Day) {
		n--
	}
	return n
}
