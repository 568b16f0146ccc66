package pdf

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// The drawn forms are those of the Unicode data: each decomposes to its letter.
func TestFormsAreOfTheirLetter(t *testing.T) {
	for r, l := range alphabet() {
		if l.joins == always {
			continue
		}
		forms := map[joins]rune{never: 1, right: 2, both: 4}[l.joins]
		for i := range forms {
			if got := norm.NFKC.String(string(l.isolated + i)); got != string(r) && norm.NFD.String(got) != norm.NFD.String(string(r)) {
				t.Errorf("%U: form %U is of %U", r, l.isolated+i, []rune(got))
			}
		}
		if next := norm.NFKC.String(string(l.isolated + forms)); next == string(r) {
			t.Errorf("%U has more forms than %d", r, forms)
		}
		list, err := faces()
		if err != nil {
			t.Fatal(err)
		}
		s := &setter{faces: list}
		for i := range forms {
			if !s.covered(l.isolated + i) {
				t.Errorf("no font draws %U, of %U", l.isolated+i, r)
			}
		}
	}
	for _, alef := range "آأإا" {
		for i := range rune(2) {
			if got := norm.NFKC.String(string(lamAlef(alef) + i)); got != "ل"+string(alef) {
				t.Errorf("lam and %U make %q", alef, got)
			}
		}
	}
}

func TestShape(t *testing.T) {
	for _, x := range []struct{ in, want string }{
		{"سلام", "\uFEB3\uFEFC\uFEE1"},             // seen, lam-alef, meem alone after alef
		{"دار", "\uFEA9\uFE8D\uFEAD"},              // nothing joins
		{"بيت", "\uFE91\uFEF4\uFE96"},              // initial, medial, final
		{"ماء", "\uFEE3\uFE8E\uFE80"},              // hamza joins nobody
		{"كتاب 12", "\uFEDB\uFE98\uFE8E\uFE8F 12"}, // figures end a word
		{"شكرًا", "\uFEB7\uFEDC\uFEAE\uFE8D"},      // the vowel mark is not drawn, and joins through
		{"abc é", "abc é"},
		{"", ""},
	} {
		if got := string(shape([]rune(x.in))); got != x.want {
			t.Errorf("shape(%q) = %U, want %U", x.in, []rune(got), []rune(x.want))
		}
	}
}

// Shaping loses no letter: what is drawn reads as what was written.
func TestShapeLosesNothing(t *testing.T) {
	var pool []rune
	for r := range alphabet() {
		if r != '\u200D' {
			pool = append(pool, r)
		}
	}
	pool = append(pool, []rune(" abc12")...)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.SampledFrom(pool), 0, 20).Draw(t, "text")
		if got := norm.NFKC.String(string(shape(in))); norm.NFKC.String(string(in)) != got {
			t.Fatalf("%q became %q", string(in), got)
		}
	})
}

func TestDisplayOrder(t *testing.T) {
	list, err := faces()
	if err != nil {
		t.Fatal(err)
	}
	s := &setter{faces: list}
	// Hebrew stands for right-to-left letters: it has no forms to join.
	s.faces = append(list[:len(list):len(list)], face{covers: map[rune]bool{'ג': true, 'ד': true}, scale: 1})
	for _, x := range []struct {
		in   string
		rtl  bool
		want []rune // from left to right
	}{
		{"abc 12", false, []rune{'a', 'b', 'c', ' ', '1', '2'}},
		{"\u05d3\u05d2 abc", true, []rune{'a', 'b', 'c', ' ', '\u05d2', '\u05d3'}},
		{"a \u05d2\u05d3 12 \u05d3\u05d2 x", false, []rune{'a', ' ', '\u05d2', '\u05d3', ' ', '1', '2', ' ', '\u05d3', '\u05d2', ' ', 'x'}},
		{"\u05d2 (ab) \u05d3", true, []rune{'\u05d3', ' ', '(', 'a', 'b', ')', ' ', '\u05d2'}},
		{"\u05d2 \u206812 ab\u2069 \u05d3", true, []rune{'\u05d3', ' ', '1', '2', ' ', 'a', 'b', ' ', '\u05d2'}},
		{"\u05d2\u05d3 x", false, []rune{'\u05d3', '\u05d2', ' ', 'x'}}, // the document says the direction, not the first letter
	} {
		g, err := s.prepare(x.in, x.rtl)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, p := range g.display(0, len(g.runes), x.rtl) {
			out.WriteString(p.text)
		}
		if got := out.String(); got != string(x.want) {
			t.Errorf("%q (rtl %v) is drawn %U, want %U", x.in, x.rtl, []rune(got), x.want)
		}
	}
}

// Anything may be typed in a name: nothing fails, nothing is endless.
func TestAnyTextIsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, rtl := rapid.String().Draw(t, "text"), rapid.Bool().Draw(t, "rtl")
		if _, err := Write(Options{Title: text, Lang: "fr", RTL: rtl, Code: "x"}, func(d *Document) {
			d.Title(text)
			d.Card(Card{Title: text, Sum: text, Lines: []string{text}, Boxes: []string{text, text}})
			d.Table([]string{text, text}, []float64{.5, .5}, [][]string{{text, text}})
			d.Code(text, text, text)
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// The embedded fonts are the files of their packages.
func TestFontsAreThePackages(t *testing.T) {
	root := filepath.Join("..", "..", "..", "node_modules", "@fontsource")
	entries, err := fs.ReadDir(fontFiles, "font")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		pkg := "atkinson-hyperlegible-next"
		if strings.HasPrefix(e.Name(), "noto-naskh-arabic-") {
			pkg = "noto-naskh-arabic"
		}
		want, err := os.ReadFile(filepath.Join(root, pkg, "files", e.Name()))
		if os.IsNotExist(err) {
			if os.Getenv("CI") != "" {
				t.Fatal("the development tools are not installed: scripts/setup.sh tools")
			}
			t.Skip("the development tools are not installed: scripts/setup.sh tools")
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := fontFiles.ReadFile("font/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not the file of its package", e.Name())
		}
	}
}

func FuzzUnpackWOFF(f *testing.F) {
	packed, err := fontFiles.ReadFile("font/atkinson-hyperlegible-next-latin-400-normal.woff")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(packed[:60])
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := unpackWOFF(b); err == nil {
			_, _ = coverage(out)
		}
	})
}
