package i18n

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dynamicPrefixes are the keys that Go builds at run time from a variable; each
// says from what. A literal that is only the beginning of keys
// ("web.error.title_"+code) is understood by itself. A key under one of them counts as used.
var dynamicPrefixes = []string{
	"common.month.m",   // the month's number
	"common.weekday.d", // time.Weekday
	"common.date.",     // Printer.date
	"journal.",         // journal.Event.Kind
	"casefile.",        // read by the catalogue's own room: error keys, codes of sources, kinds and roles
}

var comment = regexp.MustCompile(`(?m)^\s*//.*$|//.*$`)

// keyLiteral matches what looks like a key: a quoted text whose first part is an
// area of the French catalogue.
func keyLiteral(fr map[string]*message) *regexp.Regexp {
	areas := map[string]bool{"law": true}
	for key := range fr {
		area, _, _ := strings.Cut(key, ".")
		areas[area] = true
	}
	return regexp.MustCompile("[\"`]((?:" + strings.Join(slices.Sorted(maps.Keys(areas)), "|") + ")(?:\\.[a-z0-9_]+)+\\.?)[\"`]")
}

// ofLaw tells whether a key translates a sentence of the law files, which are
// the French: internal/web/lawtext compares them.
func ofLaw(key string) bool { return strings.HasPrefix(key, "law.") }

func ownMessages(t *testing.T, tag string) map[string]*message {
	t.Helper()
	m, err := loadTag(catalogue, tag)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryKeyInEveryLanguage(t *testing.T) {
	fr := ownMessages(t, French)
	for _, tag := range []string{English, Arabic} {
		own := ownMessages(t, tag)
		for _, key := range sortedKeys(fr) {
			if own[key] == nil {
				t.Errorf("%s: %s is missing", tag, key)
			}
		}
		for _, key := range sortedKeys(own) {
			if fr[key] == nil && !ofLaw(key) {
				t.Errorf("%s: %s is not in the French catalogue", tag, key)
			}
		}
	}
	for _, key := range sortedKeys(ownMessages(t, EasyFrench)) {
		if fr[key] == nil && !ofLaw(key) {
			t.Errorf("fr-x-falc: %s is not in the French catalogue", key)
		}
	}
}

func TestSamePlaceholders(t *testing.T) {
	fr := ownMessages(t, French)
	for _, tag := range []string{EasyFrench, English, Arabic} {
		for key, m := range ownMessages(t, tag) {
			if fr[key] == nil {
				continue
			}
			if got, want := placeholders(m), placeholders(fr[key]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has placeholders %v, French has %v", tag, key, got, want)
			}
		}
	}
}

func TestPluralForms(t *testing.T) {
	want := map[string][]string{
		French: {"one"}, EasyFrench: {"one"}, English: {"one"},
		Arabic: {"zero", "one", "two", "few", "many"},
	}
	fr := ownMessages(t, French)
	for _, tag := range Tags() {
		for key, m := range ownMessages(t, tag) {
			if fr[key] == nil {
				continue
			}
			if (m.forms == nil) != (fr[key].forms == nil) {
				t.Errorf("%s: %s is plural in one language and not in the other", tag, key)
				continue
			}
			if m.forms == nil {
				continue
			}
			for _, f := range want[tag] {
				if _, ok := m.forms[f]; !ok {
					t.Errorf("%s: %s lacks a plural form (%v)", tag, key, want[tag])
				}
			}
		}
	}
}

// TestKeysOfCode scans Go and templates: each literal key exists, each key of
// the catalogue is used somewhere or sits under a dynamic prefix.
func TestKeysOfCode(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	used := map[string]string{}
	fr := ownMessages(t, French)
	literal := keyLiteral(fr)
	for _, dir := range []string{"internal", "cmd", "law"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			if d.IsDir() {
				if name := d.Name(); name == "testdata" || name == "node_modules" {
					return filepath.SkipDir
				}
				return nil
			}
			ext := filepath.Ext(path)
			if (ext != ".go" && ext != ".html" && ext != ".cedar") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range literal.FindAllSubmatch(comment.ReplaceAll(data, nil), -1) {
				if key := string(m[1]); key != "common.css" {
					used[key] = path
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for key, path := range used {
		if fr[key] == nil && !isPrefix(key, fr) && !ofLaw(key) {
			t.Errorf("%s uses %s, which no catalogue has", path, key)
		}
	}
	prefixes := slices.Clone(dynamicPrefixes)
	for key := range used {
		if fr[key] == nil {
			prefixes = append(prefixes, key)
		}
	}
	for _, key := range sortedKeys(fr) {
		if used[key] == "" && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// isPrefix tells whether a literal is the beginning of keys, as in
// "common.month.m"+n.
func isPrefix(key string, all map[string]*message) bool {
	for k := range all {
		if strings.HasPrefix(k, key) {
			return true
		}
	}
	return false
}

// TestFrenchTypography: texts are typed with ordinary spaces and apostrophes, and
// compiled with the right ones.
func TestFrenchTypography(t *testing.T) {
	for _, tag := range []string{French, EasyFrench} {
		for key, m := range ownMessages(t, tag) {
			for _, piece := range m.other {
				for _, bad := range []string{"'", " ?", " !", " ;", "...", "  "} {
					if strings.Contains(piece.text, bad) {
						t.Errorf("%s: %s has %q in %q", tag, key, bad, piece.text)
					}
				}
			}
		}
	}
}

func placeholders(m *message) []string {
	set := map[string]bool{}
	add := func(p pieces) {
		for _, piece := range p {
			if piece.name != "" && piece.name != "n" {
				set[piece.name] = true
			}
		}
	}
	add(m.other)
	for _, f := range m.forms {
		add(f)
	}
	return sortedKeys(set)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
