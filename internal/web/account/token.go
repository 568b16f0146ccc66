package account

import (
	"net/http"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// tokensView is the page of the access tokens.
type tokensView struct {
	Form   *kit.Form
	Fresh  *freshToken // just made; shown once
	Tokens []tokenLine
	Scopes []scopeChoice
}

type freshToken struct{ Name, Secret string }

// tokenLine is one token that still serves.
type tokenLine struct {
	ID     core.ID
	Name   string
	Scopes string // in words
	Until  core.Date
	Used   core.Date // zero = never
}

// scopeChoice is one box to tick.
type scopeChoice struct {
	Value string
	Label string
}

func (h *Handler) showTokens(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderTokens(w, r, form, nil, http.StatusOK)
}

func (h *Handler) renderTokens(w http.ResponseWriter, r *http.Request, form *kit.Form, fresh *freshToken, status int) error {
	v := kit.From(r.Context())
	tokens, err := h.access.Tokens(r.Context())
	if err != nil {
		return err
	}
	page := tokensView{Form: form, Fresh: fresh}
	label := func(s access.TokenScope) string {
		return v.T("api.token.scope." + strings.ReplaceAll(string(s), ":", "_"))
	}
	for _, s := range access.TokenScopes() {
		page.Scopes = append(page.Scopes, scopeChoice{Value: string(s), Label: label(s)})
	}
	for _, t := range tokens {
		var words []string
		for _, s := range t.Scopes {
			words = append(words, label(s))
		}
		// It ends as its last day does.
		last := core.DateOf(t.EndsAt.In(v.Place()).Add(-time.Minute))
		page.Tokens = append(page.Tokens, tokenLine{ID: t.ID, Name: t.Name, Scopes: strings.Join(words, " · "), Until: last, Used: t.UsedOn})
	}
	return h.kit.Render(w, r, kit.Page{Template: "account/token", Title: v.T("api.token.title"), Nav: "account", Status: status, View: page, Script: true})
}

// makeToken answers with the page and the secret in it: it exists nowhere else, so
// there is no redirect to lose it in.
func (h *Handler) makeToken(w http.ResponseWriter, r *http.Request) error {
	in := access.NewAccessToken{Name: r.PostForm.Get("name")}
	for _, s := range r.PostForm["scopes"] {
		in.Scopes = append(in.Scopes, access.TokenScope(s))
	}
	var err error
	if in.Until, err = readDay(r.PostForm.Get("until")); err != nil {
		err = errs.Fields{errs.Wrap(errs.Invalid, "api.token.until_shape", err).On("until")}
		return h.refuseToken(w, r, err)
	}
	made, secret, err := h.access.MakeToken(r.Context(), in)
	if errs.Is(err, errs.Invalid) {
		return h.refuseToken(w, r, err)
	}
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Action = "/compte/cles"
	return h.renderTokens(w, r, form, &freshToken{Name: made.Name, Secret: secret.Reveal()}, http.StatusOK)
}

func (h *Handler) refuseToken(w http.ResponseWriter, r *http.Request, err error) error {
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderTokens(w, r, form, nil, http.StatusUnprocessableEntity)
}

// readDay reads 31/12/2026, or 2026-12-31 as browsers write it.
func readDay(s string) (core.Date, error) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse("2/1/2006", s); err == nil {
		return core.DateOf(t), nil
	}
	return core.ParseDate(s)
}

func (h *Handler) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("cle"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.access.RevokeToken(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "api.token.revoked", Rest: "api.token.revoked_rest"})
	h.kit.Redirect(w, r, "/compte/cles")
	return nil
}
