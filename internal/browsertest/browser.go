// Package browsertest drives a real Chromium through Parvis, the way a person
// does: by the words on labels, links and buttons. Tests only.
//
// A Browser is one Chromium process; a Visitor is one person at one screen, with
// cookies of their own. Every step that fails ends the test and says which page
// was open and what it showed. Nothing here sleeps: a step waits for the page
// that it causes.
//
//	b := browsertest.Start(t)
//	v := b.Visit(t, server.URL, browsertest.Screen{Width: 360, Script: false})
//	v.Open("/connexion")
//	v.Fill("Adresse ou identifiant", "n.lefevre")
//	v.Press("Entrer")
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/testkit"
	"github.com/chromedp/chromedp"
)

// stepTimeout bounds one step; a loaded machine needs a few seconds, never this.
const stepTimeout = 30 * time.Second

// Browser is a running Chromium.
type Browser struct {
	ctx context.Context
}

// Start runs Chromium until the test ends. Where there is none, the test is
// skipped, or fails when CI is set.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testkit.Quick() {
		t.Skip("PARVIS_QUICK: no browser wanted")
	}
	path := chromium()
	if path == "" {
		testkit.Missing(t, "Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "fr"),
		chromedp.UserDataDir(t.TempDir()),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		leave()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx: ctx}
}

// chromium finds the program: CHROME_PATH, else the usual names.
func chromium() string {
	if path := os.Getenv("CHROME_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
