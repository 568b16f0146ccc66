package caseload

import (
	"net/http"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// handForm is the page that proposes an accompaniment to somebody else.
type handForm struct {
	ID    core.ID
	Name  string
	Call  string
	Form  *kit.Form
	Team  string
	Teams []teamChoice
	Steps []option
}

// teamChoice is a team with those who work there.
type teamChoice struct {
	Label   string
	Options []option
}

func (h *Handler) showHand(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("choice", string(caseload.AllSteps))
	return h.renderHand(w, r, form, http.StatusOK)
}

func (h *Handler) renderHand(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
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
		h.kit.Redirect(w, r, followOf(f.Person))
		return nil
	}
	p := printer(r)
	form.Default("case", string(mine.ID))
	view := handForm{ID: f.Person, Name: f.Identity.DisplayName(), Call: person.CallName(p, f.Identity), Form: form, Team: f.TeamNames[mine.Team]}
	for _, t := range f.Teams {
		choice := teamChoice{Label: t.Name}
		if t.ID != mine.Team {
			choice.Options = append(choice.Options, option{string(t.ID), p.T("caseload.whole_team", "team", t.Name)})
		}
		for _, c := range f.Colleagues {
			if c.Team == t.ID && c.Worker != mine.Referent {
				choice.Options = append(choice.Options, option{string(t.ID) + "/" + string(c.Worker), c.Name})
			}
		}
		if len(choice.Options) > 0 {
			view.Teams = append(view.Teams, choice)
		}
	}
	for _, st := range f.Steps {
		view.Steps = append(view.Steps, option{string(st.ID), stepLine(p, f, st)})
	}
	return h.kit.Render(w, r, kit.Page{Template: "caseload/hand", Title: p.T("caseload.hand_title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

func (h *Handler) hand(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	team, worker, _ := strings.Cut(v.Get("to"), "/")
	in := caseload.TransferInput{Case: core.ID(v.Get("case")), ToTeam: core.ID(team), ToWorker: core.ID(worker), Reason: v.Get("reason"), Words: v.Get("words"),
		Choice: caseload.StepChoice(v.Get("choice"))}
	for _, st := range v["step"] {
		in.Steps = append(in.Steps, core.ID(st))
	}
	_, err = h.load.Propose(r.Context(), id, in)
	if errs.Is(err, errs.Conflict) {
		err = errs.New(errs.Invalid, "errs.caseload.transfer_waits")
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderHand(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.proposed", Rest: "caseload.nothing_changes"})
	h.kit.Redirect(w, r, followOf(id))
	return nil
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	transfer, err := kit.PathID(r, "transfer")
	if err != nil {
		return err
	}
	if err := h.load.Withdraw(r.Context(), id, transfer); err != nil {
		return h.tooLate(w, r, followOf(id), err)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.withdrawn"})
	h.kit.Redirect(w, r, followOf(id))
	return nil
}

// tooLate leads back with a calm word when a proposal was answered meanwhile.
func (h *Handler) tooLate(w http.ResponseWriter, r *http.Request, back string, err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "caseload.too_late", Rest: "caseload.too_late_rest"})
	h.kit.Redirect(w, r, back)
	return nil
}

// waitingView is what waits for an answer around the worker.
type waitingView struct {
	Form     *kit.Form
	Received []answerView
	Sent     []answerView
}

// answerView is a proposal as its receiver reads it.
type answerView struct {
	moveView
	Person string
	Born   string
	Href   string // of the file, for who proposed
	Form   *kit.Form
}

func (h *Handler) showWaiting(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderWaiting(w, r, form, http.StatusOK)
}

func (h *Handler) renderWaiting(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	list, err := h.load.Waiting(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	view := waitingView{Form: form}
	show := func(t caseload.Transfer) answerView {
		a := answerView{moveView: viewMove(r, t, list.Names, list.TeamNames), Person: t.Name, Form: form}
		if !t.Birth.IsZero() {
			a.Born = p.T("web.search.born", "date", t.Birth)
		}
		return a
	}
	for _, t := range list.Received {
		view.Received = append(view.Received, show(t))
	}
	for _, t := range list.Sent {
		a := show(t)
		a.Href = followOf(t.Person)
		view.Sent = append(view.Sent, a)
	}
	return h.kit.Render(w, r, kit.Page{Template: "caseload/waiting", Title: p.T("caseload.waiting_title"), Sheet: "file.css", Nav: "today", Status: status, View: view})
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request) error {
	transfer, err := kit.PathID(r, "transfer")
	if err != nil {
		return err
	}
	file, err := h.load.Accept(r.Context(), transfer)
	if err != nil {
		return h.tooLate(w, r, "/relais", err)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.accepted", Rest: "caseload.accepted_rest"})
	h.kit.Redirect(w, r, fileOf(file))
	return nil
}

func (h *Handler) decline(w http.ResponseWriter, r *http.Request) error {
	transfer, err := kit.PathID(r, "transfer")
	if err != nil {
		return err
	}
	if err := h.load.Decline(r.Context(), transfer, r.PostForm.Get("answer")); err != nil {
		if errs.Is(err, errs.Conflict) {
			return h.tooLate(w, r, "/relais", err)
		}
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderWaiting(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "caseload.declined", Rest: "caseload.declined_rest"})
	h.kit.Redirect(w, r, "/relais")
	return nil
}
