package rights

import (
	"fmt"
	"math"
	"strconv"

	"codeberg.org/parvis/parvis/rights/ir"
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
type Month = ir.Month

// Day is a civil day: days since 1970-01-01.
type Day = ir.Day

// MonthOf returns the month of a year (1 = January … 12 = December).
func MonthOf(year, month int) Month { return ir.MonthOf(year, month) }

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

// CentsOf rounds an amount in euros to the cent, half away from zero.
func CentsOf(euros float64) Cents {
	return Cents(math.Round(ir.Round(euros, 0.01, ir.Nearest) * 100))
}
