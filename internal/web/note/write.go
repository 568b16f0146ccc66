package note

import (
	"errors"
	"net/http"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// writeView is the form of a note, new or corrected.
type writeView struct {
	ID         core.ID
	Note       core.ID // "" = new
	Name       string
	H1         string
	Form       *kit.Form
	Prompts    []promptView
	Kinds      []Option
	For        []Option // none when it is not the writer's to change
	Circles    []Option
	Colleagues []Option
	Steps      []Option
	Exchanges  []Option
	Back       string
}

// promptView asks whether something is to be noted.
type promptView struct{ Ask, Words string }

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("visibility", string(note.ForTeam))
	form.Default("step", r.URL.Query().Get("demarche"))
	return h.renderNew(w, r, form, nil, http.StatusOK)
}

func (h *Handler) renderNew(w http.ResponseWriter, r *http.Request, form *kit.Form, prompts []note.Prompt, status int) error {
	file, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	sh, err := h.notes.Blank(r.Context(), file)
	if err != nil {
		return err
	}
	return h.renderForm(w, r, form, sh, prompts, status)
}

func (h *Handler) saveNew(w http.ResponseWriter, r *http.Request) error {
	file, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	in, err := readInput(r)
	if err == nil {
		prompts, perr := h.careful(r, file, in)
		if perr != nil {
			return perr
		}
		if len(prompts) > 0 {
			form, err := h.askAgain(w, r)
			if err != nil {
				return err
			}
			return h.renderNew(w, r, form, prompts, http.StatusOK)
		}
		_, err = h.notes.Write(r.Context(), file, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderNew(w, r, form, nil, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, path(file))
	return nil
}

// careful asks once about a text before it is saved; a text that was read again is
// saved as it is.
func (h *Handler) careful(r *http.Request, file core.ID, in note.Input) ([]note.Prompt, error) {
	if r.PostForm.Get("relu") != "" {
		return nil, nil
	}
	return h.notes.Careful(r.Context(), file, note.Body{Text: in.Text, Third: in.Third})
}

// askAgain is the form as it was typed, which saves the next time.
func (h *Handler) askAgain(w http.ResponseWriter, r *http.Request) (*kit.Form, error) {
	form, err := h.kit.Typed(w, r)
	if err != nil {
		return nil, err
	}
	form.Values.Set("relu", "1")
	return form, nil
}

func (h *Handler) showEdit(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderEdit(w, r, form, nil, http.StatusOK)
}

func (h *Handler) renderEdit(w http.ResponseWriter, r *http.Request, form *kit.Form, prompts []note.Prompt, status int) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	sh, err := h.notes.Read(r.Context(), file, id)
	if err != nil {
		return err
	}
	if sh.Withdrawn() {
		return errs.New(errs.Conflict, "errs.notes.withdrawn")
	}
	form.Default("from", string(sh.Current))
	form.Default("kind", string(sh.Kind))
	form.Default("on", person.TypedDay(sh.On))
	form.Default("text", sh.Text)
	form.Default("third", strings.Join(sh.Third, ", "))
	form.Default("visibility", string(sh.Visibility))
	form.Default("circle", string(sh.Circle))
	form.Default("step", string(sh.Step))
	form.Default("exchange", string(sh.Exchange))
	return h.renderForm(w, r, form, sh, prompts, status)
}

func (h *Handler) saveEdit(w http.ResponseWriter, r *http.Request) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	in, err := readInput(r)
	if err == nil {
		prompts, perr := h.careful(r, file, in)
		if perr != nil {
			return perr
		}
		if len(prompts) > 0 {
			form, err := h.askAgain(w, r)
			if err != nil {
				return err
			}
			return h.renderEdit(w, r, form, prompts, http.StatusOK)
		}
		err = h.notes.Edit(r.Context(), file, id, in, core.ID(r.PostForm.Get("from")))
	}
	flash := kit.Flash{Bold: "web.form.saved"}
	if _, both := errors.AsType[*note.Conflict](err); both {
		flash, err = kit.Flash{Kind: kit.FlashCalm, Bold: "notes.saved_both", Rest: "notes.saved_both_rest"}, nil
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderEdit(w, r, form, nil, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, flash)
	h.kit.Redirect(w, r, notePath(file, id))
	return nil
}

// newCircle is the choice of a circle that the note makes.
const newCircle = "nouveau"

func readInput(r *http.Request) (note.Input, error) {
	v := r.PostForm
	in := note.Input{
		Kind: note.Kind(v.Get("kind")), Visibility: note.Visibility(v.Get("visibility")), Text: v.Get("text"),
		Third: strings.FieldsFunc(v.Get("third"), func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '،' }),
		Step:  core.ID(v.Get("step")), Exchange: core.ID(v.Get("exchange")),
	}
	if in.Visibility == note.ForCircle {
		in.Circle = core.ID(v.Get("circle"))
		if in.Circle == newCircle {
			in.Circle, in.NewCircle = "", &note.NewCircle{Name: v.Get("circle_name"), Members: memberIDs(v["members"])}
		}
	}
	var err error
	if in.On, err = person.ReadDay(v.Get("on")); err != nil {
		return in, errs.New(errs.Invalid, "web.form.day_shape").On("on")
	}
	return in, nil
}

func memberIDs(list []string) []core.ID {
	var members []core.ID
	for _, m := range list {
		members = append(members, core.ID(m))
	}
	return members
}

func (h *Handler) renderForm(w http.ResponseWriter, r *http.Request, form *kit.Form, sh note.Sheet, prompts []note.Prompt, status int) error {
	p := printer(r)
	file := sh.Person.ID
	view := writeView{
		ID: file, Note: sh.ID, Name: person.CallName(p, sh.Person.Identity), H1: p.T("notes.new_h1"), Form: form, Kinds: kindOptions(p, ""), Back: path(file),
	}
	if sh.ID != "" {
		view.H1, view.Back = p.T("notes.edit_h1"), notePath(file, sh.ID)
	}
	for _, q := range prompts {
		view.Prompts = append(view.Prompts, promptView{p.T("notes.careful_" + string(q.Concern)), p.List(q.Words)})
	}
	if sh.Mine {
		for _, to := range note.Visibilities() {
			view.For = append(view.For, Option{Value: string(to), Label: p.T("notes.for_" + string(to))})
		}
		for _, c := range sh.Circles {
			view.Circles = append(view.Circles, Option{Value: string(c.ID), Label: c.Name})
		}
		if len(sh.Circles) == 0 {
			form.Default("circle", newCircle)
		}
		view.Colleagues = colleagues(r, sh)
	}
	for _, s := range sh.Steps {
		view.Steps = append(view.Steps, Option{string(s.ID), s.Title, form.Has("step", string(s.ID))})
	}
	for _, x := range sh.Exchanges {
		view.Exchanges = append(view.Exchanges, Option{string(x.ID), p.T("notes.exchange", "party", x.Title, "date", x.On), form.Has("exchange", string(x.ID))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "note/write", Title: view.H1, Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// colleagues are those who may be named in a circle, the reader left out.
func colleagues(r *http.Request, sh note.Sheet) []Option {
	var list []Option
	for _, c := range sh.Colleagues {
		if c.ID != kit.From(r.Context()).Actor.ID {
			list = append(list, Option{Value: string(c.ID), Label: c.Name})
		}
	}
	return list
}
