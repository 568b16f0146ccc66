package db_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// withoutOrg are the tables that belong to the installation, and why.
var withoutOrg = map[string]string{
	"goose_db_version": "the migrations' own",
	"install":          "facts about the installation",
	"law":              "the text of the law by its digest, the same for all",
	"sign_in_lock":     "an unknown login has no organisation; keys are HMACs",
	"code_sent":        "a code is asked for before anybody is known; keys are HMACs",
	"spent":            "challenges and states, before anybody is known; keys are hashes",
}

// orgNotFirst are the indexes ("table first-column") that may begin with
// something else than org_id, and why.
var orgNotFirst = map[string]string{
	"job id":                 "the runner works through all organisations",
	"job dead_at":            "in the order of time",
	"session token_hash":     "found by the cookie's hash, before the organisation is known",
	"code_way lookup":        "found by the HMAC of an address, before the organisation is known",
	"code_sent id":           "asked for before the organisation is known",
	"code_sent lookup":       "asked for before the organisation is known",
	"code_sent ends_at":      "one sweep removes old codes",
	"card lookup":            "found by the hash of its secret, before the organisation is known",
	"federated subject_hash": "found by who an issuer says comes in, before the organisation is known",
	"invite token_hash":      "found by the link's hash, before the organisation is known",
	"draft saved_at":         "one sweep removes old drafts of all organisations",
	"import made_at":         "one sweep empties old imports of all organisations",

	"access_token token_hash": "found by the token's hash, before the organisation is known",
	"api_request at":          "one sweep removes old answers of all organisations",

	"journal_paper code": "found by the code on the paper, before the organisation is known",

	"webhook_delivery event_at": "one sweep removes old deliveries of all organisations",
}

type column struct {
	table, name, kind string
	notNull           bool
}

// columns lists every column of the schema, on either database.
func columns(t *testing.T, d *db.DB) []column {
	t.Helper()
	sql := `SELECT m.name, c.name, c.type, c."notnull" OR c.pk > 0 FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	if d.Dialect() == db.Postgres {
		sql = `SELECT table_name::TEXT, column_name::TEXT, data_type::TEXT, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END FROM information_schema.columns
			WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`
	}
	var out []column
	err := d.Read(t.Context(), func(q db.Querier) error {
		rows, err := q.Query(sql)
		return db.Each(rows, err, func(r *db.Rows) error {
			var c column
			err := r.Scan(&c.table, &c.name, &c.kind, &c.notNull)
			out = append(out, c)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d columns found", len(out))
	}
	return out
}

// strings1 runs a query of one text column.
func strings1(t *testing.T, d *db.DB, sql string) []string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), func(q db.Querier) error {
		rows, err := q.Query(sql)
		return db.Each(rows, err, func(r *db.Rows) error {
			var s string
			err := r.Scan(&s)
			out = append(out, s)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSchemaRules(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		instant := regexp.MustCompile(`(_at|_until)$|^at$`)
		kinds := map[string]bool{"TEXT": true, "INTEGER": true, "BLOB": true, "text": true, "bigint": true, "bytea": true,
			"REAL": true, "double precision": true}
		org := map[string]column{}
		var tables []string
		for _, c := range columns(t, d) {
			if !slices.Contains(tables, c.table) {
				tables = append(tables, c.table)
			}
			if c.table == "goose_db_version" {
				continue
			}
			if c.name == "org_id" {
				org[c.table] = c
			}
			if !kinds[c.kind] {
				t.Errorf("%s.%s is %s: not one of the portable types", c.table, c.name, c.kind)
			}
			if instant.MatchString(c.name) && c.kind != "INTEGER" && c.kind != "bigint" {
				t.Errorf("%s.%s is an instant and %s, want BIGINT µs", c.table, c.name, c.kind)
			}
			if strings.HasSuffix(c.name, "_cents") && c.kind != "INTEGER" && c.kind != "bigint" {
				t.Errorf("%s.%s is money and %s, want BIGINT cents", c.table, c.name, c.kind)
			}
		}
		for _, table := range tables {
			o, ok := org[table]
			switch {
			case withoutOrg[table] != "" && ok:
				t.Errorf("%s has org_id: take it out of withoutOrg", table)
			case withoutOrg[table] == "" && (!ok || !o.notNull):
				t.Errorf("%s has no org_id NOT NULL", table)
			}
		}
		triggers := `SELECT name FROM sqlite_schema WHERE type IN ('trigger', 'view')`
		if d.Dialect() == db.Postgres {
			triggers = `SELECT tgname::TEXT FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT table_name::TEXT FROM information_schema.views WHERE table_schema = 'public'`
		}
		if found := strings1(t, d, triggers); len(found) > 0 {
			t.Errorf("triggers or views: %v", found)
		}
	})
}

// Every index of an area's table begins with org_id, so that no query crosses
// organisations by accident of a plan; tables are STRICT, so that a text never
// slips into a number's column.
func TestIndexesBeginWithTheOrganisation(t *testing.T) {
	d := dbtest.OpenSQLite(t, db.Config{})
	for _, line := range strings1(t, d, `SELECT m.tbl_name || ' ' || i.name FROM sqlite_schema m
		JOIN pragma_index_list(m.tbl_name) l JOIN pragma_index_info(l.name) i
		WHERE m.type = 'table' AND i.seqno = 0 AND l.origin <> 'u'`) {
		table, first, _ := strings.Cut(line, " ")
		if first != "org_id" && withoutOrg[table] == "" && orgNotFirst[line] == "" {
			t.Errorf("an index of %s begins with %s, not org_id", table, first)
		}
	}
	for _, table := range strings1(t, d, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'`) {
		t.Errorf("%s is not STRICT: end its CREATE TABLE with {{rows}} or {{clustered}}", table)
	}
}

