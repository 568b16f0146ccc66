// Package space holds the pages where a person, or a worker beside them, chooses
// what their own space shows, and what keeps the pages that they left out shut.
package space

import (
	"embed"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	spaces "codeberg.org/parvis/parvis/internal/casefile/space"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages.
type Handler struct {
	kit    *kit.Kit
	cases  *casefile.Service
	spaces *spaces.Service
}

// Register adds the routes.
func Register(k *kit.Kit, cases *casefile.Service, s *spaces.Service) {
	h := &Handler{kit: k, cases: cases, spaces: s}
	k.Handle("GET /moi/ecran", kit.PersonIn, h.show)
	k.Handle("POST /moi/ecran", kit.PersonIn, h.save)
	k.Handle("GET /personnes/{id}/ecran", kit.Worker, h.showFor)
	k.Handle("POST /personnes/{id}/ecran", kit.Worker, h.saveFor)
}

// items says which pages of a person's space belong to which item.
func items(path string) (spaces.Item, bool) {
	page, _, _ := strings.Cut(strings.TrimPrefix(path, "/moi/"), "/")
	switch page {
	case "fiche", "avenir":
		return spaces.Rights, true
	case "situation":
		return spaces.Situation, true
	case "plan":
		return spaces.Plan, true
	case "papiers":
		return spaces.Papers, true
	case "notes", "mots":
		return spaces.Notes, true
	case "vu", "preuve":
		return spaces.Journal, true
	case "accords":
		return spaces.Agreements, true
	case "copie":
		return spaces.Copy, true
	}
	return "", false
}

// Gate keeps the pages of a person's space that they left out shut: kit.Config.OwnPage.
func Gate(s *spaces.Service) func(r *http.Request) error {
	return func(r *http.Request) error {
		item, known := items(r.URL.Path)
		if !known {
			return nil
		}
		return s.Shows(r.Context(), item)
	}
}

// view is the form.
type view struct {
	Form   *kit.Form
	Name   string // of the person, for the worker; "" for themself
	Back   string
	Items  []option
	Locked bool
	House  kit.House
}

type option struct{ Value, Label string }

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.fresh(w, r, "")
}

func (h *Handler) showFor(w http.ResponseWriter, r *http.Request) error {
	return h.fresh(w, r, core.ID(r.PathValue("id")))
}

func (h *Handler) fresh(w http.ResponseWriter, r *http.Request, who core.ID) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, who, form, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, who core.ID, form *kit.Form, status int) error {
	v := kit.From(r.Context())
	out := view{Form: form, Back: "/moi", House: h.kit.HouseOf(r)}
	var now spaces.Space
	var err error
	if who == "" {
		now, err = h.spaces.Own(r.Context())
	} else {
		now, err = h.spaces.Of(r.Context(), who)
	}
	if err != nil {
		return err
	}
	if who != "" {
		p, err := h.cases.Person(r.Context(), who)
		if err != nil {
			return err
		}
		out.Name, out.Back = person.CallName(v.P, p.Identity), "/personnes/"+string(who)
	}
	out.Locked = now.Locked && who == ""
	if form.Bad() {
		form.Values.Set("version", strconv.FormatInt(now.Version, 10)) // read again, it may be sent again
	} else if !form.Values.Has("version") {
		form.Default("version", strconv.FormatInt(now.Version, 10))
		for _, item := range spaces.Items() {
			if now.Shows(item) {
				form.Values.Add("shown", string(item))
			}
		}
		if now.Neutral {
			form.Default("neutral", "oui")
		}
		if now.Locked {
			form.Default("locked", "oui")
		}
	}
	if !out.Locked {
		for _, item := range spaces.Items() {
			out.Items = append(out.Items, option{string(item), v.T("space.item." + string(item))})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "space/space", Title: v.T("space.title"), Sheet: "file.css", Public: who == "", View: out, Status: status, Script: true})
}

// read is what the form sent: an item that is not ticked is left out.
func read(r *http.Request) spaces.Space {
	f := r.PostForm
	version, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		version = -1 // no version holds it: a conflict, said as such
	}
	in := spaces.Space{Neutral: f.Get("neutral") != "", Locked: f.Get("locked") != "", Version: version}
	for _, item := range spaces.Items() {
		if !slices.Contains(f["shown"], string(item)) {
			in.Hidden = append(in.Hidden, item)
		}
	}
	return in
}

func (h *Handler) save(w http.ResponseWriter, r *http.Request) error {
	if err := h.spaces.SetOwn(r.Context(), read(r)); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, "", form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/moi")
	return nil
}

func (h *Handler) saveFor(w http.ResponseWriter, r *http.Request) error {
	who := core.ID(r.PathValue("id"))
	if err := h.spaces.Set(r.Context(), who, read(r)); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, who, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/personnes/"+string(who))
	return nil
}
