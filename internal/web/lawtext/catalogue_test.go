package lawtext_test

import (
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ir"
)

// entry is a sentence of the law files that people can read on a page.
type entry struct {
	key, french string
	easy        bool // said to the person on their sheet: easy French has it too
	elsewhere   bool // an input or its values: casefile.toml may name it instead
}

func load(t *testing.T) *rights.Law {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// entries lists every sentence that can reach a sheet, an explanation or the
// page of a rule.
func entries(l *rights.Law) []entry {
	var out []entry
	add := func(e entry) {
		if e.french != "" {
			out = append(out, e)
		}
	}
	for _, r := range l.Rights() {
		add(entry{key: lawtext.Right(r.Name, lawtext.Title), french: r.Title})
		add(entry{key: lawtext.Right(r.Name, lawtext.Decides), french: r.Decides, easy: true})
		list := func(part lawtext.Part, sentences []string) {
			for i, s := range sentences {
				add(entry{key: lawtext.RightLine(r.Name, part, i), french: s, easy: part != lawtext.Easy})
			}
		}
		var papers []string
		for _, p := range r.Papers {
			papers = append(papers, p.Name)
		}
		list(lawtext.Easy, r.Easy)
		list(lawtext.Entails, r.Entails)
		list(lawtext.Contest, r.Contest)
		list(lawtext.Paper, papers)
		list(lawtext.Procedure, r.Procedure)
		list(lawtext.Counter, r.Counters)
		list(lawtext.Phone, r.Phones)
		list(lawtext.Online, r.Online)
		list(lawtext.Delay, r.Delays)
		list(lawtext.NotCovered, r.NotCovered)
	}
	program := l.Program().IR
	reasons := map[string]bool{}
	for i := range program.Vars {
		v := &program.Vars[i]
		add(entry{key: lawtext.Sentence(v.Name), french: v.Label, elsewhere: v.Input})
		for _, b := range v.Bodies {
			collectReasons(b.Expr, reasons)
		}
		if v.Type.Kind == ir.Enum {
			enum := &program.Enums[v.Type.Enum]
			for j, name := range enum.Values {
				add(entry{key: lawtext.Choice(enum.Name, name), french: enum.Labels[j], elsewhere: v.Input})
			}
		}
	}
	for french := range reasons {
		add(entry{key: lawtext.Reason(french), french: french})
	}
	for i := range program.Params {
		add(entry{key: lawtext.Param(program.Params[i].Name), french: program.Params[i].Label})
	}
	for i := range program.Scales {
		add(entry{key: lawtext.Param(program.Scales[i].Name), french: program.Scales[i].Label})
	}
	return out
}

func collectReasons(e *ir.Expr, into map[string]bool) {
	if e == nil {
		return
	}
	if e.Op == ir.OpVerify {
		into[e.Text] = true
	}
	for _, a := range e.Args {
		collectReasons(a, into)
	}
}

// named tells whether the file's own catalogue names an input or one of its
// values, which pages prefer.
func named(p *i18n.Printer, key string) bool {
	name := strings.TrimSuffix(strings.TrimPrefix(key, "law."), ".sentence")
	return p.Has("casefile.variable."+name) || p.Has("casefile."+strings.TrimPrefix(key, "law."))
}

func TestEverySentenceIsTranslated(t *testing.T) {
	l := load(t)
	all := entries(l)
	if len(all) < 400 {
		t.Fatalf("only %d sentences found in the law files", len(all))
	}
	known := map[string]bool{}
	for _, e := range all {
		known[e.key] = true
	}
	for _, tag := range []string{i18n.English, i18n.Arabic, i18n.EasyFrench} {
		p := i18n.For(tag)
		for _, e := range all {
			if _, ok := p.Translated(e.key, e.french); ok {
				continue
			}
			switch {
			case p.Has(e.key):
				t.Errorf("%s: %s translates an older sentence; the law says now « %s »: translate it again, then hash = %q", tag, e.key, e.french, i18n.SourceHash(e.french))
			case tag == i18n.EasyFrench && !e.easy, e.elsewhere && named(p, e.key):
			default:
				t.Errorf("%s: %s is missing: « %s », hash = %q", tag, e.key, e.french, i18n.SourceHash(e.french))
			}
		}
		for _, key := range p.Keys("law.") {
			if !known[key] {
				t.Errorf("%s: %s translates nothing of the law files", tag, key)
			}
		}
	}
}

// TestNamesDoNotClash: a rule called "right" or "param" would share its keys.
func TestNamesDoNotClash(t *testing.T) {
	seen := map[string]string{}
	for _, e := range entries(load(t)) {
		if old, ok := seen[e.key]; ok && old != e.french {
			t.Errorf("%s is the key of « %s » and of « %s »", e.key, old, e.french)
		}
		seen[e.key] = e.french
	}
}

// TestEasySentencesAreShort: one idea, fifteen words at most, in the law files'
// own easy sentences as in the catalogue.
func TestEasySentencesAreShort(t *testing.T) {
	p := i18n.For(i18n.EasyFrench)
	for _, e := range entries(load(t)) {
		if !strings.HasPrefix(e.key, "law.right.") || strings.HasSuffix(e.key, ".title") {
			continue
		}
		text := e.french
		if said, ok := p.Translated(e.key, e.french); ok {
			text = said
		}
		for _, sentence := range sentences(text) {
			if n := len(strings.Fields(sentence)); n > 15 {
				t.Errorf("%s: %d words: « %s »", e.key, n, sentence)
			}
		}
	}
}

func sentences(text string) []string {
	text = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(text)
	var out []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return slices.Contains([]rune(".?!:;"), r) }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
