package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// confirmView is where somebody who is in proves who they are once more, before a
// gesture that weighs. What they typed waits behind Next.
type confirmView struct {
	Form   *kit.Form
	Next   string
	House  kit.House
	Keys   bool // the actor has keys for this site
	Card   bool // a person who has a card
	Proofs access.Proofs
	Issuer issuer.Choice // that opened the session
}

func (h *Handler) showConfirm(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderConfirm(w, r, form, r.URL.Query().Get("suite"), http.StatusOK)
}

func (h *Handler) renderConfirm(w http.ResponseWriter, r *http.Request, form *kit.Form, next string, status int) error {
	form.Again()
	view := confirmView{Form: form, Next: kit.LocalPath(next), House: h.kit.HouseOf(r)}
	view.Issuer = h.issuers.Of(kit.From(r.Context()).Info.Way)
	var err error
	if view.Proofs, err = h.access.Proofs(r.Context()); err != nil {
		return err
	}
	if site := h.keys.Site(kit.Origin(r)); site.ID != "" {
		keys, err := h.keys.List(r.Context())
		if err != nil {
			return err
		}
		for _, k := range keys {
			view.Keys = view.Keys || (k.Site == site.ID && !k.Copied)
		}
	}
	if core.ActorFrom(r.Context()).Kind == core.ActorPerson {
		own, err := h.cards.Own(r.Context())
		if err != nil {
			return err
		}
		view.Card = own != nil
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/confirm", Title: kit.From(r.Context()).T("signin.confirm.title"), Sheet: "gate.css",
		Layout: kit.Gate, Status: status, View: view, Script: view.Keys,
	})
}

// prove takes the code of the application, or nothing in the demonstration.
func (h *Handler) prove(w http.ResponseWriter, r *http.Request) error {
	var token string
	var err error
	if r.PostForm.Get("demo") != "" {
		token, err = h.access.ProveDemo(r.Context())
	} else {
		token, err = h.access.ProveCode(r.Context(), r.PostForm.Get("code"), kit.Client(r))
	}
	return h.proved(w, r, token, err)
}

// proved leads on with the renewed session, or shows the page again.
func (h *Handler) proved(w http.ResponseWriter, r *http.Request, token string, err error) error {
	next := r.PostForm.Get("suite")
	if err != nil {
		form, err := h.kit.Refused(w, r, asInvalid(err))
		if err != nil {
			return err
		}
		form.Values.Del("code")
		form.Values.Del("pin")
		return h.renderConfirm(w, r, form, next, http.StatusUnprocessableEntity)
	}
	h.kit.SignIn(w, r, token)
	h.kit.SetFlash(w, r, kit.Flash{Bold: "signin.confirm.done", Rest: "signin.confirm.done_rest"})
	h.kit.Redirect(w, r, kit.LocalPath(next))
	return nil
}

func (h *Handler) askProof(w http.ResponseWriter, r *http.Request) error {
	options, state, err := h.keys.BeginProve(r.Context(), h.keys.Site(kit.Origin(r)))
	if err != nil {
		return err
	}
	return kit.WriteAsked(w, options, state)
}

func (h *Handler) proveKey(w http.ResponseWriter, r *http.Request) error {
	token, err := h.keys.Prove(r.Context(), h.keys.Site(kit.Origin(r)), r.PostForm.Get("etat"), r.PostForm.Get("reponse"), kit.Client(r))
	return h.proved(w, r, token, err)
}

// leaveOld closes the session that this browser still had: a new entrance never
// goes on from it.
func (h *Handler) leaveOld(r *http.Request) error {
	old := kit.From(r.Context()).SessionToken()
	if old == "" {
		return nil
	}
	if err := h.access.SignOut(r.Context(), old); err != nil && !errs.Is(err, errs.Unauthenticated) {
		return err
	}
	return nil
}
