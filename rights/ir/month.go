package ir

import "fmt"

// Month is a calendar month: year × 12 + (month − 1). January of year 0 is 0.
type Month int32

// MonthOf returns the month of a year (1 = January … 12 = December).
func MonthOf(year, month int) Month { return Month(year*12 + month - 1) }

// Year returns the calendar year.
func (m Month) Year() int { return int(m) / 12 }

// Month returns the month of the year, 1 to 12.
func (m Month) Month() int { return int(m)%12 + 1 }

// String writes "2026-06".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year(), m.Month()) }

// FirstDay returns the first day of the month.
func (m Month) FirstDay() Day { return DayOf(m.Year(), m.Month(), 1) }

// LastDay returns the last day of the month.
func (m Month) LastDay() Day { return (m + 1).FirstDay() - 1 }

// Day is a civil day of the proleptic Gregorian calendar: days since
// 1970-01-01, which is 0.
type Day int32

// DayOf returns the day of a civil date. The day may be past the end of its
// month; it then runs into the next one.
func DayOf(year, month, day int) Day {
	y, m := year, month
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return Day(era*146097 + doe - 719468)
}

// Civil returns year, month (1 to 12) and day of the month (1 to 31).
func (d Day) Civil() (year, month, day int) {
	z := int(d) + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// Month returns the month the day is in.
func (d Day) Month() Month {
	y, m, _ := d.Civil()
	return MonthOf(y, m)
}

// AddMonths moves by n calendar months; a day that does not exist there becomes
// the last day of that month.
func (d Day) AddMonths(n int) Day {
	y, m, day := d.Civil()
	target := MonthOf(y, m) + Month(n)
	return min(target.FirstDay()+Day(day-1), target.LastDay())
}

// String writes "2026-06-11".
func (d Day) String() string {
	y, m, day := d.Civil()
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// ParseDay reads "2026-06-11" and refuses days that do not exist and years
// outside 1850 to 2200.
func ParseDay(s string) (Day, error) {
	bad := fmt.Errorf("date %.40q: want YYYY-MM-DD", s)
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, bad
	}
	n := func(t string) int {
		v := 0
		for i := range len(t) {
			if t[i] < '0' || t[i] > '9' {
				return -1
			}
			v = v*10 + int(t[i]-'0')
		}
		return v
	}
	return ValidDay(n(s[:4]), n(s[5:7]), n(s[8:]))
}

// ValidDay returns the day of a civil date that exists, in the years 1850 to
// 2200.
func ValidDay(year, month, day int) (Day, error) {
	bad := fmt.Errorf("date %d-%d-%d does not exist", year, month, day)
	if year < 1850 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, bad
	}
	d := DayOf(year, month, day)
	if y, m, dd := d.Civil(); y != year || m != month || dd != day {
		return 0, bad
	}
	return d, nil
}

// MonthsBetween returns the completed months from a to b, rounded towards minus
// infinity: −1 as soon as b is before a.
func MonthsBetween(a, b Day) int {
	ay, am, ad := a.Civil()
	by, bm, bd := b.Civil()
	n := (by-ay)*12 + bm - am
	if bd < ad {
		n--
	}
	return n
}

// YearsBetween returns the completed years from a to b, rounded towards minus
// infinity.
func YearsBetween(a, b Day) int { return floorDiv(MonthsBetween(a, b), 12) }

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
