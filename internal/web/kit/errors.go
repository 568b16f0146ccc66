package kit

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Status is the HTTP status of an error's kind.
func Status(kind errs.Kind) int {
	switch kind {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.Conflict:
		return http.StatusConflict
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.TooMany:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// Fail turns an error into a calm page, or into problem+json for programs. It is
// the only place that does. Somebody not signed in is led to the entrance.
func (k *Kit) Fail(w http.ResponseWriter, r *http.Request, err error) {
	k.failStatus(w, r, Status(errs.KindOf(err)), err)
}

// errorView is what the error page shows.
type errorView struct {
	Status int
	Title  string
	Lead   string
	Detail string // the error's own sentence, when it has one for people
	Why    whyView
	Say    string // what to read aloud to somebody: "page 404"
	House  House
	Back   string
	Retry  bool
}

// whyView is what the policies say of a refusal, behind a disclosure.
type whyView struct {
	Forbids string
	Opens   []string
}

func whyNot(v *Visit, r *access.Refusal) whyView {
	var out whyView
	if r.Key != "" {
		out.Forbids = v.T(r.Key)
	}
	for _, key := range r.Opens {
		out.Opens = append(out.Opens, v.T(key))
	}
	return out
}

func (k *Kit) failStatus(w http.ResponseWriter, r *http.Request, status int, err error) {
	v := From(r.Context())
	if status >= 500 {
		k.Log.Error("request failed", "trace", v.ID, "path", r.URL.Path, "err", err)
	} else {
		k.Log.Debug("request refused", "trace", v.ID, "status", status, "err", err)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter(err)))
	}
	if isAPI(r) {
		k.problem(w, v, status, err)
		return
	}
	if status == http.StatusUnauthorized && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		to := "/entrer"
		if r.URL.Path != "/" {
			to += "?suite=" + url.QueryEscape(r.URL.RequestURI())
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	code := strconv.Itoa(status)
	view := errorView{
		Status: status,
		Title:  v.T("web.error.title_" + code),
		Lead:   v.T("web.error.lead_" + code),
		House:  k.house(r.Context(), v),
		Say:    v.T("web.error.say", "page", code),
		Back:   "/",
		Retry:  status >= 500 || status == http.StatusTooManyRequests || status == http.StatusConflict,
	}
	if status >= 500 {
		view.Say = v.T("web.error.say_code", "page", code, "code", v.ID)
	}
	if e := Sentence(err); e != nil && v.P.Has(e.Key) {
		view.Detail = v.P.Error(e)
	}
	var refusal *access.Refusal
	if errors.As(err, &refusal) {
		view.Why = whyNot(v, refusal)
	}
	page := Page{Template: "kit/error", Title: view.Title, Sheet: "gate.css", Layout: Gate, Public: true, Status: status, View: view}
	if rerr := k.Render(w, r, page); rerr != nil {
		k.Log.Error("error page", "trace", v.ID, "err", rerr)
		http.Error(w, view.Title+"\n"+view.Lead, status)
	}
}

// retryAfter is in how many seconds to come back: the minutes the error speaks of,
// else ten seconds.
func retryAfter(err error) int {
	if e := Sentence(err); e != nil && e.Kind == errs.TooMany {
		if minutes, ok := e.Args["n"].(int); ok && minutes > 0 {
			return 60 * minutes
		}
	}
	return 10
}

// Sentence finds the error's sentence for people, nil when it has none.
func Sentence(err error) *errs.Error {
	var e *errs.Error
	if errors.As(err, &e) && e.Key != "" {
		return e
	}
	var f errs.Fields
	if errors.As(err, &f) && len(f) > 0 {
		return f[0]
	}
	return nil
}

// ProblemType names a status for programs, in the type of a problem+json. The names
// never change.
func ProblemType(status int) string {
	return "urn:parvis:problem:" + problemName(status)
}

func problemName(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "malformed"
	case http.StatusUnauthorized:
		return "unauthenticated"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not-found"
	case http.StatusMethodNotAllowed:
		return "method"
	case http.StatusConflict:
		return "conflict"
	case http.StatusRequestEntityTooLarge:
		return "too-large"
	case http.StatusUnsupportedMediaType:
		return "media-type"
	case http.StatusUnprocessableEntity:
		return "invalid"
	case http.StatusTooManyRequests:
		return "too-many"
	case http.StatusServiceUnavailable:
		return "unavailable"
	}
	return "internal"
}

// problem answers a program: RFC 9457.
func (k *Kit) problem(w http.ResponseWriter, v *Visit, status int, err error) {
	body := struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
		Trace  string `json:"trace"`
	}{Type: ProblemType(status), Title: http.StatusText(status), Status: status, Trace: v.ID}
	if e := Sentence(err); e != nil && v.P.Has(e.Key) {
		body.Detail = v.P.Error(e)
	}
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, body.Title, status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client may have left
}
