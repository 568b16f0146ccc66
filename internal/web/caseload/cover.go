package caseload

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// coverView is the page of absences: one's own, and those one covers.
type coverView struct {
	Form       *kit.Form
	Covers     []coverLine
	Colleagues []option
}

// coverLine is one cover that holds or is to come.
type coverLine struct {
	ID    core.ID
	Line  string
	Holds bool
	Form  *kit.Form
}

func (h *Handler) showCover(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("side", "mine")
	return h.renderCover(w, r, form, http.StatusOK)
}

func (h *Handler) renderCover(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	list, err := h.load.MyCovers(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	view := coverView{Form: form}
	me := kit.From(r.Context()).Actor.ID
	for _, c := range list.List {
		key, other := "caseload.cover_mine", list.Names[c.By]
		if c.By == me {
			key, other = "caseload.cover_theirs", list.Names[c.Worker]
		}
		view.Covers = append(view.Covers, coverLine{ID: c.ID, Form: form, Holds: c.Holds(list.Today),
			Line: p.T(key, "worker", other, "from", p.Date(c.From), "to", p.Date(c.To))})
	}
	for _, c := range list.Colleagues {
		view.Colleagues = append(view.Colleagues, option{string(c.Worker), c.Name})
	}
	return h.kit.Render(w, r, kit.Page{Template: "caseload/cover", Title: p.T("caseload.cover_title"), Sheet: "file.css", Nav: "today", Status: status, View: view, Script: true})
}

func (h *Handler) addCover(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	me := kit.From(r.Context()).Actor.ID
	in := caseload.CoverInput{Worker: me, By: core.ID(v.Get("cover"))}
	if v.Get("side") == "theirs" {
		in.Worker, in.By = in.By, me
	}
	var f errs.Fields
	var err error
	for field, to := range map[string]*core.Date{"from": &in.From, "to": &in.To} {
		if *to, err = person.ReadDay(v.Get(field)); err != nil {
			f.Add(field, "web.form.day_shape")
		}
	}
	if err = f.Err(); err == nil {
		_, err = h.load.AddCover(r.Context(), in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderCover(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "caseload.cover_saved_rest"})
	h.kit.Redirect(w, r, "/absence")
	return nil
}

func (h *Handler) endCover(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "cover")
	if err != nil {
		return err
	}
	if err := h.load.EndCover(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.cover_ended"})
	h.kit.Redirect(w, r, "/absence")
	return nil
}
