package team

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// resetsView lists the colleagues who lost every way in and wait for somebody who
// knows them.
type resetsView struct {
	Form   *kit.Form
	Resets []reset
}

// reset is one of them.
type reset struct {
	access.ResetRequest
	Hour int // when they asked, in minutes of the day
}

func (h *Handler) showResets(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	list, err := h.access.ResetRequests(r.Context())
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	page := resetsView{Form: form}
	for _, one := range list {
		at := one.AskedAt.In(v.Place())
		page.Resets = append(page.Resets, reset{one, at.Hour()*60 + at.Minute()})
	}
	return h.kit.Render(w, r, kit.Page{Template: "team/resets", Title: v.T("signin.resets.title"), Nav: "account", View: page})
}

func (h *Handler) answerReset(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("demande"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	yes := r.PostForm.Get("geste") == "oui"
	if err := h.access.AnswerReset(r.Context(), id, yes); err != nil {
		return err
	}
	flash := kit.Flash{Bold: "signin.resets.refused"}
	if yes {
		flash = kit.Flash{Bold: "signin.resets.approved", Rest: "signin.resets.approved_rest"}
	}
	h.kit.SetFlash(w, r, flash)
	h.kit.Redirect(w, r, "/equipe/demandes")
	return nil
}
