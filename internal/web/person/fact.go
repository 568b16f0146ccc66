package person

import (
	"errors"
	"net/http"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// factEdit is the form of one fact.
type factEdit struct {
	ID       core.ID
	Name     string
	Call     string
	Label    string
	Of       casefile.Variable
	Unit     string
	Form     *kit.Form
	Choices  []option
	Current  *factView
	History  []factView
	Subjects []option // whose it may be
	Subject  string
	Upcoming []string
	Commune  *communeField // when the fact is a commune
}

// listView is the page that offers what may be said.
type listView struct {
	ID     core.ID
	Name   string
	Themes []themeList
}

type themeList struct {
	Title string
	Items []option // Value is an address
}

func (h *Handler) listVariables(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := listView{ID: id, Name: person.DisplayName()}
	for _, theme := range casefile.Themes() {
		t := themeList{Title: p.T("casefile.theme." + string(theme))}
		for _, v := range h.cases.Variables() {
			if v.Theme == theme && p.Has("casefile.variable."+v.Name) {
				t.Items = append(t.Items, option{path(id) + "/faits/" + v.Name, variableLabel(p, v.Name)})
			}
		}
		if len(t.Items) > 0 {
			view.Themes = append(view.Themes, t)
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/variables", Title: p.T("web.fact.choose"), Sheet: "file.css", Nav: "people", View: view})
}

// subjectOf reads ?sujet=person:… ; without it a fact is about the file's person,
// or their dwelling.
func subjectOf(s string, v casefile.Variable, file core.ID, household core.ID) (casefile.Subject, error) {
	if v.Entity == casefile.EntityDwelling {
		return casefile.Subject{Kind: casefile.AboutDwelling, ID: household}, nil
	}
	if s == "" {
		return casefile.Subject{Kind: casefile.AboutPerson, ID: file}, nil
	}
	kind, id, _ := strings.Cut(s, ":")
	parsed, err := core.ParseID(id)
	if err != nil || casefile.SubjectKind(kind) != casefile.AboutPerson {
		return casefile.Subject{}, errs.New(errs.NotFound, "")
	}
	return casefile.Subject{Kind: casefile.AboutPerson, ID: parsed}, nil
}

func (h *Handler) showFact(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderFact(w, r, form, http.StatusOK)
}

func (h *Handler) renderFact(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	of, ok := h.cases.Variable(r.PathValue("variable"))
	if !ok {
		return errs.New(errs.NotFound, "")
	}
	file, err := h.cases.OpenFile(r.Context(), id, 0)
	if err != nil {
		return err
	}
	asked := r.URL.Query().Get("sujet")
	if s := form.Value("subject"); s != "" {
		asked = s
	}
	subject, err := subjectOf(asked, of, id, file.Household.ID)
	if err != nil {
		return err
	}
	if subject.Kind == casefile.AboutPerson && subject.ID != id {
		if _, known := file.Household.Humans[subject.ID]; !known {
			return errs.New(errs.NotFound, "")
		}
	}
	p := printer(r)
	view := factEdit{
		ID: id, Name: file.Person.DisplayName(), Call: callName(p, file.Person.Title, file.Person.Identity), Of: of, Form: form,
		Label: factLabel(p, of, subject, id, file.Household), Unit: unitText(p, of.Unit), Subject: string(subject.Kind) + ":" + string(subject.ID),
	}
	if of.Name == nationalityFact {
		view.Choices = countries(p)
	}
	for _, c := range of.Choices {
		view.Choices = append(view.Choices, option{c, choiceLabel(p, of.Name, c)})
	}
	if of.Entity != casefile.EntityDwelling {
		for _, m := range file.Household.Members {
			view.Subjects = append(view.Subjects, option{"person:" + string(m.Person), file.Household.Humans[m.Person].Name()})
		}
	}
	for _, line := range file.Facts {
		if line.Variable == of.Name && line.Subject == subject {
			current := h.words.viewFact(p, file, view.Call, line)
			view.Current = &current
			h.words.fillFact(p, form, of, line.Fact)
		}
	}
	form.Default("state", string(casefile.Known))
	if of.Name == communeFact {
		field := h.words.communeField(form, "value", p.T("web.commune.label"), p.T("web.commune.hint"), form.Value("value"))
		view.Commune = &field
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "person/fact", Title: view.Label + " · " + view.Name, Sheet: "question.css", Nav: "people", Status: status, View: view, Script: true,
	})
}

// fillFact puts what is believed into the form: a change starts from it.
func (w Words) fillFact(p *i18n.Printer, form *kit.Form, of casefile.Variable, f casefile.Fact) {
	form.Default("state", string(f.State))
	form.Default("replaces", string(f.ID))
	form.Default("from", typedDate(f.From))
	form.Default("until", typedDate(f.Until))
	if f.State != casefile.Known || f.Hidden {
		return
	}
	switch of.Type {
	case casefile.TypeAmount, casefile.TypeNumber, casefile.TypeInteger:
		decimal := ","
		if p.Lang() == i18n.English {
			decimal = "."
		}
		form.Default("value", strings.ReplaceAll(f.Value, ".", decimal))
	default:
		value := f.Value
		if of.Name == communeFact {
			value = w.commune(value)
		}
		form.Default("value", value)
	}
}

func unitText(p *i18n.Printer, unit string) string {
	switch unit {
	case "€/mois":
		return p.T("web.fact.euros_month")
	case "€/an":
		return p.T("web.fact.euros_year")
	case "€":
		return p.T("web.fact.euros")
	case "h/semaine":
		return p.T("web.fact.hours_week")
	}
	return unit
}

func (h *Handler) saveFact(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	of, ok := h.cases.Variable(r.PathValue("variable"))
	if !ok {
		return errs.New(errs.NotFound, "")
	}
	in, err := readFact(r, of)
	if err == nil && of.Name == communeFact && in.State == casefile.Known {
		var c directory.Commune
		c, err = h.words.readCommune(in.Value, r.PostForm.Get(fieldPicked), "value")
		in.Value = c.Current()
	}
	if err == nil {
		_, err = h.cases.SaveFacts(r.Context(), id, []casefile.FactInput{in})
	}
	var conflict *casefile.FactConflict
	switch {
	case err == nil:
		h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved", Rest: "web.file.rights_recomputed"})
		h.kit.Redirect(w, r, path(id)+"#situation")
		return nil
	case errors.As(err, &conflict):
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "web.conflict.title", Rest: "web.conflict.kept"})
		h.kit.Redirect(w, r, path(id)+"/choisir")
		return nil
	}
	form, err := h.kit.Refused(w, r, unprefixed(err))
	if err != nil {
		return err
	}
	return h.renderFact(w, r, form, http.StatusUnprocessableEntity)
}

