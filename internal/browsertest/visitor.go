package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Screen is what somebody looks at Parvis with. The zero Screen is a desktop
// window of 1280 × 900 in light colours, in French, with script switched off.
type Screen struct {
	Width, Height int    // CSS pixels; 0 for 1280 and 900
	Dark          bool   // the system asks for dark colours
	Script        bool   // JavaScript runs
	Lang          string // Accept-Language; "" for "fr"
}

// Visitor is one person at one screen, with cookies of their own.
type Visitor struct {
	t      testing.TB
	ctx    context.Context
	base   string
	status int64
}

// Visit opens an empty window on the server at base, which is closed when the
// test ends.
func (b *Browser) Visit(t testing.TB, base string, s Screen) *Visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v := &Visitor{t: t, ctx: ctx, base: strings.TrimSuffix(base, "/")}
	v.look(s)
	return v
}

// Tab opens a second tab with the same cookies.
func (v *Visitor) Tab(s Screen) *Visitor {
	v.t.Helper()
	ctx, cancel := chromedp.NewContext(v.ctx)
	v.t.Cleanup(cancel)
	w := &Visitor{t: v.t, ctx: ctx, base: v.base}
	w.look(s)
	return w
}

func (v *Visitor) look(s Screen) {
	v.t.Helper()
	// The first run makes the window, which lives as long as the context of that run.
	if err := chromedp.Do(v.ctx); err != nil {
		v.t.Fatalf("open a window: %v", err)
	}
	if s.Width == 0 {
		s.Width = 1280
	}
	if s.Height == 0 {
		s.Height = 900
	}
	if s.Lang == "" {
		s.Lang = "fr"
	}
	scheme := "light"
	if s.Dark {
		scheme = "dark"
	}
	var viewport []chromedp.EmulateViewportOption
	if s.Width < 600 {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	v.do("set the screen up",
		chromedp.EmulateViewport(int64(s.Width), int64(s.Height), viewport...),
		call(emulation.SetEmulatedMedia.Method, func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme},
					{Name: "prefers-reduced-motion", Value: "reduce"},
				},
			})
			return err
		}),
		call(emulation.SetScriptExecutionDisabled.Method, func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !s.Script})
			return err
		}),
		call(network.SetExtraHTTPHeaders.Method, func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
				Headers: network.Headers{"Accept-Language": s.Lang},
			})
			return err
		}),
	)
}

func call(name string, fn func(context.Context) error) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if err := fn(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// Open goes to a path of the server, or to a whole URL, and waits for the page.
func (v *Visitor) Open(path string) {
	v.t.Helper()
	v.load("open "+path, chromedp.NavigateResponse(v.URL(path)))
}

// URL makes the whole address of a path.
func (v *Visitor) URL(path string) string {
	if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") || strings.HasPrefix(path, "file://") {
		return path
	}
	return v.base + path
}

// Follow clicks the link whose words are text and waits for its page.
func (v *Visitor) Follow(text string) {
	v.t.Helper()
	v.load("follow "+quote(text), click(v.find("link", "a[href]", text)))
}

// Press clicks the button whose words are text and waits for the page it leads to.
func (v *Visitor) Press(text string) {
	v.t.Helper()
	v.load("press "+quote(text), click(v.find("button", "button, input[type=submit]", text)))
}

// Unfold opens the folded part whose summary has the words.
func (v *Visitor) Unfold(text string) {
	v.t.Helper()
	v.do("unfold "+quote(text), chromedp.Click(v.find("folded part", "summary", text)))
}

// Fill replaces what stands in the field with that label by value.
func (v *Visitor) Fill(label, value string) {
	v.t.Helper()
	v.fill(label, v.field(label), value)
}

func (v *Visitor) fill(label string, field chromedp.JSPath, value string) {
	v.t.Helper()
	Eval[bool](v, "("+string(field)+").value = '', true")
	v.do("fill "+quote(label), chromedp.SendKeys(field, value))
}

// FillIn is Fill for a label that several parts of the page have: the field is in
// the section, list item, fieldset or article with that heading.
func (v *Visitor) FillIn(heading, label, value string) {
	v.t.Helper()
	path := v.js("w => { const l = [...part("+quote(heading)+").querySelectorAll('label')].find(l => words(l).startsWith(fold(w))); return l && l.control || null; }", label)
	v.must("no field with this label under "+heading, label, path)
	v.fill(label, path, value)
}

// PressIn is Press for a button that several parts of the page have.
func (v *Visitor) PressIn(heading, text string) {
	v.t.Helper()
	path := v.js("w => [...part("+quote(heading)+").querySelectorAll('button')].find(b => words(b).startsWith(fold(w))) || null", text)
	v.must("no button with these words under "+heading, text, path)
	v.load("press "+quote(text), click(path))
}

// Choose picks the radio button, the checkbox or the option with that label.
func (v *Visitor) Choose(label string) {
	v.t.Helper()
	path := v.js("(w => { const l = named('label, option', w); if (!l) return null;"+
		" if (l.tagName === 'OPTION') { l.selected = true; return l.parentElement; }"+
		" const c = l.control; if (c) c.checked = true; return c; })", label)
	v.must("no choice with this label", label, path)
	v.do("choose "+quote(label), chromedp.WaitReady(path))
}

// Value returns what stands in the field with that label.
func (v *Visitor) Value(label string) string {
	v.t.Helper()
	return ask(v, "read "+quote(label), chromedp.Value(v.field(label)))
}

