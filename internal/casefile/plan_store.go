package casefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	selectExpectations = `SELECT id, words, said_on, reread, reread_in, recorded_at, recorded_by FROM expectation
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY said_on DESC, id DESC LIMIT 200`
	insertExpectation = `INSERT INTO expectation (org_id, file_id, id, words, said_on, reread, reread_in, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	countExpectations = `SELECT COUNT(*) FROM expectation WHERE org_id = $1 AND file_id IN ` + SameHuman

	goalColumns = `id, file_id, title, chosen_on, state, version, changed_at, changed_by`
	selectGoals = `SELECT ` + goalColumns + ` FROM goal WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY id LIMIT 100`
	selectGoal  = `SELECT ` + goalColumns + ` FROM goal WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND id = $3`
	insertGoal  = `INSERT INTO goal (org_id, file_id, id, title, chosen_on, state, version, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)`
	updateGoal = `UPDATE goal SET title = $4, chosen_on = $5, state = $6, version = version + 1, changed_at = $7, changed_by = $8
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $9`
	countGoals  = `SELECT COUNT(*) FROM goal WHERE org_id = $1 AND file_id IN ` + SameHuman
	earliestDue = `SELECT COALESCE(MIN(due_on), '') FROM step WHERE org_id = $1 AND file_id = $2 AND goal_id = $3 AND due_on <> '' AND state IN ('todo', 'waiting')`

	stepColumns = `id, file_id, goal_id, right_name, title, detail, who, online, desk, phone, letter, due_on, state, outcome, worker_id, version, changed_at, changed_by`
	selectSteps = `SELECT ` + stepColumns + ` FROM step WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY id LIMIT 500`
	selectStep  = `SELECT ` + stepColumns + ` FROM step WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND id = $3`
	insertStep  = `INSERT INTO step (org_id, file_id, id, goal_id, right_name, title, detail, who, online, desk, phone, letter, due_on,
	state, outcome, worker_id, version, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'todo', '', $14, 1, $15, $16)`
	updateStep = `UPDATE step SET goal_id = $4, right_name = $5, title = $6, detail = $7, who = $8, online = $9, desk = $10, phone = $11, letter = $12,
	due_on = $13, version = version + 1, changed_at = $14, changed_by = $15
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $16`
	moveStep = `UPDATE step SET state = $4, outcome = $5, version = version + 1, changed_at = $6, changed_by = $7
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $8`
	handStep = `UPDATE step SET worker_id = $4, version = version + 1, changed_at = $5, changed_by = $6
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND version = $7`
	countSteps = `SELECT COUNT(*) FROM step WHERE org_id = $1 AND file_id IN ` + SameHuman

	selectPapers = `SELECT step_id, name, required_by FROM step_paper WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY step_id, place LIMIT 6000`
	papersOfStep = `SELECT step_id, name, required_by FROM step_paper WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND step_id = $3 ORDER BY place LIMIT 12`
	insertPaper  = `INSERT INTO step_paper (org_id, file_id, step_id, place, name, required_by) VALUES `
	deletePapers = `DELETE FROM step_paper WHERE org_id = $1 AND file_id = $2 AND step_id = $3`

	selectStepEvents = `SELECT kind, says, worker_id, at, by_worker FROM step_event WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND step_id = $3 ORDER BY id DESC LIMIT 100`
	insertStepEvent  = `INSERT INTO step_event (org_id, file_id, step_id, id, kind, says, worker_id, at, by_worker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
)

// loadPlan reads a file's whole plan.
func loadPlan(q db.Querier, org, file core.ID) (Plan, error) {
	var plan Plan
	var err error
	if plan.Expectations, err = loadExpectations(q, org, file); err != nil {
		return plan, err
	}
	rows, err := q.Query(selectGoals, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		g, err := scanGoal(r)
		plan.Goals = append(plan.Goals, GoalLine{Goal: g})
		return err
	})
	if err != nil {
		return plan, fmt.Errorf("read goals: %w", err)
	}
	slices.SortStableFunc(plan.Goals, func(a, b GoalLine) int {
		if open := a.State == GoalOpen; open != (b.State == GoalOpen) {
			if open {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ChosenOn.String(), b.ChosenOn.String())
	})
	steps, err := loadSteps(q, org, file)
	if err != nil {
		return plan, err
	}
	place := make(map[core.ID]*GoalLine, len(plan.Goals))
	for i := range plan.Goals {
		place[plan.Goals[i].ID] = &plan.Goals[i]
	}
	for _, s := range steps {
		if g := place[s.Goal]; g != nil {
			g.Steps = append(g.Steps, s)
		} else {
			plan.Loose = append(plan.Loose, s)
		}
	}
	return plan, nil
}

