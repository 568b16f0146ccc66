package note

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// withdrawView asks why a note is withdrawn.
type withdrawView struct {
	ID, Note core.ID
	Name     string
	Form     *kit.Form
	Entry    Entry
}

func (h *Handler) showWithdraw(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderWithdraw(w, r, form, http.StatusOK)
}

func (h *Handler) renderWithdraw(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	sh, err := h.notes.Read(r.Context(), file, id)
	if err != nil {
		return err
	}
	p := printer(r)
	v := newViewer(r, file, sh.Names, sh.Circles)
	view := withdrawView{ID: sh.Person.ID, Note: id, Name: person.CallName(p, sh.Person.Identity), Form: form, Entry: v.entry(sh.Note, nil, 0)}
	return h.kit.Render(w, r, kit.Page{Template: "note/withdraw", Title: p.T("notes.withdraw_h1"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	if err := h.notes.Withdraw(r.Context(), file, id, r.PostForm.Get("why")); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderWithdraw(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "notes.gone"})
	h.kit.Redirect(w, r, notePath(file, id))
	return nil
}

func (h *Handler) restore(w http.ResponseWriter, r *http.Request) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	if err := h.notes.Restore(r.Context(), file, id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "notes.taken_back"})
	h.kit.Redirect(w, r, notePath(file, id))
	return nil
}
