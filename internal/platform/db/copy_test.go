package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// TestCopyWhileWriting: a copy is one snapshot, opens with the same key only, shows
// nothing on the disk, and neither stops use cases nor is begun again by them.
func TestCopyWhileWriting(t *testing.T) {
	dir := t.TempDir()
	d := dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db")})
	for i := range 400 {
		if err := d.Tx(t.Context(), put(fmt.Sprint(canary, i), strings.Repeat(canary, 200))); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for w := range 2 {
		work.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				// Two rows together: the copy has both or none.
				err := d.Tx(ctx, func(tx *db.Tx) error {
					for _, side := range []string{"left", "right"} {
						if err := put(fmt.Sprintf("pair-%d-%d-%s", w, i, side), "x")(tx); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	copied := filepath.Join(dir, "copy.db")
	err := d.Copy(t.Context(), copied)
	stop()
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range dbtest.ReadAll(t, dir) {
		if bytes.Contains(b, []byte("SQLite format 3")) || bytes.Contains(b, []byte(canary)) {
			t.Errorf("%s is readable", path)
		}
	}
	if _, err := os.Stat(copied + "-journal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy's own journal stays: %v", err)
	}
	if err := d.Copy(t.Context(), copied); !errs.Is(err, errs.Unavailable) {
		t.Errorf("copied over a file: %v", err)
	}
	if _, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + copied, Key: bytes.Repeat([]byte{9}, 32)}); key(err) != "errs.db.wrong_key" {
		t.Errorf("another key: %v", err)
	}
	back, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + copied, Key: dbtest.Key()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := back.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := back.Integrity(t.Context()); err != nil {
		t.Error(err)
	}
	var rows, odd int64
	err = back.Read(t.Context(), func(q db.Querier) error {
		if err := q.QueryRow(`SELECT COUNT(*) FROM install WHERE name LIKE 'Canari%'`).Scan(&rows); err != nil {
			return err
		}
		return q.QueryRow(`SELECT COUNT(*) % 2 FROM install WHERE name LIKE 'pair-%'`).Scan(&odd)
	})
	if err != nil || rows != 400 || odd != 0 {
		t.Errorf("%d rows, a pair in two %v, %v", rows, odd == 1, err)
	}
}

// TestCopyThatFailsLeavesNothing: a full disk, a directory that is not there, a
// context that ends.
func TestCopyThatFailsLeavesNothing(t *testing.T) {
	disk := dbtest.NewDisk(t, false)
	dir := t.TempDir()
	d := dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "parvis.db"), VFS: disk.Name})
	for i := range 50 {
		if err := d.Tx(t.Context(), put(fmt.Sprint("n", i), strings.Repeat("v", 3000))); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(dir, "copy.db")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	disk.Full(true)
	err := d.Copy(t.Context(), copied)
	disk.Full(false)
	for name, err := range map[string]error{
		"full": err, "no directory": d.Copy(t.Context(), filepath.Join(dir, "none", "copy.db")), "ended": d.Copy(ended, copied),
	} {
		if err == nil {
			t.Errorf("%s: copied", name)
		} else if strings.Contains(err.Error(), fmt.Sprintf("%x", dbtest.Key())) {
			t.Errorf("%s: the key is in the error", name)
		}
	}
	if _, err := os.Stat(copied); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a copy that failed stays: %v", err)
	}
	if err := d.Copy(t.Context(), copied); err != nil {
		t.Error(err)
	}
}
