package person

import (
	"net/http"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/printout"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// planBlocks is a plan on paper: the person's, so « vous ».
func (h *Handler) planBlocks(r *http.Request, p *i18n.Printer, plan *printout.Plan) []printed.Block {
	return planBlocks(r, p, plan.Plan, plan.Today, plan.Names)
}

// OwnPlanBlocks is the plan that a person prints from their own page.
func OwnPlanBlocks(r *http.Request, p *i18n.Printer, v plan.View) []printed.Block {
	return planBlocks(r, p, v.Plan, v.Today, v.Names)
}

func planBlocks(r *http.Request, p *i18n.Printer, plan casefile.Plan, today core.Date, names map[core.ID]string) []printed.Block {
	pl := planner{p: p, today: today, names: names, day: func(µs int64) core.Date { return instant(r, µs) }}
	page := pl.page(plan, casefile.TitleNone)
	out := []printed.Block{printed.Heading(1, p.T("steps.matters_you"))}
	if len(page.Said) > 0 {
		out = append(out, printed.Quote(page.Said[0].Words, page.Said[0].Note))
	} else {
		out = append(out, printed.Lines(2))
	}
	if page.Empty() {
		return append(out, printed.Heading(1, p.T("steps.plan")), printed.Text(p.T("steps.nothing_you")), printed.Lines(4))
	}
	var done []string
	add := func(steps, closed []stepView) {
		for _, s := range steps {
			out = append(out, printed.Card(s.card(p)))
		}
		for _, s := range closed {
			done = append(done, p.T("print.step_closed", "title", s.Title, "state", s.Tag.Text))
		}
	}
	for _, g := range page.Goals {
		out = append(out, printed.Heading(1, printed.Foreign(p, g.Title)))
		note := g.Note
		if g.Tag.Text != "" {
			note += " " + g.Tag.Text
		}
		out = append(out, printed.Soft(note))
		add(g.Steps, g.Closed)
	}
	if len(page.Loose) > 0 {
		title := p.T("steps.plan")
		if len(page.Goals) > 0 {
			title = p.T("steps.loose")
		}
		out = append(out, printed.Heading(1, title))
	}
	add(page.Loose, page.Closed)
	if len(done) > 0 {
		out = append(out, printed.Heading(1, p.T("print.closed")), printed.Items(done))
	}
	return append(out, printed.Heading(1, p.T("web.sheet.words")), printed.Lines(2))
}

// card is an open step on paper: what, when, who, by which ways, with which papers.
func (s stepView) card(p *i18n.Printer) pdf.Card {
	c := pdf.Card{Title: printed.Foreign(p, s.Title), Lines: []string{s.Line}}
	if s.Day != "" {
		c.Sum, c.Per = s.Day, s.Month
	}
	if s.Detail != "" {
		c.Lines = append(c.Lines, printed.Foreign(p, s.Detail))
	}
	for _, w := range s.Ways {
		c.Lines = append(c.Lines, p.T("exchange.dossier.way", "way", w.Label, "says", w.Says))
	}
	if s.Tag.Text != "" {
		c.Small = append(c.Small, s.Tag.Text)
	}
	c.Boxes = s.Papers
	return c
}

// SheetPDF answers with a sheet of rights as PDF.
func SheetPDF(w http.ResponseWriter, r *http.Request, view SheetView) error {
	_, view.Large = printed.Asked(r)
	return printed.PDF(w, view.doc(), printed.FileName("document", view.Code))
}

// doc is the sheet in blocks, in the order of its page.
func (v SheetView) doc() printed.Doc {
	p := i18n.For(v.Tag)
	d := printed.Doc{Title: v.Title, Who: v.Name, Lead: v.Made, Notice: v.Older, Tag: v.Tag, Large: v.Large, At: v.At, House: v.House, Code: v.Code, Mark: v.Mark, Receipt: v.Receipt}
	add := func(b ...printed.Block) { d.Blocks = append(d.Blocks, b...) }
	say := func(list []Sentence) string {
		out := ""
		for _, s := range list {
			if out != "" {
				out += " "
			}
			out += foreign(p, s)
		}
		return out
	}
	add(printed.Text(p.T("web.sheet.what")), printed.Heading(1, p.T("web.sheet.in_month", "month", v.Month)))
	if v.Nothing {
		add(printed.Text(p.T("web.sheet.nothing")))
	}
	for _, x := range v.All() {
		c := pdf.Card{Frame: pdf.Proposed, Title: x.Name, Sum: x.Sum, Per: x.Per, Boxes: []string{p.T("web.sheet.i_claim"), p.T("web.sheet.i_wait"), p.T("web.sheet.i_do_not")}}
		if text := say(x.Say); text != "" {
			c.Lines = append(c.Lines, text)
		}
		c.Lines = append(c.Lines, p.T("web.sheet.to_do")+" "+x.ToDo+" "+x.Decides)
		add(printed.Card(c))
	}
	if len(v.Received) > 0 {
		text := ""
		for _, x := range v.Received {
			text += x + ". "
		}
		add(printed.Card(pdf.Card{Frame: pdf.Certain, Title: p.T("web.sheet.already"), Lines: []string{text + p.T("web.sheet.nothing_to_do")}}))
	}
	if len(v.Asked) > 0 {
		add(printed.Card(pdf.Card{Title: p.T("web.sheet.waiting"), Lines: []string{p.List(v.Asked)}}))
	}
	for _, x := range v.Open {
		add(printed.Card(pdf.Card{Frame: pdf.ToVerify, Title: x.Name, Sum: x.Sum, Per: x.Per, Lines: []string{x.ToDo + " " + x.Decides},
			Boxes: []string{p.T("web.sheet.we_check"), p.T("web.sheet.i_wait"), p.T("web.sheet.i_do_not")}}))
	}
	if len(v.Rest) > 0 {
		var names []string
		for _, x := range v.Rest {
			name := x.Name
			if x.Sum != "" {
				name += " (" + x.Sum + " " + x.Per + ")"
			}
			names = append(names, name)
		}
		add(printed.Card(pdf.Card{Frame: pdf.ToVerify, Title: p.T("web.sheet.check_too"), Boxes: names}))
	}
	add(printed.Where(p, v.House)...)
	if len(v.Counters) > 0 {
		var list []string
		for _, c := range v.Counters {
			list = append(list, foreign(p, c))
		}
		add(printed.Items(list))
	}
	if len(v.Papers) > 0 {
		var list []string
		for _, x := range v.Papers {
			name := foreign(p, x.Name)
			if x.Text != "" {
				name += " (" + printed.Foreign(p, x.Text) + ")"
			}
			list = append(list, name)
		}
		add(printed.Heading(1, p.T("web.sheet.papers")), printed.Boxes(list))
	}
	add(printed.Heading(1, p.T("web.sheet.words")), printed.Lines(2))
	add(v.ahead(p)...)
	return d
}

// ahead is the months to come, as blocks.
func (v SheetView) ahead(p *i18n.Printer) []printed.Block {
	if v.Ahead == nil {
		return nil
	}
	out := []printed.Block{printed.Heading(1, p.T("outlook.title")), printed.Text(v.Ahead.Lead + " " + p.T("outlook.sheet_how"))}
	if len(v.Ahead.Months) == 0 {
		return append(out, printed.Text(p.T("outlook.nothing_changes")))
	}
	for _, m := range v.Ahead.Months {
		out = append(out, printed.Heading(2, m.Month))
		for _, t := range m.Turns {
			why := make([]string, len(t.Why))
			for i, s := range t.Why {
				why[i] = foreign(p, Sentence(s))
			}
			out = append(out, printed.Items(t.Rights))
			if len(why) > 0 {
				out = append(out, printed.Soft(strings.Join(why, " ")))
			}
		}
	}
	if v.Ahead.More {
		out = append(out, printed.Text(p.T("outlook.sheet_more")))
	}
	return out
}

// foreign keeps a sentence of the law that has no translation in its own direction.
func foreign(p *i18n.Printer, s Sentence) string {
	if s.Lang != "" {
		return printed.Foreign(p, s.Text)
	}
	return s.Text
}
