package kit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

const tokenBytes = 16

func (k *Kit) sameSignature(mac string, parts ...string) bool {
	got, err := base64.RawURLEncoding.DecodeString(mac)
	return err == nil && hmac.Equal(got, k.sign(parts...)[:tokenBytes])
}

// Browser returns the signed cookie that stands for this browser before anybody
// signs in, and sets it when there is none yet.
func (k *Kit) Browser(w http.ResponseWriter, r *http.Request) (string, error) {
	v := From(r.Context())
	if v.browser != "" {
		return v.browser, nil
	}
	b, err := k.Sessions.NewBrowser()
	if err != nil {
		return "", err
	}
	setCookie(w, r, cookieBrowser, b, 0)
	v.browser = b
	return b, nil
}

// token makes the hidden field of a form, tied to the session, or to the browser
// before there is one.
func (k *Kit) token(w http.ResponseWriter, r *http.Request, v *Visit) (string, error) {
	if v.csrf != "" {
		return v.csrf, nil
	}
	bound := string(v.Actor.Session)
	if v.Actor.IsZero() {
		var err error
		if bound, err = k.Browser(w, r); err != nil {
			return "", err
		}
	}
	var err error
	v.csrf, err = k.Sessions.CSRF(bound)
	return v.csrf, err
}

// checkToken compares the form's token with the session's, or the browser's.
func (k *Kit) checkToken(r *http.Request) error {
	v := From(r.Context())
	bound := string(v.Actor.Session)
	if v.Actor.IsZero() {
		bound = v.browser
	}
	return k.Sessions.CheckCSRF(bound, r.PostForm.Get(fieldToken))
}

// onceStore remembers forms already handled, so that a double press, or a
// reload of the answer, runs one gesture. It lives in memory: after a restart
// the versions kept by the services still refuse the second save.
type onceStore struct {
	mu    sync.Mutex
	clock clock.Clock
	seen  map[string]*onceEntry
}

type onceEntry struct {
	done     chan struct{}
	location string // "" while running, or when the form was refused
	at       time.Time
}

const (
	onceLife  = 30 * time.Minute
	onceLimit = 20_000
)

func newOnceStore(c clock.Clock) *onceStore {
	return &onceStore{clock: c, seen: map[string]*onceEntry{}}
}

// begin claims the key, or returns the entry of who did before.
func (s *onceStore) begin(key string) (mine, theirs *onceEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if e := s.seen[key]; e != nil && now.Sub(e.at) < onceLife {
		return nil, e
	}
	if len(s.seen) >= onceLimit {
		for k, e := range s.seen {
			if now.Sub(e.at) >= onceLife || len(s.seen) >= onceLimit {
				delete(s.seen, k)
			}
		}
	}
	e := &onceEntry{done: make(chan struct{}), at: now}
	s.seen[key] = e
	return e, nil
}

// end publishes where the gesture led; a refused form may be sent again.
func (s *onceStore) end(key string, e *onceEntry, location string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.location = location
	if location == "" {
		delete(s.seen, key)
	}
	close(e.done)
}

// said names what a form says, its hidden fields aside: somebody who comes back to a
// page, changes a word and sends it again has written something else.
func said(form url.Values) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name == fieldToken || name == fieldOnce || name == fieldDraft {
			continue
		}
		for _, value := range form[name] {
			fmt.Fprintf(sum, "%d:%s=%d:%s;", len(name), name, len(value), value)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// runOnce runs a POST unless the same form, saying the same, was already handled: the
// second then goes where the first went.
func (k *Kit) runOnce(w http.ResponseWriter, r *http.Request, h Handler) error {
	nonce := r.PostForm.Get(fieldOnce)
	if len(nonce) != 2*tokenBytes {
		return h(w, r)
	}
	v := From(r.Context())
	key := string(v.Actor.ID) + " " + r.URL.Path + " " + nonce + " " + said(r.PostForm)
	for {
		mine, theirs := k.once.begin(key)
		if mine != nil {
			defer func() { k.once.end(key, mine, v.location) }()
			return h(w, r)
		}
		select {
		case <-theirs.done:
		case <-r.Context().Done():
			return errs.Wrap(errs.Unavailable, "", r.Context().Err())
		}
		if theirs.location != "" {
			k.Redirect(w, r, theirs.location)
			return nil
		}
	}
}

// nonce makes the value that names one sending of one form.
func (k *Kit) nonce() (string, error) {
	b, err := k.randomBytes(tokenBytes)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}

// Redirect answers 303 See Other with a local path, and drops the draft that the
// form came from.
func (k *Kit) Redirect(w http.ResponseWriter, r *http.Request, path string) {
	v := From(r.Context())
	v.location = path
	if r.PostForm != nil && k.Drafts != nil {
		if id, err := core.ParseID(r.PostForm.Get(fieldDraft)); err == nil {
			if err := k.Drafts.Drop(r.Context(), id); err != nil && !errs.Is(err, errs.NotFound) {
				k.Log.Warn("drop draft", "trace", v.ID, "err", err)
			}
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, path, http.StatusSeeOther)
}
