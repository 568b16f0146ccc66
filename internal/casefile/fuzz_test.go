package casefile

import (
	"strings"
	"testing"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
)

// Whatever a name is, its keys are few, say what a fold says again, and hold nothing
// that a database refuses; a search of the same text never fails to be read.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"Éloïse d'Œuvre", "Le Goff", "زينب", "N'Diaye-M'Bow", "İstanbul ǅ", "a\u0301\u0301\u0301", "1984-03", "06 39 98 41 22", strings.Repeat("x ", 80), "\xff", "ﬁ\u200d", "ᾨ"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, usual, given string) {
		if len(usual)+len(given) > 400 {
			return // longer names are refused before
		}
		if once := Fold(usual); Fold(once) != once {
			t.Errorf("Fold(%q) = %q, folded again %q", usual, once, Fold(once))
		}
		keys := nameKeys(Identity{UsualName: usual, GivenNames: given, Birth: core.PartialDate{Year: 1984}})
		seen := map[[2]string]bool{}
		for _, k := range keys {
			at := [2]string{k.kind, k.key}
			if seen[at] || k.key == "" || strings.ContainsRune(k.key, 0) || !utf8.ValidString(k.key) || !utf8.ValidString(k.also) {
				t.Errorf("%q %q: key %q, also %q", usual, given, at, k.also)
			}
			seen[at] = true
		}
		if len(tokens(usual, given)) > maxTokens {
			t.Errorf("%d tokens", len(tokens(usual, given)))
		}
		q := parseQuery(usual)
		for _, w := range q.words {
			if w == "" || !utf8.ValidString(w) {
				t.Errorf("parseQuery(%q): word %q", usual, w)
			}
		}
	})
}
