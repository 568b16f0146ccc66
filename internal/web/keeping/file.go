package keeping

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// fileView says how long one file is kept, and what keeps it longer.
type fileView struct {
	ID    core.ID
	Name  string
	There bool // in the archive: the file itself does not open
	Form  *kit.Form
	Lines []string
	Basis string
	Holds []hold
}

type hold struct {
	ID           core.ID
	Reason, Says string
}

func (h *Handler) showFile(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderFile(w, r, form, http.StatusOK)
}

func (h *Handler) renderFile(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	k, err := h.keep.Of(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := fileView{ID: k.Person, Name: k.Name, There: k.There, Form: form, Basis: k.Rule.Basis}
	if !k.LastContact.IsZero() {
		view.Lines = append(view.Lines, p.T("keeping.last_contact", "date", p.Date(k.LastContact)))
	}
	switch {
	case !k.Rule.Chosen():
		view.Lines = append(view.Lines, p.T("keeping.not_chosen"))
	case k.There:
		view.Lines = append(view.Lines, p.T("keeping.in_archive"), p.T("keeping.ends_on", "date", p.Date(k.End)))
	default:
		view.Lines = append(view.Lines, p.T("keeping.archive_on", "date", p.Date(k.Archive)), p.T("keeping.ends_on", "date", p.Date(k.End)))
	}
	for _, one := range k.Holds {
		on := p.Date(core.DateOf(kit.Instant(kit.From(r.Context()), one.MadeAt)))
		view.Holds = append(view.Holds, hold{ID: one.ID, Reason: one.Reason, Says: p.T("keeping.hold_says", "worker", one.By, "date", on, "until", p.Date(one.Until))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "keeping/file", Title: p.T("keeping.file_title"), Sheet: "file.css", Nav: "people", View: view, Status: status, Script: true})
}

func (h *Handler) hold(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	until, err := person.ReadDay(r.PostForm.Get("until"))
	if err != nil {
		err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("until")}
	} else {
		err = h.keep.SetHold(r.Context(), id, r.PostForm.Get("reason"), until)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderFile(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "keeping.held"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/conservation")
	return nil
}

func (h *Handler) lift(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	one, err := core.ParseID(r.PostForm.Get("suspension"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.keep.LiftHold(r.Context(), id, one); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "keeping.lifted"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/conservation")
	return nil
}
