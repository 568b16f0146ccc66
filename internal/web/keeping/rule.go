package keeping

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// ruleView is the page of who administers.
type ruleView struct {
	Form      *kit.Form
	Chosen    bool
	Rehearsal []string
	Groups    []group
	Free      bool // a list may be made
	Lists     []listLine
	Workers   []choice
}

type choice struct{ ID, Name string }

type listLine struct{ Href, Title, State string }

// group is one line of a list: the files of a team and a year.
type group struct{ Team, Year, Files, First, Last string }

func (h *Handler) showRule(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	now, err := h.keep.Settings(r.Context())
	if err != nil {
		return err
	}
	if now.Rule.Chosen() {
		form.Default("active", strconv.Itoa(now.Rule.ActiveMonths))
		form.Default("archive", strconv.Itoa(now.Rule.ArchiveMonths))
		form.Default("basis", now.Rule.Basis)
		if now.Rule.PublicBody && form.Draft == "" {
			form.Default("public", "1")
		}
	} else {
		form.Default("active", strconv.Itoa(retention.MaxActive))
		form.Default("public", "1")
	}
	if form.Values["circle"] == nil {
		for _, id := range now.Circle {
			form.Values.Add("circle", string(id))
		}
	}
	form.Default("version", strconv.FormatInt(now.Rule.Version, 10))
	return h.renderRule(w, r, form, http.StatusOK)
}

func (h *Handler) renderRule(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	p := printer(r)
	rehearsal, err := h.keep.Rehearse(r.Context())
	if err != nil {
		return err
	}
	lists, err := h.keep.Lists(r.Context())
	if err != nil {
		return err
	}
	members, err := h.access.Members(r.Context())
	if err != nil {
		return err
	}
	page := ruleView{Form: form, Chosen: rehearsal.Rule.Chosen(), Free: rehearsal.Files > 0}
	if page.Chosen {
		page.Rehearsal = []string{p.N("keeping.would_archive", rehearsal.Archive), p.N("keeping.would_delete", rehearsal.Files), p.N("keeping.would_keep", rehearsal.Held)}
	}
	page.Groups = h.groups(r, rehearsal.Delete)
	for _, l := range lists {
		page.Lists = append(page.Lists, listLine{Href: listPath(l.ID), Title: h.titleOf(r, l), State: p.T("keeping.state." + string(l.State))})
		switch l.State {
		case retention.Waiting, retention.Approved, retention.Running:
			page.Free = false
		}
	}
	for _, m := range members {
		if m.Active && m.Works {
			page.Workers = append(page.Workers, choice{string(m.ID), m.Name})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "keeping/rule", Title: p.T("keeping.rule_title"), Sheet: "file.css", Nav: "team", View: page, Status: status, Script: true})
}

func listPath(id core.ID) string { return "/equipe/conservation/bordereaux/" + string(id) }

func (h *Handler) titleOf(r *http.Request, l retention.List) string {
	return printer(r).T("keeping.list_of", "date", printer(r).Date(core.DateOf(kit.Instant(kit.From(r.Context()), l.MadeAt))))
}

func (h *Handler) groups(r *http.Request, all []retention.Group) []group {
	p := printer(r)
	var out []group
	for _, g := range all {
		out = append(out, group{Team: g.TeamName, Year: strconv.Itoa(g.Year), Files: strconv.Itoa(g.Files), First: p.Date(g.First), Last: p.Date(g.Last)})
	}
	return out
}

func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	var in retention.Settings
	var fields errs.Fields
	number := func(name string) int {
		n, err := strconv.Atoi(f.Get(name))
		if err != nil {
			fields.Add(name, "errs.keeping.months")
		}
		return n
	}
	in.Rule = retention.Rule{ActiveMonths: number("active"), ArchiveMonths: number("archive"), PublicBody: f.Get("public") == "1", Basis: f.Get("basis")}
	var err error
	if in.Rule.Version, err = strconv.ParseInt(f.Get("version"), 10, 64); err != nil {
		return errs.New(errs.Invalid, "web.error.form_broken")
	}
	for _, s := range f["circle"] {
		id, err := core.ParseID(s)
		if err != nil {
			return errs.New(errs.Invalid, "web.error.form_broken")
		}
		in.Circle = append(in.Circle, id)
	}
	if err = fields.Err(); err == nil {
		err = h.keep.Choose(r.Context(), in)
	}
	if errs.Is(err, errs.Conflict) {
		err = errs.New(errs.Invalid, "errs.keeping.changed")
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderRule(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/equipe/conservation")
	return nil
}

func (h *Handler) draw(w http.ResponseWriter, r *http.Request) error {
	id, err := h.keep.Draw(r.Context())
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) { // somebody was faster, or nothing is left
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "keeping.no_list_now"})
		h.kit.Redirect(w, r, "/equipe/conservation")
		return nil
	}
	if err != nil {
		return err
	}
	h.kit.Redirect(w, r, listPath(id))
	return nil
}
