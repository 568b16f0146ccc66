package server

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// TestALostKeyIsNotReplaced: rows on a PostgreSQL server are not in the data
// directory, and a new key would open nothing of them.
func TestALostKeyIsNotReplaced(t *testing.T) {
	cfg := Config{Data: filepath.Join(t.TempDir(), "data"), KeyFile: filepath.Join(t.TempDir(), "keys", "mine.key"), Listen: "127.0.0.1:0", Database: dbtest.PostgresURL(t)}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if s.Sheet == "" {
		t.Error("the first start made no key")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(cfg.KeyFile); err != nil {
		t.Fatal(err)
	}
	var known *errs.Error
	if _, err := Open(t.Context(), cfg); !errors.As(err, &known) || known.Key != "errs.key.missing" {
		t.Errorf("got %v, want errs.key.missing", err)
	}
	if _, err := os.Lstat(cfg.KeyFile); err == nil {
		t.Error("a new key was written over the place of the lost one")
	}
}
