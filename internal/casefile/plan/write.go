package plan

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// write is what every change of a plan does around fn: permission, the file's
// lock, the journal's line.
func (s *Service) write(ctx context.Context, file core.ID, kind, object string, fn func(p *edit) (core.ID, error)) error {
	today := s.cases.Today(ctx) // it may read the organisation: not inside the transaction
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.PlanEdit, &file)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, file); err != nil {
			return err
		}
		id, err := fn(&edit{s: s, tx: tx, Opened: o, file: file, by: core.ActorFrom(ctx).ID, today: today})
		if err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: kind, Subjects: o.Humans, Object: object, ObjectID: id})
	})
}

type edit struct {
	casefile.Opened
	s     *Service
	tx    *db.Tx
	file  core.ID
	by    core.ID
	today core.Date
}

// full refuses one more row than a file may hold.
func (p *edit) full(count string, most int) error {
	var n int
	if err := p.tx.QueryRow(count, p.Org, p.file).Scan(&n); err != nil {
		return fmt.Errorf("count rows of the plan: %w", err)
	}
	if n >= most {
		return errs.New(errs.Invalid, "errs.steps.full", "max", most)
	}
	return nil
}

// AddExpectation writes what matters to the person, in their own words. What they
// said before stays.
func (s *Service) AddExpectation(ctx context.Context, file core.ID, in ExpectationInput) (core.ID, error) {
	var id core.ID
	err := s.write(ctx, file, "expectation.add", "expectation", func(p *edit) (core.ID, error) {
		if err := in.Validate(p.today); err != nil {
			return "", err
		}
		if err := p.full(countExpectations, maxExpectations); err != nil {
			return "", err
		}
		var err error
		if id, err = s.cases.NewID(); err != nil {
			return "", err
		}
		if _, err := p.tx.Exec(insertExpectation, p.Org, p.file, id, in.Words, in.SaidOn.String(), in.Reread, in.RereadIn, p.tx.Now(), p.by); err != nil {
			return "", fmt.Errorf("insert expectation: %w", err)
		}
		return id, nil
	})
	return id, err
}

// AddGoal writes a goal that the person chose.
func (s *Service) AddGoal(ctx context.Context, file core.ID, in GoalInput) (core.ID, error) {
	var id core.ID
	err := s.write(ctx, file, "goal.save", "goal", func(p *edit) (core.ID, error) {
		if err := in.Validate(p.today); err != nil {
			return "", err
		}
		if err := p.full(countGoals, maxGoals); err != nil {
			return "", err
		}
		var err error
		if id, err = s.cases.NewID(); err != nil {
			return "", err
		}
		if _, err := p.tx.Exec(insertGoal, p.Org, p.file, id, in.Title, in.ChosenOn.String(), in.State, p.tx.Now(), p.by); err != nil {
			return "", fmt.Errorf("insert goal: %w", err)
		}
		return id, nil
	})
	return id, err
}

// EditGoal changes a goal's words, day or state. *Conflict when somebody
// changed it meanwhile.
func (s *Service) EditGoal(ctx context.Context, file, id core.ID, in GoalInput) error {
	return s.write(ctx, file, "goal.save", "goal", func(p *edit) (core.ID, error) {
		if err := in.Validate(p.today); err != nil {
			return "", err
		}
		stored, err := casefile.LoadGoal(p.tx, p.Org, p.file, id)
		if err != nil {
			return "", err
		}
		var due string
		if err := p.tx.QueryRow(earliestDue, p.Org, p.file, id).Scan(&due); err != nil {
			return "", fmt.Errorf("first date of goal %s: %w", id, err)
		}
		if due != "" && due < in.ChosenOn.String() {
			return "", errs.Fields{errs.New(errs.Invalid, "errs.steps.goal_after_step").On("chosen_on")}
		}
		n, err := p.tx.Exec(updateGoal, p.Org, stored.File, id, in.Title, in.ChosenOn.String(), in.State, p.tx.Now(), p.by, in.Version)
		if err != nil {
			return "", fmt.Errorf("update goal: %w", err)
		}
		if n == 0 {
			return "", &Conflict{Goal: &stored}
		}
		return id, nil
	})
}

// AddStep writes a step; the worker who writes it answers for it.
func (s *Service) AddStep(ctx context.Context, file core.ID, in StepInput) (core.ID, error) {
	var id core.ID
	err := s.write(ctx, file, "step.save", "step", func(p *edit) (core.ID, error) {
		if err := p.checkStep(&in, casefile.Step{}); err != nil {
			return "", err
		}
		if err := p.full(countSteps, maxSteps); err != nil {
			return "", err
		}
		var err error
		if id, err = s.cases.NewID(); err != nil {
			return "", err
		}
		_, err = p.tx.Exec(insertStep, p.Org, p.file, id, in.Goal, in.Right, in.Title, in.Detail, in.Who, in.Online, in.Desk, in.Phone, in.Letter,
			in.DueOn.String(), p.by, p.tx.Now(), p.by)
		if err != nil {
			return "", fmt.Errorf("insert step: %w", err)
		}
		if err := writePapers(p.tx, p.Org, p.file, id, in.Papers); err != nil {
			return "", err
		}
		return id, p.event(casefile.Step{ID: id, File: p.file}, casefile.StepMade, "", p.by)
	})
	return id, err
}

