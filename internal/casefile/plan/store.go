package plan

import (
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	insertExpectation = `INSERT INTO expectation (org_id, file_id, id, words, said_on, reread, reread_in, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	countExpectations = `SELECT COUNT(*) FROM expectation WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman

	insertGoal = `INSERT INTO goal (org_id, file_id, id, title, chosen_on, state, version, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)`
	updateGoal = `UPDATE goal SET title = $4, chosen_on = $5, state = $6, version = version + 1, changed_at = $7, changed_by = $8
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $9`
	countGoals  = `SELECT COUNT(*) FROM goal WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	earliestDue = `SELECT COALESCE(MIN(due_on), '') FROM step WHERE org_id = $1 AND file_id = $2 AND goal_id = $3 AND due_on <> '' AND state IN ('todo', 'waiting')`

	insertStep = `INSERT INTO step (org_id, file_id, id, goal_id, right_name, title, detail, who, online, desk, phone, letter, due_on,
	state, outcome, worker_id, version, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'todo', '', $14, 1, $15, $16)`
	updateStep = `UPDATE step SET goal_id = $4, right_name = $5, title = $6, detail = $7, who = $8, online = $9, desk = $10, phone = $11, letter = $12,
	due_on = $13, version = version + 1, changed_at = $14, changed_by = $15
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $16`
	moveStep = `UPDATE step SET state = $4, outcome = $5, version = version + 1, changed_at = $6, changed_by = $7
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $8`
	handStep = `UPDATE step SET worker_id = $4, version = version + 1, changed_at = $5, changed_by = $6
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $7`
	countSteps = `SELECT COUNT(*) FROM step WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman

	insertPaper  = `INSERT INTO step_paper (org_id, file_id, step_id, place, name, required_by) VALUES `
	deletePapers = `DELETE FROM step_paper WHERE org_id = $1 AND file_id = $2 AND step_id = $3`

	selectStepEvents = `SELECT kind, says, worker_id, at, by_worker FROM step_event WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND step_id = $3 ORDER BY id DESC LIMIT 100`
	insertStepEvent  = `INSERT INTO step_event (org_id, file_id, step_id, id, kind, says, worker_id, at, by_worker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
)

func loadStepEvents(q db.Querier, org, file, id core.ID) ([]casefile.StepEvent, error) {
	var list []casefile.StepEvent
	rows, err := q.Query(selectStepEvents, org, file, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var e casefile.StepEvent
		err := r.Scan(&e.Kind, &e.Says, &e.Worker, &e.At, &e.By)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what happened to step %s: %w", id, err)
	}
	return list, nil
}

// writePapers replaces the papers of a step.
func writePapers(tx *db.Tx, org, file, step core.ID, papers []casefile.StepPaper) error {
	if _, err := tx.Exec(deletePapers, org, file, step); err != nil {
		return fmt.Errorf("replace papers: %w", err)
	}
	if len(papers) == 0 {
		return nil
	}
	var values strings.Builder
	args := []any{org, file, step}
	for i, p := range papers {
		if i > 0 {
			values.WriteString(", ")
		}
		fmt.Fprintf(&values, "($1, $2, $3, %d, $%d, $%d)", i, len(args)+1, len(args)+2)
		args = append(args, p.Name, p.RequiredBy)
	}
	if _, err := tx.Exec(insertPaper+values.String(), args...); err != nil {
		return fmt.Errorf("insert papers: %w", err)
	}
	return nil
}
