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

// Reading stays here: a plan is read with its file, in one snapshot and under one line
// of the journal. casefile/plan writes.
const (
	selectExpectations = `SELECT id, words, said_on, reread, reread_in, recorded_at, recorded_by FROM expectation
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY said_on DESC, id DESC LIMIT 200`

	goalColumns = `id, file_id, title, chosen_on, state, version, changed_at, changed_by`
	selectGoals = `SELECT ` + goalColumns + ` FROM goal WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY id LIMIT 100`
	selectGoal  = `SELECT ` + goalColumns + ` FROM goal WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND id = $3`

	stepColumns = `id, file_id, goal_id, right_name, title, detail, who, online, desk, phone, letter, due_on, state, outcome, worker_id, version, changed_at, changed_by`
	selectSteps = `SELECT ` + stepColumns + ` FROM step WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY id LIMIT 500`
	selectStep  = `SELECT ` + stepColumns + ` FROM step WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND id = $3`

	selectPapers = `SELECT step_id, name, required_by FROM step_paper WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY step_id, place LIMIT 6000`
	papersOfStep = `SELECT step_id, name, required_by FROM step_paper WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND step_id = $3 ORDER BY place LIMIT 12`

	exchangeColumns = `id, kind, direction, party, answered_by, says, held_on, step_id, recorded_at, recorded_by`
)

// LoadPlan reads a file's whole plan.
func LoadPlan(q db.Querier, org, file core.ID) (Plan, error) {
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
		e.SaidOn, err = StoredDate(said)
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
	g.ChosenOn, err = StoredDate(chosen)
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
	s.DueOn, err = StoredDate(due)
	return s, err
}

// LoadGoal reads a goal of this file: an id of another file is NotFound.
func LoadGoal(q db.Querier, org, file, id core.ID) (Goal, error) {
	g, err := scanGoal(q.QueryRow(selectGoal, org, file, id))
	if errors.Is(err, db.ErrNoRows) {
		return g, errs.New(errs.NotFound, "errs.steps.goal_unknown")
	}
	if err != nil {
		return g, fmt.Errorf("read goal %s: %w", id, err)
	}
	return g, nil
}

// LoadStep reads a step of this file: an id of another file is NotFound.
func LoadStep(q db.Querier, org, file, id core.ID) (Step, error) {
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

// Exchanges reads calls and letters: a condition and an order after the columns, with
// the organisation ($1) and the file ($2) first among the arguments.
func Exchanges(q db.Querier, tail string, args ...any) ([]Exchange, error) {
	rows, err := q.Query(`SELECT `+exchangeColumns+` FROM exchange WHERE org_id = $1 AND file_id IN `+SameHuman+tail, args...)
	list := make([]Exchange, 0, 8)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var x Exchange
		var on string
		err := r.Scan(&x.ID, &x.Kind, &x.Direction, &x.Party, &x.AnsweredBy, &x.Says, &on, &x.Step, &x.At, &x.By)
		if err != nil {
			return err
		}
		x.On, err = StoredDate(on)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read calls and letters: %w", err)
	}
	return list, nil
}

// Workers lists who the pages of a plan name.
func (p Plan) Workers() []core.ID {
	var who []core.ID
	for _, e := range p.Expectations {
		who = append(who, e.By)
	}
	for _, x := range p.Exchanges {
		who = append(who, x.By)
	}
	steps := func(list []Step) {
		for _, s := range list {
			who = append(who, s.Worker, s.By)
		}
	}
	for _, g := range p.Goals {
		who = append(who, g.By)
		steps(g.Steps)
	}
	steps(p.Loose)
	return who
}
