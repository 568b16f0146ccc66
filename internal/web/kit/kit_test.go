package kit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"io/fs"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// sessions is one worker who may be signed in, or whose session just ended.
type sessions struct {
	ended bool
	fails error
}

var claire = core.Actor{Kind: core.ActorWorker, ID: "w1", Org: "o1", Session: "s1", AAL: 2}

func (s *sessions) Resume(_ context.Context, token string) (core.Actor, access.SessionInfo, error) {
	switch {
	case s.fails != nil:
		return core.Actor{}, access.SessionInfo{}, s.fails
	case token != "token":
		return core.Actor{}, access.SessionInfo{}, errs.New(errs.Unauthenticated, "")
	case s.ended:
		return core.Actor{}, access.SessionInfo{Expired: true, Owner: claire}, errs.New(errs.Unauthenticated, "")
	}
	return claire, access.SessionInfo{Owner: claire, Name: "Claire Maurel", OrgName: "CCAS", Place: "Europe/Paris"}, nil
}
func (s *sessions) NewBrowser() (string, error)       { return "browser-1", nil }
func (s *sessions) BrowserOK(c string) bool           { return c == "browser-1" }
func (s *sessions) CSRF(bound string) (string, error) { return "for-" + bound, nil }
func (s *sessions) CheckCSRF(bound, token string) error {
	if bound == "" || token != "for-"+bound {
		return errs.New(errs.Forbidden, "web.error.origin")
	}
	return nil
}

// drafts keeps texts in memory.
type drafts struct {
	mu    sync.Mutex
	kept  map[core.ID]map[string][]string
	owner core.Actor
	path  string
}

const draftID = core.ID("01900000-0000-7000-8000-000000000001")

func (d *drafts) Keep(_ context.Context, owner core.Actor, path string, fields map[string][]string) (core.ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owner, d.path = owner, path
	d.kept[draftID] = fields
	return draftID, nil
}

func (d *drafts) Get(_ context.Context, id core.ID) (map[string][]string, error) {
	if f := d.kept[id]; f != nil {
		return f, nil
	}
	return nil, errs.New(errs.NotFound, "")
}

func (d *drafts) Drop(_ context.Context, id core.ID) error { delete(d.kept, id); return nil }

type view struct{ Form *kit.Form }

// rig is a kit with one form page and a few pages that fail.
type rig struct {
	*kit.Kit
	sessions *sessions
	drafts   *drafts
	saved    atomic.Int32
	log      *bytes.Buffer
	slow     chan struct{}
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{sessions: &sessions{}, drafts: &drafts{kept: map[core.ID]map[string][]string{}}, log: &bytes.Buffer{}}
	pages := fstest.MapFS{"form.html": {Data: []byte(`<h1>{{t "web.frame.today"}}</h1>{{icon "door"}}<form method="post">{{template "kit/hidden" .Form}}{{template "kit/refused" .Form}}{{template "kit/field" (field .Form "text" "name" (t "web.team.name") (t "web.team.name_hint"))}}</form>`)}}
	k, err := kit.New(kit.Config{
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Clock: dbtest.Clock(), Random: rand.Reader, Key: make([]byte, 32),
		Sessions: r.sessions, Drafts: r.drafts,
		House: func(context.Context, core.ID) kit.House {
			return kit.House{Org: "CCAS de Valsèvre", Address: "2 place du Marché", Phone: "02 61 91 40 10"}
		},
		Pages: map[string]fs.FS{"test": pages}, TwoWays: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Kit = k
	render := func(w http.ResponseWriter, req *http.Request, f *kit.Form, status int) error {
		return k.Render(w, req, kit.Page{Template: "test/form", Title: "Form", Status: status, View: view{f}})
	}
	k.Handle("GET /form", kit.Worker, func(w http.ResponseWriter, req *http.Request) error {
		f, err := k.NewForm(w, req)
		if err != nil {
			return err
		}
		return render(w, req, f, 0)
	})
	k.Handle("POST /form", kit.Worker, func(w http.ResponseWriter, req *http.Request) error {
		if r.slow != nil {
			<-r.slow
		}
		if req.PostForm.Get("name") == "" {
			var fields errs.Fields
			fields.Add("name", "web.form.date_shape")
			f, err := k.Refused(w, req, fields)
			if err != nil {
				return err
			}
			return render(w, req, f, http.StatusUnprocessableEntity)
		}
		r.saved.Add(1)
		k.SetFlash(w, req, kit.Flash{Bold: "web.form.saved"})
		k.Redirect(w, req, "/form")
		return nil
	})
	k.Handle("GET /open", kit.Anyone, func(w http.ResponseWriter, req *http.Request) error {
		f, err := k.NewForm(w, req)
		if err != nil {
			return err
		}
		return render(w, req, f, 0)
	})
	k.Handle("POST /open", kit.Anyone, func(w http.ResponseWriter, req *http.Request) error {
		r.saved.Add(1)
		k.Redirect(w, req, "/open")
		return nil
	})
	for kind, e := range map[string]error{
		"forbidden": errs.New(errs.Forbidden, "web.error.origin"), "missing": errs.New(errs.NotFound, ""), "conflict": errs.New(errs.Conflict, ""),
		"many": errs.New(errs.TooMany, ""), "closed": errs.New(errs.Unavailable, ""), "broken": io.ErrUnexpectedEOF,
	} {
		k.Handle("GET /fail/"+kind, kit.Anyone, func(http.ResponseWriter, *http.Request) error { return e })
	}
	k.Handle("GET /api/v1/fail", kit.Anyone, func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.NotFound, "web.error.origin")
	})
	k.Handle("GET /panic", kit.Anyone, func(http.ResponseWriter, *http.Request) error { panic("oh") })
	return r
}

