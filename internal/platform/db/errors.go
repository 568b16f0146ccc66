package db

import (
	"context"
	"errors"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
)

// IsUnique tells whether err is a row that already exists (a unique index or a
// primary key refused it). The use case has failed all the same.
func IsUnique(err error) bool {
	if errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) || errors.Is(err, sqlite3.CONSTRAINT_PRIMARYKEY) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// IsForeignKey tells whether err is a row that names another that is not there,
// or the removal of one that others name.
func IsForeignKey(err error) bool {
	if errors.Is(err, sqlite3.CONSTRAINT_FOREIGNKEY) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23503"
}

// unavailable says that the database could not do its work now.
func unavailable(cause error) error {
	var e *errs.Error
	if errors.As(cause, &e) && e.Kind == errs.Unavailable {
		return cause
	}
	return errs.Wrap(errs.Unavailable, "errs.db.unavailable", cause)
}

func damaged(cause error) error { return errs.Wrap(errs.Unavailable, "errs.db.damaged", cause) }

func errClosed() error {
	return errs.Wrap(errs.Unavailable, "errs.db.unavailable", errors.New("the database is closed"))
}

// outward turns an error of the machine (disk full, lost connection, lock) that a
// use case hands back into errs.Unavailable; every other error stays as it is.
func outward(err error) error {
	if err == nil {
		return nil
	}
	var e *errs.Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB) {
		return damaged(err)
	}
	for _, code := range []sqlite3.ErrorCode{
		sqlite3.FULL, sqlite3.IOERR, sqlite3.BUSY, sqlite3.LOCKED, sqlite3.CANTOPEN,
		sqlite3.READONLY, sqlite3.PROTOCOL,
	} {
		if errors.Is(err, code) {
			return unavailable(err)
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Classes 08 connection, 53 resources, 57 operator, 58 system, 40 rollback.
		switch pg.Code[:2] {
		case "08", "53", "57", "58", "40":
			return unavailable(err)
		}
		return err
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return unavailable(err)
	}
	return err
}

// openError says in a person's words why a database file cannot be opened.
func openError(err error, path string) error {
	var e *errs.Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, sqlite3.NOTADB) || strings.Contains(err.Error(), "the VFS refused the key"):
		return errs.Wrap(errs.Unavailable, "errs.db.wrong_key", err, "path", path)
	case errors.Is(err, sqlite3.CORRUPT):
		return damaged(err)
	}
	return errs.Wrap(errs.Unavailable, "errs.db.open", err, "path", path)
}
