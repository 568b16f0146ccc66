package secret_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

func place(t *testing.T) secret.Place {
	t.Helper()
	dir := t.TempDir()
	return secret.Place{DataDir: filepath.Join(dir, "data"), ConfigDir: filepath.Join(dir, "config")}
}

func open(t *testing.T, p secret.Place) *secret.Keyring {
	t.Helper()
	k, _, err := secret.Open(p, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestFirstStartMakesAKeyOnce(t *testing.T) {
	p := place(t)
	first, made, err := secret.Open(p, rand.Reader)
	if err != nil || !made {
		t.Fatalf("first start: made %v, %v", made, err)
	}
	p.HasData = true
	second, made, err := secret.Open(p, rand.Reader)
	if err != nil || made {
		t.Fatalf("second start: made %v, %v", made, err)
	}
	if !bytes.Equal(first.Derive("db"), second.Derive("db")) {
		t.Error("the second start has another key")
	}
	id, err := secret.InstallID(p.DataDir)
	if err != nil || len(id) != 32 {
		t.Fatalf("install-id %q, %v", id, err)
	}
	path := filepath.Join(p.ConfigDir, "parvis", "keys", id+".key")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info, err)
	}
	for _, dir := range []string{p.DataDir, filepath.Dir(path)} {
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 1 {
			t.Errorf("%s holds %v, %v: a temporary file stayed", dir, files, err)
		}
	}
	// The data directory holds nothing of the key.
	if b, err := os.ReadFile(filepath.Join(p.DataDir, "install-id")); err != nil || len(strings.TrimSpace(string(b))) != 32 {
		t.Errorf("install-id holds %q, %v", b, err)
	}
}

func TestManyFirstStartsAtOnceAgree(t *testing.T) {
	p := place(t)
	var wg sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		wg.Go(func() {
			k, _, err := secret.Open(p, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = k.ID()
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Errorf("two keys: %v", keys)
		}
	}
}

func TestKeyFromAFileOfOnesOwn(t *testing.T) {
	p := place(t)
	p.KeyFile = filepath.Join(t.TempDir(), "safe", "parvis.key")
	k := open(t, p)
	if _, err := os.Stat(p.KeyFile); err != nil {
		t.Errorf("the key is not where --key-file says: %v", err)
	}
	// The sheet, typed into a file, is a key file too.
	p.HasData = true
	p.KeyFile = filepath.Join(t.TempDir(), "sheet.txt")
	write(t, p.KeyFile, "# copied by hand\n"+strings.ToLower(k.Sheet()), 0o600)
	if back := open(t, p); !bytes.Equal(back.Derive("db"), k.Derive("db")) {
		t.Error("the sheet gives another key")
	}
}

func TestKeyErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, p *secret.Place)
		kind errs.Kind
		key  string
	}{
		{"lost key", func(t *testing.T, p *secret.Place) {
			open(t, *p)
			p.HasData = true
			if err := os.RemoveAll(p.ConfigDir); err != nil {
				t.Fatal(err)
			}
		}, errs.Unavailable, "errs.key.missing"},
		{"lost install-id", func(t *testing.T, p *secret.Place) {
			open(t, *p)
			p.HasData = true
			if err := os.Remove(filepath.Join(p.DataDir, "install-id")); err != nil {
				t.Fatal(err)
			}
		}, errs.Unavailable, "errs.key.install_missing"},
		{"install-id is prose", func(t *testing.T, p *secret.Place) {
			write(t, filepath.Join(p.DataDir, "install-id"), "hello", 0o600)
		}, errs.Invalid, "errs.key.install_id"},
		{"key next to the data", func(t *testing.T, p *secret.Place) {
			p.KeyFile = filepath.Join(p.DataDir, "deep", "my.key")
		}, errs.Invalid, "errs.key.inside"},
		{"key next to the data, through a link", func(t *testing.T, p *secret.Place) {
			open(t, *p)
			link := filepath.Join(t.TempDir(), "link")
			if err := os.Symlink(p.DataDir, link); err != nil {
				t.Fatal(err)
			}
			p.KeyFile = filepath.Join(link, "my.key")
		}, errs.Invalid, "errs.key.inside"},
		{"readable by others", func(t *testing.T, p *secret.Place) {
			p.KeyFile = filepath.Join(t.TempDir(), "my.key")
			write(t, p.KeyFile, "x", 0o600)
			if err := os.Chmod(p.KeyFile, 0o644); err != nil {
				t.Fatal(err)
			}
		}, errs.Invalid, "errs.key.mode"},
		{"not a key", func(t *testing.T, p *secret.Place) {
			p.KeyFile = filepath.Join(t.TempDir(), "my.key")
			write(t, p.KeyFile, "a shopping list", 0o600)
		}, errs.Invalid, "errs.key.form"},
		{"cut key", func(t *testing.T, p *secret.Place) {
			open(t, *p)
			id, err := secret.InstallID(p.DataDir)
			if err != nil {
				t.Fatal(err)
			}
			p.KeyFile = filepath.Join(t.TempDir(), "my.key")
			write(t, p.KeyFile, "parvis-key-1 "+id+"\nabcdef\n", 0o600)
		}, errs.Invalid, "errs.key.form"},
		{"huge", func(t *testing.T, p *secret.Place) {
			p.KeyFile = filepath.Join(t.TempDir(), "my.key")
			write(t, p.KeyFile, strings.Repeat("x", 1<<20), 0o600)
		}, errs.Unavailable, "errs.key.read"},
		{"key of another installation", func(t *testing.T, p *secret.Place) {
			p.KeyFile = filepath.Join(t.TempDir(), "my.key")
			open(t, *p)
			p.DataDir = filepath.Join(t.TempDir(), "other")
		}, errs.Invalid, "errs.key.other_install"},
		{"a sheet with a wrong line", func(t *testing.T, p *secret.Place) {
			sheet := ring(t, 4).Sheet()
			p.KeyFile = filepath.Join(t.TempDir(), "sheet")
			write(t, p.KeyFile, strings.Replace(sheet, sheet[3:4], "Y", 1), 0o600)
		}, errs.Invalid, "errs.key.sheet_check"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := place(t)
			c.make(t, &p)
			k, made, err := secret.Open(p, rand.Reader)
			var e *errs.Error
			if k != nil || made || !errors.As(err, &e) || e.Kind != c.kind || e.Key != c.key {
				t.Fatalf("got key %v, %v; want %s", k != nil, err, c.key)
			}
			if !strings.HasPrefix(c.key, "errs.key.sheet") && e.Args["path"] == "" {
				t.Error("the error does not say which file")
			}
		})
	}
}
