package person

import (
	"net/url"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/rights"
)

// What other areas say with the same words as the file of a person.

// Sum is an amount with what it is for; a right without amount is « open ».
func (w Words) Sum(p *i18n.Printer, right string, amount core.Cents) (sum, note string) {
	return w.sum(p, right, amount)
}

// Per is what the amount of a right is for: « par mois », « pour l'année ».
func (w Words) Per(p *i18n.Printer, right string) string { return w.per(p, right) }

// Easy are the easy-read sentences of a right.
func (w Words) Easy(p *i18n.Printer, right string) []Sentence { return w.easy(p, right) }

// Counters say where a right is claimed.
func (w Words) Counters(p *i18n.Printer, right string) []Sentence { return w.counters(p, right) }

// Contrasts says what each answer to an open fact would give; lead names the fact.
func (w Words) Contrasts(p *i18n.Printer, right string, all []rights.Contrast) (lead string, lines []string) {
	return w.contrasts(p, right, all, nil)
}

// Ask is the question about a fact; who is "" for the reader.
func (w Words) Ask(p *i18n.Printer, variable, who string) string {
	return w.questionTitle(p, variable, who)
}

// Label is what a fact is called, ChoiceLabel one of its values.
func Label(p *i18n.Printer, variable string) string { return variableLabel(p, variable) }

// ChoiceLabel says one value of a fact that has a list of them.
func ChoiceLabel(p *i18n.Printer, variable, value string) string {
	return choiceLabel(p, variable, value)
}

// ChoicesOf lists the values of a fact that has a list of them.
func ChoicesOf(p *i18n.Printer, of casefile.Variable) []Option {
	list := make([]option, 0, len(of.Choices))
	for _, c := range of.Choices {
		list = append(list, option{c, choiceLabel(p, of.Name, c)})
	}
	return list
}

// UnitText is a unit beside a field: « € par mois ».
func UnitText(p *i18n.Printer, unit string) string { return unitText(p, unit) }

// Option is a value of a list and how people read it.
type Option = option

// Countries lists every country in the reader's language and order.
func Countries(p *i18n.Printer) []Option { return countries(p) }

// ReadCommune finds the commune typed in a field, or picked among those it may
// mean; the error is on the field.
func (w Words) ReadCommune(form url.Values, field string) (directory.Commune, error) {
	return w.readCommune(form.Get(field), form.Get(fieldPicked), field)
}

// CommuneField is the control of a commune: the template person/_commune shows it.
type CommuneField = communeField

// CommuneControl prepares the control of a commune for a field of a form.
func (w Words) CommuneControl(form *kit.Form, name, label, hint string) CommuneField {
	return w.communeField(form, name, label, hint, form.Value(name))
}

// CommuneChoices are the communes that a text may mean, to pick from.
func (w Words) CommuneChoices(typed string) []Option {
	var list []Option
	for _, c := range w.Communes.Read(typed).Options() {
		list = append(list, option{c.Current(), i18n.Typeset(c.Label())})
	}
	return list
}

// FactPath is the page that changes a fact of a file.
func FactPath(file core.ID, l casefile.FactLine) string {
	return factPath(file, l.Variable, l.Subject)
}

// MissingList names the facts that would settle a right, three at most: « activité,
// salaire net et d'autres points ».
func MissingList(p *i18n.Printer, missing []casefile.Missing) string { return missingList(p, missing) }
