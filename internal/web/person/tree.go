package person

import (
	"fmt"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/rights"
)

// nodeView is one line of an explanation on a page.
type nodeView struct {
	Sentence Sentence
	Figure   string
	Strong   bool
	Total    bool
	Law      []Sentence // articles and dated parameters, for the margin
	Tag      string     // « supposé », « préfère ne pas dire »…
	Nodes    []nodeView
	Fold     bool // what it is made of is folded: deep lines are for who asks
}

// How deep a tree is shown: two levels on a card, whole on the right's own page.
const firstLevel, wholeTree = 2, 12

// depthOf is how deep the right's own page goes: easy French says what makes the
// amount, and no more.
func depthOf(p *i18n.Printer) int {
	if p.Tag() == i18n.EasyFrench {
		return firstLevel
	}
	return wholeTree
}

// unfolded is how many levels are open on the right's own page.
const unfolded = 3

// viewTree turns a stored explanation into lines. The engine's first line is the
// result: it comes last, as a total, after what it is made of.
func (w Words) viewTree(p *i18n.Printer, e *rights.Explanation, names map[string]string, depth int) []nodeView {
	if e == nil || len(e.Lines) == 0 {
		return nil
	}
	total := w.viewLine(p, e.Lines[0], names)
	total.Total, total.Strong = true, true
	nodes, _ := w.viewLines(p, e.Lines, 1, 0, depth, names)
	return append(nodes, total)
}

// explained is the tree of a stored result. When answers lack, its last line says
// what is known of the amount all the same; settled tells that none of them can
// change it.
func (w Words) explained(p *i18n.Printer, e casefile.Explained, names map[string]string, depth int) (nodes []nodeView, settled bool) {
	nodes = w.viewTree(p, e.Detail.Explanation, names, depth)
	if len(nodes) == 0 || !e.Detail.Explanation.Lines[0].Unknown {
		return nodes, false
	}
	total := &nodes[len(nodes)-1]
	switch {
	case e.Status == casefile.Probable && w.amountless(e.Right):
		total.Figure = p.T("web.file.bool_true")
		return nodes, true
	case e.Status == casefile.Probable:
		total.Figure = p.MoneyCents(e.Amount)
		return nodes, true
	case e.Status == casefile.ToVerify && e.Max > 0:
		total.Figure = p.MoneyRange(e.Min, e.Max)
	}
	return nodes, false
}

// viewLines nests the flat lines from i on that explain the last line of depth
// parent; it returns the index after them.
func (w Words) viewLines(p *i18n.Printer, lines []rights.Line, i, parent, depth int, names map[string]string) ([]nodeView, int) {
	var out []nodeView
	for i < len(lines) && lines[i].Depth > parent {
		if undecisive(lines, i) {
			_, i = w.viewLines(p, lines, i+1, lines[i].Depth, 0, names)
			continue
		}
		n := w.viewLine(p, lines[i], names)
		if when := periods(p, ownSpans(lines, i)); when != "" {
			n.Sentence.Text = p.T("web.file.label_of", "label", n.Sentence.Text, "name", when)
		}
		n.Strong = parent == 0
		var below []nodeView
		below, i = w.viewLines(p, lines, i+1, lines[i].Depth, depth, names)
		if parent+1 < depth {
			n.Nodes, n.Fold = below, parent+1 >= unfolded
		}
		out = append(out, n)
	}
	return out, i
}

// undecisive tells an unknown line under one that is known all the same: a
// condition met by another way.
func undecisive(lines []rights.Line, i int) bool {
	if !lines[i].Unknown {
		return false
	}
	for j := i - 1; j >= 0; j-- {
		if lines[j].Depth < lines[i].Depth {
			return lines[j].Value != nil && lines[j].Value.Kind == rights.KindBool
		}
	}
	return false
}

// viewLine says one line: sentence, figure, articles, parameters.
func (w Words) viewLine(p *i18n.Printer, l rights.Line, names map[string]string) nodeView {
	n := nodeView{Sentence: lawtext.Say(p, l.Key, l.Sentence)}
	if key := "casefile.variable." + l.Variable; p.Has(key) {
		n.Sentence = Sentence{Text: p.T(key)}
	}
	if who := whose(p, l.Subjects, names); who != "" {
		n.Sentence.Text = p.T("web.file.label_of", "label", n.Sentence.Text, "name", who)
	}
	switch {
	case l.NA:
		n.Figure = p.T("web.right.not_applicable")
	case l.Unknown:
		n.Figure = p.T("web.right.unknown")
	case l.Value != nil:
		n.Figure = w.figure(p, l)
	}
	switch l.Origin {
	case "presumed", "default":
		n.Tag = p.T("web.right.assumed")
	case "refused":
		n.Tag = p.T("web.file.refused")
	}
	for _, article := range l.Articles {
		n.Law = append(n.Law, lawtext.French(p, article))
	}
	for _, q := range l.Parameters {
		n.Law = append(n.Law, Sentence{Text: parameterText(p, q)})
	}
	return n
}

