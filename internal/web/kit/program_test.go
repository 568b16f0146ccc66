package kit

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// month writes itself, as months, dates and languages do.
type month int

func (m month) String() string { return fmt.Sprintf("<month %d>", int(m)) }

type name string

type inner struct {
	Word  name
	Words []string
}

func (inner) Empty() bool { return false }

func (*inner) Far() string { return "far" }

type odd struct {
	inner
	S, Link string
	N       int
	B       bool
	M       month
	H       template.HTML
	Any     any
	P, Nil  *inner
	List    []inner
	Map     map[string]string
}

func (odd) Join(a string, n int) string { return fmt.Sprint(a, n) }

func (odd) Fails() (string, error) { return "", errors.New("no") }

// pages are templates with everything that pages use, and a little more.
var oddPages = map[string]string{
	"texts":   `<title>{{.S}}</title><p title="{{.S}}">{{.S}} {{.N}} {{.M}} {{.H}} {{.Word}} {{.B}}</p><p title="{{.M}}{{.H}}{{.N}}{{.Word}}">`,
	"links":   `<a href="{{.Link}}">a</a><a href="{{.S}}">b</a><a href="/p/{{.S}}/x">c</a><a href="/p?q={{.S}}&amp;r={{.N}}">d</a><a href="/p/{{.Word}}">e</a><a href="{{.M}}">f</a>`,
	"ifs":     `{{if and .B (not .Nil)}}yes{{else if eq .S "a"}}a{{else}}no{{end}}{{if or .S .N}}o{{end}}{{if ne .N 0}}n{{end}}{{if gt (len .Words) 1}}g{{end}}{{if lt .N 3}}l{{end}}{{with .P}}{{.Word}}{{else}}none{{end}}`,
	"ranges":  `{{range $i, $w := .Words}}{{$i}}={{$w}} {{$.S}};{{else}}none{{end}}{{range .List}}{{.Word}}{{range .Words}}{{.}},{{end}}{{end}}{{range $l := .List}}{{$l.Word}}{{end}}`,
	"vars":    `{{$n := "x"}}{{if .B}}{{$n = .S}}{{end}}{{$n}}{{with $m := .N}}{{$m}}{{$n}}{{end}}`,
	"calls":   `{{say "k" "a" .S}} {{mark .S}} {{bare}} {{.Join "a" 2}} {{$.Join .S .N}} {{.Empty}} {{print .S .N}} {{index .Words 0}} {{len .Words}}`,
	"nested":  `{{template "part" .}}{{template "part" .List}}{{template "empty"}}{{template "pair" pair .S .P}}`,
	"part":    `<i>{{.}}</i>`,
	"empty":   `<b>{{.}}</b>`,
	"pair":    `{{$a := index . 0}}{{$b := index . 1}}{{$a}}{{with $b}}{{.Word}}{{.Far}}{{end}}`,
	"anys":    `{{.Any}} <a title="{{.Any}}">{{with .Any}}{{.}}{{end}}</a>`,
	"unknown": `{{range $k, $v := .Map}}{{$k}}{{$v}}{{end}}{{printf "%d" .N}}<a title={{.S}}>`,
	"wrong":   `{{.Nil.Word}}`,
	"fails":   `before {{.Fails}}`,
}

func oddPrograms(t *testing.T) *programs {
	t.Helper()
	funcs := template.FuncMap{
		"say": func(key string, args ...any) string { return fmt.Sprint(key, args) },
		"mark": func(s string) template.HTML {
			return template.HTML("<mark>" + template.HTMLEscapeString(s) + "</mark>")
		},
		"bare": func() string { return "<bare>" },
		"pair": func(a, b any) [2]any { return [2]any{a, b} },
	}
	root := template.New("").Funcs(funcs)
	for name, text := range oddPages {
		template.Must(root.New(name).Parse(text))
	}
	p, err := newPrograms(root, funcs, false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A program and html/template write the same bytes for the same value, or fail alike.
func TestProgramsWriteTheSame(t *testing.T) {
	p := oddPrograms(t)
	texts := rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom([]rune(`<>&'"+/?#:%=.~ é`+"\x00\n\u2028")), 0, 12, -1),
		rapid.SampledFrom([]string{"", "/a/b?c=d&e=f#g", "javascript:alert(1)", "http://x/é?a=b c", "%41%zz", "//x", "#a", "?a:b", "\xff", "<!-- -->", "mailto:a@b"}),
	)
	parts := rapid.Custom(func(t *rapid.T) inner {
		return inner{name(texts.Draw(t, "word")), rapid.SliceOfN(texts, 0, 3).Draw(t, "words")}
	})
	rapid.Check(t, func(t *rapid.T) {
		in := parts.Draw(t, "inner")
		v := odd{
			inner: in, S: texts.Draw(t, "s"), Link: texts.Draw(t, "link"), N: rapid.IntRange(-3, 5).Draw(t, "n"), B: rapid.Bool().Draw(t, "b"),
			M: month(rapid.IntRange(0, 3).Draw(t, "m")), H: template.HTML(texts.Draw(t, "h")),
			List: rapid.SliceOfN(parts, 0, 3).Draw(t, "list"), Map: map[string]string{"k": texts.Draw(t, "map")},
		}
		v.Any = rapid.SampledFrom([]any{nil, 1, "a<b", template.HTML("<i>"), month(2), &in, template.URL("a:b"), template.HTMLAttr("c=d"), 1.5, errors.New("e&")}).Draw(t, "any")
		if rapid.Bool().Draw(t, "p") {
			v.P = &in
		}
		for name := range oddPages {
			var theirs, ours bytes.Buffer
			wantErr := p.set.ExecuteTemplate(&theirs, name, v)
			p.seen.Store(name, true)
			err := p.run(&ours, name, v)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("%s: error %v, html/template %v", name, err, wantErr)
			}
			if err == nil && !bytes.Equal(ours.Bytes(), theirs.Bytes()) {
				t.Fatalf("%s:\n     ours %q\n   theirs %q", name, ours.String(), theirs.String())
			}
		}
	})
}

// Most of them are programs: the test above does not compare html/template with itself.
func TestProgramsAreCompiled(t *testing.T) {
	p := oddPrograms(t)
	in := inner{"w", []string{"a", "b"}}
	v := odd{inner: in, S: "a", P: &in, List: []inner{in}, Any: "x"}
	for name := range oddPages {
		_ = p.set.ExecuteTemplate(&bytes.Buffer{}, name, v) // escapes it; some fail
		r, err := p.compile(name)
		if known := name != "unknown"; (err == nil) != known {
			t.Errorf("%s: compiled %t, want %t (%v)", name, err == nil, known, err)
		}
		if r == nil || strings.Contains("wrong fails pair", name) {
			continue
		}
		x := &run{programs: p, out: &bytes.Buffer{}}
		if err := x.call(r, reflect.ValueOf(v)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
