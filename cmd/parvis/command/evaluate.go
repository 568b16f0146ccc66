package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
)

// rightsEvaluate says what a household may claim for a month. The situation is a
// file of the OpenFisca web API; an absent cell takes OpenFisca's default.
type rightsEvaluate struct {
	File   string `arg:"" help:"cli.help.situation" placeholder:"FILE"`
	Month  string `help:"cli.help.month" placeholder:"2026-06"`
	Format string `help:"cli.help.format" placeholder:"json|text"`
	Law    string `help:"cli.help.law_dir" placeholder:"DIR"`
}

// evaluation is the answer, in the form that programs rely on.
type evaluation struct {
	Month  string                `json:"month"`
	Law    string                `json:"law"`
	Rights map[string]rightFound `json:"rights"`
}

// rightFound is one right. With several families or persons who may have it, the
// status is the strongest of theirs, the amounts are sums, and Subjects tells each.
type rightFound struct {
	rights.Result
	Subjects []rights.Result `json:"subjects,omitempty"`
}

// Run prints the rights of the situation.
func (c *rightsEvaluate) Run(s *session) error {
	switch c.Format {
	case "":
		c.Format = "text"
	case "text", "json":
	default:
		return misuse("cli.rights.format", "value", c.Format)
	}
	results, law, month, err := s.evaluate(c.Law, c.File, c.Month, nil)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return s.printJSON(evaluation{Month: month.String(), Law: law.Digest(), Rights: gather(results)})
	}
	s.print(s.p.T("cli.rights.title", "month", s.p.Month(month), "law", law.Digest()))
	s.printResults(law, results)
	return nil
}

// evaluate reads a situation and computes rights for a month: those of names, else
// those the file asks by null, else all. A file that asks for one month needs none.
func (s *session) evaluate(lawDir, file, monthText string, names []string) ([]rights.Result, *rights.Law, rights.Month, error) {
	l, err := loadLaw(lawDir)
	if err != nil {
		var list rights.Problems
		if errors.As(err, &list) {
			err = errs.Wrap(errs.Invalid, "cli.rights.unusable", err)
		}
		return nil, nil, 0, err
	}
	body, err := s.readFile(file, openfisca.MaxBytes)
	if err != nil {
		return nil, nil, 0, err
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // what some editors put first
	request, err := openfisca.Read(l, body)
	if err != nil {
		return nil, nil, 0, situationError(s, file, err)
	}
	month, asked, err := whatIsAsked(request.Asks, monthText)
	if err != nil {
		return nil, nil, 0, err
	}
	if names == nil {
		names = asked
	}
	for _, name := range names {
		if _, known := l.Variable(name); !known {
			return nil, nil, 0, misuse("cli.rights.unknown", "name", name, "near", s.p.List(l.Nearest(name)))
		}
	}
	results, err := request.Situation.Close(rights.OpenFisca).Evaluate(month, names...)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("evaluate: %w", err)
	}
	return results, l, month, nil
}

// plausible tells the months that a law of today can say anything about.
func plausible(m rights.Month) bool {
	return rights.MonthOf(1990, 1) <= m && m <= rights.MonthOf(2100, 12)
}

// whatIsAsked finds the month and the names: --month first, else the one month of
// the nulls.
func whatIsAsked(asks []openfisca.Ask, text string) (month rights.Month, names []string, err error) {
	months := map[rights.Month]bool{}
	seen := map[string]bool{}
	for _, a := range asks {
		months[a.Month] = true
		if !seen[a.Variable] {
			seen[a.Variable] = true
			names = append(names, a.Variable)
		}
	}
	if text != "" {
		month, err := rights.ParseMonth(text)
		if err != nil || !plausible(month) {
			return 0, nil, misuse("cli.rights.month", "value", text)
		}
		return month, names, nil
	}
	switch len(months) {
	case 0:
		return 0, nil, misuse("cli.rights.no_month")
	case 1:
		return asks[0].Month, names, nil
	}
	return 0, nil, misuse("cli.rights.several_months")
}

// situationError says what is wrong with a situation: its path in the file, what
// to write instead.
func situationError(s *session, file string, err error) error {
	var p *openfisca.Problem
	if !errors.As(err, &p) {
		return fmt.Errorf("read %s: %w", file, err)
	}
	where := file
	for _, step := range p.Path {
		where += " › " + step
	}
	return errs.New(errs.Invalid, "cli.rights.situation", "where", where, "what", p.Message(s.p.Lang()))
}

// gather puts the results of one right together.
func gather(results []rights.Result) map[string]rightFound {
	found := map[string]rightFound{}
	for _, r := range results {
		if r.Missing == nil { // programs read a list, never null
			r.Missing = []rights.Missing{}
		}
		f, there := found[r.Right]
		if !there {
			found[r.Right] = rightFound{Result: r}
			continue
		}
		if f.Subjects == nil {
			f.Subjects = []rights.Result{f.Result}
		}
		f.Subjects = append(f.Subjects, r)
		if strength(r.Status) > strength(f.Status) {
			r.Amount, r.Min, r.Max, r.Paid, r.PaidMin, r.PaidMax = f.Amount, f.Min, f.Max, f.Paid, f.PaidMin, f.PaidMax
			f.Result = r
		}
		last := f.Subjects[len(f.Subjects)-1]
		f.Amount, f.Min, f.Max = sum(f.Amount, last.Amount), sum(f.Min, last.Min), sum(f.Max, last.Max)
		f.Paid, f.PaidMin, f.PaidMax = sum(f.Paid, last.Paid), sum(f.PaidMin, last.PaidMin), sum(f.PaidMax, last.PaidMax)
		found[r.Right] = f
	}
	return found
}

func strength(status rights.Status) int {
	switch status {
	case rights.Probable:
		return 2
	case rights.ToVerify:
		return 1
	}
	return 0
}

// sum is unknown as soon as one of the two is.
func sum(a, b *rights.Cents) *rights.Cents {
	if a == nil || b == nil {
		return nil
	}
	total := *a + *b
	return &total
}

func (s *session) printJSON(v any) error {
	out := json.NewEncoder(s.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
