// Package outlook holds the page of the twelve months to come: each right of a
// person as a drawing and as a table with the same figures, and why it changes.
package outlook

import (
	"embed"
	"html/template"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Words says a right in the reader's language: person.Words.
type Words interface {
	Name(p *i18n.Printer, right string) string
	Per(p *i18n.Printer, right string) string // "" for a right without amount
}

// Handler answers the page.
type Handler struct {
	kit    *kit.Kit
	months *months.Service
	words  Words
}

// Register adds the routes.
func Register(k *kit.Kit, m *months.Service, words Words) {
	h := &Handler{kit: k, months: m, words: words}
	k.Handle("GET /personnes/{id}/avenir", kit.Worker, h.show)
	k.Handle("GET /moi/avenir", kit.PersonIn, h.own)
	k.Handle("POST /personnes/{id}/avenir", kit.Worker, h.compute)
}

// view is the page.
type view struct {
	ID       core.ID
	Name     string
	Form     *kit.Form
	Lead     string
	Computed string // "" = never
	Stale    string // why it should be computed again, "" when it need not
	Rights   []rightView
	Steady   []string // rights that nothing announced changes, with what they give
}

// rightView is one right that changes.
type rightView struct {
	Right   string
	Name    string
	Per     string
	Chart   template.HTML
	Changes []changeView
	Rows    []row
}

// changeView is one change and why.
type changeView struct {
	Month, What string
	Why         []Sentence
}

// Sentence is a cause; Lang is set when it is in another language than the page.
type Sentence struct{ Text, Lang string }

// row is one month of the table.
type row struct {
	Month, Amount string
	Why           []Sentence
	Awaited       string
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	o, err := h.months.Read(r.Context(), id)
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Again() // computing twice is harmless
	v := h.page(r, id, o)
	v.Form = form
	return h.kit.Render(w, r, kit.Page{Template: "outlook/outlook", Title: kit.From(r.Context()).T("outlook.title"), Sheet: "file.css", Nav: "people", View: v, Script: true})
}

// page is what a page says of an outlook.
func (h *Handler) page(r *http.Request, id core.ID, o *months.Outlook) view {
	visit := kit.From(r.Context())
	p := visit.P
	v := view{ID: id, Name: o.Person.DisplayName(), Lead: p.T("outlook.lead", "from", o.First, "until", o.First+months.Months-1)}
	if o.Computed != 0 {
		v.Computed = p.T("outlook.computed", "date", p.Date(core.DateOf(kit.Instant(visit, o.Computed))))
		if o.Stale != casefile.Fresh {
			v.Stale = p.T("web.file.stale_" + string(o.Stale))
		}
	}
	h.fill(p, &v, o)
	return v
}

func (h *Handler) compute(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.months.Compute(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "outlook.done"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/avenir")
	return nil
}

// fill puts the rights on the page: those that change, with their drawing; the
// others on a line. Rights that are never due, and those the person said no to,
// are left out.
func (h *Handler) fill(p *i18n.Printer, v *view, o *months.Outlook) {
	for _, right := range o.Rights {
		if !right.Ever() || o.Silenced[right.Name] {
			continue
		}
		name := h.words.Name(p, right.Name)
		var changes []months.Change
		for _, c := range o.Changes {
			if c.Right == right.Name {
				changes = append(changes, c)
			}
		}
		if len(changes) == 0 {
			v.Steady = append(v.Steady, p.T("outlook.steady_line", "name", name, "amount", amount(p, right.Points[0])))
			continue
		}
		rv := rightView{Right: right.Name, Name: name, Per: h.words.Per(p, right.Name)}
		for i, point := range right.Points {
			m := o.First + core.Month(i)
			line := row{Month: p.Month(m), Amount: amount(p, point)}
			if day, err := core.ParseDate(point.Awaited); err == nil {
				line.Awaited = p.T("outlook.awaited", "date", day)
			}
			for _, c := range changes {
				if c.Month == m {
					line.Why = why(p, o, c)
					rv.Changes = append(rv.Changes, changeView{line.Month, p.T("outlook.change", "before", amount(p, right.Points[i-1]), "after", line.Amount), line.Why})
				}
			}
			rv.Rows = append(rv.Rows, line)
		}
		rv.Chart = draw(p, o.First, right, name)
		v.Rights = append(v.Rights, rv)
	}
}

// Amount says what a right gives in a month, for other areas.
func Amount(p *i18n.Printer, point months.Point) string { return amount(p, point) }

// amount says what a right gives in a month.
func amount(p *i18n.Printer, point months.Point) string {
	switch {
	case point.Status == casefile.NotDue:
		return p.T("outlook.not_due")
	case point.Status == casefile.ToVerify && point.Max > 0:
		return p.T("outlook.to_verify_between", "amounts", p.MoneyRange(max(point.Min, 0), point.Max))
	case point.Status == casefile.ToVerify:
		return p.T("outlook.to_verify")
	case point.Amount == 0:
		return p.T("outlook.open")
	}
	return p.Money(point.Amount)
}
