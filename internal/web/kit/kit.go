// Package kit is what every page of Parvis stands on: who is asking and in what
// language, protection against forged and oversized requests, rendering,
// forms that keep what was typed, and the one place where an error becomes a
// page.
//
// Guarantees:
//
//   - A page leaves whole or not at all: it is rendered into memory first.
//   - Every page with a person is no-store and noindex; the policy allows no
//     inline script and no inline style.
//   - A POST needs a token tied to the session and a same-origin browser. The
//     text of a form is never lost to an ended session: it is kept as a draft.
//   - A form sent twice runs once.
//
// Handlers parse, call one service method, then render or redirect; they return
// every error. They read nothing of the session but the actor in the context.
package kit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// Sessions tells who holds a session token and makes what forms are tied to;
// access.Service is one.
type Sessions interface {
	// Resume returns the holder; errs.Unauthenticated when the session has ended,
	// with info.Owner when it can be told whose it was.
	Resume(ctx context.Context, token string) (core.Actor, access.SessionInfo, error)
	NewBrowser() (string, error)
	BrowserOK(cookie string) bool
	CSRF(bound string) (string, error)
	CheckCSRF(bound, token string) error
}

var _ Sessions = (*access.Service)(nil)

// Drafts keeps the text of forms whose session ended.
type Drafts interface {
	Keep(ctx context.Context, owner core.Actor, path string, fields map[string][]string) (core.ID, error)
	Get(ctx context.Context, id core.ID) (fields map[string][]string, err error)
	Drop(ctx context.Context, id core.ID) error
}

// House is where to meet a human: shown on every error and empty page.
type House struct {
	Org     string // "CCAS de Valsèvre"
	Address string // "2 place du Marché, Valsèvre"; lines parted by commas
	Phone   string // as people dial it: "02 61 91 40 10"; "" = none
	Hours   string // "du lundi au vendredi, 9 h à 12 h et 13 h 30 à 17 h"; "" = not said
}

// Config is what the kit needs. Drafts and House may be nil: text is then not
// kept, and the human plate is left out.
type Config struct {
	Log      *slog.Logger
	Clock    clock.Clock
	Random   io.Reader // crypto/rand.Reader outside tests
	Key      []byte    // 32 bytes; signs tokens and cookies
	Sessions Sessions
	Drafts   Drafts
	House    func(ctx context.Context, org core.ID) House
	Demo     bool // shows the banner with the demo's own date
	// OwnPage is asked before each page of a person's own space (guard PersonIn); its
	// error is the answer. nil asks nothing.
	OwnPage func(r *http.Request) error
	// Pages maps an area's name to its templates: "person" → *.html.
	Pages map[string]fs.FS
	// TwoWays, in tests, renders each page by html/template as well, and fails when
	// the two differ.
	TwoWays bool
}

// Kit is the shared furniture of the pages. Build one with New.
type Kit struct {
	Config
	templates *templates
	assets    *Assets
	once      *onceStore
	packers   packers
	mux       *http.ServeMux
	origin    *http.CrossOriginProtection
}

// New compiles templates and static files. It fails when one does not compile or
// names a text that no catalogue has.
func New(cfg Config) (*Kit, error) {
	if len(cfg.Key) != 32 {
		return nil, fmt.Errorf("web key: want 32 bytes, got %d", len(cfg.Key))
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	icons, err := loadIcons()
	if err != nil {
		return nil, err
	}
	k := &Kit{
		Config:  cfg,
		assets:  assets,
		packers: make(packers, keptPackers),
		once:    newOnceStore(cfg.Clock),
		mux:     http.NewServeMux(),
		origin:  http.NewCrossOriginProtection(),
	}
	if k.templates, err = compileTemplates(cfg.Pages, assets, icons, cfg.TwoWays); err != nil {
		return nil, err
	}
	k.mux.Handle("GET /static/{name}", assets)
	k.mux.HandleFunc("/", k.nowhere)
	return k, nil
}

// Guard says who may come to a page at all; services then check each gesture.
type Guard int

// The guards.
const (
	Anyone   Guard = iota // signed in or not
	Signed                // a worker, an organisation's administrator or a person
	Worker                // a member: a worker, a clerk of the desk or an administrator
	PersonIn              // a person
)

func (g Guard) lets(a core.Actor) bool {
	switch g {
	case Anyone:
		return true
	case Signed:
		return !a.IsZero()
	case Worker:
		return a.Kind.Member()
	case PersonIn:
		return a.Kind == core.ActorPerson
	}
	return false
}

// Handler is a page or an action; every error it returns becomes a page.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Handle registers a handler under a pattern of net/http ("GET /personnes/{id}").
func (k *Kit) Handle(pattern string, guard Guard, h Handler) {
	if guard == PersonIn && k.OwnPage != nil {
		page := h
		h = func(w http.ResponseWriter, r *http.Request) error {
			if err := k.OwnPage(r); err != nil {
				return err
			}
			return page(w, r)
		}
	}
	k.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		err := k.run(w, r, guard, h)
		if access.Stale(err) {
			err = k.askAgain(w, r)
		}
		if err != nil {
			k.Fail(w, r, err)
		}
	})
}

