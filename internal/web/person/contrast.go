package person

import (
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/rights"
)

// contrasts says what each answer to an open fact would give: « Si la réponse est
// oui : 200,78 € par mois. » Lead names the fact, "" when nothing is contrasted.
func (w Words) contrasts(p *i18n.Printer, right string, all []rights.Contrast, names map[string]string) (lead string, lines []string) {
	for _, c := range all {
		if lead == "" {
			label := lawtext.Say(p, lawtext.Sentence(c.Variable), c.Label).String()
			if p.Has("casefile.variable." + c.Variable) {
				label = variableLabel(p, c.Variable)
			}
			if who := names[c.Subject]; who != "" {
				label = p.T("web.file.label_of", "label", label, "name", who)
			}
			lead = p.T("contrast.lead", "fact", label)
		}
		lines = append(lines, p.T("contrast.line", "answer", w.answer(p, c), "sum", w.contrastSum(p, right, c)))
	}
	return lead, lines
}

// answer is the value of a contrast as people say it.
func (w Words) answer(p *i18n.Printer, c rights.Contrast) string {
	if c.Value.Kind == rights.KindBool {
		if c.Value.Bool {
			return p.T("web.file.bool_true")
		}
		return p.T("web.file.bool_false")
	}
	text := c.Value.String()
	if label := choiceLabel(p, c.Variable, text); label != text {
		return label
	}
	return lawtext.Value(p, w.Law, c.Variable, text).String()
}

// contrastSum is what the right would be: nothing, an amount, a range, or still to
// verify.
func (w Words) contrastSum(p *i18n.Printer, right string, c rights.Contrast) string {
	switch {
	case c.Verdict == rights.NotDue:
		return p.T("contrast.nothing")
	case c.Min == nil || c.Max == nil:
		if c.Verdict == rights.Probable {
			return p.T("contrast.open")
		}
		return p.T("contrast.unsure")
	case *c.Min == *c.Max:
		return p.T("contrast.sum", "sum", p.MoneyCents(*c.Min), "per", w.per(p, right))
	}
	return p.T("contrast.sum", "sum", p.MoneyRange(*c.Min, *c.Max), "per", w.per(p, right))
}
