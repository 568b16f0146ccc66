package note

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// circleView is the form of the circle that a note is kept for.
type circleView struct {
	ID, Note   core.ID
	Name       string
	Form       *kit.Form
	Colleagues []Option
}

func (h *Handler) showCircle(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderCircle(w, r, form, http.StatusOK)
}

func (h *Handler) renderCircle(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	sh, err := h.notes.Read(r.Context(), file, id)
	if err != nil {
		return err
	}
	if sh.In == nil || sh.In.Maker != kit.From(r.Context()).Actor.ID {
		return errs.New(errs.NotFound, "errs.notes.circle_not_found")
	}
	form.Default("circle_name", sh.In.Name)
	if _, typed := form.Values["members"]; !typed && !form.Bad() {
		for _, m := range sh.In.Members {
			form.Values.Add("members", string(m))
		}
	}
	p := printer(r)
	view := circleView{ID: sh.Person.ID, Note: id, Name: person.CallName(p, sh.Person.Identity), Form: form, Colleagues: colleagues(r, sh)}
	return h.kit.Render(w, r, kit.Page{Template: "note/circle", Title: p.T("notes.circle_edit"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) saveCircle(w http.ResponseWriter, r *http.Request) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	sh, err := h.notes.Read(r.Context(), file, id)
	if err != nil {
		return err
	}
	err = h.notes.EditCircle(r.Context(), file, sh.Circle, note.NewCircle{Name: r.PostForm.Get("circle_name"), Members: memberIDs(r.PostForm["members"])})
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderCircle(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, notePath(file, id))
	return nil
}
