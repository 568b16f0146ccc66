package rights

import (
	"fmt"
	"strconv"
)

// Cents is an amount of money in whole euro cents. It may be negative.
// Amounts leave the engine as Cents; inside, money is float64 euros with the
// roundings the law states.
type Cents int64

// String writes the amount with two decimals and a dot, "485.00", for logs and
// files. Pages format money with the catalogue of their language.
func (c Cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, int64(c)/100, int64(c)%100)
}

// Euros returns the amount in euros, exact to the cent.
func (c Cents) Euros() float64 { return float64(c) / 100 }

// Month is a calendar month: year × 12 + (month − 1). January of year 0 is 0.
type Month int32

// MonthOf returns the month of a year (1 = January … 12 = December).
func MonthOf(year, month int) Month { return Month(year*12 + month - 1) }

// ParseMonth reads "2026-06". The year has four digits, the month two.
func ParseMonth(s string) (Month, error) {
	if len(s) != 7 || s[4] != '-' {
		return 0, fmt.Errorf("month %q: want YYYY-MM", s)
	}
	y, err := strconv.ParseUint(s[:4], 10, 16)
	if err != nil {
		return 0, fmt.Errorf("month %q: want YYYY-MM", s)
	}
	m, err := strconv.ParseUint(s[5:], 10, 8)
	if err != nil || m < 1 || m > 12 {
		return 0, fmt.Errorf("month %q: want YYYY-MM", s)
	}
	return MonthOf(int(y), int(m)), nil
}

// Year returns the calendar year.
func (m Month) Year() int { return int(m) / 12 }

// Month returns the month of the year, 1 to 12.
func (m Month) Month() int { return int(m)%12 + 1 }

// String writes "2026-06".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year(), m.Month()) }
