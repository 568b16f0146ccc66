// Package trial holds the page where a change is tried over the twelve months to
// come: « and if the contract changed in September? ». Rights are shown both ways, as
// things are known and with the change.
//
// Nothing is stored but a line of the journal; what was typed travels in the form,
// never in an address. What not to do: suggest a change (a couple, a child, a job
// lost) that nobody spoke of: the form comes empty.
package trial

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/outlook"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Variables tells what may be known of a household; *casefile.Service is one.
type Variables interface {
	Variable(name string) (casefile.Variable, bool)
}

// Handler answers the page.
type Handler struct {
	kit       *kit.Kit
	months    *months.Service
	words     person.Words
	variables Variables
}

// Register adds the routes.
func Register(k *kit.Kit, m *months.Service, words person.Words, variables Variables) {
	h := &Handler{kit: k, months: m, words: words, variables: variables}
	k.Handle("GET /personnes/{id}/avenir/essai", kit.Worker, h.show)
	k.Handle("POST /personnes/{id}/avenir/essai", kit.Worker, h.try)
}

// view is the page where a change is tried.
type view struct {
	ID      core.ID
	Name    string
	Lead    string
	Form    *kit.Form
	Work    []pick // whose, since when, what they do
	Home    []pick
	Commune person.CommuneField
	People  []pick

	Done   bool // something was tried
	Rights []rightView
	Same   []string // due, or to verify, both ways alike
}

// rightView is one right that the trial changes.
type rightView struct {
	Right, Name, Per string
	What             string
	Chart            template.HTML
	Rows             []row
}

// row is one month of the table.
type row struct {
	Month, Now, Then string
	Differs          bool
}

// pick is a choice from a list.
type pick struct {
	Name, Label, Hint, Error, Value string
	Options                         []person.Option
}

// ID is the control's id, which the summary of errors links to.
func (c pick) ID() string { return "f-" + strings.ReplaceAll(c.Name, ".", "-") }

// Describedby lists the ids of its hint and error.
func (c pick) Describedby() string {
	var ids []string
	if c.Hint != "" {
		ids = append(ids, c.ID()+"-h")
	}
	if c.Error != "" {
		ids = append(ids, c.ID()+"-e")
	}
	return strings.Join(ids, " ")
}

// The fields of the form, which the errors of a trial name.
const (
	workOf, workFrom, activity, wage, unemployment = "work.of", "work.from", "work.activity", "work.wage", "work.unemployment"
	homeFrom, rent, occupation, commune            = "dwelling.from", "dwelling.rent", "dwelling.occupation", "dwelling.commune"
	birth, leaves, leavesFrom                      = "birth", "leaves", "leaves_from"
)

// show shows the empty form.
func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, form, nil, http.StatusOK)
}

// try computes what was typed and shows it under the form. It answers a POST, so that
// no wage is ever in an address, and writes nothing but its line of the journal.
func (h *Handler) try(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	var c *months.Compared
	t, err := h.readTrial(r.PostForm)
	if err == nil {
		c, err = h.months.Try(r.Context(), id, t)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, nil, http.StatusUnprocessableEntity)
	}
	form, err := h.kit.Typed(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, form, c, http.StatusOK)
}

func (h *Handler) readTrial(form url.Values) (months.Trial, error) {
	var f errs.Fields
	get := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	month := func(name string) core.Month {
		m, err := readMonth(get(name))
		if err != nil {
			f.Add(name, "errs.casefile.choice_unknown")
		}
		return m
	}
	t := months.Trial{
		Work:     months.Work{Of: core.ID(get(workOf)), From: month(workFrom), Activity: get(activity), Wage: get(wage), Unemployment: get(unemployment)},
		Dwelling: months.Dwelling{From: month(homeFrom), Rent: get(rent), Occupation: get(occupation)},
		Birth:    month(birth), Leaves: core.ID(get(leaves)), LeavesFrom: month(leavesFrom),
	}
	if get(commune) != "" {
		place, err := h.words.ReadCommune(form, commune)
		t.Dwelling.Commune = place.Current()
		if err != nil {
			fields, ok := err.(errs.Fields)
			if !ok {
				return t, err
			}
			f = append(f, fields...)
		}
	}
	return t, f.Err()
}

