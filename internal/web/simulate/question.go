package simulate

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// pageView is one page: one question, nothing chosen beforehand.
type pageView struct {
	Form      *kit.Form
	Path      string
	State     []string // hidden: the pages before
	Precise   bool
	Open      string // hidden: the rights that are not settled
	Tag       string // of the page's language: the others are buttons; "" = links
	First     bool
	Name      string
	Asked     string // hidden: the cells of a page about facts
	Title     string
	Lang      string // of the title, when it is not the page's
	Hint      string
	Progress  string
	Cells     []cellView
	More      []cellView // folded: what only a paper says
	MoreTitle string
	MoreOpen  bool
	Since     string // « Ce montant compte pour tous les mois depuis janvier 2024 »
	Silence   string // the radio group that the two silences belong to; "" = their own
	Why       []string
}

// cellView is one value to give.
type cellView struct {
	Field   string
	Label   string
	Legend  string // of a group of radios beside others
	Hint    string
	Error   string
	Unit    string
	Date    bool
	Amount  bool
	Radio   bool
	Choices []choiceView
	Select  []person.Option
	Pick    []person.Option // communes that what was typed may mean
}

// choiceView is one answer to tap.
type choiceView struct {
	Value string
	Label person.Sentence
}

const (
	communeFact     = "depcom"
	nationalityFact = "nationalite"
	notSaid         = "non_renseigne"
	manyMonths      = 6 // an amount asked of so many months says from which on it counts
)

// lawPage is the page of a question of the law.
func (h *Handler) lawPage(p *i18n.Printer, s state, q ask.Question, form *kit.Form) (pageView, error) {
	v := pageView{Form: form, Name: q.Form.Name}
	who := ""
	if !q.Form.Together {
		who = h.whose(p, s, q.Cells[0].Subject)
	}
	v.Title, v.Lang = h.title(p, q, who)
	if key := "web.question_hint." + q.Cells[0].Variable; p.Has(key) {
		v.Hint = p.T(key)
	}
	asked := page{Name: q.Form.Name}
	var long rights.Span
	for _, c := range q.Cells {
		f := fact{Variable: c.Variable, Subject: c.Subject}
		if len(c.Spans) > 0 {
			f.From, f.To = c.Spans[0].From, c.Spans[0].To
		}
		asked.Facts = append(asked.Facts, f)
		if c.Of.Unit == "€/mois" && (long.From == "" || f.From < long.From) {
			long.From = f.From
		}
		if c.Of.Unit == "€/mois" {
			long.To = max(long.To, f.To)
		}
	}
	// What stands on one slip is said of the same months: one of the amounts may be
	// deduced from another.
	for i, c := range q.Cells {
		if c.Of.Unit == "€/mois" && c.Of.Period == rights.Monthly {
			asked.Facts[i].From, asked.Facts[i].To = long.From, long.To
		}
	}
	b, err := json.Marshal(asked)
	if err != nil {
		return v, fmt.Errorf("write the page: %w", err)
	}
	v.Asked = string(b)
	if months(fact{From: long.From, To: long.To}) >= manyMonths {
		if m, err := rights.ParseMonth(long.From); err == nil {
			v.Since = p.T("simulate.since", "date", p.Month(m))
		}
	}
	if len(q.Form.Choices) > 0 {
		cell := cellView{Field: "choice", Radio: true}
		for _, c := range q.Form.Choices {
			cell.Choices = append(cell.Choices, choiceView{c.Name, say(p, "simulate.choice."+q.Form.Name+"."+c.Name, c.Label)})
		}
		v.Cells, v.Silence = []cellView{cell}, "choice"
	} else {
		for i, c := range q.Cells {
			cell := h.cell(p, c, form, "v"+strconv.Itoa(i))
			if len(q.Cells) > 1 {
				cell.Legend = cell.Label
				if q.Form.Together {
					cell.Label = h.whose(p, s, c.Subject)
					cell.Legend = cell.Label
				}
			}
			v.Cells = append(v.Cells, cell)
		}
		if len(v.Cells) == 1 && v.Cells[0].Radio {
			v.Silence = v.Cells[0].Field
		}
	}
	if slip := q.Cells; len(slip) > 1 && !q.Form.Together && len(q.Form.Choices) == 0 && slip[0].Of.Unit == "€/mois" && slip[1].Of.Unit == "€/mois" {
		v.Cells, v.More = v.Cells[:1], v.Cells[1:]
		v.MoreTitle = p.T("simulate.slip")
		for _, c := range v.More {
			v.MoreOpen = v.MoreOpen || form.Value(c.Field) != ""
		}
	}
	var names []string
	for _, right := range q.Rights {
		names = append(names, h.words.Name(p, right))
	}
	if len(names) > maxNamed {
		names = append(names[:maxNamed-1], p.T("simulate.other_rights"))
	}
	v.Why = append(v.Why, p.T("web.question.why_rights", "rights", p.List(names)))
	if key := "web.question_why." + q.Cells[0].Variable; p.Has(key) {
		v.Why = append(v.Why, p.T(key))
	}
	v.Why = append(v.Why, p.T("simulate.why_free"))
	return v, nil
}

