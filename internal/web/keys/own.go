package keys

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/account"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// ownView is where a person sees how they come in, and where they are in now.
type ownView struct {
	Form     *kit.Form
	Card     *cardView
	Keys     int
	Sessions []session
	Beside   bool
	Codes    bool
	House    kit.House
}

// session is one device somebody is signed in on.
type session struct {
	ID      core.ID
	Device  string
	Used    core.Date
	Current bool
}

func (h *Handler) showOwn(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Again()
	v := kit.From(r.Context())
	view := ownView{Form: form, Codes: h.codes, Beside: v.Info.Beside != "", House: h.kit.HouseOf(r)}
	now, err := h.cards.Own(r.Context())
	if err != nil {
		return err
	}
	view.Card = shown(r, now)
	list, err := h.keys.List(r.Context())
	if err != nil {
		return err
	}
	view.Keys = len(list)
	open, err := h.access.Sessions(r.Context())
	if err != nil {
		return err
	}
	for _, s := range open {
		view.Sessions = append(view.Sessions, session{ID: s.ID, Device: account.Device(s.Device), Used: core.DateOf(s.UsedAt.In(v.Place())), Current: s.Current})
	}
	return h.kit.Render(w, r, kit.Page{Template: "keys/own", Title: v.T("signin.own.title"), Sheet: "gate.css", Public: true, View: view})
}

// stopOwn ends the person's card: they come in another way from now on.
func (h *Handler) stopOwn(w http.ResponseWriter, r *http.Request) error {
	if err := h.cards.StopOwn(r.Context()); err != nil {
		return err
	}
	h.kit.SignOut(w, r)
	h.kit.SetFlash(w, r, kit.Flash{Bold: "signin.ways.stopped", Rest: "signin.own.stopped_rest"})
	h.kit.Redirect(w, r, "/entrer")
	return nil
}

func (h *Handler) closeOwn(w http.ResponseWriter, r *http.Request) error {
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
	h.kit.Redirect(w, r, "/moi/acces")
	return nil
}