// readMonth reads "2026-09"; 0 for nothing.
func readMonth(s string) (core.Month, error) {
	if s == "" {
		return 0, nil
	}
	d, err := core.ParsePartialDate(s)
	if err != nil || d.Month == 0 || d.Day != 0 {
		return 0, errs.New(errs.Invalid, "errs.casefile.choice_unknown")
	}
	return core.Month(d.Year*12 + d.Month - 1), nil
}

// render shows the form, and what came of it when something was tried.
func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, c *months.Compared, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	done := c != nil
	if !done {
		if c, err = h.months.Ready(r.Context(), id); err != nil {
			return err
		}
	}
	form.Again() // nothing is stored: trying twice is what the page is for
	v := view{ID: id, Name: c.Person.DisplayName(), Form: form, Done: done, Lead: p.T("outlook.lead", "from", c.First, "until", c.First+months.Months-1)}
	h.fillForm(p, &v, c)
	for _, right := range c.Rights {
		if !right.Ever() {
			continue
		}
		at := right.Differs()
		name := h.words.Name(p, right.Name)
		if at < 0 {
			v.Same = append(v.Same, name)
			continue
		}
		one := rightView{Right: right.Name, Name: name, Per: h.words.Per(p, right.Name), Chart: outlook.DrawBoth(p, c.First, right, name),
			What: p.T("outlook.trial.first", "month", p.Month(c.First+core.Month(at)), "then", outlook.Amount(p, right.Then[at]), "now", outlook.Amount(p, right.Now[at]))}
		for i := range right.Now {
			line := row{Month: p.Month(c.First + core.Month(i)), Now: outlook.Amount(p, right.Now[i]), Then: outlook.Amount(p, right.Then[i])}
			line.Differs = line.Now != line.Then
			one.Rows = append(one.Rows, line)
		}
		v.Rights = append(v.Rights, one)
	}
	return h.kit.Render(w, r, kit.Page{Template: "trial/trial", Title: p.T("outlook.trial.title") + " · " + v.Name, Sheet: "file.css", Nav: "people", Status: status, View: v, Script: true})
}

// fillForm lists what may be chosen.
func (h *Handler) fillForm(p *i18n.Printer, v *view, c *months.Compared) {
	var everybody, others, when []person.Option
	for i, m := range c.Members {
		o := person.Option{Value: string(m.ID), Label: m.Name()}
		if everybody = append(everybody, o); m.ID != c.File && i < maxListed {
			others = append(others, o)
		}
	}
	for i := range core.Month(months.Months) {
		m := c.First + i
		when = append(when, person.Option{Value: core.PartialDate{Year: m.Year(), Month: m.Month()}.String(), Label: p.Month(m)})
	}
	one := func(name, label, hint, none string, options []person.Option) pick {
		if none != "" {
			options = append([]person.Option{{Label: p.T(none)}}, options...)
		}
		out := pick{Name: name, Label: p.T(label), Error: v.Form.Error(name), Value: v.Form.Value(name), Options: options}
		if hint != "" {
			out.Hint = p.T(hint)
		}
		return out
	}
	v.Work = []pick{
		one(workOf, "outlook.trial.whose", "", "", everybody),
		one(workFrom, "outlook.trial.from", "", "", when),
		one(activity, "outlook.trial.activity", "", "outlook.trial.as_known", h.choices(p, "activite")),
	}
	v.Home = []pick{
		one(homeFrom, "outlook.trial.from", "", "", when),
		one(occupation, "outlook.trial.occupation", "", "outlook.trial.as_known", h.choices(p, "statut_occupation_logement")),
	}
	v.Commune = h.words.CommuneControl(v.Form, commune, p.T("web.commune.label"), p.T("outlook.trial.empty"))
	v.People = []pick{one(birth, "outlook.trial.birth", "", "outlook.trial.nobody", when)}
	if len(others) > 0 {
		v.People = append(v.People, one(leaves, "outlook.trial.leaves", "", "outlook.trial.nobody", others), one(leavesFrom, "outlook.trial.from", "", "", when))
	}
}

// maxListed is how many people of a household one list offers.
const maxListed = 30

// choices are those of a fact, in the reader's words.
func (h *Handler) choices(p *i18n.Printer, variable string) []person.Option {
	of, known := h.variables.Variable(variable)
	if !known {
		return nil
	}
	return person.ChoicesOf(p, of)
}
