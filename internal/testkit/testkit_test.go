package testkit_test

import (
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/parvis/parvis/internal/testkit"
)

func TestRoot(t *testing.T) {
	root := testkit.Root(t)
	if _, err := os.Stat(filepath.Join(root, "internal", "testkit")); err != nil {
		t.Errorf("Root() = %s, which does not hold this package: %v", root, err)
	}
}

func TestSharedFollowsTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PARVIS_SHARED", dir)
	if got := testkit.Shared(t); got != dir {
		t.Errorf("Shared() = %s, want %s", got, dir)
	}
}

// recorder is a testing.TB that notes how a test would have ended.
type recorder struct {
	testing.TB
	skipped, failed bool
}

func (r *recorder) Skipf(string, ...any)  { r.skipped = true }
func (r *recorder) Fatalf(string, ...any) { r.failed = true; panic(r) }
func (r *recorder) Helper()               {}

func TestSharedIsNeverSkippedInCI(t *testing.T) {
	t.Setenv("PARVIS_SHARED", filepath.Join(t.TempDir(), "nowhere"))
	for _, c := range []struct {
		ci              string
		skipped, failed bool
	}{{"", true, false}, {"true", false, true}} {
		t.Setenv("CI", c.ci)
		r := &recorder{TB: t}
		func() {
			defer func() {
				if p := recover(); p != nil && p != any(r) {
					panic(p)
				}
			}()
			testkit.Shared(r)
		}()
		if r.skipped != c.skipped || r.failed != c.failed {
			t.Errorf("CI=%q: skipped %t, failed %t; want %t, %t", c.ci, r.skipped, r.failed, c.skipped, c.failed)
		}
	}
}
