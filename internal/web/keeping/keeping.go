// Package keeping holds the pages of how long files are kept: what leaves soon and who
// comes back, for the teams; what keeps a file, beside it; durations, rehearsal and lists
// of files to delete, for who administers, where nobody is named.
package keeping

import (
	"bytes"
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of this area.
type Handler struct {
	kit    *kit.Kit
	keep   *retention.Service
	access *access.Service
	follow *caseload.Service
	words  person.Words
	rooms  []casefile.Exporter
}

// Register adds the routes of this area. rooms have parts of their own in a copy.
func Register(k *kit.Kit, keep *retention.Service, a *access.Service, follow *caseload.Service, words person.Words, rooms ...casefile.Exporter) {
	h := &Handler{kit: k, keep: keep, access: a, follow: follow, words: words, rooms: rooms}
	k.Handle("GET /archives", kit.Worker, h.show)
	k.Handle("POST /archives", kit.Worker, h.lookUp)
	k.Handle("POST /archives/retour", kit.Worker, h.back)
	k.Handle("POST /archives/lire", kit.Worker, h.read)
	k.Handle("GET /personnes/{id}/conservation", kit.Worker, h.showFile)
	k.Handle("POST /personnes/{id}/conservation", kit.Worker, h.hold)
	k.Handle("POST /personnes/{id}/conservation/lever", kit.Worker, h.lift)
	k.Handle("GET /equipe/conservation", kit.Worker, h.showRule)
	k.Handle("POST /equipe/conservation", kit.Worker, h.choose)
	k.Handle("POST /equipe/conservation/bordereaux", kit.Worker, h.draw)
	k.Handle("GET /equipe/conservation/bordereaux/{list}", kit.Worker, h.showList)
	k.Handle("POST /equipe/conservation/bordereaux/{list}", kit.Worker, h.move)
	k.Handle("GET /equipe/conservation/bordereaux/{list}/papier", kit.Worker, h.paper)
	k.Handle("GET /equipe/conservation/bordereaux/{list}/papier/pdf", kit.Worker, h.pdf)
	k.Handle("GET /equipe/conservation/bordereaux/{list}/csv", kit.Worker, h.csv)
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

// view is the page of the teams.
type view struct {
	Form   *kit.Form
	Chosen bool
	Soon   []leaving
	Listed []leaving
	Asked  bool // somebody was looked for
	Found  []found
	Why    string // the reason given, carried to the next gesture
}

type leaving struct{ Href, Name, Last, On string }

type found struct {
	ID       core.ID
	Name     string
	Birth    string
	Says     string
	Readable bool
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Again()
	return h.render(w, r, form, view{}, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, page view, status int) error {
	soon, listed, err := h.keep.Foresee(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	page.Form = form
	line := func(l retention.Leaving) leaving {
		out := leaving{Href: "/personnes/" + string(l.Person) + "/conservation", Name: l.Name, Last: p.T("keeping.last_contact", "date", p.Date(l.LastContact))}
		if !l.On.IsZero() {
			out.On = p.T("keeping.leaves_on", "date", p.Date(l.On))
		}
		return out
	}
	for _, l := range soon {
		page.Soon = append(page.Soon, line(l))
	}
	for _, l := range listed {
		page.Listed = append(page.Listed, line(l))
	}
	return h.kit.Render(w, r, kit.Page{Template: "keeping/archives", Title: p.T("keeping.title"), Sheet: "file.css", Nav: "people", View: page, Status: status, Script: true})
}

func (h *Handler) lookUp(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	birth, err := person.ReadDate(f.Get("birth"))
	if err != nil {
		err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("birth")}
	}
	var list []retention.Archived
	if err == nil {
		list, err = h.keep.LookUp(r.Context(), f.Get("name"), birth, f.Get("why"))
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Again()
		return h.render(w, r, form, view{}, http.StatusUnprocessableEntity)
	}
	form, err := h.kit.Typed(w, r)
	if err != nil {
		return err
	}
	form.Again()
	p := printer(r)
	page := view{Asked: true, Why: f.Get("why")}
	for _, a := range list {
		page.Found = append(page.Found, found{ID: a.Person, Name: a.Name, Birth: p.PartialDate(a.Birth), Readable: a.Readable,
			Says: p.T("keeping.found_says", "team", a.TeamName, "date", p.Date(a.LastContact))})
	}
	return h.render(w, r, form, page, http.StatusOK)
}

// back brings a file back, and begins the accompaniment again when it had ended in a
// team of the worker.
func (h *Handler) back(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("personne"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	why := r.PostForm.Get("why")
	if err := h.keep.Return(r.Context(), id, why); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, view{}, http.StatusUnprocessableEntity)
	}
	err = h.follow.Reopen(r.Context(), id, why)
	switch {
	case errs.Is(err, errs.NotFound): // open already, or another team's
		h.kit.SetFlash(w, r, kit.Flash{Bold: "keeping.is_back"})
	case err != nil:
		return err
	default:
		h.kit.SetFlash(w, r, kit.Flash{Bold: "keeping.is_back", Rest: "keeping.is_back_how"})
	}
	h.kit.Redirect(w, r, "/personnes/"+string(id))
	return nil
}

// read shows the copy of a file of the archive, once.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("personne"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	d, err := h.keep.Read(r.Context(), id, r.PostForm.Get("why"), h.rooms...)
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, view{}, http.StatusUnprocessableEntity)
	}
	french := i18n.For(i18n.French)
	var out bytes.Buffer
	err = dossier.WriteHTML(&out, d, dossier.Words{
		Right: func(right string) string { return h.words.Name(french, right) },
		Org:   h.kit.HouseOf(r).Org, Place: kit.From(r.Context()).Place(),
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(out.Bytes())
	return nil
}
