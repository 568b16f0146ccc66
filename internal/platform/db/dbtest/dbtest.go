// Package dbtest opens databases for tests: the same test on a real SQLite file
// and on a real PostgreSQL, always.
//
//	dbtest.Each(t, func(t *testing.T, d *db.DB) {
//		err := d.Tx(t.Context(), func(tx *db.Tx) error { … })
//	})
//
// Each database is fresh and migrated. PostgreSQL comes from PARVIS_TEST_POSTGRES
// (the URL of a role that may create databases) or from the machine's own package;
// without either the test is skipped, and fails when CI is set.
package dbtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Key is the key of every test database.
func Key() []byte {
	k := sha256.Sum256([]byte("parvis test key"))
	return k[:]
}

// Clock stands at 11 June 2026, 09:00 in Paris.
func Clock() clock.Clock { return clock.Fixed(time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)) }

// Each runs fn on both databases, as the subtests "sqlite" and "postgres".
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachConfig(t, db.Config{}, fn)
}

// EachConfig is Each with a clock, a log or another VFS: the fields of cfg that
// are zero are filled in.
func EachConfig(t *testing.T, cfg db.Config, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, OpenSQLite(t, cfg)) })
	t.Run("postgres", func(t *testing.T) { fn(t, OpenPostgres(t, cfg)) })
}

// OpenSQLite opens a fresh SQLite database in a directory of the test, or the
// one of cfg.URL. It is closed with the test.
func OpenSQLite(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	if cfg.URL == "" {
		path := filepath.Join(t.TempDir(), "parvis.db")
		if cfg.Key == nil {
			copyTemplate(t, path)
		}
		cfg.URL = "sqlite:" + path
	}
	lookAtPlans(t, &cfg)
	return open(t, cfg)
}

// migrated is the file of an empty, migrated database under the usual key, made
// once per process.
var migrated = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "parvis-test-sqlite-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "parvis.db")
	d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + path, Key: Key()})
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // copies the log back: the file is all there is
		return nil, err
	}
	return os.ReadFile(path)
})

// copyTemplate saves a test the migrations.
func copyTemplate(t testing.TB, path string) {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatalf("template database: %v", err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// OpenPostgres opens a fresh PostgreSQL database for the time of the test.
func OpenPostgres(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	cfg.URL = PostgresURL(t)
	if cfg.Readers == 0 {
		cfg.Readers = 8
	}
	return open(t, cfg)
}

func open(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	if cfg.Clock == nil {
		cfg.Clock = Clock()
	}
	if cfg.Key == nil {
		cfg.Key = Key()
	}
	cfg.Key = bytes.Clone(cfg.Key)
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}
