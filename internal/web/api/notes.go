package api

import (
	"context"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Note is a note that the token's worker may read: others are not there at all.
type Note struct {
	ID          core.ID  `json:"id"`
	Kind        string   `json:"kind" doc:"counter, phone, visit, letter, message or other"`
	On          string   `json:"on" doc:"Day of what happened"`
	Visibility  string   `json:"visibility" doc:"author, circle, team, or person: the team and the person"`
	Circle      core.ID  `json:"circle,omitempty"`
	Text        string   `json:"text" doc:"Paragraphs parted by line feeds. What stands between [[ and ]] speaks of a third person: leave it out of any copy"`
	Third       []string `json:"third,omitempty" doc:"Names of third persons, to be left out of any copy too"`
	Masked      string   `json:"masked" doc:"The text as it may leave"`
	Step        core.ID  `json:"step,omitempty"`
	Exchange    core.ID  `json:"exchange,omitempty"`
	Author      core.ID  `json:"author"`
	WrittenAt   string   `json:"written_at"`
	ChangedAt   string   `json:"changed_at"`
	ChangedBy   core.ID  `json:"changed_by"`
	WithdrawnAt string   `json:"withdrawn_at,omitempty" doc:"Absent while it stands; withdrawn, its text is not given"`
	Waiting     bool     `json:"waiting,omitempty" doc:"Somebody wrote another text at the same time: a choice is due, on its page"`
}

// NotePage is one page, the latest happening first.
type NotePage struct {
	Items []Note `json:"items"`
	Next  string `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// NewNote is a note to write.
type NewNote struct {
	Kind       string   `json:"kind" enum:"counter,phone,visit,letter,message,other"`
	On         string   `json:"on,omitempty" maxLength:"10" doc:"Absent: today"`
	Visibility string   `json:"visibility" enum:"author,circle,team,person"`
	Circle     core.ID  `json:"circle,omitempty" maxLength:"36" doc:"One that the worker is in; needed for visibility circle"`
	Text       string   `json:"text" minLength:"1" maxLength:"20000"`
	Third      []string `json:"third,omitempty" maxItems:"12"`
	Step       core.ID  `json:"step,omitempty" maxLength:"36"`
	Exchange   core.ID  `json:"exchange,omitempty" maxLength:"36"`
}

// Statement is what the person said, in their words. It is never changed.
type Statement struct {
	ID       core.ID `json:"id"`
	Note     core.ID `json:"note,omitempty" doc:"The note beside which it stands"`
	Words    string  `json:"words"`
	SaidOn   string  `json:"said_on"`
	Reread   string  `json:"reread,omitempty" doc:"aloud, self or interpreter; absent: it was not read again"`
	ByPerson bool    `json:"by_person,omitempty" doc:"Written by the person from their own space"`
	At       string  `json:"at"`
	By       core.ID `json:"by,omitempty" doc:"The worker who took it down"`
}

// StatementPage is one page, the last said first.
type StatementPage struct {
	Items []Statement `json:"items"`
	Next  string      `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// NewStatement is taken down as the person says it.
type NewStatement struct {
	Note   core.ID `json:"note,omitempty" maxLength:"36"`
	Words  string  `json:"words" minLength:"1" maxLength:"5000"`
	SaidOn string  `json:"said_on,omitempty" maxLength:"10" doc:"Absent: today"`
	Reread string  `json:"reread,omitempty" enum:"aloud,self,interpreter,"`
}

type notesInput struct {
	ListInput
	Kind       string `query:"kind" enum:"counter,phone,visit,letter,message,other"`
	Visibility string `query:"visibility" enum:"author,circle,team,person"`
	Q          string `query:"q" maxLength:"200" doc:"Words that must all stand in the text"`
}

type newNoteInput struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body NewNote
}

type notePath struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Note string `path:"note" maxLength:"64"`
}

type statementsInput struct {
	ListInput
	Note string `query:"note" maxLength:"64" doc:"Only those beside this note"`
}

