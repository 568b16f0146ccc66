package db

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// copyStep is how many pages are copied before the context is looked at: about 10
// milliseconds.
const copyStep = 1000

// Copy writes a copy of a SQLite database, encrypted with the same key, to a file
// that must not exist: one snapshot, while use cases go on. On an error nothing
// stays. Errors: errs.Unavailable with key errs.db.copy (the disk is full, cannot
// be written), errs.Invalid on PostgreSQL, whose copy is Dump.
//
// SQLite's own ways write clear pages: its backup to a plain name opens a file
// without a key. Here the copy goes through an encrypting VFS of its own, and a
// name without a key is refused by it.
func (d *DB) Copy(ctx context.Context, path string) error {
	e, ok := d.engine.(*lite)
	if !ok {
		return errs.Wrap(errs.Invalid, "errs.db.copy", errors.New("only SQLite is copied so"), "path", path)
	}
	if err := e.copyTo(ctx, path); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// The text of an error may quote the address of the copy, which holds the key.
		said := strings.ReplaceAll(err.Error(), hex.EncodeToString(e.file.key), "***")
		return errs.Wrap(errs.Unavailable, "errs.db.copy", errors.New(said), "path", path)
	}
	return nil
}

func (e *lite) copyTo(ctx context.Context, path string) (err error) {
	if path, err = filepath.Abs(path); err != nil { // a URI has no present directory
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	conn, err := e.file.dial(ctx, e.texts, 2<<10, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	// One snapshot for the whole copy: without it a use case that commits meanwhile
	// would make SQLite begin again.
	if err := run(conn.begin); err != nil {
		return err
	}
	if err := conn.c.Exec("SELECT COUNT(*) FROM sqlite_schema"); err != nil {
		return err
	}
	return errors.Join(copyPages(ctx, conn.c, e.base, path, e.file.key), run(conn.rollback))
}

// copyPages copies a database page by page into an empty file, encrypted with a key.
func copyPages(ctx context.Context, from *sqlite3.Conn, base, path string, key []byte) error {
	// A VFS of its own: the database's one keeps clear pages of its only file.
	name, err := registerVFS(base, nil)
	if err != nil {
		return err
	}
	defer vfs.Unregister(name)
	u := url.URL{Scheme: "file", Path: path}
	u.RawQuery = url.Values{"vfs": {name}, "hexkey": {hex.EncodeToString(key)}}.Encode()
	b, err := from.BackupInit("main", u.String())
	if err != nil {
		return err
	}
	return errors.Join(steps(ctx, b), b.Close())
}

func steps(ctx context.Context, b *sqlite3.Backup) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := b.Step(copyStep)
		if err != nil {
			return fmt.Errorf("%d pages left: %w", b.Remaining(), err)
		}
		if done {
			return nil
		}
	}
}
