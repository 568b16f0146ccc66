package exchange

import (
	"bytes"
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// exportView says exactly what a copy would hold.
type exportView struct {
	Form   *kit.Form
	ID     core.ID // "" when the person takes their own copy
	Name   string
	Parts  []part
	People []string // how each is named in the copy
	Masked []string // facts that lose their value
	Hidden bool     // the address
	House  kit.House
}

// part is one line of what the copy holds.
type part struct{ Title, Holds string }

func (h *Handler) showExport(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	return h.preview(w, r, id, exportView{ID: id})
}

func (h *Handler) preview(w http.ResponseWriter, r *http.Request, id core.ID, view exportView) error {
	d, err := h.cases.PreviewExport(r.Context(), id, h.rooms...)
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Again() // a copy may be taken twice
	p := printer(r)
	view.Form, view.Name, view.Hidden, view.House = form, d.Person.DisplayName(), d.Hidden, h.kit.HouseOf(r)
	results := 0
	for _, m := range d.Months {
		results += len(m.Results)
	}
	view.Parts = []part{
		{p.T("exchange.part.identity"), p.T("exchange.holds.identity")},
		{p.T("exchange.part.household"), p.N("exchange.holds.household", len(d.People))},
		{p.T("exchange.part.facts"), p.N("exchange.holds.facts", len(d.Facts))},
		{p.T("exchange.part.rights"), p.N("exchange.holds.rights", results)},
		{p.T("exchange.part.decisions"), p.N("exchange.holds.decisions", len(d.Decisions))},
		{p.T("exchange.part.said"), p.N("exchange.holds.said", len(d.Plan.Expectations))},
		{p.T("exchange.part.plan"), p.N("exchange.holds.plan", d.Plan.CountSteps())},
		{p.T("exchange.part.exchanges"), p.N("exchange.holds.exchanges", len(d.Plan.Exchanges))},
		{p.T("exchange.part.sheets"), p.N("exchange.holds.sheets", len(d.Sheets))},
	}
	if len(d.Merged) > 0 {
		view.Parts = append(view.Parts, part{p.T("exchange.part.merged"), p.N("exchange.holds.merged", len(d.Merged))})
	}
	for _, of := range d.Parts {
		view.Parts = append(view.Parts, part{p.T("exchange.part." + of.Name), p.N("exchange.holds."+of.Name, len(of.Rows))})
	}
	for _, c := range d.People {
		view.People = append(view.People, p.T("exchange.export.shown_as", "name", c.FirstName, "role", p.T("exchange.role."+string(c.Role))))
	}
	for _, f := range d.Facts {
		if f.Masked {
			view.Masked = append(view.Masked, maskedName(p, f))
		}
	}
	page := kit.Page{Template: "exchange/export", Title: p.T("exchange.export.title"), Sheet: "file.css", Nav: "people", View: view}
	if view.ID == "" {
		page.Template, page.Title, page.Nav, page.Public = "exchange/own", p.T("exchange.own.title"), "", true
	}
	return h.kit.Render(w, r, page)
}

func maskedName(p *i18n.Printer, f casefile.KeptFact) string {
	label := f.Variable
	if key := "casefile.variable." + f.Variable; p.Has(key) {
		label = p.T(key)
	}
	if f.Whose == "" {
		return label
	}
	return p.T("exchange.export.masked_of", "label", label, "name", f.Whose)
}

// export answers with the archive. The whole of it is made in memory once the
// journal holds its line: it leaves whole or not at all.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	return h.take(w, r, id)
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request, id core.ID) error {
	kind := r.PostForm.Get("forme")
	switch kind {
	case "zip", "html", "json":
	default:
		return errs.New(errs.Invalid, "web.error.form_broken")
	}
	d, err := h.cases.Export(r.Context(), id, h.rooms...)
	if err != nil {
		return err
	}
	french := i18n.For(i18n.French)
	words := dossier.Words{
		Right: func(right string) string { return h.words.Name(french, right) },
		Org:   h.kit.HouseOf(r).Org,
		Place: kit.From(r.Context()).Place(),
	}
	var out bytes.Buffer
	types := map[string]string{"zip": "application/zip", "html": "text/html; charset=utf-8", "json": "application/json"}
	switch kind {
	case "zip":
		err = dossier.Zip(&out, d, words)
	case "html":
		err = dossier.WriteHTML(&out, d, words)
	case "json":
		err = dossier.WriteJSON(&out, d)
	}
	if err != nil {
		return err
	}
	// The name of the file names nobody: it lies in a folder of downloads.
	return send(w, types[kind], "dossier-"+d.Today.String()+"."+kind, out.Bytes())
}

func send(w http.ResponseWriter, kind, name string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(body)
	return nil
}