type newStatementInput struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body NewStatement
}

func (h *Handler) registerNotes(notes *note.Service) {
	n := noteHandler{notes}
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/notes", id: "listNotes", scope: access.NotesRead, summary: "Notes of a file that the worker may read"}, n.list)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/notes", id: "writeNote", scope: access.NotesWrite, status: http.StatusCreated, summary: "Write a note"}, n.write)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/notes/{note}", id: "readNote", scope: access.NotesRead, summary: "One note"}, n.read)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/statements", id: "listStatements", scope: access.NotesRead, summary: "What the person said, in their words"}, n.listStatements)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/statements", id: "addStatement", scope: access.NotesWrite, status: http.StatusCreated, summary: "Take down what the person says"}, n.addStatement)
}

type noteHandler struct{ notes *note.Service }

func (h noteHandler) list(ctx context.Context, in *notesInput) (*struct{ Body NotePage }, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	page, err := h.notes.List(ctx, id, note.Filter{Kind: note.Kind(in.Kind), Visibility: note.Visibility(in.Visibility), Query: in.Q}, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body NotePage }{NotePage{Items: []Note{}, Next: page.Next}}
	for _, n := range page.Notes {
		out.Body.Items = append(out.Body.Items, noteOf(n))
	}
	return out, nil
}

func noteOf(n note.Note) Note {
	out := Note{ID: n.ID, Kind: string(n.Kind), On: n.On.String(), Visibility: string(n.Visibility), Circle: n.Circle, Step: n.Step, Exchange: n.Exchange,
		Author: n.Author, WrittenAt: instant(n.WrittenAt), ChangedAt: instant(n.ChangedAt), ChangedBy: n.ChangedBy, WithdrawnAt: instant(n.WithdrawnAt), Waiting: n.Waits}
	if !n.Withdrawn() {
		out.Text, out.Third, out.Masked = n.Text, n.Third, note.Mask(n.Body)
	}
	return out
}

func (h noteHandler) write(ctx context.Context, in *newNoteInput) (*refOutput, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var f errs.Fields
	on := date(&f, "on", b.On)
	if err := f.Err(); err != nil {
		return nil, err
	}
	id, err := h.notes.Write(ctx, file, note.Input{Kind: note.Kind(b.Kind), On: on, Visibility: note.Visibility(b.Visibility), Circle: b.Circle,
		Text: b.Text, Third: b.Third, Step: b.Step, Exchange: b.Exchange})
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/notes/" + string(id), Body: Ref{ID: id}}, nil
}

func (h noteHandler) read(ctx context.Context, in *notePath) (*struct{ Body Note }, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	id, err := parseID(in.Note)
	if err != nil {
		return nil, err
	}
	sheet, err := h.notes.Read(ctx, file, id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Note }{noteOf(sheet.Note)}, nil
}

func (h noteHandler) listStatements(ctx context.Context, in *statementsInput) (*struct{ Body StatementPage }, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	var beside core.ID
	if in.Note != "" {
		if beside, err = parseID(in.Note); err != nil {
			return nil, err
		}
	}
	page, err := h.notes.ListWords(ctx, file, beside, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body StatementPage }{StatementPage{Items: []Statement{}, Next: page.Next}}
	for _, s := range page.List {
		one := Statement{ID: s.ID, Note: s.Note, Words: s.Words, SaidOn: s.On.String(), Reread: string(s.Reread), ByPerson: s.ByPerson, At: instant(s.At)}
		if !s.ByPerson {
			one.By = s.By
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

func (h noteHandler) addStatement(ctx context.Context, in *newStatementInput) (*refOutput, error) {
	file, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var f errs.Fields
	on := date(&f, "said_on", b.SaidOn)
	if err := f.Err(); err != nil {
		return nil, err
	}
	id, err := h.notes.AddStatement(ctx, file, note.StatementInput{Note: b.Note, Words: b.Words, On: on, Reread: casefile.Reread(b.Reread)})
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(file) + "/statements", Body: Ref{ID: id}}, nil
}
