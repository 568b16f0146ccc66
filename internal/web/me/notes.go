package me

import (
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
	notes "codeberg.org/parvis/parvis/internal/web/note"
)

// notesView is what the team shares with the person, and the person's own words.
type notesView struct {
	Notes []notes.Entry
	Words []notes.Said
	Next  string
	House kit.House
}

func (h *Handler) showNotes(w http.ResponseWriter, r *http.Request) error {
	me := kit.From(r.Context()).Actor.ID
	page, err := h.notes.List(r.Context(), me, note.Filter{}, r.URL.Query().Get("apres"), 0)
	if err != nil {
		return err
	}
	view := notesView{Notes: notes.Own(r, page), Words: notes.OwnWords(r, page.Words, page.Names), House: h.kit.HouseOf(r)}
	if page.Next != "" {
		view.Next = "/moi/notes?" + url.Values{"apres": {page.Next}}.Encode()
	}
	return h.kit.Render(w, r, kit.Page{Template: "me/notes", Title: kit.From(r.Context()).T("notes.mine"), Sheet: "file.css", Public: true, View: view})
}

// wordsView is the form where the person writes, over what they said before.
type wordsView struct {
	Form  *kit.Form
	Note  *notes.Entry
	List  []notes.Said
	Next  string
	House kit.House
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
	me := kit.From(r.Context()).Actor.ID
	beside := core.ID(form.Value("note"))
	page, err := h.notes.ListWords(r.Context(), me, beside, r.URL.Query().Get("apres"), 0)
	if err != nil {
		return err
	}
	view := wordsView{Form: form, List: notes.OwnWords(r, page.List, page.Names), House: h.kit.HouseOf(r)}
	if page.Note != nil {
		one := notes.Own(r, note.Page{Notes: []note.Note{*page.Note}, Names: page.Names})[0]
		one.Answer = ""
		view.Note = &one
	}
	if page.Next != "" {
		q := url.Values{"apres": {page.Next}}
		if beside != "" {
			q.Set("note", string(beside))
		}
		view.Next = "/moi/mots?" + q.Encode() + "#h-before"
	}
	return h.kit.Render(w, r, kit.Page{Template: "me/words", Title: kit.From(r.Context()).T("notes.write_mine"), Sheet: "file.css", Public: true,
		Status: status, View: view, Script: true})
}

func (h *Handler) saveWords(w http.ResponseWriter, r *http.Request) error {
	v := kit.From(r.Context())
	in := note.StatementInput{Note: core.ID(r.PostForm.Get("note")), Words: r.PostForm.Get("words")}
	if _, err := h.notes.AddStatement(r.Context(), v.Actor.ID, in); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderWords(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "notes.mine_saved"})
	h.kit.Redirect(w, r, "/moi/notes")
	return nil
}