// maxNamed is how many rights a page names as waiting for the answer.
const maxNamed = 4

func months(f fact) int {
	from, err := rights.ParseMonth(f.From)
	to, wrong := rights.ParseMonth(f.To)
	if err != nil || wrong != nil {
		return 0
	}
	return int(to-from) + 1
}

// title says the question in the reader's language: the page's own sentence, else
// the one of its fact.
func (h *Handler) title(p *i18n.Printer, q ask.Question, who string) (text, lang string) {
	kind := "you"
	if who != "" {
		kind = "of"
	}
	several := slices.ContainsFunc(q.Cells, func(c ask.Cell) bool { return c.Variable != q.Cells[0].Variable })
	if key := "simulate.question." + q.Form.Name + "." + kind; (several || len(q.Form.Choices) > 0 || q.Form.Together) && p.Has(key) {
		return p.T(key, "name", who), ""
	}
	return h.words.Ask(p, q.Cells[0].Variable, who), ""
}

// whose names a subject: "" for the reader, and for what is everybody's.
func (h *Handler) whose(p *i18n.Printer, s state, subject string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(subject, "c"))
	switch {
	case subject == partner:
		return p.T("simulate.partner_name")
	case !strings.HasPrefix(subject, "c") || err != nil:
		return ""
	}
	house, err := readHousehold(s, h.today())
	if err != nil || n < 1 || n > len(house.children) || house.children[n-1].IsZero() {
		return p.T("simulate.child_name")
	}
	birth := house.children[n-1]
	birth.Day = 0
	return p.T("simulate.child_born", "date", birth)
}

// cell is the control of one fact.
func (h *Handler) cell(p *i18n.Printer, c ask.Cell, form *kit.Form, field string) cellView {
	v := cellView{Field: field, Label: person.Label(p, c.Variable), Error: form.Error(field), Unit: person.UnitText(p, c.Of.Unit)}
	switch {
	case c.Of.Kind == rights.KindBool:
		v.Radio, v.Unit = true, ""
		for _, b := range []string{"true", "false"} {
			v.Choices = append(v.Choices, choiceView{b, person.Sentence{Text: p.T("web.file.bool_" + b)}})
		}
	case c.Of.Kind == rights.KindChoice:
		v.Radio, v.Unit = true, ""
		for _, choice := range c.Of.Choices {
			if choice.Name == notSaid || choice.Name == "inconnue" {
				continue // the two silences say it better
			}
			label := person.ChoiceLabel(p, c.Variable, choice.Name)
			s := person.Sentence{Text: label}
			if label == choice.Name {
				s = say(p, "", choice.Label)
			}
			v.Choices = append(v.Choices, choiceView{choice.Name, s})
		}
	case c.Of.Kind == rights.KindDate:
		v.Date, v.Unit, v.Hint = true, "", p.T("simulate.date_hint")
	case c.Variable == communeFact:
		v.Unit, v.Label, v.Hint = "", p.T("web.commune.label"), p.T("web.commune.hint")
		if form.Error(field) != "" {
			v.Pick = h.words.CommuneChoices(form.Value(field))
		}
	case c.Variable == nationalityFact:
		v.Unit, v.Select = "", person.Countries(p)
	case c.Of.Kind == rights.KindText:
		v.Unit = ""
	default:
		v.Amount = true
	}
	return v
}

// saidNothing tells whether one of the two silences was chosen: in the group of a
// question of one choice, or beside the fields.
func saidNothing(form map[string][]string, group string) ask.Silence {
	for _, field := range []string{"instead", group} {
		for _, v := range form[field] {
			switch v {
			case "?unknown":
				return ask.Unknown
			case "?refused":
				return ask.Refused
			}
		}
	}
	return ""
}

