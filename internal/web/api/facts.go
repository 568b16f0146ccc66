package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Subject is what a fact is about.
type Subject struct {
	Kind string  `json:"kind" enum:"person,household"`
	ID   core.ID `json:"id" maxLength:"36"`
}

// Fact is one dated value of one variable, as it was said or seen.
type Fact struct {
	ID           core.ID `json:"id"`
	Subject      Subject `json:"subject"`
	Variable     string  `json:"variable" doc:"A name of the engine's vocabulary: loyer, salaire_net"`
	From         string  `json:"from,omitempty" doc:"First month or day; absent = always"`
	Until        string  `json:"until,omitempty" doc:"Last month or day; absent = still"`
	State        string  `json:"state" doc:"known, unknown or refused (the person prefers not to say)"`
	Value        string  `json:"value,omitempty" doc:"Canonical text: 548.5, true, 2026-06-11"`
	Hidden       bool    `json:"hidden,omitempty" doc:"The address is protected: value and detail are left out"`
	Source       string  `json:"source" doc:"said, document, computed, imported or caf_letter"`
	Detail       string  `json:"detail,omitempty" doc:"Which document"`
	SeenOn       string  `json:"seen_on"`
	RecordedAt   string  `json:"recorded_at"`
	RecordedBy   core.ID `json:"recorded_by"`
	SupersededBy core.ID `json:"superseded_by,omitempty" doc:"Absent while it is believed"`
	ConflictWith core.ID `json:"conflict_with,omitempty" doc:"It waits for somebody's choice"`
}

// FactPage is one page of the facts ever written, the latest first.
type FactPage struct {
	Items []Fact `json:"items"`
	Next  string `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// NewFact is one cell.
type NewFact struct {
	Subject  *Subject `json:"subject,omitempty" doc:"Absent: the file's person, or their dwelling"`
	Variable string   `json:"variable" maxLength:"80"`
	From     string   `json:"from,omitempty" maxLength:"10" doc:"2026-06-11, 2026-06 or 2026"`
	Until    string   `json:"until,omitempty" maxLength:"10"`
	State    string   `json:"state,omitempty" enum:"known,unknown,refused," default:"known"`
	Value    string   `json:"value,omitempty" maxLength:"200" doc:"In the variable's unit"`
	Source   string   `json:"source" enum:"said,document,imported,caf_letter"`
	Detail   string   `json:"detail,omitempty" maxLength:"120" doc:"Which document; needed for source document"`
	SeenOn   string   `json:"seen_on,omitempty" maxLength:"10" doc:"Absent: today"`
	Replaces core.ID  `json:"replaces,omitempty" maxLength:"36" doc:"The fact that was read and that this one corrects"`
}

// Saved are the facts written; one that said nothing new is not among them.
type Saved struct {
	IDs []core.ID `json:"ids"`
}

type factsInput struct {
	ID    string `path:"id" maxLength:"64" doc:"The person's id"`
	After string `query:"after" maxLength:"64"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

type saveFactsInput struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body struct {
		Facts []NewFact `json:"facts" minItems:"1" maxItems:"40" doc:"All are written, or none"`
	}
}

func (h *Handler) registerFacts() {
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/facts", id: "listFacts", scope: access.FactsRead, summary: "Facts ever written in a file, the latest first"},
		func(ctx context.Context, in *factsInput) (*struct{ Body FactPage }, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			list, next, err := h.cases.Timeline(ctx, id, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			out := &struct{ Body FactPage }{FactPage{Items: []Fact{}, Next: next}}
			for _, f := range list {
				out.Body.Items = append(out.Body.Items, factOf(f))
			}
			return out, nil
		})
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/facts", id: "saveFacts", scope: access.FactsWrite,
		summary: "Write facts; 409 urn:parvis:problem:fact-conflict when somebody wrote the same meanwhile: both are kept"}, h.saveFacts)
}

func (h *Handler) saveFacts(ctx context.Context, in *saveFactsInput) (*struct{ Body Saved }, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	var f errs.Fields
	cells := make([]casefile.FactInput, len(in.Body.Facts))
	for i, n := range in.Body.Facts {
		at := strconv.Itoa(i) + "."
		cells[i] = casefile.FactInput{Variable: n.Variable, From: partialDate(&f, at+"from", n.From), Until: partialDate(&f, at+"until", n.Until),
			State: casefile.State(n.State), Value: n.Value, Source: casefile.Source(n.Source), Detail: n.Detail, SeenOn: date(&f, at+"seen_on", n.SeenOn), Replaces: n.Replaces}
		if n.State == "" {
			cells[i].State = casefile.Known
		}
		if n.Subject != nil {
			cells[i].Subject = casefile.Subject{Kind: casefile.SubjectKind(n.Subject.Kind), ID: n.Subject.ID}
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	saved, err := h.cases.SaveFacts(ctx, id, cells)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Saved }{Saved{IDs: []core.ID{}}}
	for _, s := range saved {
		out.Body.IDs = append(out.Body.IDs, s.ID)
	}
	return out, nil
}

func factOf(f casefile.Fact) Fact {
	return Fact{ID: f.ID, Subject: Subject{Kind: string(f.Subject.Kind), ID: f.Subject.ID}, Variable: f.Variable, From: f.From.String(), Until: f.Until.String(),
		State: string(f.State), Value: f.Value, Hidden: f.Hidden, Source: string(f.Source), Detail: f.Detail, SeenOn: f.SeenOn.String(), RecordedAt: instant(f.RecordedAt),
		RecordedBy: f.RecordedBy, SupersededBy: f.SupersededBy, ConflictWith: f.ConflictWith}
}

// instant writes µs UTC as RFC 3339, "" for 0.
func instant(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
}
