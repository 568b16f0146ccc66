package person

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// questionView is one question: nothing is chosen before somebody taps.
type questionView struct {
	ID       core.ID
	Name     string
	Call     string
	Form     *kit.Form
	Question string // id
	Title    string
	Hint     string
	Progress string
	Done     int
	Of       int
	Cells    []cellView
	Why      []string
	Over     bool
	Stale    bool   // not computed for today: nothing can be said of what is left
	Skip     string // address of the same page with the next question
	Earliest string // the first month that rights read, "" when there is nothing to say of it
	Since    string // « Le même depuis janvier 2024, ou avant »
}

// cellView is one value the answer sets.
type cellView struct {
	Variable string
	Label    string
	Unit     string
	Type     casefile.ValueType
	Choices  []option
	Select   []option // a list too long for one answer a line
	Field    string
	Single   bool // the only one: the question's title is its label
	From     string
	Commune  *communeField // when the cell is a commune
}

func (h *Handler) showQuestion(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderQuestion(w, r, form, r.URL.Query().Get("q"), http.StatusOK)
}

func (h *Handler) renderQuestion(w http.ResponseWriter, r *http.Request, form *kit.Form, asked string, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	var q casefile.Question
	open := true
	if asked != "" {
		q, err = h.cases.AskQuestion(r.Context(), id, asked)
		if errs.Is(err, errs.NotFound) {
			asked = ""
		}
	}
	if asked == "" {
		q, open, err = h.cases.NextQuestion(r.Context(), id)
	}
	if err != nil {
		return err
	}
	stale := false
	if !open { // « nothing left to ask » is said of a calculation that is still true
		file, err := h.cases.OpenFile(r.Context(), id, 0)
		if err != nil {
			return err
		}
		stale = file.Stale != casefile.Fresh
	}
	form.Default("source", string(casefile.SourceSaid))
	p := printer(r)
	view := questionView{ID: id, Name: person.DisplayName(), Call: callName(p, person.Title, person.Identity), Form: form, Over: !open, Stale: stale}
	if open {
		view.fill(p, h.words, q)
		view.placeInTime(p, q, core.DateOf(h.kit.Clock.Now().In(kit.From(r.Context()).Place())))
		if c := view.Cells[0].Commune; c != nil && !form.Bad() {
			form.Default(c.Name, person.Contact.Address.City) // written at the counter already: to confirm
		}
	}
	title := view.Title
	if view.Over {
		title = p.T("web.question.over")
		if stale {
			title = p.T("web.question.stale")
		}
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "person/question", Title: title + " · " + view.Name, Sheet: "question.css", Nav: "people", Public: true, Status: status, View: view, Script: true,
	})
}

// notSaid is the choice of the law's lists that says nothing.
const notSaid = "non_renseigne"

// manyQuestions is from how many left a page stops counting them aloud.
const manyQuestions = 5

// fill says the question in the person's words.
func (v *questionView) fill(p *i18n.Printer, w Words, q casefile.Question) {
	v.Question = q.ID
	name := q.Cells[0].Of.Name
	who := ""
	if q.Human != nil {
		who = firstName(*q.Human)
	}
	v.Title = w.questionTitle(p, name, who)
	if key := "web.question_hint." + name; p.Has(key) {
		v.Hint = p.T(key)
	}
	v.Progress = p.N("web.question.left", q.Left)
	if q.Left > manyQuestions {
		v.Progress = p.T("web.question.many_left")
	}
	v.Of = q.Left
	for _, c := range q.Cells {
		cell := cellView{
			Variable: c.Of.Name, Label: variableLabel(p, c.Of.Name), Unit: unitText(p, c.Of.Unit), Type: c.Of.Type,
			Field: "v." + c.Of.Name, Single: len(q.Cells) == 1,
		}
		if !c.From.IsZero() && c.Of.Period != casefile.PeriodAlways {
			cell.From = p.T(onOrIn("web.file.from", c.From), "date", c.From)
		}
		for _, choice := range c.Of.Choices {
			if choice == notSaid {
				continue // « Je ne sais pas » and « Je préfère ne pas dire » say it better
			}
			cell.Choices = append(cell.Choices, option{choice, choiceLabel(p, c.Of.Name, choice)})
		}
		if c.Of.Name == nationalityFact {
			cell.Select = countries(p)
		}
		if c.Of.Name == communeFact {
			field := w.communeField(v.Form, cell.Field, p.T("web.commune.label"), cell.From, v.Form.Value(cell.Field))
			cell.Commune = &field
		}
		v.Cells = append(v.Cells, cell)
	}
	var rights []string
	for _, right := range q.ReadBy {
		rights = append(rights, w.Name(p, right))
	}
	v.Why = append(v.Why, p.T("web.question.why_rights", "rights", p.List(rights)))
	if key := "web.question_why." + name; p.Has(key) {
		v.Why = append(v.Why, p.T(key))
	}
	v.Why = append(v.Why, p.T("web.question.why_free"))
}