func (r *rig) do(req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func get(path string, edit ...func(*http.Request)) *http.Request {
	req := httptest.NewRequest("GET", path, nil)
	for _, e := range edit {
		e(req)
	}
	return req
}

func post(path string, form url.Values, edit ...func(*http.Request)) *http.Request {
	req := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, e := range edit {
		e(req)
	}
	return req
}

func signedIn(r *http.Request) { r.AddCookie(&http.Cookie{Name: "parvis", Value: "token"}) }
func knownBrowser(r *http.Request) {
	r.AddCookie(&http.Cookie{Name: "parvis_door", Value: "browser-1"})
}

func TestErrorPagesAreCalmAndNameAHuman(t *testing.T) {
	r := newRig(t)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/fail/forbidden": {403, "Ce geste n’est pas ouvert ici."}, "/fail/missing": {404, "Cette page n’est pas là."},
		"/fail/conflict": {409, "Deux personnes ont écrit en même temps."}, "/fail/many": {429, "Un peu trop d’essais."},
		"/fail/closed": {503, "La porte est fermée un instant."}, "/fail/broken": {500, "Quelque chose s’est cassé chez nous."},
		"/nowhere": {404, "Cette page n’est pas là."}, "/panic": {500, "Quelque chose s’est cassé chez nous."},
	} {
		w := r.do(get(path))
		body := w.Body.String()
		if w.Code != want.status || !strings.Contains(body, want.text) {
			t.Errorf("%s: %d, want %d and %q in\n%s", path, w.Code, want.status, want.text, body)
		}
		for _, s := range []string{"02 61 91 40 10", "2 place du Marché", "unexpected EOF", "oh\n"} {
			if has := strings.Contains(body, s); has != (strings.HasPrefix(s, "0") || strings.HasPrefix(s, "2")) {
				t.Errorf("%s: %q shown: %v", path, s, has)
			}
		}
	}
}

func TestMethodNotAllowed(t *testing.T) {
	w := newRig(t).do(post("/fail/missing", nil))
	if w.Code != 405 || w.Header().Get("Allow") != "GET" {
		t.Errorf("%d Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestProgramsGetProblemJSON(t *testing.T) {
	w := newRig(t).do(get("/api/v1/fail"))
	if w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), `"status":404`) {
		t.Errorf("%d %s %s", w.Code, w.Header(), w.Body)
	}
}

func TestPagesOfPeopleAreNotKept(t *testing.T) {
	w := newRig(t).do(get("/form", signedIn))
	h := w.Header()
	if w.Code != 200 || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("X-Robots-Tag"), "noindex") {
		t.Errorf("%d %v", w.Code, h)
	}
	csp := h.Get("Content-Security-Policy")
	for _, bad := range []string{"unsafe", "*", "http:"} {
		if strings.Contains(csp, bad) {
			t.Errorf("policy %q has %q", csp, bad)
		}
	}
	if body := w.Body.String(); strings.Contains(body, " style=") || strings.Contains(body, "<script>") || strings.Contains(body, "onclick") {
		t.Error("inline style or script")
	}
}

