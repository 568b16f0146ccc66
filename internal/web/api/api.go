// Package api is /api/v1: the files of persons for programs, with the permissions
// and the journal of the pages.
//
// Guarantees:
//
//   - Every request but the document and the page that explains it carries a
//     personal access token; the token's scopes only narrow what its worker may do.
//   - An answer that is not a success is problem+json (RFC 9457) whose type is
//     stable and whose sentence is in the language of Accept-Language. What a
//     program sends wrong is never a 5xx.
//   - v1 only adds: fields, addresses, values. Unknown fields and unknown query
//     parameters are refused, so that nothing sent is silently lost.
//   - A write sent twice under one Idempotency-Key within a day is done once.
//
// Handlers parse, call one service method, and say the result; they hold no SQL
// and decide nothing.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/webhook"
)

const (
	base        = "/api/v1"
	contentJSON = "application/json"
)

// Handler answers /api/v1.
type Handler struct {
	kit      *kit.Kit
	access   *access.Service
	cases    *casefile.Service
	plans    *plan.Service
	webhooks *webhook.Service
	huma     huma.API
	mux      *http.ServeMux
	document []byte // OpenAPI, as JSON
	pace     *pace
}

// Register mounts the API and the page that explains it.
func Register(k *kit.Kit, a *access.Service, cases *casefile.Service, hooks *webhook.Service) (*Handler, error) {
	h := &Handler{kit: k, access: a, cases: cases, plans: plan.New(cases), webhooks: hooks, mux: http.NewServeMux(), pace: newPace(k.Clock)}
	h.huma = humago.New(h.mux, h.config())
	h.huma.UseMiddleware(h.checkScope)
	h.registerPersons()
	h.registerHouseholds()
	h.registerFacts()
	h.registerRights()
	h.registerQuestion()
	h.registerPlan()
	notes, err := note.New(cases)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	h.registerNotes(notes)
	h.registerWebhooks()
	if h.document, err = json.Marshal(h.huma.OpenAPI()); err != nil {
		return nil, fmt.Errorf("api document: %w", err)
	}
	k.Handle("GET "+base+"/{$}", kit.Anyone, h.start)
	k.Mount(base+"/", h)
	return h, nil
}

// OpenAPI is the description of every operation.
func (h *Handler) OpenAPI() *huma.OpenAPI { return h.huma.OpenAPI() }

func (h *Handler) config() huma.Config {
	format := huma.Format{Marshal: writeJSON, Unmarshal: json.Unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Parvis", Version: "1", Description: "Files of persons for programs. Dates are 2026-06-11, amounts are whole euro cents, " +
				"instants are RFC 3339 in UTC. v1 only adds fields, addresses and values: ignore what you do not know."},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
					Description: "A personal access token, made in the worker's account. The list beside it names the scope that an operation needs."}},
			},
		},
		Formats:                      map[string]huma.Format{contentJSON: format, "json": format},
		DefaultFormat:                contentJSON,
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{h.translate},
	}
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// operation is what differs between two operations.
type operation struct {
	method, path, id string
	scope            access.TokenScope
	summary          string
	status           int   // of a success; 0 = 200
	refusals         []int // beside those that every operation has
}

// add registers an operation whose handler returns ordinary errors.
func add[I, O any](h *Handler, o operation, handle func(ctx context.Context, in *I) (*O, error)) {
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: base + o.path, Summary: o.summary, DefaultStatus: o.status,
		Security:     []map[string][]string{{"token": {string(o.scope)}}},
		MaxBodyBytes: maxBody + 1,
		Responses:    map[string]*huma.Response{},
	}
	refusals := append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, o.refusals...)
	if o.method != http.MethodGet {
		refusals = append(refusals, http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
		op.Parameters = append(op.Parameters, &huma.Param{Name: headerKey, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "Any text of 1 to 200 visible characters. The same request under the same key is done once and answered the same for 24 hours; another request under it is a 422."})
	}
	problem := h.problemSchema()
	for _, status := range refusals {
		op.Responses[fmt.Sprint(status)] = &huma.Response{Description: http.StatusText(status),
			Content: map[string]*huma.MediaType{contentProblem: {Schema: problem}}}
	}
	huma.Register(h.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			p := h.problem(ctx, err)
			if wrote, ok := ctx.Value(wroteKey).(*bool); ok {
				*wrote = p.wrote
			}
			return nil, p
		}
		return out, nil
	})
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path == base+"/openapi.json" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		w.Header().Set("Content-Type", contentJSON)
		_, _ = w.Write(h.document) // the program may have left
		return
	}
	if err := h.serve(w, r); err != nil {
		h.fail(w, r, err)
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	r, err := h.authenticate(r)
	if err != nil {
		return err
	}
	if _, pattern := h.mux.Handler(r); pattern == "" {
		return h.nowhere(w, r)
	}
	// There is one format. The library answers a 500 to some headers that ask for none.
	r.Header.Set("Accept", contentJSON)
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		h.mux.ServeHTTP(w, r)
		return nil
	}
	body, err := h.readBody(r)
	if err != nil {
		return err
	}
	return h.once(w, r, body)
}

// nowhere tells an address that does not exist from one asked in another way.
func (h *Handler) nowhere(w http.ResponseWriter, r *http.Request) error {
	allowed := ""
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := h.mux.Handler(probe); pattern != "" {
			if allowed != "" {
				allowed += ", "
			}
			allowed += method
		}
	}
	if allowed == "" {
		return errNotHere
	}
	w.Header().Set("Allow", allowed)
	return errMethod
}