// Mount registers a handler that answers by itself (an API, a probe).
func (k *Kit) Mount(pattern string, h http.Handler) { k.mux.Handle(pattern, h) }

func (k *Kit) run(w http.ResponseWriter, r *http.Request, guard Guard, h Handler) error {
	v := From(r.Context())
	if r.Method != http.MethodPost {
		if !guard.lets(v.Actor) {
			return k.turnAway(v)
		}
		return h(w, r)
	}
	if err := k.parseForm(w, r, maxForm); err != nil {
		return err
	}
	if !guard.lets(v.Actor) {
		if v.Actor.IsZero() {
			return k.keepAndSignIn(w, r)
		}
		return errs.New(errs.NotFound, "")
	}
	if err := k.checkToken(r); err != nil {
		return k.keepStale(w, r, err)
	}
	return k.runOnce(w, r, h)
}

// turnAway answers a page that is not for this actor: sign in first, or nothing
// is there.
func (k *Kit) turnAway(v *Visit) error {
	if v.Actor.IsZero() {
		return errs.New(errs.Unauthenticated, "")
	}
	return errs.New(errs.NotFound, "")
}

// nowhere answers whatever no pattern matches: 405 when another method would
// have, else 404.
func (k *Kit) nowhere(w http.ResponseWriter, r *http.Request) {
	other := http.MethodGet
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		other = http.MethodPost
	}
	probe := &http.Request{Method: other, URL: r.URL, Host: r.Host}
	if _, pattern := k.mux.Handler(probe); pattern != "/" {
		w.Header().Set("Allow", other)
		k.failStatus(w, r, http.StatusMethodNotAllowed, errs.New(errs.NotFound, ""))
		return
	}
	if err := k.drain(r); err != nil {
		k.Fail(w, r, err)
		return
	}
	k.Fail(w, r, errs.New(errs.NotFound, ""))
}

// sign returns an HMAC-SHA256 of the parts under the kit's key, parted by zero
// bytes so that no two lists of parts collide.
func (k *Kit) sign(parts ...string) []byte {
	mac := hmac.New(sha256.New, k.Key)
	for _, p := range parts {
		mac.Write([]byte(p))
		mac.Write([]byte{0})
	}
	return mac.Sum(nil)
}

func (k *Kit) randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(k.Random, b); err != nil {
		return nil, fmt.Errorf("random: %w", err)
	}
	return b, nil
}

// Visit is one request: who, in what language, with what tokens.
type Visit struct {
	ID    string // in every log line and on the page of an error, read aloud
	P     *i18n.Printer
	Actor core.Actor
	Info  access.SessionInfo // of the actor's session, or of one that just ended

	place    *time.Location // of the organisation
	session  string         // the session cookie, "" when none
	browser  string         // the signed cookie that stands for nobody yet
	csrf     string         // the token's base, made once per request
	location string         // where the handler redirected to
	flashes  []Flash
	refused  *Form // the form that this page shows again, with what is wrong with it
}

type visitKey struct{}

// From returns the visit of a request's context. It panics outside the kit's
// handlers.
func From(ctx context.Context) *Visit { return ctx.Value(visitKey{}).(*Visit) }

// SessionToken returns the session cookie's value, for signing out.
func (v *Visit) SessionToken() string { return v.session }

// Place is the time zone of the visitor's organisation.
func (v *Visit) Place() *time.Location {
	if v.place == nil {
		return time.UTC
	}
	return v.place
}

// Today is the day it is at the visitor's organisation.
func (k *Kit) Today(v *Visit) core.Date { return clock.Today(k.Clock, v.Place()) }

// T is the text of a key in the visitor's language.
func (v *Visit) T(key string, args ...any) string { return v.P.T(key, args...) }

// house returns where to meet a human, for the visitor's organisation.
func (k *Kit) house(ctx context.Context, v *Visit) House {
	if k.House == nil {
		return House{}
	}
	return k.Config.House(ctx, v.Actor.Org)
}

// pathID reads an id from the path; a malformed one is NotFound.
func pathID(r *http.Request, name string) (core.ID, error) {
	id, err := core.ParseID(r.PathValue(name))
	if err != nil {
		return "", errs.Wrap(errs.NotFound, "", err)
	}
	return id, nil
}

// HouseOf returns where the visitor can meet a human.
func (k *Kit) HouseOf(r *http.Request) House { return k.house(r.Context(), From(r.Context())) }

// PathID reads an id from the path: NotFound when it is not one.
func PathID(r *http.Request, name string) (core.ID, error) { return pathID(r, name) }

// isAPI tells whether errors are told as problem+json.
func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/openfisca/")
}
