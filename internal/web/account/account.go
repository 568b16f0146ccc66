// Package account is what somebody manages for themselves: their open sessions,
// their password, the texts that wait for them, their language.
package account

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	kept "codeberg.org/parvis/parvis/internal/casefile/draft"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of one's own account.
type Handler struct {
	kit    *kit.Kit
	access *access.Service
	texts  *kept.Service
}

// Register adds the account's routes.
func Register(k *kit.Kit, a *access.Service, cases *casefile.Service) {
	h := &Handler{kit: k, access: a, texts: kept.New(cases)}
	k.Handle("GET /compte", kit.Worker, h.show)
	k.Handle("POST /compte/mot-de-passe", kit.Worker, h.changePassword)
	k.Handle("POST /compte/sessions", kit.Worker, h.closeSessions)
	k.Handle("GET /compte/cles", kit.Worker, h.showTokens)
	k.Handle("POST /compte/cles", kit.Worker, h.makeToken)
	k.Handle("POST /compte/cles/arret", kit.Worker, h.revokeToken)
}

// view is the account's page.
type view struct {
	Form     *kit.Form
	Name     string
	Function string
	Org      string
	Sessions []session
	Drafts   []draft
	Works    bool // may make access tokens
}

// session is one device somebody is signed in on.
type session struct {
	ID      core.ID
	Device  string
	Used    core.Date
	Hour    int
	Current bool
}

// draft is a text that waits.
type draft struct {
	Href string
	On   core.Date
	Hour int
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, form, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	v := kit.From(r.Context())
	sessions, err := h.access.Sessions(r.Context())
	if err != nil {
		return err
	}
	drafts, err := h.texts.List(r.Context())
	if err != nil {
		return err
	}
	page := view{Form: form, Name: v.Info.Name, Function: v.Info.Function, Org: v.Info.OrgName, Works: v.Actor.Kind == core.ActorWorker}
	for _, s := range sessions {
		at := s.UsedAt.In(v.Place())
		page.Sessions = append(page.Sessions, session{ID: s.ID, Device: Device(s.Device), Used: core.DateOf(at), Hour: at.Hour()*60 + at.Minute(), Current: s.Current})
	}
	for _, d := range drafts {
		at := kit.Instant(v, d.SavedAt)
		page.Drafts = append(page.Drafts, draft{Href: kit.DraftPath(d.Path, d.ID), On: core.DateOf(at), Hour: at.Hour()*60 + at.Minute()})
	}
	return h.kit.Render(w, r, kit.Page{Template: "account/account", Title: v.T("web.account.title"), Nav: "account", Status: status, View: page})
}

func (h *Handler) changePassword(w http.ResponseWriter, r *http.Request) error {
	err := h.access.ChangePassword(r.Context(), secret.String(r.PostForm.Get("current")), secret.String(r.PostForm.Get("password")), kit.Client(r))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.account.password_changed", Rest: "web.account.others_closed"})
	h.kit.Redirect(w, r, "/compte")
	return nil
}

func (h *Handler) closeSessions(w http.ResponseWriter, r *http.Request) error {
	var err error
	if id := r.PostForm.Get("session"); id != "" {
		parsed, perr := core.ParseID(id)
		if perr != nil {
			return errs.Wrap(errs.NotFound, "", perr)
		}
		err = h.access.CloseSession(r.Context(), parsed)
	} else {
		err = h.access.CloseOtherSessions(r.Context())
	}
	if err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.account.closed"})
	h.kit.Redirect(w, r, "/compte")
	return nil
}
