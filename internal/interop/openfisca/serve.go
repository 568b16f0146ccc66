package openfisca

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/rights"
)

// Handler serves the web API under a prefix: POST prefix/calculate and
// prefix/trace, GET prefix/entities, prefix/variables, prefix/variable/{id},
// prefix/parameters, prefix/parameter/{id}, prefix/spec. It needs no database and
// keeps nothing.
func Handler(l *rights.Law, prefix string) http.Handler {
	h := &handler{law: l, prefix: prefix, slots: make(chan struct{}, runtime.GOMAXPROCS(0)), mux: http.NewServeMux(), quick: newQuick(l)}
	for path, at := range map[string]struct {
		method string
		answer http.HandlerFunc
	}{
		"/{$}": {http.MethodGet, h.root}, "/calculate": {http.MethodPost, h.calculate}, "/trace": {http.MethodPost, h.trace},
		"/entities": {http.MethodGet, h.entities}, "/variables": {http.MethodGet, h.variables}, "/variable/{id}": {http.MethodGet, h.variable},
		"/parameters": {http.MethodGet, h.parameters}, "/parameter/{id...}": {http.MethodGet, h.parameter}, "/spec": {http.MethodGet, h.spec},
	} {
		h.mux.HandleFunc(prefix+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != at.method && (r.Method != http.MethodHead || at.method != http.MethodGet) {
				w.Header().Set("Allow", at.method)
				write(w, http.StatusMethodNotAllowed, (&Problem{code: "method", args: []any{at.method}}).JSON(language(r)))
				return
			}
			at.answer(w, r)
		})
	}
	nowhere := func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusNotFound, (&Problem{code: "nowhere", args: []any{prefix + "/spec"}}).JSON(language(r)))
	}
	h.mux.HandleFunc("/", nowhere)
	h.mux.HandleFunc(prefix+"/parameter", nowhere) // without an id
	return h
}

// ServeHTTP answers with the headers that tell which law it is, whatever is asked;
// slashes too many change nothing.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Country-Package", "Parvis")
	w.Header().Set("Country-Package-Version", h.law.Digest())
	clean := path.Clean("/" + r.URL.Path)
	if clean == h.prefix {
		clean += "/"
	}
	if clean != r.URL.Path {
		again := *r.URL
		again.Path, again.RawPath = clean, ""
		r = r.Clone(r.Context())
		r.URL = &again
	}
	h.mux.ServeHTTP(w, r)
}

type handler struct {
	law    *rights.Law
	prefix string
	mux    *http.ServeMux
	slots  chan struct{} // calculations at once: each may hold a processor and hundreds of MB
	quick  *quick
}

// maxWait is how long a request waits for its turn before it is told to come back.
const maxWait = 5 * time.Second

// turn waits for a free slot; the caller gives it back with <-h.slots. ok is false
// when there was none in time, or when the client left.
func (h *handler) turn(ctx context.Context) (ok bool) {
	select {
	case h.slots <- struct{}{}:
		return true
	default:
	}
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
	h.compute(w, r, func(l *rights.Law, body []byte, o Options) ([]byte, error) {
		if out, ok := h.quick.answer(r.Context(), body, o); ok {
			return out, nil
		}
		return Calculate(l, body, o)
	})
}

func (h *handler) trace(w http.ResponseWriter, r *http.Request) { h.compute(w, r, Trace) }

// compute reads a situation, waits for its turn and answers with what fn makes of it.
func (h *handler) compute(w http.ResponseWriter, r *http.Request, fn func(*rights.Law, []byte, Options) ([]byte, error)) {
	lang := language(r)
	body, err := read(http.MaxBytesReader(w, r.Body, MaxBytes), r.ContentLength)
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
	out, err := fn(h.law, body, Options{Bare: q.Get("parvis") == "0", Strict: q.Get("strict") == "1"})
	if err != nil {
		write(w, http.StatusBadRequest, problem(err).JSON(lang))
		return
	}
	write(w, http.StatusOK, out)
}

// read reads a body whose client says how long it is.
func read(r io.Reader, size int64) ([]byte, error) {
	if size <= 0 || size > MaxBytes {
		return io.ReadAll(r)
	}
	var b bytes.Buffer
	b.Grow(int(min(size, 64<<10)) + bytes.MinRead) // what is said costs nothing to say
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
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
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
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

// address is where a sibling of the asked path is: "variable/", "parameter/".
func address(r *http.Request, sibling string) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	folder := r.URL.Path[:strings.LastIndexByte(r.URL.Path, '/')+1]
	if before, _, ok := strings.Cut(folder, "/parameter/"); ok { // an id may hold slashes
		folder = before + "/"
	}
	u := url.URL{Scheme: scheme, Host: r.Host, Path: folder + sibling}
	return u.String()
}

// root says where to look, as its model does.
func (h *handler) root(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusMultipleChoices, map[string]string{"welcome": "Parvis, OpenFisca web API: " + address(r, "spec")})
}

func (h *handler) variables(w http.ResponseWriter, r *http.Request) {
	base := address(r, "variable/")
	out := map[string]listed{}
	for _, v := range h.law.Variables() {
		out[v.Name] = listed{v.Label, base + v.Name}
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
	Source           string         `json:"source"` // file and line of the law
	// Formulas tell a rule from an input: absent of an input. The text of a rule is at
	// its source.
	Formulas map[string]formula `json:"formulas,omitempty"`
	Parvis   describedNote      `json:"parvis"`
}

type formula struct {
	Source  string `json:"source"`
	Content string `json:"content"`
}

// describedNote is what Parvis says more of a variable.
type describedNote struct {
	Input bool `json:"input"`
	// Year says what a value given for a year becomes: "divided" over its months,
	// "repeated" in each, "refused"; "" for what is not monthly.
	Year     string        `json:"year,omitempty"`
	Presumed *rights.Value `json:"presumed,omitempty"` // in a person's file, when nothing is said
}

func (h *handler) variable(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	v, ok := h.law.Variable(id)
	if !ok {
		write(w, http.StatusNotFound, (&Problem{code: "unknown_variable", args: []any{clip(id)}, near: h.law.Nearest(clip(id))}).JSON(language(r)))
		return
	}
	d := described{
		ID: v.Name, Description: v.Label, Entity: [...]string{"individu", "famille", "foyer_fiscal", "menage"}[v.Entity],
		ValueType:        map[rights.ValueKind]string{rights.KindNumber: "Float", rights.KindBool: "Boolean", rights.KindDate: "Date", rights.KindText: "String", rights.KindChoice: "String"}[v.Kind],
		DefinitionPeriod: [...]string{"MONTH", "YEAR", "ETERNITY"}[v.Period], DefaultValue: v.Default, References: v.Articles, Unit: v.Unit,
		Source: v.File + "#L" + strconv.Itoa(v.Line), Parvis: describedNote{Input: v.Input, Presumed: v.Presumed},
	}
	if v.Period == rights.Monthly {
		d.Parvis.Year = map[rights.Spreading]string{rights.SpreadForbidden: "refused", rights.SpreadShared: "divided", rights.SpreadRepeated: "repeated"}[v.Spreading]
	}
	if !v.Input {
		d.Formulas = map[string]formula{"0001-01-01": {Source: d.Source, Content: v.Label}}
	}
	if len(v.Choices) > 0 {
		d.PossibleValues = map[string]any{}
		for _, c := range v.Choices {
			d.PossibleValues[c.Name] = c.Label
		}
	}
	writeJSON(w, http.StatusOK, d)
}
