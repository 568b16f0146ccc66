package kit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The committed JavaScript is what esbuild makes of the TypeScript, which
// type-checks strictly.
func TestScriptIsGenerated(t *testing.T) {
	bin := filepath.Join("..", "..", "..", "node_modules", ".bin")
	esbuild := filepath.Join(bin, "esbuild")
	if _, err := os.Stat(esbuild); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("esbuild is not installed: scripts/setup.sh tools")
		}
		t.Skip("esbuild is not installed: scripts/setup.sh tools")
	}
	made, err := exec.CommandContext(t.Context(), esbuild, filepath.Join("static", "parvis.ts"), "--minify", "--target=es2020").Output()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(filepath.Join("static", "parvis.js"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, committed) {
		t.Error("static/parvis.js is not what static/parvis.ts gives: go generate ./internal/web/kit")
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "tsc"), "-p", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScriptIsSmall(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("static", "parvis.js"))
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 5<<10 {
		t.Errorf("%d bytes of script, more than 5 kB", len(data))
	}
}

// Every class of the stylesheets is used by a page, so that the sheets stay as
// small as what they dress.
func TestNoDeadClass(t *testing.T) {
	var used strings.Builder
	for _, pattern := range []string{"html/*.html", "../*/*.html", "../*/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			used.Write(data)
		}
	}
	words := map[string]bool{}
	for _, w := range regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9-]*`).FindAllString(used.String(), -1) {
		words[w] = true
	}
	sheets, err := filepath.Glob("static/*.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, sheet := range sheets {
		data, err := os.ReadFile(sheet)
		if err != nil {
			t.Fatal(err)
		}
		css := regexp.MustCompile(`(?s)/\*.*?\*/|\{[^{}]*\}|url\([^)]*\)`).ReplaceAllString(string(data), " ")
		for _, m := range regexp.MustCompile(`\.([a-z][a-z0-9-]*)`).FindAllStringSubmatch(css, -1) {
			if !words[m[1]] {
				t.Errorf("%s: nothing has class %s", sheet, m[1])
			}
		}
	}
}
