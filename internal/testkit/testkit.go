// Package testkit holds what tests of several rooms need to find: the shared
// reference data, the repository's root. It is imported by tests only.
//
// A test never reads outside the repository by another way than Shared, so that
// a lone clone can be tested too: there the tests that compare with the
// reference data say that they are skipped, and with CI set they fail.
package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the folder of reference data that is too large or too foreign
// to live in the repository: recorded households, parameters, drawings. It is
// the one that PARVIS_SHARED names, else the folder "shared" beside the
// repository. Where there is none the test is skipped, or fails when CI is set.
func Shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PARVIS_SHARED")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(Root(t)), "shared")
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir
	}
	const say = "the reference data is not at %s: clone it there, or set PARVIS_SHARED"
	if os.Getenv("CI") != "" {
		t.Fatalf(say, dir)
	}
	t.Skipf(say, dir)
	return ""
}

// Root returns the repository's root: the nearest folder upwards with go.mod.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the repository: %v", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("find the repository: no go.mod above %s", start)
		}
	}
}

// Missing says that a tool which the test needs is not on this machine: the
// test is skipped, or fails when CI is set.
func Missing(t testing.TB, what string) {
	t.Helper()
	const say = "%s is missing here; `make test` installs it"
	if os.Getenv("CI") != "" {
		t.Fatalf(say, what)
	}
	t.Skipf(say, what)
}

// Quick tells whether only the tests that need neither a browser nor a second
// database are wanted (`make quick`). It never is when CI is set.
func Quick() bool { return os.Getenv("PARVIS_QUICK") != "" && os.Getenv("CI") == "" }
