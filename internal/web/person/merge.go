package person

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// mergeView is the page « C'est la même personne que… »: first a search, then the
// two files side by side.
type mergeView struct {
	ID    core.ID
	Name  string
	Form  *kit.Form
	Query string
	Found []foundView
	Cards []cardView // two once chosen
	With  core.ID
}

// cardView is one of the two files.
type cardView struct {
	ID      core.ID
	Version int64
	Name    string
	Rows    []groupView
	Kept    bool
}

func (h *Handler) showMerge(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderMerge(w, r, form, http.StatusOK)
}

func (h *Handler) renderMerge(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := mergeView{ID: person.ID, Name: person.DisplayName(), Form: form, Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	with := r.URL.Query().Get("avec")
	if r.Method == http.MethodPost {
		with = r.PostForm.Get("avec")
	}
	if with != "" {
		if view.With, err = core.ParseID(with); err != nil {
			return errs.Wrap(errs.NotFound, "", err)
		}
		cards, err := h.merges.Preview(r.Context(), person.ID, view.With)
		if err != nil {
			return err
		}
		for i, c := range cards {
			view.Cards = append(view.Cards, viewCard(p, c, i == 0))
		}
	} else if view.Query != "" {
		found, err := h.cases.Search(r.Context(), view.Query, "", 10)
		if err != nil {
			return err
		}
		for _, f := range found.Items {
			if f.Person == person.ID || !f.Openable {
				continue
			}
			line := foundView{Found: f}
			if !f.Birth.IsZero() {
				line.Born = p.T("web.search.born", "date", f.Birth)
			}
			view.Found = append(view.Found, line)
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/merge", Title: p.T("web.merge.title"), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

// viewCard says what one file is, so that two can be compared line by line.
func viewCard(p *i18n.Printer, c merge.Card, kept bool) cardView {
	v := cardView{ID: c.Person.ID, Version: c.Person.Version, Name: c.Person.DisplayName(), Kept: kept}
	add := func(label, text string) {
		if text == "" {
			text = p.T("web.merge.unsaid")
		}
		v.Rows = append(v.Rows, groupView{label, text})
	}
	add(p.T("web.merge.names"), strings.TrimSpace(c.Person.GivenNames+" "+c.Person.UsualName))
	if c.Person.BirthName != "" {
		add(p.T("web.merge.birth_name"), c.Person.BirthName)
	}
	birth := ""
	if !c.Person.Birth.IsZero() {
		birth = p.PartialDate(c.Person.Birth)
	}
	add(p.T("web.merge.birth"), birth)
	var reach []string
	for _, l := range contactLines(p, c.Person.Contact) {
		reach = append(reach, l.Text)
	}
	add(p.T("web.merge.contact"), strings.Join(reach, " · "))
	add(p.T("web.merge.household"), p.List(c.Lives))
	add(p.T("web.merge.facts"), p.N("web.merge.fact_count", c.Facts))
	add(p.T("web.merge.teams"), p.List(c.Teams))
	return v
}

func (h *Handler) merge(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := merge.Input{Keep: id, Reason: v.Get("reason")}
	if in.Other, err = core.ParseID(v.Get("avec")); err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	for name, to := range map[string]*int64{"version": &in.KeepVersion, "version_autre": &in.OtherVersion} {
		if *to, err = strconv.ParseInt(v.Get(name), 10, 64); err != nil {
			return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
		}
	}
	if err := h.merges.Merge(r.Context(), in); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Action = ""
		return h.renderMerge(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.merge.done", Rest: "web.merge.done_rest"})
	h.kit.Redirect(w, r, path(id))
	return nil
}

// partView is the page of an undo: whose is each row written since.
type partView struct {
	ID, Other       core.ID
	Name, OtherName string
	Form            *kit.Form
	Rows            []writtenView
}

// writtenView is one row to give to one of the two.
type writtenView struct {
	Field string
	What  string
	Since string
	By    string
	Error string
	Keep  bool // chosen
	Give  bool
}

func (h *Handler) showUnmerge(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderUnmerge(w, r, form, http.StatusOK)
}

func (h *Handler) renderUnmerge(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	other, err := kit.PathID(r, "other")
	if err != nil {
		return err
	}
	u, err := h.merges.PreviewUndo(r.Context(), id, other)
	if err != nil {
		return err
	}
	p := printer(r)
	view := partView{ID: u.Kept.ID, Other: other, Name: u.Kept.DisplayName(), OtherName: u.Other.DisplayName(), Form: form}
	for _, s := range u.Since {
		field := "row-" + string(s.ID)
		line := writtenView{Field: field, What: h.wrote(p, u, s), Since: p.Date(instant(r, s.At)), By: u.Names[s.By], Error: form.Error(field),
			Keep: form.Has(field, string(u.Kept.ID)), Give: form.Has(field, string(other))}
		view.Rows = append(view.Rows, line)
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/unmerge", Title: p.T("web.merge.undo_title"), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

// wrote says a row written since in words.
func (h *Handler) wrote(p *i18n.Printer, u merge.Undo, s merge.Written) string {
	switch s.Kind {
	case merge.WroteFact:
		of, ok := h.cases.Variable(s.Fact.Variable)
		if !ok {
			of = casefile.Variable{Name: s.Fact.Variable, Type: casefile.TypeText}
		}
		return p.T("web.merge.wrote_fact", "label", factLabel(p, of, s.Fact.Subject, u.Kept.ID, u.Household), "value", h.words.stateValue(p, of, *s.Fact))
	case merge.WroteDecision:
		return p.T("web.merge.wrote_decision", "right", h.words.Name(p, s.Decision.Right), "choice", p.T("web.decide."+string(s.Decision.Kind), "who", callName(p, u.Kept.Title, u.Kept.Identity)))
	case merge.WroteKin:
		return p.T("web.merge.wrote_kin", "name", s.Human.Name())
	case merge.WroteStay:
		return p.T("web.merge.wrote_stay")
	case merge.WroteMatters, merge.WroteGoal, merge.WroteStep, merge.WroteExchange:
		return p.T("life.wrote_"+string(s.Kind), "text", s.Text)
	case merge.WroteNote:
		return p.T("notes.wrote_note", "date", s.On)
	case merge.WroteWords:
		return p.T("notes.wrote_words", "date", s.On)
	}
	return p.T("web.merge.wrote_identity")
}

func (h *Handler) unmerge(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	other, err := kit.PathID(r, "other")
	if err != nil {
		return err
	}
	whose := map[core.ID]core.ID{}
	for name, values := range r.PostForm {
		row, ok := strings.CutPrefix(name, "row-")
		if ok && len(values) > 0 && slices.Contains([]core.ID{id, other}, core.ID(values[0])) {
			whose[core.ID(row)] = core.ID(values[0])
		}
	}
	if err := h.merges.Undo(r.Context(), id, other, whose); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Action = ""
		return h.renderUnmerge(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.merge.undone", Rest: "web.merge.undone_rest"})
	h.kit.Redirect(w, r, path(id))
	return nil
}

// viewMerged says who else a file gathers.
func viewMerged(p *i18n.Printer, list []casefile.Merged) []mergedView {
	var out []mergedView
	for _, m := range list {
		v := mergedView{ID: m.Person.ID, Name: m.Person.DisplayName(), Reason: m.Reason}
		if !m.Person.Birth.IsZero() {
			v.Lines = append(v.Lines, p.T("web.search.born", "date", m.Person.Birth))
		}
		for _, l := range contactLines(p, m.Person.Contact) {
			v.Lines = append(v.Lines, l.Text)
		}
		out = append(out, v)
	}
	return out
}

// mergedView is somebody whose file this one is too, as that file says them.
type mergedView struct {
	ID     core.ID
	Name   string
	Reason string
	Lines  []string
}

// toKept leads an address of before a merge to the file that stands.
func (h *Handler) toKept(w http.ResponseWriter, r *http.Request, kept core.ID) {
	to := path(kept)
	if m := r.URL.Query().Get("mois"); m != "" {
		to += "?mois=" + url.QueryEscape(m)
	}
	h.kit.Redirect(w, r, to)
}
