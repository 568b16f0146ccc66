package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/vfs"
)

// lite is the SQLite engine: one writer with group commit, a few readers, and a
// housekeeper that copies the log back into the database file. The first to open a
// database is its host; whoever opens it meanwhile, a command beside the server, is
// a guest: it reads and writes through the log, and leaves the file itself alone.
type lite struct {
	file    liteFile
	base    string // the VFS below the encryption, "" for the system's files
	texts   *texts
	log     *slog.Logger
	writer  *writer
	keeper  *keeper
	readers chan *liteConn // idle; nil marks a place not yet opened
	size    int
	host    *os.File      // the host's lock, nil for a guest
	done    chan struct{} // closed when closing begins
	once    sync.Once
}

const (
	writerCacheKiB = 32 << 10
	readerCacheKiB = 8 << 10 // emptied by every commit, so a page's worth of reading
	keySize        = 32
)

func openSQLite(ctx context.Context, cfg Config, path string) (engine, error) {
	if len(cfg.Key) != keySize {
		return nil, errs.Wrap(errs.Invalid, "errs.db.key_size", fmt.Errorf("key of %d bytes, want %d", len(cfg.Key), keySize))
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "errs.db.open", err, "path", path)
	}
	e := &lite{
		file:  liteFile{path: path, key: cfg.Key, onPlan: cfg.OnPlan},
		base:  cfg.VFS,
		texts: newTexts(), log: cfg.Log, size: cfg.Readers, done: make(chan struct{}),
	}
	if e.size <= 0 {
		e.size = 4
	}
	if err := e.open(ctx, cfg); err != nil {
		return nil, errors.Join(openError(err, path), e.release())
	}
	return e, nil
}

// open opens everything, and on an error what is left to release is in e.
func (e *lite) open(ctx context.Context, cfg Config) (err error) {
	if err := touch(e.file.path); err != nil {
		return err
	}
	var pages *clearPages
	if !cfg.NoMigrate { // a command that changes nothing is never the host
		if e.host, err = tryHost(e.file.path); err != nil {
			return err
		}
		if e.host != nil {
			pages = &clearPages{}
		}
	}
	e.file.guest = hostsExist && e.host == nil
	if e.file.vfs, err = registerVFS(cfg.VFS, pages); err != nil {
		return err
	}
	cfg.NoMigrate = cfg.NoMigrate || e.file.guest
	if err := e.migrate(ctx, cfg); err != nil {
		return err
	}
	conn, err := e.file.dial(ctx, e.texts, writerCacheKiB, false)
	if err != nil {
		return err
	}
	if err := settle(conn, e.file.path); err != nil {
		return errors.Join(err, conn.close())
	}
	keeperConn, err := e.file.dial(ctx, e.texts, 2<<10, false)
	if err != nil {
		return errors.Join(err, conn.close())
	}
	e.readers = make(chan *liteConn, e.size)
	for range e.size {
		e.readers <- nil
	}
	e.keeper = startKeeper(keeperConn, cfg.Log, !e.file.guest)
	e.writer = startWriter(conn, e.keeper, cfg.Log)
	return nil
}

// release gives back the name of the VFS and the host's lock.
func (e *lite) release() error {
	if e.file.vfs != "" {
		vfs.Unregister(e.file.vfs)
	}
	if e.host == nil {
		return nil
	}
	return e.host.Close()
}

// settle opens the log and makes its files safe: their names survive a power cut,
// and others cannot read the log's index (which has no content, but the umask's
// rights).
func settle(l *liteConn, path string) error {
	if err := enterWAL(l.c); err != nil {
		return err
	}
	if err := os.Chmod(path+"-shm", 0o600); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// enterWAL turns the write-ahead log on and reads the file's heading: with another
// key that is where it fails.
func enterWAL(c *sqlite3.Conn) error {
	s, _, err := c.Prepare("PRAGMA journal_mode=wal")
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
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q, want wal", mode)
	}
	return c.Exec("SELECT COUNT(*) FROM sqlite_schema")
}

