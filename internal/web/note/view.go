package note

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Entry is a note as pages show it.
type Entry struct {
	ID        core.ID
	Href      string // "" on the person's own page
	Title     string // « 4 juin 2026 · En visite »
	Icon      string
	Tag       Tag
	Apart     bool // kept for its author or a circle: printed from its own page alone
	Parts     []Part
	More      bool // the text goes on
	Withdrawn string
	Foot      string // who wrote it, who corrected it
	Waits     bool
	Words     []Said
	Answer    string // where the person adds their words
}

// Tag says for whom a note is kept.
type Tag struct{ Icon, Text string }

// Part is a piece of a text; Third when it speaks of a third person.
type Part struct {
	Text  string
	Third bool
}

// Said is what the person said.
type Said struct{ Words, Note string }

// viewer puts notes into words.
type viewer struct {
	p      *i18n.Printer
	file   core.ID // "" on the person's own page
	names  map[core.ID]string
	circle map[core.ID]string
	day    func(us int64) core.Date
}

func newViewer(r *http.Request, file core.ID, names map[core.ID]string, circles []note.Circle) viewer {
	v := viewer{p: printer(r), file: file, names: names, circle: map[core.ID]string{}, day: func(us int64) core.Date {
		return core.DateOf(kit.Instant(kit.From(r.Context()), us))
	}}
	for _, c := range circles {
		v.circle[c.ID] = c.Name
	}
	return v
}

// Own is the person's own page: no link into the file, and no name of a circle.
func Own(r *http.Request, page note.Page) []Entry {
	v := newViewer(r, "", page.Names, nil)
	list := v.entries(page, 0)
	for i, n := range page.Notes {
		list[i].Answer = "/moi/mots?note=" + string(n.ID)
		list[i].Tag = Tag{}
	}
	return list
}

// OwnWords are the person's words on their own page.
func OwnWords(r *http.Request, list []note.Statement, names map[core.ID]string) []Said {
	return newViewer(r, "", names, nil).words(list)
}

func (v viewer) entries(page note.Page, most int) []Entry {
	list := make([]Entry, 0, len(page.Notes))
	for _, n := range page.Notes {
		list = append(list, v.entry(n, page.Beside[n.ID], most))
	}
	return list
}

// entry shows a note, its text cut after most characters (0 = whole).
func (v viewer) entry(n note.Note, beside []note.Statement, most int) Entry {
	e := Entry{
		ID: n.ID, Title: v.p.T("notes.export_label", "date", n.On, "kind", v.p.T("notes.kind_"+string(n.Kind))),
		Icon: kindIcon(n.Kind), Tag: v.tag(n.Visibility, n.Circle), Waits: n.Waits, Words: v.words(beside),
		Foot: v.p.T("notes.written_by", "worker", v.names[n.Author], "date", v.day(n.WrittenAt)),
	}
	e.Apart = n.Visibility == note.ForAuthor || n.Visibility == note.ForCircle
	if v.file != "" {
		e.Href = notePath(v.file, n.ID)
	}
	if n.Edited {
		e.Foot += " " + v.p.T("notes.edited_by", "worker", v.names[n.ChangedBy], "date", v.day(n.ChangedAt))
	}
	if n.Withdrawn() {
		e.Withdrawn = v.p.T("notes.withdrawn_by", "worker", v.names[n.WithdrawnBy], "date", v.day(n.WithdrawnAt))
		return e
	}
	e.Parts, e.More = cut(parts(n.Body), most)
	return e
}

func parts(b note.Body) []Part {
	var list []Part
	for _, s := range note.Segments(b) {
		list = append(list, Part{s.Text, s.Third})
	}
	return list
}

// cut keeps the first characters of a text, to the end of a word.
func cut(list []Part, most int) ([]Part, bool) {
	if most <= 0 {
		return list, false
	}
	for i, part := range list {
		letters := []rune(part.Text)
		if len(letters) <= most {
			most -= len(letters)
			continue
		}
		end := most
		for end > 0 && letters[end] != ' ' && letters[end] != '\n' {
			end--
		}
		if end == 0 {
			end = most
		}
		kept := append([]Part{}, list[:i]...)
		return append(kept, Part{string(letters[:end]) + "…", part.Third}), true
	}
	return list, false
}

func (v viewer) tag(for_ note.Visibility, circle core.ID) Tag {
	t := Tag{"people", v.p.T("notes.tag_" + string(for_))}
	switch for_ {
	case note.ForAuthor:
		t.Icon = "moon"
	case note.ForCircle:
		t.Icon = "meet"
		if name := v.circle[circle]; name != "" {
			t.Text = v.p.T("notes.tag_circle_name", "name", name)
		}
	case note.ForPerson:
		t.Icon = "share"
	}
	return t
}

func kindIcon(k note.Kind) string {
	switch k {
	case note.Counter:
		return "desk"
	case note.Phone:
		return "phone"
	case note.Visit:
		return "house"
	case note.Letter:
		return "letter"
	case note.Message:
		return "sms"
	}
	return "pen"
}

func (v viewer) words(list []note.Statement) []Said {
	var out []Said
	for _, s := range list {
		out = append(out, v.said(s))
	}
	return out
}

func (v viewer) said(s note.Statement) Said {
	who := ""
	switch {
	case s.ByPerson && v.file == "":
		who = v.p.T("notes.by_you")
	case s.ByPerson:
		who = v.p.T("notes.words_by_person")
	case v.file == "":
		who = v.p.T("notes.by_you_taken", "worker", v.names[s.By])
	default:
		who = v.p.T("notes.words_taken", "worker", v.names[s.By])
	}
	foot := who + " " + v.p.T("notes.words_on", "date", s.On)
	if !s.ByPerson {
		switch s.Reread {
		case "":
			foot += " " + v.p.T("steps.reread_not")
		default:
			foot += " " + v.p.T("steps.reread_"+string(s.Reread))
		}
	}
	return Said{v.p.T("steps.quote", "words", note.Plain(note.Body{Text: s.Words})), foot}
}

// Section is what the page of a file shows of its notes: the latest, begun.
type Section struct {
	ID    core.ID
	Notes []Entry
	Words []Said // the last ones, when they stand alone
	More  bool   // there are others
	Rests bool   // of somebody who died: it is read, nothing is added
}

// beginning is how many characters of a note the page of a file shows.
const beginning = 320

// Section reads it, for a worker, with the file; view gives what it shows. rests is
// true for the file of somebody who died.
func (h *Handler) Section(r *http.Request, file core.ID) (read casefile.Also, view func(rests bool) any) {
	var page note.Page
	return h.notes.Latest(&page), func(rests bool) any {
		v := newViewer(r, file, page.Names, page.Circles)
		return Section{ID: file, Notes: v.entries(page, beginning), Words: v.words(page.Words), More: page.Next != "", Rests: rests}
	}
}