func loadExpectations(q db.Querier, org, file core.ID) ([]Expectation, error) {
	var list []Expectation
	rows, err := q.Query(selectExpectations, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var e Expectation
		var said string
		if err := r.Scan(&e.ID, &e.Words, &said, &e.Reread, &e.RereadIn, &e.At, &e.By); err != nil {
			return err
		}
		var err error
		e.SaidOn, err = storedDate(said)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read expectations: %w", err)
	}
	return list, nil
}

// loadSteps reads every step of a file with its papers, in the order pages show
// them.
func loadSteps(q db.Querier, org, file core.ID) ([]Step, error) {
	var steps []Step
	place := map[core.ID]int{}
	rows, err := q.Query(selectSteps, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		s, err := scanStep(r)
		place[s.ID] = len(steps)
		steps = append(steps, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	if len(steps) == 0 {
		return nil, nil
	}
	rows, err = q.Query(selectPapers, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		var p StepPaper
		if err := r.Scan(&id, &p.Name, &p.RequiredBy); err != nil {
			return err
		}
		if i, ok := place[id]; ok {
			steps[i].Papers = append(steps[i].Papers, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read papers of steps: %w", err)
	}
	slices.SortStableFunc(steps, compareSteps)
	return steps, nil
}

// compareSteps puts open steps first by date, those without a date after them,
// then closed ones, the last closed first.
func compareSteps(a, b Step) int {
	switch open := a.State.Open(); {
	case open != b.State.Open():
		if open {
			return -1
		}
		return 1
	case !open:
		return int(max(-1, min(1, b.At-a.At)))
	case a.DueOn.IsZero() != b.DueOn.IsZero():
		if b.DueOn.IsZero() {
			return -1
		}
		return 1
	}
	return strings.Compare(a.DueOn.String(), b.DueOn.String())
}

// scanner is one row, from Query or from QueryRow.
type scanner interface{ Scan(dest ...any) error }

func scanGoal(r scanner) (Goal, error) {
	var g Goal
	var chosen string
	if err := r.Scan(&g.ID, &g.File, &g.Title, &chosen, &g.State, &g.Version, &g.At, &g.By); err != nil {
		return g, err
	}
	var err error
	g.ChosenOn, err = storedDate(chosen)
	return g, err
}

func scanStep(r scanner) (Step, error) {
	var s Step
	var due string
	err := r.Scan(&s.ID, &s.File, &s.Goal, &s.Right, &s.Title, &s.Detail, &s.Who, &s.Online, &s.Desk, &s.Phone, &s.Letter, &due, &s.State, &s.Outcome,
		&s.Worker, &s.Version, &s.At, &s.By)
	if err != nil {
		return s, err
	}
	s.DueOn, err = storedDate(due)
	return s, err
}

// loadGoal reads a goal of this file: an id of another file is NotFound.
func loadGoal(q db.Querier, org, file, id core.ID) (Goal, error) {
	g, err := scanGoal(q.QueryRow(selectGoal, org, file, id))
	if errors.Is(err, db.ErrNoRows) {
		return g, errs.New(errs.NotFound, "errs.steps.goal_unknown")
	}
	if err != nil {
		return g, fmt.Errorf("read goal %s: %w", id, err)
	}
	return g, nil
}

// loadStep reads a step of this file: an id of another file is NotFound.
func loadStep(q db.Querier, org, file, id core.ID) (Step, error) {
	s, err := scanStep(q.QueryRow(selectStep, org, file, id))
	if errors.Is(err, db.ErrNoRows) {
		return s, errs.New(errs.NotFound, "errs.steps.step_unknown")
	}
	if err != nil {
		return s, fmt.Errorf("read step %s: %w", id, err)
	}
	rows, err := q.Query(papersOfStep, org, file, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var of core.ID
		var p StepPaper
		err := r.Scan(&of, &p.Name, &p.RequiredBy)
		s.Papers = append(s.Papers, p)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("read papers of step %s: %w", id, err)
	}
	return s, nil
}

func loadStepEvents(q db.Querier, org, file, id core.ID) ([]StepEvent, error) {
	var list []StepEvent
	rows, err := q.Query(selectStepEvents, org, file, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var e StepEvent
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
func writePapers(tx *db.Tx, org, file, step core.ID, papers []StepPaper) error {
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
