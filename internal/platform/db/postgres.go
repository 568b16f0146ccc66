package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// server is the PostgreSQL engine.
type server struct {
	pool *pgxpool.Pool
}

const (
	maxRetries = 10 // of a use case that lost against another transaction
	retryBase  = 2 * time.Millisecond
)

// dialPostgres connects and leaves the schema alone.
func dialPostgres(ctx context.Context, cfg Config) (*server, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "errs.db.url", errors.New("the PostgreSQL address cannot be read")) // err may quote the password
	}
	if cfg.Readers > 0 {
		pc.MaxConns = int32(min(cfg.Readers, 1000))
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "errs.db.open", err, "path", pc.ConnConfig.Host)
	}
	return &server{pool: pool}, nil
}

func openPostgres(ctx context.Context, cfg Config) (engine, error) {
	e, err := dialPostgres(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := e.migrate(ctx, cfg); err != nil {
		host := e.pool.Config().ConnConfig.Host
		e.pool.Close()
		var known *errs.Error
		if errors.As(err, &known) {
			return nil, err
		}
		return nil, errs.Wrap(errs.Unavailable, "errs.db.open", err, "path", host)
	}
	return e, nil
}

func (e *server) dialect() Dialect { return Postgres }

func (e *server) migrate(ctx context.Context, cfg Config) error {
	pool := stdlib.OpenDBFromPool(e.pool)
	return errors.Join(migrate(ctx, pool, Postgres, cfg), pool.Close())
}

// tx runs a use case at READ COMMITTED: the journal's sequencer queues writers on
// a row lock, and under a stricter level each of them would fail and start again
// instead of waiting. Versions, unique indexes and FOR UPDATE guard the rest.
func (e *server) tx(ctx context.Context, d *DB, fn func(*Tx) error) error {
	for attempt := 0; ; attempt++ {
		err := e.once(ctx, d, fn)
		if err == nil || !isConflict(err) {
			return outward(err)
		}
		if attempt == maxRetries {
			return unavailable(err)
		}
		wait := retryBase << min(attempt, 6)
		timer := time.NewTimer(wait/2 + rand.N(wait)) // #nosec G404 -- spreads retries
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func (e *server) once(ctx context.Context, d *DB, fn func(*Tx) error) (err error) {
	ptx, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return e.beginError(ctx, err)
	}
	tx := &Tx{ctx: ctx, s: &serverTx{ptx}, d: d, memory: new(map[any]any)}
	ended := false
	defer func() {
		tx.over = true
		if !ended { // an error, or a panic that goes on
			rollback(ptx)
		}
	}()
	if err := tx.finish(fn(tx)); err != nil {
		return err
	}
	// From here on the caller's ctx no longer decides: the outcome must be known.
	ended = true
	if err := ptx.Commit(context.WithoutCancel(ctx)); err != nil {
		rollback(ptx)
		if isConflict(err) {
			return err
		}
		return unavailable(fmt.Errorf("commit: %w", err))
	}
	d.committed(tx)
	return nil
}

// rollback undoes the transaction whatever became of the caller's context. When
// it fails, pgx closes the connection, which undoes it too.
func rollback(ptx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = ptx.Rollback(ctx)
}

func (e *server) beginError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return unavailable(fmt.Errorf("begin: %w", err))
}

func (e *server) read(ctx context.Context, fn func(Querier) error) error {
	ptx, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return e.beginError(ctx, err)
	}
	r := &reader{ctx: ctx, s: &serverTx{ptx}}
	defer func() {
		r.s = nil
		rollback(ptx)
	}()
	return outward(fn(r))
}

func (e *server) readThenTx(ctx context.Context, d *DB, read func(Querier) error, fn func(*Tx) error) error {
	if err := e.read(ctx, read); err != nil {
		return err
	}
	return e.tx(ctx, d, fn)
}

func (e *server) check(ctx context.Context) error {
	if err := e.pool.Ping(ctx); err != nil {
		return unavailable(err)
	}
	return nil
}

// integrity has nothing to add to the server's own checksums.
func (e *server) integrity(ctx context.Context) error { return e.check(ctx) }

func (e *server) close() error {
	e.pool.Close()
	return nil
}

// isConflict tells a transaction that lost against another and may run again.
func isConflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// serverTx is the session of one PostgreSQL transaction.
type serverTx struct{ tx pgx.Tx }

func (s *serverTx) query(ctx context.Context, sql string, args []any) (*Rows, error) {
	args, err := plainAll(args)
	if err != nil {
		return nil, err
	}
	rows, err := s.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return &Rows{pg: rows}, nil
}

func (s *serverTx) exec(ctx context.Context, sql string, args []any) (int64, error) {
	args, err := plainAll(args)
	if err != nil {
		return 0, err
	}
	// Not Exec: without arguments it would let several statements through.
	rows, err := s.tx.Query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	rows.Close()
	return rows.CommandTag().RowsAffected(), rows.Err()
}

func plainAll(args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, a := range args {
		v, err := plain(a)
		if err != nil {
			return nil, fmt.Errorf("$%d: %w", i+1, err)
		}
		out[i] = v
	}
	return out, nil
}

// scanPostgres scans the current row with the same rules as on SQLite.
func scanPostgres(rows pgx.Rows, dest []any) error {
	fields := rows.FieldDescriptions()
	if len(dest) != len(fields) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), len(fields))
	}
	var values, rest []any
	for i, d := range dest {
		if direct(d, fields[i].DataTypeOID) {
			continue
		}
		if values == nil {
			var err error
			if values, err = rows.Values(); err != nil {
				return err
			}
			rest = slices.Clone(dest) // the caller may scan every row into the same slice
		}
		if err := assign(d, widen(values[i])); err != nil {
			return fmt.Errorf("column %d (%s): %w", i+1, fields[i].Name, err)
		}
		rest[i] = nil // pgx skips it
	}
	if rest != nil {
		dest = rest
	}
	return rows.Scan(dest...)
}

// direct tells whether pgx itself stores a column of the type as SQLite would.
func direct(dest any, oid uint32) bool {
	switch dest.(type) {
	case *string:
		return oid == pgtype.TextOID
	case *int64:
		return oid == pgtype.Int8OID
	}
	return false
}

// widen gives PostgreSQL's smaller numbers and booleans (COUNT, a comparison) the
// type they have on SQLite.
func widen(v any) any {
	switch v := v.(type) {
	case int32:
		return int64(v)
	case int16:
		return int64(v)
	case float32:
		return float64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return v
}
