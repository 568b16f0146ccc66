package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Config says which database to open.
type Config struct {
	URL     string      // "sqlite:DIR/parvis.db" or "postgres://…"
	Key     []byte      // 32 bytes. SQLite: encrypts the files, required. PostgreSQL: only checked against the one first used; may be nil.
	Clock   clock.Clock // nil: the system's
	Log     *slog.Logger
	Readers int // SQLite read connections, 0 for 4; PostgreSQL: pool size, 0 for pgx's default
	// NoMigrate leaves the schema as it is, for commands that change nothing: a
	// database that is not up to date is then errs.db.older.
	NoMigrate bool
	VFS       string // SQLite, tests: the registered name of the VFS below the encryption, "" for the system's files
	// OnPlan, SQLite in tests, is told how each statement that is prepared will be
	// run: the lines of EXPLAIN QUERY PLAN. Several connections may call it at once.
	OnPlan func(sql string, plan []string)

	takeKey bool // the key becomes the database's: Rekey's own copy
}

// DB is an open database, safe for concurrent use. Close it.
type DB struct {
	engine engine
	clock  clock.Clock
	log    *slog.Logger
	wake   chan struct{} // one token: a use case left a job or an outbox line
	closed atomic.Bool
}

// engine is what differs between the two databases.
type engine interface {
	dialect() Dialect
	tx(ctx context.Context, d *DB, fn func(*Tx) error) error
	read(ctx context.Context, fn func(Querier) error) error
	readThenTx(ctx context.Context, d *DB, read func(Querier) error, fn func(*Tx) error) error
	check(ctx context.Context) error
	integrity(ctx context.Context) error
	close() error
}

// Open opens the database, creates it when there is none, and brings its schema
// up to date. Errors: errs.Unavailable with key errs.db.wrong_key (the key does
// not open this database), errs.db.newer (written by a newer Parvis), errs.db.open,
// errs.db.older (only with NoMigrate), errs.db.damaged.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	d := newDB(&cfg)
	var err error
	switch {
	case strings.HasPrefix(cfg.URL, "sqlite:"):
		d.engine, err = openSQLite(ctx, cfg, strings.TrimPrefix(cfg.URL, "sqlite:"))
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		d.engine, err = openPostgres(ctx, cfg)
	default:
		// The URL may hold a password: it is not repeated.
		err = errs.Wrap(errs.Invalid, "errs.db.url", errors.New("want sqlite:DIR/parvis.db or postgres://…"))
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if cfg.takeKey {
		if err := d.Tx(ctx, func(tx *Tx) error { return tx.TakeKey(cfg.Key) }); err != nil {
			return nil, errors.Join(fmt.Errorf("open database: %w", err), d.engine.close())
		}
	}
	if err := d.checkKey(ctx, cfg.Key); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), d.engine.close())
	}
	return d, nil
}

// newDB is a DB without its engine; it fills in what cfg leaves out.
func newDB(cfg *Config) *DB {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &DB{clock: cfg.Clock, log: cfg.Log, wake: make(chan struct{}, 1)}
}

// Tx runs fn as one use case, in one transaction, and returns nil once what it
// wrote is durable. When fn returns an error, everything is undone and Tx returns
// that error as it is. When the database cannot write (disk full, connection
// lost), Tx returns errs.Unavailable. A panic in fn undoes it and goes on in the
// caller. A ctx done before fn has ended undoes it and its error is returned;
// once fn has ended, Tx waits for the commit. After errs.Unavailable from a lost
// PostgreSQL connection the caller cannot know whether the commit happened.
func (d *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	return d.engine.tx(ctx, d, fn)
}

// Read runs fn on one snapshot, which starts at its first query and holds every
// Tx that returned before. fn must not keep q.
func (d *DB) Read(ctx context.Context, fn func(q Querier) error) error {
	return d.engine.read(ctx, fn)
}

// ReadThenTx runs read on one snapshot, as Read does, and then fn as one use case,
// as Tx does; an error of read is returned as it is, and fn is then not run. Only
// for what is brief, a page of one person: where one writer serves everybody and is
// idle, both run in its transaction, which spares a snapshot, and others wait.
func (d *DB) ReadThenTx(ctx context.Context, read func(q Querier) error, fn func(tx *Tx) error) error {
	return d.engine.readThenTx(ctx, d, read, fn)
}

// Dialect tells which database it is, for the few texts that differ.
func (d *DB) Dialect() Dialect { return d.engine.dialect() }

