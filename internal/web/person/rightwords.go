package person

import (
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/rights"
)

// Words says a right in the reader's language: from the catalogue when it has
// the text, else in the French of the law file.
type Words struct {
	Law *rights.Law
}

// Name is the right's name: « Allocations familiales ».
func (w Words) Name(p *i18n.Printer, right string) string {
	if key := "web.right_name." + right; p.Has(key) {
		return p.T(key)
	}
	if sheet, ok := w.Law.Right(right); ok {
		return sheet.Title
	}
	return right
}

// Decides says who decides: « La CAF décide. »
func (w Words) Decides(p *i18n.Printer, right string) string {
	if key := "web.right_decides." + right; p.Has(key) {
		return p.T(key)
	}
	if sheet, ok := w.Law.Right(right); ok && sheet.Decides != "" {
		return p.T("web.right.decides", "who", sheet.Decides)
	}
	return ""
}

// Sentence is a sentence about a right, and its language when it is not the
// page's.
type Sentence struct {
	Text string
	Lang string // "fr" for a law file's own words in a page of another language
}

// sentenceOf reads the n-th sentence of a law file, in the reader's language when
// the catalogue has it under law.<right>.<what>_<n>.
func sentenceOf(p *i18n.Printer, right, what string, n int, french string) Sentence {
	if p.Lang() == i18n.French && p.Tag() != i18n.EasyFrench {
		return Sentence{Text: french}
	}
	if key := "law." + right + "." + what + "_" + strconv.Itoa(n+1); p.Has(key) {
		return Sentence{Text: p.T(key)}
	}
	if p.Lang() == i18n.French {
		return Sentence{Text: french}
	}
	return Sentence{Text: french, Lang: i18n.French}
}

// list reads the sentences of one kind.
func list(p *i18n.Printer, right, what string, french []string) []Sentence {
	out := make([]Sentence, 0, len(french))
	for i, s := range french {
		out = append(out, sentenceOf(p, right, what, i, full(s)))
	}
	return out
}

// full ends a sentence of a law file with a full stop.
func full(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return i18n.Typeset(s)
	}
	return i18n.Typeset(s) + "."
}

// Entails says what claiming the right entails.
func (w Words) Entails(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, "entails", sheet.Entails)
}

// Contest says how to contest a decision received.
func (w Words) Contest(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, "contest", sheet.Contest)
}

func (w Words) easy(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, "easy", sheet.Easy)
}

func (w Words) counters(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, "counters", sheet.Counters)
}

// NotCovered says which situations the law file leaves out.
func (w Words) NotCovered(p *i18n.Printer, right string) []Sentence {
	sheet, _ := w.Law.Right(right)
	return list(p, right, "not_covered", sheet.NotCovered)
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
		out = append(out, paper{sentenceOf(p, right, "papers", i, i18n.Typeset(x.Name)), x.Text})
	}
	return out
}
