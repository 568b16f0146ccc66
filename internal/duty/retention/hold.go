package retention

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	insertHold = `INSERT INTO retention_hold (org_id, person_id, id, reason, until_day, made_at, made_by, ended_at, ended_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`
	endHold    = `UPDATE retention_hold SET ended_at = $4, ended_by = $5 WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND id = $3 AND ended_at = 0`
	liveHolds  = `SELECT id, reason, until_day, made_at, made_by FROM retention_hold WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND ended_at = 0 AND until_day >= $3 ORDER BY id LIMIT 20`
	anyHold    = `SELECT COUNT(*) FROM retention_hold WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND ended_at = 0 AND until_day >= $3`
	keepHeld   = `UPDATE retention_item SET state = 'kept', why = 'hold' WHERE org_id = $1 AND person_id = $2 AND state = 'listed'`
)

// SetHold keeps a file from deletion until a day, with a reason that the person may
// read: a lawsuit, an inquiry, a debt. Invalid on "reason" and "until".
func (s *Service) SetHold(ctx context.Context, person core.ID, reason string, until core.Date) error {
	today := s.cases.Today(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.allow(ctx, tx, access.HoldEdit, person)
		if err != nil {
			return err
		}
		var f errs.Fields
		reason = line(&f, "reason", reason, maxReason, "errs.keeping.hold_reason")
		switch {
		case until.IsZero():
			f.Add("until", "errs.keeping.hold_until")
		case until.Before(today):
			f.Add("until", "errs.keeping.hold_past")
		case monthsAfter(today, MaxHold).Before(until):
			f.Add("until", "errs.keeping.hold_far", "years", MaxHold/12)
		}
		if err := f.Err(); err != nil {
			return err
		}
		kept := o.humans[0]
		if err := casefile.LockFile(tx, o.org, kept); err != nil {
			return err
		}
		holds, err := s.holdsOf(tx, o.org, kept, today)
		if err != nil {
			return err
		}
		for _, h := range holds {
			if h.Reason == reason && h.Until == until {
				return nil // the form was sent twice
			}
		}
		id, err := s.cases.NewID()
		if err != nil {
			return err
		}
		sealed, err := s.cases.Fields.Seal("retention_hold", "reason", string(id), []byte(reason))
		if err != nil {
			return fmt.Errorf("seal a reason: %w", err)
		}
		if _, err := tx.Exec(insertHold, o.org, kept, id, sealed, until.String(), tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
		if _, err := tx.Exec(keepHeld, o.org, kept); err != nil {
			return fmt.Errorf("take off the lists: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "hold.set", Subjects: o.humans, Object: "hold", ObjectID: id, Reason: reason})
	})
}

// LiftHold ends a hold. One that is over already stays so, without error.
func (s *Service) LiftHold(ctx context.Context, person, id core.ID) error {
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.allow(ctx, tx, access.HoldEdit, person)
		if err != nil {
			return err
		}
		n, err := tx.Exec(endHold, o.org, o.humans[0], id, tx.Now(), core.ActorFrom(ctx).ID)
		if err != nil || n == 0 {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "hold.lift", Subjects: o.humans, Object: "hold", ObjectID: id})
	})
}

// Keeping is what the page of a file says of how long it is kept.
type Keeping struct {
	Person      core.ID
	Name        string
	Rule        Rule
	LastContact core.Date
	Archive     core.Date // the day it goes, or went, into the archive; zero without durations
	End         core.Date // the first day on which it may be deleted
	There       bool      // in the archive
	Holds       []Hold
}

// Of says how long a file is kept, for its team and for who is named for the archive.
func (s *Service) Of(ctx context.Context, person core.ID) (Keeping, error) {
	var out Keeping
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.allow(ctx, q, access.HoldEdit, person)
		if err != nil {
			return journal.Event{}, err
		}
		who, err := nameOf(q, o.org, o.humans[0])
		if err != nil {
			return journal.Event{}, err
		}
		out = Keeping{Person: who.ID, Name: who.DisplayName(), There: o.archive != ""}
		if out.Rule, err = RuleOf(q, o.org); err != nil {
			return journal.Event{}, err
		}
		if out.LastContact, err = lastContact(q, o.org, o.humans, s.cases.Place(o.org)); err != nil {
			return journal.Event{}, err
		}
		if out.Rule.Chosen() && !out.LastContact.IsZero() {
			out.Archive = monthsAfter(out.LastContact, out.Rule.ActiveMonths).AddDays(1)
			out.End = monthsAfter(out.LastContact, out.Rule.ActiveMonths+out.Rule.ArchiveMonths).AddDays(1)
		}
		out.Holds, err = s.holdsOf(q, o.org, out.Person, today)
		return journal.Event{Kind: "person.read", Subjects: o.humans}, err
	})
	return out, err
}

func (s *Service) holdsOf(q db.Querier, org, person core.ID, today core.Date) ([]Hold, error) {
	var list []Hold
	var by []core.ID
	rows, err := q.Query(liveHolds, org, person, today.String())
	err = db.Each(rows, err, func(r *db.Rows) error {
		var h Hold
		var sealed []byte
		var until string
		var worker core.ID
		if err := r.Scan(&h.ID, &sealed, &until, &h.MadeAt, &worker); err != nil {
			return err
		}
		plain, err := s.cases.Fields.Open("retention_hold", "reason", string(h.ID), sealed)
		if err != nil {
			return err
		}
		h.Reason = string(plain)
		h.Until, err = core.ParseDate(until)
		list, by = append(list, h), append(by, worker)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what keeps the file %s: %w", person, err)
	}
	names, err := access.Workers(q, org, by...)
	if err != nil {
		return nil, fmt.Errorf("who keeps the file %s: %w", person, err)
	}
	for i := range list {
		list[i].By = names[by[i]].Name
	}
	return list, nil
}

func held(q db.Querier, org, person core.ID, today core.Date) (bool, error) {
	var n int64
	err := q.QueryRow(anyHold, org, person, today.String()).Scan(&n)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return false, fmt.Errorf("what keeps the file %s: %w", person, err)
	}
	return n > 0, nil
}
