package person

import (
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// factView is one fact: what, how much, from where.
type factView struct {
	Label   string
	Value   string
	Open    bool   // nobody knows
	Refused bool   // the person prefers not to say
	Since   string // « depuis le 5 janvier 2026 »
	Before  []string
	Coming  []string
	Waiting int
	Source  sourceView
	Href    string // to change it
}

// sourceView is where a fact comes from.
type sourceView struct {
	Icon string
	Text string
	Said bool
}

// nothing tells an amount that was said to be zero, and that nothing else is to be
// said about.
func nothing(l casefile.FactLine) bool {
	return l.State == casefile.Known && l.Of.Type == casefile.TypeAmount && l.Value == "0" && len(l.Before)+len(l.Waiting)+len(l.Upcoming) == 0
}

func (w Words) viewFact(p *i18n.Printer, f *casefile.File, call string, line casefile.FactLine) factView {
	v := factView{
		Label: factLabel(p, line.Of, line.Subject, f.Person.ID, f.Household),
		Since: period(p, line.Fact), Waiting: len(line.Waiting),
		Source: viewSource(p, call, line.Fact), Href: factPath(f.Person.ID, line.Variable, line.Subject),
		Open: line.State == casefile.Unknown, Refused: line.State == casefile.Refused,
	}
	if e := line.Expiry(f.Today); e != casefile.NotExpired && f.Month == f.Today.CalendarMonth() {
		word := p.T("home.fact_" + string(e))
		if v.Since == "" {
			v.Since = word
		} else {
			v.Since += p.T("web.household.comma") + " " + word
		}
	}
	switch {
	case line.Hidden:
		v.Value, v.Href = p.T("life.fact_hidden"), path(f.Person.ID)+"/adresse"
	case line.State == casefile.Known:
		v.Value = w.factValue(p, line.Of, line.Value)
	}
	for _, b := range line.Before {
		v.Before = append(v.Before, w.stateValue(p, line.Of, b))
	}
	for _, u := range line.Upcoming {
		v.Coming = append(v.Coming, p.T("web.file.coming", "date", u.From, "value", w.stateValue(p, line.Of, u)))
	}
	return v
}

func factPath(file core.ID, variable string, s casefile.Subject) string {
	to := path(file) + "/faits/" + variable
	if s.Kind != casefile.AboutPerson || s.ID != file {
		to += "?sujet=" + string(s.Kind) + ":" + string(s.ID)
	}
	return to
}

// factLabel is the variable's name, and whose it is when not the person's own.
func factLabel(p *i18n.Printer, of casefile.Variable, s casefile.Subject, self core.ID, h casefile.HouseholdView) string {
	label := variableLabel(p, of.Name)
	if s.Kind == casefile.AboutPerson && s.ID != self {
		if human, ok := h.Humans[s.ID]; ok {
			return p.T("web.file.label_of", "label", label, "name", firstName(human))
		}
	}
	return label
}

func variableLabel(p *i18n.Printer, name string) string {
	if label, ok := p.Under("casefile.variable.", name); ok {
		return label
	}
	return name
}

// stateValue says a fact's value, or that it is unknown or not said.
func (w Words) stateValue(p *i18n.Printer, of casefile.Variable, f casefile.Fact) string {
	if f.Hidden {
		return p.T("life.fact_hidden")
	}
	switch f.State {
	case casefile.Unknown:
		return p.T("web.file.unknown")
	case casefile.Refused:
		return p.T("web.file.refused")
	}
	return w.factValue(p, of, f.Value)
}

// factValue says a canonical value in the reader's language, with its unit.
func (w Words) factValue(p *i18n.Printer, of casefile.Variable, value string) string {
	switch of.Type {
	case casefile.TypeAmount:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return value
		}
		money := p.Money(euros(n))
		switch of.Unit {
		case "€/mois":
			return p.T("web.file.a_month", "amount", money)
		case "€/an":
			return p.T("web.file.a_year", "amount", money)
		}
		return money
	case casefile.TypeNumber, casefile.TypeInteger:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return value
		}
		s := p.Decimal(n)
		if of.Unit != "" {
			s += "\u00a0" + unitText(p, of.Unit)
		}
		return s
	case casefile.TypeBool:
		return p.T("web.file.bool_" + value)
	case casefile.TypeDate:
		if d, err := core.ParseDate(value); err == nil {
			return p.Date(d)
		}
	case casefile.TypeChoice:
		return choiceLabel(p, of.Name, value)
	case casefile.TypeText:
		switch of.Name {
		case communeFact:
			return w.commune(value)
		case nationalityFact:
			return countryName(p, value)
		}
	}
	return value
}

func choiceLabel(p *i18n.Printer, variable, value string) string {
	if key := "casefile.choice." + variable + "." + value; p.Has(key) {
		return p.T(key)
	}
	return value
}

// euros turns an amount in euros into cents, half away from zero.
func euros(n float64) core.Cents {
	if n < 0 {
		return -euros(-n)
	}
	return core.Cents(n*100 + 0.5)
}

// period says when a fact holds: « depuis janvier 2026 », « en avril 2026 », «
// de février à avril 2026 », "" when it always does.
func period(p *i18n.Printer, f casefile.Fact) string {
	switch {
	case f.From.IsZero() && f.Until.IsZero():
		return ""
	case f.Until.IsZero():
		return p.T(onOrIn("web.file.from", f.From), "date", f.From)
	case f.From.IsZero():
		return p.T(onOrIn("web.file.until", f.Until), "date", f.Until)
	case f.From == f.Until:
		return p.T(onOrIn("web.file.at", f.From), "date", f.From)
	}
	return p.T(onOrIn("web.file.between", f.From), "from", f.From, "until", f.Until)
}

// onOrIn picks « le 5 janvier » or « janvier » by what is known of a date.
func onOrIn(key string, d core.PartialDate) string {
	if d.Day > 0 {
		return key + "_day"
	}
	return key + "_month"
}

// viewSource says where a fact comes from.
func viewSource(p *i18n.Printer, call string, f casefile.Fact) sourceView {
	switch f.Source {
	case casefile.SourceSaid:
		if f.State == casefile.Refused {
			return sourceView{Icon: "said", Said: true, Text: p.T("web.source.respected", "date", p.DayMonth(f.SeenOn))}
		}
		return sourceView{Icon: "said", Said: true, Text: p.T("web.source.said", "who", call, "date", p.DayMonth(f.SeenOn))}
	case casefile.SourceDocument:
		if f.Hidden { // the paper too may say where
			return sourceView{Icon: "paper", Text: p.T("life.fact_hidden_paper", "date", p.DayMonth(f.SeenOn))}
		}
		return sourceView{Icon: "paper", Text: p.T("web.source.document", "what", f.Detail, "date", p.DayMonth(f.SeenOn))}
	case casefile.SourceLetter:
		return sourceView{Icon: "letter", Text: p.T("web.source.letter", "date", p.DayMonth(f.SeenOn))}
	case casefile.SourceComputed:
		return sourceView{Icon: "calc", Text: p.T("web.source.computed")}
	}
	return sourceView{Icon: "down", Text: p.T("web.source.imported", "date", p.DayMonth(f.SeenOn))}
}

// centsOf reads a canonical amount, "548.5"; 0 when it is none.
func centsOf(canonical string) core.Cents {
	n, err := strconv.ParseFloat(canonical, 64)
	if err != nil {
		return 0
	}
	return euros(n)
}
