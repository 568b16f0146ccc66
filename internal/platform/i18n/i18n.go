// Package i18n says every sentence, amount and date of Parvis in the reader's
// language: French (the source), easy-to-read French, English and Arabic.
//
// Sentences live in catalogue/<tag>/<area>.toml in the format of go-i18n, with
// plural forms after CLDR, and are compiled once: a text without placeholder is
// a map look-up. A Printer never fails: a missing key comes back as itself, and
// the tests of this package fail before it can ship.
//
// Not for logs, and not for text that a person wrote.
//
//	p := i18n.For("fr")
//	p.T("web.entry.title")                       // "Bonjour. Entrez !"
//	p.N("common.children", 2)                    // "2 enfants"
//	p.Money(15225)                               // "152,25 €"
package i18n

import (
	"fmt"
	"html"
	"html/template"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// The catalogue tags. EasyFrench ("facile à lire", FALC) falls back to French
// sentence by sentence; the others are complete.
const (
	French     = "fr"
	EasyFrench = "fr-x-falc"
	English    = "en"
	Arabic     = "ar"
)

// Tags lists the catalogue tags, the source language first.
func Tags() []string { return []string{French, EasyFrench, English, Arabic} }

// Known tells whether tag is one of Tags.
func Known(tag string) bool {
	switch tag {
	case French, EasyFrench, English, Arabic:
		return true
	}
	return false
}

// Printer speaks one language. It is immutable and safe for concurrent use.
type Printer struct {
	tag      string
	messages map[string]*message
	plurals  *plurals
	words    words
}

// printers holds the embedded catalogues.
var printers = sync.OnceValue(func() shelf { return newShelf(catalogue) })

// Load compiles all the embedded catalogues and reports what is wrong with them.
// For compiles those it is asked for; calling Load at start turns a broken build
// into an error.
func Load() error {
	_, err := printers().all()
	return err
}

// For returns the Printer of a catalogue tag, the French one for any other tag.
// It panics when the embedded catalogue does not compile, which its tests rule
// out.
func For(tag string) *Printer {
	if !Known(tag) {
		tag = French
	}
	p, err := printers()[tag]()
	if err != nil {
		panic(err)
	}
	return p
}

// Match picks the best tag for an Accept-Language header: French when nothing
// fits. Easy French is chosen by the reader, never guessed.
func Match(acceptLanguage string) string {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return French
	}
	for _, tag := range wanted {
		base, _ := tag.Base()
		switch b := base.String(); b {
		case French, English, Arabic:
			return b
		}
	}
	return French
}

// Tag returns the catalogue tag: "fr", "fr-x-falc", "en" or "ar".
func (p *Printer) Tag() string { return p.tag }

// Lang returns the value of HTML's lang attribute: "fr" for easy French too.
func (p *Printer) Lang() string {
	if p.tag == EasyFrench {
		return French
	}
	return p.tag
}

// Dir returns the value of HTML's dir attribute.
func (p *Printer) Dir() string {
	if p.tag == Arabic {
		return "rtl"
	}
	return "ltr"
}

// Has tells whether the catalogue (or the one it falls back to) has the key.
func (p *Printer) Has(key string) bool { return p.messages[key] != nil }

// T returns the text of key. args are pairs, name then value; strings are put
// as they are, amounts, dates, months and numbers in the manner of the language.
// In Arabic each argument is isolated, so that a French name or a phone number
// keeps its own direction.
func (p *Printer) T(key string, args ...any) string {
	m := p.messages[key]
	if m == nil {
		return key
	}
	return p.fill(m.other, args, nil)
}

// Under returns the text of the key prefix+name, which takes no argument; ok is false
// when there is none. It is for names that come from elsewhere, many on one page.
func (p *Printer) Under(prefix, name string) (text string, ok bool) {
	var room [96]byte
	m := p.messages[string(append(append(room[:0], prefix...), name...))]
	if m == nil {
		return "", false
	}
	return p.fill(m.other, nil, nil), true
}

// N returns the text of key in the plural form for n, which its placeholder
// {{.n}} shows.
func (p *Printer) N(key string, n int, args ...any) string {
	m := p.messages[key]
	if m == nil {
		return key
	}
	return p.fill(p.form(m, n), append(args, "n", n), nil)
}

// HTML is T for texts that carry markup (b, br, small): the catalogue's text is
// trusted, every argument is escaped.
func (p *Printer) HTML(key string, args ...any) template.HTML {
	m := p.messages[key]
	if m == nil {
		return template.HTML(html.EscapeString(key)) // #nosec G203 -- the catalogue's own markup; what fills it is escaped
	}
	return template.HTML(p.fill(m.other, args, html.EscapeString)) // #nosec G203 -- the catalogue's own markup; what fills it is escaped
}

// Error says an error's sentence; an error without a key gets the general one.
// The cause is never shown.
func (p *Printer) Error(e *errs.Error) string {
	if e == nil || e.Key == "" || !p.Has(e.Key) {
		return p.T("errs.internal")
	}
	args := make([]any, 0, 2*len(e.Args))
	n, plural := 0, false
	for k, v := range e.Args {
		if i, ok := v.(int); ok && k == "n" {
			n, plural = i, true
			continue
		}
		args = append(args, k, v)
	}
	if plural {
		return p.N(e.Key, n, args...)
	}
	return p.T(e.Key, args...)
}

// form picks the plural form of n; a form the message does not have falls back
// to "other".
func (p *Printer) form(m *message, n int) pieces {
	if m.forms == nil {
		return m.other
	}
	if f, ok := m.forms[p.plurals.form(n)]; ok {
		return f
	}
	return m.other
}

func (p *Printer) fill(text pieces, args []any, escape func(string) string) string {
	if len(text) == 1 && text[0].name == "" {
		return text[0].text
	}
	var b strings.Builder
	for _, piece := range text {
		if piece.name == "" {
			b.WriteString(piece.text)
			continue
		}
		s := p.argument(piece.name, args)
		if escape != nil {
			s = escape(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

func (p *Printer) argument(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] != name {
			continue
		}
		return p.show(args[i+1])
	}
	return "{" + name + "}"
}

func (p *Printer) show(v any) string {
	switch v := v.(type) {
	case string:
		return p.isolate(v)
	case int:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	case core.Cents:
		return p.Money(v)
	case core.Date:
		return p.Date(v)
	case core.PartialDate:
		return p.PartialDate(v)
	case core.Month:
		return p.Month(v)
	case float64:
		return p.Decimal(v)
	}
	return p.isolate(fmt.Sprint(v))
}

// isolate keeps a foreign run (a French name, a phone number) in its own
// direction inside Arabic: U+2068 FIRST STRONG ISOLATE … U+2069 (UAX #9).
func (p *Printer) isolate(s string) string {
	if p.tag != Arabic || s == "" {
		return s
	}
	return "\u2068" + s + "\u2069"
}
