package talk

import (
	_ "embed"
	"errors"
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/rights"
)

// example is a patch to begin from.
//
//go:embed example.md
var example string

// countView is what may be said of a whole organisation.
type countView struct {
	Rows   []countRow
	Fewest int
}

// countRow is one right; a number below the smallest shown is « moins de 11 ».
type countRow struct{ Name, Probable, ToVerify, Changed string }

func (h *Handler) counts(w http.ResponseWriter, r *http.Request) error {
	list, err := h.talks.Counts(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	view := countView{Fewest: talk.Fewest}
	say := func(n int, hidden bool) string {
		if hidden {
			return p.T("conversations.count_hidden", "n", talk.Fewest)
		}
		return p.T("conversations.count_about", "n", p.Number(int64(n)))
	}
	for _, c := range list {
		if c.Hidden.Probable && c.Hidden.ToVerify && c.Hidden.Changed {
			continue
		}
		view.Rows = append(view.Rows, countRow{h.words.Name(p, c.Right), say(c.Probable, c.Hidden.Probable), say(c.ToVerify, c.Hidden.ToVerify), say(c.Changed, c.Hidden.Changed)})
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/counts", Title: p.T("conversations.counts_title"), Sheet: "file.css", Nav: "today", View: view, Script: true})
}

// tryView is another rule tried on a list.
type tryView struct {
	Form     *kit.Form
	Teams    []option
	Problems []Sentence
	Done     bool
	Month    string
	Changes  []changeView
	Affected []string // names of the rights that read what changes
	People   []triedView
	Next     string // where to go on from
	Looked   bool   // somebody was looked at
}

// changeView is one thing that the patch changes; its label is the law's own.
type changeView struct{ Say, Label string }

// triedView is somebody for whom the rule would change something.
type triedView struct {
	ID     core.ID
	Name   string
	Rights []triedRight
}

type triedRight struct{ Href, Name, Before, After string }

func (h *Handler) showTry(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Again() // trying twice is harmless
	form.Default("regle", example)
	return h.renderTry(w, r, tryView{Form: form}, http.StatusOK)
}

func (h *Handler) renderTry(w http.ResponseWriter, r *http.Request, view tryView, status int) error {
	if !h.talks.CanTry() {
		return errs.New(errs.NotFound, "")
	}
	v := kit.From(r.Context())
	teams, err := h.talks.MyTeams(r.Context())
	if err != nil {
		return err
	}
	for _, id := range v.Actor.Teams {
		if name := teams[id]; name != "" {
			view.Teams = append(view.Teams, option{string(id), name})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/try", Title: v.T("conversations.try_title"), Sheet: "file.css", Nav: "today", Status: status, View: view})
}

func (h *Handler) try(w http.ResponseWriter, r *http.Request) error {
	patch, team := r.PostForm.Get("regle"), core.ID(r.PostForm.Get("equipe"))
	if team != "" && !slices.Contains(kit.From(r.Context()).Actor.Teams, team) {
		return errs.New(errs.NotFound, "")
	}
	got, err := h.talks.Try(r.Context(), []byte(patch), talk.Over{Team: team}, r.PostForm.Get("apres"))
	form, ferr := h.kit.Typed(w, r)
	if ferr != nil {
		return ferr
	}
	form.Again()
	view := tryView{Form: form}
	var wrong *talk.PatchError
	if errors.As(err, &wrong) {
		for _, problem := range wrong.Problems {
			view.Problems = append(view.Problems, problemLine(r, problem))
		}
		return h.renderTry(w, r, view, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	p := printer(r)
	view.Done, view.Month, view.Next, view.Looked = true, p.Month(got.Month), got.Next, got.Looked > 0
	for _, c := range got.Changes {
		say := p.T("conversations.try_whole")
		if day, err := core.ParseDate(c.From); err == nil {
			say = p.T("conversations.try_from", "date", p.Date(day))
		}
		view.Changes = append(view.Changes, changeView{say, c.Label})
	}
	for _, right := range got.Rights {
		view.Affected = append(view.Affected, h.words.Name(p, right))
	}
	for _, one := range got.People {
		t := triedView{ID: one.ID, Name: one.Name}
		for _, right := range one.Rights {
			t.Rights = append(t.Rights, triedRight{"/personnes/" + string(one.ID) + "/droits/" + right.Name, h.words.Name(p, right.Name), h.said(p, right.Name, right.Before), h.said(p, right.Name, right.After)})
		}
		view.People = append(view.People, t)
	}
	return h.renderTry(w, r, view, http.StatusOK)
}

// problemLine is one thing to correct in a patch; what is wrong is said in French, as
// the rules are.
func problemLine(r *http.Request, p rights.Problem) Sentence {
	printer := printer(r)
	s := Sentence{Text: printer.T("conversations.problem", "line", p.Pos.Line, "column", p.Pos.Col, "what", p.Message)}
	if p.Advice != "" {
		s.Text += " (" + p.Advice + ")"
	}
	return s
}
