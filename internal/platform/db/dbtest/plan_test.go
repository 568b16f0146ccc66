package dbtest_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// What walks a whole organisation is seen, and nothing else is.
func TestAStatementThatWalksTheTownIsSeen(t *testing.T) {
	const aliases = `(SELECT $2 UNION ALL SELECT alias_id FROM person_alias WHERE org_id = $1 AND person_id = $2 AND ended_at = 0)`
	for sql, walks := range map[string]bool{
		`SELECT id FROM person WHERE org_id = $1 AND id = $2`:                                                false,
		`SELECT id FROM casefile WHERE org_id = $1 AND person_id IN ` + aliases:                              false,
		`SELECT name FROM worker WHERE org_id = $1 AND $2 <> ''`:                                             false,
		`SELECT id FROM person WHERE org_id = $1 AND city = $2`:                                              true,
		`SELECT c.id FROM casefile c WHERE c.sort_name > $1 AND c.phase = $2`:                                true,
		`UPDATE fact SET detail = $2 WHERE org_id = $1`:                                                      true,
		`DELETE FROM fact WHERE org_id = $1 AND recorded_by = $2`:                                            true,
		`SELECT 1 FROM team t JOIN casefile AS c ON c.org_id = t.org_id WHERE t.id = $1 OR c.opened_on = $2`: true,
	} {
		var got string
		asked := 0
		d := dbtest.OpenSQLite(t, db.Config{OnPlan: func(text string, plan []string) {
			if text == sql {
				asked++
				got = dbtest.Walks(text, plan)
			}
		}})
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			for range 2 {
				rows, err := tx.Query(sql, "o", "x")
				if err := db.Each(rows, err, func(*db.Rows) error { return nil }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if (got != "") != walks {
			t.Errorf("%s\n walks: %q, want %t", sql, got, walks)
		}
		if asked != 1 {
			t.Errorf("%s: explained %d times", sql, asked)
		}
	}
}
