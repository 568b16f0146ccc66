package note

import (
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// wordsView is all that the person says, and the form to take more down.
type wordsView struct {
	ID   core.ID
	Name string
	Form *kit.Form
	Note *Entry // beside which it is said
	List []Said
	Next string
	Back string
	Last core.ID // of what the person wrote and nobody said they read; "" = none
}

func (h *Handler) showWords(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("note", r.URL.Query().Get("note"))
	return h.renderWords(w, r, form, http.StatusOK)
}

func (h *Handler) renderWords(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	file, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	beside := core.ID(form.Value("note"))
	page, err := h.notes.ListWords(r.Context(), file, beside, r.URL.Query().Get("apres"), 0)
	if err != nil {
		return err
	}
	p := printer(r)
	file = page.Person.ID
	v := newViewer(r, file, page.Names, nil)
	view := wordsView{ID: file, Name: person.CallName(p, page.Person.Identity), Form: form, List: v.words(page.List), Back: path(file), Last: page.Waiting}
	if page.Note != nil {
		e := v.entry(*page.Note, nil, 0)
		view.Note, view.Back = &e, notePath(file, beside)
	}
	if page.Next != "" {
		q := url.Values{"apres": {page.Next}}
		if beside != "" {
			q.Set("note", string(beside))
		}
		view.Next = path(file) + "/mots?" + q.Encode() + "#h-before"
	}
	return h.kit.Render(w, r, kit.Page{Template: "note/words", Title: p.T("notes.words"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// heard notes that the worker read what the person wrote.
func (h *Handler) heard(w http.ResponseWriter, r *http.Request) error {
	file, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	last, err := core.ParseID(r.PostForm.Get("last"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.notes.Heard(r.Context(), file, last); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "notes.heard"})
	h.kit.Redirect(w, r, path(file)+"/mots#h-before")
	return nil
}

func (h *Handler) saveWords(w http.ResponseWriter, r *http.Request) error {
	file, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := note.StatementInput{Note: core.ID(v.Get("note")), Words: v.Get("words"), Reread: casefile.Reread(v.Get("reread"))}
	if in.On, err = person.ReadDay(v.Get("said_on")); err != nil {
		err = errs.New(errs.Invalid, "web.form.day_shape").On("said_on")
	} else {
		_, err = h.notes.AddStatement(r.Context(), file, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderWords(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	if in.Note != "" {
		h.kit.Redirect(w, r, notePath(file, in.Note)+"#mots")
		return nil
	}
	h.kit.Redirect(w, r, path(file)+"/mots#h-before")
	return nil
}