// farBack is from how many months ago a question says which time it is about: the
// same question may come twice, for now and for the year that the CAF looks at.
const farBack = 6

// placeInTime says aloud that an amount is asked of some time ago, and lets one
// answer stand for all the months that rights read.
func (v *questionView) placeInTime(p *i18n.Printer, q casefile.Question, today core.Date) {
	from := q.Cells[0].From
	of := q.Cells[0].Of
	if of.Type == casefile.TypeAmount && of.Period == casefile.PeriodMonth && q.Earliest != 0 && today.CalendarMonth()-q.Earliest >= farBack {
		v.Earliest = monthDate(q.Earliest).String()
		v.Since = p.T("web.question.since_same", "date", monthDate(q.Earliest))
	}
	if from.Month == 0 || v.Hint != "" || of.Type != casefile.TypeAmount || of.Period != casefile.PeriodMonth {
		return
	}
	if (today.Year-from.Year)*12+int(today.Month)-int(from.Month) >= farBack {
		v.Hint = p.T("web.question.back_then", "date", from)
	}
}

// questionTitle is the question about a variable: its own sentence in the
// reader's language, else the law file's in French, else the fact's name.
func (w Words) questionTitle(p *i18n.Printer, variable, who string) string {
	if who == "" {
		if key := "web.question_you." + variable; p.Has(key) {
			return p.T(key)
		}
	} else if key := "web.question_of." + variable; p.Has(key) {
		return p.T(key, "name", who)
	}
	if v, ok := w.Law.Variable(variable); ok && v.Question != "" && who == "" && p.Lang() == i18n.French {
		return i18n.Typeset(v.Question)
	}
	if who == "" {
		return p.T("web.question.any", "label", variableLabel(p, variable))
	}
	return p.T("web.question.any_of", "label", variableLabel(p, variable), "name", who)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	a := casefile.Answer{
		Question: v.Get("question"), State: casefile.Known, Values: map[string]string{},
		Source: casefile.Source(v.Get("source")), Detail: strings.TrimSpace(v.Get("detail")),
	}
	for name, values := range v {
		variable, ok := strings.CutPrefix(name, "v.")
		if !ok || len(values) == 0 {
			continue
		}
		switch values[0] {
		case "?unknown":
			a.State = casefile.Unknown
		case "?refused":
			a.State = casefile.Refused
		default:
			a.Values[variable] = values[0]
		}
	}
	switch v.Get("instead") {
	case "unknown":
		a.State = casefile.Unknown
	case "refused":
		a.State = casefile.Refused
	}
	if a.State == casefile.Known {
		a.From, err = sinceWhen(v)
	}
	if a.State != casefile.Known {
		a.Values = nil
		a.Source = casefile.SourceSaid
	}
	if a.Source == "" {
		a.Source = casefile.SourceSaid
	}
	if typed, ok := a.Values[communeFact]; err == nil && ok && strings.TrimSpace(typed) != "" {
		var c directory.Commune
		if c, err = h.words.readCommune(typed, v.Get(fieldPicked), "v."+communeFact); err == nil {
			a.Values[communeFact] = c.Current()
		}
	}
	if err == nil {
		err = h.cases.AnswerQuestion(r.Context(), id, a)
	}
	var conflict *casefile.FactConflict
	switch {
	case err == nil:
		h.kit.Redirect(w, r, path(id)+"/question")
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
	for i, e := range form.Errors {
		if e.Field == "value" || e.Field == "answer" {
			form.Errors[i].Field = "answer"
		}
	}
	return h.renderQuestion(w, r, form, a.Question, http.StatusUnprocessableEntity)
}

// sinceWhen reads since when an amount is the same: "" the months that are missing
// alone, else the first month that rights read, or the one typed.
func sinceWhen(v url.Values) (core.PartialDate, error) {
	text := ""
	switch v.Get("since") {
	case "":
		return core.PartialDate{}, nil
	case "other":
		text = v.Get("since_month")
	default:
		text = v.Get("since")
	}
	d, err := readDate(text)
	if err != nil || d.IsZero() {
		return d, errs.Fields{errs.New(errs.Invalid, "web.question.since_unclear").On("since_month")}
	}
	return d, nil
}

// monthDate is a month as people write dates.
func monthDate(m core.Month) core.PartialDate {
	return core.PartialDate{Year: m.Year(), Month: m.Month()}
}

// questionPath is the address of one question of a file.
func questionPath(file core.ID, question string) string {
	return path(file) + "/question?q=" + url.QueryEscape(question)
}