// TestHeadersOfEveryAnswer: a page, a refusal, a program's answer and a file of the
// program itself say the same to the browser; only over TLS do they ask for TLS for a year.
func TestHeadersOfEveryAnswer(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{"/form", "/nowhere", "/api/v1/fail", "/static/nowhere"} {
		for _, over := range []*tls.ConnectionState{nil, {}} {
			h := rig.do(get(path, func(r *http.Request) { r.TLS = over })).Header()
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": map[bool]string{true: "max-age=31536000; includeSubDomains"}[over != nil],
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s, TLS %t: %s %q, want %q", path, over != nil, name, got, want)
				}
			}
			for _, part := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(h.Get("Content-Security-Policy"), part) {
					t.Errorf("%s: no %s in %q", path, part, h.Get("Content-Security-Policy"))
				}
			}
		}
	}
}

func TestSpriteHoldsOnlyTheSymbolsUsed(t *testing.T) {
	body := newRig(t).do(get("/form", signedIn)).Body.String()
	used, defined := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`href="#(i-[a-z]+)"`).FindAllStringSubmatch(body, -1) {
		used[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`<symbol id="(i-[a-z]+)"`).FindAllStringSubmatch(body, -1) {
		defined[m[1]] = true
	}
	if len(used) == 0 || len(used) != len(defined) {
		t.Errorf("used %v, defined %v", used, defined)
	}
	for name := range used {
		if !defined[name] {
			t.Errorf("%s is not defined", name)
		}
	}
}

func TestLanguage(t *testing.T) {
	r := newRig(t)
	body := func(edit ...func(*http.Request)) string { return r.do(get("/fail/missing", edit...)).Body.String() }
	accept := func(s string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Accept-Language", s) }
	}
	cookie := func(s string) func(*http.Request) {
		return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "parvis_lang", Value: s}) }
	}
	for name, tt := range map[string]struct{ got, want string }{
		"default":      {body(), `<html lang="fr" dir="ltr">`},
		"header":       {body(accept("en-GB")), `<html lang="en" dir="ltr">`},
		"cookie wins":  {body(accept("en"), cookie("ar")), `<html lang="ar" dir="rtl">`},
		"easy French":  {body(cookie("fr-x-falc")), `<html lang="fr" dir="ltr">`},
		"broken value": {body(cookie("xx")), `<html lang="fr" dir="ltr">`},
	} {
		if !strings.Contains(tt.got, tt.want) {
			t.Errorf("%s: want %s", name, tt.want)
		}
	}
	w := r.do(get("/fail/missing?lang=ar&q=a"))
	if w.Code != 303 || w.Header().Get("Location") != "/fail/missing?q=a" || !strings.Contains(w.Header().Get("Set-Cookie"), "parvis_lang=ar") {
		t.Errorf("choice: %d %v", w.Code, w.Header())
	}
}

func TestNobodyIsLedToTheDoor(t *testing.T) {
	w := newRig(t).do(get("/form?x=1"))
	if w.Code != 303 || w.Header().Get("Location") != "/entrer?suite=%2Fform%3Fx%3D1" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}

