package db

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrNoRows is what Row.Scan returns when the query gave no row.
var ErrNoRows = errors.New("no rows")

// Rows walks over the rows of a query. Close it, or use Each.
type Rows struct {
	lite   *liteStmt // SQLite
	pg     pgx.Rows  // PostgreSQL
	tx     *Tx       // of a use case: an error there ends it
	err    error
	closed bool
}

// Next moves to the next row and tells whether there is one; after false, look at Err.
func (r *Rows) Next() bool {
	if r.closed || r.err != nil {
		return false
	}
	if r.lite != nil {
		if r.lite.next() {
			return true
		}
		r.fail(r.lite.err())
	} else {
		if r.pg.Next() {
			return true
		}
		r.fail(r.pg.Err())
	}
	r.release()
	return false
}

// Scan copies the columns of the current row into the destinations, one pointer
// per column: *string, *int64, *bool, *[]byte, *core.ID, any named string or
// integer, *any, a pointer to a pointer where NULL may come, or a sql.Scanner.
func (r *Rows) Scan(dest ...any) error {
	if r.closed {
		return errors.New("scan: the rows are closed")
	}
	var err error
	if r.lite != nil {
		err = r.lite.scan(dest)
	} else {
		err = scanPostgres(r.pg, dest)
	}
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	return nil
}

// Err returns what ended the walk, nil when it was the last row.
func (r *Rows) Err() error { return r.err }

// Close ends the walk; it may be called twice.
func (r *Rows) Close() error {
	if !r.closed {
		r.release()
	}
	return r.err
}

func (r *Rows) fail(err error) {
	if err == nil {
		return
	}
	r.err = err
	if r.tx != nil && r.tx.failed == nil {
		r.tx.failed = err
	}
}

func (r *Rows) release() {
	r.closed = true
	if r.lite != nil {
		r.lite.release()
		return
	}
	r.pg.Close()
	r.fail(r.pg.Err())
}

// Row is the result of QueryRow.
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the first row, or returns ErrNoRows.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	if !r.rows.Next() {
		if err := r.rows.Close(); err != nil {
			return err
		}
		return ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return errors.Join(err, r.rows.Close())
	}
	return r.rows.Close()
}

// Each calls fn for every row of a query, closes it and returns the first error:
//
//	rows, err := q.Query(listNotes, org, person)
//	err = db.Each(rows, err, func(r *db.Rows) error { … return r.Scan(…) })
func Each(rows *Rows, err error, fn func(*Rows) error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := fn(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return rows.Close()
}
