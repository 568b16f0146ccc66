package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"codeberg.org/parvis/parvis/internal/testkit"
	"github.com/chromedp/chromedp"
)

// Violation is one accessibility rule that a page breaks.
type Violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// String names the rule and the first elements that break it.
func (w Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", w.ID, w.Help)
	for i, n := range w.Nodes {
		if i == 3 {
			fmt.Fprintf(&b, "\n    and %d more", len(w.Nodes)-i)
			break
		}
		fmt.Fprintf(&b, "\n    %s\n      %s", shorten(n.HTML, 200), strings.ReplaceAll(shorten(n.Summary, 400), "\n", "\n      "))
	}
	return b.String()
}

// Axe checks the open page with axe-core (WCAG 2.2 A and AA, best practices)
// and returns what it breaks. Where axe-core is not installed the test is
// skipped, or fails when CI is set.
func (v *Visitor) Axe() []Violation {
	v.t.Helper()
	source, err := os.ReadFile(filepath.Join(testkit.Root(v.t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		testkit.Missing(v.t, "axe-core")
	}
	v.do("inject axe", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[chromedp.Void](string(source)+"\n;undefined")(ctx, target)
		return err
	}))
	return ask(v, "run axe", chromedp.Evaluate[[]Violation](
		`axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values:
			['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}}).then(r => r.violations)`,
		chromedp.EvalAwaitPromise))
}
