package journal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

var kindLiteral = regexp.MustCompile(`journal\.Event\{\s*Kind:\s*"([^"]+)"`)

// TestEveryKindHasItsSentence: a person reads what was done in their language,
// whichever room wrote the line.
func TestEveryKindHasItsSentence(t *testing.T) {
	found := map[string]string{}
	for _, root := range []string{"..", filepath.Join("..", "..", "cmd")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range kindLiteral.FindAllSubmatch(src, -1) {
				found[string(m[1])] = path
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d kinds found: %v", len(found), found)
	}
	for kind, path := range found {
		for _, tag := range i18n.Tags() {
			if !i18n.For(tag).Has("journal." + kind) {
				t.Errorf("%s: no sentence journal.%s (%s)", tag, kind, path)
			}
		}
	}
}
