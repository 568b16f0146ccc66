package caseload

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// endForm is the page of an end, with the person's words.
type endForm struct {
	ID      core.ID
	Name    string
	Call    string
	Form    *kit.Form
	Team    string
	Reasons []option
	Steps   []string // that are not done
}

func (h *Handler) showEnd(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderEnd(w, r, form, http.StatusOK)
}

func (h *Handler) renderEnd(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := h.load.Read(r.Context(), id)
	if err != nil {
		return err
	}
	mine, ok := ownCase(r, f, core.ID(form.Value("case")))
	if !ok {
		h.kit.Redirect(w, r, followOf(f.Person)) // it ended, or it is another team's
		return nil
	}
	p := printer(r)
	house := h.kit.HouseOf(r)
	form.Default("case", string(mine.ID))
	form.Default("version", strconv.FormatInt(mine.Version, 10))
	form.Default("who", p.T("caseload.who_default", "house", house.Org, "phone", house.Phone))
	view := endForm{ID: f.Person, Name: f.Identity.DisplayName(), Call: person.CallName(p, f.Identity), Form: form, Team: f.TeamNames[mine.Team], Steps: stepLines(p, f)}
	for _, reason := range caseload.EndReasons() {
		view.Reasons = append(view.Reasons, option{string(reason), p.T("caseload.end_" + string(reason))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "caseload/end", Title: p.T("caseload.end_title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// ownCase is the accompaniment of one of the worker's teams that a page is about:
// the one asked for, else the first.
func ownCase(r *http.Request, f caseload.Follow, asked core.ID) (caseload.Case, bool) {
	actor := kit.From(r.Context()).Actor
	var first caseload.Case
	for _, c := range f.Cases {
		if !f.Open || c.Phase != casefile.PhaseActive || !actor.InTeam(c.Team) {
			continue
		}
		if c.ID == asked {
			return c, true
		}
		if first.ID == "" {
			first = c
		}
	}
	return first, first.ID != ""
}

// stepLines says each open step, with its date and who follows it.
func stepLines(p *i18n.Printer, f caseload.Follow) []string {
	var out []string
	for _, st := range f.Steps {
		out = append(out, stepLine(p, f, st))
	}
	return out
}

func stepLine(p *i18n.Printer, f caseload.Follow, st caseload.Step) string {
	if st.DueOn.IsZero() {
		return p.T("caseload.step_line", "title", st.Title, "worker", f.Names[st.Worker])
	}
	return p.T("caseload.step_line_due", "title", st.Title, "worker", f.Names[st.Worker], "date", p.Date(st.DueOn))
}

func (h *Handler) end(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := caseload.ClosingInput{Case: core.ID(v.Get("case")), Reason: caseload.EndReason(v.Get("reason")), Words: v.Get("words"),
		Unreached: v.Get("unreached") == "oui", Remains: v.Get("remains"), Who: v.Get("who")}
	if in.Version, err = strconv.ParseInt(v.Get("version"), 10, 64); err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	err = h.load.Close(r.Context(), id, in)
	if errs.Is(err, errs.Conflict) {
		err = errs.New(errs.Invalid, "errs.caseload.case_changed")
		r.PostForm.Del("version") // the page shows what it is now
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderEnd(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.ended", Rest: "caseload.ended_rest"})
	h.kit.Redirect(w, r, followOf(id))
	return nil
}
