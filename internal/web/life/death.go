package life

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/death"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// deathView is the page of a death: the form, or what is recorded.
type deathView struct {
	ID     core.ID // the file's
	Human  core.ID
	Self   bool // the file's own person
	Form   *kit.Form
	Name   string
	Call   string
	Said   string // « Mme Haddad, décédée le 20 mai 2026 »; "" when nothing is recorded
	Source string
	By     string
	Around []string
}

// human is who the page is about: the file's person, or ?de=, a member of the
// household.
func human(r *http.Request, file core.ID) (core.ID, error) {
	of := r.URL.Query().Get("de")
	if r.Method == http.MethodPost {
		of = r.PostForm.Get("de")
	}
	if of == "" {
		return file, nil
	}
	id, err := core.ParseID(of)
	if err != nil {
		return "", errs.Wrap(errs.NotFound, "", err)
	}
	return id, nil
}

func (h *Handler) showDeath(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderDeath(w, r, form, http.StatusOK)
}

func (h *Handler) renderDeath(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	of, err := human(r, id)
	if err != nil {
		return err
	}
	v, err := h.deaths.Read(r.Context(), id, of)
	if err != nil {
		return err
	}
	p := printer(r)
	who := casefile.Identity{UsualName: v.Human.UsualName, FirstNameOfUse: v.Human.FirstName, Title: v.Human.Title}
	view := deathView{ID: v.FileID, Human: v.Human.ID, Self: v.Human.ID == v.FileID, Form: form, Name: v.Human.Name(), Call: person.CallName(p, who)}
	if rec := v.Recorded; rec.ID != "" {
		view.Said = p.T("life.said", "name", view.Name, "died", person.DiedWord(p, v.Human.Title, rec.On))
		view.Source = p.T("life.source_" + string(rec.Source))
		if rec.Detail != "" {
			view.Source = p.T("life.source_detail", "source", view.Source, "detail", rec.Detail)
		}
		view.By = p.T("life.noted", "worker", v.ByName, "date", p.Date(core.DateOf(kit.Instant(kit.From(r.Context()), rec.At))))
	}
	for _, m := range v.Around {
		view.Around = append(view.Around, m.Name())
	}
	return h.kit.Render(w, r, kit.Page{Template: "life/death", Title: p.T("life.title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) recordDeath(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	of, err := human(r, id)
	if err != nil {
		return err
	}
	in := death.Input{Source: casefile.Source(r.PostForm.Get("source")), Detail: r.PostForm.Get("detail")}
	if in.On, err = person.ReadDate(r.PostForm.Get("on")); err != nil {
		err = errs.New(errs.Invalid, "web.form.day_shape").On("on")
	} else {
		err = h.deaths.Record(r.Context(), id, of, in)
	}
	if errs.Is(err, errs.Conflict) {
		err = errs.New(errs.Invalid, "errs.life.known")
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderDeath(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "life.recorded", Rest: "life.recorded_rest"})
	h.kit.Redirect(w, r, fileOf(id))
	return nil
}

func (h *Handler) undoDeath(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	of, err := human(r, id)
	if err != nil {
		return err
	}
	if err := h.deaths.Undo(r.Context(), id, of); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "life.undone", Rest: "life.undone_rest"})
	back := fileOf(id)
	if of != id {
		back += "/foyer"
	}
	h.kit.Redirect(w, r, back)
	return nil
}
