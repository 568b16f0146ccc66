package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Journal forgets what lines say of somebody: *journal.Journal is one.
type Journal interface {
	Forget(ctx context.Context, tx *db.Tx, humans []core.ID, from, until core.Date) (int, error)
}

// Service is the way in. It is safe for concurrent use.
type Service struct {
	cases  *casefile.Service
	lines  Journal
	system string // the name of the actor of what the program does
}

// New makes a Service on the files of an installation.
func New(cases *casefile.Service, lines Journal) (*Service, error) {
	if cases == nil || lines == nil {
		return nil, errors.New("retention: the files and the journal are needed")
	}
	return &Service{cases: cases, lines: lines, system: "retention"}, nil
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.cases.Today(ctx) }

func monthOf(m core.Month) time.Month { return time.Month(int(m)%12 + 1) }

func firstOf(m core.Month) core.Date { return core.Date{Year: int(m) / 12, Month: monthOf(m), Day: 1} }

const (
	selectRule = `SELECT active_months, archive_months, public_body, basis, version FROM retention_rule WHERE org_id = $1 /* every row: one an organisation */`
	insertRule = `INSERT INTO retention_rule (org_id, active_months, archive_months, public_body, basis, version, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, 1, $6, $7)`
	updateRule = `UPDATE retention_rule SET active_months = $2, archive_months = $3, public_body = $4, basis = $5, version = version + 1, changed_at = $6, changed_by = $7
WHERE org_id = $1 AND version = $8`
	selectCircle = `SELECT worker_id FROM retention_circle WHERE org_id = $1 ORDER BY worker_id /* every row: a few named workers */`
	clearCircle  = `DELETE FROM retention_circle WHERE org_id = $1 /* every row: a few named workers */`
	insertCircle = `INSERT INTO retention_circle (org_id, worker_id) VALUES ($1, $2)`
)

// RuleOf reads the durations of an organisation, the zero Rule when it chose none: a step of
// a use case that asked permission.
func RuleOf(q db.Querier, org core.ID) (Rule, error) {
	var r Rule
	err := q.QueryRow(selectRule, org).Scan(&r.ActiveMonths, &r.ArchiveMonths, &r.PublicBody, &r.Basis, &r.Version)
	if errors.Is(err, db.ErrNoRows) {
		return Rule{}, nil
	}
	if err != nil {
		return r, fmt.Errorf("read the durations of %s: %w", org, err)
	}
	return r, nil
}

func loadCircle(q db.Querier, org core.ID) ([]core.ID, error) {
	var list []core.ID
	rows, err := q.Query(selectCircle, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who reads the archive: %w", err)
	}
	return list, nil
}

// Settings are what an organisation chose.
type Settings struct {
	Rule   Rule
	Circle []core.ID // who may read the archive
}

// Settings reads the durations and the circle, for who administers.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	var out Settings
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return out, err
	}
	org := core.ActorFrom(ctx).Org
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		if out.Rule, err = RuleOf(q, org); err != nil {
			return err
		}
		out.Circle, err = loadCircle(q, org)
		return err
	})
	return out, err
}

// Choose writes the durations; in.Rule.Version is the one the form showed (0 when there
// was none): Conflict when somebody changed them meanwhile. Invalid by field.
func (s *Service) Choose(ctx context.Context, in Settings) error {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return err
	}
	actor := core.ActorFrom(ctx)
	if err := in.Rule.Validate(); err != nil {
		return err
	}
	slices.Sort(in.Circle)
	in.Circle = slices.Compact(in.Circle)
	if len(in.Circle) > maxCircle {
		return errs.Fields{errs.New(errs.Invalid, "errs.keeping.circle_many", "max", maxCircle).On("circle")}
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		known, err := access.Workers(tx, actor.Org, in.Circle...)
		if err != nil {
			return err
		}
		if len(known) != len(in.Circle) {
			return errs.Fields{errs.New(errs.Invalid, "errs.keeping.circle_unknown").On("circle")}
		}
		before, err := RuleOf(tx, actor.Org)
		if err != nil {
			return err
		}
		if before.Version != in.Rule.Version {
			return errs.New(errs.Conflict, "errs.keeping.changed")
		}
		r := in.Rule
		args := []any{actor.Org, r.ActiveMonths, r.ArchiveMonths, r.PublicBody, r.Basis, tx.Now(), actor.ID}
		if before.Chosen() {
			_, err = tx.Exec(updateRule, append(args, before.Version)...)
		} else {
			_, err = tx.Exec(insertRule, args...)
		}
		if err != nil {
			return fmt.Errorf("write the durations: %w", err)
		}
		if _, err := tx.Exec(clearCircle, actor.Org); err != nil {
			return fmt.Errorf("write who reads the archive: %w", err)
		}
		for _, id := range in.Circle {
			if _, err := tx.Exec(insertCircle, actor.Org, id); err != nil {
				return fmt.Errorf("write who reads the archive: %w", err)
			}
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "archive.rule", Object: "organisation"})
	})
}