// EditStep changes what a step says; its state and who answers for it have their
// own gestures. *Conflict when somebody changed it meanwhile.
func (s *Service) EditStep(ctx context.Context, file, id core.ID, in StepInput) error {
	return s.write(ctx, file, "step.save", "step", func(p *edit) (core.ID, error) {
		stored, err := casefile.LoadStep(p.tx, p.Org, p.file, id)
		if err != nil {
			return "", err
		}
		if err := p.checkStep(&in, stored); err != nil {
			return "", err
		}
		n, err := p.tx.Exec(updateStep, p.Org, stored.File, id, in.Goal, in.Right, in.Title, in.Detail, in.Who, in.Online, in.Desk, in.Phone, in.Letter,
			in.DueOn.String(), p.tx.Now(), p.by, in.Version)
		if err != nil {
			return "", fmt.Errorf("update step: %w", err)
		}
		if n == 0 {
			return "", &Conflict{Step: &stored}
		}
		if err := writePapers(p.tx, p.Org, stored.File, id, in.Papers); err != nil {
			return "", err
		}
		return id, p.event(stored, casefile.StepEdited, "", stored.Worker)
	})
}

// checkStep validates the form against the file: a goal of this file, chosen
// before the step is due, and a right that the person did not say no to. before
// is what the step was.
func (p *edit) checkStep(in *StepInput, before casefile.Step) error {
	if err := in.Validate(p.today); err != nil {
		return err
	}
	var f errs.Fields
	if in.Goal != "" {
		g, err := casefile.LoadGoal(p.tx, p.Org, p.file, in.Goal)
		switch {
		case errs.Is(err, errs.NotFound):
			f.Add("goal", "errs.steps.goal_unknown")
		case err != nil:
			return err
		case !in.DueOn.IsZero() && in.DueOn.Before(g.ChosenOn):
			f.Add("due_on", "errs.steps.due_before_goal")
		}
	}
	if in.Right != "" && in.Right != before.Right {
		decided, err := casefile.LoadDecisions(p.tx, p.Org, p.file)
		if err != nil {
			return err
		}
		switch {
		case !slices.Contains(p.s.cases.Engine.Rights(), in.Right):
			f.Add("right", "errs.casefile.right_unknown", "right", casefile.Clip(in.Right))
		case decided[in.Right].Kind == casefile.NotWanted:
			f.Add("right", "errs.steps.right_silenced")
		}
	}
	return f.Err()
}

// MoveStep changes where a step stands and says how it ended. Any state may
// follow any other. *Conflict when somebody changed it meanwhile; the same
// change made twice is made once.
func (s *Service) MoveStep(ctx context.Context, file, id core.ID, in StepMove) error {
	return s.write(ctx, file, "step.move", "step", func(p *edit) (core.ID, error) {
		if err := in.Validate(); err != nil {
			return "", err
		}
		stored, err := casefile.LoadStep(p.tx, p.Org, p.file, id)
		if err != nil {
			return "", err
		}
		if stored.Version != in.Version && stored.State == in.State && stored.Outcome == in.Outcome {
			return id, nil // the other tab said the same
		}
		n, err := p.tx.Exec(moveStep, p.Org, stored.File, id, in.State, in.Outcome, p.tx.Now(), p.by, in.Version)
		if err != nil {
			return "", fmt.Errorf("move step: %w", err)
		}
		if n == 0 {
			return "", &Conflict{Step: &stored}
		}
		return id, p.event(stored, casefile.StepEventKind(in.State), in.Outcome, stored.Worker)
	})
}

// HandStep gives a step to a colleague of a team that accompanies the person.
// *Conflict when somebody changed it meanwhile.
func (s *Service) HandStep(ctx context.Context, file, id, to core.ID, version int64) error {
	return s.write(ctx, file, "step.hand", "step", func(p *edit) (core.ID, error) {
		stored, err := casefile.LoadStep(p.tx, p.Org, p.file, id)
		if err != nil {
			return "", err
		}
		colleagues, err := access.TeamWorkers(p.tx, p.Org, p.Teams()...)
		if err != nil {
			return "", fmt.Errorf("colleagues: %w", err)
		}
		if !slices.ContainsFunc(colleagues, func(w access.Worker) bool { return w.ID == to }) {
			return "", errs.Fields{errs.New(errs.Invalid, "errs.steps.colleague_unknown").On("worker")}
		}
		n, err := p.tx.Exec(handStep, p.Org, stored.File, id, to, p.tx.Now(), p.by, version)
		if err != nil {
			return "", fmt.Errorf("hand over step: %w", err)
		}
		if n == 0 {
			return "", &Conflict{Step: &stored}
		}
		return id, p.event(stored, casefile.StepHanded, "", to)
	})
}

func (p *edit) event(step casefile.Step, kind casefile.StepEventKind, says string, worker core.ID) error {
	id, err := p.s.cases.NewID()
	if err != nil {
		return err
	}
	if _, err := p.tx.Exec(insertStepEvent, p.Org, step.File, step.ID, id, kind, says, worker, p.tx.Now(), p.by); err != nil {
		return fmt.Errorf("insert what happened to step %s: %w", step.ID, err)
	}
	return nil
}
