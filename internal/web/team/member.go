package team

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// memberView is the form of one colleague.
type memberView struct {
	Form  *kit.Form
	Name  string
	Teams []access.Team
}

// readMember reads what the forms of a colleague have in common.
func readMember(v url.Values) access.Worker {
	in := access.Worker{Login: v.Get("login"), Name: v.Get("name"), Function: v.Get("function")}
	for _, role := range v["roles"] {
		in.Works = in.Works || role == "works"
		in.Administers = in.Administers || role == "administers"
		in.Welcomes = in.Welcomes || role == "welcomes"
	}
	for _, t := range v["teams"] {
		in.Teams = append(in.Teams, core.ID(t))
	}
	return in
}

func (h *Handler) showMember(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderMember(w, r, form, r.URL.Query().Get("qui"), http.StatusOK)
}

func (h *Handler) renderMember(w http.ResponseWriter, r *http.Request, form *kit.Form, who string, status int) error {
	members, err := h.access.Members(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(members, func(m access.Worker) bool { return string(m.ID) == who })
	if i < 0 {
		return errs.New(errs.NotFound, "")
	}
	m := members[i]
	teams, err := h.access.ListTeams(r.Context())
	if err != nil {
		return err
	}
	if form.Bad() {
		form.Values.Set("version", strconv.FormatInt(m.Version, 10)) // read again, it may be sent again
	} else {
		for name, value := range map[string]string{"qui": who, "version": strconv.FormatInt(m.Version, 10), "name": m.Name, "function": m.Function} {
			form.Default(name, value)
		}
		if !form.Values.Has("roles") && !form.Values.Has("teams") {
			if m.Works {
				form.Values.Add("roles", "works")
			}
			if m.Welcomes {
				form.Values.Add("roles", "welcomes")
			}
			if m.Administers {
				form.Values.Add("roles", "administers")
			}
			for _, t := range m.Teams {
				form.Values.Add("teams", string(t))
			}
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "team/member", Title: m.Name, Nav: "team", Status: status, View: memberView{Form: form, Name: m.Name, Teams: teams}, Script: true})
}

func (h *Handler) editMember(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("qui"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	in := readMember(r.PostForm)
	in.ID = id
	if in.Version, err = strconv.ParseInt(r.PostForm.Get("version"), 10, 64); err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	err = h.access.EditMember(r.Context(), in)
	var said *errs.Error
	if errors.As(err, &said) && said.Kind == errs.Conflict {
		err = errs.Fields{errs.New(errs.Invalid, said.Key)} // what was typed stays on the page
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderMember(w, r, form, string(id), http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/equipe")
	return nil
}