// readPage reads what a page sent.
func (h *Handler) readPage(form url.Values, s state) (page, error) {
	var asked page
	text := form.Get("asked")
	if text == "" {
		v, ok := h.fixedPage(i18n.For(i18n.French), s, newForm(nil))
		if !ok || v.Name != form.Get("name") {
			return page{}, errBroken()
		}
		return h.readFixed(form, v.Name)
	}
	if err := readJSON(text, &asked); err != nil || len(asked.Facts) == 0 || len(asked.Facts) > 100 {
		return page{}, errBroken()
	}
	group := "v0"
	law, _ := h.words.Law.Form(asked.Facts[0].Variable)
	if law.Name != asked.Name {
		law = rights.Form{Name: asked.Name}
	}
	if len(law.Choices) > 0 {
		group = "choice"
	}
	out := page{Name: asked.Name}
	if silent := saidNothing(form, group); silent != "" {
		for _, f := range asked.Facts {
			f.State, f.Value = silent, nil
			out.Facts = append(out.Facts, f)
		}
		return out, nil
	}
	if len(law.Choices) > 0 {
		return h.readChoice(form, law, asked, out)
	}
	var wrong errs.Fields
	given := false
	for i, f := range asked.Facts {
		field := "v" + strconv.Itoa(i)
		of, known := h.variables.Variable(f.Variable)
		def, ofLaw := h.words.Law.Variable(f.Variable)
		if !known || !ofLaw {
			return page{}, errBroken()
		}
		typed := strings.TrimSpace(form.Get(field))
		if typed == "" {
			f.State, f.Value = ask.Unknown, nil
			out.Facts = append(out.Facts, f)
			continue
		}
		value, err := h.read(form, of, def, field)
		var fields errs.Fields
		if asFields(err, &fields) {
			wrong = append(wrong, fields...)
			continue
		}
		if err != nil {
			return page{}, err
		}
		given = true
		f.State, f.Value = "", &value
		out.Facts = append(out.Facts, h.since(form, f, def, &wrong)...)
	}
	if len(wrong) == 0 && !given {
		wrong.Add("", "simulate.error.empty")
	}
	return out, wrong.Err()
}

func asFields(err error, into *errs.Fields) bool {
	f, ok := err.(errs.Fields)
	if ok {
		*into = f
	}
	return ok
}

// readChoice reads an answer in people's words, that sets several facts. A fact
// that the answer does not set stays open: it is asked by itself if it matters.
func (h *Handler) readChoice(form url.Values, law rights.Form, asked, out page) (page, error) {
	i := slices.IndexFunc(law.Choices, func(c rights.FormChoice) bool { return c.Name == form.Get("choice") })
	if i < 0 {
		return out, errs.Fields{errs.New(errs.Invalid, "simulate.error.empty")}
	}
	for _, f := range asked.Facts {
		for _, set := range law.Choices[i].Sets {
			if set.Variable == f.Variable {
				value := set.Value
				f.State, f.Value = "", &value
				out.Facts = append(out.Facts, f)
			}
		}
	}
	if len(out.Facts) == 0 { // the answer says nothing of what is asked
		for _, f := range asked.Facts {
			f.State, f.Value = ask.Unknown, nil
			out.Facts = append(out.Facts, f)
		}
	}
	return out, nil
}

// read turns what was typed into the engine's value.
func (h *Handler) read(form url.Values, of casefile.Variable, def rights.Variable, field string) (rights.Value, error) {
	typed := form.Get(field)
	if of.Name == communeFact {
		c, err := h.words.ReadCommune(form, field)
		if err != nil {
			return rights.Value{}, err
		}
		typed = c.Current()
	}
	if len(typed) > maxAnswer {
		return rights.Value{}, errs.Fields{errs.New(errs.Invalid, "simulate.error.long").On(field)}
	}
	if def.Kind == rights.KindDate {
		d, err := person.ReadDate(typed)
		if err != nil || d.IsZero() {
			return rights.Value{}, errs.Fields{errs.New(errs.Invalid, "simulate.error.birth").On(field)}
		}
		typed = wholeBirth(d).String()
	}
	text, err := of.Read(typed, field)
	if err != nil {
		return rights.Value{}, err
	}
	switch def.Kind {
	case rights.KindBool:
		return rights.Bool(text == "true"), nil
	case rights.KindChoice:
		return rights.ChoiceOf(text), nil
	case rights.KindDate, rights.KindText:
		return rights.Text(text), nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return rights.Value{}, errBroken()
	}
	if def.Unit == "%" {
		n /= 100
	}
	return rights.Number(n), nil
}

// since parts the months of an amount at the month that the person typed: before
// it nobody says.
func (h *Handler) since(form url.Values, f fact, def rights.Variable, wrong *errs.Fields) []fact {
	typed := strings.TrimSpace(form.Get("since_month"))
	if typed == "" || def.Unit != "€/mois" || months(f) < manyMonths {
		return []fact{f}
	}
	d, err := person.ReadDate(typed)
	if err != nil || d.Month == 0 {
		if !slices.ContainsFunc(*wrong, func(e *errs.Error) bool { return e.Field == "since_month" }) {
			wrong.Add("since_month", "web.question.since_unclear")
		}
		return nil
	}
	from := core.Month(rights.MonthOf(d.Year, d.Month)).String()
	if from <= f.From || from > f.To {
		return []fact{f}
	}
	before := f
	before.To, before.State, before.Value = (rights.MonthOf(d.Year, d.Month) - 1).String(), ask.Unknown, nil
	f.From = from
	return []fact{before, f}
}
