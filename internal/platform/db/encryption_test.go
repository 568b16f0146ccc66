package db_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const canary = "Canari-Zaïnab-1984"

// No file of the data directory shows SQLite's heading, the schema or a row: with
// the log full, with a sort larger than the cache, and after a clean close.
func TestNothingReadableOnDisk(t *testing.T) {
	dir := t.TempDir()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("SQLITE_TMPDIR", tmp)
	var logged bytes.Buffer
	d := dbtest.OpenSQLite(t, db.Config{
		URL: "sqlite:" + filepath.Join(dir, "parvis.db"),
		Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	look := func(when string) {
		t.Helper()
		for _, place := range []string{dir, tmp} {
			for path, b := range dbtest.ReadAll(t, place) {
				for _, clear := range []string{"SQLite format 3", canary, "CREATE TABLE", "install", "key_check", string(dbtest.Key())} {
					if bytes.Contains(b, []byte(clear)) {
						t.Errorf("%s: %s holds %q in clear", when, filepath.Base(path), clear)
					}
				}
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "parvis.db*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %s may be read by others: %v %v", when, f, info.Mode(), err)
			}
		}
		if len(files) == 0 {
			t.Errorf("%s: no file to look at", when)
		}
	}
	for i := range 200 {
		if err := d.Tx(t.Context(), put(fmt.Sprint(canary, i), strings.Repeat(canary, 100))); err != nil {
			t.Fatal(err)
		}
	}
	look("log full")
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		var last string
		if err := tx.QueryRow(`SELECT MAX(v) FROM (SELECT a.value || b.name AS v FROM install a, install b ORDER BY v DESC)`).Scan(&last); err != nil {
			return err
		}
		look("inside a use case, after a large sort")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, wrong := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), Key: bytes.Repeat([]byte{9}, 32)})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	look("closed")
	if _, err := os.Stat(filepath.Join(dir, "parvis.db-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is still there after a clean close: %v", err)
	}
	for _, key := range [][]byte{dbtest.Key(), bytes.Repeat([]byte{9}, 32)} {
		for _, form := range []string{string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key))} {
			if strings.Contains(logged.String()+fmt.Sprint(wrong), form) {
				t.Error("a key is in the log or in an error")
			}
		}
	}
}

// A damaged page is told as damage, not as a crash or wrong rows.
func TestDamagedFileIsTold(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "parvis.db")
	d := dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + path})
	for i := range 100 {
		if err := d.Tx(t.Context(), put(fmt.Sprint("n", i), strings.Repeat("v", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 2 * 4096; at < len(b); at += 4096 { // the heading stays
		b[at+100] ^= 1
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err = db.Open(t.Context(), db.Config{URL: "sqlite:" + path, Key: dbtest.Key()})
	if err == nil {
		err = errors.Join(d.Integrity(t.Context()), d.Close())
	}
	if k := key(err); k != "errs.db.damaged" {
		t.Errorf("got %v, want errs.db.damaged", err)
	}
}

func TestCutFileIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parvis.db")
	if err := os.WriteFile(path, []byte("SQLite format 3\x00 and then prose"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Less than a block: nothing of Parvis was ever there.
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + path, Key: dbtest.Key()})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("prose "), 4000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + path, Key: dbtest.Key()}); key(err) != "errs.db.wrong_key" {
		t.Errorf("a file that is no database: %v, want errs.db.wrong_key", err)
	}
}
