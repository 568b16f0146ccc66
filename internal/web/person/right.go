package person

import (
	"errors"
	"html/template"
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/rights"
)

// rightView is one right, line by line.
type rightView struct {
	ID       core.ID
	Name     string // of the person
	Call     string
	Form     *kit.Form
	Card     rightCard
	Choices  template.HTML // the five equal buttons
	Title    string
	Lead     string
	Tree     []nodeView
	Reasons  []Sentence // of rules that cannot conclude
	Gaps     []string   // what no law file says: a parameter and a day, a place
	Settled  bool       // answers lack, and none of them can change the amount
	Contrast struct {   // what each answer to an open fact would give
		Lead  string
		Lines []string
	}
	Overdue    []string  // parameters whose newer value should be known by now
	Questions  []lacking // what is missing
	Assumed    []string
	Zeros      []string // supposed absent, since nobody said them
	Entails    []Sentence
	Contest    []Sentence
	NotCovered []Sentence
	History    []string
	Stale      string
	Law        string
	Computed   string
	Month      string
}

func (h *Handler) showRight(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	right := r.PathValue("right")
	m := month(r)
	file, err := h.cases.OpenFile(r.Context(), id, m)
	if err != nil {
		return err
	}
	var line *casefile.RightLine
	for i := range file.Rights {
		if file.Rights[i].Right == right {
			line = &file.Rights[i]
		}
	}
	if line == nil {
		return errs.New(errs.NotFound, "")
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	p := printer(r)
	view := rightView{
		ID: id, Name: file.Person.DisplayName(), Call: callName(p, file.Person.Title, file.Person.Identity), Form: form,
		Card: h.viewCard(r, p, file, *line, callName(p, file.Person.Title, file.Person.Identity)), Contest: h.words.Contest(p, right), Entails: h.words.Entails(p, right), NotCovered: h.words.NotCovered(p, right), Month: p.Month(file.Month),
	}
	buttons := newMarkup(p, "")
	buttons.choices(view.Card.Name)
	view.Choices = buttons.take()
	view.Title = view.Card.Name
	if view.Card.Sum != "" {
		view.Title = p.T("web.right.title", "name", view.Card.Name, "sum", view.Card.Sum)
	}
	view.Lead = p.T("web.right.lead", "say", view.Card.Say, "decides", view.Card.Decider, "who", view.Call)
	if err := h.fillExplained(r, p, &view, file, right); err != nil {
		return err
	}
	history, err := h.cases.Decisions(r.Context(), id, right)
	if err != nil {
		return err
	}
	for _, d := range history {
		text := p.T("web.decided."+string(d.Kind), "date", p.Date(instant(r, d.At)))
		if name := file.Names[d.By]; name != "" {
			text = p.T("web.decided.by", "what", text, "name", name)
		}
		if d.NonTakeUp != "" {
			text += " " + p.T("web.non_take_up."+string(d.NonTakeUp))
		}
		view.History = append(view.History, text)
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "person/right", Title: view.Card.Name + " · " + view.Name, Sheet: "file.css", Nav: "people", View: view, Script: true,
	})
}

// lacking is what is missing of one human: label and address.
type lacking struct {
	Who   string // "" = the person of the file
	Items []option
}

