package talk

import (
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// asideView is the page where a right is set aside for a while.
type asideView struct {
	ID      core.ID
	Right   string
	Label   string
	Call    string
	Form    *kit.Form
	Back    string
	Reasons []option
	TakeUps []option
	Untils  []option
}

// untils are the days that the form offers, from today.
func untils() []int { return []int{14, 30, 90, 180} }

func (h *Handler) showAside(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("suite", r.URL.Query().Get("suite"))
	return h.renderAside(w, r, form, http.StatusOK)
}

func (h *Handler) renderAside(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	right := r.PathValue("right")
	if !slices.Contains(h.cases.Engine.Rights(), right) {
		return errs.New(errs.NotFound, "")
	}
	notice, err := h.talks.ReadNotice(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	form.Default("until", "change")
	view := asideView{ID: notice.ID, Right: right, Label: h.words.Name(p, right), Call: person.CallName(p, notice.Person), Form: form, Back: backTo(form.Value("suite"))}
	for _, reason := range talk.Reasons() {
		view.Reasons = append(view.Reasons, option{string(reason), p.T("conversations.reason_" + string(reason))})
	}
	for _, kind := range casefile.NonTakeUps() {
		view.TakeUps = append(view.TakeUps, option{string(kind), p.T("conversations.take_up." + string(kind))})
	}
	view.Untils = []option{{"change", p.T("conversations.until_change_choice")}}
	for _, days := range untils() {
		day := notice.Today.AddDays(days)
		view.Untils = append(view.Untils, option{day.String(), p.T("conversations.until_choice", "date", p.Date(day))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/aside", Title: p.T("conversations.aside_title", "right", view.Label), Sheet: "file.css", Nav: "today", Status: status, View: view, Script: true})
}

func (h *Handler) setAside(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := talk.PauseInput{Right: r.PathValue("right"), Reason: talk.Reason(v.Get("reason")), Detail: v.Get("detail"), TakeUp: casefile.NonTakeUp(v.Get("take_up"))}
	if until := v.Get("until"); until != "" && until != "change" {
		if in.Until, err = core.ParseDate(until); err != nil {
			err = errs.Fields{errs.Wrap(errs.Invalid, "errs.conversations.until_bounds", err).On("until")}
		}
	}
	if err == nil {
		_, err = h.talks.SetAside(r.Context(), id, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderAside(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "conversations.set_aside", Rest: "conversations.set_aside_rest", Href: "/personnes/" + string(id) + "/calculs", Link: "conversations.set_aside_undo"})
	h.kit.Redirect(w, r, back(r))
	return nil
}

func (h *Handler) takeBack(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	pause, err := kit.PathID(r, "pause")
	if err != nil {
		return err
	}
	if err := h.talks.TakeBack(r.Context(), id, pause); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "conversations.taken_back"})
	if r.PostForm.Get("suite") == "calculs" {
		h.kit.Redirect(w, r, "/personnes/"+string(id)+"/calculs")
		return nil
	}
	h.kit.Redirect(w, r, back(r))
	return nil
}
