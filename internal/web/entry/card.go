package entry

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// cardView is where a person comes in with their card. The QR code leads here with
// the card's code after a #, which no browser sends: a script puts it in the field,
// and without script it is typed as it is printed.
type cardView struct {
	Form  *kit.Form
	Next  string
	House kit.House
	Keys  bool
	// Issuers are where a person may have an account that they linked.
	Issuers []issuer.Choice
}

func (h *Handler) showCard(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderCard(w, r, form, r.URL.Query().Get("suite"), http.StatusOK)
}

func (h *Handler) renderCard(w http.ResponseWriter, r *http.Request, form *kit.Form, next string, status int) error {
	form.Again()
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/card", Title: kit.From(r.Context()).T("signin.card.title"), Sheet: "gate.css", Layout: kit.Gate, Status: status, Script: true,
		View: cardView{Form: form, Next: next, House: h.kit.HouseOf(r), Keys: h.keys.Site(kit.Origin(r)).ID != "", Issuers: h.issuers.Choices(issuer.Persons)},
	})
}

// signInCard lets in whoever holds the card; somebody who is in proves who they are.
func (h *Handler) signInCard(w http.ResponseWriter, r *http.Request) error {
	next := r.PostForm.Get("suite")
	token, err := h.cards.SignIn(r.Context(), r.PostForm.Get("carte"), secret.String(r.PostForm.Get("pin")), kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, asInvalid(err))
		if err != nil {
			return err
		}
		form.Values.Del("pin")
		return h.renderCard(w, r, form, next, http.StatusUnprocessableEntity)
	}
	if next == "" {
		next = "/moi"
	}
	return h.enter(w, r, token, next)
}

func (h *Handler) proveCard(w http.ResponseWriter, r *http.Request) error {
	token, err := h.cards.Prove(r.Context(), r.PostForm.Get("carte"), secret.String(r.PostForm.Get("pin")), kit.Client(r))
	return h.proved(w, r, token, err)
}
