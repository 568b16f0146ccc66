package openfisca

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/rights"
)

// Handler serves the web API under a prefix: POST prefix/calculate, GET
// prefix/entities, prefix/variables, prefix/variable/{id}, prefix/spec. It needs
// no database and keeps nothing.
func Handler(l *rights.Law, prefix string) http.Handler {
	h := &handler{law: l, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+prefix+"/calculate", h.calculate)
	mux.HandleFunc("GET "+prefix+"/entities", h.entities)
	mux.HandleFunc("GET "+prefix+"/variables", h.variables)
	mux.HandleFunc("GET "+prefix+"/variable/{id}", h.variable)
	mux.HandleFunc("GET "+prefix+"/spec", h.spec)
	return mux
}

type handler struct {
	law   *rights.Law
	slots chan struct{} // calculations at once: each may hold a processor and hundreds of MB
}

// maxWait is how long a request waits for its turn before it is told to come back.
const maxWait = 5 * time.Second

// turn waits for a free slot; the caller gives it back with <-h.slots. ok is false
// when there was none in time, or when the client left.
func (h *handler) turn(ctx context.Context) (ok bool) {
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// language chooses between French, the default, and English.
func language(r *http.Request) string {
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		switch tag, _, _ := strings.Cut(strings.TrimSpace(part), ";"); strings.ToLower(strings.SplitN(tag, "-", 2)[0]) {
		case "fr":
			return "fr"
		case "en":
			return "en"
		}
	}
	return "fr"
}

func (h *handler) calculate(w http.ResponseWriter, r *http.Request) {
	lang := language(r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBytes))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			write(w, http.StatusRequestEntityTooLarge, (&Problem{code: "too_many", args: []any{"octets", MaxBytes}}).JSON(lang))
			return
		}
		write(w, http.StatusBadRequest, problem(err).JSON(lang))
		return
	}
	if !h.turn(r.Context()) {
		w.Header().Set("Retry-After", "5")
		write(w, http.StatusServiceUnavailable, (&Problem{code: "busy"}).JSON(lang))
		return
	}
	defer func() { <-h.slots }()
	q := r.URL.Query()
	out, err := Calculate(h.law, body, Options{Bare: q.Get("parvis") == "0", Strict: q.Get("strict") == "1"})
	if err != nil {
		write(w, http.StatusBadRequest, problem(err).JSON(lang))
		return
	}
	w.Header().Set("OpenFisca-Country-Package", "Parvis "+h.law.Digest())
	write(w, http.StatusOK, out)
}

// Calculate reads a situation and answers it. The error is a *Problem.
func Calculate(l *rights.Law, body []byte, o Options) ([]byte, error) {
	req, err := Read(l, body)
	if err != nil {
		return nil, err
	}
	return req.Answer(o)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		write(w, http.StatusInternalServerError, []byte(`{"error":"internal"}`))
		return
	}
	write(w, status, b)
}

// role describes a role as /entities does.
type role struct {
	Plural      string `json:"plural,omitempty"`
	Description string `json:"description"`
	Max         int    `json:"max,omitempty"`
}

type entity struct {
	Plural        string          `json:"plural"`
	Description   string          `json:"description"`
	Documentation string          `json:"documentation"`
	Roles         map[string]role `json:"roles,omitempty"`
}

// entities describes persons and groups; descriptions are French, as OpenFisca's
// are.
func (h *handler) entities(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]entity{
		"individu": {Plural: "individus", Description: "Individu"},
		"famille": {Plural: "familles", Description: "Famille", Roles: map[string]role{
			"parent": {"parents", "Parents", 2}, "enfant": {"enfants", "Enfants", 0}}},
		"foyer_fiscal": {Plural: "foyers_fiscaux", Description: "Foyer fiscal", Roles: map[string]role{
			"declarant": {"declarants", "Déclarants", 2}, "personne_a_charge": {"personnes_a_charge", "Personnes à charge", 0}}},
		"menage": {Plural: "menages", Description: "Ménage", Roles: map[string]role{
			"personne_de_reference": {"", "Personne de référence", 1}, "conjoint": {"", "Conjoint", 1},
			"enfant": {"enfants", "Enfants", 0}, "autre": {"autres", "Autres", 0}}},
	})
}

type listed struct {
	Description string `json:"description"`
	Href        string `json:"href"`
}

func (h *handler) variables(w http.ResponseWriter, r *http.Request) {
	base := strings.TrimSuffix(r.URL.Path, "s")
	out := map[string]listed{}
	for _, v := range h.law.Variables() {
		out[v.Name] = listed{v.Label, base + "/" + v.Name}
	}
	writeJSON(w, http.StatusOK, out)
}

type described struct {
	ID               string         `json:"id"`
	Description      string         `json:"description"`
	ValueType        string         `json:"valueType"`
	Entity           string         `json:"entity"`
	DefinitionPeriod string         `json:"definitionPeriod"`
	DefaultValue     *rights.Value  `json:"defaultValue,omitempty"`
	PossibleValues   map[string]any `json:"possibleValues,omitempty"`
	References       []string       `json:"references,omitempty"`
	Unit             string         `json:"unit,omitempty"`
}

func (h *handler) variable(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	v, ok := h.law.Variable(id)
	if !ok {
		write(w, http.StatusNotFound, (&Problem{code: "unknown_variable", args: []any{id}, near: h.law.Nearest(id)}).JSON(language(r)))
		return
	}
	d := described{
		ID: v.Name, Description: v.Label, Entity: [...]string{"individu", "famille", "foyer_fiscal", "menage"}[v.Entity],
		ValueType:        map[rights.ValueKind]string{rights.KindNumber: "Float", rights.KindBool: "Boolean", rights.KindDate: "Date", rights.KindText: "String", rights.KindChoice: "String"}[v.Kind],
		DefinitionPeriod: [...]string{"MONTH", "YEAR", "ETERNITY"}[v.Period], DefaultValue: v.Default, References: v.Articles, Unit: v.Unit,
	}
	if len(v.Choices) > 0 {
		d.PossibleValues = map[string]any{}
		for _, c := range v.Choices {
			d.PossibleValues[c.Name] = c.Label
		}
	}
	writeJSON(w, http.StatusOK, d)
}

// spec is a short OpenAPI description.
func (h *handler) spec(w http.ResponseWriter, r *http.Request) {
	path := func(summary, method string) map[string]any {
		return map[string]any{method: map[string]any{"summary": summary, "responses": map[string]any{"200": map[string]any{"description": "OK"}}}}
	}
	base := strings.TrimSuffix(r.URL.Path, "/spec")
	writeJSON(w, http.StatusOK, map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": "Parvis, OpenFisca web API", "version": h.law.Digest(), "license": map[string]any{"name": "EUPL-1.2"}},
		"servers": []any{map[string]any{"url": base}},
		"paths": map[string]any{
			"/calculate":     path("Compute what a situation asks by null", "post"),
			"/entities":      path("Persons and groups", "get"),
			"/variables":     path("Every input and rule", "get"),
			"/variable/{id}": path("One input or rule", "get"),
		},
	})
}
