package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

func key(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

func TestDirIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "data")
	first, err := server.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if first.Demo || first.Install != "" || first.Path != path {
		t.Errorf("first: %+v", first)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v; want 0700: others on the machine have no business there", info.Mode(), err)
	}
	install(t, path)
	again, err := server.OpenDir(path)
	if err != nil || again.Install != strings.Repeat("0a", 16) {
		t.Errorf("again: %+v, %v; want the same installation", again, err)
	}
}

func install(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "install-id"), []byte(strings.Repeat("0a", 16)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openDemo(path string) (server.Dir, error) {
	d, _, err := server.OpenDemoDir(path, clock.System{}, true)
	return d, err
}

func TestDirRefusals(t *testing.T) {
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	demo := func(t *testing.T, dir string) {
		if _, _, err := server.OpenDemoDir(dir, clock.System{}, true); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, string)
		open    func(string) (server.Dir, error)
		want    string
	}{
		{"serve on a demo", demo, server.OpenDir, "cli.data.demo"},
		{"demo on a real installation", install, openDemo, "cli.data.real"},
		{"serve in somebody's folder", write("thesis.odt", "x"), server.OpenDir, "cli.data.foreign"},
		{"demo in somebody's folder", write("thesis.odt", "x"), openDemo, "cli.data.foreign"},
		{"install-id of something else", write("install-id", "hello"), server.OpenDir, "errs.key.install_id"},
		{"a file instead of a folder", nil, func(dir string) (server.Dir, error) {
			file := filepath.Join(dir, "f")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				return server.Dir{}, err
			}
			return server.OpenDir(filepath.Join(file, "data"))
		}, "cli.data.not_writable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.prepare != nil {
				c.prepare(t, dir)
			}
			if _, err := c.open(dir); key(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestDemoClockGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	real := time.Date(2027, 2, 3, 4, 5, 6, 7000, time.UTC)
	_, first, err := server.OpenDemoDir(dir, clock.Fixed(real), true)
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)
	if got := first.Now(); !got.Equal(want) {
		t.Errorf("at the first start it is %v, want %v", got, want)
	}
	d, later, err := server.OpenDemoDir(dir, clock.Fixed(real.Add(90*time.Minute)), true)
	if err != nil || !d.Demo {
		t.Fatalf("second start: %+v, %v", d, err)
	}
	if got := later.Now(); !got.Equal(want.Add(90 * time.Minute)) {
		t.Errorf("90 minutes later it is %v, want %v", got, want.Add(90*time.Minute))
	}
}

func TestForgetDemoDeletesOnlyADemo(t *testing.T) {
	mine := t.TempDir()
	keep := filepath.Join(mine, "thesis.odt")
	if err := os.WriteFile(keep, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := server.ForgetDemo(mine); key(err) != "cli.data.no_marker" {
		t.Errorf("somebody's folder: %v", err)
	}
	if _, err := os.Stat(keep); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
	real := t.TempDir()
	install(t, real)
	if _, _, err := server.ForgetDemo(real); key(err) != "cli.data.no_marker" {
		t.Errorf("a real installation: %v", err)
	}
	if _, gone, err := server.ForgetDemo(filepath.Join(mine, "nothing")); gone || err != nil {
		t.Errorf("nothing there: %t, %v", gone, err)
	}
	demo := filepath.Join(t.TempDir(), "demo")
	if _, _, err := server.OpenDemoDir(demo, clock.System{}, true); err != nil {
		t.Fatal(err)
	}
	if _, gone, err := server.ForgetDemo(demo); !gone || err != nil {
		t.Errorf("a demo: %t, %v", gone, err)
	}
	if _, err := os.Stat(demo); err == nil {
		t.Error("the demo is still there")
	}
}

func TestAThingCalledDemoIsNoMarker(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a folder":      func(path string) error { return os.MkdirAll(filepath.Join(path, "sub"), 0o700) },
		"a file":        func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700) },
		"an empty file": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"a link":        func(path string) error { return os.Symlink("/dev/null", path) },
		"a marker's copy": func(path string) error {
			return os.WriteFile(path, []byte("2026-01-01T00:00:00Z 2026-06-11T07:00:00Z\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keep := filepath.Join(dir, "thesis.odt")
			for _, err := range []error{make(filepath.Join(dir, "demo")), os.WriteFile(keep, []byte("x"), 0o600)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := server.ForgetDemo(dir); key(err) != "cli.data.no_marker" && key(err) != "cli.data.foreign" {
				t.Errorf("--fresh: %v, want a refusal", err)
			}
			if _, err := openDemo(dir); key(err) != "cli.data.foreign" {
				t.Errorf("demo: %v, want cli.data.foreign", err)
			}
			for _, path := range []string{keep, filepath.Join(dir, "demo")} {
				if _, err := os.Lstat(path); err != nil {
					t.Errorf("somebody's file is gone: %v", err)
				}
			}
		})
	}
}

func TestForgetDemoKeepsWhatIsNotItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	if _, err := openDemo(dir); err != nil {
		t.Fatal(err)
	}
	install(t, dir)
	keep := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(keep, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := server.ForgetDemo(dir); key(err) != "cli.data.foreign" {
		t.Errorf("got %v, want cli.data.foreign", err)
	}
	for _, name := range []string{"notes.txt", "demo", "install-id"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone although the demo was not deleted", name)
		}
	}
}
