package note

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// sheetView is the page of a note.
type sheetView struct {
	ID      core.ID
	Name    string
	H1      string
	Form    *kit.Form
	Entry   Entry
	Readers []string // names of the circle
	Own     bool     // the circle is the reader's to change
	About   []aboutView
	Why     string
	Text    []Part // of a withdrawn note
	Third   bool   // something of the text speaks of a third person
	Waiting []versionView
	Current string // who wrote the text that counts, when
	History []versionView
}

type aboutView struct{ Href, Text string }

// versionView is one text of a note.
type versionView struct {
	ID      core.ID
	Who     string // « Claire Maurel, le 4 juin 2026 »
	First   bool
	Aside   bool
	Text    []Part
	Changes []changeView
}

// changeView is a run of words: "", "added" or "removed".
type changeView struct{ Op, Text string }

func (v viewer) version(of note.Version, key string) versionView {
	out := versionView{ID: of.ID, Who: v.p.T(key, "worker", v.names[of.By], "date", v.day(of.At)), Aside: of.Aside(), Text: parts(of.Body)}
	for _, c := range of.Changes {
		out.Changes = append(out.Changes, changeView{map[note.Op]string{note.Added: "added", note.Removed: "removed"}[c.Op], c.Text})
	}
	return out
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	sh, err := h.notes.Read(r.Context(), file, id)
	if err != nil {
		return err
	}
	if sh.Person.ID != file {
		h.kit.Redirect(w, r, notePath(sh.Person.ID, id))
		return nil
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	p := printer(r)
	v := newViewer(r, file, sh.Names, sh.Circles)
	view := sheetView{
		ID: file, Name: person.CallName(p, sh.Person.Identity), H1: p.T("notes.h1", "date", sh.On), Form: form, Entry: v.entry(sh.Note, sh.Words, 0), Why: sh.Why,
		Current: p.T("notes.other_text", "worker", sh.Names[sh.ChangedBy], "date", v.day(sh.ChangedAt)),
	}
	if sh.Withdrawn() {
		view.Text = parts(sh.Body)
	}
	for _, part := range append(view.Entry.Parts, view.Text...) {
		view.Third = view.Third || part.Third
	}
	if sh.In != nil {
		for _, m := range sh.In.Members {
			view.Readers = append(view.Readers, sh.Names[m])
		}
		view.Own = sh.In.Maker == kit.From(r.Context()).Actor.ID
	}
	for _, s := range sh.Steps {
		if s.ID == sh.Step {
			view.About = append(view.About, aboutView{"/personnes/" + string(file) + "/demarches/" + string(s.ID), s.Title})
		}
	}
	for _, x := range sh.Exchanges {
		if x.ID == sh.Exchange {
			view.About = append(view.About, aboutView{"/personnes/" + string(file) + "/appels", p.T("notes.exchange", "party", x.Title, "date", x.On)})
		}
	}
	for _, of := range sh.Waiting {
		view.Waiting = append(view.Waiting, v.version(of, "notes.other_text"))
	}
	if len(sh.History) > 1 {
		for i, of := range sh.History {
			one := v.version(of, "notes.version")
			one.First = i == len(sh.History)-1
			view.History = append(view.History, one)
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "note/sheet", Title: view.H1, Sheet: "file.css", Nav: "people", View: view})
}

// choose settles two texts written at once.
func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	file, id, err := ids(r)
	if err != nil {
		return err
	}
	if err := h.notes.Choose(r.Context(), file, id, core.ID(r.PostForm.Get("version")), r.PostForm.Get("garder") == "1"); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, notePath(file, id))
	return nil
}
