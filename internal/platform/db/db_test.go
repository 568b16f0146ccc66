package db_test

import (
	"errors"
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const insertInstall = `INSERT INTO install (name, value) VALUES ($1, $2)`

func value(t *testing.T, d *db.DB, name string) (string, error) {
	t.Helper()
	var v string
	err := d.Read(t.Context(), func(q db.Querier) error {
		return q.QueryRow(`SELECT value FROM install WHERE name = $1`, name).Scan(&v)
	})
	return v, err
}

func TestTxCommitsAndRollsBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec(insertInstall, "a", core.ID("one"))
			if n != 1 {
				t.Errorf("Exec touched %d rows, want 1", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := value(t, d, "a"); v != "one" || err != nil {
			t.Errorf("a = %q, %v", v, err)
		}
		boom := errors.New("boom")
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(insertInstall, "b", "two"); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("Tx returned %v, want boom", err)
		}
		if _, err := value(t, d, "b"); !errors.Is(err, db.ErrNoRows) {
			t.Errorf("b after a failure: %v, want ErrNoRows", err)
		}
	})
}
