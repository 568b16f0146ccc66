package note

import (
	"net/http"
	"net/url"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// listView is a page of the notes of a file.
type listView struct {
	ID       core.ID
	Name     string
	Query    string
	Kinds    []Option
	For      []Option
	Filtered bool
	Words    []Said // on the first page, unfiltered
	Notes    []Entry
	Next     string // address of the page after
	First    string // address of the first page, when this is another one
}

// Option is one choice of a select.
type Option struct {
	Value, Label string
	Chosen       bool
}

func kindOptions(p *i18n.Printer, chosen string) []Option {
	var list []Option
	for _, k := range note.Kinds() {
		list = append(list, Option{string(k), p.T("notes.kind_" + string(k)), string(k) == chosen})
	}
	return list
}

// readFilter reads ?q=, ?rencontre= and ?pour=; what is unknown filters nothing.
func readFilter(q url.Values) note.Filter {
	f := note.Filter{Query: q.Get("q")}
	if len(f.Query) > maxQuery {
		f.Query = ""
	}
	for _, k := range note.Kinds() {
		if string(k) == q.Get("rencontre") {
			f.Kind = k
		}
	}
	for _, v := range note.Visibilities() {
		if string(v) == q.Get("pour") {
			f.Visibility = v
		}
	}
	if id, err := core.ParseID(q.Get("pour")); err == nil {
		f.Circle = id
	}
	return f
}

const maxQuery = 200 // bytes

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := readFilter(q)
	page, err := h.notes.List(r.Context(), id, f, q.Get("apres"), 0)
	if err != nil {
		return err
	}
	if page.Person.ID != id {
		h.kit.Redirect(w, r, path(page.Person.ID))
		return nil
	}
	p := printer(r)
	v := newViewer(r, id, page.Names, page.Circles)
	view := listView{
		ID: id, Name: person.CallName(p, page.Person.Identity), Query: f.Query, Filtered: f != note.Filter{},
		Kinds: kindOptions(p, string(f.Kind)), Notes: v.entries(page, 0), Words: v.words(page.Words),
	}
	for _, to := range note.Visibilities() {
		if to != note.ForCircle || len(page.Circles) > 0 {
			view.For = append(view.For, Option{string(to), v.tag(to, "").Text, to == f.Visibility})
		}
	}
	for _, c := range page.Circles {
		view.For = append(view.For, Option{string(c.ID), v.tag(note.ForCircle, c.ID).Text, c.ID == f.Circle})
	}
	if after := q.Get("apres"); after != "" {
		q.Del("apres")
		view.First = path(id) + "?" + q.Encode()
	}
	if page.Next != "" {
		q.Set("apres", page.Next)
		view.Next = path(id) + "?" + q.Encode()
	}
	return h.kit.Render(w, r, kit.Page{Template: "note/list", Title: p.T("notes.title"), Sheet: "file.css", Nav: "people", View: view})
}
