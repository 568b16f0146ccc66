package person

import (
	"html"
	"html/template"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// The file's page repeats a few fragments dozens of times. A template would
// escape the same name and the same address at each place, each by several
// reflected calls: half of the page's time. They are written here instead, once a
// card; every text and address passes escaped.

// cardMarkup is what the cards of one file share.
type cardMarkup struct {
	p       *i18n.Printer
	labels  map[casefile.DecisionKind]string
	line    string
	entails string
	contest string
}

func newCardMarkup(p *i18n.Printer) *cardMarkup {
	m := &cardMarkup{p: p, labels: map[casefile.DecisionKind]string{}}
	for _, k := range casefile.DecisionKinds() {
		m.labels[k] = html.EscapeString(p.T("web.decide." + string(k)))
	}
	m.line = html.EscapeString(p.T("web.right.line_by_line"))
	m.entails = html.EscapeString(p.T("web.right.entails"))
	m.contest = html.EscapeString(p.T("web.right.contest"))
	return m
}

// links are those under a card: line by line, what claiming entails, contesting.
func (m *cardMarkup) links(href, name string, entails bool) template.HTML {
	var b strings.Builder
	href, name = html.EscapeString(href), html.EscapeString(name)
	link := func(anchor, text string) {
		b.WriteString(`<a href="` + href + anchor + `">` + text + `<span class="vh"> ` + name + `</span></a>`)
	}
	link("", m.line)
	if entails {
		link("#entraine", m.entails)
	}
	link("#contester", m.contest)
	return template.HTML(b.String())
}

// choices are the five equal buttons.
func (m *cardMarkup) choices(name string) template.HTML {
	var b strings.Builder
	name = html.EscapeString(name)
	for _, k := range casefile.DecisionKinds() {
		b.WriteString(`<button type="submit" name="choix" value="` + string(k) + `">` + m.labels[k] + `<span class="vh">, ` + name + `</span></button>`)
	}
	return template.HTML(b.String())
}

// margin is the third column of a fact: its source, then the way to change it.
func margin(p *i18n.Printer, s sourceView, href, label string) template.HTML {
	class := "src"
	if s.Said {
		class = "src said"
	}
	return template.HTML(`<dd class="` + class + `"><svg class="i" aria-hidden="true"><use href="#i-` + s.Icon + `"/></svg><span>` + html.EscapeString(s.Text) +
		`</span><a class="change noprint" href="` + html.EscapeString(href) + `">` + html.EscapeString(p.T("web.file.edit")) + `<span class="vh"> ` + html.EscapeString(label) + `</span></a></dd>`)
}
