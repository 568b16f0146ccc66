package contest

import (
	"net/http"

	contests "codeberg.org/parvis/parvis/internal/casefile/contest"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// answerView is what a person said is not right, for their team.
type answerView struct {
	ID   core.ID
	Name string
	Form *kit.Form
	Said []saidView
	For  string // the contest whose answer was refused
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderAnswers(w, r, form, http.StatusOK)
}

func (h *Handler) renderAnswers(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id := core.ID(r.PathValue("id"))
	file, err := h.cases.OpenFile(r.Context(), id, 0)
	if err != nil {
		return err
	}
	list, err := h.contests.OfFile(r.Context(), id)
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	view := answerView{ID: id, Name: person.CallName(p, file.Person.Identity), Form: form, For: form.Value("contestation")}
	for _, c := range list {
		v := viewOf(p, c, h.about(p, file, c.Fact))
		if l, ok := lineOf(file, c.Fact); ok {
			v.Href = person.FactPath(id, l)
		}
		view.Said = append(view.Said, v)
	}
	return h.kit.Render(w, r, kit.Page{Template: "contest/answer", Title: p.T("contest.answer_title"), Sheet: "file.css", Nav: "people", View: view, Status: status, Script: true})
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	id := core.ID(r.PathValue("id"))
	f := r.PostForm
	err := h.contests.Answer(r.Context(), id, core.ID(f.Get("contestation")), contests.State(f.Get("state")), f.Get("answer"))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderAnswers(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "contest.answered", Rest: "contest.answered_how"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/contestations")
	return nil
}
