package retention

import (
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// purged is one table, or a part of it, that goes with a person: $1 is the organisation,
// $2 one of the rows of persons that the file is made of.
type purged struct {
	table string
	sql   string
}

// own deletes the rows of a table whose column is the person.
func own(table, column string) purged {
	return purged{table, `DELETE FROM ` + table + ` WHERE org_id = $1 AND ` + column + ` = $2`}
}

// through deletes the rows of a table that hang on a row of the person.
func through(table, column, parent, key, of string) purged {
	return purged{table, `DELETE FROM ` + table + ` WHERE org_id = $1 AND ` + column + ` IN (SELECT ` + key + ` FROM ` + parent + ` WHERE org_id = $1 AND ` + of + ` = $2)`}
}

// purges are what goes with a person, in an order that the foreign keys allow. A table
// that speaks of a person and is neither here nor in apart fails
// TestEveryTableOfAPersonGoes.
func purges() []purged {
	return []purged{
		own("step_paper", "file_id"), own("step_event", "file_id"), own("step", "file_id"), own("goal", "file_id"),
		own("expectation", "file_id"), own("exchange", "file_id"),
		through("note_text", "note_id", "note", "id", "file_id"), own("note", "file_id"),
		own("statement_waiting", "file_id"), own("statement", "file_id"),
		through("note_circle_member", "circle_id", "note_circle", "id", "file_id"), own("note_circle", "file_id"),
		own("printout", "person_id"), through("journal_paper", "code", "sheet", "code", "person_id"), own("sheet", "person_id"),
		own("right_decision", "file_id"), own("right_result", "file_id"), own("evaluation", "file_id"), own("outlook", "file_id"), own("right_to_talk", "person_id"),
		own("talk_right", "file_id"), own("talk_pause", "file_id"), own("talk_file", "file_id"), own("talk_person", "person_id"),
		own("fact_contest", "file_id"), own("fact", "file_id"),
		through("child_circle", "record_id", "child_record", "id", "file_id"), through("child_follow", "record_id", "child_record", "id", "file_id"), own("child_record", "file_id"),
		own("demand", "file_id"), own("person_space", "person_id"), own("former_name", "person_id"), own("person_before", "person_id"),
		own("death_change", "person_id"), own("death", "person_id"),
		own("case_closing", "person_id"), own("case_transfer", "person_id"), own("casefile", "person_id"),
		through("agreement_paper_piece", "paper_id", "agreement_paper", "id", "person_id"), own("agreement_paper", "person_id"),
		through("consent_end", "consent_id", "consent", "id", "person_id"), own("consent", "person_id"),
		through("mandate_end", "mandate_id", "mandate", "id", "person_id"), own("mandate", "person_id"),
		own("outside_access", "person_id"), own("vital_choice", "person_id"),
		own("person_origin", "person_id"), {"passage", `DELETE FROM passage WHERE org_id = $1 AND person_id = $2 AND person_id <> ''`},
		// Locked files without a row are swept by the vault.
		through("paper_grant", "paper_id", "paper", "id", "person_id"), own("paper", "person_id"),
		{"vault_unlock", `DELETE FROM vault_unlock WHERE org_id = $1 AND key_id IN (SELECT k.id FROM vault_key k JOIN holder h ON h.org_id = k.org_id AND h.id = k.holder WHERE k.org_id = $1 AND h.person = $2)`},
		through("vault_key", "holder", "holder", "id", "person"),
		{"import_row", `DELETE FROM import_row WHERE org_id = $1 AND person_id = $2 /* every row: imports are few, deletions rare */`},
		{"webhook_delivery", `DELETE FROM webhook_delivery WHERE org_id = $1 AND person_id = $2 /* every row: a month of messages, deletions rare */`},
		{"draft", `DELETE FROM draft WHERE org_id = $1 AND path LIKE '%' || $2 || '%' /* every row: a week of drafts */`},
		{"card", `DELETE FROM card WHERE org_id = $1 AND holder IN (SELECT id FROM holder WHERE org_id = $1 AND person = $2)`},
		{"passkey", `DELETE FROM passkey WHERE org_id = $1 AND owner_kind = 'holder' AND owner IN (SELECT id FROM holder WHERE org_id = $1 AND person = $2)`},
		{"federated", `DELETE FROM federated WHERE org_id = $1 AND owner_kind = 'holder' AND owner IN (SELECT id FROM holder WHERE org_id = $1 AND person = $2)`},
		{"credential", `DELETE FROM credential WHERE org_id = $1 AND owner_kind = 'holder' AND owner IN (SELECT id FROM holder WHERE org_id = $1 AND person = $2)`},
		through("code_way", "holder", "holder", "id", "person"),
		own("session", "actor"), own("holder", "person"),
		own("retention_hold", "person_id"),
		{"retention_archive_case", `DELETE FROM retention_archive_case WHERE org_id = $1 AND archive_id IN (SELECT id FROM retention_archive WHERE org_id = $1 AND person_id = $2)`},
		own("retention_archive", "person_id"),
	}
}

// apart are the tables that speak of persons and that are cleared otherwise, or hold
// nothing of them, and how.
func apart() map[string]string {
	return map[string]string{
		"person":           "the last row to go; reduced to the name while another file shows the person",
		"name_key":         "casefile.ForgetKeys",
		"journal":          "journal.Forget: what it said goes, its place and its proof stay",
		"journal_subject":  "journal.Forget",
		"kinship":          "with those whom no other file shows",
		"household_member": "with those whom no other file shows",
		"household":        "once nobody is in it any more",
		"person_alias":     "after the files of all who were one",
		"retention_item":   "its person is emptied when the file is gone",
	}
}

// Tables are the names of what Purge clears, for the test that holds the schema to it.
func Tables() []string {
	var all []string
	for _, p := range purges() {
		all = append(all, p.table)
	}
	for table := range apart() {
		all = append(all, table)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

const perTx = 500 // rows deleted in one transaction, or little more

// clear deletes the rows of some persons, from a step on, until enough are deleted; it
// returns the step to go on from, -1 when nothing is left.
func clear(tx *db.Tx, org core.ID, humans []core.ID, from int) (next int, err error) {
	steps := purges()
	rows := int64(0)
	for at := from; at < len(steps)*len(humans); at++ {
		if rows >= perTx {
			return at, nil
		}
		// A step for everybody before the next: rows of one may hang on rows of another.
		p, human := steps[at/len(humans)], humans[at%len(humans)]
		n, err := tx.Exec(p.sql, org, human)
		if err != nil {
			return at, fmt.Errorf("delete from %s: %w", p.table, err)
		}
		rows += n
	}
	return -1, nil
}

// around are those of the homes and the direct kin of a person.
const around = `SELECT o.person_id FROM household_member m JOIN household_member o ON o.org_id = m.org_id AND o.household_id = m.household_id WHERE m.org_id = $1 AND m.person_id = $2
UNION SELECT b FROM kinship WHERE org_id = $1 AND a = $2 UNION SELECT a FROM kinship WHERE org_id = $1 AND b = $2`

const (
	hasFile      = `SELECT COUNT(*) FROM casefile WHERE org_id = $1 AND person_id = $2`
	relativeOf   = `SELECT COUNT(*) FROM consent WHERE org_id = $1 AND relative_id = $2`
	mergedAs     = `SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 /* every row: merges are few, deletions rare */`
	reducePerson = `UPDATE person SET phone = NULL, channel = '', hours = '', languages = '', interpreter = 0, no_fixed = 0, protected = 0, address = '', postcode = '', city = '',
	commune = '', shelved = 0, version = version + 1 WHERE org_id = $1 AND id = $2`
	dropKin    = `DELETE FROM kinship WHERE org_id = $1 AND (a = $2 OR b = $2)`
	homesOf    = `SELECT DISTINCT household_id FROM household_member WHERE org_id = $1 AND person_id = $2`
	dropStays  = `DELETE FROM household_member WHERE org_id = $1 AND person_id = $2`
	stillThere = `SELECT COUNT(*) FROM household_member WHERE org_id = $1 AND household_id = $2`
	dropHome   = `DELETE FROM household WHERE org_id = $1 AND id = $2`
	dropAlias  = `DELETE FROM person_alias WHERE org_id = $1 AND (person_id = $2 OR alias_id = $2) /* every row: merges are few, deletions rare */`
	dropPerson = `DELETE FROM person WHERE org_id = $1 AND id = $2`
)

func idsOf(q db.Querier, sql string, args ...any) ([]core.ID, error) {
	var list []core.ID
	rows, err := q.Query(sql, args...)
	return list, db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
}

// shownBy tells whether a file of somebody else than humans shows a person: someone with
// a file lives or lived with them, is their kin, or named them as somebody close.
func shownBy(q db.Querier, org, person core.ID, humans []core.ID) (bool, error) {
	var n int64
	if err := q.QueryRow(relativeOf, org, person).Scan(&n); err != nil || n > 0 {
		return n > 0, err
	}
	near, err := idsOf(q, around, org, person)
	if err != nil {
		return false, err
	}
	for _, id := range near {
		if id == person || slices.Contains(humans, id) {
			continue
		}
		if err := q.QueryRow(hasFile, org, id).Scan(&n); err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// company are those whom the file of humans alone shows: they have no file and no other
// file shows them, so that they go with it.
func company(q db.Querier, org core.ID, humans []core.ID) ([]core.ID, error) {
	var list []core.ID
	for _, h := range humans {
		near, err := idsOf(q, around, org, h)
		if err != nil {
			return nil, err
		}
		for _, id := range near {
			if slices.Contains(humans, id) || slices.Contains(list, id) {
				continue
			}
			var files int64
			if err := q.QueryRow(hasFile, org, id).Scan(&files); err != nil {
				return nil, err
			}
			if files > 0 {
				continue
			}
			shown, err := shownBy(q, org, id, humans)
			if err != nil {
				return nil, err
			}
			merged, err := idsOf(q, mergedAs, org, id)
			if err != nil {
				return nil, err
			}
			if !shown && len(merged) == 0 {
				list = append(list, id)
			}
		}
	}
	return list, nil
}

// removePeople deletes the rows of persons of a file that clear has emptied, or reduces
// them to their name where another file shows them.
func removePeople(tx *db.Tx, org core.ID, humans, alone []core.ID) error {
	everybody := append(slices.Clone(humans), alone...)
	shown := map[core.ID]bool{}
	for _, id := range humans {
		ok, err := shownBy(tx, org, id, everybody)
		if err != nil {
			return fmt.Errorf("who else shows %s: %w", id, err)
		}
		shown[id] = ok
	}
	for _, id := range everybody {
		if _, err := tx.Exec(dropAlias, org, id); err != nil {
			return fmt.Errorf("delete merges: %w", err)
		}
	}
	for _, id := range everybody {
		if shown[id] {
			if _, err := tx.Exec(reducePerson, org, id); err != nil {
				return fmt.Errorf("reduce %s to a name: %w", id, err)
			}
			continue
		}
		if err := removePerson(tx, org, id); err != nil {
			return err
		}
	}
	return nil
}

func removePerson(tx *db.Tx, org, id core.ID) error {
	if _, err := tx.Exec(dropKin, org, id); err != nil {
		return fmt.Errorf("delete family ties: %w", err)
	}
	homes, err := idsOf(tx, homesOf, org, id)
	if err != nil {
		return fmt.Errorf("homes: %w", err)
	}
	if _, err := tx.Exec(dropStays, org, id); err != nil {
		return fmt.Errorf("delete stays: %w", err)
	}
	for _, home := range homes {
		var n int64
		if err := tx.QueryRow(stillThere, org, home).Scan(&n); err != nil {
			return fmt.Errorf("homes: %w", err)
		}
		if n > 0 {
			continue
		}
		if _, err := tx.Exec(dropHome, org, home); err != nil {
			return fmt.Errorf("delete a home: %w", err)
		}
	}
	if _, err := tx.Exec(dropPerson, org, id); err != nil {
		return fmt.Errorf("delete a person: %w", err)
	}
	return nil
}
