package person

import (
	"html"
	"html/template"
	"sync"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// The rows and the cards of a file are written here and not in a template:
// html/template calls each escaper by reflection, several hundred times on this
// one page, which was half of its time. Every text and every address goes
// through text, which escapes.

// markup writes HTML in one language.
type markup struct {
	buf    []byte
	p      *i18n.Printer
	fixed  map[string]string // texts of the catalogue, escaped once a page
	hidden template.HTML     // the forms' hidden fields
}

func newMarkup(p *i18n.Printer, hidden template.HTML) *markup {
	m := markups.Get().(*markup)
	m.p, m.hidden = p, hidden
	return m
}

// markups keeps the memory of those that are done.
var markups = sync.Pool{New: func() any { return &markup{fixed: map[string]string{}} }}

// done gives the memory back: nothing is written after it.
func (m *markup) done() {
	if cap(m.buf) <= maxKeptMarkup {
		clear(m.fixed)
		m.buf, m.p, m.hidden = m.buf[:0], nil, ""
		markups.Put(m)
	}
}

const maxKeptMarkup = 1 << 20 // bytes

// take returns what was written and starts again.
func (m *markup) take() template.HTML {
	s := template.HTML(m.buf) // #nosec G203 -- text() escapes what comes from people
	m.buf = m.buf[:0]
	return s
}

// raw writes markup of this file.
func (m *markup) raw(parts ...string) {
	for _, s := range parts {
		m.buf = append(m.buf, s...)
	}
}

// text writes a text or an attribute's value, escaped.
func (m *markup) text(s string) {
	from := 0
	for i := range len(s) {
		var with string
		switch s[i] {
		case '<':
			with = "&lt;"
		case '>':
			with = "&gt;"
		case '&':
			with = "&amp;"
		case '"':
			with = "&#34;"
		case '\'':
			with = "&#39;"
		default:
			continue
		}
		m.buf = append(append(m.buf, s[from:i]...), with...)
		from = i + 1
	}
	m.buf = append(m.buf, s[from:]...)
}

// say writes a text of the catalogue that takes no argument.
func (m *markup) say(key string) {
	s, ok := m.fixed[key]
	if !ok {
		s = html.EscapeString(m.p.T(key))
		m.fixed[key] = s
	}
	m.buf = append(m.buf, s...)
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

// source writes the third column of a line of the situation.
func (m *markup) source(s sourceView) {
	class := "src"
	if s.Said {
		class = "src said"
	}
	m.raw(`<dd class="`, class, `">`)
	m.icon(s.Icon, false)
	m.within(`<span>`, s.Text, `</span></dd>`)
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
	if c.Over {
		m.raw(`</article>`)
		return
	}
	folded := !c.Reopen && (c.Decided || c.Class == "open") // questions come before an answer
	if folded {
		m.raw(`<details><summary>`)
		m.icon("next", true)
		if c.Decided {
			m.say("web.decide.change")
		} else {
			m.text(m.p.T("web.decide.already", "who", c.Call))
		}
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
	if folded {
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
func (m *markup) notDue(list []quietRight) {
	for _, c := range list {
		m.within(`<li id="`, c.Right, `"><div><h3 class="h4"><a href="`)
		m.within(``, c.Href, `">`)
		m.within(``, c.Name, `</a></h3><p class="soft small">`)
		m.within(``, c.Say, `</p></div></li>`)
	}
}
