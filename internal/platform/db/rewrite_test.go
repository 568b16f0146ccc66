package db_test

import (
	"fmt"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"

	"pgregory.net/rapid"
)

func TestRewriteSQLite(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`SELECT $2, $1`, `SELECT ?2, ?1`},
		{`SELECT $12 + $1`, `SELECT ?12 + ?1`},
		{`SELECT '$1 it''s $2', $1`, `SELECT '$1 it''s $2', ?1`},
		{`SELECT "a$1""$2" FROM t WHERE x=$1`, `SELECT "a$1""$2" FROM t WHERE x=?1`},
		{"SELECT 1 -- costs $1 or 'so\n, $1", "SELECT 1  \n, ?1"},
		{`SELECT /* $1 /* ' */ $2 */ $3`, `SELECT   ?3`},
		{`SELECT a$1, é$2 FROM t`, `SELECT a$1, é$2 FROM t`},
		{`SELECT '-- not a comment', $1`, `SELECT '-- not a comment', ?1`},
		{`SELECT a FROM t WHERE b = $1 FOR UPDATE`, `SELECT a FROM t WHERE b = ?1`},
		{"SELECT a FROM t\nfor\tupdate ;\n", `SELECT a FROM t`},
		{`SELECT a FROM t FOR /* them */ UPDATE -- now`, `SELECT a FROM t`},
		{`SELECT 'FOR UPDATE'`, `SELECT 'FOR UPDATE'`},
		{`UPDATE t SET a = $1`, `UPDATE t SET a = ?1`},
		{`SELECT wait_for update`, `SELECT wait_for update`},
		{`SELECT for.update`, `SELECT for.update`},
		{`$`, `$`}, {`$0 $a`, `$0 $a`}, {``, ``}, {`'open $1`, `'open $1`}, {`/* open $1`, ` `},
	} {
		if got := db.RewriteSQLite(c.sql); got != c.want {
			t.Errorf("rewrite %q\n got %q\nwant %q", c.sql, got, c.want)
		}
	}
}

// Whatever surrounds them, parameters are rewritten and nothing else is.
func TestRewriteProperty(t *testing.T) {
	part := rapid.Custom(func(t *rapid.T) [2]string {
		text := rapid.StringMatching(`[a-z$0-9 '"/*é;-]{0,12}`)
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			n := rapid.IntRange(1, 120).Draw(t, "n")
			return [2]string{fmt.Sprintf("$%d", n), fmt.Sprintf("?%d", n)}
		case 1:
			s := "'" + strings.ReplaceAll(text.Draw(t, "string"), "'", "''") + "'"
			return [2]string{s, s}
		case 2:
			s := `"` + strings.ReplaceAll(text.Draw(t, "name"), `"`, `""`) + `"`
			return [2]string{s, s}
		case 3:
			return [2]string{"--" + text.Draw(t, "remark") + "\n", " \n"}
		case 4:
			s := strings.NewReplacer("/*", "", "*/", "", "/", "", "*", "").Replace(text.Draw(t, "block"))
			return [2]string{"/*" + s + "/*" + s + "*/" + s + "*/", " "}
		default:
			s := rapid.SampledFrom([]string{"SELECT", "a_1", "=", ",", "(", ")", "->>", "||", "1.5", "t.c$d", "été"}).Draw(t, "word")
			return [2]string{s, s}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var in, want strings.Builder
		for _, p := range rapid.SliceOfN(part, 0, 20).Draw(t, "parts") {
			in.WriteString(p[0] + " ")
			want.WriteString(p[1] + " ")
		}
		if got := db.RewriteSQLite(in.String()); got != want.String() {
			t.Fatalf("rewrite %q\n got %q\nwant %q", in.String(), got, want.String())
		}
	})
}

func TestParametersByNumberOnBothDatabases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(q db.Querier) error {
			var a, b, c, again string
			err := q.QueryRow(`SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), '$1' /* $9 */, CAST($1 AS TEXT) -- $8`, "first", "second").Scan(&a, &b, &c, &again)
			if a != "second" || b != "first" || c != "$1" || again != "first" {
				t.Errorf("got %q %q %q %q", a, b, c, again)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
