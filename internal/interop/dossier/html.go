package dossier

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

//go:embed dossier.html
var page string

// Words are what the page cannot say by itself. Right is a right's name in
// the language of Printer; Org who made the copy; Place where its days are
// counted. A nil Printer is French.
type Words struct {
	Right   func(right string) string
	Org     string
	Place   *time.Location
	Printer *i18n.Printer
}

// speaker puts d in these words.
func (w Words) speaker(d *casefile.Dossier) speaker {
	if w.Place == nil {
		w.Place = time.UTC
	}
	if w.Printer == nil {
		w.Printer = i18n.For(i18n.French)
	}
	return speaker{p: w.Printer, d: d, words: w}
}

type view struct {
	*casefile.Dossier
	Org, Made string
	Identity  []row
	People    []row
	Themes    []theme
	Months    []monthView
	Decisions []row
	Said      []row      // the person's words
	Goals     []goalView // the last may be the steps that serve none
	Exchanges []row
	Gathered  []row // files found to be the same person's
	Parts     []partView
	MaskedN   int
	OthersN   int // passages of texts
}

// partView is the section of another room.
type partView struct {
	Name  string
	Title string
	Says  string
	Rows  []casefile.ExportRow
}

// row is one line: what, and what is known of it.
type row struct{ Label, Text, More string }

type theme struct {
	Title string
	Facts []factView
}

type factView struct {
	Label, Value, Period, Source, By, History string
	Gone, Masked                              bool
}

type monthView struct {
	Name, Law, Made string
	Rows            []row
}