const (
	selectKept   = `SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0`
	selectMerged = `SELECT alias_id FROM person_alias WHERE org_id = $1 AND person_id = $2 AND ended_at = 0 ORDER BY id LIMIT 50`
)

// humansOf gives whom an id stands for today, and everybody merged into them, the one
// who stands first.
func humansOf(q db.Querier, org, id core.ID) ([]core.ID, error) {
	kept := id
	if err := q.QueryRow(selectKept, org, id).Scan(&kept); err != nil && !errors.Is(err, db.ErrNoRows) {
		return nil, fmt.Errorf("who %s is: %w", id, err)
	}
	list := []core.ID{kept}
	rows, err := q.Query(selectMerged, org, kept)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var other core.ID
		err := r.Scan(&other)
		list = append(list, other)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who %s is: %w", id, err)
	}
	return list, nil
}

const selectPeriods = `SELECT id, team_id, phase FROM casefile WHERE org_id = $1 AND person_id = $2 ORDER BY id LIMIT 50`

// period is one accompaniment, ended or not.
type period struct {
	id, person, team core.ID
	phase            casefile.Phase
}

func periodsOf(q db.Querier, org core.ID, humans []core.ID) ([]period, error) {
	var list []period
	for _, h := range humans {
		rows, err := q.Query(selectPeriods, org, h)
		err = db.Each(rows, err, func(r *db.Rows) error {
			p := period{person: h}
			err := r.Scan(&p.id, &p.team, &p.phase)
			list = append(list, p)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("who accompanied %s: %w", h, err)
		}
	}
	return list, nil
}

func teamsOf(list []period) []core.ID {
	var teams []core.ID
	for _, p := range list {
		if !slices.Contains(teams, p.team) {
			teams = append(teams, p.team)
		}
	}
	return teams
}

// opened is a file in whatever phase: those it is made of and who accompanied it.
type opened struct {
	org     core.ID
	humans  []core.ID
	periods []period
	archive core.ID // "" while it is in the active base
	circle  bool    // the actor is one of those named
	own     bool    // a team of the actor accompanied it
}

const selectThere = `SELECT id FROM retention_archive WHERE org_id = $1 AND person_id = $2 AND returned_at = 0`

// allow is the first step about one file, wherever it is. Whoever neither accompanied it
// nor is named for the archive learns nothing: NotFound.
func (s *Service) allow(ctx context.Context, q db.Querier, action access.Action, person core.ID) (opened, error) {
	actor := core.ActorFrom(ctx)
	o := opened{org: actor.Org}
	missing := errs.New(errs.NotFound, "errs.casefile.person_not_found")
	var err error
	if o.humans, err = humansOf(q, actor.Org, person); err != nil {
		return o, err
	}
	if o.periods, err = periodsOf(q, actor.Org, o.humans); err != nil {
		return o, err
	}
	if len(o.periods) == 0 {
		return o, missing
	}
	err = q.QueryRow(selectThere, actor.Org, o.humans[0]).Scan(&o.archive)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return o, fmt.Errorf("where the file %s is: %w", person, err)
	}
	circle, err := loadCircle(q, actor.Org)
	if err != nil {
		return o, err
	}
	o.circle = actor.Kind == core.ActorWorker && slices.Contains(circle, actor.ID)
	teams := teamsOf(o.periods)
	for _, t := range teams {
		o.own = o.own || actor.InTeam(t)
	}
	if action == access.HoldEdit && o.circle && !o.own && o.archive != "" { // whoever keeps the archive keeps a file in it
		action = access.ArchiveReturn
	}
	if err := s.cases.Access.Can(ctx, action, access.Resource{Org: actor.Org, Person: o.humans[0], Teams: teams}); err != nil {
		if errs.Is(err, errs.Forbidden) {
			return o, errs.Wrap(errs.NotFound, "errs.casefile.person_not_found", err)
		}
		return o, err
	}
	if !o.own && !o.circle && actor.Kind != core.ActorSystem {
		return o, missing
	}
	return o, nil
}

func (s *Service) asProgram(ctx context.Context, org core.ID) context.Context {
	return core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: core.ID(s.system), Org: org})
}
