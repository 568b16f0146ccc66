package db_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// A command beside the server, both writing, with the log copied back and begun
// again many times: each sees everything that was acknowledged, always the latest.
func TestHostAndGuestAgree(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	url := "sqlite:" + filepath.Join(t.TempDir(), "parvis.db")
	open := func() *db.DB { return dbtest.OpenSQLite(t, db.Config{URL: url}) }
	both := [2]*db.DB{open(), open()} // the host, then the guest
	latest := map[string]string{}
	filler := strings.Repeat("z", 3000) // about a page a row
	for i := range 6000 {
		d := both[chance.IntN(2)]
		name := fmt.Sprint("n", chance.IntN(3000))
		if chance.IntN(3) > 0 {
			value := fmt.Sprint(i, filler)
			err := d.Tx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			latest[name] = value
		} else {
			got, err := value(t, d, name)
			if want, ok := latest[name]; got != want || ok == errors.Is(err, db.ErrNoRows) {
				t.Fatalf("step %d: %s is %.10q (%v), want %.10q", i, name, got, err, want)
			}
		}
		if i%1500 == 1499 { // one of them goes and comes back
			who := chance.IntN(2)
			if err := both[who].Close(); err != nil {
				t.Fatal(err)
			}
			if who == 0 { // the guest is alone, then becomes the host by coming back
				if got, err := value(t, both[1], name); err != nil && !errors.Is(err, db.ErrNoRows) || got != latest[name] {
					t.Fatalf("the guest alone reads %.10q, %v", got, err)
				}
			}
			both[who] = open()
		}
	}
	for _, d := range both {
		if err := d.Integrity(t.Context()); err != nil {
			t.Error(err)
		}
		for name, want := range latest {
			if got, err := value(t, d, name); err != nil || got != want {
				t.Fatalf("at the end %s is %.10q (%v), want %.10q", name, got, err, want)
			}
		}
	}
}

// The log does not grow for ever: the host copies it back while it works.
func TestLogIsCopiedBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parvis.db")
	d := dbtest.OpenSQLite(t, db.Config{URL: "sqlite:" + path})
	large := strings.Repeat("x", 1<<20)
	for i := range 150 {
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO install (name, value) VALUES ($1, $2)`, fmt.Sprint(i), large)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := value(t, d, "0"); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 100<<20 {
		t.Errorf("after 150 MB written the log has %d MB", info.Size()>>20)
	}
}

// A guest never brings the schema up to date under the host's feet.
func TestGuestDoesNotMigrate(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "parvis.db")
	host := dbtest.OpenSQLite(t, db.Config{URL: url})
	if err := host.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM goose_db_version WHERE version_id = 1`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), db.Config{URL: url, Key: dbtest.Key()}); key(err) != "errs.db.older" || !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, want errs.db.older", err)
	}
}
