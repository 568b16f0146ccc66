package entry

import (
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// lostView is the page of a worker who lost every way in: first the login, then
// the code that a colleague compares.
type lostView struct {
	Form  *kit.Form
	Asked bool
	Reset access.ResetView
	House kit.House
}

func (h *Handler) showLost(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderLost(w, r, form, lostView{}, http.StatusOK)
}

func (h *Handler) renderLost(w http.ResponseWriter, r *http.Request, form *kit.Form, view lostView, status int) error {
	form.Again()
	form.Action = "/entrer/perdu"
	view.Form, view.House = form, h.kit.HouseOf(r)
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/lost", Title: kit.From(r.Context()).T("signin.lost.title"), Sheet: "gate.css", Layout: kit.Gate, Status: status, View: view,
	})
}

// resetWait is how long the browser keeps its request: it ends by itself before.
const resetWait = 24 * time.Hour

func (h *Handler) askReset(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	state, err := h.access.AskReset(r.Context(), r.PostForm.Get("login"), browser, h.kit.Wait(r), kit.Client(r))
	if errs.Is(err, errs.Conflict) {
		form, err := h.kit.Refused(w, r, errs.Wrap(errs.Invalid, "errs.signin.reset_many", err).On("login"))
		if err != nil {
			return err
		}
		return h.renderLost(w, r, form, lostView{}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	h.kit.SetWait(w, r, state, resetWait)
	h.kit.Redirect(w, r, "/entrer/perdu/attente")
	return nil
}

// showReset says where the request stands; the page is loaded again by its reader.
func (h *Handler) showReset(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	reset, err := h.access.ReadReset(r.Context(), h.kit.Wait(r), browser)
	if errs.Is(err, errs.Unauthenticated) {
		h.kit.Redirect(w, r, "/entrer/perdu")
		return nil
	}
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderLost(w, r, form, lostView{Asked: true, Reset: reset}, http.StatusOK)
}

// takeReset leads to the page of a new password once a colleague has approved.
func (h *Handler) takeReset(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	made, err := h.access.TakeReset(r.Context(), h.kit.Wait(r), browser)
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Unauthenticated) {
		h.kit.Redirect(w, r, "/entrer/perdu/attente")
		return nil
	}
	if err != nil {
		return err
	}
	h.kit.Redirect(w, r, "/invitation?jeton="+made.Token.Reveal())
	return nil
}
