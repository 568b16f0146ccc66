package db_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// An organisation's id alone never decides a plan: every row has it.
func TestPlansLookPastTheOrganisation(t *testing.T) {
	d := dbtest.OpenSQLite(t, db.Config{})
	for query, want := range map[string]string{
		`SELECT couple FROM kinship WHERE org_id = $1 AND a = $2`:                                                 "INDEX kinship_a",
		`SELECT couple FROM kinship WHERE org_id = $1 AND b IN ($2, $2)`:                                          "INDEX kinship_b",
		`SELECT person_id FROM household_member WHERE org_id = $1 AND household_id = $2`:                          "PRIMARY KEY (org_id=? AND household_id=?)",
		`SELECT household_id FROM household_member WHERE org_id = $1 AND person_id = $2`:                          "household_member_person (org_id=? AND person_id=?)",
		`SELECT person_id FROM casefile WHERE org_id = $1 AND team_id = $2 AND phase = $2 ORDER BY sort_name`:     "casefile_team (org_id=? AND team_id=? AND phase=?)",
		`SELECT right_name FROM right_to_talk WHERE org_id = $1 AND person_id = $2`:                               "right_to_talk_file (org_id=? AND person_id=?)",
		`SELECT key FROM name_key WHERE org_id = $1 AND kind = $2 AND key >= $2 ORDER BY key, person_id LIMIT 20`: "PRIMARY KEY (org_id=? AND kind=? AND key>?)",
		`SELECT id FROM casefile WHERE org_id = $1 AND person_id IN (SELECT $2 UNION ALL SELECT alias_id FROM person_alias
			WHERE org_id = $1 AND person_id = $2 AND ended_at = 0) AND phase = 'active' LIMIT 20`: "casefile USING PRIMARY KEY (org_id=? AND person_id=?)",
	} {
		var plan []string
		err := d.Read(t.Context(), func(q db.Querier) error {
			rows, err := q.Query("EXPLAIN QUERY PLAN "+query, "o", "x")
			return db.Each(rows, err, func(r *db.Rows) error {
				var id, parent, none int
				var line string
				err := r.Scan(&id, &parent, &none, &line)
				plan = append(plan, line)
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(plan, "; "); !strings.Contains(all, want) || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("%s\n plan %s\n want %s", query, all, want)
		}
	}
}
