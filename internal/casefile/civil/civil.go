// Package civil keeps the names that somebody bore before a change of civil status,
// with the day: a marriage, a divorce, a change of first name or of sex.
//
// A name of before is found by search, which says « anciennement ». One that is not
// to be disclosed is shown nowhere, and found only by whoever types it whole: a
// letter from before, at the counter. A correction of a slip keeps no name.
//
//	err := civil.Change(ctx, cases, person, civil.Input{On: day, Discreet: true})
package civil

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

// Input says of which day a change is, and whether the name of before may be said.
type Input struct {
	On       core.Date // zero = today
	Discreet bool
}

// Former is a name borne before.
type Former struct {
	ID       core.ID
	Identity casefile.Identity
	Until    core.Date
}

const (
	lastBefore = `SELECT MAX(id) FROM person_before WHERE org_id = $1 AND person_id = $2`
	insert     = `INSERT INTO former_name (org_id, person_id, id, before_id, changed_on, discreet, at, by_worker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	list       = `SELECT n.id, n.changed_on, b.usual_name, b.given_names, b.birth_name, b.use_name, b.title FROM former_name n
JOIN person_before b ON b.org_id = n.org_id AND b.person_id = n.person_id AND b.id = n.before_id
WHERE n.org_id = $1 AND n.person_id IN ` + casefile.SameHuman + ` AND n.discreet = 0 ORDER BY n.changed_on DESC, n.id DESC LIMIT 50`
)

// Change writes the person as they are from a day on and keeps the name they bore
// until then. A name that did not change keeps nothing. Errors are those of
// casefile.Service.UpdatePerson; a day to come, or before the birth, is Invalid on the field
// "changed_on".
func Change(ctx context.Context, cases *casefile.Service, p casefile.Person, in Input) error {
	today := cases.Today(ctx)
	if in.On.IsZero() {
		in.On = today
	}
	if today.Before(in.On) {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.date_future").On("changed_on")}
	}
	if first, _ := p.Birth.Bounds(); !p.Birth.IsZero() && in.On.Before(first) {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.dates_order").On("changed_on")}
	}
	return cases.UpdatePersonThen(ctx, p, func(tx *db.Tx, o casefile.Opened, before casefile.Person) error {
		now := p.Identity
		now.Trim()
		if sameNames(before.Identity, now) {
			return nil
		}
		var row core.ID
		if err := tx.QueryRow(lastBefore, o.Org, before.ID).Scan(&row); err != nil {
			return fmt.Errorf("find the name of before: %w", err)
		}
		id, err := cases.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insert, o.Org, before.ID, id, row, in.On.String(), in.Discreet, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("keep the name of before: %w", err)
		}
		return casefile.FindByFormer(tx, o.Org, before.ID, before.Identity, in.Discreet)
	})
}

func sameNames(a, b casefile.Identity) bool {
	return a.UsualName == b.UsualName && a.GivenNames == b.GivenNames && a.BirthName == b.BirthName && a.FirstNameOfUse == b.FirstNameOfUse
}

// List reads the names that somebody bore before and that may be said, the last
// first.
func List(ctx context.Context, cases *casefile.Service, person core.ID) ([]Former, error) {
	var all []Former
	err := cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		all = nil
		o, err := cases.Allow(ctx, q, access.PersonOpen, &person)
		if err != nil {
			return journal.Event{}, err
		}
		rows, err := q.Query(list, o.Org, person)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var f Former
			var until string
			i := &f.Identity
			err := r.Scan(&f.ID, &until, &i.UsualName, &i.GivenNames, &i.BirthName, &i.FirstNameOfUse, &i.Title)
			if err == nil {
				f.Until, err = core.ParseDate(until)
			}
			all = append(all, f)
			return err
		})
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return journal.Event{}, fmt.Errorf("read former names: %w", err)
		}
		return journal.Event{Kind: "person.read", Subjects: o.Humans}, nil
	})
	return all, err
}