// Clock returns the injected clock.
func (d *DB) Clock() clock.Clock { return d.clock }

// Check tells whether the database answers, for /readyz.
func (d *DB) Check(ctx context.Context) error { return d.engine.check(ctx) }

// Integrity looks for damage in the database, for doctor: errs.Unavailable with
// key errs.db.damaged when there is some. It may take seconds.
func (d *DB) Integrity(ctx context.Context) error { return d.engine.integrity(ctx) }

// Close waits for running use cases and reads, writes the log back into the
// database file and closes. Calls made afterwards return errs.Unavailable.
func (d *DB) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	if err := d.engine.close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// Querier reads: a *Tx is one, Read gives one. Methods use the context of the Tx
// or Read they belong to.
type Querier interface {
	Query(sql string, args ...any) (*Rows, error)
	QueryRow(sql string, args ...any) Row
}

// session runs statements of one transaction on one connection.
type session interface {
	query(ctx context.Context, sql string, args []any) (*Rows, error)
	exec(ctx context.Context, sql string, args []any) (int64, error)
}

// Tx is one use case's transaction. It belongs to fn's goroutine and is of no use
// after fn has returned.
type Tx struct {
	ctx    context.Context
	s      session
	d      *DB
	now    int64
	failed error // the first statement that failed: nothing may follow it
	over   bool
	woke   bool // left a job or an outbox line
	memory *map[any]any
}

var _ Querier = (*Tx)(nil)

var errOver = errors.New("db: the transaction is over")

func (tx *Tx) usable() error {
	switch {
	case tx.over:
		return errOver
	case tx.failed != nil:
		return fmt.Errorf("an earlier statement of this use case failed: %w", tx.failed)
	}
	return tx.ctx.Err()
}

// Query runs a SELECT (or a statement with RETURNING). Close the Rows.
func (tx *Tx) Query(sql string, args ...any) (*Rows, error) {
	if err := tx.usable(); err != nil {
		return nil, err
	}
	rows, err := tx.s.query(tx.ctx, sql, args)
	if err != nil {
		tx.failed = err
		return nil, err
	}
	rows.tx = tx
	return rows, nil
}

// QueryRow runs a query of which only the first row counts.
func (tx *Tx) QueryRow(sql string, args ...any) Row {
	rows, err := tx.Query(sql, args...)
	return Row{rows: rows, err: err}
}

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(sql string, args ...any) (int64, error) {
	if err := tx.usable(); err != nil {
		return 0, err
	}
	n, err := tx.s.exec(tx.ctx, sql, args)
	if err != nil {
		tx.failed = err
	}
	return n, err
}

// Now is the instant of the use case, µs UTC, the same at every call.
func (tx *Tx) Now() int64 {
	if tx.now == 0 {
		tx.now = tx.d.clock.Now().UnixMicro()
	}
	return tx.now
}

// Remember keeps a value in memory until the commit: for what follows in this
// transaction and, on SQLite, for the use cases that the same commit brings. It is for
// what a room alone writes and reads again at each use case. Nothing is remembered
// of a use case that fails, nor beyond the commit; nil forgets.
func (tx *Tx) Remember(key, value any) {
	if *tx.memory == nil {
		*tx.memory = map[any]any{}
	}
	(*tx.memory)[key] = value
}

// Remembered is what was kept under a key, nil when nothing was.
func (tx *Tx) Remembered(key any) any { return (*tx.memory)[key] }

// reader is the Querier of Read.
type reader struct {
	ctx context.Context
	s   session
}

func (r *reader) Query(sql string, args ...any) (*Rows, error) {
	if r.s == nil {
		return nil, errOver
	}
	return r.s.query(r.ctx, sql, args)
}

func (r *reader) QueryRow(sql string, args ...any) Row {
	rows, err := r.Query(sql, args...)
	return Row{rows: rows, err: err}
}

// finish decides how a use case ended once fn has returned err.
func (tx *Tx) finish(err error) error {
	if err == nil && tx.failed != nil {
		err = tx.failed
	}
	if err == nil {
		err = tx.ctx.Err()
	}
	return err
}

// committed wakes the runner when the use case left it something.
func (d *DB) committed(tx *Tx) {
	if !tx.woke {
		return
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// newID makes an id at the transaction's instant.
func (tx *Tx) newID() (core.ID, error) { return newID(tx.d.clock) }
