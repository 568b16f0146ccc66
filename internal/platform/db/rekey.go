package db

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// rekeyed is how the copy under the new key is named until it takes its place.
const rekeyed = ".rekey"

// Rekey gives a SQLite database another key. It makes a copy under the new key,
// lets prepare look at it and write what goes with the key, and only then puts it in
// the place of the database, in one step: stopped anywhere, the file opens with the
// old key or with the new one. Nobody else may have the database open: errs.Conflict
// with key errs.db.in_use. The copy needs as much room again as the database. Other
// errors: those of Open, errs.Unavailable with key errs.db.copy, prepare's own.
func Rekey(ctx context.Context, cfg Config, newKey []byte, prepare func(d *DB) error) (err error) {
	path, ok := strings.CutPrefix(cfg.URL, "sqlite:")
	if !ok || len(cfg.Key) != keySize || len(newKey) != keySize {
		return errs.Wrap(errs.Invalid, "errs.db.url", errors.New("only SQLite is rekeyed so, with keys of 32 bytes"))
	}
	if path, err = filepath.Abs(path); err != nil {
		return errs.Wrap(errs.Unavailable, "errs.db.open", err, "path", path)
	}
	if _, err := os.Stat(path); err != nil { // Open would make one
		return errs.Wrap(errs.NotFound, "errs.db.open", err, "path", path)
	}
	inUse := errs.Wrap(errs.Conflict, "errs.db.in_use", errors.New("another process has the database open"), "path", path)
	host, err := tryHost(path)
	if err != nil {
		return openError(err, path)
	}
	if host == nil && hostsExist {
		return inUse
	}
	if host != nil {
		defer func() { err = errors.Join(err, host.Close()) }()
	}
	old, err := openAlone(ctx, cfg, path)
	if errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) {
		return inUse
	}
	if err != nil {
		return openError(err, path)
	}
	defer func() { err = errors.Join(err, old.close()) }()
	fresh := path + rekeyed
	if err := forget(fresh); err != nil { // of a renewal that was stopped
		return errs.Wrap(errs.Unavailable, "errs.db.copy", err, "path", fresh)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, forget(fresh))
		}
	}()
	if err := touch(fresh); err != nil {
		return errs.Wrap(errs.Unavailable, "errs.db.copy", err, "path", fresh)
	}
	if err := copyPages(ctx, old.conn.c, cfg.VFS, fresh, newKey); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		said := strings.ReplaceAll(err.Error(), hex.EncodeToString(newKey), "***") // it may quote the address of the copy
		return errs.Wrap(errs.Unavailable, "errs.db.copy", errors.New(said), "path", fresh)
	}
	cfg.URL, cfg.Key, cfg.takeKey = "sqlite:"+fresh, newKey, true
	d, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := errors.Join(prepare(d), d.Close()); err != nil {
		return err
	}
	return old.replace(ctx, cfg, fresh)
}

// alone is a database that nobody else can read or write.
type alone struct {
	file liteFile
	conn *liteConn
}

// openAlone opens the database, copies its log back and keeps everybody out until
// it is closed.
func openAlone(ctx context.Context, cfg Config, path string) (*alone, error) {
	a := &alone{file: liteFile{path: path, key: cfg.Key}}
	var err error
	if a.file.vfs, err = registerVFS(cfg.VFS, nil); err != nil {
		return nil, err
	}
	if a.conn, err = a.file.dial(ctx, newTexts(), 2<<10, false); err != nil {
		vfs.Unregister(a.file.vfs)
		return nil, err
	}
	// The log and its index go: they are of this file. SQLite does that only for who
	// has the database to themselves.
	err = a.conn.c.Exec("SELECT COUNT(*) FROM sqlite_schema; PRAGMA locking_mode=exclusive")
	if err == nil {
		err = leaveWAL(a.conn.c)
	}
	if err == nil {
		err = a.conn.c.Exec("BEGIN EXCLUSIVE; COMMIT")
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// leaveWAL writes the log back into the file and does without one.
func leaveWAL(c *sqlite3.Conn) error {
	s, _, err := c.Prepare("PRAGMA journal_mode=delete")
	if err != nil {
		return err
	}
	mode := ""
	if s.Step() {
		mode = s.ColumnText(0)
	}
	if err := errors.Join(s.Err(), s.Close()); err != nil {
		return err
	}
	if mode != "delete" {
		return fmt.Errorf("journal mode is %q: %w", mode, sqlite3.BUSY)
	}
	return nil
}

func (a *alone) close() error {
	err := a.conn.close()
	vfs.Unregister(a.file.vfs)
	return err
}

// replace puts a finished copy in the place of the database.
func (a *alone) replace(ctx context.Context, cfg Config, fresh string) error {
	failed := func(err error) error {
		return errs.Wrap(errs.Unavailable, "errs.db.copy", err, "path", fresh)
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	copied, err := openAlone(ctx, cfg, fresh) // one file, without a log
	if err != nil {
		return failed(err)
	}
	if err := copied.close(); err != nil {
		return failed(err)
	}
	f, err := os.OpenFile(fresh, os.O_RDWR, 0)
	if err != nil {
		return failed(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return failed(err)
	}
	gone, err := os.OpenFile(a.file.path, os.O_RDWR, 0)
	if err != nil {
		return failed(err)
	}
	err = os.Rename(fresh, a.file.path)
	if err == nil {
		err = syncDir(filepath.Dir(a.file.path))
	}
	if err == nil {
		err = spoil(gone)
	}
	if err := errors.Join(err, gone.Close()); err != nil {
		return failed(err)
	}
	if err := forget(fresh); err != nil { // its lock and what else bore its name
		return failed(err)
	}
	return nil
}

// spoil makes the file that was replaced unreadable: whoever waited for it, opened
// before, must not go on writing where nothing will be found again.
func spoil(f *os.File) error {
	noise := make([]byte, blockSize)
	if _, err := rand.Read(noise); err != nil {
		return err
	}
	_, err := f.WriteAt(noise, 0)
	return err
}

// forget removes a copy and the files beside it.
func forget(fresh string) error {
	var failed error
	for _, end := range []string{"", "-wal", "-shm", "-journal", "-host"} {
		if err := os.Remove(fresh + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
