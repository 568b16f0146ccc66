package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	insertImport = `INSERT INTO import (org_id, id, team_id, worker_id, state, head, version, made_at, confirmed_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 0, 0)`
	importColumns = `id, team_id, worker_id, state, head, version, made_at, confirmed_at, ended_at`
	selectImport  = `SELECT ` + importColumns + ` FROM import WHERE org_id = $1 AND id = $2`
	selectImports = `SELECT ` + importColumns + ` FROM import WHERE org_id = $1 AND team_id IN (`
	updateImport  = `UPDATE import SET state = $3, head = $4, version = version + 1, confirmed_at = $5, ended_at = $6
WHERE org_id = $1 AND id = $2 AND version = $7`
	insertImportRow = `INSERT INTO import_row (org_id, import_id, line, cells, problems, verdict, choice, same_as, outcome, person_id, made)
VALUES ($1, $2, $3, $4, $5, $6, '', '', '', '', '')`
	rowColumns     = `line, cells, problems, verdict, choice, same_as, outcome, person_id, made`
	selectRows     = `SELECT ` + rowColumns + ` FROM import_row WHERE org_id = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4`
	selectRowsOf   = `SELECT ` + rowColumns + ` FROM import_row WHERE org_id = $1 AND import_id = $2 AND verdict = $5 AND line > $3 ORDER BY line LIMIT $4`
	selectRowsLeft = `SELECT ` + rowColumns + ` FROM import_row WHERE org_id = $1 AND import_id = $2 AND outcome = $5 AND line > $3 ORDER BY line LIMIT $4`
	countRows      = `SELECT verdict, choice, outcome, COUNT(*) FROM import_row WHERE org_id = $1 AND import_id = $2 GROUP BY verdict, choice, outcome`
	judgeRow       = `UPDATE import_row SET verdict = $4, problems = $5, same_as = $6, choice = $7 WHERE org_id = $1 AND import_id = $2 AND line = $3`
	chooseRow      = `UPDATE import_row SET choice = $4 WHERE org_id = $1 AND import_id = $2 AND line = $3 AND verdict = 'known'`
	chooseRest     = `UPDATE import_row SET choice = $3 WHERE org_id = $1 AND import_id = $2 AND verdict = 'known' AND choice = ''`
	endRow         = `UPDATE import_row SET outcome = $4, person_id = $5, made = $6, problems = $7 WHERE org_id = $1 AND import_id = $2 AND line = $3`
	deleteRows     = `DELETE FROM import_row WHERE org_id = $1 AND import_id = $2`
	deleteImport   = `DELETE FROM import WHERE org_id = $1 AND id = $2`
	insertOrigin   = `INSERT INTO person_origin (org_id, value, person_id, import_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	selectOrigin   = `SELECT person_id FROM person_origin WHERE org_id = $1 AND value = $2 ORDER BY person_id LIMIT 1`
)

// keptRow is one stored row.
type keptRow struct {
	line    int
	cells   []string
	faults  []Fault
	verdict Verdict
	choice  RowChoice
	sameAs  core.ID
	outcome string
	person  core.ID
	made    []core.ID // facts
}

func (s *Service) sealJSON(table, column string, id string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s.%s: %w", table, column, err)
	}
	return s.Fields.Seal(table, column, id, plain)
}

func (s *Service) openJSON(table, column, id string, sealed []byte, v any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := s.Fields.Open(table, column, id, sealed)
	if err != nil {
		return fmt.Errorf("open %s.%s of %s: %w", table, column, id, err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("read %s.%s of %s: %w", table, column, id, err)
	}
	return nil
}

func rowKey(id core.ID, line int) string { return fmt.Sprintf("%s/%d", id, line) }

func (s *Service) sealFaults(id core.ID, line int, faults []Fault) ([]byte, error) {
	if len(faults) == 0 {
		return []byte{}, nil
	}
	return s.sealJSON("import_row", "problems", rowKey(id, line), faults)
}

func (s *Service) scanImport(r interface{ Scan(dest ...any) error }) (Import, error) {
	var i Import
	var head []byte
	if err := r.Scan(&i.ID, &i.Team, &i.Worker, &i.State, &head, &i.Version, &i.MadeAt, &i.ConfirmedAt, &i.EndedAt); err != nil {
		return i, err
	}
	return i, s.openJSON("import", "head", string(i.ID), head, &i.Head)
}

func (s *Service) loadImport(q db.Querier, org, id core.ID) (Import, error) {
	i, err := s.scanImport(q.QueryRow(selectImport, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return i, errs.New(errs.NotFound, "errs.casefile.import_not_found")
	}
	if err != nil {
		return i, fmt.Errorf("read import %s: %w", id, err)
	}
	return i, nil
}

// saveImport writes state and head; Conflict when somebody did meanwhile.
func (s *Service) saveImport(tx *db.Tx, org core.ID, i *Import) error {
	head, err := s.sealJSON("import", "head", string(i.ID), i.Head)
	if err != nil {
		return err
	}
	n, err := tx.Exec(updateImport, org, i.ID, i.State, head, i.ConfirmedAt, i.EndedAt, i.Version)
	if err != nil {
		return fmt.Errorf("update import %s: %w", i.ID, err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "errs.casefile.import_moved")
	}
	i.Version++
	return nil
}

// loadRows reads at most limit rows of an import after a line; which is the state or
// the verdict that the statement asks for, when it does.
func (s *Service) loadRows(q db.Querier, sql string, org, id core.ID, after, limit int, which ...any) ([]keptRow, error) {
	var list []keptRow
	rows, err := q.Query(sql, append([]any{org, id, after, limit}, which...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var row keptRow
		var cells, faults []byte
		var made string
		if err := r.Scan(&row.line, &cells, &faults, &row.verdict, &row.choice, &row.sameAs, &row.outcome, &row.person, &made); err != nil {
			return err
		}
		for _, f := range strings.Fields(made) {
			row.made = append(row.made, core.ID(f))
		}
		if err := s.openJSON("import_row", "cells", rowKey(id, row.line), cells, &row.cells); err != nil {
			return err
		}
		if err := s.openJSON("import_row", "problems", rowKey(id, row.line), faults, &row.faults); err != nil {
			return err
		}
		list = append(list, row)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read rows of import %s: %w", id, err)
	}
	return list, nil
}

func (s *Service) countImport(q db.Querier, org core.ID, i *Import) error {
	rows, err := q.Query(countRows, org, i.ID)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var verdict Verdict
		var choice RowChoice
		var outcome string
		var n int
		if err := r.Scan(&verdict, &choice, &outcome, &n); err != nil {
			return err
		}
		c := &i.Count
		c.Rows += n
		if verdict != RowUnchecked {
			c.Checked += n
		}
		switch verdict {
		case RowFresh:
			c.Fresh += n
		case RowBad:
			c.Bad += n
		case RowTwice:
			c.Twice += n
		case RowKnown:
			c.Known += n
			switch choice {
			case ChoiceSame:
				c.Same += n
			case ChoiceOther:
				c.Other += n
			default:
				c.Skip += n
			}
		}
		if outcome != "" {
			c.Done += n
		}
		switch outcome {
		case outcomeCreated:
			c.Created += n
		case outcomeAdded:
			c.Added += n
		case outcomeSkipped:
			c.Skipped += n
		case outcomeBad:
			c.Unwritten += n
		case outcomeRemoved:
			c.Removed += n
		case outcomeKept:
			c.Kept += n
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count rows of import %s: %w", i.ID, err)
	}
	return nil
}

const (
	selectOldImports = `SELECT org_id, id, state FROM import WHERE made_at <= $1 AND (state IN ('reading', 'read', 'checking', 'checked')
OR (made_at <= $2 AND ended_at > 0 AND ended_at <= $2 AND EXISTS (SELECT 1 FROM import_row r
	WHERE r.org_id = import.org_id AND r.import_id = import.id AND LENGTH(r.cells) + LENGTH(r.problems) > 0))) ORDER BY made_at LIMIT 100`
	emptyRows = `UPDATE import_row SET cells = $3, problems = $3 WHERE org_id = $1 AND import_id = $2`
)

// Sweep forgets imports that nobody confirmed within seven days, and empties
// the rows of those that ended thirty days ago: what remains says which files they
// opened, without content.
func (s *Service) Sweep(ctx context.Context) error {
	type old struct {
		org, id core.ID
		state   State
	}
	var list []old
	now := s.Clock.Now()
	err := s.DB.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(selectOldImports, now.Add(-waitLife).UnixMicro(), now.Add(-importLife).UnixMicro())
		return db.Each(rows, err, func(r *db.Rows) error {
			var o old
			err := r.Scan(&o.org, &o.id, &o.state)
			list = append(list, o)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("find old imports: %w", err)
	}
	for _, o := range list {
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			if o.state == StateDone || o.state == StateUndone {
				_, err := tx.Exec(emptyRows, o.org, o.id, []byte{})
				return err
			}
			return dropImport(tx, o.org, o.id)
		})
		if err != nil {
			return fmt.Errorf("clear import %s: %w", o.id, err)
		}
	}
	return nil
}

func dropImport(tx *db.Tx, org, id core.ID) error {
	for _, sql := range []string{deleteRows, deleteImport} {
		if _, err := tx.Exec(sql, org, id); err != nil {
			return fmt.Errorf("drop import: %w", err)
		}
	}
	return nil
}
