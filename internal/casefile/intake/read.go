package intake

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// lexicon reads the words that people write in tables: « Mme », « arabe »,
// « oui », « janvier ». Its words are those of the catalogues, French then
// English.
type lexicon struct {
	titles    map[string]casefile.Title
	languages map[string]string
	yesNo     map[string]string
	states    map[string]casefile.State
	choices   map[string]string // variable + "." + word -> code
	months    map[string]int
	workers   map[string]core.ID // "" when two bear the name
}

func newLexicon(workers []access.Worker) *lexicon {
	l := &lexicon{titles: map[string]casefile.Title{}, languages: map[string]string{}, yesNo: map[string]string{}, states: map[string]casefile.State{},
		choices: map[string]string{}, months: map[string]int{}, workers: map[string]core.ID{}}
	for _, tag := range []string{i18n.English, i18n.French} {
		p := i18n.For(tag)
		each := func(key string, put func(w string)) {
			for _, w := range strings.Split(p.T(key), ",") {
				put(casefile.Fold(w))
			}
		}
		each("exchange.words.madame", func(w string) { l.titles[w] = casefile.TitleMadame })
		each("exchange.words.monsieur", func(w string) { l.titles[w] = casefile.TitleMonsieur })
		each("exchange.words.yes", func(w string) { l.yesNo[w] = "true" })
		each("exchange.words.no", func(w string) { l.yesNo[w] = "false" })
		each("exchange.words.unknown", func(w string) { l.states[w] = casefile.Unknown })
		each("exchange.words.refused", func(w string) { l.states[w] = casefile.Refused })
		for _, key := range p.Keys("web.language.") {
			code := strings.ReplaceAll(strings.TrimPrefix(key, "web.language."), "_", "-")
			l.languages[casefile.Fold(p.T(key))] = code
			l.languages[casefile.Fold(code)] = code
		}
		for _, key := range p.Keys("casefile.choice.") {
			name := strings.TrimPrefix(key, "casefile.choice.")
			variable, code, _ := strings.Cut(name, ".")
			l.choices[variable+"."+casefile.Fold(p.T(key))] = code
		}
		for m := range 12 {
			l.months[casefile.Fold(p.MonthName(core.Month(2024*12+m)))] = m + 1
		}
	}
	for _, w := range workers {
		for _, name := range []string{w.Name, w.Login} {
			key := casefile.Fold(name)
			if id, twice := l.workers[key]; twice && id != w.ID {
				l.workers[key] = ""
				continue
			}
			l.workers[key] = w.ID
		}
	}
	return l
}

// rowRead is what a row says once its columns have a meaning.
type rowRead struct {
	person   casefile.Person
	referent core.ID
	origin   string
	facts    []casefile.FactInput
	faults   []Fault
}

// rowReader reads rows of one import.
type rowReader struct {
	files *casefile.Service
	head  Head
	words *lexicon
	today core.Date
}

