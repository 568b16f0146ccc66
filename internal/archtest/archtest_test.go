// Package archtest holds the house to its plan: who may know whom, who may ask
// the time, where words may stand. docs/architecture.md explains the table; when
// the table is wrong, change it there and here, not around it.
package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/testkit"
)

const module = "codeberg.org/parvis/parvis/"

// room is a folder and what its code (not its tests) may import of ours. The most
// precise room counts. A folder may always import itself and what lies below it.
type room struct {
	folder  string
	knows   []string
	stdOnly bool // nothing from other people's modules either
}

var (
	ground = []string{"internal/core", "internal/platform", "rights"}
	inner  = append(slices.Clone(ground), "internal/journal", "internal/access")
	areas  = []string{
		"internal/casefile", "internal/desk", "internal/vault", "internal/relation", "internal/directory",
		"internal/learning", "internal/assist", "internal/device", "internal/practice", "internal/webhook", "internal/agreement", "internal/backup", "internal/rekey", "internal/duty",
	}
)

func rooms() []room {
	all := []room{
		{folder: "law", stdOnly: true},
		{folder: "rights", stdOnly: true},
		{folder: "internal/core", knows: []string{"rights"}, stdOnly: true},
		{folder: "internal/platform", knows: []string{"internal/core", "internal/platform"}},
		{folder: "internal/journal", knows: []string{"internal/core", "internal/platform"}},
		{folder: "internal/access", knows: []string{"internal/core", "internal/platform", "internal/journal"}},
		{folder: "internal/agreement", knows: append(slices.Clone(inner), "internal/casefile")},
		{folder: "internal/vault", knows: append(slices.Clone(inner), "internal/casefile")},
		{folder: "internal/desk", knows: append(slices.Clone(inner), "internal/casefile")},
		{folder: "internal/duty", knows: append(slices.Clone(inner), "internal/casefile")},
		{folder: "internal/interop", knows: append(slices.Clone(inner), areas...)},
		{folder: "internal/demo", knows: append(slices.Clone(inner), areas...)},
		{folder: "internal/web", knows: append(slices.Clone(inner), append(slices.Clone(areas), "internal/interop")...)},
		{folder: "cmd", knows: []string{"internal", "rights", "law", "cmd"}},
		{folder: "internal/testkit", stdOnly: true},
		{folder: "internal/browsertest", knows: []string{"internal/testkit"}},
		{folder: "internal/platform/db/dbtest", knows: []string{"internal/core", "internal/platform", "internal/testkit"}},
		{folder: "internal/casefile/casetest", knows: append(slices.Clone(inner), "internal/casefile", "internal/testkit")},
		{folder: "internal/archtest"},
	}
	for _, a := range areas {
		if a != "internal/agreement" && a != "internal/vault" && a != "internal/desk" && a != "internal/duty" { // these stand on the files: docs/adr/0061, 0069, 0076, 0083
			all = append(all, room{folder: a, knows: inner})
		}
	}
	return all
}

// testOnly are the folders that only tests may import.
var testOnly = []string{"internal/testkit", "internal/browsertest", "internal/archtest", "internal/platform/db/dbtest", "internal/casefile/casetest"}

// source is a Go file of the repository.
type source struct {
	name string // from the root, with slashes
	test bool
	file *ast.File
	set  *token.FileSet
}

func (s source) folder() string { return path.Dir(s.name) }

func (s source) at(p token.Pos) string {
	where := s.set.Position(p)
	return s.name + ":" + strconv.Itoa(where.Line)
}

// walk visits the files of the repository, generated and foreign folders left out.
func walk(t *testing.T, visit func(name, file string)) {
	t.Helper()
	root := testkit.Root(t)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator)))
		if d.IsDir() {
			switch d.Name() {
			case ".git", "node_modules", ".cache", "bin":
				return fs.SkipDir
			}
			return nil
		}
		visit(name, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(name, file string) {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "/testdata/") {
			return
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		all = append(all, source{name: name, test: strings.HasSuffix(name, "_test.go"), file: parsed, set: set})
	})
	if len(all) < 20 {
		t.Fatalf("only %d Go files found: this test looks in the wrong place", len(all))
	}
	return all
}

func below(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

func roomOf(folder string) (room, bool) {
	var best room
	for _, r := range rooms() {
		if below(folder, r.folder) && len(r.folder) > len(best.folder) {
			best = r
		}
	}
	return best, best.folder != ""
}

func imports(t *testing.T, s source) map[string]token.Pos {
	t.Helper()
	all := map[string]token.Pos{}
	for _, i := range s.file.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = i.Pos()
	}
	return all
}

