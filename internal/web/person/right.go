package person

import (
	"errors"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// rightView is one right, line by line.
type rightView struct {
	ID         core.ID
	Name       string // of the person
	Call       string
	Form       *kit.Form
	Card       rightCard
	Title      string
	Lead       string
	Tree       []nodeView
	Reasons    []string // of rules that cannot conclude
	Overdue    []string // parameters whose newer value should be known by now
	Questions  []option // what is missing: label and address
	Assumed    []string
	Entails    []string
	Contest    []string
	NotCovered []string
	French     bool // the law file's own words, in a page of another language
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
		Card: h.viewCard(r, p, file, *line), Contest: h.words.Contest(p, right), Entails: h.words.Entails(p, right), NotCovered: h.words.NotCovered(p, right), Month: p.Month(file.Month),
	}
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

// fillExplained adds what the stored result says of itself.
func (h *Handler) fillExplained(r *http.Request, p *i18n.Printer, view *rightView, file *casefile.File, right string) error {
	e, err := h.cases.Explain(r.Context(), view.ID, right, file.Month)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	view.Tree = viewTree(p, e.Detail.Explanation, humanNames(file), wholeTree)
	for _, reason := range e.Detail.Reasons {
		view.Reasons = append(view.Reasons, i18n.Typeset(reason))
	}
	for _, s := range e.Detail.Stale {
		view.Overdue = append(view.Overdue, s.Parameter)
	}
	for _, m := range e.Missing {
		label := factLabel(p, casefile.Variable{Name: m.Variable}, m.Subject, view.ID, file.Household)
		view.Questions = append(view.Questions, option{questionPath(view.ID, m.Variable+"."+string(m.Subject.ID)), label})
	}
	for _, a := range e.Detail.Assumed {
		of, known := h.cases.Variable(a.Variable)
		if !known {
			of = casefile.Variable{Name: a.Variable, Type: casefile.TypeText}
		}
		subject := casefile.Subject{Kind: casefile.AboutPerson, ID: core.ID(a.Subject)}
		view.Assumed = append(view.Assumed, p.T("web.right.assumption",
			"label", factLabel(p, of, subject, view.ID, file.Household), "value", factValue(p, of, a.Value.String())))
	}
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
