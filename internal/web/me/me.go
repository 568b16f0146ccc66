// Package me is the person's own home: nothing about money on its first screen,
// their rights behind a door, and a human on every page.
package me

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/casefile/space"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/outlook"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the person's pages.
type Handler struct {
	kit   *kit.Kit
	cases *casefile.Service
	plans *plan.Service
	load  *caseload.Service
	notes *note.Service
	seen  *seen.Service
	space *space.Service
	words person.Words
	ahead *months.Service
	// papers tells that papers are kept here.
	papers bool
}

// Register adds the person's routes.
func Register(k *kit.Kit, cases *casefile.Service, load *caseload.Service, notes *note.Service, journal *seen.Service, screens *space.Service, words person.Words, papers bool) {
	h := &Handler{kit: k, cases: cases, plans: plan.New(cases), load: load, notes: notes, seen: journal, space: screens, words: words, ahead: months.New(cases), papers: papers}
	k.Handle("GET /moi", kit.PersonIn, h.show)
	k.Handle("GET /moi/plan", kit.PersonIn, h.plan)
	k.Handle("GET /moi/plan/papier", kit.PersonIn, h.planPaper)
	k.Handle("GET /moi/plan/papier/pdf", kit.PersonIn, h.planPDF)
	k.Handle("GET /moi/fiche", kit.PersonIn, h.sheet)
	k.Handle("GET /moi/fiche/pdf", kit.PersonIn, h.sheetPDF)
	k.Handle("GET /moi/notes", kit.PersonIn, h.showNotes)
	k.Handle("GET /moi/mots", kit.PersonIn, h.showWords)
	k.Handle("POST /moi/mots", kit.PersonIn, h.saveWords)
}

// view is the home.
type view struct {
	Hello  string
	Rights string // what is behind the door, never an amount
	Seen   string // who opened the file last, and when
	Shows  shows  // what the person left in
	House  kit.House
	Who    whoView
	Short  bool // came in with a code: what needs more than that is not here
}

// shows is which parts of the space show.
type shows struct{ Rights, Situation, Plan, Papers, Notes, Journal, Agreements, Copy, Who bool }

func showsOf(s space.Space) shows {
	return shows{
		Rights: s.Shows(space.Rights), Situation: s.Shows(space.Situation), Plan: s.Shows(space.Plan), Papers: s.Shows(space.Papers), Notes: s.Shows(space.Notes),
		Journal: s.Shows(space.Journal), Agreements: s.Shows(space.Agreements), Copy: s.Shows(space.Copy), Who: s.Shows(space.Who),
	}
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	own, err := h.space.Own(r.Context())
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	if core.ActorFrom(r.Context()).AAL < 2 {
		return h.showShort(w, r, own)
	}
	file, err := h.cases.OpenOwn(r.Context(), 0)
	if err != nil {
		return err
	}
	out := view{Hello: hello(p, file.Person), House: h.kit.HouseOf(r), Rights: p.T("web.me.rights_none")}
	out.Shows = showsOf(own)
	out.Shows.Papers = out.Shows.Papers && h.papers
	for _, l := range file.Rights {
		if l.Result != nil && !l.Silenced() {
			out.Rights = p.T("web.me.rights_read")
		}
	}
	out.Seen = p.T("seen.door")
	if own.Neutral {
		out.Hello, out.Rights = p.T("web.me.hello_nobody"), ""
		out.Shows.Who = false
	}
	if own.Shows(space.Who) && !own.Neutral {
		if out.Who, err = h.who(r); err != nil {
			return err
		}
	}
	if own.Shows(space.Journal) && !own.Neutral {
		if out.Seen, err = h.lastSeen(r, p); err != nil {
			return err
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "me/me", Title: p.T("web.me.title"), Sheet: "gate.css", Public: true, View: out})
}

// showShort is the home of somebody who came in with a code alone: it names nobody, and
// leads to what one factor opens.
func (h *Handler) showShort(w http.ResponseWriter, r *http.Request, own space.Space) error {
	p := kit.From(r.Context()).P
	out := view{Hello: p.T("web.me.hello_nobody"), House: h.kit.HouseOf(r), Short: true, Shows: shows{Plan: own.Shows(space.Plan), Agreements: own.Shows(space.Agreements)}}
	return h.kit.Render(w, r, kit.Page{Template: "me/me", Title: p.T("web.me.title"), Sheet: "gate.css", Public: true, View: out})
}

// lastSeen says who opened the file last, and on which day.
func (h *Handler) lastSeen(r *http.Request, p *i18n.Printer) (string, error) {
	last, err := h.seen.Last(r.Context())
	switch {
	case err != nil:
		return "", err
	case last.Line.Name != "":
		return p.T("seen.door_last", "who", last.Line.Name, "date", p.DayMonth(last.Date)), nil
	case last.Line.Function != "":
		return p.T("seen.door_last", "who", kit.Capital(last.Line.Function), "date", p.DayMonth(last.Date)), nil
	}
	return p.T("seen.door"), nil
}

// hello greets as the person wants to be called: « Bonjour Madame Haddad », a
// first name only when they gave one of use.
func hello(p *i18n.Printer, who casefile.Person) string {
	switch {
	case who.FirstNameOfUse != "":
		return p.T("web.me.hello", "name", who.FirstNameOfUse)
	case who.Title == casefile.TitleMadame:
		return p.T("web.me.hello_madame", "name", who.UsualName)
	case who.Title == casefile.TitleMonsieur:
		return p.T("web.me.hello_monsieur", "name", who.UsualName)
	}
	return p.T("web.me.hello", "name", who.DisplayName())
}

func (h *Handler) sheet(w http.ResponseWriter, r *http.Request) error {
	view, err := h.readSheet(r)
	if err != nil {
		return err
	}
	return person.RenderSheet(h.kit, w, r, view.Tag, view)
}

func (h *Handler) sheetPDF(w http.ResponseWriter, r *http.Request) error {
	view, err := h.readSheet(r)
	if err != nil {
		return err
	}
	return person.SheetPDF(w, r, view)
}

// readSheet makes the person's own sheet, of today: it has no code.
func (h *Handler) readSheet(r *http.Request) (person.SheetView, error) {
	file, err := h.cases.OpenOwn(r.Context(), 0)
	if err != nil {
		return person.SheetView{}, err
	}
	tag := tagOf(r)
	p := i18n.For(tag)
	sheet := person.Own(p, h.words, file)
	sheet.Back, sheet.BackName, sheet.Here, sheet.Tag = "/moi", p.T("web.me.title"), "/moi/fiche", tag
	o, err := h.ahead.Read(r.Context(), file.Person.ID)
	if err != nil {
		return person.SheetView{}, err
	}
	sheet.Ahead = outlook.Tell(p, h.words, file.Person.ID, o)
	sheet.House, sheet.At = h.kit.HouseOf(r), file.Today.Time()
	sheet.Made = p.T("web.sheet.made", "name", sheet.Name, "date", p.Date(file.Today))
	return sheet, nil
}

// tagOf is the language of a paper: the one asked, else the page's.
func tagOf(r *http.Request) string {
	if tag := r.URL.Query().Get("langue"); i18n.Known(tag) {
		return tag
	}
	return kit.From(r.Context()).P.Tag()
}

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	plan, err := h.plans.ReadOwn(r.Context())
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "me/plan", Title: kit.From(r.Context()).T("steps.my_plan"), Sheet: "file.css", Public: true,
		View: planView{Plan: person.OwnPlan(r, plan), House: h.kit.HouseOf(r)}})
}

// planView is the person's own plan.
type planView struct {
	Plan  person.PlanPage
	House kit.House
}