func TestADatabaseAwayShowsNothing(t *testing.T) {
	r := newRig(t)
	r.sessions.fails = errs.New(errs.Unavailable, "")
	if w := r.do(get("/form", signedIn)); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestForgedFormsAreRefused(t *testing.T) {
	r := newRig(t)
	good := url.Values{"name": {"x"}, "jeton": {"for-s1"}}
	for name, tt := range map[string]struct {
		req  *http.Request
		want int
	}{
		"right token":           {post("/form", good, signedIn), 303},
		"another site":          {post("/form", good, signedIn, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }), 403},
		"another origin":        {post("/form", good, signedIn, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") }), 403},
		"no token, old browser": {post("/form", url.Values{"name": {"x"}}, signedIn, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }), 403},
		"before sign-in":        {post("/open", url.Values{"jeton": {"for-browser-1"}}, knownBrowser), 303},
		"no browser cookie":     {post("/open", url.Values{"jeton": {"for-browser-1"}}), 403},
	} {
		if w := r.do(tt.req); w.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
	}
}

func TestARefusedFormKeepsWhatWasTyped(t *testing.T) {
	w := newRig(t).do(post("/form", url.Values{"name": {""}, "jeton": {"for-s1"}, "other": {"<b>kept"}}, signedIn))
	body := w.Body.String()
	if w.Code != 422 {
		t.Fatal(w.Code)
	}
	for _, want := range []string{`aria-invalid="true"`, `aria-describedby="f-name-h f-name-e"`, `id="f-name-e"`, `href="#f-name"`, "Une réponse est à revoir."} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

func TestAFormSentTwiceRunsOnce(t *testing.T) {
	r := newRig(t)
	form := url.Values{"name": {"x"}, "jeton": {"for-s1"}, "unique": {strings.Repeat("a1", 16)}}
	r.slow = make(chan struct{})
	var wg sync.WaitGroup
	codes := make([]int, 2)
	for i := range codes {
		wg.Go(func() { codes[i] = r.do(post("/form", form, signedIn)).Code })
	}
	close(r.slow)
	wg.Wait()
	if r.saved.Load() != 1 || codes[0] != 303 || codes[1] != 303 {
		t.Errorf("saved %d times, answers %v", r.saved.Load(), codes)
	}
	// Back to the same page, another word: it is another text, and it is not lost.
	form.Set("name", "z")
	if w := r.do(post("/form", form, signedIn)); w.Code != 303 || r.saved.Load() != 2 {
		t.Errorf("%d, saved %d", w.Code, r.saved.Load())
	}
	if w := r.do(post("/form", form, signedIn)); w.Code != 303 || r.saved.Load() != 2 {
		t.Errorf("the same twice: %d, saved %d", w.Code, r.saved.Load())
	}
	// A refused form may be corrected and sent again with the same name.
	again := url.Values{"name": {""}, "jeton": {"for-s1"}, "unique": {strings.Repeat("b2", 16)}}
	r.slow = nil
	if w := r.do(post("/form", again, signedIn)); w.Code != 422 {
		t.Fatal(w.Code)
	}
	again.Set("name", "y")
	if w := r.do(post("/form", again, signedIn)); w.Code != 303 || r.saved.Load() != 3 {
		t.Errorf("%d, saved %d", w.Code, r.saved.Load())
	}
}

func TestTextSurvivesTheEndOfTheSession(t *testing.T) {
	r := newRig(t)
	r.sessions.ended = true
	w := r.do(post("/form", url.Values{"name": {"long text"}, "jeton": {"for-s1"}, "password": {"secret"}}, signedIn))
	if w.Code != 303 || r.saved.Load() != 0 {
		t.Fatalf("%d, saved %d", w.Code, r.saved.Load())
	}
	kept := r.drafts.kept[draftID]
	if r.drafts.owner.ID != claire.ID || kept["name"][0] != "long text" || kept["jeton"] != nil || kept["password"] != nil {
		t.Errorf("kept %v for %v", kept, r.drafts.owner)
	}
	next, err := url.Parse(w.Header().Get("Location"))
	if err != nil || next.Path != "/entrer" {
		t.Fatal(w.Header().Get("Location"))
	}
	r.sessions.ended = false
	back := r.do(get(next.Query().Get("suite"), signedIn))
	body := back.Body.String()
	if !strings.Contains(body, `value="long text"`) || !strings.Contains(body, "Voici votre texte.") {
		t.Errorf("not given back:\n%s", body)
	}
	// Saving it drops the draft.
	if w := r.do(post("/form", url.Values{"name": {"long text"}, "jeton": {"for-s1"}, "texte": {string(draftID)}}, signedIn)); w.Code != 303 || len(r.drafts.kept) != 0 {
		t.Errorf("%d, %d drafts left", w.Code, len(r.drafts.kept))
	}
}

func TestTextSurvivesAnotherSessionOfTheSameBrowser(t *testing.T) {
	r := newRig(t)
	w := r.do(post("/form", url.Values{"name": {"typed before"}, "jeton": {"for-older"}}, signedIn))
	if w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), "/form?texte=") || r.saved.Load() != 0 {
		t.Errorf("%d %s, saved %d", w.Code, w.Header().Get("Location"), r.saved.Load())
	}
}

