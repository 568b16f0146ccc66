package person

import (
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// householdEdit is the page where people come, leave and separate.
type householdEdit struct {
	ID      core.ID
	Name    string
	Call    string
	Form    *kit.Form
	View    householdView
	Stays   []stayView
	Couples []coupleView
	Query   string
	Found   []foundView // people already known, to add as they are
}

// stayView is somebody under the roof, who may leave.
type stayView struct {
	Member  core.ID
	Human   core.ID
	Version int64
	Name    string
	Says    string
	Since   string
	Self    bool
	Form    *kit.Form
}

// coupleView is a couple that holds.
type coupleView struct {
	Kinship core.ID
	Version int64
	Names   string
	Form    *kit.Form
}

func (h *Handler) showHousehold(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("lives", "oui")
	return h.renderHousehold(w, r, form, http.StatusOK)
}

func (h *Handler) renderHousehold(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	hv, err := h.cases.Household(r.Context(), id, core.Date{})
	if err != nil {
		return err
	}
	p := printer(r)
	view := householdEdit{ID: id, Name: person.DisplayName(), Call: callName(p, person.Title, person.Identity), Form: form, View: viewHousehold(p, id, hv)}
	says := map[core.ID]string{}
	for _, l := range view.View.People {
		says[l.ID] = l.Says
	}
	for _, m := range hv.Members {
		s := stayView{Member: m.ID, Human: m.Person, Version: m.Version, Name: hv.Humans[m.Person].Name(), Says: says[m.Person], Self: m.Person == id, Form: form}
		s.Since = stayWords(p, m)
		view.Stays = append(view.Stays, s)
	}
	for _, k := range hv.Kin {
		if k.Kind == casefile.Couple && k.Until.IsZero() {
			view.Couples = append(view.Couples, coupleView{Kinship: k.ID, Version: k.Version, Form: form,
				Names: p.List([]string{hv.Humans[k.A].Name(), hv.Humans[k.B].Name()})})
		}
	}
	view.Query = strings.TrimSpace(r.URL.Query().Get("q"))
	if view.Found, err = h.findKnown(r, view.Query, func(found core.ID) bool {
		_, here := hv.Humans[found]
		return !here
	}); err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "person/household", Title: p.T("web.household.edit_title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true,
	})
}

// stayWords say since when somebody is there, as a guest or not, and until when.
func stayWords(p *i18n.Printer, m casefile.Member) string {
	var says []string
	switch {
	case m.Housed && m.From.IsZero():
		says = append(says, p.T("home.lodged"))
	case m.Housed:
		says = append(says, p.T("home.lodged_since", "date", m.From))
	case !m.From.IsZero():
		says = append(says, p.T("web.household.there_since", "date", m.From))
	}
	if !m.Until.IsZero() {
		says = append(says, p.T("home.there_until", "date", m.Until.AddDays(-1)))
	}
	return strings.Join(says, p.T("web.household.comma")+" ")
}

// againHousehold shows the page with what was typed and what is wrong.
func (h *Handler) againHousehold(w http.ResponseWriter, r *http.Request, err error) error {
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	form.Action = ""
	return h.renderHousehold(w, r, form, http.StatusUnprocessableEntity)
}

func (h *Handler) addHuman(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	var f errs.Fields
	v := r.PostForm
	in := casefile.HouseholdInput{
		Person: core.ID(v.Get("person")), Identity: readIdentity(v, &f), LivesIn: v.Get("lives") == "oui", Housed: v.Get("housed") == "oui",
		Relation: casefile.Relation(v.Get("relation")), Couple: casefile.CoupleKind(v.Get("couple")),
	}
	if in.Person != "" {
		f = nil
	}
	for field, to := range map[string]*core.Date{"from": &in.From, "since": &in.Since} {
		if *to, err = readDay(v.Get(field)); err != nil {
			f.Add(field, "web.form.day_shape")
		}
	}
	if err = f.Err(); err == nil {
		_, err = h.cases.AddToHousehold(r.Context(), id, in)
	}
	if err != nil {
		return h.againHousehold(w, r, err)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "web.file.rights_recomputed"})
	h.kit.Redirect(w, r, path(id)+"/foyer")
	return nil
}

func (h *Handler) leave(w http.ResponseWriter, r *http.Request) error {
	return h.close(w, r, "member", h.cases.LeaveHousehold)
}

func (h *Handler) endCouple(w http.ResponseWriter, r *http.Request) error {
	return h.close(w, r, "kinship", h.cases.EndCouple)
}

// move opens another dwelling for the file's person and those ticked, from a day.
func (h *Handler) move(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	var with []core.ID
	for _, v := range r.PostForm["with"] {
		human, err := core.ParseID(v)
		if err != nil {
			return errs.Wrap(errs.NotFound, "", err)
		}
		with = append(with, human)
	}
	from, err := readDay(r.PostForm.Get("moved"))
	if err != nil || from.IsZero() {
		return h.againHousehold(w, r, errs.New(errs.Invalid, "web.form.day_shape").On("moved"))
	}
	if _, err := h.cases.MoveHome(r.Context(), id, with, from); err != nil {
		return h.againHousehold(w, r, onField(err, "moved"))
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "web.file.rights_recomputed"})
	h.kit.Redirect(w, r, path(id)+"/foyer")
	return nil
}

// close dates the end of a stay or of a couple.
func (h *Handler) close(w http.ResponseWriter, r *http.Request, what string, end closing) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	row, err := core.ParseID(r.PostForm.Get(what))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	field := "until-" + string(row)
	until, err := readDay(r.PostForm.Get(field))
	if err != nil || until.IsZero() {
		return h.againHousehold(w, r, errs.New(errs.Invalid, "web.form.day_shape").On(field))
	}
	if err := end(r.Context(), id, row, version, until); err != nil {
		return h.againHousehold(w, r, onField(err, field))
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "web.file.rights_recomputed"})
	h.kit.Redirect(w, r, path(id)+"/foyer")
	return nil
}

// onField ties the service's errors about "until" to the field of the page.
func onField(err error, field string) error {
	e := kit.Sentence(err)
	if e == nil || e.Kind != errs.Invalid {
		return err
	}
	return e.On(field)
}
