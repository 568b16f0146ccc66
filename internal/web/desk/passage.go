package desk

import (
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// passageView is one passage: to end it, correct it, put it in a file.
type passageView struct {
	Choices
	ID        core.ID
	Form      *kit.Form
	Line      line
	Urgent    string
	Token     string
	Since     *line // what a colleague wrote since the form was shown
	Sent      bool  // somewhere: the paper can be printed
	SentTo    string
	Over      bool // not waiting any more
	HasReason bool
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderPassage(w, r, form, http.StatusOK, false)
}

func (h *Handler) renderPassage(w http.ResponseWriter, r *http.Request, form *kit.Form, status int, conflict bool) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	one, err := h.desks.Passage(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	v := passageView{Choices: offered(p), ID: id, Form: form, Line: lineOf(r, p, one, true), Urgent: one.Urgent, Token: one.Token, Sent: one.SentTo != "", SentTo: one.SentTo, HasReason: len(one.Reasons) > 0,
		Over: one.State == desk.Finished || one.State == desk.Left}
	if conflict {
		since := v.Line
		v.Since = &since
	}
	if form.Bad() || conflict {
		form.Values.Set("version", strconv.FormatInt(one.Version, 10)) // read again, it may be sent again
	} else if !form.Values.Has("version") {
		fill(form, one)
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/passage", Title: p.T("desk.passage"), Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

// fill puts a passage in its form.
func fill(form *kit.Form, one desk.Passage) {
	for name, value := range map[string]string{
		"version": strconv.FormatInt(one.Version, 10), "channel": string(one.Channel), "language": one.Language, "sent_to": one.SentTo,
		"sent_name": one.SentName, "answer": one.Answer, "words": one.Words, "people": strconv.Itoa(one.People),
	} {
		form.Default(name, value)
	}
	for _, c := range one.Reasons {
		form.Values.Add("reason", string(c))
	}
	for _, c := range one.Done {
		form.Values.Add("done", string(c))
	}
}

func (h *Handler) finish(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	in, err := readInput(r.PostForm, "")
	if err == nil {
		// What is not in this form stays: how they were called, why they could not wait.
		var one desk.Passage
		if one, err = h.desks.Passage(r.Context(), id); err == nil {
			in.Token, in.Urgent = one.Token, one.Urgent
			err = h.desks.Finish(r.Context(), id, in)
		}
	}
	switch {
	case errs.Is(err, errs.Conflict):
		form, err := h.kit.Typed(w, r)
		if err != nil {
			return err
		}
		return h.renderPassage(w, r, form, http.StatusConflict, true)
	case err != nil:
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderPassage(w, r, form, http.StatusUnprocessableEntity, false)
	}
	return h.noted(w, r, id)
}

// doc is the paper that says where to go, for the person: it bears no name.
func (h *Handler) doc(r *http.Request) (printed.Doc, error) {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return printed.Doc{}, err
	}
	one, err := h.desks.Passage(r.Context(), id)
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := tagged(tag)
	to := p.T("desk.service.another")
	if one.SentTo != "" {
		to = p.T("desk.service." + one.SentTo)
	}
	house := h.kit.HouseOf(r)
	d := printed.Doc{
		Title: p.T("desk.sheet.title"), Who: p.T("desk.nav"), Lead: p.T("desk.sheet.made", "date", p.Date(one.Day)), Tag: tag, Large: large,
		At: kit.Instant(kit.From(r.Context()), one.Arrived), House: house, Back: "/accueil", BackName: printer(r).T("desk.nav"), Here: passagePath(id) + "/orientation",
	}
	d.Blocks = append(d.Blocks, printed.Heading(1, p.T("desk.sheet.go_to")), printed.Text(to))
	if one.SentName != "" {
		d.Blocks = append(d.Blocks, printed.Text(printed.Foreign(p, one.SentName)))
	}
	d.Blocks = append(d.Blocks, printed.Heading(1, p.T("desk.sheet.for")), printed.Items(reasonNames(p, one)))
	if one.Answer != "" {
		d.Blocks = append(d.Blocks, printed.Text(p.T("desk.answer_said", "when", p.T("desk.delay."+one.Answer))))
	}
	d.Blocks = append(d.Blocks, printed.Soft(p.T("desk.sheet.nameless")))
	d.Blocks = append(d.Blocks, printed.Where(p, house)...)
	return d, nil
}

func (h *Handler) sheet(w http.ResponseWriter, r *http.Request) error {
	d, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, d)
}

func (h *Handler) sheetPDF(w http.ResponseWriter, r *http.Request) error {
	d, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, d, printed.FileName("orientation", ""))
}
