package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Group is something done together without anybody's file: how many were there, never
// who.
type Group struct {
	ID     core.ID
	Day    core.Date
	Kind   string // a code of GroupKinds
	People int    // 0 to 500
	Void   bool   // a mistake
}

const maxPresent = 500

// GroupKinds lists what a group may do.
func GroupKinds() []string {
	return []string{"workshop", "rights_meeting", "meal", "outing", "talk", "digital", "another"}
}

const insertGroup = `INSERT INTO desk_activity (org_id, id, day, kind, people, void, version) VALUES ($1, $2, $3, $4, $5, 0, 1)`

// NoteGroup writes down what a group did, today or on a day before. Invalid by field.
func (s *Service) NoteGroup(ctx context.Context, g Group) (core.ID, error) {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return "", err
	}
	today := s.Today(ctx)
	if g.Day.IsZero() {
		g.Day = today
	}
	var f errs.Fields
	if !slices.Contains(GroupKinds(), g.Kind) {
		f.Add("kind", "errs.desk.group_kind")
	}
	if g.People < 1 || g.People > maxPresent {
		f.Add("present", "errs.desk.people", "max", maxPresent)
	}
	if today.Before(g.Day) || g.Day.Before(today.AddDays(-366)) {
		f.Add("day", "errs.desk.group_day")
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		if _, err := tx.Exec(insertGroup, org, id, g.Day.String(), g.Kind, g.People); err != nil {
			return fmt.Errorf("insert a group: %w", err)
		}
		if err := count(tx, org, g.Day, g.counted(), nil); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "passage.group", Object: "group", ObjectID: id})
	})
	return id, err
}

func (g Group) counted() map[cell]int64 {
	if g.Void {
		return nil
	}
	return map[cell]int64{{Groups, g.Kind}: 1, {Present, g.Kind}: int64(g.People)}
}

const (
	groupColumns = `id, day, kind, people, void`
	selectGroup  = `SELECT ` + groupColumns + ` FROM desk_activity WHERE org_id = $1 AND id = $2 FOR UPDATE`
	selectGroups = `SELECT ` + groupColumns + ` FROM desk_activity WHERE org_id = $1 AND day >= $2 ORDER BY day DESC, id DESC LIMIT 60`
	voidGroup    = `UPDATE desk_activity SET void = $3, version = version + 1 WHERE org_id = $1 AND id = $2`
)

func scanGroup(r interface{ Scan(...any) error }) (Group, error) {
	var g Group
	var day string
	if err := r.Scan(&g.ID, &day, &g.Kind, &g.People, &g.Void); err != nil {
		return g, err
	}
	var err error
	g.Day, err = core.ParseDate(day)
	return g, err
}

// VoidGroup says that a group was written down by mistake; void false takes that back.
func (s *Service) VoidGroup(ctx context.Context, id core.ID, void bool) error {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		g, err := scanGroup(tx.QueryRow(selectGroup, org, id))
		switch {
		case errors.Is(err, db.ErrNoRows):
			return notFound()
		case err != nil:
			return fmt.Errorf("read a group: %w", err)
		case g.Void == void:
			return nil
		}
		before := g.counted()
		g.Void = void
		if _, err := tx.Exec(voidGroup, org, id, void); err != nil {
			return fmt.Errorf("change a group: %w", err)
		}
		if err := count(tx, org, g.Day, g.counted(), before); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "passage.group", Object: "group", ObjectID: id})
	})
}

// RecentGroups lists those of the last sixty days, the last first, mistakes too.
func (s *Service) RecentGroups(ctx context.Context) ([]Group, error) {
	if err := s.can(ctx, access.PassageList); err != nil {
		return nil, err
	}
	var list []Group
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		list = nil
		rows, err := q.Query(selectGroups, core.ActorFrom(ctx).Org, s.Today(ctx).AddDays(-60).String())
		return db.Each(rows, err, func(r *db.Rows) error {
			g, err := scanGroup(r)
			list = append(list, g)
			return err
		})
	})
	return list, err
}
