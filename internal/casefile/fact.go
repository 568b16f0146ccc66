package casefile

import (
	"math"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

const maxDetail = 120 // characters of the name of a document

func knownSource(s Source) bool {
	switch s {
	case SourceSaid, SourceDocument, SourceComputed, SourceImported, SourceLetter:
		return true
	}
	return false
}

// Covers tells whether the fact says something about the month.
func (f *Fact) Covers(m core.Month) bool {
	if !f.From.IsZero() {
		if first, _ := f.From.Months(); first > m {
			return false
		}
	}
	if !f.Until.IsZero() {
		if _, last := f.Until.Months(); last < m {
			return false
		}
	}
	return true
}

// Current tells whether the fact is believed now and waits for no choice.
func (f *Fact) Current() bool { return f.SupersededBy == "" && f.ConflictWith == "" }

// later tells whether f holds rather than g in a month that both cover: the one
// that starts last, then the one recorded last, then the greater id.
func (f *Fact) later(g *Fact) bool {
	ff, _ := f.From.Bounds() // « 2022 » and « janvier 2022 » start the same day
	if gf, _ := g.From.Bounds(); ff != gf {
		return gf.Before(ff)
	}
	if f.RecordedAt != g.RecordedAt {
		return f.RecordedAt > g.RecordedAt
	}
	return f.ID > g.ID
}

// Holding returns the fact that holds in the month among those given, which
// are of one cell, or nil.
func Holding(facts []Fact, m core.Month) *Fact {
	var best *Fact
	for i := range facts {
		f := &facts[i]
		if f.Current() && f.Covers(m) && (best == nil || f.later(best)) {
			best = f
		}
	}
	return best
}

// Read turns what somebody typed into the canonical text of the variable, in
// the unit of the variable: "1 548,50 €" → "1548.5". field is the form's field
// that an error belongs to.
func (v Variable) Read(typed, field string) (string, error) {
	s := strings.TrimSpace(typed)
	var f errs.Fields
	switch v.Type {
	case TypeAmount, TypeNumber, TypeInteger:
		n, ok := readNumber(s)
		switch {
		case s == "":
			f.Add(field, "errs.casefile.value_missing")
		case !ok:
			f.Add(field, "errs.casefile.value_number", "value", Clip(s))
		case v.Type == TypeInteger && n != math.Trunc(n):
			f.Add(field, "errs.casefile.value_integer", "value", Clip(s))
		case n < v.Min:
			f.Add(field, "errs.casefile.value_under", "min", plain(v.Min))
		case v.Max != 0 && n > v.Max:
			f.Add(field, "errs.casefile.value_over", "max", plain(v.Max))
		default:
			if v.Type == TypeAmount {
				n = math.Round(n*100) / 100
			}
			return plain(n + 0), nil // −0 is 0
		}
	case TypeBool:
		switch s {
		case "true", "false":
			return s, nil
		}
		f.Add(field, "errs.casefile.choice_unknown")
	case TypeDate:
		d, err := core.ParseDate(s)
		if err != nil {
			f.Add(field, "errs.casefile.date_shape", "value", Clip(s))
			break
		}
		if d.Year < 1900 || d.Year > 2100 {
			f.Add(field, "errs.casefile.date_too_far")
			break
		}
		return d.String(), nil
	case TypeChoice:
		for _, c := range v.Choices {
			if s == c {
				return s, nil
			}
		}
		f.Add(field, "errs.casefile.choice_unknown")
	case TypeText:
		if s == "" {
			f.Add(field, "errs.casefile.value_missing")
			break
		}
		CheckText(&f, field, s, maxDetail)
		if len(f) == 0 && v.Name == "depcom" && !communeCode(s) {
			f.Add(field, "errs.casefile.commune_shape")
		}
		if len(f) == 0 {
			return s, nil
		}
	default:
		f.Add(field, "errs.casefile.variable_unknown", "variable", Clip(v.Name))
	}
	return "", f.Err()
}

// readNumber reads a number with a comma or a dot, spaces (plain, no-break,
// narrow) between thousands, and an optional euro sign.
func readNumber(s string) (float64, bool) {
	s = strings.TrimSpace(strings.TrimSuffix(s, "€"))
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(s)
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i, r := range s {
		if (r < '0' || r > '9') && r != '.' && (i > 0 || r != '-') {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// Number returns the value of a known number or amount.
func (f Fact) Number() (n float64, ok bool) {
	if f.State != Known {
		return 0, false
	}
	n, err := strconv.ParseFloat(f.Value, 64)
	return n, err == nil
}

// Validate checks the cell against its variable on a day and returns the
// canonical value. prefix goes before the field names (value, from, until,
// state, source, detail), so that a form of several cells finds its own.
func (in FactInput) Validate(v Variable, today core.Date, prefix string) (value string, err error) {
	var f errs.Fields
	switch in.State {
	case Known:
		value, err = v.Read(in.Value, prefix+"value")
		if fields, ok := err.(errs.Fields); ok {
			f = append(f, fields...)
		} else if err != nil {
			return "", err
		}
	case Unknown, Refused:
	default:
		f.Add(prefix+"state", "errs.casefile.choice_unknown")
	}
	if !knownSource(in.Source) || in.Source == SourceComputed {
		f.Add(prefix+"source", "errs.casefile.source_missing")
	}
	if in.Source == SourceDocument && strings.TrimSpace(in.Detail) == "" {
		f.Add(prefix+"detail", "errs.casefile.document_missing")
	}
	CheckText(&f, prefix+"detail", in.Detail, maxDetail)
	if !in.SeenOn.IsZero() && today.Before(in.SeenOn) {
		f.Add(prefix+"seen_on", "errs.casefile.date_future")
	}
	if !in.From.IsZero() && !in.Until.IsZero() {
		first, _ := in.From.Bounds()
		_, last := in.Until.Bounds()
		if last.Before(first) {
			f.Add(prefix+"until", "errs.casefile.dates_order")
		}
	}
	for _, d := range []struct {
		field string
		date  core.PartialDate
	}{{"from", in.From}, {"until", in.Until}} {
		if d.date.IsZero() {
			continue
		}
		if first, _ := d.date.Bounds(); today.Year-first.Year > 130 || first.Year-today.Year > 20 {
			f.Add(prefix+d.field, "errs.casefile.date_too_far")
		}
	}
	return value, f.Err()
}

// Error is for the log.
func (c *FactConflict) Error() string { return "the same fact was saved meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (c *FactConflict) Unwrap() error { return errs.New(errs.Conflict, "errs.casefile.fact_conflict") }

// Error is for the log.
func (c *DecisionConflict) Error() string { return "somebody decided meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (c *DecisionConflict) Unwrap() error {
	return errs.New(errs.Conflict, "errs.casefile.decision_conflict")
}

// PersonConflict says that somebody else changed the person meanwhile. Yours is
// kept as a draft that the page offers; nothing of Stored was touched.
type PersonConflict struct {
	Stored Person
	Yours  Person
	Draft  core.ID
}

// Error is for the log.
func (c *PersonConflict) Error() string { return "the person was changed meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (c *PersonConflict) Unwrap() error {
	return errs.New(errs.Conflict, "errs.casefile.person_conflict")
}
