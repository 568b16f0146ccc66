package person

import (
	"errors"
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// goalEdit is the page of a goal, new or to change.
type goalEdit struct {
	ID       core.ID
	Name     string
	H1       string
	Form     *kit.Form
	States   []option  // none for a new goal
	Conflict *goalView // what is stored, when somebody changed it meanwhile
}

func (h *Handler) showNewGoal(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderGoal(w, r, "", form, nil, http.StatusOK)
}

func (h *Handler) showGoal(w http.ResponseWriter, r *http.Request) error {
	goal, err := kit.PathID(r, "goal")
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderGoal(w, r, goal, form, nil, http.StatusOK)
}

// renderGoal shows the page of a goal ("" = a new one).
func (h *Handler) renderGoal(w http.ResponseWriter, r *http.Request, goal core.ID, form *kit.Form, conflict *casefile.Goal, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	plan, err := h.plans.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	pl := newPlanner(r, id, plan.Person, plan.Today, plan.Names)
	view := goalEdit{ID: id, Name: plan.Person.DisplayName(), H1: p.T("steps.goal_new_h1", "name", pl.call), Form: form}
	if goal == "" {
		form.Default("chosen_on", typedDay(plan.Today))
	} else {
		view.H1 = p.T("steps.goal_edit_h1")
		found := false
		for _, g := range plan.Goals {
			if g.ID == goal {
				found = true
				form.Default("title", g.Title)
				form.Default("chosen_on", typedDay(g.ChosenOn))
				form.Default("state", string(g.State))
				form.Default("version", strconv.FormatInt(g.Version, 10))
			}
		}
		if !found {
			return errs.New(errs.NotFound, "errs.steps.goal_unknown")
		}
		for _, s := range casefile.GoalStates() {
			view.States = append(view.States, option{string(s), p.T("steps.goal_state_" + string(s))})
		}
	}
	if conflict != nil {
		g := pl.goal(casefile.GoalLine{Goal: *conflict})
		view.Conflict = &g
		form.Values.Set("version", strconv.FormatInt(conflict.Version, 10))
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/goal", Title: view.H1, Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) saveNewGoal(w http.ResponseWriter, r *http.Request) error {
	return h.keepGoal(w, r, "")
}

func (h *Handler) saveGoal(w http.ResponseWriter, r *http.Request) error {
	goal, err := kit.PathID(r, "goal")
	if err != nil {
		return err
	}
	return h.keepGoal(w, r, goal)
}

func (h *Handler) keepGoal(w http.ResponseWriter, r *http.Request, goal core.ID) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := plan.GoalInput{Title: v.Get("title"), State: casefile.GoalState(v.Get("state"))}
	if in.ChosenOn, err = readDay(v.Get("chosen_on")); err != nil {
		err = errs.New(errs.Invalid, "web.form.day_shape").On("chosen_on")
	} else if goal == "" {
		_, err = h.plans.AddGoal(r.Context(), id, in)
	} else if in.Version, err = strconv.ParseInt(v.Get("version"), 10, 64); err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	} else {
		err = h.plans.EditGoal(r.Context(), id, goal, in)
	}
	if err == nil {
		return h.planSaved(w, r, id, "#plan")
	}
	if conflict, ok := errors.AsType[*plan.Conflict](err); ok {
		form, err := h.typedAgain(w, r)
		if err != nil {
			return err
		}
		return h.renderGoal(w, r, goal, form, conflict.Goal, http.StatusConflict)
	}
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderGoal(w, r, goal, form, nil, http.StatusUnprocessableEntity)
}

// typedAgain is the form with what was typed and nothing wrong in it: somebody
// else wrote meanwhile.
func (h *Handler) typedAgain(w http.ResponseWriter, r *http.Request) (*kit.Form, error) {
	form, err := h.kit.Refused(w, r, errs.New(errs.Invalid, "errs.steps.conflict"))
	if err != nil {
		return nil, err
	}
	form.Errors = nil
	return form, nil
}
