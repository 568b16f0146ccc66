package person

import (
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
)

// Way is one side of claiming a right: the steps, the papers, the counters, the
// phone, the web, the delay. Label names it in the reader's language.
type Way struct {
	Label string
	Lines []WayLine
}

// WayLine is a sentence of the law file, and the text that requires a paper.
type WayLine struct {
	Said Sentence
	Text string
}

// Claiming says where and how a right is claimed, in the order one goes; sides of
// which the law file says nothing are left out.
func (w Words) Claiming(p *i18n.Printer, right string) []Way {
	sheet, _ := w.Law.Right(right)
	var out []Way
	add := func(key string, part lawtext.Part, french []string) {
		var lines []WayLine
		for _, s := range lawtext.Lines(p, right, part, french) {
			lines = append(lines, WayLine{Said: s})
		}
		if len(lines) > 0 {
			out = append(out, Way{p.T(key), lines})
		}
	}
	add("claiming.procedure", lawtext.Procedure, sheet.Procedure)
	if papers := w.papers(p, right); len(papers) > 0 {
		way := Way{Label: p.T("claiming.papers")}
		for _, x := range papers {
			way.Lines = append(way.Lines, WayLine{x.Name, x.Text})
		}
		out = append(out, way)
	}
	add("claiming.counter", lawtext.Counter, sheet.Counters)
	add("claiming.phone", lawtext.Phone, sheet.Phones)
	add("claiming.online", lawtext.Online, sheet.Online)
	add("claiming.delay", lawtext.Delay, sheet.Delays)
	return out
}
