package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/webhook"
)

const contentProblem = "application/problem+json"

// Problem is what is answered when a request is not done: RFC 9457.
type Problem struct {
	Type   string       `json:"type" doc:"Stable: a program branches on it. urn:parvis:problem:invalid, duplicate, version…"`
	Title  string       `json:"title" doc:"The status in English"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty" doc:"A sentence for people, in the language of Accept-Language"`
	Trace  string       `json:"trace" doc:"What to say to whoever keeps the installation"`
	Errors []FieldError `json:"errors,omitempty" doc:"What is wrong, field by field"`
	// Duplicates come with urn:parvis:problem:duplicate.
	Duplicates []Found `json:"duplicates,omitempty" doc:"People already known who may be this one"`
	// Conflicts come with urn:parvis:problem:fact-conflict.
	Conflicts []FactPair `json:"conflicts,omitempty" doc:"Both facts are kept; theirs counts until somebody chooses"`
	// Current comes with urn:parvis:problem:decision-conflict.
	Current *Decision `json:"current,omitempty" doc:"The decision that counts"`

	wrote bool // something was written all the same
}

// FieldError is one thing wrong.
type FieldError struct {
	Field  string `json:"field" doc:"Where: usual_name, body.birth, query.limit"`
	Detail string `json:"detail" doc:"A sentence for people"`
}

// FactPair is two facts that disagree.
type FactPair struct {
	Theirs core.ID `json:"theirs"`
	Yours  core.ID `json:"yours"`
}

// Error is for the log.
func (p *Problem) Error() string { return p.Type }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of every problem.
func (p *Problem) ContentType(string) string { return contentProblem }

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

// refusal is an error of this edge, with a status and a type of its own.
type refusal struct {
	status int
	kind   string // after "urn:parvis:problem:"
	cause  *errs.Error
}

func (r *refusal) Error() string { return r.kind }
func (r *refusal) Unwrap() error { return r.cause }

func refuse(status int, kind string, key string, args ...any) *refusal {
	return &refusal{status: status, kind: kind, cause: errs.New(errs.Invalid, key, args...)}
}

var (
	errNotHere = refuse(http.StatusNotFound, "not-found", "api.problem.not_here")
	errMethod  = refuse(http.StatusMethodNotAllowed, "method", "api.problem.method")
)

// problem says an error to a program.
func (h *Handler) problem(ctx context.Context, err error) *Problem {
	v := kit.From(ctx)
	p := &Problem{Status: kit.Status(errs.KindOf(err)), Trace: v.ID}
	kind := ""
	var edge *refusal
	var alike *casefile.LooksLike
	var facts *casefile.FactConflict
	var decided *casefile.DecisionConflict
	var stale *casefile.PersonConflict
	var plan *plan.Conflict
	var hook *webhook.Conflict
	var fields errs.Fields
	switch {
	case errors.As(err, &edge):
		p.Status, kind = edge.status, edge.kind
	case errors.As(err, &alike):
		kind = "duplicate"
		for _, f := range alike.Found {
			p.Duplicates = append(p.Duplicates, foundOf(f))
		}
	case errors.As(err, &facts):
		kind, p.wrote = "fact-conflict", true
		for _, pair := range facts.Pairs {
			p.Conflicts = append(p.Conflicts, FactPair{Theirs: pair.Theirs.ID, Yours: pair.Yours.ID})
		}
	case errors.As(err, &decided):
		kind = "decision-conflict"
		if decided.Current.ID != "" {
			d := decisionOf(decided.Current)
			p.Current = &d
		}
	case errors.As(err, &stale):
		p.Status, kind = http.StatusPreconditionFailed, "version"
	case errors.As(err, &plan), errors.As(err, &hook):
		p.Status, kind = http.StatusPreconditionFailed, "version"
	}
	if errors.As(err, &fields) {
		p.Detail = v.T("api.problem.invalid")
		for _, f := range fields {
			if f.Kind == errs.NotFound {
				p.Status = http.StatusUnprocessableEntity
			}
			p.Errors = append(p.Errors, FieldError{Field: f.Field, Detail: v.P.Error(f)})
		}
	} else if e := kit.Sentence(err); e != nil && v.P.Has(e.Key) {
		p.Detail = v.P.Error(e)
	}
	p.Type, p.Title = kit.ProblemType(p.Status), http.StatusText(p.Status)
	if kind != "" {
		p.Type = "urn:parvis:problem:" + kind
	}
	if p.Status >= http.StatusInternalServerError {
		h.kit.Log.ErrorContext(ctx, "request failed", "trace", v.ID, "err", err)
	}
	return p
}

// fail answers outside an operation.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := h.problem(r.Context(), err)
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="Parvis"`)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", retryAfter(err))
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "10")
	}
	data, merr := json.Marshal(p)
	if merr != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", contentProblem)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(data, '\n')) // the program may have left
}

func retryAfter(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		if n, ok := e.Args["n"].(int); ok {
			return strconv.Itoa(n)
		}
	}
	return "10"
}

// translate turns what the library found wrong into a Problem, in people's words:
// its own are English, and repeat what was sent.
func (h *Handler) translate(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	visit := kit.From(ctx.Context())
	p := &Problem{Type: kit.ProblemType(m.Status), Title: http.StatusText(m.Status), Status: m.Status, Trace: visit.ID}
	if m.Status >= http.StatusInternalServerError {
		h.kit.Log.ErrorContext(ctx.Context(), "request failed", "trace", visit.ID, "err", m.Detail)
		return p, nil
	}
	p.Detail = visit.T("api.problem.invalid")
	if m.Status == http.StatusBadRequest {
		p.Detail = visit.T("api.problem.json")
	}
	for _, e := range m.Errors {
		key := "api.problem.field_invalid"
		switch {
		case strings.HasPrefix(e.Message, "unexpected property"), strings.HasPrefix(e.Message, "unknown query"):
			key = "api.problem.field_unknown"
		case strings.HasPrefix(e.Message, "expected required"), strings.HasPrefix(e.Message, "required "):
			key = "api.problem.field_missing"
		}
		field := e.Location
		if key == "api.problem.field_missing" && strings.HasPrefix(e.Message, "expected required property ") {
			name, _, _ := strings.Cut(strings.TrimPrefix(e.Message, "expected required property "), " ")
			field += "." + name
		}
		p.Errors = append(p.Errors, FieldError{Field: clip(field), Detail: visit.T(key)})
	}
	return p, nil
}

// clip shortens a name that a program made up.
func clip(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

func (h *Handler) problemSchema() *huma.Schema {
	return h.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
}