func (r *rowReader) read(cells []string) rowRead {
	var out rowRead
	column := map[string]string{} // field -> name of the column it came from
	bad := func(field, key string, args ...any) {
		out.faults = append(out.faults, fault(column[field], errs.New(errs.Invalid, key, args...)))
	}
	p := &out.person
	month := r.head.Month
	type cell struct{ variable, value, column string }
	var told []cell
	for i, field := range r.head.Fields {
		if field == "" || i >= len(cells) || cells[i] == "" {
			continue
		}
		value := strings.Join(strings.FieldsFunc(cells[i], func(c rune) bool { return c == '\n' || c == '\t' }), " ")
		if column[field] == "" {
			column[field] = r.head.Columns[i]
		}
		if variable, is := strings.CutPrefix(field, factPrefix); is {
			told = append(told, cell{variable, value, r.head.Columns[i]})
			continue
		}
		switch field {
		case fieldUsual:
			p.UsualName = value
		case fieldGiven:
			p.GivenNames = value
		case fieldBirthName:
			p.BirthName = value
		case fieldUse:
			p.FirstNameOfUse = value
		case fieldTitle:
			title, known := r.words.titles[casefile.Fold(value)]
			if !known {
				bad(field, "errs.casefile.import_title", "value", casefile.Clip(value))
			}
			p.Title = title
		case fieldBirth:
			d, ok := r.date(value)
			if !ok {
				bad(field, "errs.casefile.import_date", "value", casefile.Clip(value))
			}
			p.Birth = d
		case fieldPhone:
			p.Phone = phoneOf(value)
		case fieldLanguages:
			for _, name := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(",;/+|", c) }) {
				code, known := r.words.languages[casefile.Fold(name)]
				if !known {
					bad(field, "errs.casefile.import_language", "value", casefile.Clip(strings.TrimSpace(name)))
					continue
				}
				if !slices.Contains(p.Languages, code) {
					p.Languages = append(p.Languages, code)
				}
			}
		case fieldAddress:
			p.Address.Lines = append(p.Address.Lines, strings.Split(cells[i], "\n")...)
		case fieldPostcode:
			p.Address.Postcode = pad(strings.ReplaceAll(value, " ", ""), 5)
		case fieldCity:
			p.Address.City = value
		case fieldCommune:
			p.Address.Commune = pad(strings.ToUpper(value), 5)
		case fieldReferent:
			id := r.words.workers[casefile.Fold(value)]
			if id == "" {
				bad(field, "errs.casefile.import_referent", "value", casefile.Clip(value))
			}
			out.referent = id
		case fieldOrigin:
			if utf8.RuneCountInString(value) > maxOrigin || strings.ContainsFunc(value, unicode.IsControl) {
				bad(field, "errs.casefile.text_too_long", "max", maxOrigin)
			}
			out.origin = value
		case fieldMonth:
			d, ok := r.date(value)
			if !ok || d.Month == 0 {
				bad(field, "errs.casefile.import_month", "value", casefile.Clip(value))
				break
			}
			month = core.PartialDate{Year: d.Year, Month: d.Month}.String()
		}
	}
	if err := p.Clean(r.today); err != nil {
		var fields errs.Fields
		if !errors.As(err, &fields) {
			fields = errs.Fields{errs.New(errs.Invalid, "errs.casefile.import_row")}
		}
		for _, e := range fields {
			out.faults = append(out.faults, fault(column[e.Field], e))
		}
	}
	from, err := core.ParsePartialDate(month)
	if err != nil {
		from = core.PartialDate{}
	}
	for _, c := range told {
		in, e := r.fact(c.variable, c.value, from)
		if e != nil {
			out.faults = append(out.faults, fault(c.column, e))
			continue
		}
		one := []casefile.FactInput{in}
		if err := r.files.CheckFacts(one, r.today); err != nil {
			var fields errs.Fields
			if !errors.As(err, &fields) {
				fields = errs.Fields{errs.New(errs.Invalid, "errs.casefile.import_row")}
			}
			for _, e := range fields {
				out.faults = append(out.faults, fault(c.column, e))
			}
			continue
		}
		out.facts = append(out.facts, one[0])
	}
	return out
}

// fact reads the cell of a fact.
func (r *rowReader) fact(variable, value string, from core.PartialDate) (casefile.FactInput, *errs.Error) {
	in := casefile.FactInput{Variable: variable, From: from, State: casefile.Known, Value: value, Source: casefile.SourceImported, SeenOn: r.today}
	if state, is := r.words.states[casefile.Fold(value)]; is {
		in.State, in.Value = state, ""
		return in, nil
	}
	v, _ := r.files.Variable(variable)
	switch v.Type {
	case casefile.TypeBool:
		b, known := r.words.yesNo[casefile.Fold(value)]
		if !known {
			return in, errs.New(errs.Invalid, "errs.casefile.import_yes_no", "value", casefile.Clip(value))
		}
		in.Value = b
	case casefile.TypeChoice:
		if slices.Contains(v.Choices, value) {
			break
		}
		code, known := r.words.choices[variable+"."+casefile.Fold(value)]
		if !known {
			p := i18n.For(i18n.French)
			var list []string
			for _, c := range v.Choices {
				if key := "casefile.choice." + variable + "." + c; p.Has(key) {
					c = p.T(key)
				}
				list = append(list, c)
			}
			return in, errs.New(errs.Invalid, "errs.casefile.import_choice", "value", casefile.Clip(value), "choices", strings.Join(list[:min(len(list), 8)], ", "))
		}
		in.Value = code
	case casefile.TypeDate:
		d, ok := r.date(value)
		if !ok || d.Day == 0 {
			return in, errs.New(errs.Invalid, "errs.casefile.import_date", "value", casefile.Clip(value))
		}
		in.Value = d.String()
	case casefile.TypeAmount, casefile.TypeNumber, casefile.TypeInteger:
		if comma := strings.LastIndexByte(value, ','); comma > 0 && strings.Contains(value[:comma], ".") {
			in.Value = strings.ReplaceAll(value[:comma], ".", "") + value[comma:] // 1.548,50
		}
	}
	return in, nil
}

// fault writes an error in the form that is kept with the row.
func fault(column string, e *errs.Error) Fault {
	f := Fault{Column: column, Key: e.Key}
	if len(e.Args) > 0 {
		f.Args = map[string]string{}
		for k, v := range e.Args {
			f.Args[k] = fmt.Sprint(v)
		}
	}
	return f
}

