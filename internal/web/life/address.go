package life

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/address"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// addressView asks why a protected address is needed, then shows it once.
type addressView struct {
	ID    core.ID
	Name  string
	Call  string
	Form  *kit.Form
	Shown bool
	Lines []string // one a line of an envelope
	Homes []string // communes of the dwelling, « Niort (79) »
}

func (h *Handler) askAddress(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Again()
	return h.renderAddress(w, r, form, address.Place{}, false, http.StatusOK)
}

func (h *Handler) renderAddress(w http.ResponseWriter, r *http.Request, form *kit.Form, place address.Place, shown bool, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	who, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	if !who.Address.Protected && !shown { // an address that is no secret is on the file
		h.kit.Redirect(w, r, "/personnes/"+string(who.ID))
		return nil
	}
	p := printer(r)
	view := addressView{ID: who.ID, Name: who.DisplayName(), Call: person.CallName(p, who.Identity), Form: form, Shown: shown}
	for _, a := range place.Addresses {
		view.Lines = append(view.Lines, a.Lines...)
		if a.City != "" || a.Postcode != "" {
			view.Lines = append(view.Lines, p.T("life.address_city", "postcode", a.Postcode, "city", a.City))
		}
	}
	for _, code := range place.Communes {
		view.Homes = append(view.Homes, h.words.CommuneName(code))
	}
	return h.kit.Render(w, r, kit.Page{Template: "life/address", Title: p.T("life.address_title"), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

func (h *Handler) showAddress(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	place, err := address.Reveal(r.Context(), h.cases, id, r.PostForm.Get("reason"))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Again()
		return h.renderAddress(w, r, form, address.Place{}, false, http.StatusUnprocessableEntity)
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderAddress(w, r, form, place, true, http.StatusOK)
}