// touch creates the directory and an empty database file that only the owner of
// the process may read. SQLite gives its log the same rights (modeof).
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (e *lite) dialect() Dialect { return SQLite }

func (e *lite) migrate(ctx context.Context, cfg Config) error {
	pool, err := driver.Open(e.file.uri(), func(c *sqlite3.Conn) error {
		if err := e.file.unlock(c); err != nil {
			return err
		}
		if err := c.Exec(fmt.Sprintf("PRAGMA busy_timeout=%d;%s", busyTimeout, pragmas)); err != nil {
			return err
		}
		if err := e.file.leaveLog(c); err != nil {
			return err
		}
		return enterWAL(c)
	})
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	err = migrate(ctx, pool, SQLite, cfg)
	if err == nil && !cfg.NoMigrate {
		err = tellPlanner(ctx, pool)
	}
	return errors.Join(err, pool.Close())
}

func (e *lite) read(ctx context.Context, fn func(Querier) error) (err error) {
	conn, err := e.reader(ctx)
	if err != nil {
		return err
	}
	r := &reader{ctx: ctx, s: conn}
	defer func() {
		r.s = nil
		conn.releaseAll()
		conn.c.SetInterrupt(context.Background())
		conn.ctx = context.Background()
		if endErr := run(conn.rollback); endErr != nil && !conn.c.GetAutocommit() {
			// The connection cannot leave its snapshot: a fresh one takes its place.
			e.log.Error("db: end of a read", "err", endErr)
			_ = conn.close()
			conn = nil
		}
		e.readers <- conn
	}()
	conn.ctx = ctx
	conn.c.SetInterrupt(ctx)
	if err := run(conn.begin); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return unavailable(err)
	}
	return outward(fn(r))
}

// reader takes an idle read connection, opening it the first time.
func (e *lite) reader(ctx context.Context) (*liteConn, error) {
	select {
	case <-e.done:
		return nil, errClosed()
	default:
	}
	select {
	case conn := <-e.readers:
		if conn != nil {
			return conn, nil
		}
		conn, err := e.file.dial(ctx, e.texts, readerCacheKiB, true)
		if err != nil {
			e.readers <- nil
			return nil, unavailable(err)
		}
		return conn, nil
	case <-e.done:
		return nil, errClosed()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *lite) tx(ctx context.Context, d *DB, fn func(*Tx) error) error {
	return e.writer.tx(ctx, d, fn)
}

func (e *lite) readThenTx(ctx context.Context, d *DB, read func(Querier) error, fn func(*Tx) error) error {
	if ran, err := e.writer.readThenTx(ctx, d, read, fn); ran {
		return err
	}
	if err := e.read(ctx, read); err != nil {
		return err
	}
	return e.writer.tx(ctx, d, fn)
}

func (e *lite) check(ctx context.Context) error {
	return e.read(ctx, func(q Querier) error {
		var one int64
		return q.QueryRow(`SELECT 1`).Scan(&one)
	})
}

// integrity reads every page and every reference. It takes seconds on a large
// database, and finds accidents: a forger with the key writes valid pages.
func (e *lite) integrity(ctx context.Context) error {
	return e.read(ctx, func(q Querier) error {
		var said []string
		for _, check := range []string{`PRAGMA quick_check(10)`, `SELECT "table" || ' refers to a missing ' || parent FROM pragma_foreign_key_check LIMIT 10`} {
			rows, err := q.Query(check)
			err = Each(rows, err, func(rows *Rows) error {
				var line string
				if err := rows.Scan(&line); err != nil {
					return err
				}
				if line != "ok" {
					said = append(said, line)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if len(said) > 0 {
			return damaged(errors.New(strings.Join(said, "; ")))
		}
		return nil
	})
}

func (e *lite) close() error {
	var err error
	e.once.Do(func() {
		close(e.done)
		err = e.writer.close()
		for range e.size {
			if conn := <-e.readers; conn != nil {
				err = errors.Join(err, conn.close())
			}
		}
		err = errors.Join(err, e.keeper.close(), e.release())
	})
	return err
}
