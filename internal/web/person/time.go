package person

import (
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// timeView is everything that was ever written about the situation, latest first.
type timeView struct {
	ID    core.ID
	Name  string
	Days  []timeDay
	Next  string
	First string
}

// timeDay is what was written on one day.
type timeDay struct {
	Day   string
	Facts []timeFact
}

// timeFact is one line: replaced ones are struck.
type timeFact struct {
	factView
	Replaced bool
}

func (h *Handler) timeline(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	hv, err := h.cases.Household(r.Context(), id, core.Date{})
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("apres")
	facts, next, err := h.cases.Timeline(r.Context(), id, after, pageSize)
	if err != nil {
		return err
	}
	p := printer(r)
	view := timeView{ID: id, Name: person.DisplayName()}
	call := callName(p, person.Title, person.Identity)
	for _, f := range facts {
		day := kit.Capital(p.Day(instant(r, f.RecordedAt)))
		if len(view.Days) == 0 || view.Days[len(view.Days)-1].Day != day {
			view.Days = append(view.Days, timeDay{Day: day})
		}
		of, ok := h.cases.Variable(f.Variable)
		if !ok {
			of = casefile.Variable{Name: f.Variable, Type: casefile.TypeText}
		}
		line := timeFact{Replaced: f.SupersededBy != "", factView: factView{
			Label: factLabel(p, of, f.Subject, id, hv), Value: h.words.stateValue(p, of, f), Since: period(p, f), Source: viewSource(p, call, f),
		}}
		last := &view.Days[len(view.Days)-1]
		last.Facts = append(last.Facts, line)
	}
	if next != "" {
		view.Next = path(id) + "/temps?apres=" + url.QueryEscape(next)
	}
	if after != "" {
		view.First = path(id) + "/temps"
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/time", Title: p.T("web.time.title", "name", view.Name), Sheet: "file.css", Nav: "people", View: view})
}