func TestWhoMayKnowWhom(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.folder() == "internal" {
			continue
		}
		r, known := roomOf(s.folder())
		if !known {
			t.Errorf("%s: this folder is no room of the house; add it to docs/architecture.md and to this table", s.name)
			continue
		}
		for name, pos := range imports(t, s) {
			ours, isOurs := strings.CutPrefix(name, module)
			switch {
			case isOurs && slices.ContainsFunc(testOnly, func(f string) bool { return below(ours, f) }) &&
				!slices.ContainsFunc(testOnly, func(f string) bool { return below(s.folder(), f) }):
				t.Errorf("%s: %s is for tests only", s.at(pos), ours)
			case isOurs && !below(ours, r.folder) && !slices.ContainsFunc(r.knows, func(k string) bool { return below(ours, k) }):
				t.Errorf("%s: %s may not know %s", s.at(pos), r.folder, ours)
			case !isOurs && r.stdOnly && strings.Contains(strings.SplitN(name, "/", 2)[0], "."):
				t.Errorf("%s: %s stands on the standard library alone, not on %s", s.at(pos), r.folder, name)
			}
		}
	}
}

// never are imports that a room has no business with, whatever the table says.
var never = []struct{ folder, imported, why string }{
	{"rights", "net", "the engine is a pure function: it opens nothing"},
	{"rights", "net/http", "the engine is a pure function: it opens nothing"},
	{"rights", "os", "the engine is a pure function: it opens nothing"},
	{"rights", "os/exec", "the engine is a pure function: it opens nothing"},
	{"internal/core", "os", "shared words open nothing"},
	{"internal/core", "net/http", "shared words open nothing"},
	{"internal/web", "database/sql", "pages call services, never SQL"},
	{"internal/web", module + "internal/platform/db", "pages call services, never SQL"},
	{"internal", "database/sql", "rows go through platform/db"},
}

func TestNever(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || below(s.folder(), "internal/platform/db") {
			continue
		}
		all := imports(t, s)
		for _, n := range never {
			if pos, found := all[n.imported]; found && below(s.folder(), n.folder) {
				t.Errorf("%s: %s imports %s: %s", s.at(pos), n.folder, n.imported, n.why)
			}
		}
	}
}

// Only the clock, the front door and tests ask the machine what time it is.
func TestNobodyAsksTheTime(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || below(s.folder(), "internal/core/clock") || below(s.folder(), "cmd") ||
			slices.ContainsFunc(testOnly, func(f string) bool { return below(s.folder(), f) }) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" {
				switch selector.Sel.Name {
				case "Now", "Since", "Until":
					t.Errorf("%s: time.%s: take the injected clock", s.at(selector.Pos()), selector.Sel.Name)
				case "Sleep":
					t.Errorf("%s: time.Sleep: wait for what you wait for", s.at(selector.Pos()))
				}
			}
			return true
		})
	}
}

func TestNobodySleepsInTests(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		bubbles := slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok || bubbles {
				return true
			}
			if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" && selector.Sel.Name == "Sleep" {
				t.Errorf("%s: time.Sleep in a test: wait for what you wait for", s.at(selector.Pos()))
			}
			return true
		})
	}
}

// driversOnly are the files whose init registers a driver.
var driversOnly = regexp.MustCompile(`^internal/platform/db/`)

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		if driversOnly.MatchString(s.name) {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init(): build it where it is needed", s.at(f.Pos()))
			}
		}
	}
}

func TestPackageNamesSayWhoseJobItIs(t *testing.T) {
	empty := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "misc", "shared", "base", "lib"}
	for _, s := range sources(t) {
		if slices.Contains(empty, strings.TrimSuffix(s.file.Name.Name, "_test")) {
			t.Errorf("%s: package %s says nothing of whose job it does", s.name, s.file.Name.Name)
		}
	}
}

// The reference data outside the repository is reached by one helper, so that a
// lone clone works: nothing else may name it.
func TestOnlyTestkitLooksOutside(t *testing.T) {
	outside := regexp.MustCompile("PARVIS_" + "SHARED|\\.\\./" + "shared\\b|/" + "shared/")
	walk(t, func(name, file string) {
		if below(path.Dir(name), "internal/testkit") {
			return
		}
		switch path.Ext(name) {
		case ".go", ".md", ".sh", ".html", ".css", ".ts", ".toml", ".json", ".yaml", ".txtar", ".sql", "":
		default:
			return
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if outside.MatchString(line) {
				t.Errorf("%s:%d: use testkit.Shared", name, i+1)
			}
		}
	})
}