func TestBodies(t *testing.T) {
	r := newRig(t)
	big := strings.Repeat("a", 300<<10)
	for name, tt := range map[string]struct {
		kind string
		body io.Reader
		size int64
		want int
	}{
		"too large":              {"application/x-www-form-urlencoded", strings.NewReader("name=" + big), int64(5 + len(big)), 413},
		"too large, unannounced": {"application/x-www-form-urlencoded", strings.NewReader("name=" + big), -1, 413},
		"50 MB upload":           {"multipart/form-data; boundary=x", io.LimitReader(zeros{}, 50<<20), 50 << 20, 413},
		"a file on a form":       {"multipart/form-data; boundary=x", strings.NewReader("--x--"), 5, 422},
		"not UTF-8":              {"application/x-www-form-urlencoded", strings.NewReader("jeton=for-s1&name=%E9t%E9"), 24, 422},
		"broken escapes":         {"application/x-www-form-urlencoded", strings.NewReader("name=%ZZ"), 8, 422},
	} {
		req := httptest.NewRequest("POST", "/form", tt.body)
		req.ContentLength = tt.size
		req.Header.Set("Content-Type", tt.kind)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		signedIn(req)
		w := r.do(req)
		if w.Code != tt.want || !strings.Contains(w.Body.String(), "02 61 91 40 10") {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
		if left, err := io.Copy(io.Discard, req.Body); err != nil && left > 0 {
			t.Errorf("%s: %d bytes left unread", name, left)
		}
	}
	if r.saved.Load() != 0 {
		t.Error("something was saved")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestFlashIsShownOnce(t *testing.T) {
	r := newRig(t)
	w := r.do(post("/form", url.Values{"name": {"x"}, "jeton": {"for-s1"}}, signedIn))
	var flash *http.Cookie
	for _, c := range w.Result().Cookies() {
		if c.Name == "parvis_flash" {
			flash = c
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure {
			t.Errorf("cookie %s: %+v", c.Name, c)
		}
	}
	if flash == nil {
		t.Fatal("no flash")
	}
	page := r.do(get("/form", signedIn, func(r *http.Request) { r.AddCookie(flash) }))
	if !strings.Contains(page.Body.String(), "C’est gardé.") || !strings.Contains(page.Header().Get("Set-Cookie"), "parvis_flash=;") {
		t.Error("the flash is not shown, or not taken back")
	}
	forged := *flash
	forged.Value = strings.Replace(flash.Value, "ey", "eZ", 1)
	if page := r.do(get("/form", signedIn, func(r *http.Request) { r.AddCookie(&forged) })); strings.Contains(page.Body.String(), "C’est gardé.") {
		t.Error("a forged flash is shown")
	}
}

func TestCompressedWhenAsked(t *testing.T) {
	r := newRig(t)
	w := r.do(get("/form", signedIn, func(r *http.Request) { r.Header.Set("Accept-Encoding", "br, gzip") }))
	if w.Header().Get("Content-Encoding") != "gzip" || !bytes.HasPrefix(w.Body.Bytes(), []byte{0x1f, 0x8b}) {
		t.Error("not compressed")
	}
	if w := r.do(get("/form", signedIn, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip;q=0") })); w.Header().Get("Content-Encoding") != "" {
		t.Error("compressed against the browser's will")
	}
}

func TestStaticFilesAreKeptForAYear(t *testing.T) {
	r := newRig(t)
	page := r.do(get("/form", signedIn)).Body.String()
	m := regexp.MustCompile(`href="(/static/common\.[0-9a-f]{10}\.css)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no stylesheet")
	}
	w := r.do(get(m[1]))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || strings.Contains(w.Body.String(), "/*") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if font := regexp.MustCompile(`url\((/static/[^)]+\.woff2)\)`).FindStringSubmatch(w.Body.String()); font == nil || r.do(get(font[1])).Code != 200 {
		t.Error("the font is not there")
	}
	if w := r.do(get("/static/common.css")); w.Code != 404 {
		t.Errorf("a name without hash: %d", w.Code)
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/personnes": "/personnes", "/a?b=c#d": "/a?b=c#d", "": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/",
		"javascript:alert(1)": "/", "personnes": "/", "/a\r\nSet-Cookie: x": "/",
	} {
		if got := kit.LocalPath(in); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLogsHoldNoTypedText(t *testing.T) {
	r := newRig(t)
	r.do(post("/form?q=Samira", url.Values{"name": {"Haddad"}, "jeton": {"for-s1"}}, signedIn))
	if log := r.log.String(); strings.Contains(log, "Haddad") || strings.Contains(log, "Samira") || strings.Contains(log, "token") || !strings.Contains(log, "POST /form") {
		t.Errorf("log: %s", log)
	}
}

func BenchmarkRender(b *testing.B) {
	r := newRig(b)
	req := get("/form", signedIn)
	for b.Loop() {
		r.do(req)
	}
}
