package casefile

import (
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxFacts bounds what one file may hold, replaced facts included.
const maxFacts = 5000

const lockPerson = `SELECT version FROM person WHERE org_id = $1 AND id = $2 FOR UPDATE`

// LockFile keeps the file of a person until the commit, on PostgreSQL too: what is
// read after it is still so when it is written. It comes before the first read on
// which a write depends.
func LockFile(tx *db.Tx, org, person core.ID) error {
	var version int64
	if err := tx.QueryRow(lockPerson, org, person).Scan(&version); err != nil {
		return fmt.Errorf("lock file %s: %w", person, err)
	}
	return nil
}

const FactColumns = `f.file_id, f.id, f.subject_kind, COALESCE(al.person_id, f.subject_id), f.variable, f.valid_from, f.valid_to, f.state, f.value,
	f.source, f.detail, f.seen_on, f.recorded_at, f.recorded_by, f.superseded_by, f.conflict_with
FROM fact f LEFT JOIN person_alias al ON al.org_id = f.org_id AND al.alias_id = f.subject_id AND al.ended_at = 0`

const (
	selectFacts = `SELECT ` + FactColumns + ` WHERE f.org_id = $1 AND f.file_id IN ` + SameHuman + ` ORDER BY f.id LIMIT 5000`
	// Of somebody whom nobody was merged into: no sub-query, and the rows come in order.
	selectFactsAlone = `SELECT file_id, id, subject_kind, subject_id, variable, valid_from, valid_to, state, value,
	source, detail, seen_on, recorded_at, recorded_by, superseded_by, conflict_with
FROM fact WHERE org_id = $1 AND file_id = $2 ORDER BY id LIMIT 5000`
	selectKept = `SELECT alias_id, person_id FROM person_alias WHERE org_id = $1 AND ended_at = 0 AND alias_id IN (`
)

// ReadFacts reads every fact of a file in the order they were written.
func ReadFacts(q db.Querier, o Opened, file core.ID) ([]Fact, error) {
	if o.alone {
		return loadFactsAlone(q, o.Org, file)
	}
	list, _, err := loadMergedFacts(q, o.Org, file)
	return list, err
}

func loadFactsAlone(q db.Querier, org, file core.ID) ([]Fact, error) {
	list := make([]Fact, 0, 32)
	var others []core.ID // whom facts are about: each may have been merged into another
	row := newFactRow()
	rows, err := q.Query(selectFactsAlone, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		err := row.scan(r)
		f := &row.f
		if f.Subject.Kind == AboutPerson && f.Subject.ID != file && !slices.Contains(others, f.Subject.ID) {
			others = append(others, f.Subject.ID)
		}
		list = append(list, *f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	kept := map[core.ID]core.ID{}
	for batch := range slices.Chunk(others, 8) {
		ids := append([]any{org}, anys(batch)...)
		for len(ids) < 9 {
			ids = append(ids, batch[0]) // one text to prepare
		}
		rows, err := q.Query(selectKept+marks(2, 8)+")", ids...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var alias, id core.ID
			err := r.Scan(&alias, &id)
			kept[alias] = id
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("whom facts are about: %w", err)
		}
	}
	if len(kept) == 0 { // and one file holds one belief for a cell and a start
		return list, nil
	}
	for i := range list {
		if id, merged := kept[list[i].Subject.ID]; merged && list[i].Subject.Kind == AboutPerson {
			list[i].Subject.ID = id
		}
	}
	mergeFacts(list, file)
	return list, nil
}

// loadMergedFacts is ReadFacts with the facts that say the same as another since
// two files are one (see mergeFacts).
func loadMergedFacts(q db.Querier, org, file core.ID) ([]Fact, map[core.ID]core.ID, error) {
	list := make([]Fact, 0, 32)
	rows, err := q.Query(selectFacts, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		f, err := ScanFact(r)
		list = append(list, f)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read facts: %w", err)
	}
	if slices.ContainsFunc(list, func(f Fact) bool { return f.File != file }) {
		stays, _, origin, err := loadStays(q, org, file)
		if err != nil {
			return nil, nil, err
		}
		same := sameHomes(stays, origin, file)
		for i := range list {
			if home, merged := same[list[i].Subject.ID]; merged {
				list[i].Subject.ID = home
			}
		}
	}
	return list, mergeFacts(list, file), nil
}

func ScanFact(r *db.Rows) (Fact, error) {
	row := newFactRow()
	err := row.scan(r)
	return row.f, err
}

// factRow reads facts one after the other into the same place.
type factRow struct {
	f                 Fact
	from, until, seen string
	to                []any
}

func newFactRow() *factRow {
	row := &factRow{}
	f := &row.f
	row.to = []any{&f.File, &f.ID, &f.Subject.Kind, &f.Subject.ID, &f.Variable, &row.from, &row.until, &f.State, &f.Value, &f.Source, &f.Detail, &row.seen,
		&f.RecordedAt, &f.RecordedBy, &f.SupersededBy, &f.ConflictWith}
	return row
}

// scan reads the current row whole: nothing of the one before stays.
func (row *factRow) scan(r *db.Rows) (err error) {
	row.f = Fact{}
	if err = r.Scan(row.to...); err != nil {
		return err
	}
	f := &row.f
	if f.From, err = core.ParsePartialDate(row.from); err != nil {
		return err
	}
	if f.Until, err = core.ParsePartialDate(row.until); err != nil {
		return err
	}
	f.SeenOn, err = StoredDate(row.seen)
	return err
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
