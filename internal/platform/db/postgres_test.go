package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// Two use cases that lock the same rows in opposite orders: the server stops one
// of them, which runs again and succeeds.
func TestDeadlockRunsAgain(t *testing.T) {
	d := dbtest.OpenPostgres(t, db.Config{})
	if err := d.Tx(t.Context(), func(tx *db.Tx) error {
		return errors.Join(put("a", "")(tx), put("b", "")(tx))
	}); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup // each has its first row before either wants the second
	both.Add(2)
	runs := make([]int, 2)
	var all sync.WaitGroup
	for i, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		all.Go(func() {
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				runs[i]++
				for j, name := range order {
					if _, err := tx.Exec(`UPDATE install SET value = value || $2 WHERE name = $1`, name, "x"); err != nil {
						return err
					}
					if j == 0 && runs[i] == 1 {
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if runs[0]+runs[1] != 3 {
		t.Errorf("runs %v, want one of them twice", runs)
	}
	for _, name := range []string{"a", "b"} {
		if v, err := value(t, d, name); v != "xx" || err != nil {
			t.Errorf("%s = %q, %v; want both updates once", name, v, err)
		}
	}
}

// A server that goes away in the middle is Unavailable, and the pool recovers.
func TestLostConnection(t *testing.T) {
	d := dbtest.OpenPostgres(t, db.Config{})
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		if err := put("a", "")(tx); err != nil {
			return err
		}
		var pid int64
		if err := tx.QueryRow(`SELECT pg_backend_pid()`).Scan(&pid); err != nil {
			return err
		}
		if err := d.Read(t.Context(), func(q db.Querier) error {
			var gone bool
			return q.QueryRow(`SELECT pg_terminate_backend(CAST($1 AS INT))`, pid).Scan(&gone)
		}); err != nil {
			return err
		}
		return put("b", "")(tx)
	})
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, want errs.Unavailable", err)
	}
	if err := d.Tx(t.Context(), put("c", "")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	wants(t, d, []string{"c"}, []string{"a", "b"})
}

// A full pool makes callers wait for as long as their context lasts.
func TestFullPool(t *testing.T) {
	d := dbtest.OpenPostgres(t, db.Config{Readers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Read(t.Context(), func(db.Querier) error {
		waited := make(chan error)
		go func() { waited <- d.Tx(ctx, put("a", "")) }()
		cancel()
		return <-waited
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