// unprefixed removes the "0." that a form of one cell has before its fields.
func unprefixed(err error) error {
	var fields errs.Fields
	if !errors.As(err, &fields) {
		return err
	}
	out := make(errs.Fields, 0, len(fields))
	for _, e := range fields {
		out = append(out, e.On(strings.TrimPrefix(e.Field, "0.")))
	}
	return out
}

func readFact(r *http.Request, of casefile.Variable) (casefile.FactInput, error) {
	var f errs.Fields
	v := r.PostForm
	in := casefile.FactInput{
		Variable: of.Name, State: casefile.State(v.Get("state")), Value: v.Get("value"), Source: casefile.Source(v.Get("source")),
		Detail: strings.TrimSpace(v.Get("detail")), Replaces: core.ID(v.Get("replaces")),
	}
	kind, subject, _ := strings.Cut(v.Get("subject"), ":")
	in.Subject = casefile.Subject{Kind: casefile.SubjectKind(kind), ID: core.ID(subject)}
	if v.Get("change") == "new" || v.Get("subject") != v.Get("shown_subject") {
		in.Replaces = ""
	}
	var err error
	if in.From, err = readDate(v.Get("from")); err != nil {
		f.Add("from", "web.form.date_shape")
	}
	if in.Until, err = readDate(v.Get("until")); err != nil {
		f.Add("until", "web.form.date_shape")
	}
	if in.SeenOn, err = readDay(v.Get("seen_on")); err != nil {
		f.Add("seen_on", "web.form.day_shape")
	}
	return in, f.Err()
}
