package lang_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/rights/lang"
)

// TestTheManualIsTrue parses every sample of docs/rule-language.md and finds
// every keyword in it.
func TestTheManualIsTrue(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", "rule-language.md"))
	if err != nil {
		t.Fatal(err)
	}
	samples := 0
	parts := strings.Split(string(content), "\n```")
	for i := 1; i < len(parts); i += 2 {
		kind, src, _ := strings.Cut(parts[i], "\n")
		if kind != "règle" && kind != "exemple" && kind != "droit" {
			continue
		}
		samples++
		if _, problems := lang.Parse("rule-language.md", []byte("```"+kind+"\n"+src+"\n```\n")); len(problems) > 0 {
			t.Errorf("sample %d: %v\n%s", samples, problems, src)
		}
	}
	if samples < 6 {
		t.Errorf("%d samples were found", samples)
	}
	for _, k := range lang.Keywords() {
		if !strings.Contains(string(content), "`"+k+"`") {
			t.Errorf("the manual does not list the keyword %s", k)
		}
	}
}
