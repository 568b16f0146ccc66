package command

import (
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/rights"
)

// rightsExplain says why: the decisive lines of one right, each with its figure
// and its article.
type rightsExplain struct {
	File  string `arg:"" help:"cli.help.situation" placeholder:"FILE"`
	Right string `help:"cli.help.right" placeholder:"RIGHT"`
	Month string `help:"cli.help.month" placeholder:"2026-06"`
	Law   string `help:"cli.help.law_dir" placeholder:"DIR"`
}

// Run prints the explanation.
func (c *rightsExplain) Run(s *session) error {
	if c.Right == "" {
		return misuse("cli.rights.no_right")
	}
	results, law, month, err := s.evaluate(c.Law, c.File, c.Month, []string{c.Right})
	if err != nil {
		return err
	}
	if len(results) == 0 {
		return errs.New(errs.NotFound, "cli.rights.nobody", "name", c.Right)
	}
	s.print(s.p.T("cli.rights.title", "month", s.p.Month(month), "law", law.Digest()))
	for _, r := range results {
		s.print("")
		s.printResult(law, r)
		if r.Explanation == nil {
			continue
		}
		s.print("")
		for _, line := range r.Explanation.Lines {
			s.printLine(line)
		}
		if r.Explanation.Hidden > 0 {
			s.print("  " + s.p.N("cli.rights.hidden", r.Explanation.Hidden))
		}
	}
	return nil
}

// printResults says what may be claimed, then names in one line what is not due.
func (s *session) printResults(law *rights.Law, results []rights.Result) {
	due := map[string]bool{}
	for _, r := range results {
		if r.Status != rights.NotDue {
			due[r.Right] = true
			s.print("")
			s.printResult(law, r)
		}
	}
	var not []string
	for _, r := range results {
		if !due[r.Right] {
			due[r.Right] = true // each once
			not = append(not, r.Right)
		}
	}
	if len(not) > 0 {
		s.print("")
		s.print(s.p.T("cli.rights.not_due_list", "names", s.p.List(not)))
	}
}

// printResult says one right in a few lines: what it is, how much, what is missing.
func (s *session) printResult(law *rights.Law, r rights.Result) {
	title := r.Right
	sheet, known := law.Right(r.Right)
	if known {
		title = sheet.Title
	}
	s.print(title + " (" + r.Right + ", " + r.Subject + ")")
	paid := r.Paid
	if paid == nil {
		paid = r.Amount
	}
	switch {
	case r.Status == rights.NotDue:
		s.print("  " + s.p.T("cli.rights.not_due"))
	case r.Status == rights.Probable && paid == nil:
		s.print("  " + s.p.T("cli.rights.probable_open"))
	case r.Status == rights.Probable && sheet.Per == rights.PerYear:
		s.print("  " + s.p.T("cli.rights.probable_year", "amount", s.p.MoneyCents(*paid)))
	case r.Status == rights.Probable:
		s.print("  " + s.p.T("cli.rights.probable", "amount", s.p.MoneyCents(*paid)))
	case r.PaidMin != nil && r.PaidMax != nil:
		s.print("  " + s.p.T("cli.rights.to_verify_range", "range", s.p.MoneyRange(*r.PaidMin, *r.PaidMax)))
	default:
		s.print("  " + s.p.T("cli.rights.to_verify"))
	}
	for _, m := range r.Missing {
		s.print("  " + s.p.T("cli.rights.missing", "what", m.Label, "name", m.Variable))
	}
	for _, reason := range append(append([]string{}, r.Reasons...), r.Gaps...) {
		s.print("  " + reason)
	}
	for _, old := range r.Stale {
		s.print("  " + s.p.T("cli.rights.stale", "name", old.Parameter, "date", old.Expected))
	}
}

// printLine writes one line of an explanation: its place in the tree, the
// sentence, the figure, the articles and the parameters it read.
func (s *session) printLine(l rights.Line) {
	indent := strings.Repeat("  ", l.Depth+1)
	figure := ""
	switch {
	case l.NA:
		figure = s.p.T("cli.rights.not_applicable")
	case l.Unknown:
		figure = s.p.T("cli.rights.unknown_value")
	case l.Value != nil:
		figure = s.figure(*l.Value, l.Unit)
	}
	text := indent + l.Sentence
	if when := s.periods(l.Spans); when != "" {
		text += ", " + when
	}
	if figure != "" {
		text += " : " + figure
	}
	if len(l.Articles) > 0 {
		text += "   [" + strings.Join(l.Articles, " ; ") + "]"
	}
	s.print(text)
	for _, q := range l.Parameters {
		s.print(indent + "    " + q.Label + " : " + s.figure(rights.Number(q.Value), q.Unit) + " (" + q.From + ")")
	}
}

// periods writes the months of a line that is not of the asked month alone.
func (s *session) periods(spans []rights.Span) string {
	var when []string
	for _, span := range spans {
		if span.From == span.To {
			when = append(when, span.From)
		} else {
			when = append(when, span.From+"…"+span.To)
		}
	}
	return strings.Join(when, ", ")
}

// figure writes a value with its unit, as people read it.
func (s *session) figure(v rights.Value, unit string) string {
	switch v.Kind {
	case rights.KindBool:
		if v.Bool {
			return s.p.T("cli.rights.yes")
		}
		return s.p.T("cli.rights.no")
	case rights.KindNumber:
		if rest, euros := strings.CutPrefix(unit, "€"); euros {
			return s.p.MoneyCents(core.Cents(rights.CentsOf(v.Number))) + rest
		}
		if unit == "%" {
			return s.p.Percent(v.Number)
		}
		return s.p.Decimal(v.Number)
	case rights.KindDate:
		return v.Day.String()
	}
	return fmt.Sprint(v.Text)
}
