package person

import (
	"cmp"
	"html/template"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// The situation reads as a file does: what is known of one human, of one theme,
// from one source, is one line of words. Each of them leads to the page that
// changes it.

// lineView is one line of the situation.
type lineView struct {
	Theme  string
	Whose  string // first name of another human, "" for the file's own and the dwelling
	Again  bool   // the theme was named on a line above
	Same   bool   // and whose it is too
	Facts  []saidFact
	Zeros  []option // amounts of nothing, told together
	Source sourceView
}

// saidFact is a fact inside a line.
type saidFact struct {
	factView
	Shape factShape
}

// factShape is how a label and its value are said together.
type factShape int

const (
	valueAlone factShape = iota // « locataire, logement vide », « 24 heures par semaine »
	labelValue                  // « loyer 548 € par mois »
	labelIs                     // « en apprentissage : oui »
)

func shapeOf(of casefile.Variable) factShape {
	switch of.Type {
	case casefile.TypeAmount, casefile.TypeDate:
		return labelValue
	case casefile.TypeBool:
		return labelIs
	case casefile.TypeNumber, casefile.TypeInteger:
		if of.Unit == "" {
			return labelIs
		}
	}
	return valueAlone
}

// viewSituation writes the lines of the situation, theme by theme.
func (w Words) viewSituation(p *i18n.Printer, f *casefile.File) template.HTML {
	m := newMarkup(p, "")
	defer m.done()
	for _, theme := range casefile.Themes() {
		for _, l := range w.linesOf(p, f, theme) {
			m.line(l)
		}
	}
	return m.take()
}

// ReadOwn writes the lines of a person's own situation, theme by theme: each fact
// leads to where they may say that it is not right.
func (w Words) ReadOwn(p *i18n.Printer, f *casefile.File, href func(fact core.ID) string) template.HTML {
	m := newMarkup(p, "")
	defer m.done()
	for _, theme := range casefile.Themes() {
		for _, l := range w.linesWith(p, f, theme, p.T("contest.by_you"), func(l casefile.FactLine) string { return href(l.ID) }) {
			m.line(l)
		}
	}
	return m.take()
}

// SayFact says one fact to the person it is about, in a few words: what it is of, its value, since when,
// from where.
func (w Words) SayFact(p *i18n.Printer, f *casefile.File, l casefile.FactLine) (label, value, since, source string) {
	v := w.viewFact(p, f, p.T("contest.by_you"), l)
	return v.Label, cmp.Or(v.Value, w.stateValue(p, l.Of, l.Fact)), v.Since, v.Source.Text
}

// linesOf gathers the facts of a theme by human and by source: the file's own
// first, then as the facts come.
func (w Words) linesOf(p *i18n.Printer, f *casefile.File, theme casefile.Theme) []lineView {
	return w.linesWith(p, f, theme, callName(p, f.Person.Title, f.Person.Identity), nil)
}

// linesWith is linesOf with how the person is called, and other addresses than those
// that change a fact.
func (w Words) linesWith(p *i18n.Printer, f *casefile.File, theme casefile.Theme, call string, href func(casefile.FactLine) string) []lineView {
	type key struct {
		whose  string
		source sourceView
	}
	var own, others []lineView
	place := map[key]int{}
	for _, line := range f.Facts {
		if line.Theme != theme {
			continue
		}
		v := w.viewFact(p, f, call, line)
		if href != nil {
			v.Href = href(line)
		}
		k := key{source: v.Source}
		lines := &own
		if human, ok := f.Household.Humans[line.Subject.ID]; ok && line.Subject.Kind == casefile.AboutPerson && line.Subject.ID != f.Person.ID {
			k.whose, lines = firstName(human), &others
		}
		i, seen := place[k]
		if !seen {
			i = len(*lines)
			place[k] = i
			*lines = append(*lines, lineView{Theme: p.T("casefile.theme." + string(theme)), Whose: k.whose, Source: v.Source})
		}
		l := &(*lines)[i]
		v.Label = variableLabel(p, line.Variable)
		if nothing(line) {
			l.Zeros = append(l.Zeros, option{v.Href, lower(v.Label)})
			continue
		}
		l.Facts = append(l.Facts, saidFact{v, shapeOf(line.Of)})
	}
	all := append(own, others...)
	for i := range all {
		all[i].Again = i > 0
		all[i].Same = i > 0 && all[i].Whose == all[i-1].Whose
	}
	return all
}

// line writes one line of the situation: whose, what, from where.
func (m *markup) line(l lineView) {
	m.raw(`<div class="fact"><dt>`)
	switch {
	case l.Same:
		m.within(`<span class="vh">`, l.Theme, ` `)
		m.text(l.Whose)
		m.raw(`</span>`)
	case l.Whose != "" && l.Again:
		m.within(`<span class="vh">`, l.Theme, ` </span>`)
		m.within(`<bdi>`, l.Whose, `</bdi>`)
	case l.Whose != "":
		m.within(``, l.Theme, `<br>`)
		m.within(`<bdi>`, l.Whose, `</bdi>`)
	default:
		m.text(l.Theme)
	}
	m.raw(`</dt><dd>`)
	refused := false
	for i, v := range l.Facts {
		if i > 0 {
			m.raw(`&nbsp;<span aria-hidden="true">·</span> `)
		}
		m.said(v, i == 0)
		refused = refused || v.Refused
		if i+1 == len(l.Facts) || l.Facts[i+1].Since != v.Since {
			m.within(` <span class="soft">`, v.Since, `</span>`)
		}
	}
	if len(l.Zeros) > 0 {
		if len(l.Facts) > 0 {
			m.raw(`<br>`)
		}
		m.zeros(l.Zeros)
	}
	if refused {
		m.raw(`<br><span class="soft">`)
		m.say("web.file.refused_means")
		m.raw(`</span>`)
	}
	for _, v := range l.Facts {
		m.around(v)
	}
	m.raw(`</dd>`)
	m.source(l.Source)
	m.raw(`</div>`)
}

// said writes one fact, which leads to the page that changes it. first begins a
// sentence.
func (m *markup) said(v saidFact, first bool) {
	label, value := lower(v.Label), v.Value
	if first {
		label, value = upper(v.Label), upper(v.Value)
	}
	m.within(`<a href="`, v.Href, `">`)
	switch {
	case v.Open:
		m.within(``, label, ` <span class="tag open">`)
		m.icon("ask", false)
		m.say("web.file.unknown")
		m.raw(`</span>`)
	case v.Refused:
		m.text(m.p.T("web.file.fact_is", "label", label, "value", lower(m.p.T("web.file.refused"))))
	case v.Shape == valueAlone:
		m.within(`<span class="vh">`, m.p.T("web.file.fact_is", "label", v.Label, "value", ""), `</span><bdi>`)
		m.within(``, value, `</bdi>`)
	case v.Shape == labelIs:
		m.text(m.p.T("web.file.fact_is", "label", label, "value", lower(v.Value)))
	default:
		m.within(``, label, ` <b><bdi>`)
		m.within(``, v.Value, `</bdi></b>`)
	}
	m.raw(`</a>`)
}

// around writes what stands beside a fact: what was believed, what is announced,
// that two people wrote it.
func (m *markup) around(v saidFact) {
	for _, before := range v.Before {
		m.within(`<br><span class="soft"><s>`, v.Label, ` <bdi>`)
		m.within(``, before, `</bdi></s>`)
		m.say("web.file.believed")
		m.raw(`</span>`)
	}
	for _, coming := range v.Coming {
		m.within(`<br><span class="soft">`, m.p.T("web.file.fact_is", "label", v.Label, "value", coming), `</span>`)
	}
	if v.Waiting > 0 {
		m.raw(`<br><span class="tag">`)
		m.icon("change", false)
		m.text(m.p.T("web.file.fact_is", "label", v.Label, "value", m.p.T("web.conflict.versions")))
		m.raw(`</span>`)
	}
}

// zeros writes the amounts that were said to be nothing: « Rien en pension
// d'invalidité, chômage ».
func (m *markup) zeros(list []option) {
	m.say("web.file.nothing")
	m.raw(` `)
	for i, z := range list {
		if i > 0 {
			m.say("web.household.comma")
			m.raw(` `)
		}
		m.within(`<a href="`, z.Value, `">`)
		m.within(``, z.Label, `</a>`)
	}
}

// upper makes the first letter a capital, to begin a sentence.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