// Text is compared byte by byte on both, so that pages and ranges agree.
func TestTextIsComparedByteByByte(t *testing.T) {
	d := dbtest.OpenPostgres(t, db.Config{})
	for _, c := range strings1(t, d, `SELECT (table_name || '.' || column_name)::TEXT FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`) {
		t.Errorf("%s is not {{text}}", c)
	}
}

func TestBothDatabasesHaveTheSameColumns(t *testing.T) {
	same := map[string]string{"text": "TEXT", "bigint": "INTEGER", "bytea": "BLOB", "double precision": "REAL"}
	var lists [2][]column
	lists[0] = columns(t, dbtest.OpenSQLite(t, db.Config{}))
	lists[1] = columns(t, dbtest.OpenPostgres(t, db.Config{}))
	for i := range lists {
		lists[i] = slices.DeleteFunc(lists[i], func(c column) bool { return c.table == "goose_db_version" })
		for j, c := range lists[i] {
			if k := same[c.kind]; k != "" {
				lists[i][j].kind = k
			}
		}
	}
	for _, c := range lists[0] {
		if !slices.Contains(lists[1], c) {
			t.Errorf("SQLite has %+v, PostgreSQL not", c)
		}
	}
	for _, c := range lists[1] {
		if !slices.Contains(lists[0], c) {
			t.Errorf("PostgreSQL has %+v, SQLite not", c)
		}
	}
}

func TestMigrationFiles(t *testing.T) {
	files, err := fs.Glob(os.DirFS("migrations"), "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	name := regexp.MustCompile(`^\d{4}_[a-z0-9_]+\.sql$`)
	rule := regexp.MustCompile(`(?i)\b(TEXT|BYTEA|BLOB|INTEGER|TIMESTAMP|TIMESTAMPTZ|BOOLEAN|SERIAL|BIGSERIAL|JSONB?|VARCHAR|TRIGGER|VIEW)\b`)
	// Names are free: of a column before its type, and in an index.
	remark := regexp.MustCompile(`(?m)--.*$|^\s*\w+\s+(\{\{[a-z]+\}\}|BIGINT\b)|^CREATE (UNIQUE )?INDEX .*$|\{\{[a-z]+\}\}`)
	for _, f := range files {
		if !name.MatchString(f) {
			t.Errorf("%s: want NNNN_name.sql", f)
		}
		b, err := os.ReadFile("migrations/" + f)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if !strings.Contains(text, "-- +goose Up") || strings.Contains(text, "+goose Down") {
			t.Errorf("%s: forward only, with -- +goose Up", f)
		}
		if found := rule.FindAllString(remark.ReplaceAllString(text, ""), -1); len(found) > 0 {
			t.Errorf("%s writes %v: use the tokens of package db", f, found)
		}
	}
}
