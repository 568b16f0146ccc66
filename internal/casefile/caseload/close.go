package caseload

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	closeCase = `UPDATE casefile SET phase = 'archive', closed_on = $4, version = version + 1
WHERE org_id = $1 AND person_id = $2 AND id = $3 AND version = $5 AND phase = 'active'`
	insertClosing = `INSERT INTO case_closing (org_id, person_id, id, case_id, team_id, reason, words, remains, who, closed_on, at, by_worker)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	withdrawOpen = `UPDATE case_transfer SET state = 'withdrawn', answered_at = $3, answered_by = $4 WHERE org_id = $1 AND case_id = $2 AND state = 'proposed'`
)

// Close ends an accompaniment, with what the person says of it. A transfer that
// waited is withdrawn. The same end said twice is said once; *errs.Error Conflict
// when somebody changed the accompaniment meanwhile.
func (s *Service) Close(ctx context.Context, person core.ID, in ClosingInput) error {
	today := s.Today(ctx)
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.CaseClose, &person)
		if errs.Is(err, errs.NotFound) && s.closedBefore(ctx, tx, person, in) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := in.Validate(); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, person); err != nil {
			return err
		}
		if s.closedBefore(ctx, tx, person, in) {
			return nil
		}
		c, err := s.ownCase(ctx, tx, o.Org, person, in.Case)
		if err != nil {
			return err
		}
		n, err := tx.Exec(closeCase, o.Org, c.Row, c.ID, today.String(), in.Version)
		if err != nil {
			return fmt.Errorf("end accompaniment: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.caseload.case_changed")
		}
		id, err := s.cases.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertClosing, o.Org, c.Row, id, c.ID, c.Team, in.Reason, in.Words, in.Remains, in.Who, today.String(), tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("insert end: %w", err)
		}
		if _, err := tx.Exec(withdrawOpen, o.Org, c.ID, tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("withdraw transfer: %w", err)
		}
		if err := casefile.TalkAgain(tx, o.Org, person, today.CalendarMonth()); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "case.close", Subjects: o.Humans, Object: "case", ObjectID: c.ID})
	})
}

const closedByMe = `SELECT COUNT(*) FROM case_closing WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + `
AND case_id = $3 AND by_worker = $4 AND reason = $5 AND words = $6 AND remains = $7 AND who = $8`

// closedBefore tells whether this very end was said already, by the same worker: a
// form sent twice.
func (s *Service) closedBefore(ctx context.Context, q db.Querier, person core.ID, in ClosingInput) bool {
	a := core.ActorFrom(ctx)
	var n int64
	err := q.QueryRow(closedByMe, a.Org, person, in.Case, a.ID, in.Reason, prose(in.Words), prose(in.Remains), prose(in.Who)).Scan(&n)
	return err == nil && n > 0
}

// ownCase finds an open accompaniment of one of the worker's teams.
func (s *Service) ownCase(ctx context.Context, q db.Querier, org, person, id core.ID) (Case, error) {
	all, err := loadCases(q, org, person)
	if err != nil {
		return Case{}, err
	}
	c, err := caseOf(all, id)
	if err != nil {
		return Case{}, err
	}
	if a := core.ActorFrom(ctx); a.Kind != core.ActorSystem && !a.InTeam(c.Team) {
		return Case{}, errs.New(errs.Forbidden, "errs.caseload.other_team")
	}
	return c, nil
}

const reopenCase = `INSERT INTO casefile (org_id, id, person_id, team_id, worker_id, opened_on, phase, last_contact_from_person_at, sort_name, version, closed_on, reopens)
SELECT org_id, $3, person_id, team_id, $4, $5, 'active', $6, sort_name, 1, '', id FROM casefile WHERE org_id = $1 AND id = $2 AND person_id = $7`

// Reopen begins the accompaniment again in the worker's team: a new period of the
// same file, what was written before is there. why is in the journal, which the
// person reads. When it is open already, nothing happens.
func (s *Service) Reopen(ctx context.Context, person core.ID, why string) error {
	today := s.Today(ctx)
	why = prose(why)
	var f errs.Fields
	if why == "" {
		f.Add("why", "errs.caseload.reopen_why")
	}
	checkProse(&f, "why", why, maxReason)
	opened := false
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		opened = false
		actor := core.ActorFrom(ctx)
		closed, _, err := s.allowClosed(ctx, tx, &person)
		if err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, actor.Org, person); err != nil {
			return err
		}
		all, err := loadCases(tx, actor.Org, person)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Phase == casefile.PhaseActive && c.Team == closed.Team {
				return nil // somebody of the team was faster
			}
		}
		id, err := s.cases.NewID()
		if err != nil {
			return err
		}
		referent := core.ID("")
		if actor.Kind == core.ActorWorker {
			referent = actor.ID
		}
		if _, err := tx.Exec(reopenCase, actor.Org, closed.ID, id, referent, today.String(), tx.Now(), closed.Row); err != nil {
			return fmt.Errorf("begin again: %w", err)
		}
		if err := casefile.TalkAgain(tx, actor.Org, person, today.CalendarMonth()); err != nil {
			return err
		}
		opened = true
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "case.reopen", Subjects: humans(person, all), Object: "case", ObjectID: id, Reason: why})
	})
	if err == nil && opened {
		s.recompute(ctx, person)
	}
	return err
}

// humans are the person and whoever of those merged into them had periods.
func humans(person core.ID, all []Case) []core.ID {
	list := []core.ID{person}
	for _, c := range all {
		seen := false
		for _, id := range list {
			seen = seen || id == c.Row
		}
		if !seen {
			list = append(list, c.Row)
		}
	}
	return list
}

// recompute says again which rights are worth talking about with a file that
// changed hands. A failure is for the log: the file is safe.
func (s *Service) recompute(ctx context.Context, person core.ID) {
	if err := s.cases.Recompute(ctx, person, 0); err != nil {
		s.cases.Log.ErrorContext(ctx, "rights not computed after a change of hands", "file", person, "error", err)
	}
}

const selectClosings = `SELECT id, case_id, team_id, reason, words, remains, who, closed_on, at, by_worker FROM case_closing
WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` ORDER BY id DESC LIMIT 50`

// loadClosings reads how the periods of a person ended, the latest first.
func loadClosings(q db.Querier, org, person core.ID) ([]Closing, error) {
	var list []Closing
	rows, err := q.Query(selectClosings, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var c Closing
		var closed string
		if err := r.Scan(&c.ID, &c.Case, &c.Team, &c.Reason, &c.Words, &c.Remains, &c.Who, &closed, &c.At, &c.By); err != nil {
			return err
		}
		var err error
		c.ClosedOn, err = day(closed)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read ends of accompaniments: %w", err)
	}
	return list, nil
}
