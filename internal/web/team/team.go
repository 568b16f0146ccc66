// Package team is where an organisation manages who works there: members, links
// to come in, teams, the house's own address. Never the content of a file.
package team

import (
	"embed"
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/webhook"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the team's pages.
type Handler struct {
	kit      *kit.Kit
	access   *access.Service
	webhooks *webhook.Service
}

// Register adds the team's routes.
func Register(k *kit.Kit, a *access.Service, hooks *webhook.Service) {
	h := &Handler{kit: k, access: a, webhooks: hooks}
	k.Handle("GET /equipe", kit.Worker, h.show)
	k.Handle("POST /equipe", kit.Worker, h.invite)
	k.Handle("GET /equipe/membre", kit.Worker, h.showMember)
	k.Handle("POST /equipe/membre/modifier", kit.Worker, h.editMember)
	k.Handle("POST /equipe/membre", kit.Worker, h.change)
	k.Handle("POST /equipe/equipes", kit.Worker, h.addTeam)
	k.Handle("GET /equipe/demandes", kit.Worker, h.showResets)
	k.Handle("POST /equipe/demandes", kit.Worker, h.answerReset)
	k.Handle("GET /equipe/structure", kit.Worker, h.showHouse)
	k.Handle("POST /equipe/structure", kit.Worker, h.editHouse)
	k.Handle("GET /equipe/logiciels", kit.Worker, h.showPrograms)
	k.Handle("POST /equipe/logiciels", kit.Worker, h.addProgram)
	k.Handle("GET /equipe/logiciels/adresse", kit.Worker, h.showProgram)
	k.Handle("POST /equipe/logiciels/adresse", kit.Worker, h.editProgram)
	k.Handle("POST /equipe/logiciels/geste", kit.Worker, h.changeProgram)
}

// view is the list of members.
type view struct {
	Form    *kit.Form
	Members []member
	Teams   []access.Team
	Link    *link
	Broken  int  // programs that are told no more
	Asked   bool // the form was refused: keep it open
}

// member is one line.
type member struct {
	access.Worker
	Teams string
	Self  bool
}

// link is an invitation just made: shown once.
type link struct {
	Name    string
	Address string
	Until   core.Date
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("roles", "works")
	return h.render(w, r, form, nil, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, fresh *link, status int) error {
	members, err := h.access.Members(r.Context())
	if err != nil {
		return err
	}
	teams, err := h.access.ListTeams(r.Context())
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	page := view{Form: form, Teams: teams, Link: fresh, Asked: form.Bad()}
	if page.Broken, err = h.webhooks.BrokenHere(r.Context()); err != nil {
		return err
	}
	if len(teams) == 1 && !form.Bad() {
		form.Default("teams", string(teams[0].ID))
	}
	names := map[core.ID]string{}
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	for _, m := range members {
		line := member{Worker: m, Self: m.ID == v.Actor.ID}
		var of []string
		for _, t := range m.Teams {
			of = append(of, names[t])
		}
		line.Teams = v.P.List(of)
		page.Members = append(page.Members, line)
	}
	return h.kit.Render(w, r, kit.Page{Template: "team/team", Title: v.T("web.frame.team"), Sheet: "gate.css", Nav: "team", Status: status, View: page, Script: true})
}

func (h *Handler) invite(w http.ResponseWriter, r *http.Request) error {
	in := readMember(r.PostForm)
	made, err := h.access.Invite(r.Context(), in)
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, nil, http.StatusUnprocessableEntity)
	}
	return h.showLink(w, r, in.Name, made)
}

// showLink answers with the page and the link in it: it exists nowhere else, so
// there is no redirect to lose it in.
func (h *Handler) showLink(w http.ResponseWriter, r *http.Request, name string, made access.Invitation) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Action = "/equipe"
	fresh := &link{Name: name, Address: h.kit.Address(r, "/invitation?jeton="+made.Token.Reveal()), Until: core.DateOf(made.EndsAt.In(kit.From(r.Context()).Place()))}
	return h.render(w, r, form, fresh, http.StatusOK)
}

// change does one gesture on a member: a new link, an end, a return.
func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("membre"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	var made access.Invitation
	switch r.PostForm.Get("geste") {
	case "fin":
		if err := h.access.DeactivateMember(r.Context(), id); err != nil {
			return err
		}
		h.kit.SetFlash(w, r, kit.Flash{Bold: "web.team.ended", Rest: "web.team.ended_rest"})
		h.kit.Redirect(w, r, "/equipe")
		return nil
	case "retour":
		made, err = h.access.ReactivateMember(r.Context(), id)
	case "lien":
		made, err = h.access.ResetMember(r.Context(), id)
	default:
		err = errs.New(errs.Invalid, "web.error.form_broken")
	}
	if err != nil {
		return err
	}
	return h.showLink(w, r, r.PostForm.Get("nom"), made)
}

func (h *Handler) addTeam(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.access.CreateTeam(r.Context(), r.PostForm.Get("team_name")); err != nil {
		form, rerr := h.kit.Refused(w, r, err)
		if rerr != nil {
			return rerr
		}
		for i := range form.Errors {
			form.Errors[i].Field = "team_name"
		}
		return h.render(w, r, form, nil, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/equipe")
	return nil
}

// houseView is the form of the organisation itself.
type houseView struct{ Form *kit.Form }

func (h *Handler) showHouse(w http.ResponseWriter, r *http.Request) error {
	org, err := h.access.Organisation(r.Context())
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"org_name": org.Name, "org_address": org.Address, "org_phone": org.Phone, "org_hours": org.Hours, "org_place": org.Place,
		"version": strconv.FormatInt(org.Version, 10),
	} {
		form.Default(name, value)
	}
	return h.renderHouse(w, r, form, http.StatusOK)
}

func (h *Handler) renderHouse(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	return h.kit.Render(w, r, kit.Page{
		Template: "team/house", Title: kit.From(r.Context()).T("web.team.house"), Nav: "team", Status: status, View: houseView{form}, Script: true,
	})
}

func (h *Handler) editHouse(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	version, err := strconv.ParseInt(v.Get("version"), 10, 64)
	if err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	err = h.access.EditOrganisation(r.Context(), access.Organisation{
		ID: core.ActorFrom(r.Context()).Org, Name: v.Get("org_name"), Address: v.Get("org_address"), Phone: v.Get("org_phone"),
		Hours: v.Get("org_hours"), Place: v.Get("org_place"), Version: version,
	})
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderHouse(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/equipe")
	return nil
}
