package casefile

import (
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxFacts bounds what one file may hold, replaced facts included.
const maxFacts = 5000

const lockPerson = `SELECT version FROM person WHERE org_id = $1 AND id = $2 FOR UPDATE`

// lockFile keeps the file of a person until the commit, on PostgreSQL too: what is
// read after it is still so when it is written. It comes before the first read on
// which a write depends.
func lockFile(tx *db.Tx, org, person core.ID) error {
	var version int64
	if err := tx.QueryRow(lockPerson, org, person).Scan(&version); err != nil {
		return fmt.Errorf("lock file %s: %w", person, err)
	}
	return nil
}

const factColumns = `id, subject_kind, subject_id, variable, valid_from, valid_to, state, value, source, detail, seen_on,
	recorded_at, recorded_by, superseded_by, conflict_with`

const selectFacts = `SELECT ` + factColumns + ` FROM fact WHERE org_id = $1 AND file_id = $2 ORDER BY id LIMIT 5000`

// loadFacts reads every fact of a file in the order they were written.
func loadFacts(q db.Querier, org, file core.ID) ([]Fact, error) {
	list := make([]Fact, 0, 32)
	rows, err := q.Query(selectFacts, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		f, err := scanFact(r, file)
		list = append(list, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	return list, nil
}

func scanFact(r *db.Rows, file core.ID) (Fact, error) {
	f := Fact{File: file}
	var from, until, seen string
	err := r.Scan(&f.ID, &f.Subject.Kind, &f.Subject.ID, &f.Variable, &from, &until, &f.State, &f.Value, &f.Source, &f.Detail, &seen,
		&f.RecordedAt, &f.RecordedBy, &f.SupersededBy, &f.ConflictWith)
	if err != nil {
		return f, err
	}
	if f.From, err = core.ParsePartialDate(from); err != nil {
		return f, err
	}
	if f.Until, err = core.ParsePartialDate(until); err != nil {
		return f, err
	}
	f.SeenOn, err = storedDate(seen)
	return f, err
}

const insertFact = `INSERT INTO fact (org_id, file_id, id, subject_kind, subject_id, variable, valid_from, valid_to, state, value,
	source, detail, seen_on, recorded_at, recorded_by, superseded_by, superseded_at, conflict_with)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', 0, $16)`

func writeFact(tx *db.Tx, org core.ID, f Fact) error {
	_, err := tx.Exec(insertFact, org, f.File, f.ID, f.Subject.Kind, f.Subject.ID, f.Variable, f.From.String(), f.Until.String(), f.State, f.Value,
		f.Source, f.Detail, f.SeenOn.String(), f.RecordedAt, f.RecordedBy, f.ConflictWith)
	if err != nil {
		return fmt.Errorf("insert fact: %w", err)
	}
	return nil
}

// supersede is the one change of a fact's row: what came after it.
const supersede = `UPDATE fact SET superseded_by = $4, superseded_at = $5, conflict_with = ''
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND superseded_by = ''`

const settle = `UPDATE fact SET conflict_with = '' WHERE org_id = $1 AND file_id = $2 AND id = $3 AND superseded_by = ''`
