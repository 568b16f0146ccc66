package desk

import (
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// boardView is the page of the desk.
type boardView struct {
	Choices
	Title    string
	Form     *kit.Form
	Waiting  []waitLine
	Received []waitLine
	Done     []line
	Next     string // address of the passages before
	Before   bool   // not the first page
	Arriving bool   // the form of an arrival was refused
}

// waitLine is somebody who waits, or is being received.
type waitLine struct {
	ID     core.ID
	Token  string
	Says   string
	Words  string
	Urgent string
	Group  bool // several people
	Form   *kit.Form
}

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderBoard(w, r, form, http.StatusOK, false)
}

func (h *Handler) renderBoard(w http.ResponseWriter, r *http.Request, form *kit.Form, status int, arriving bool) error {
	after := r.URL.Query().Get("apres")
	b, err := h.desks.Board(r.Context(), after)
	if err != nil {
		return err
	}
	p := printer(r)
	v := boardView{Choices: offered(p), Title: p.T("desk.h1", "day", p.WeekDay(b.Today)), Form: form, Before: after != "", Arriving: arriving}
	form.Default("channel", string(desk.Came))
	for i, one := range append(b.Waiting, b.Received...) {
		l := waitLine{ID: one.ID, Token: one.Token, Urgent: one.Urgent, Group: one.People > 1, Form: form}
		if l.Token == "" {
			l.Token = p.T("desk.somebody")
		}
		var says []string
		if one.People > 1 {
			says = append(says, sentence(p.N("desk.people_said", one.People)))
		}
		if len(one.Reasons) > 0 {
			says = append(says, sentence(titleOf(p, one)))
		}
		if one.Language != "" {
			says = append(says, sentence(p.T("desk.language."+one.Language)))
		}
		l.Words, l.Says = sentence(one.Words), strings.Join(says, " ")
		if i < len(b.Waiting) {
			v.Waiting = append(v.Waiting, l)
		} else {
			v.Received = append(v.Received, l)
		}
	}
	for _, one := range b.Done {
		v.Done = append(v.Done, lineOf(r, p, one, false))
	}
	if b.Next != "" {
		v.Next = "/accueil?apres=" + url.QueryEscape(b.Next) + "#h-j"
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/board", Title: p.T("desk.nav"), Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

func (h *Handler) note(w http.ResponseWriter, r *http.Request) error {
	in, err := readInput(r.PostForm, "")
	var id core.ID
	if err == nil {
		in.Version = 0
		id, err = h.desks.Note(r.Context(), in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderBoard(w, r, form, http.StatusUnprocessableEntity, false)
	}
	return h.noted(w, r, id)
}

// noted leads to the board, or to the paper to print when it was asked for.
func (h *Handler) noted(w http.ResponseWriter, r *http.Request, id core.ID) error {
	if r.PostForm.Get("geste") == "imprimer" {
		h.kit.Redirect(w, r, passagePath(id)+"/orientation")
		return nil
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.noted", Rest: "desk.noted_how", Href: passagePath(id), Link: "desk.see"})
	h.kit.Redirect(w, r, "/accueil")
	return nil
}

// arrivalPrefix names the fields of the form of an arrival, beside those of a passage.
const arrivalPrefix = "a_"

func (h *Handler) arrive(w http.ResponseWriter, r *http.Request) error {
	in, err := readInput(r.PostForm, arrivalPrefix)
	if err == nil {
		_, err = h.desks.Arrive(r.Context(), in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, prefixed(err, arrivalPrefix))
		if err != nil {
			return err
		}
		return h.renderBoard(w, r, form, http.StatusUnprocessableEntity, true)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.arrived", Rest: "desk.arrived_how"})
	h.kit.Redirect(w, r, "/accueil")
	return nil
}

// move is one gesture on the waiting list, or on a mistake.
func (h *Handler) move(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	to, flash := desk.State(""), kit.Flash{}
	switch r.PostForm.Get("geste") {
	case "recevoir":
		to = desk.Received
	case "remettre":
		to, flash = desk.Waiting, kit.Flash{Bold: "desk.put_back"}
	case "parti":
		to, flash = desk.Left, kit.Flash{Bold: "desk.gone", Rest: "desk.gone_how", Href: passagePath(id), Link: "desk.see"}
	case "erreur":
		to, flash = desk.Void, kit.Flash{Bold: "desk.voided", Rest: "desk.voided_how", Href: passagePath(id), Link: "desk.see"}
	case "retablir":
		to, flash = desk.Finished, kit.Flash{Bold: "desk.restored"}
	}
	if err := h.desks.Move(r.Context(), id, to); err != nil {
		return err
	}
	if to == desk.Received { // the form of the passage is next
		h.kit.Redirect(w, r, passagePath(id))
		return nil
	}
	h.kit.SetFlash(w, r, flash)
	h.kit.Redirect(w, r, "/accueil")
	return nil
}
