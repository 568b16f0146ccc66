package kit

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// policy is the Content-Security-Policy of every page: our own files only, no
// inline script, no inline style, no frame.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// ServeHTTP answers one request.
func (k *Kit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := k.Clock.Now()
	rec := &recorder{ResponseWriter: w}
	v := &Visit{}
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			k.Log.Error("panic", "trace", v.ID, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if !rec.wrote {
				k.Fail(rec, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)), errs.New(errs.Internal, ""))
			}
		}
		level := slog.LevelInfo
		if strings.HasPrefix(r.URL.Path, "/static/") {
			level = slog.LevelDebug
		}
		k.Log.Log(r.Context(), level, "request", "trace", v.ID, "method", r.Method, "route", r.Pattern,
			"status", rec.status, "bytes", rec.size, "ms", k.Clock.Now().Sub(start).Milliseconds())
	}()
	v.P = i18n.For(i18n.French)
	id, err := k.randomBytes(5)
	if err != nil {
		panic(err)
	}
	v.ID = hex.EncodeToString(id)
	secureHeaders(rec.Header(), r)
	if strings.HasPrefix(r.URL.Path, "/static/") {
		k.mux.ServeHTTP(rec, r)
		return
	}
	if k.chooseLanguage(rec, r, v) {
		return
	}
	ctx := core.WithTrace(core.WithLang(r.Context(), v.P.Tag()), v.ID)
	ctx = context.WithValue(ctx, visitKey{}, v)
	r2 := r.WithContext(ctx)
	r2.Body = r.Body
	defer func() { r.Pattern = r2.Pattern }()
	if ctx, err = k.resume(ctx, r2, v); err != nil {
		k.Fail(rec, r2, err)
		return
	}
	r2 = r2.WithContext(ctx)
	if err := checkAddress(r.URL); err != nil {
		k.Fail(rec, r2, err)
		return
	}
	if err := k.origin.Check(r2); err != nil {
		k.Fail(rec, r2, errs.Wrap(errs.Forbidden, "web.error.origin", err))
		return
	}
	k.mux.ServeHTTP(rec, r2)
	r.Pattern = r2.Pattern
}

func secureHeaders(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// resume puts the session's actor in the context. An ended session is nobody;
// a database that does not answer is an error.
func (k *Kit) resume(ctx context.Context, r *http.Request, v *Visit) (context.Context, error) {
	v.session = readCookie(r, cookieSession)
	if b := readCookie(r, cookieBrowser); b != "" && k.Sessions.BrowserOK(b) {
		v.browser = b
	}
	v.flashes = k.readFlash(r)
	if v.session == "" || isAPI(r) {
		return ctx, nil
	}
	actor, info, err := k.Sessions.Resume(ctx, v.session)
	v.Info = info
	switch {
	case errs.Is(err, errs.Unauthenticated):
		return ctx, nil
	case err != nil:
		return ctx, fmt.Errorf("resume session: %w", err)
	}
	v.Actor = actor
	if v.place, err = time.LoadLocation(info.Place); err != nil {
		return ctx, fmt.Errorf("time zone of %s: %w", actor.Org, err)
	}
	return info.Context(ctx, actor), nil
}

// chooseLanguage sets the visitor's printer: the ?lang= of a link (kept in a
// cookie, then the address is cleaned), the cookie, the browser's header.
func (k *Kit) chooseLanguage(w http.ResponseWriter, r *http.Request, v *Visit) (redirected bool) {
	tag := readCookie(r, cookieLang)
	if !i18n.Known(tag) {
		tag = i18n.Match(r.Header.Get("Accept-Language"))
	}
	if q := r.URL.Query(); q.Has("lang") && r.Method == http.MethodGet && !isAPI(r) {
		if asked := q.Get("lang"); i18n.Known(asked) {
			setCookie(w, r, cookieLang, asked, 365*24*time.Hour)
			tag = asked
		}
		q.Del("lang")
		u := *r.URL
		u.RawQuery = q.Encode()
		w.Header().Set("Cache-Control", "no-store")
		// The path is as it was typed: "//elsewhere" would lead away from here.
		http.Redirect(w, r, LocalPath(u.RequestURI()), http.StatusSeeOther) // #nosec G710 -- LocalPath keeps it here
		redirected = true
	}
	v.P = i18n.For(tag)
	w.Header().Add("Vary", "Accept-Language, Cookie, Accept-Encoding")
	return redirected
}

// recorder remembers what was sent, for the log and for recovery.
type recorder struct {
	http.ResponseWriter
	status int
	size   int64
	wrote  bool
}

func (r *recorder) WriteHeader(code int) {
	if !r.wrote {
		r.status, r.wrote = code, true
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(b []byte) (int, error) {
	if !r.wrote {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(b)
	r.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
