package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/web/kit"
)

// askKey answers the script of the sign-in page: what to ask the device.
func (h *Handler) askKey(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	options, state, err := h.keys.BeginSignIn(h.keys.Site(kit.Origin(r)), browser)
	if err != nil {
		return err
	}
	return kit.WriteAsked(w, options, state)
}

// signInKey lets in whoever holds the key that answered.
func (h *Handler) signInKey(w http.ResponseWriter, r *http.Request) error {
	browser, err := h.kit.Browser(w, r)
	if err != nil {
		return err
	}
	next := r.PostForm.Get("suite")
	token, err := h.keys.SignIn(r.Context(), h.keys.Site(kit.Origin(r)), browser, r.PostForm.Get("etat"), r.PostForm.Get("reponse"), kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, asInvalid(err))
		if err != nil {
			return err
		}
		return h.renderSignIn(w, r, form, next, http.StatusUnprocessableEntity)
	}
	return h.enter(w, r, token, next)
}
