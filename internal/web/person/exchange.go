package person

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// exchangeView is a call or a letter as pages show it.
type exchangeView struct {
	Icon, What, Party string // « Appel fait », « CAF »
	Says, Note        string
	StepHref, Step    string
}

// exchangeEdit is the page where one is written, over those already there.
type exchangeEdit struct {
	ID    core.ID
	Name  string
	Form  *kit.Form
	Steps []option
	List  []exchangeView
}

func (pl planner) exchanges(plan casefile.Plan) []exchangeView {
	var out []exchangeView
	for _, x := range plan.Exchanges {
		v := exchangeView{Icon: "phone", What: pl.p.T("steps.exchange_" + string(x.Kind) + "_" + string(x.Direction)), Party: x.Party, Says: x.Says}
		if x.Kind == casefile.ExchangeLetter {
			v.Icon = "letter"
		}
		v.Note = pl.p.T("steps.exchange_note", "date", pl.p.Date(x.On), "worker", pl.names[x.By])
		if x.AnsweredBy != "" {
			v.Note = pl.p.T("steps.exchange_answered", "who", x.AnsweredBy) + " " + v.Note
		}
		if step, ok := plan.Step(x.Step); ok {
			v.StepHref, v.Step = stepPath(pl.file, step.ID), step.Title
		}
		out = append(out, v)
	}
	return out
}

func (h *Handler) showExchanges(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("step", r.URL.Query().Get("demarche"))
	return h.renderExchanges(w, r, form, http.StatusOK)
}

func (h *Handler) renderExchanges(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	plan, err := h.plans.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := exchangeEdit{ID: id, Name: plan.Person.DisplayName(), Form: form, List: newPlanner(r, id, plan.Person, plan.Today, plan.Names).exchanges(plan.Plan)}
	add := func(list []casefile.Step) {
		for _, s := range list {
			if s.State.Open() || form.Value("step") == string(s.ID) {
				view.Steps = append(view.Steps, option{string(s.ID), s.Title})
			}
		}
	}
	for _, g := range plan.Goals {
		add(g.Steps)
	}
	add(plan.Loose)
	return h.kit.Render(w, r, kit.Page{Template: "person/exchange", Title: p.T("steps.exchanges"), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) logExchange(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := plan.ExchangeInput{
		Kind: casefile.ExchangeKind(v.Get("kind")), Direction: casefile.Direction(v.Get("direction")), Party: v.Get("party"),
		AnsweredBy: v.Get("answered_by"), Says: v.Get("says"), Step: core.ID(v.Get("step")),
	}
	if in.On, err = readDay(v.Get("on")); err != nil {
		err = errs.New(errs.Invalid, "web.form.day_shape").On("on")
	} else {
		_, err = h.plans.LogExchange(r.Context(), id, in)
	}
	if err == nil {
		h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
		h.kit.Redirect(w, r, path(id)+"/appels#h-before")
		return nil
	}
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderExchanges(w, r, form, http.StatusUnprocessableEntity)
}
