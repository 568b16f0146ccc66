package kit

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"

	"github.com/klauspost/compress/gzip"
)

// Page is what a handler shows.
type Page struct {
	Template string // "person/file"
	Title    string // before " · Parvis"
	Sheet    string // the area's stylesheet beside the common one: "file.css"; "" = none
	Layout   Layout
	Public   bool   // larger type, for the person
	Nav      string // the current entry of the main navigation: "today", "people", "team"
	Status   int    // 0 = 200
	Script   bool   // the page has something to enhance
	Tag      string // the catalogue of the page when it is not the visitor's: a sheet for somebody else
	OwnLang  bool   // the page changes language by a button of its own form: a link would lose what was answered
	View     any
}

// Layout is the frame around a page.
type Layout string

// The layouts.
const (
	Frame Layout = ""      // header, search and navigation when signed in, footer
	Gate  Layout = "gate"  // before signing in, and every error: languages instead of navigation
	Bare  Layout = "sheet" // a printed sheet: nothing around it
)

// frame is what the layout template reads.
type frame struct {
	Page
	Info     access.SessionInfo
	SignedIn bool
	Person   bool
	Clerk    bool // of the desk: no search of people
	House    House
	Flashes  []Flash
	Demo     string
	Beside   string // at whose side the person is, and until when
	Token    string
	Path     string // this page, for the language links
	Query    string
	Sprite   template.HTML
	Content  template.HTML
}

// LangLink is the address of this page in another language.
func (f frame) LangLink(tag string) string {
	q := "?lang=" + tag
	if f.Query != "" {
		q += "&" + f.Query
	}
	return f.Path + q
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with a page. It writes nothing when the template fails.
func (k *Kit) Render(w http.ResponseWriter, r *http.Request, page Page) error {
	v := From(r.Context())
	p := v.P
	if page.Tag != "" {
		p = i18n.For(page.Tag)
	}
	set, err := k.templates.byTag[p.Tag()]()
	if err != nil {
		return err
	}
	content := getBuffer()
	defer func() { buffers.Put(content) }()
	if err := set.run(content, page.Template, page.View); err != nil {
		return fmt.Errorf("render %s: %w", page.Template, err)
	}
	if v.refused != nil {
		named := putLabels(content.Bytes(), v.refused, func(label string) string { return p.T("web.form.about", "label", label) })
		content = bytes.NewBuffer(named)
	}
	page.Tag = p.Tag()
	f := frame{
		Page: page, Info: v.Info, SignedIn: !v.Actor.IsZero(), Person: v.Actor.Kind == core.ActorPerson, Clerk: v.Actor.Kind == core.ActorClerk,
		House: k.house(r.Context(), v), Flashes: v.flashes, Path: r.URL.Path, Query: r.URL.RawQuery,
		Content: contentMark, Sprite: spriteMark,
	}
	if r.Method == http.MethodPost || strings.Contains(f.Query, "lang=") {
		f.Query = ""
	}
	if k.Demo {
		now := k.Clock.Now().In(k.demoPlace(v))
		f.Demo = v.T("web.demo.banner", "day", v.P.Day(core.DateOf(now)), "hour", v.P.Hour(now.Hour()*60+now.Minute()))
	}
	if v.Info.Beside != "" && f.SignedIn {
		ends := v.Info.EndsAt.In(v.Place())
		f.Beside = v.T("signin.beside.banner", "name", v.Info.BesideName, "hour", v.P.Hour(ends.Hour()*60+ends.Minute()))
	}
	if f.SignedIn {
		if f.Token, err = k.token(w, r, v); err != nil {
			return err
		}
	}
	messages := getBuffer()
	defer buffers.Put(messages)
	if len(f.Flashes) > 0 {
		if err := set.run(messages, "kit/flashes", f); err != nil {
			return fmt.Errorf("render messages: %w", err)
		}
	}
	shell := getBuffer()
	defer buffers.Put(shell)
	if err := set.run(shell, "kit/layout", f); err != nil {
		return fmt.Errorf("render layout of %s: %w", page.Template, err)
	}
	// The page is put together last: the sprite holds only the symbols it uses.
	head, rest, _ := bytes.Cut(shell.Bytes(), []byte(spriteMark))
	top, foot, _ := bytes.Cut(rest, []byte(contentMark))
	out := getBuffer()
	defer buffers.Put(out)
	out.Write(head)
	k.writeSprite(out, messages.Bytes(), content.Bytes(), rest)
	out.Write(top)
	putFlashes(out, content.Bytes(), messages.Bytes())
	out.Write(foot)
	if len(v.flashes) > 0 {
		setCookie(w, r, cookieFlash, "", -1)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang())
	h.Set("Cache-Control", "no-store")
	return k.send(w, r, page.Status, out.Bytes())
}

// demoPlace is the time zone of the demo's banner: the visitor's organisation's,
// Paris before anybody signed in.
func (k *Kit) demoPlace(v *Visit) *time.Location {
	if v.place != nil {
		return v.place
	}
	if paris, err := time.LoadLocation("Europe/Paris"); err == nil {
		return paris
	}
	return time.UTC
}

// putFlashes writes the page with the messages where it wants them, between its
// head and its body, or else first.
func putFlashes(out *bytes.Buffer, content, messages []byte) {
	before, after, found := bytes.Cut(content, []byte(flashMark))
	if !found {
		before, after = nil, content
	}
	out.Write(before)
	out.Write(messages)
	out.Write(after)
}

const flashMark = "<!--messages-->"

const spriteMark = "<!--sprite-->"

const contentMark = "<!--content-->"

func getBuffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

// writeSprite writes the symbols that the parts of the page name by <use
// href="#i-…">.
func (k *Kit) writeSprite(out *bytes.Buffer, parts ...[]byte) {
	mark := []byte(`href="#i-`)
	var names []string
	for _, rest := range parts {
		for {
			i := bytes.Index(rest, mark)
			if i < 0 {
				break
			}
			rest = rest[i+len(mark):]
			end := bytes.IndexByte(rest, '"')
			if end < 0 {
				break
			}
			if !slices.ContainsFunc(names, func(n string) bool { return n == string(rest[:end]) }) {
				names = append(names, string(rest[:end]))
			}
		}
	}
	if len(names) == 0 {
		return
	}
	out.WriteString(`<svg width="0" height="0" aria-hidden="true" focusable="false">`)
	for _, name := range names {
		out.WriteString(k.templates.icons[name])
	}
	out.WriteString(`</svg>`)
}

// packers keeps gzip writers: each holds some hundred kilobytes of tables, too
// much to be made again after every garbage collection, as a sync.Pool would.
type packers chan *gzip.Writer

func (p packers) get() (*gzip.Writer, error) {
	select {
	case z := <-p:
		return z, nil
	default:
		return gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	}
}

func (p packers) put(z *gzip.Writer) {
	select {
	case p <- z:
	default: // enough are kept
	}
}

// keptPackers bounds the writers kept: more answers than this are rarely packed
// at the same instant.
const keptPackers = 16

// send writes the body, compressed when the browser takes it and it is worth it.
func (k *Kit) send(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	if status == 0 {
		status = http.StatusOK
	}
	if len(body) > 1200 && acceptsGzip(r) {
		packed := getBuffer()
		defer buffers.Put(packed)
		z, err := k.packers.get()
		if err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		defer k.packers.put(z)
		z.Reset(packed)
		if _, err := z.Write(body); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		if err := z.Close(); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		w.Header().Set("Content-Encoding", "gzip")
		body = packed.Bytes()
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(body)
	return nil
}