// maxOrigin is the longest identifier of origin, in characters.
const maxOrigin = 80

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// phoneOf gives back the zero that a spreadsheet took from a number.
func phoneOf(s string) string {
	if len(s) == 9 && digits(s) && s[0] != '0' {
		return "0" + s
	}
	return s
}

// pad gives back the zeros that a spreadsheet took from a code.
func pad(s string, n int) string {
	if len(s) == n-1 && digits(s) {
		return "0" + s
	}
	return s
}

// Days from 1899-12-30, the zero of spreadsheets, which count a 29 February 1900
// that never was: right from 1 March 1900 on.
const (
	firstSerial = 61
	lastSerial  = 109_573 // 2199-12-31
	from1904    = 1462
)

// date reads a day, a month or a year as people and spreadsheets write them:
// 12/03/1984, 12.03.1984, 1984-03-12, 12 mars 1984, 03/1984, 1984, 30753.
func (r *rowReader) date(s string) (core.PartialDate, bool) {
	s = strings.TrimSpace(s)
	if day, _, isTime := strings.Cut(s, "T"); isTime && len(day) == 10 {
		s = day
	}
	if day, clock, two := strings.Cut(s, " "); two && strings.Contains(clock, ":") {
		s = day
	}
	if whole, _, _ := strings.Cut(s, "."); digits(whole) && digits(strings.Replace(s, ".", "", 1)) {
		n, err := strconv.Atoi(whole)
		switch {
		case err != nil:
		case len(s) == 4 && n >= 1850 && n <= 2200:
			return core.PartialDate{Year: n}, true
		case n >= firstSerial && n <= lastSerial:
			if r.head.Date1904 {
				n += from1904
			}
			d := core.DateOf(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n))
			return core.PartialDate{Year: d.Year, Month: int(d.Month), Day: d.Day}, true
		}
	}
	if d, err := core.ParsePartialDate(s); err == nil {
		return d, !d.IsZero()
	}
	parts := strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("/.- \u00a0\u202f", c) })
	if len(parts) == 0 || len(parts) > 3 || gap(s) {
		return core.PartialDate{}, false
	}
	slices.Reverse(parts)
	if len(parts) == 3 && len(parts[2]) == 4 { // 1984/03/12
		slices.Reverse(parts)
	}
	var n [3]int
	for i, part := range parts {
		if i == 1 {
			if m, named := r.words.months[casefile.Fold(part)]; named {
				n[i] = m
				continue
			}
		}
		part = strings.TrimSuffix(part, "er")
		if !digits(part) || (i == 0 && len(part) != 4) || (i > 0 && len(part) > 2) {
			return core.PartialDate{}, false
		}
		v, err := strconv.Atoi(part)
		if err != nil || v == 0 {
			return core.PartialDate{}, false
		}
		n[i] = v
	}
	d, err := core.ParsePartialDate(core.PartialDate{Year: n[0], Month: n[1], Day: n[2]}.String())
	return d, err == nil
}

// gap tells a date one of whose parts was left out: 12//1984 is no December.
func gap(s string) bool {
	before := ' '
	for i, c := range s {
		sep := strings.ContainsRune("/.-", c)
		if sep && (i == 0 || strings.ContainsRune("/.-", before)) {
			return true
		}
		before = c
	}
	return false
}

// sameRow is what tells that two rows of one file speak of the same person: the
// identifier of origin, else name, birth and phone.
func (r rowRead) sameRow() string {
	if r.origin != "" {
		return "o " + r.origin
	}
	p := r.person
	return strings.Join([]string{"n", casefile.Fold(p.UsualName), casefile.Fold(p.GivenNames), casefile.Fold(p.FirstNameOfUse), p.Birth.String(), p.Phone}, "\x00")
}

// headerWords are the names under which tables usually call a field.
func headerWords(variables []casefile.Variable) map[string]string {
	out := map[string]string{}
	for _, v := range variables {
		out[casefile.Fold(strings.ReplaceAll(v.Name, "_", " "))] = factPrefix + v.Name
	}
	for _, tag := range []string{i18n.English, i18n.French} {
		p := i18n.For(tag)
		for _, v := range variables {
			if key := "casefile.variable." + v.Name; p.Has(key) {
				out[casefile.Fold(p.T(key))] = factPrefix + v.Name
			}
		}
		for _, field := range Fields() {
			out[casefile.Fold(strings.ReplaceAll(field, "_", " "))] = field
			for _, name := range strings.Split(p.T("exchange.header."+field), ",") {
				out[casefile.Fold(name)] = field
			}
		}
	}
	delete(out, "")
	return out
}
