package person

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// wordsView is the page where what matters to the person is written.
type wordsView struct {
	ID        core.ID
	Name      string
	Form      *kit.Form
	Said      []saidView
	Languages []option
}

func (h *Handler) showWords(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderWords(w, r, form, http.StatusOK)
}

func (h *Handler) renderWords(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	plan, err := h.plans.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := wordsView{ID: id, Name: plan.Person.DisplayName(), Form: form, Said: newPlanner(r, id, plan.Person, plan.Today, plan.Names).page(plan.Plan, plan.Person.Title).Said}
	seen := map[string]bool{}
	for _, tag := range append(append([]string{}, plan.Person.Languages...), languages()...) {
		if !seen[tag] {
			seen[tag] = true
			view.Languages = append(view.Languages, option{tag, languageName(p, tag)})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/words", Title: p.T("steps.words_h1"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) saveWords(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := plan.ExpectationInput{Words: v.Get("words"), Reread: casefile.Reread(v.Get("reread")), RereadIn: v.Get("reread_in")}
	if in.SaidOn, err = readDay(v.Get("said_on")); err != nil {
		err = errs.New(errs.Invalid, "web.form.day_shape").On("said_on")
	} else {
		_, err = h.plans.AddExpectation(r.Context(), id, in)
	}
	if err == nil {
		return h.planSaved(w, r, id, "#attentes")
	}
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderWords(w, r, form, http.StatusUnprocessableEntity)
}
