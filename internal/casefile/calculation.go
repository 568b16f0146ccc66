package casefile

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Calculation is the calculation of one file's rights for a month, in three steps:
// ReadForRights in a read, Calculate outside any transaction, StoreRights in a
// write, so that many files share a transaction. The caller writes the journal's line.
type Calculation struct {
	File   core.ID // the person who stands, when somebody merged was asked
	Humans []core.ID
	Month  core.Month
	// UpToDate tells that the stored result speaks of this law and these facts:
	// there is nothing to calculate.
	UpToDate bool

	org        core.ID
	now        bool // the month is the present one
	picture    *Picture
	written    []byte
	last       core.ID // the stored calculation that was read, "" for none
	evaluation evaluation
	outcomes   []Outcome
}

// ReadForRights reads what the rights of a file for a month (0 = this month) are
// calculated from. Permission first.
func (s *Service) ReadForRights(ctx context.Context, q db.Querier, file core.ID, month core.Month) (*Calculation, error) {
	today := s.Today(ctx)
	now := today.CalendarMonth()
	if month == 0 {
		month = now
	}
	if err := checkMonth(month, now); err != nil {
		return nil, err
	}
	o, err := s.Allow(ctx, q, access.RightCompute, &file)
	if err != nil {
		return nil, err
	}
	c := &Calculation{File: file, Humans: o.Humans, Month: month, org: o.Org, now: month == now}
	view, err := ReadHousehold(q, o.Org, file, groupingDay(month, today))
	if err != nil {
		return nil, err
	}
	facts, err := ReadFacts(q, o, file)
	if err != nil {
		return nil, err
	}
	c.picture = BuildPicture(view, file, month, facts, s.vocabulary.find)
	c.evaluation = evaluation{month: month, law: s.Engine.Digest()}
	if c.evaluation.factsDigest, c.written, err = c.picture.Digest(); err != nil {
		return nil, err
	}
	last, ok, err := loadEvaluation(q, o.Org, file, month)
	c.last = last.id
	c.UpToDate = ok && last.factsDigest == c.evaluation.factsDigest && last.law == c.evaluation.law
	return c, err
}

// Picture is what the rights are calculated from, Digest its name and Written its
// stored form: nobody changes them.
func (c *Calculation) Picture() *Picture { return c.picture }

// Digest names what the picture says.
func (c *Calculation) Digest() string { return c.evaluation.factsDigest }

// Written is the picture as it is stored.
func (c *Calculation) Written() []byte { return c.written }

// Calculate evaluates the rights.
func (s *Service) Calculate(ctx context.Context, c *Calculation) error {
	var err error
	if c.outcomes, err = s.Engine.Evaluate(ctx, c.picture); err != nil {
		return errs.Wrap(errs.Internal, "errs.casefile.compute_failed", fmt.Errorf("evaluate the rights of %s for %s: %w", c.File, c.Month, err))
	}
	if c.evaluation.id, err = s.NewID(); err != nil {
		return err
	}
	return nil
}

// StoreRights writes what Calculate found; stored is false when a newer calculation
// was stored since ReadForRights.
func (s *Service) StoreRights(ctx context.Context, tx *db.Tx, c *Calculation) (stored bool, err error) {
	if err := LockFile(tx, c.org, c.File); err != nil {
		return false, err
	}
	last, _, err := loadEvaluation(tx, c.org, c.File, c.Month)
	if err != nil || last.id != c.last {
		return false, err
	}
	if err := s.KeepLaw(tx); err != nil {
		return false, err
	}
	if err := s.dropLocal(tx, c); err != nil {
		return false, err
	}
	c.evaluation.computedAt = tx.Now()
	if err := writeEvaluation(tx, c.org, c.File, core.ActorFrom(ctx).ID, c.evaluation, c.written, c.outcomes); err != nil {
		return false, err
	}
	if !c.now {
		return true, nil
	}
	decided, err := LoadDecisions(tx, c.org, c.File)
	if err != nil {
		return false, err
	}
	results := map[string]Result{}
	for _, o := range c.outcomes {
		results[o.Right] = Result{Evaluation: c.evaluation.id, Right: o.Right, Status: o.Status}
	}
	return true, rewriteTalk(tx, c.org, c.File, results, decided)
}
