package person

import (
	"html"
	"html/template"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// The rows and the cards of a file are written here and not in a template:
// html/template calls each escaper by reflection, several hundred times on this
// one page, which was half of its time. Every text and every address goes
// through text, which escapes.

// markup writes HTML in one language.
type markup struct {
	strings.Builder
	p      *i18n.Printer
	fixed  map[string]string // texts of the catalogue, escaped once a page
	hidden template.HTML     // the forms' hidden fields
}

func newMarkup(p *i18n.Printer, hidden template.HTML) *markup {
	return &markup{p: p, fixed: map[string]string{}, hidden: hidden}
}

// take returns what was written and starts again.
func (m *markup) take() template.HTML {
	s := template.HTML(m.String())
	m.Reset()
	return s
}

// raw writes markup of this file.
func (m *markup) raw(parts ...string) {
	for _, s := range parts {
		m.WriteString(s)
	}
}

// text writes a text or an attribute's value, escaped.
func (m *markup) text(s string) { m.WriteString(html.EscapeString(s)) }

// say writes a text of the catalogue that takes no argument.
func (m *markup) say(key string) {
	s, ok := m.fixed[key]
	if !ok {
		s = html.EscapeString(m.p.T(key))
		m.fixed[key] = s
	}
	m.WriteString(s)
}

func (m *markup) icon(name string, flip bool) {
	class := "i"
	if flip {
		class = "i flip"
	}
	m.raw(`<svg class="`, class, `" aria-hidden="true"><use href="#i-`, name, `"/></svg>`)
}

// within writes a text between two pieces of markup, nothing when it is empty.
func (m *markup) within(before, s, after string) {
	if s != "" {
		m.raw(before)
		m.text(s)
		m.raw(after)
	}
}

// fact writes one line of the situation: what, how much, from where.
func (m *markup) fact(v factView) {
	m.raw(`<div class="fact"><dt>`)
	if v.Short != "" {
		m.within(`<span class="vh">`, v.Label, `</span>`)
		m.within(`<span class="sub" aria-hidden="true"><bdi>`, v.Short, `</bdi></span>`)
	} else {
		m.text(v.Label)
	}
	m.raw(`</dt><dd>`)
	switch {
	case v.Open:
		m.raw(`<span class="tag open">`)
		m.icon("ask", false)
		m.say("web.file.unknown")
		m.raw(`</span>`)
	case v.Refused:
		m.say("web.file.refused")
		m.raw(`<br><span class="soft">`)
		m.say("web.file.refused_means")
		m.raw(`</span>`)
	default:
		m.within(`<b><bdi>`, v.Value, `</bdi></b>`)
	}
	m.within(` <span class="soft">`, v.Since, `</span>`)
	for _, before := range v.Before {
		m.within(`<br><span class="soft"><s><bdi>`, before, `</bdi></s>`)
		m.say("web.file.believed")
		m.raw(`</span>`)
	}
	for _, coming := range v.Coming {
		m.within(`<br><span class="soft">`, coming, `</span>`)
	}
	if v.Waiting > 0 {
		m.raw(`<br><span class="tag">`)
		m.icon("change", false)
		m.say("web.conflict.versions")
		m.raw(`</span>`)
	}
	m.raw(`</dd>`)
	m.source(v.Source)
	m.within(`<a class="change noprint" href="`, v.Href, `">`)
	m.say("web.file.edit")
	m.within(`<span class="vh"> `, v.Label, `</span></a></dd></div>`)
}

// zeros writes the amounts that were said to be nothing, on one line.
func (m *markup) zeros(list []option, said sourceView) {
	m.raw(`<div class="fact"><dt>`)
	m.say("web.file.nothing")
	m.raw(`</dt><dd>`)
	for i, z := range list {
		if i > 0 {
			m.say("web.household.comma")
			m.raw(` `)
		}
		m.within(`<a href="`, z.Value, `">`)
		m.within(``, z.Label, `</a>`)
	}
	m.raw(`</dd>`)
	m.source(said)
	m.raw(`</dd></div>`)
}

// source opens the third column of a fact, which its caller closes.
func (m *markup) source(s sourceView) {
	class := "src"
	if s.Said {
		class = "src said"
	}
	m.raw(`<dd class="`, class, `">`)
	m.icon(s.Icon, false)
	m.within(`<span>`, s.Text, `</span>`)
}

// head opens a card: its name, amount, sentence and tag.
func (m *markup) head(c *rightCard) {
	m.raw(`<article class="right`)
	m.within(` `, c.Class, ``)
	m.within(`" id="`, c.Right, `"><header><h3>`)
	m.text(c.Name)
	m.raw(`</h3><p class="sum">`)
	m.text(c.Sum)
	m.within(`<small>`, c.SumNote, `</small>`)
	m.raw(`</p><p class="say">`)
	m.text(c.Say)
	if c.Ask != "" {
		m.within(` <a href="`, c.Ask, `">`)
		m.text(c.AskText)
		m.within(`<span class="vh"> `, c.Name, `</span></a>`)
	}
	m.raw(`</p>`)
	if c.Tag.Text != "" {
		m.raw(`<p><span class="tag`)
		m.within(` `, c.Tag.Class, ``)
		m.raw(`">`)
		m.icon(c.Tag.Icon, false)
		m.within(``, c.Tag.Text, `</span></p>`)
	}
	m.raw(`</header>`)
}

// foot closes a card: who decides, the links, the row of equal choices.
func (m *markup) foot(c *rightCard) {
	if c.Step != "" {
		m.within(`<p class="noprint"><a class="tapline" href="`, c.Step, `">`)
		m.icon("plus", false)
		m.say("steps.propose_step")
		m.within(`<span class="vh"> : `, c.Name, `</span></a></p>`)
	}
	m.raw(`<p class="rules">`)
	m.within(`<span>`, c.Decider, `</span>`)
	m.link(c, "", "web.right.line_by_line")
	if c.Entails {
		m.link(c, "#entraine", "web.right.entails")
	}
	m.link(c, "#contester", "web.right.contest")
	m.raw(`</p>`)
	if c.Decided && !c.Reopen {
		m.raw(`<details><summary>`)
		m.icon("next", true)
		m.say("web.decide.change")
		m.within(`<span class="vh"> `, c.Name, `</span></summary>`)
	}
	m.within(`<form class="decide" method="post" action="`, c.Action, `">`)
	m.raw(string(m.hidden), `<input type="hidden" name="apres" value="`)
	m.text(string(c.After))
	m.raw(`">`)
	m.within(`<input type="hidden" name="mois" value="`, c.Month, `">`)
	if c.Reopen {
		m.within(`<button type="submit" name="choix" value="reopened">`, m.p.T("web.decide.reopened", "who", c.Call), `</button>`)
	} else {
		m.within(`<b>`, m.p.T("web.right.with", "who", c.Call), `</b>`)
		m.choices(c.Name)
	}
	m.raw(`</form>`)
	if c.Decided && !c.Reopen {
		m.raw(`</details>`)
	}
	m.raw(`</article>`)
}

func (m *markup) link(c *rightCard, anchor, key string) {
	m.within(`<a href="`, c.Href, anchor+`">`)
	m.say(key)
	m.within(`<span class="vh"> `, c.Name, `</span></a>`)
}

// choices writes the five equal buttons.
func (m *markup) choices(name string) {
	for _, k := range casefile.DecisionKinds() {
		m.raw(`<button type="submit" name="choix" value="`, string(k), `">`)
		m.say("web.decide." + string(k))
		m.within(`<span class="vh">, `, name, `</span></button>`)
	}
}

// notDue writes the list of the rights that the calculation does not find.
func (m *markup) notDue(cards []rightCard) {
	for _, c := range cards {
		m.within(`<li id="`, c.Right, `"><div><h3 class="h4"><a href="`)
		m.within(``, c.Href, `">`)
		m.within(``, c.Name, `</a></h3><p class="soft small">`)
		m.within(``, c.Say, `</p></div></li>`)
	}
}
