package entry

import (
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// codeView is the second step: the six digits of the authenticator.
type codeView struct {
	Form  *kit.Form
	Next  string
	House kit.House
}

func (h *Handler) showCode(w http.ResponseWriter, r *http.Request) error {
	if h.kit.Step(r) == "" {
		h.kit.Redirect(w, r, "/entrer")
		return nil
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderCode(w, r, form, r.URL.Query().Get("suite"), http.StatusOK)
}

func (h *Handler) renderCode(w http.ResponseWriter, r *http.Request, form *kit.Form, next string, status int) error {
	form.Again()
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/code", Title: kit.From(r.Context()).T("web.code.title"), Sheet: "gate.css",
		Layout: kit.Gate, Status: status, View: codeView{Form: form, Next: next, House: h.kit.HouseOf(r)},
	})
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	next := r.PostForm.Get("suite")
	token, err := h.access.Confirm(r.Context(), h.kit.Step(r), r.PostForm.Get("code"), kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, asInvalid(err))
		if err != nil {
			return err
		}
		form.Values.Del("code")
		return h.renderCode(w, r, form, next, http.StatusUnprocessableEntity)
	}
	return h.enter(w, r, token, next)
}

func (h *Handler) signOut(w http.ResponseWriter, r *http.Request) error {
	token := kit.From(r.Context()).SessionToken()
	elsewhere, err := h.issuers.LeaveURL(r.Context(), token, h.site(r)+"/entrer")
	if err != nil {
		return err
	}
	if err := h.access.SignOut(r.Context(), token); err != nil && !errs.Is(err, errs.Unauthenticated) {
		return err
	}
	h.kit.SignOut(w, r)
	flash := kit.Flash{Bold: "web.entry.left", Rest: "web.entry.left_rest"}
	if elsewhere != "" {
		browser, err := h.kit.Browser(w, r)
		if err != nil {
			return err
		}
		carried, err := h.access.SealState(leavePurpose, browser, elsewhere, 10*time.Minute)
		if err != nil {
			return err
		}
		if len(carried) < 2900 { // what a cookie bears; a longer one is left to its own end
			h.kit.SetStep(w, r, carried)
			flash = kit.Flash{Bold: "web.entry.left", Rest: "signin.issuer.still_in", Href: leavePath, Link: "signin.issuer.leave"}
		}
	}
	h.kit.SetFlash(w, r, flash)
	h.kit.Redirect(w, r, "/entrer")
	return nil
}