// fillExplained adds what the stored result says of itself.
func (h *Handler) fillExplained(r *http.Request, p *i18n.Printer, view *rightView, file *casefile.File, right string) error {
	e, err := h.cases.Explain(r.Context(), view.ID, right, file.Month)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	view.Gaps = e.Detail.Gaps
	view.Tree, view.Settled = h.words.explained(p, e, humanNames(file), depthOf(p))
	view.Contrast.Lead, view.Contrast.Lines = h.words.contrasts(p, right, e.Detail.Contrast, humanNames(file))
	for _, reason := range e.Detail.Reasons {
		view.Reasons = append(view.Reasons, lawtext.Say(p, lawtext.Reason(reason), reason))
	}
	for _, s := range e.Detail.Stale {
		view.Overdue = append(view.Overdue, lawtext.Parameter(p, h.words.Law, s.Parameter).String())
	}
	for _, m := range e.Missing {
		who := ""
		if human, ok := file.Household.Humans[m.Subject.ID]; ok && m.Subject.ID != view.ID {
			who = firstName(human)
		}
		i := slices.IndexFunc(view.Questions, func(q lacking) bool { return q.Who == who })
		if i < 0 {
			i = len(view.Questions)
			view.Questions = append(view.Questions, lacking{Who: who})
		}
		view.Questions[i].Items = append(view.Questions[i].Items, option{questionPath(view.ID, m.Variable+"."+string(m.Subject.ID)), variableLabel(p, m.Variable)})
	}
	view.Assumed, view.Zeros = h.assumed(p, file, e.Detail.Assumed)
	view.Law = shortDigest(e.LawDigest)
	view.Computed = p.Date(instant(r, e.ComputedAt))
	if e.Stale != casefile.Fresh {
		view.Stale = p.T("web.file.stale_" + string(e.Stale))
	}
	return nil
}

// shortDigest is what people can compare aloud of a digest.
func shortDigest(s string) string {
	if len(s) > 10 {
		return s[:10]
	}
	return s
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	right := r.PathValue("right")
	in := casefile.DecisionInput{Right: right, Kind: casefile.DecisionKind(r.PostForm.Get("choix")), After: core.ID(r.PostForm.Get("apres"))}
	_, err = h.cases.Decide(r.Context(), id, in)
	var conflict *casefile.DecisionConflict
	if errors.As(err, &conflict) {
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "web.decide.conflict", Rest: "web.decide.conflict_rest"})
		h.kit.Redirect(w, r, path(id)+"/droits/"+right)
		return nil
	}
	if err != nil {
		return err
	}
	switch in.Kind {
	case casefile.NotWanted, casefile.Receives:
		h.kit.Redirect(w, r, path(id)+"/droits/"+right+"/precisions")
		return nil
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.decide.saved", Rest: "web.decide.saved_rest"})
	to := path(id)
	if m := r.PostForm.Get("mois"); m != "" {
		if parsed, err := parseMonth(m); err == nil {
			to += "?mois=" + parsed.String()
		}
	}
	h.kit.Redirect(w, r, to+"#"+right)
	return nil
}

// assumed says what was supposed: one line per fact whatever the persons, and
// apart what was supposed to be nothing. What has no name for people is left to
// the full trace.
func (h *Handler) assumed(p *i18n.Printer, file *casefile.File, all []rights.Assumed) (lines, zeros []string) {
	type key struct{ variable, value string }
	who := map[key][]string{}
	var order []key
	for _, a := range all {
		if a.Follows || !p.Has("casefile.variable."+a.Variable) {
			continue // what follows from a fact said is no supposition to check
		}
		k := key{a.Variable, a.Value.String()}
		if _, seen := who[k]; !seen {
			order = append(order, k)
		}
		name := ""
		if human, ok := file.Household.Humans[core.ID(a.Subject)]; ok {
			name = firstName(human)
		}
		if !slices.Contains(who[k], name) {
			who[k] = append(who[k], name)
		}
	}
	for _, k := range order {
		label := variableLabel(p, k.variable)
		if k.value == "0" || k.value == "false" {
			if label = lower(label); !slices.Contains(zeros, label) {
				zeros = append(zeros, label)
			}
			continue
		}
		if names := p.List(slices.DeleteFunc(who[k], func(s string) bool { return s == "" })); names != "" {
			label = p.T("web.file.label_of", "label", label, "name", names)
		}
		value := k.value
		if of, ok := h.cases.Variable(k.variable); ok {
			value = h.words.factValue(p, of, value)
		}
		lines = append(lines, p.T("web.right.assumption", "label", label, "value", value))
	}
	return lines, zeros
}
