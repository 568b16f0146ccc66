package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const headerKey = "Idempotency-Key"

// answer is what is kept of an answer, to be said again.
type answer struct {
	Location string `json:"location,omitempty"`
	ETag     string `json:"etag,omitempty"`
	Type     string `json:"type,omitempty"`
	Body     []byte `json:"body,omitempty"`
}

// once does a write, once for each Idempotency-Key. A request that wrote nothing
// frees its key: it may be corrected and sent again.
func (h *Handler) once(w http.ResponseWriter, r *http.Request, body []byte) error {
	keys := r.Header.Values(headerKey)
	if len(keys) == 0 {
		h.mux.ServeHTTP(w, r)
		return nil
	}
	key := keys[0]
	if len(keys) > 1 || key == "" || len(key) > 200 || strings.ContainsFunc(key, func(c rune) bool { return c < 0x21 || c > 0x7e }) {
		return refuse(http.StatusBadRequest, "malformed", "api.problem.key")
	}
	ctx := r.Context()
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%s\x00%s\x00", r.Method, r.URL.RequestURI(), r.Header.Get("If-Match")) // a hash never fails
	sum.Write(body)
	before, err := h.access.BeginRequest(ctx, key, hex.EncodeToString(sum.Sum(nil)))
	if err != nil {
		return err
	}
	if before.Status != 0 {
		return h.again(w, before.Status, before.Answer)
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	wrote := false
	h.mux.ServeHTTP(rec, r.WithContext(context.WithValue(ctx, wroteKey, &wrote)))
	a := answer{Location: rec.header.Get("Location"), ETag: rec.header.Get("ETag"), Type: rec.header.Get("Content-Type"), Body: rec.body.Bytes()}
	if rec.status < 300 || wrote {
		data, err := json.Marshal(a)
		if err != nil {
			return fmt.Errorf("keep an answer: %w", err)
		}
		// What was written is written: an answer that cannot be kept is still given.
		if err := h.access.FinishRequest(ctx, key, rec.status, data); err != nil {
			h.kit.Log.ErrorContext(ctx, "answer not kept", "err", err)
		}
	} else if rec.status != http.StatusInternalServerError { // then nobody knows: the key stays taken for a while
		if err := h.access.DropRequest(ctx, key); err != nil {
			h.kit.Log.ErrorContext(ctx, "idempotency key not freed", "err", err)
		}
	}
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes()) // the program may have left
	return nil
}

// again says a kept answer.
func (h *Handler) again(w http.ResponseWriter, status int, kept []byte) error {
	var a answer
	if err := json.Unmarshal(kept, &a); err != nil {
		return fmt.Errorf("read a kept answer: %w", err)
	}
	for name, value := range map[string]string{"Location": a.Location, "ETag": a.ETag, "Content-Type": a.Type} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(status)
	_, _ = w.Write(a.Body) // the program may have left
	return nil
}

// recorder holds an answer until it is kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
