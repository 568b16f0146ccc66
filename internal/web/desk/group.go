package desk

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// groupsView is what groups did lately, and the form of another.
type groupsView struct {
	Form  *kit.Form
	Kinds []option
	Items []groupLine
}

type groupLine struct {
	ID         core.ID
	Day, Title string
	Present    int
	Void       bool
	Form       *kit.Form
}

func (h *Handler) groups(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderGroups(w, r, form, http.StatusOK)
}

func (h *Handler) renderGroups(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	list, err := h.desks.RecentGroups(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	v := groupsView{Form: form, Kinds: options(p, "desk.group.kind.", desk.GroupKinds())}
	for _, g := range list {
		v.Items = append(v.Items, groupLine{ID: g.ID, Day: p.DayMonth(g.Day), Title: p.T("desk.group.kind." + g.Kind), Present: g.People, Void: g.Void, Form: form})
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/groups", Title: p.T("desk.group.title"), Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

func (h *Handler) noteGroup(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	var wrong errs.Fields
	g := desk.Group{Kind: f.Get("kind"), People: readCount(&wrong, f.Get("present"), "present")}
	var err error
	if s := f.Get("day"); s != "" {
		if g.Day, err = person.ReadDay(s); err != nil {
			wrong.Add("day", "web.form.day_shape")
		}
	}
	if err = wrong.Err(); err == nil {
		_, err = h.desks.NoteGroup(r.Context(), g)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderGroups(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/accueil/groupes")
	return nil
}

func (h *Handler) voidGroup(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.desks.VoidGroup(r.Context(), id, r.PostForm.Get("geste") == "erreur"); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/accueil/groupes")
	return nil
}
