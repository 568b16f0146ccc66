package person

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// stepEdit is the page of a step, new or known.
type stepEdit struct {
	ID         core.ID
	Step       core.ID // "" for a new one
	Name       string
	H1         string
	Form       *kit.Form
	Whos       []option
	Goals      []option
	Rights     []option
	Ways       []wayField
	Papers     []paperRow
	States     []option
	Colleagues []option
	History    []eventView
	Shown      *stepView // the step as it is
	Conflict   *stepView // the same, when somebody changed it meanwhile
}

// wayField is one of the four ways of the form.
type wayField struct{ Name, Label, Hint string }

// paperRow is one paper of the form: its number from 1.
type paperRow struct {
	N        int
	Name, By string
}

// eventView is one line of what happened.
type eventView struct{ What, Says, Line string }

// maxPaperRows is how many papers a form can hold.
const maxPaperRows = 12

func (h *Handler) showNewStep(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderNewStep(w, r, form, http.StatusOK)
}

func (h *Handler) renderNewStep(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	plan, err := h.plans.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	if right := r.URL.Query().Get("droit"); slices.Contains(h.cases.Engine.Rights(), right) {
		form.Default("right", right)
		if _, typed := form.Values["paper"]; !typed {
			for _, paper := range h.words.papers(p, right) {
				form.Values.Add("paper", paper.Name.String())
				form.Values.Add("paper_by", paper.Text)
			}
		}
	}
	if goal := r.URL.Query().Get("but"); goal != "" {
		form.Default("goal", goal)
	}
	view := h.viewStepForm(r, plan, form)
	view.H1 = p.T("steps.step_new_h1")
	return h.kit.Render(w, r, kit.Page{Template: "person/step", Title: view.H1, Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// viewStepForm is what both pages of a step offer.
func (h *Handler) viewStepForm(r *http.Request, plan plan.View, form *kit.Form) stepEdit {
	p := printer(r)
	view := stepEdit{ID: plan.Person.ID, Name: plan.Person.DisplayName(), Form: form}
	for _, who := range casefile.StepWhos() {
		view.Whos = append(view.Whos, option{string(who), p.T("steps.who_" + string(who))})
	}
	for _, g := range plan.Goals {
		if g.State == casefile.GoalOpen || form.Value("goal") == string(g.ID) {
			view.Goals = append(view.Goals, option{string(g.ID), g.Title})
		}
	}
	for _, right := range h.cases.Engine.Rights() {
		if !slices.Contains(plan.Silenced, right) || form.Value("right") == right {
			view.Rights = append(view.Rights, option{right, h.words.Name(p, right)})
		}
	}
	for _, way := range []string{"online", "desk", "phone", "letter"} {
		view.Ways = append(view.Ways, wayField{way, p.T("steps.way_" + way), p.T("steps.way_" + way + "_hint")})
	}
	typed := max(len(form.Values["paper"]), len(form.Values["paper_by"]))
	for i := range min(max(typed+1, 3), maxPaperRows) {
		view.Papers = append(view.Papers, paperRow{i + 1, form.Nth("paper", i), form.Nth("paper_by", i)})
	}
	return view
}

func (h *Handler) showStep(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderStep(w, r, form, false, http.StatusOK)
}

func (h *Handler) renderStep(w http.ResponseWriter, r *http.Request, form *kit.Form, conflict bool, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	stepID, err := kit.PathID(r, "step")
	if err != nil {
		return err
	}
	step, events, plan, err := h.plans.ReadStep(r.Context(), id, stepID)
	if err != nil {
		return err
	}
	p := printer(r)
	pl := newPlanner(r, id, plan.Person, plan.Today, plan.Names)
	version := strconv.FormatInt(step.Version, 10)
	for name, value := range map[string]string{
		"title": step.Title, "detail": step.Detail, "who": string(step.Who), "goal": string(step.Goal), "right": step.Right, "online": step.Online, "desk": step.Desk,
		"phone": step.Phone, "letter": step.Letter, "due_on": typedDay(step.DueOn), "version": version, "state": string(step.State), "worker": string(step.Worker),
	} {
		form.Default(name, value)
	}
	if _, typed := form.Values["paper"]; !typed {
		for _, paper := range step.Papers {
			form.Values.Add("paper", paper.Name)
			form.Values.Add("paper_by", paper.RequiredBy)
		}
	}
	view := h.viewStepForm(r, plan, form)
	view.Step, view.H1 = stepID, step.Title
	shown := pl.step(step)
	shown.Href = ""
	if view.Shown = &shown; conflict {
		view.Shown, view.Conflict = nil, &shown
		form.Values.Set("version", version)
	}
	for _, s := range casefile.StepStates() {
		view.States = append(view.States, option{string(s), p.T("steps.state_" + string(s))})
	}
	for _, c := range plan.Colleagues {
		if c.ID != step.Worker {
			view.Colleagues = append(view.Colleagues, option{string(c.ID), c.Name})
		}
	}
	for _, e := range events {
		what := p.T("steps.event_" + string(e.Kind))
		if e.Kind == casefile.StepHanded {
			what = p.T("steps.event_handed", "worker", plan.Names[e.Worker])
		}
		view.History = append(view.History, eventView{what, e.Says, p.T("steps.event_line", "date", p.Date(instant(r, e.At)), "worker", plan.Names[e.By])})
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/step", Title: view.H1, Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// readStep reads the form of a step.
func readStep(r *http.Request) (plan.StepInput, error) {
	v := r.PostForm
	in := plan.StepInput{
		Goal: core.ID(v.Get("goal")), Right: v.Get("right"), Title: v.Get("title"), Detail: v.Get("detail"), Who: casefile.StepWho(v.Get("who")),
		Ways: casefile.Ways{Online: v.Get("online"), Desk: v.Get("desk"), Phone: v.Get("phone"), Letter: v.Get("letter")},
	}
	names, by := v["paper"], v["paper_by"]
	for i := range max(len(names), len(by)) {
		var p casefile.StepPaper
		if i < len(names) {
			p.Name = names[i]
		}
		if i < len(by) {
			p.RequiredBy = by[i]
		}
		in.Papers = append(in.Papers, p)
	}
	var err error
	if in.DueOn, err = readDay(v.Get("due_on")); err != nil {
		return in, errs.New(errs.Invalid, "web.form.day_shape").On("due_on")
	}
	return in, nil
}

func (h *Handler) saveNewStep(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	in, err := readStep(r)
	if err == nil {
		_, err = h.plans.AddStep(r.Context(), id, in)
	}
	if err == nil {
		return h.planSaved(w, r, id, "#plan")
	}
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderNewStep(w, r, form, http.StatusUnprocessableEntity)
}

func (h *Handler) saveStep(w http.ResponseWriter, r *http.Request) error {
	return h.changeStep(w, r, func(id, step core.ID, version int64) error {
		in, err := readStep(r)
		if err != nil {
			return err
		}
		in.Version = version
		return h.plans.EditStep(r.Context(), id, step, in)
	})
}

func (h *Handler) moveStep(w http.ResponseWriter, r *http.Request) error {
	return h.changeStep(w, r, func(id, step core.ID, version int64) error {
		return h.plans.MoveStep(r.Context(), id, step, plan.StepMove{
			State: casefile.StepState(r.PostForm.Get("state")), Outcome: r.PostForm.Get("outcome"), Version: version})
	})
}

func (h *Handler) handStep(w http.ResponseWriter, r *http.Request) error {
	return h.changeStep(w, r, func(id, step core.ID, version int64) error {
		return h.plans.HandStep(r.Context(), id, step, core.ID(r.PostForm.Get("worker")), version)
	})
}

// changeStep runs one gesture on a step; the page comes back with what was typed
// when it was refused or when somebody changed the step meanwhile.
func (h *Handler) changeStep(w http.ResponseWriter, r *http.Request, change func(id, step core.ID, version int64) error) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	step, err := kit.PathID(r, "step")
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	if err = change(id, step, version); err == nil {
		return h.planSaved(w, r, id, "#plan")
	}
	if _, ok := errors.AsType[*plan.Conflict](err); ok {
		form, err := h.typedAgain(w, r)
		if err != nil {
			return err
		}
		form.Action = stepPath(id, step)
		return h.renderStep(w, r, form, true, http.StatusConflict)
	}
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	form.Action = stepPath(id, step)
	return h.renderStep(w, r, form, false, http.StatusUnprocessableEntity)
}
