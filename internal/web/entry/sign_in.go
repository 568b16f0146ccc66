package entry

import (
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// signInView is the first page: who works here enters, everybody else sees
// where to meet somebody.
type signInView struct {
	Form  *kit.Form
	Next  string
	House kit.House
	Demo  bool
	Keys  bool // keys work at this address
	Codes bool // are sent to people
	// Issuers are where else a worker may prove who they are, Persons where a person may.
	Issuers, Persons []issuer.Choice
}

func (h *Handler) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if v := kit.From(r.Context()); !v.Actor.IsZero() {
		h.kit.Redirect(w, r, kit.LocalPath(r.URL.Query().Get("suite")))
		return nil
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderSignIn(w, r, form, r.URL.Query().Get("suite"), http.StatusOK)
}

func (h *Handler) renderSignIn(w http.ResponseWriter, r *http.Request, form *kit.Form, next string, status int) error {
	form.Again()
	keys := h.keys.Site(kit.Origin(r)).ID != ""
	return h.kit.Render(w, r, kit.Page{
		Template: "entry/sign_in", Title: kit.From(r.Context()).T("web.entry.name"), Sheet: "gate.css",
		Layout: kit.Gate, Status: status, Script: keys,
		View: signInView{Form: form, Next: next, House: h.kit.HouseOf(r), Demo: h.demo != nil, Keys: keys, Codes: h.codes, Issuers: h.issuers.Choices(issuer.Workers), Persons: h.issuers.Choices(issuer.Persons)},
	})
}

func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) error {
	next := r.PostForm.Get("suite")
	challenge, err := h.access.SignIn(r.Context(), access.Credentials{
		Login: r.PostForm.Get("login"), Password: secret.String(r.PostForm.Get("password")),
	}, kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, asInvalid(err))
		if err != nil {
			return err
		}
		return h.renderSignIn(w, r, form, next, http.StatusUnprocessableEntity)
	}
	h.kit.SetStep(w, r, challenge)
	to := "/entrer/code"
	if next != "" {
		to += "?suite=" + url.QueryEscape(kit.LocalPath(next))
	}
	h.kit.Redirect(w, r, to)
	return nil
}

// asInvalid makes a refused password or code an error of the form, so that the
// page comes back instead of an error page. Other errors pass.
func asInvalid(err error) error {
	if errs.Is(err, errs.Unauthenticated) {
		if e := kit.Sentence(err); e != nil {
			return errs.Wrap(errs.Invalid, e.Key, err)
		}
	}
	return err
}
