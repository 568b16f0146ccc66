package agreement

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// registerOutside adds the routes of what is opened outside the team.
func (h *Handler) registerOutside() {
	h.kit.Handle("GET /hors-equipe/{id}", kit.Worker, h.showDoor)
	h.kit.Handle("POST /hors-equipe/{id}", kit.Worker, h.ask)
	h.kit.Handle("GET /hors-equipe/{id}/{hour}", kit.Worker, h.showHour)
	h.kit.Handle("GET /urgences", kit.Worker, h.emergencies)
	h.kit.Handle("POST /urgences/{hour}", kit.Worker, h.answer)
	h.kit.Handle("POST /personnes/{id}/accords/urgence", kit.Worker, h.chooseVital)
	h.kit.Handle("POST /moi/accords/urgence", kit.PersonIn, h.refuseVital)
}

// doorView is the page that asks why.
type doorView struct {
	ID     core.ID
	Name   string
	Team   string
	Closed bool
	Vital  bool
	Form   *kit.Form
}

func (h *Handler) showDoor(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderDoor(w, r, form, http.StatusOK)
}

func (h *Handler) renderDoor(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	d, err := h.agreed.ReadDoor(r.Context(), id)
	if err != nil {
		return err
	}
	if d.Ours {
		h.kit.Redirect(w, r, "/personnes/"+string(d.Person))
		return nil
	}
	view := doorView{ID: d.Person, Name: d.Identity.DisplayName(), Team: d.TeamName, Closed: d.Closed, Vital: d.Vital, Form: form}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/door", Title: printer(r).T("agreements.outside_title"), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	kind := agreement.WithReason
	if r.PostForm.Get("urgence") != "" {
		kind = agreement.ForVital
	}
	made, err := h.agreed.Ask(r.Context(), id, kind, r.PostForm.Get("reason"))
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderDoor(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.Redirect(w, r, "/hors-equipe/"+string(id)+"/"+string(made))
	return nil
}

// hourView is what an hour opens, or says that it waits.
type hourView struct {
	ID       core.ID
	Name     string
	Reason   string
	Until    string
	Why      string
	Waits    bool
	Sections []dossier.Section
}

func (h *Handler) showHour(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	hour, err := kit.PathID(r, "hour")
	if err != nil {
		return err
	}
	s, o, err := h.agreed.ReadOutside(r.Context(), hour)
	p := printer(r)
	view := hourView{ID: id, Reason: o.Reason}
	page := kit.Page{Template: "agreement/hour", Title: p.T("agreements.outside_title"), Sheet: "file.css", Nav: "people"}
	switch {
	case errs.Is(err, errs.Conflict):
		view.Waits = true
	case err != nil:
		return err
	default:
		ends := kit.Instant(kit.From(r.Context()), o.EndsAt)
		view.Name, view.Until = s.Dossier.Person.DisplayName(), p.Hour(ends.Hour()*60+ends.Minute())
		view.Why, view.Sections = p.T("access.rule.reasoned"), h.sections(r, p, s)
		page.Title = view.Name
	}
	page.View = view
	return h.kit.Render(w, r, page)
}

// emergenciesView lists the requests that wait for a second person.
type emergenciesView struct {
	Form  *kit.Form
	Lines []emergency
}

type emergency struct {
	ID     core.ID
	Who    string
	Reason string
}

func (h *Handler) emergencies(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	list, names, err := h.agreed.WaitingVital(r.Context())
	if err != nil {
		return err
	}
	view := emergenciesView{Form: form}
	for _, o := range list {
		view.Lines = append(view.Lines, emergency{o.ID, names.Workers[o.Worker], o.Reason})
	}
	return h.kit.Render(w, r, kit.Page{Template: "agreement/emergencies", Title: printer(r).T("agreements.vital_title"), Sheet: "file.css", Nav: "today", View: view})
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "hour")
	if err != nil {
		return err
	}
	if err := h.agreed.Answer(r.Context(), id, r.PostForm.Get("reponse") == "oui"); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "agreements.vital_answered"})
	h.kit.Redirect(w, r, "/urgences")
	return nil
}

func (h *Handler) chooseVital(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.agreed.ChooseVital(r.Context(), id, r.PostForm.Get("choix") == "oui"); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, fileOf(id))
	return nil
}

func (h *Handler) refuseVital(w http.ResponseWriter, r *http.Request) error {
	if err := h.agreed.ChooseVital(r.Context(), kit.From(r.Context()).Actor.ID, false); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/moi/accords")
	return nil
}

// outsideLine is an hour opened outside the team, as the person and their team read it.
type outsideLine struct{ Line, Reason string }

// outsides says each hour by its day and the function of who asked: no minute, and no name
// for the person.
func outsides(r *http.Request, p *i18n.Printer, list agreement.List, named bool) []outsideLine {
	var out []outsideLine
	for _, o := range list.Outside {
		who := list.Functions[o.Worker]
		if named {
			who = list.Workers[o.Worker]
		}
		if who == "" {
			who = p.T("agreements.outside_somebody")
		}
		out = append(out, outsideLine{p.T("agreements.outside_line", "date", p.Date(day(r, o.AskedAt)), "who", who), o.Reason})
	}
	return out
}
