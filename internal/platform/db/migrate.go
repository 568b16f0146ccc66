package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, forward only. On PostgreSQL a lock lets
// several processes start at the same time.
func migrate(ctx context.Context, pool *sql.DB, d Dialect, cfg Config) error {
	provider, err := migrationsOf(pool, d, cfg)
	if err != nil {
		return err
	}
	// The provider's Close would close the pool, which belongs to the caller.
	pending, err := provider.HasPending(ctx) // makes the table of versions
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if err := refuseNewer(ctx, pool, provider.ListSources()); err != nil {
		return err
	}
	switch {
	case !pending:
		return nil
	case cfg.NoMigrate:
		return errs.New(errs.Unavailable, "errs.db.older")
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// migrationsOf are the migrations as one database runs them.
func migrationsOf(pool *sql.DB, d Dialect, cfg Config) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(cfg.Log),
		// Each room has its own range of numbers: a new one may be below another room's.
		goose.WithAllowOutofOrder(true)}
	dialect := goose.DialectSQLite3
	if d == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, fmt.Errorf("migrations: lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, pool, rendered{files, d}, options...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, nil
}

// refuseNewer looks for a migration that this program does not know.
func refuseNewer(ctx context.Context, pool *sql.DB, known []*goose.Source) (err error) {
	rows, err := pool.QueryContext(ctx, `SELECT version_id FROM goose_db_version WHERE version_id > 0`)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		if !slices.ContainsFunc(known, func(s *goose.Source) bool { return s.Version == version }) {
			return errs.Wrap(errs.Unavailable, "errs.db.newer", fmt.Errorf("migration %d is unknown to this program", version))
		}
	}
	return rows.Err()
}

// rendered is the folder of migrations with its tokens replaced.
type rendered struct {
	fs.FS
	dialect Dialect
}

// Open gives a rendered migration.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read migration %s: %w", name, err), f.Close())
	}
	out := r.dialect.render(string(text))
	if i := strings.Index(out, "{{"); i >= 0 {
		return nil, errors.Join(fmt.Errorf("migration %s: unknown token %.20q", name, out[i:]), f.Close())
	}
	return &renderedFile{f, bytes.NewReader([]byte(out))}, nil
}

// ReadDir lists the folder.
func (r rendered) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.FS, name) }

type renderedFile struct {
	fs.File
	text *bytes.Reader
}

func (f *renderedFile) Read(p []byte) (int, error) { return f.text.Read(p) }

// MigrationsDigest is a short name for the present set of migrations, in hex:
// test templates are kept under it.
func MigrationsDigest() string {
	h := sha256.New()
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range files {
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil))
}