// Path returns the path and the query of the open page.
func (v *Visitor) Path() string {
	v.t.Helper()
	u, err := url.Parse(ask(v, "read the address", chromedp.Location()))
	if err != nil {
		v.t.Fatalf("read the address: %v", err)
	}
	return u.RequestURI()
}

// Status returns the HTTP status of the open page.
func (v *Visitor) Status() int { return int(v.status) }

// Text returns the page's visible words, white space folded.
func (v *Visitor) Text() string {
	v.t.Helper()
	text := Eval[string](v, "document.body ? document.body.innerText : ''")
	return strings.Join(strings.Fields(text), " ")
}

// Shows tells whether the page shows the words; white space does not matter.
func (v *Visitor) Shows(words string) bool {
	v.t.Helper()
	return strings.Contains(v.Text(), strings.Join(strings.Fields(words), " "))
}

// MustShow ends the test unless the page shows all the words.
func (v *Visitor) MustShow(words ...string) {
	v.t.Helper()
	text := v.Text()
	for _, w := range words {
		if !strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			v.t.Fatalf("%s does not show %q. It shows: %s", v.Path(), w, shorten(text, 1500))
		}
	}
}

// Eval runs a JavaScript expression in the page and returns its value. It works
// with the page's own scripts switched off too.
func Eval[T any](v *Visitor, expression string) T {
	v.t.Helper()
	return ask(v, "evaluate", chromedp.Evaluate[T](expression))
}

// Await is Eval of an expression that gives a promise: it waits for what the promise gives.
func Await[T any](v *Visitor, expression string) T {
	v.t.Helper()
	return ask(v, "await", chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// ClearCookies forgets the session, as an expiry or another computer would.
func (v *Visitor) ClearCookies() {
	v.t.Helper()
	v.do("clear the cookies", call("clear cookies", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

// SidewaysScroll returns by how many CSS pixels the page is wider than the screen.
func (v *Visitor) SidewaysScroll() int {
	v.t.Helper()
	return Eval[int](v, "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
}

// Picture writes a PNG of the window (whole: of the whole page) to file, whose
// folder is made when missing.
func (v *Visitor) Picture(file string, whole bool) {
	v.t.Helper()
	shot := chromedp.CaptureScreenshot()
	if whole {
		shot = chromedp.FullScreenshot(100)
	}
	png, err := shrink(ask(v, "take a picture", shot))
	if err != nil {
		v.t.Fatalf("take a picture: %v", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		v.t.Fatalf("take a picture: %v", err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		v.t.Fatalf("take a picture: %v", err)
	}
}

// PDF prints the page as the browser would, on A4.
func (v *Visitor) PDF() []byte {
	v.t.Helper()
	return ask(v, "print", chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize()))
}

// finder is the JavaScript that finds elements by the words people read.
const finder = `const fold = s => (s || '').replace(/\s+/g, ' ').trim();
const words = e => fold(e.getAttribute('aria-label') || e.innerText || e.value || e.textContent);
const seen = e => e.tagName === 'OPTION' || e.getClientRects().length > 0;
const named = (selector, want) => {
  const all = [...document.querySelectorAll(selector)].filter(seen);
  want = fold(want);
  return all.find(e => words(e) === want) || all.find(e => words(e).startsWith(want)) || all.find(e => words(e).includes(want)) || null;
};
const part = want => {
  const h = named('h2, h3, h4, legend', want);
  return h && h.closest('article, fieldset, li, section, .right') || document.createElement('div');
};
`

// js makes the JavaScript path of the element that fn finds for the words.
func (v *Visitor) js(fn, words string) chromedp.JSPath {
	arg, err := json.Marshal(words)
	if err != nil {
		v.t.Fatalf("find %q: %v", words, err)
	}
	return chromedp.JSPath("(() => { " + finder + "return (" + fn + ")(" + string(arg) + "); })()")
}

func (v *Visitor) find(what, selector, text string) chromedp.JSPath {
	v.t.Helper()
	path := v.js("w => named("+quote(selector)+", w)", text)
	v.must("no "+what+" with these words", text, path)
	return path
}

func (v *Visitor) field(label string) chromedp.JSPath {
	v.t.Helper()
	path := v.js("w => { const l = named('label, legend', w); return l && l.control || null; }", label)
	v.must("no field with this label", label, path)
	return path
}

// must ends the test when the path leads to no element.
func (v *Visitor) must(what, words string, path chromedp.JSPath) {
	v.t.Helper()
	if !Eval[bool](v, "!!("+string(path)+")") {
		v.t.Fatalf("%s: %s: %q. It shows: %s", v.Path(), what, words, shorten(v.Text(), 1500))
	}
}

// click clicks an element and waits for the page that the click leads to.
func click(path chromedp.JSPath) chromedp.Action[*network.Response] {
	return func(ctx context.Context, _ *chromedp.Target) (*network.Response, error) {
		return chromedp.RunResponse(ctx, chromedp.Click(path))
	}
}

func (v *Visitor) load(what string, action chromedp.Action[*network.Response]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, stepTimeout)
	defer cancel()
	response, err := chromedp.Run(ctx, action)
	if err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
	v.status = 0
	if response != nil {
		v.status = response.Status
	}
}

func (v *Visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, stepTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

func ask[T any](v *Visitor, what string, action chromedp.Action[T]) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
	return value
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		return "?"
	}
	return string(b)
}

func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "…"
}
