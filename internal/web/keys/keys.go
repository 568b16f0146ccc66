// Package keys is where somebody looks after their ways in: the keys of their
// devices, named, dated, taken away in one gesture; a person's card, made with a
// worker at the counter.
package keys

import (
	"embed"
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/access/passkey"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/account"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of one's own keys.
type Handler struct {
	kit     *kit.Kit
	access  *access.Service
	keys    *passkey.Service
	cards   *card.Service
	issuers *issuer.Service
	codes   bool // are sent here
	// paperLife is how long the paper of a new card may be printed again.
	paperLife time.Duration
}

// Register adds the routes.
func Register(k *kit.Kit, a *access.Service, keys *passkey.Service, cards *card.Service, issuers *issuer.Service, codes bool) {
	h := &Handler{kit: k, access: a, keys: keys, cards: cards, issuers: issuers, codes: codes, paperLife: 10 * time.Minute}
	k.Handle("GET /personnes/{id}/acces", kit.Worker, h.showWays)
	k.Handle("POST /personnes/{id}/acces", kit.Worker, h.makeCard)
	k.Handle("POST /personnes/{id}/acces/papier", kit.Worker, h.printCard)
	k.Handle("POST /personnes/{id}/acces/arret", kit.Worker, h.stopCard)
	k.Handle("POST /personnes/{id}/acces/ensemble", kit.Worker, h.beside)
	k.Handle("GET /moi/acces", kit.PersonIn, h.showOwn)
	k.Handle("POST /moi/acces/arret", kit.PersonIn, h.stopOwn)
	k.Handle("POST /moi/acces/sessions", kit.PersonIn, h.closeOwn)
	for _, side := range []struct {
		base  string
		guard kit.Guard
	}{{"/compte", kit.Worker}, {"/moi", kit.PersonIn}} {
		k.Handle("GET "+side.base+"/cles-d-acces", side.guard, h.show)
		k.Handle("POST "+side.base+"/cles-d-acces", side.guard, h.add)
		k.Handle("POST "+side.base+"/cles-d-acces/defi", side.guard, h.ask)
		k.Handle("POST "+side.base+"/cles-d-acces/geste", side.guard, h.change)
		k.Handle("POST "+side.base+"/cles-d-acces/comptes", side.guard, h.unlink)
	}
}

// view is the page.
type view struct {
	Form   *kit.Form
	Base   string // "/compte" or "/moi"
	Person bool
	Works  bool // keys work at this address
	Keys   []line
	House  kit.House
	// Issuers are those whose accounts the reader may link; Linked those they did.
	Issuers []issuer.Choice
	Linked  []linked
	Token   string // of the links to them
}

// linked is an account at an issuer.
type linked struct {
	issuer.Linked
	On core.Date
}

// line is one key.
type line struct {
	passkey.Key
	Made core.Date
	Here bool // bound to this site
}

func base(r *http.Request) string {
	if core.ActorFrom(r.Context()).Kind == core.ActorPerson {
		return "/moi"
	}
	return "/compte"
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, form, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	form.Again()
	v := kit.From(r.Context())
	form.Default("name", account.Device(kit.Client(r).Device)) // a name before the device is asked: it keeps its key even when we refuse
	site := h.keys.Site(kit.Origin(r))
	list, err := h.keys.List(r.Context())
	if err != nil {
		return err
	}
	page := view{Form: form, Base: base(r), Person: v.Actor.Kind == core.ActorPerson, Works: site.ID != "", House: h.kit.HouseOf(r)}
	for _, k := range list {
		page.Keys = append(page.Keys, line{Key: k, Made: core.DateOf(k.MadeAt.In(v.Place())), Here: k.Site == site.ID})
	}
	of := issuer.Workers
	if page.Person {
		of = issuer.Persons
	}
	page.Issuers = h.issuers.Choices(of)
	if len(page.Issuers) > 0 {
		if page.Token, err = h.issuers.LinkToken(r.Context()); err != nil {
			return err
		}
	}
	accounts, err := h.issuers.List(r.Context())
	if err != nil {
		return err
	}
	for _, l := range accounts {
		page.Linked = append(page.Linked, linked{l, core.DateOf(l.LinkedAt.In(v.Place()))})
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "keys/keys", Title: v.T("signin.keys.title"), Nav: "account", Public: page.Person, Status: status, View: page, Script: true,
	})
}

// ask answers the page's script: what to ask the device.
func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	options, state, err := h.keys.BeginAdd(r.Context(), h.keys.Site(kit.Origin(r)))
	if err != nil {
		return err
	}
	return kit.WriteAsked(w, options, state)
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	err := h.keys.Add(r.Context(), h.keys.Site(kit.Origin(r)), r.PostForm.Get("etat"), r.PostForm.Get("reponse"), r.PostForm.Get("name"))
	if err != nil {
		return h.refuse(w, r, err)
	}
	return h.done(w, r, kit.Flash{Bold: "signin.keys.added", Rest: "signin.keys.added_rest"})
}

// change renames a key or takes it away.
func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("cle"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	switch r.PostForm.Get("geste") {
	case "nom":
		if err := h.keys.Rename(r.Context(), id, r.PostForm.Get("name")); err != nil {
			return h.refuse(w, r, err)
		}
		return h.done(w, r, kit.Flash{Bold: "web.form.saved"})
	case "fin":
		if err := h.keys.Revoke(r.Context(), id); err != nil {
			return err
		}
		return h.done(w, r, kit.Flash{Bold: "signin.keys.revoked", Rest: "signin.keys.revoked_rest"})
	}
	return errs.New(errs.Invalid, "web.error.form_broken")
}

func (h *Handler) done(w http.ResponseWriter, r *http.Request, f kit.Flash) error {
	h.kit.SetFlash(w, r, f)
	h.kit.Redirect(w, r, base(r)+"/cles-d-acces")
	return nil
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.render(w, r, form, http.StatusUnprocessableEntity)
}

// unlink takes a linked account away.
func (h *Handler) unlink(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("compte"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.issuers.Unlink(r.Context(), id); err != nil {
		return err
	}
	return h.done(w, r, kit.Flash{Bold: "signin.issuer.unlinked"})
}
