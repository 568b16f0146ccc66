package seen

import (
	"net/http"
	"strconv"

	journal "codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// namingView is the form of whom the journal calls by name.
type namingView struct {
	Form    *kit.Form
	Rules   []option
	Workers []option
}

type option struct{ Value, Label string }

func (h *Handler) showNaming(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderNaming(w, r, form, http.StatusOK)
}

func (h *Handler) renderNaming(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	n, err := h.journal.Naming(r.Context())
	if err != nil {
		return err
	}
	members, err := h.access.Members(r.Context())
	if err != nil {
		return err
	}
	if form.Bad() {
		form.Values.Set("version", strconv.FormatInt(n.Version, 10)) // read again, it may be sent again
	} else {
		form.Default("version", strconv.FormatInt(n.Version, 10))
		form.Default("rule", string(n.Rule))
		if !form.Values.Has("unnamed") {
			for _, id := range n.Unnamed {
				form.Values.Add("unnamed", string(id))
			}
		}
	}
	p := kit.From(r.Context()).P
	view := namingView{Form: form}
	for _, rule := range journal.Rules() {
		view.Rules = append(view.Rules, option{string(rule), p.T("seen.naming_" + string(rule))})
	}
	for _, m := range members {
		if m.Active && m.Works {
			view.Workers = append(view.Workers, option{string(m.ID), m.Name})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "seen/naming", Title: p.T("seen.naming"), Nav: "team", View: view, Status: status, Script: true})
}

func (h *Handler) saveNaming(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		version = -1 // no version holds it: a conflict, said as such
	}
	n := journal.Naming{Rule: journal.Rule(r.PostForm.Get("rule")), Version: version}
	for _, id := range r.PostForm["unnamed"] {
		n.Unnamed = append(n.Unnamed, core.ID(id))
	}
	if err := h.journal.SetNaming(r.Context(), n); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderNaming(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/equipe")
	return nil
}