// WriteHTML writes the file as one page in French: style inside, no script,
// nothing fetched, fit for paper.
func WriteHTML(w io.Writer, d *casefile.Dossier, words Words) error {
	p := i18n.For(i18n.French)
	t, err := template.New("dossier").Funcs(template.FuncMap{"t": p.T, "n": p.N}).Parse(page)
	if err != nil {
		return fmt.Errorf("template of the dossier: %w", err)
	}
	words.Printer = p
	s := words.speaker(d)
	var b bytes.Buffer
	if err := t.Execute(&b, s.view()); err != nil {
		return fmt.Errorf("write the page of the dossier: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// speaker puts a file into sentences.
type speaker struct {
	p     *i18n.Printer
	d     *casefile.Dossier
	words Words
}

func (s speaker) view() view {
	v := view{Dossier: s.d, Org: s.words.Org, Made: s.day(s.d.Made), MaskedN: s.d.CountMasked()}
	v.Identity = s.identity()
	for _, c := range s.d.People {
		r := row{Label: c.FirstName, Text: s.p.T("exchange.role." + string(c.Role))}
		if !c.LivesIn {
			r.More = s.p.T("exchange.dossier.elsewhere")
		} else if !c.From.IsZero() {
			r.More = s.p.T("exchange.dossier.since", "date", c.From)
		}
		v.People = append(v.People, r)
	}
	for _, name := range append(casefile.Themes(), "") {
		t := theme{Title: s.p.T("exchange.dossier.other_facts")}
		if name != "" {
			t.Title = s.p.T("casefile.theme." + string(name))
		}
		for _, f := range s.d.Facts {
			if f.Of.Theme == name {
				t.Facts = append(t.Facts, s.fact(f))
			}
		}
		if len(t.Facts) > 0 {
			v.Themes = append(v.Themes, t)
		}
	}
	for _, m := range s.d.Months {
		mv := monthView{Name: s.p.Month(m.Month), Law: m.Law, Made: s.day(m.ComputedAt)}
		for _, r := range m.Results {
			line := row{Label: s.right(r.Right), Text: s.p.T("exchange.status." + string(r.Status))}
			switch r.Status {
			case casefile.Probable:
				line.More = s.p.T("web.file.a_month", "amount", s.p.Money(r.Amount))
			case casefile.ToVerify:
				if r.Max > 0 {
					line.More = s.p.MoneyRange(r.Min, r.Max)
				}
			}
			mv.Rows = append(mv.Rows, line)
		}
		v.Months = append(v.Months, mv)
	}
	for _, c := range s.d.Decisions {
		line := row{Label: s.right(c.Right), Text: s.p.T("exchange.decision." + string(c.Kind)), More: s.p.T("exchange.dossier.noted", "date", s.day(c.At))}
		if by := s.d.Names[c.By]; by != "" {
			line.More = s.p.T("exchange.dossier.noted_by", "date", s.day(c.At), "name", by)
		}
		if c.NonTakeUp != "" {
			line.Text += " (" + s.p.T("exchange.non_take_up."+string(c.NonTakeUp)) + ")"
		}
		if c.Amount > 0 {
			line.Text += ", " + s.p.Money(c.Amount)
		}
		v.Decisions = append(v.Decisions, line)
	}
	s.sayPlan(&v)
	for _, part := range s.d.Parts {
		v.Parts = append(v.Parts, partView{part.Name, s.p.T("exchange.part." + part.Name), part.Says, part.Rows})
		v.OthersN += part.Masked
	}
	return v
}

func (s speaker) identity() []row {
	var list []row
	add := func(key, text string) {
		if text != "" {
			list = append(list, row{Label: s.p.T(key), Text: text})
		}
	}
	p := s.d.Person
	add("exchange.field.usual_name", p.UsualName)
	add("exchange.field.given_names", p.GivenNames)
	add("exchange.field.birth_name", p.BirthName)
	add("exchange.field.first_name_of_use", p.FirstNameOfUse)
	if p.Title != "" {
		add("exchange.field.title", s.p.T("exchange.title."+string(p.Title)))
	}
	if !p.Birth.IsZero() {
		add("exchange.field.birth", s.p.PartialDate(p.Birth))
	}
	var languages []string
	for _, l := range p.Languages {
		if key := "web.language." + l; s.p.Has(key) {
			l = s.p.T(key)
		}
		languages = append(languages, l)
	}
	add("exchange.field.languages", s.p.List(languages))
	add("exchange.field.phone", p.Phone)
	add("exchange.dossier.hours", p.Hours)
	if s.d.Hidden {
		add("exchange.field.address", s.p.T("exchange.dossier.address_hidden"))
	}
	a := p.Address
	if a.NoFixed {
		add("exchange.field.address", s.p.T("exchange.dossier.no_fixed"))
	}
	for _, l := range a.Lines {
		add("exchange.field.address", l)
	}
	if a.Postcode != "" || a.City != "" {
		add("exchange.field.city", a.Postcode+" "+a.City)
	}
	add("exchange.dossier.team", s.d.TeamName)
	add("exchange.field.referent", s.d.Names[s.d.Case.Referent])
	if !s.d.Case.OpenedOn.IsZero() {
		add("exchange.dossier.opened", s.p.Date(s.d.Case.OpenedOn))
	}
	return list
}

func (s speaker) fact(f casefile.KeptFact) factView {
	v := factView{Label: f.Variable, Period: s.period(f.Fact), Masked: f.Masked, Gone: f.SupersededBy != ""}
	if key := "casefile.variable." + f.Variable; s.p.Has(key) {
		v.Label = s.p.T(key)
	}
	if f.Whose != "" {
		v.Label = s.p.T("exchange.dossier.label_of", "label", v.Label, "name", f.Whose, "role", s.p.T("exchange.role."+string(f.Role)))
	}
	switch {
	case f.Masked:
		v.Value = s.p.T("exchange.dossier.masked")
	case f.State == casefile.Unknown:
		v.Value = s.p.T("web.file.unknown")
	case f.State == casefile.Refused:
		v.Value = s.p.T("web.file.refused")
	default:
		v.Value = s.value(f.Of, f.Value)
	}
	v.Source = s.p.T("exchange.source." + string(f.Source))
	if f.Detail != "" {
		v.Source += ": " + f.Detail
	}
	if f.ConflictWith != "" && !v.Gone {
		v.History = s.p.T("exchange.dossier.waits")
	}
	if v.Gone {
		v.History = s.p.T("exchange.dossier.replaced")
	}
	v.By = s.p.T("exchange.dossier.noted", "date", s.day(f.RecordedAt))
	if by := s.d.Names[f.RecordedBy]; by != "" {
		v.By = s.p.T("exchange.dossier.noted_by", "date", s.day(f.RecordedAt), "name", by)
	}
	return v
}

func (s speaker) value(of casefile.Variable, value string) string {
	switch of.Type {
	case casefile.TypeAmount, casefile.TypeNumber, casefile.TypeInteger:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return value
		}
		if of.Type != casefile.TypeAmount {
			return s.p.Decimal(n)
		}
		switch of.Unit {
		case "€/mois":
			return s.p.T("web.file.a_month", "amount", s.p.Money(euros(n)))
		case "€/an":
			return s.p.T("web.file.a_year", "amount", s.p.Money(euros(n)))
		}
		return s.p.Money(euros(n))
	case casefile.TypeBool:
		if slices.Contains([]string{"true", "false"}, value) {
			return s.p.T("web.file.bool_" + value)
		}
	case casefile.TypeDate:
		if d, err := core.ParseDate(value); err == nil {
			return s.p.Date(d)
		}
	case casefile.TypeChoice:
		if key := "casefile.choice." + of.Name + "." + value; s.p.Has(key) {
			return s.p.T(key)
		}
	}
	return value
}

// period says when a fact holds.
func (s speaker) period(f casefile.Fact) string {
	switch {
	case f.From.IsZero() && f.Until.IsZero():
		return ""
	case f.Until.IsZero():
		return s.p.T("exchange.dossier.since", "date", f.From)
	case f.From.IsZero():
		return s.p.T("exchange.dossier.until", "date", f.Until)
	}
	return s.p.T("exchange.dossier.between", "from", f.From, "until", f.Until)
}

func (s speaker) right(name string) string {
	if s.words.Right == nil {
		return name
	}
	return s.words.Right(name)
}

func (s speaker) day(us int64) string {
	return s.p.Date(core.DateOf(time.UnixMicro(us).In(s.words.Place)))
}