// ownSpans is the months of a line, nil when the line it explains says the same:
// a month is written once, at the top of what belongs to it.
func ownSpans(lines []rights.Line, i int) []rights.Span {
	for j := i - 1; j >= 0; j-- {
		if lines[j].Depth < lines[i].Depth {
			if slices.Equal(lines[j].Spans, lines[i].Spans) {
				return nil
			}
			break
		}
	}
	return lines[i].Spans
}

// periods tells when a line holds, when that is not the asked month alone:
// « février 2026 », « de mai 2025 à avril 2026 », « 2024 ».
func periods(p *i18n.Printer, spans []rights.Span) string {
	var when []string
	for _, s := range spans {
		from, to := monthOrYear(p, s.From), monthOrYear(p, s.To)
		if from == to {
			when = append(when, from)
		} else {
			when = append(when, p.T("web.right.from_to", "from", from, "to", to))
		}
	}
	return p.List(when)
}

// monthOrYear says a month in words; a year stays as it is.
func monthOrYear(p *i18n.Printer, text string) string {
	if m, err := rights.ParseMonth(text); err == nil {
		return p.Month(m)
	}
	return text
}

// whose names the persons a line is about, when the page knows them.
func whose(p *i18n.Printer, subjects []string, names map[string]string) string {
	var who []string
	for _, s := range subjects {
		if name := names[s]; name != "" {
			who = append(who, name)
		}
	}
	return p.List(who)
}

// figure is a line's value as people read it.
func (w Words) figure(p *i18n.Printer, l rights.Line) string {
	if l.Variable == nationalityFact {
		return countryName(p, l.Value.String())
	}
	switch l.Value.Kind {
	case rights.KindBool:
		if l.Value.Bool {
			return p.T("web.file.bool_true")
		}
		return p.T("web.file.bool_false")
	case rights.KindNumber:
		if l.Sign != "" && money(l.Unit) {
			amount := euros(l.Value.Number)
			if l.Sign == "-" {
				amount = -amount
			}
			return p.MoneySigned(amount)
		}
		return Quantity(p, l.Value.Number, l.Unit)
	}
	text := l.Value.String()
	if l.Variable == communeFact {
		return w.commune(text)
	}
	if d, err := core.ParseDate(text); err == nil {
		return p.Date(d)
	}
	if label := choiceLabel(p, l.Variable, text); label != text {
		return label
	}
	return lawtext.Value(p, w.Law, l.Variable, text).String()
}

// Quantity writes a number with its unit: money to the cent, a share in percent.
func Quantity(p *i18n.Printer, n float64, unit string) string {
	if money(unit) {
		return p.MoneyCents(euros(n))
	}
	switch unit {
	case "%":
		return p.Percent(n)
	case "", "nombre":
		return p.Decimal(n)
	case "an":
		return p.N("web.unit.years", int(n))
	case "mois":
		return p.N("web.unit.months", int(n))
	case "heure/mois":
		return p.T("web.unit.hours_a_month", "n", p.Decimal(n))
	case "%/an":
		return p.T("web.unit.percent_a_year", "n", p.Percent(n))
	}
	return p.Decimal(n) + "\u00a0" + unit
}

// money tells whether a unit is of money.
func money(unit string) bool {
	switch unit {
	case "€", "€/mois", "€/an", "€/heure", "€/jour":
		return true
	}
	return false
}

// parameterText is « Base mensuelle : 478,16 €, depuis le 1er avril 2026 ».
func parameterText(p *i18n.Printer, q rights.Quantified) string {
	label := lawtext.Say(p, lawtext.Param(q.Name), q.Label).String()
	if label == "" {
		label = q.Name
	}
	value := p.T("web.right.parameter_named", "name", label, "value", Quantity(p, q.Value, q.Unit))
	since, err := core.ParseDate(q.From)
	if err != nil {
		return value
	}
	return p.T("web.right.parameter", "value", value, "date", since)
}

// parseMonth reads "2026-05" within what the law files may cover.
func parseMonth(s string) (core.Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0, fmt.Errorf("month %.20q: want YYYY-MM", s)
	}
	if t.Year() < 2000 || t.Year() > 2100 {
		return 0, fmt.Errorf("month %.20q: between 2000 and 2100", s)
	}
	return core.DateOf(t).CalendarMonth(), nil
}
