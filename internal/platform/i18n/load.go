package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed catalogue
var catalogue embed.FS

// message is one compiled text. forms is nil when the text has no plural.
type message struct {
	other  pieces
	forms  map[string]pieces // by CLDR form: "zero", "one", "two", "few", "many"
	source string            // SourceHash of the sentence it translates, "" when that is the French catalogue's
}

// pieces alternate text and placeholders.
type pieces []piece

type piece struct {
	text string // when name is empty
	name string // a placeholder
}

// shelf holds the catalogues of a file system by tag. Each is compiled when its
// language is first spoken: a command at a terminal speaks one.
type shelf map[string]func() (*Printer, error)

func newShelf(fsys fs.FS) shelf {
	s := shelf{}
	for _, tag := range Tags() {
		s[tag] = sync.OnceValues(func() (*Printer, error) { return s.compile(fsys, tag) })
	}
	return s
}

// compile reads the catalogue of a tag: catalogue/<tag>/<area>.toml, where each
// key begins with the area's name, or with errs. and the area's name.
func (s shelf) compile(fsys fs.FS, tag string) (*Printer, error) {
	messages, err := loadTag(fsys, tag)
	if err != nil {
		return nil, err
	}
	p := &Printer{tag: tag, messages: messages}
	if p.plurals, err = newPlurals(p.Lang()); err != nil {
		return nil, err
	}
	if tag == EasyFrench {
		french, err := s[French]()
		if err != nil {
			return nil, err
		}
		p.messages = maps.Clone(french.messages)
		maps.Copy(p.messages, messages)
	}
	p.words = collectWords(p)
	return p, nil
}

// all compiles every catalogue, at once: reading is most of the work, and the
// start of a server waits for it.
func (s shelf) all() (map[string]*Printer, error) {
	type compiled struct {
		printer *Printer
		err     error
	}
	read := make([]compiled, len(Tags()))
	var wg sync.WaitGroup
	for i, tag := range Tags() {
		wg.Go(func() { read[i].printer, read[i].err = s[tag]() })
	}
	wg.Wait()
	out := map[string]*Printer{}
	for i, tag := range Tags() {
		if read[i].err != nil {
			return nil, read[i].err
		}
		out[tag] = read[i].printer
	}
	return out, nil
}

func loadTag(fsys fs.FS, tag string) (map[string]*message, error) {
	files, err := fs.Glob(fsys, path.Join("catalogue", tag, "*.toml"))
	if err != nil {
		return nil, fmt.Errorf("list catalogue %s: %w", tag, err)
	}
	messages := map[string]*message{}
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		area := strings.TrimSuffix(path.Base(name), ".toml")
		parsed, err := goi18n.ParseMessageBytes(data, toml.Unmarshal)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		for _, m := range parsed {
			if !strings.HasPrefix(m.ID, area+".") && !strings.HasPrefix(m.ID, "errs."+area+".") {
				return nil, fmt.Errorf("%s: key %q must begin with %q or %q", name, m.ID, area+".", "errs."+area+".")
			}
			if messages[m.ID] != nil {
				return nil, fmt.Errorf("%s: key %q is there twice", name, m.ID)
			}
			compiled, err := compile(m, tag)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, m.ID, err)
			}
			messages[m.ID] = compiled
		}
	}
	return messages, nil
}

func compile(m *goi18n.Message, tag string) (*message, error) {
	out := &message{source: m.Hash}
	if m.Other == "" {
		return nil, fmt.Errorf("no text (plural messages need at least \"other\")")
	}
	var err error
	if out.other, err = split(typeset(m.Other, tag)); err != nil {
		return nil, err
	}
	for _, f := range []struct{ form, text string }{
		{"zero", m.Zero}, {"one", m.One}, {"two", m.Two}, {"few", m.Few}, {"many", m.Many},
	} {
		if f.text == "" {
			continue
		}
		if out.forms == nil {
			out.forms = map[string]pieces{}
		}
		if out.forms[f.form], err = split(typeset(f.text, tag)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plurals names the CLDR form of a count with go-i18n's rules: it asks go-i18n
// for a message whose every form is its own name, and remembers the small counts.
type plurals struct {
	small     [200]string
	localizer *goi18n.Localizer
}

func newPlurals(lang string) (*plurals, error) {
	tag := language.MustParse(lang)
	bundle := goi18n.NewBundle(tag)
	forms := &goi18n.Message{ID: "form", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other"}
	if err := bundle.AddMessages(tag, forms); err != nil {
		return nil, fmt.Errorf("plural rules of %s: %w", lang, err)
	}
	p := &plurals{localizer: goi18n.NewLocalizer(bundle, lang)}
	for n := range p.small {
		p.small[n] = p.ask(n)
	}
	return p, nil
}

func (p *plurals) form(n int) string {
	if n < 0 {
		n = -n
	}
	if n < len(p.small) {
		return p.small[n]
	}
	return p.ask(n)
}

func (p *plurals) ask(n int) string {
	s, err := p.localizer.Localize(&goi18n.LocalizeConfig{MessageID: "form", PluralCount: n})
	if err != nil {
		return "other" // go-i18n fails only on a count that is no number
	}
	return s
}

// split cuts a text at its placeholders, {{.name}}.
func split(s string) (pieces, error) {
	var out pieces
	for s != "" {
		before, rest, found := strings.Cut(s, "{{")
		if before != "" {
			out = append(out, piece{text: before})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}}")
		name, dotted := strings.CutPrefix(strings.TrimSpace(inside), ".")
		if !closed || !dotted || name == "" || strings.ContainsAny(name, " .|()") {
			return nil, fmt.Errorf("placeholder in %q: want {{.name}}", s)
		}
		out = append(out, piece{name: name})
		s = after
	}
	return out, nil
}

// typeset gives French its own spaces, so that translators type ordinary ones: a
// narrow no-break space before ? ! ; and a no-break space before : and inside
// « ». A straight apostrophe becomes a curly one, in English too.
func typeset(s, tag string) string {
	switch tag {
	case French, EasyFrench:
		s = frenchSpaces.Replace(s)
	case English:
		s = apostrophe.Replace(s)
	}
	return s
}

var (
	apostrophe   = strings.NewReplacer("'", "’")
	frenchSpaces = strings.NewReplacer("'", "’",
		" ?", "\u202f?", " !", "\u202f!", " ;", "\u202f;",
		" :", "\u00a0:", "« ", "«\u00a0", " »", "\u00a0»", " €", "\u00a0€", " %", "\u00a0%")
)

// Typeset gives a French text typed with ordinary spaces, or with none before
// its stops, its own: for sentences that live in law files, or that a person
// wrote for display, instead of a catalogue.
func Typeset(s string) string {
	if strings.ContainsAny(s, ":;?!") { // most names have no stop: an expression walks every letter
		s = missingSpace.ReplaceAllString(s, "$1\u00a0$2$3")
	}
	if strings.Contains(s, " h") {
		s = hourSpace.ReplaceAllString(s, "$1\u00a0h$2")
	}
	return typeset(s, French)
}

var (
	missingSpace = regexp.MustCompile(`([\p{L}\d)»])([:;?!])( |$)`)
	hourSpace    = regexp.MustCompile(`(\d) h\b( )?`)
)
