package db_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// names reads what was put.
func names(q db.Querier) (list []string, err error) {
	rows, err := q.Query(`SELECT name FROM install WHERE name <> 'key_check' ORDER BY name LIMIT 500`)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var s string
		err := r.Scan(&s)
		list = append(list, s)
		return err
	})
	return list, err
}

func TestReadThenTx(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), put("a", "")); err != nil {
			t.Fatal(err)
		}
		var seen []string
		read := func(q db.Querier) (err error) { seen, err = names(q); return err }
		if err := d.ReadThenTx(t.Context(), read, put("b", "")); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(seen) != "[a]" {
			t.Errorf("read %v before b was written", seen)
		}
		boom := errors.New("boom")
		err := d.ReadThenTx(t.Context(), func(db.Querier) error { return boom }, put("c", ""))
		if !errors.Is(err, boom) {
			t.Errorf("an error of the read: %v", err)
		}
		err = d.ReadThenTx(t.Context(), read, func(tx *db.Tx) error { return errors.Join(put("d", "")(tx), boom) })
		if !errors.Is(err, boom) {
			t.Errorf("an error of the use case: %v", err)
		}
		err = d.ReadThenTx(t.Context(), func(q db.Querier) error { return q.QueryRow(`NONSENSE`).Scan(new(int)) }, put("e", ""))
		if err == nil {
			t.Error("a statement that is none was read")
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was lost")
				}
			}()
			_ = d.ReadThenTx(t.Context(), func(db.Querier) error { panic("oh") }, put("f", ""))
		}()
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.ReadThenTx(cancelled, read, put("g", "")); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who left: %v", err)
		}
		var kept db.Querier
		if err := d.ReadThenTx(t.Context(), func(q db.Querier) error { kept = q; return nil }, put("h", "")); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Query(`SELECT 1`); err == nil {
			t.Error("the snapshot outlived its read")
		}
		wants(t, d, []string{"a", "b", "h"}, []string{"c", "d", "e", "f", "g"})
	})
}

// Many read and write at once: each reads all that was written before it began, and
// nothing that was undone.
func TestReadThenTxAmongOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var all sync.WaitGroup
		boom := errors.New("boom")
		for i := range 8 {
			all.Go(func() {
				for n := range 20 {
					name := fmt.Sprintf("n-%d-%02d", i, n)
					if err := d.Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(put(name+"x", "")(tx), boom) }); !errors.Is(err, boom) {
						t.Errorf("undone: %v", err)
					}
					err := d.ReadThenTx(t.Context(), func(q db.Querier) error {
						list, err := names(q)
						own := 0
						for _, s := range list {
							if s[len(s)-1] == 'x' {
								t.Errorf("%s was undone", s)
							}
							if s[:3] == name[:3] {
								own++
							}
						}
						if own != n {
							t.Errorf("%s sees %d of its own", name, own)
						}
						return err
					}, put(name, ""))
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
		all.Wait()
	})
}

// A read does not wait for who writes: it reads beside, then queues what it writes.
func TestReadThenTxBesideAWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.OpenSQLite(t, db.Config{})
		hold, read := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if err := d.Tx(t.Context(), func(tx *db.Tx) error { <-hold; return put("slow", "")(tx) }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			err := d.ReadThenTx(t.Context(), func(q db.Querier) error { _, err := names(q); close(read); return err }, put("line", ""))
			if err != nil {
				t.Error(err)
			}
		})
		<-read
		close(hold)
		all.Wait()
		wants(t, d, []string{"slow", "line"}, nil)
	})
}
