package caseload

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// followView is who accompanies a person, and who did.
type followView struct {
	ID      core.ID
	Form    *kit.Form
	Name    string
	Call    string
	Open    bool
	Now     []caseView
	Waiting *moveView  // the proposal that waits
	Ends    []endView  // the latest first
	Moves   []moveView // answered ones
}

// caseView is one accompaniment that holds.
type caseView struct {
	ID       core.ID
	Team     string
	Referent string // "" = nobody yet
	Since    string
	Mine     bool // one of the worker's teams
}

// endView is how one ended.
type endView struct {
	Line    string // « Terminé le 4 juin 2026, équipe Polyvalence. Ce qui était à faire ensemble est fait. »
	Words   string // quoted; "" when not reached
	Remains string
	Who     string
	By      string
}

// moveView is a change of hands.
type moveView struct {
	ID     core.ID
	Line   string
	Reason string
	Words  string
	Answer string
}

func (h *Handler) showFollow(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderFollow(w, r, form, http.StatusOK)
}

func (h *Handler) renderFollow(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := h.load.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := followView{ID: f.Person, Form: form, Name: f.Identity.DisplayName(), Call: person.CallName(p, f.Identity), Open: f.Open}
	actor := kit.From(r.Context()).Actor
	for _, c := range f.Cases {
		if c.Phase == casefile.PhaseActive {
			view.Now = append(view.Now, caseView{ID: c.ID, Team: f.TeamNames[c.Team], Referent: f.Names[c.Referent], Since: p.Date(c.OpenedOn), Mine: actor.InTeam(c.Team)})
		}
	}
	for _, c := range f.Closings {
		view.Ends = append(view.Ends, viewEnd(p, c, f.TeamNames, f.Names))
	}
	for _, t := range f.Transfers {
		v := viewMove(r, t, f.Names, f.TeamNames)
		if t.State == caseload.Proposed {
			view.Waiting = &v
			continue
		}
		view.Moves = append(view.Moves, v)
	}
	return h.kit.Render(w, r, kit.Page{Template: "caseload/follow", Title: p.T("caseload.follow_title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

// viewEnd says how an accompaniment ended.
func viewEnd(p *i18n.Printer, c caseload.Closing, teams, names map[core.ID]string) endView {
	v := endView{Remains: c.Remains, Who: c.Who,
		Line: p.T("caseload.ended_on", "date", p.Date(c.ClosedOn), "team", teams[c.Team]) + " " + p.T("caseload.end_"+string(c.Reason))}
	if c.Words != "" {
		v.Words = p.T("caseload.quote", "words", c.Words)
	}
	if name := names[c.By]; name != "" {
		v.By = p.T("caseload.noted_by", "worker", name)
	}
	return v
}

// viewMove says a change of hands and where it stands.
func viewMove(r *http.Request, t caseload.Transfer, names, teams map[core.ID]string) moveView {
	p := printer(r)
	v := moveView{ID: t.ID, Reason: t.Reason, Answer: t.Answer}
	if t.Words != "" {
		v.Words = p.T("caseload.quote", "words", t.Words)
	}
	v.Line = p.T("caseload.proposed_line", "worker", names[t.ProposedBy], "to", receiver(p, t, names, teams), "date", p.Date(instant(r, t.ProposedAt)))
	if t.State != caseload.Proposed {
		v.Line += " " + p.T("caseload.state_"+string(t.State), "worker", names[t.AnsweredBy], "date", p.Date(instant(r, t.AnsweredAt)))
	}
	return v
}

// reopen begins an accompaniment again.
func (h *Handler) reopen(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.load.Reopen(r.Context(), id, r.PostForm.Get("why")); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderFollow(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.reopened", Rest: "caseload.reopened_rest"})
	h.kit.Redirect(w, r, fileOf(id))
	return nil
}
