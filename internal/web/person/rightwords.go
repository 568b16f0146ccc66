package person

import (
	"strings"
	"sync"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/rights"
)

// Words says a right in the reader's language: from the catalogue when it has
// the text, else in the French of the law file.
type Words struct {
	Law      *rights.Law
	Communes *directory.Communes
	said     *sync.Map // saidKey -> string: a page names each right several times
}

// NewWords says the rights of a law.
func NewWords(l *rights.Law, communes *directory.Communes) Words {
	return Words{Law: l, Communes: communes, said: &sync.Map{}}
}

// saidKey is one text of a right's sheet in one language.
type saidKey struct {
	tag, right string
	part       lawtext.Part
}

// keep says a text once per language, for a right of the law: nothing else is kept.
func (w Words) keep(p *i18n.Printer, right string, part lawtext.Part, say func() string) string {
	if w.said == nil {
		return say()
	}
	key := saidKey{p.Tag(), right, part}
	if text, kept := w.said.Load(key); kept {
		return text.(string)
	}
	text := say()
	if _, known := w.Law.Right(right); known {
		w.said.Store(key, text)
	}
	return text
}

// sum is an amount with what it is for; a right without amount is « open ».
func (w Words) sum(p *i18n.Printer, right string, amount core.Cents) (sum, note string) {
	if w.amountless(right) {
		return "", p.T("web.right.open")
	}
	return p.Money(amount), w.per(p, right)
}

// per is what the amount of a right is for: « par mois », « pour l'année ».
func (w Words) per(p *i18n.Printer, right string) string {
	if sheet, ok := w.Law.Right(right); ok && sheet.Per == rights.PerYear {
		return p.T("web.right.per_year")
	}
	return p.T("web.right.per_month")
}

// why is the title of an explanation.
func (w Words) why(p *i18n.Printer, right string, amount core.Cents) string {
	if w.amountless(right) {
		return p.T("web.right.why_open")
	}
	return p.T("web.right.why", "amount", amount)
}

// amountless tells whether a right is a yes or no.
func (w Words) amountless(right string) bool {
	sheet, ok := w.Law.Right(right)
	return ok && sheet.Per == rights.NoAmount
}

// Name is the right's name: « Allocations familiales ».
func (w Words) Name(p *i18n.Printer, right string) string {
	return w.keep(p, right, lawtext.Title, func() string { return w.name(p, right) })
}

func (w Words) name(p *i18n.Printer, right string) string {
	if key := "web.right_name." + right; p.Has(key) {
		return p.T(key)
	}
	if sheet, ok := w.Law.Right(right); ok {
		return lawtext.Say(p, lawtext.Right(right, lawtext.Title), sheet.Title).String()
	}
	return right
}

// Decides says who decides: « La CAF décide. »
func (w Words) Decides(p *i18n.Printer, right string) string {
	return w.keep(p, right, lawtext.Decides, func() string { return w.decides(p, right) })
}

func (w Words) decides(p *i18n.Printer, right string) string {
	if key := "web.right_decides." + right; p.Has(key) {
		return p.T(key)
	}
	if sheet, ok := w.Law.Right(right); ok && sheet.Decides != "" {
		return p.T("web.right.decides", "who", lawtext.Say(p, lawtext.Right(right, lawtext.Decides), sheet.Decides).String())
	}
	return ""
}

// Sentence is a sentence of the law files, and its language when it is not the
// page's: person/_law shows it.
type Sentence = lawtext.Text

// list reads the sentences of one kind.
func list(p *i18n.Printer, right string, part lawtext.Part, french []string) []Sentence {
	out := lawtext.Lines(p, right, part, french)
	for i := range out {
		out[i].Text = full(out[i].Text)
	}
	return out
}

// full ends a sentence with a full stop.
func full(s string) string {
	for _, stop := range []string{".", "?", "!", "؟"} {
		if strings.HasSuffix(s, stop) {
			return s
		}
	}
	return s + "."
}

// Entails says what claiming the right entails.
func (w Words) Entails(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, lawtext.Entails, sheet.Entails)
}

// Contest says how to contest a decision received.
func (w Words) Contest(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, lawtext.Contest, sheet.Contest)
}

func (w Words) easy(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, lawtext.Easy, sheet.Easy)
}

func (w Words) counters(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, lawtext.Counter, sheet.Counters)
}

// NotCovered says which situations the law file leaves out.
func (w Words) NotCovered(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, lawtext.NotCovered, sheet.NotCovered)
}

// paper is a paper to bring and the text that requires it.
type paper struct {
	Name Sentence
	Text string
}

func (w Words) papers(p *i18n.Printer, right string) []paper {
	sheet, _ := w.Law.Right(right)
	out := make([]paper, 0, len(sheet.Papers))
	for i, x := range sheet.Papers {
		out = append(out, paper{lawtext.Say(p, lawtext.RightLine(right, lawtext.Paper, i), x.Name), x.Text})
	}
	return out
}
