package db_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// emptyPostgres makes a database without a schema beside another.
func emptyPostgres(t *testing.T, beside, name string) string {
	t.Helper()
	admin, err := pgx.Connect(t.Context(), beside)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background() // the test's is over
		if _, err := admin.Exec(ctx, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
		if err := admin.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(beside)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// tables counts what a database holds.
func tables(t *testing.T, at string) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDumpIsLoadedAgain: every row of every sort of column, counters included; a
// database that is not empty, a dump that is cut or of a newer program are refused
// and leave no row.
func TestDumpIsLoadedAgain(t *testing.T) {
	from := dbtest.PostgresURL(t)
	d := dbtest.OpenPostgres(t, db.Config{URL: from})
	for i := range 250 {
		if err := d.Tx(t.Context(), put(fmt.Sprint("n", i), "é \"\\ \u2028 <&> \n ligne")); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Tx(t.Context(), func(tx *db.Tx) error {
		if err := tx.Emit("topic", "", "a"); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO journal_node (org_id, tree, spot, hash) VALUES ('o', 't', 9007199254740993, $1)`, []byte{0, 255, 10})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	if err := d.Dump(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	to := emptyPostgres(t, from, "dump_again")
	text := dump.String()
	for name, wrong := range map[string]string{
		"cut": text[:len(text)/2], "no end": text[:strings.LastIndex(strings.TrimSpace(text), "\n")+1], "nothing": "", "prose": "hello\n", "a row less": strings.Replace(text, "[\"n7\",", "[", 1),
		"a newer program": strings.Replace(text, "\"migrations\":[1,", "\"migrations\":[1,9999,", 1),
	} {
		if wrong == text {
			t.Fatalf("%s: nothing was changed", name)
		}
		at := db.Config{URL: emptyPostgres(t, from, "dump_"+strings.ReplaceAll(name, " ", "_"))}
		if _, err := db.Load(t.Context(), at, strings.NewReader(wrong)); key(err) != map[bool]string{true: "errs.db.newer", false: "errs.db.dump"}[name == "a newer program"] {
			t.Errorf("%s: %v", name, err)
		}
		if n := tables(t, at.URL); n != 0 {
			t.Errorf("%s: %d tables stay", name, n)
		}
	}
	undo, err := db.Load(t.Context(), db.Config{URL: to}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := undo(t.Context()); err != nil || tables(t, to) != 0 {
		t.Fatalf("undone: %v, %d tables stay", err, tables(t, to))
	}
	if _, err := db.Load(t.Context(), db.Config{URL: to}, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Load(t.Context(), db.Config{URL: to}, strings.NewReader(text)); !errs.Is(err, errs.Conflict) {
		t.Errorf("loaded twice: %v", err)
	}
	back, err := db.Open(t.Context(), db.Config{URL: to, Key: dbtest.Key(), NoMigrate: true})
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := back.Dump(t.Context(), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, again.String()); diff != "" {
		t.Errorf("dumped again (-want +got):\n%s", diff)
	}
	if err := back.Tx(t.Context(), func(tx *db.Tx) error { return tx.Emit("topic", "", "c") }); err != nil {
		t.Errorf("the counter is not where it was: %v", err)
	}
	if err := back.Close(); err != nil {
		t.Error(err)
	}
}
