package i18n

import (
	"math"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
)

// words are the pieces of dates, numbers and lists, looked up once per language.
type words struct {
	months   [13]string // 1 to 12
	weekdays [7]string  // Sunday first, as in package time
	group    string     // between thousands
	decimal  string     // before the cents
	noBreak  string     // before a unit
}

func collectWords(p *Printer) words {
	w := words{group: "\u00a0", decimal: ",", noBreak: "\u00a0"}
	if p.tag == English {
		w.group, w.decimal = ",", "."
	}
	for m := 1; m <= 12; m++ {
		w.months[m] = p.T("common.month.m" + strconv.Itoa(m))
	}
	for d := range 7 {
		w.weekdays[d] = p.T("common.weekday.d" + strconv.Itoa(d))
	}
	return w
}

// Number writes a whole number with the language's separators: "12 400".
func (p *Printer) Number(n int64) string {
	if n < 0 {
		return "−" + p.Number(-n)
	}
	s := strconv.FormatInt(n, 10)
	if len(s) <= 3 {
		return s
	}
	head := len(s) % 3
	var b strings.Builder
	b.WriteString(s[:head])
	for i := head; i < len(s); i += 3 {
		if i > 0 {
			b.WriteString(p.words.group)
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// Decimal writes a number with at most 4 decimals and no trailing zero: "16,5".
func (p *Printer) Decimal(f float64) string {
	neg := ""
	if f < 0 {
		neg, f = "−", -f
	}
	s := strconv.FormatFloat(f, 'f', 4, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	whole, frac, has := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return neg + s // beyond int64: the digits alone
	}
	out := neg + p.Number(n)
	if has {
		out += p.words.decimal + frac
	}
	return out
}

// Percent writes a share, 0.165 being "16,5 %".
func (p *Printer) Percent(share float64) string {
	s := p.Decimal(math.Round(share*1e6) / 1e4)
	if p.tag == English {
		return s + "%"
	}
	return p.ltr(s + p.words.noBreak + "%")
}

// Money writes an amount, without cents when there are none: "485 €",
// "152,25 €", "1 148,90 €". Arabic keeps Latin digits and the French form, the
// one on people's letters.
func (p *Printer) Money(c core.Cents) string {
	if c%100 == 0 {
		return p.currency(c, p.Number(abs(c)/100))
	}
	return p.MoneyCents(c)
}

// MoneyCents writes an amount with its cents always: "940,00 €".
func (p *Printer) MoneyCents(c core.Cents) string {
	cents := abs(c) % 100
	s := p.Number(abs(c)/100) + p.words.decimal
	if cents < 10 {
		s += "0"
	}
	return p.currency(c, s+strconv.FormatInt(cents, 10))
}

// MoneyRound writes an amount to the nearest euro, half away from zero: "485 €"
// for 484.96.
func (p *Printer) MoneyRound(c core.Cents) string {
	return p.Money(core.Cents(math.Round(float64(c)/100)) * 100)
}

// MoneyRange writes two amounts rounded to the euro, "0 à 402 €", or one when
// both are the same.
func (p *Printer) MoneyRange(low, high core.Cents) string {
	l, h := p.MoneyRound(low), p.MoneyRound(high)
	if l == h {
		return h
	}
	if p.tag != English {
		l = p.Number(int64(math.Round(float64(low) / 100)))
	}
	return p.T("common.range", "low", l, "high", h)
}

// MoneySigned writes an amount with its sign, for a line of a calculation:
// "+ 562,59 €", "− 1 282,58 €".
func (p *Printer) MoneySigned(c core.Cents) string {
	sign := "+"
	if c < 0 {
		sign = "−"
	}
	return p.ltr(sign + p.words.noBreak + p.MoneyCents(core.Cents(abs(c))))
}

func (p *Printer) currency(c core.Cents, digits string) string {
	sign := ""
	if c < 0 {
		sign = "−"
	}
	if p.tag == English {
		return sign + "€" + digits
	}
	return p.ltr(sign + digits + p.words.noBreak + "€")
}

// ltr keeps an amount from left to right inside Arabic: U+2066 … U+2069.
func (p *Printer) ltr(s string) string {
	if p.tag != Arabic {
		return s
	}
	return "\u2066" + strings.NewReplacer("\u2066", "", "\u2069", "").Replace(s) + "\u2069"
}

func abs(c core.Cents) int64 {
	if c < 0 {
		return -int64(c)
	}
	return int64(c)
}

// Day writes a day with its weekday: "jeudi 11 juin 2026".
func (p *Printer) Day(d core.Date) string {
	return p.date("common.date.day", d)
}

// WeekDay writes a day of this year: "jeudi 11 juin".
func (p *Printer) WeekDay(d core.Date) string {
	return p.date("common.date.weekday", d)
}

// Date writes "11 juin 2026", or "" for no date.
func (p *Printer) Date(d core.Date) string {
	return p.date("common.date.date", d)
}

// DayMonth writes "11 juin".
func (p *Printer) DayMonth(d core.Date) string {
	return p.date("common.date.day_month", d)
}

func (p *Printer) date(key string, d core.Date) string {
	if d.IsZero() {
		return ""
	}
	m := p.messages[key]
	if m == nil {
		return d.String()
	}
	var b strings.Builder
	for _, piece := range m.other {
		switch piece.name {
		case "":
			b.WriteString(piece.text)
		case "weekday":
			b.WriteString(p.words.weekdays[d.Time().Weekday()])
		case "day":
			b.WriteString(p.dayNumber(d.Day))
		case "month":
			b.WriteString(p.words.months[d.Month])
		case "year":
			b.WriteString(strconv.Itoa(d.Year))
		}
	}
	return b.String()
}

func (p *Printer) dayNumber(day int) string {
	if day == 1 && p.Lang() == French {
		return "1er"
	}
	return strconv.Itoa(day)
}

// Month writes "juin 2026".
func (p *Printer) Month(m core.Month) string {
	return p.words.months[m.Month()] + " " + strconv.Itoa(m.Year())
}

// MonthName writes "juin".
func (p *Printer) MonthName(m core.Month) string { return p.words.months[m.Month()] }

// PartialDate writes what is known: "1984", "mars 1984" or "12 mars 1984".
func (p *Printer) PartialDate(d core.PartialDate) string {
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return strconv.Itoa(d.Year)
	case d.Day == 0:
		return p.words.months[d.Month] + " " + strconv.Itoa(d.Year)
	}
	return p.Date(core.Date{Year: d.Year, Month: time.Month(d.Month), Day: d.Day})
}

// Hour writes a time of day, minutes since midnight: "9 h 30", "17 h".
func (p *Printer) Hour(minutes int) string {
	h, m := minutes/60, minutes%60
	if p.Lang() != French {
		return p.ltr(strconv.Itoa(h) + ":" + twoDigits(m))
	}
	if m == 0 {
		return strconv.Itoa(h) + p.words.noBreak + "h"
	}
	return strconv.Itoa(h) + p.words.noBreak + "h" + p.words.noBreak + twoDigits(m)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// List joins names: "Yanis, Lina et Fatiha".
func (p *Printer) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	comma, and := ", ", p.T("common.and")
	if p.tag == Arabic {
		comma = "، "
	}
	var b strings.Builder
	for i, s := range items {
		switch {
		case i == 0:
		case i == len(items)-1:
			b.WriteString(and)
		default:
			b.WriteString(comma)
		}
		b.WriteString(p.isolate(s))
	}
	return b.String()
}
