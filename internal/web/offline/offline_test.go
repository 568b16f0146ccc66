package offline_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The committed JavaScript is what esbuild makes of the TypeScript and its two libraries,
// which type-checks strictly.
func TestScriptIsGenerated(t *testing.T) {
	bin := filepath.Join("..", "..", "..", "node_modules", ".bin")
	esbuild := filepath.Join(bin, "esbuild")
	for _, tool := range []string{esbuild, filepath.Join("..", "..", "..", "node_modules", "@noble", "ed25519")} {
		if _, err := os.Stat(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed: scripts/setup.sh tools", tool)
			}
			t.Skipf("%s is not installed: scripts/setup.sh tools", tool)
		}
	}
	made, err := exec.CommandContext(t.Context(), esbuild, "check.ts", "--bundle", "--minify", "--target=es2021", "--charset=ascii", "--legal-comments=inline").Output()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("check.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, committed) {
		t.Error("check.js is not what check.ts gives: go generate ./internal/web/offline")
	}
	if bytes.Contains(committed, []byte("</script")) || bytes.Contains(committed, []byte("<!--")) {
		t.Error("the script would end its own element")
	}
	if len(committed) > 24<<10 {
		t.Errorf("%d bytes of script, more than 24 kB", len(committed))
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "tsc"), "-p", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
