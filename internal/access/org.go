package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const insertOrgRow = `INSERT INTO org (org_id, name, address, phone, hours, place, created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1)`

// insertOrg makes an organisation and opens its journal. The installation's own
// journal says that it exists: a whole tree cannot vanish unseen.
func (s *Service) insertOrg(ctx context.Context, tx *db.Tx, o Organisation) (core.ID, error) {
	id := o.ID
	if id == "" {
		var err error
		if id, err = s.newID(); err != nil {
			return "", err
		}
	}
	if _, err := tx.Exec(insertOrgRow, id, o.Name, o.Address, o.Phone, o.Hours, o.Place, tx.Now()); err != nil {
		return "", fmt.Errorf("insert an organisation: %w", err)
	}
	if err := s.journal.SetPlace(tx, id, o.Place); err != nil {
		return "", err
	}
	return id, s.journal.Record(as(ctx, ""), tx, journal.Event{Kind: "org.create", Object: "org", ObjectID: id})
}

// CreateOrganisation makes an organisation, by the program itself: demonstration,
// import, hosting of several. o.ID is kept when it is set.
func (s *Service) CreateOrganisation(ctx context.Context, o Organisation) (core.ID, error) {
	if err := s.Can(ctx, OrgCreate, Resource{}); err != nil {
		return "", err
	}
	o.Trim()
	if err := o.Validate(); err != nil {
		return "", err
	}
	var id core.ID
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		var err error
		id, err = s.insertOrg(ctx, tx, o)
		return err
	})
	return id, err
}

const readOrg = `SELECT org_id, name, address, phone, hours, place, version FROM org WHERE org_id = $1`

// firstOrg is the one whose address a page without a session shows.
const firstOrg = `SELECT org_id, name, address, phone, hours, place, version FROM org ORDER BY created_at, org_id LIMIT 1`

const listOrgs = `SELECT org_id FROM org ORDER BY org_id LIMIT 10000`

// Organisations lists the ids of an installation's organisations, for what the
// program does by itself for each; never for a page.
func Organisations(q db.Querier) ([]core.ID, error) {
	var list []core.ID
	rows, err := q.Query(listOrgs)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return list, nil
}

func scanOrg(r db.Row) (Organisation, error) {
	var o Organisation
	err := r.Scan(&o.ID, &o.Name, &o.Address, &o.Phone, &o.Hours, &o.Place, &o.Version)
	if errors.Is(err, db.ErrNoRows) {
		return o, errs.New(errs.NotFound, "access.error.not_found")
	}
	if err != nil {
		return o, fmt.Errorf("read an organisation: %w", err)
	}
	return o, nil
}

// Organisation reads the actor's own.
func (s *Service) Organisation(ctx context.Context) (Organisation, error) {
	if err := s.Can(ctx, OrgRead, Here(ctx)); err != nil {
		return Organisation{}, err
	}
	return s.House(ctx)
}

// House is where one can go and whom one can call: the actor's organisation, or
// the first one when nobody is signed in. It is public by nature, on the sign-in
// page and on every error page, so it asks no permission and leaves no line.
// NotFound before the installation is set up.
func (s *Service) House(ctx context.Context) (Organisation, error) {
	var o Organisation
	err := s.db.Read(ctx, func(q db.Querier) error {
		var err error
		if org := core.ActorFrom(ctx).Org; org != "" {
			o, err = scanOrg(q.QueryRow(readOrg, org))
		} else {
			o, err = scanOrg(q.QueryRow(firstOrg))
		}
		return err
	})
	return o, err
}

const updateOrg = `UPDATE org SET name = $2, address = $3, phone = $4, hours = $5, place = $6, version = version + 1
WHERE org_id = $1 AND version = $7`

const placeOf = `SELECT place FROM org WHERE org_id = $1`

// Today is the day it is at an organisation.
func (s *Service) Today(q db.Querier, org core.ID) (core.Date, error) {
	var name string
	if err := q.QueryRow(placeOf, org).Scan(&name); err != nil {
		return core.Date{}, fmt.Errorf("place of the organisation: %w", err)
	}
	place, err := time.LoadLocation(name)
	if err != nil {
		return core.Date{}, fmt.Errorf("place of the organisation: %w", err)
	}
	return clock.Today(s.clock, place), nil
}

// EditOrganisation changes the actor's own; o.Version is the one the form showed.
// Invalid on its fields; Conflict when it changed meanwhile.
func (s *Service) EditOrganisation(ctx context.Context, o Organisation) error {
	if err := s.Can(ctx, OrgEdit, Here(ctx)); err != nil {
		return err
	}
	o.Trim()
	if err := o.Validate(); err != nil {
		return err
	}
	org := core.ActorFrom(ctx).Org
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(updateOrg, org, o.Name, o.Address, o.Phone, o.Hours, o.Place, o.Version)
		if err != nil {
			return fmt.Errorf("change the organisation: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "access.error.conflict")
		}
		if err := s.journal.SetPlace(tx, org, o.Place); err != nil {
			return err
		}
		return s.journal.Record(ctx, tx, journal.Event{Kind: "org.edit", Object: "org", ObjectID: org})
	})
}

const placeOfOrg = `SELECT place FROM org WHERE org_id = $1`

// PlaceOf is where an organisation's days are counted, for the command line.
func PlaceOf(q db.Querier, org core.ID) (*time.Location, error) {
	var name string
	if err := q.QueryRow(placeOfOrg, org).Scan(&name); err != nil {
		return nil, fmt.Errorf("where organisation %s is: %w", org, err)
	}
	place, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("where organisation %s is: %w", org, err)
	}
	return place, nil
}
