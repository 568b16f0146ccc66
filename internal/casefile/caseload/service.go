package caseload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service on the files of an installation.
func New(cases *casefile.Service) (*Service, error) {
	if cases == nil {
		return nil, errors.New("caseload: the files are needed")
	}
	return &Service{cases: cases}, nil
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.cases.Today(ctx) }

const selectCases = `SELECT id, person_id, team_id, worker_id, opened_on, closed_on, phase, reopens, version
FROM casefile WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` ORDER BY id LIMIT 50`

// loadCases reads every period of a person's accompaniments, the first first.
func loadCases(q db.Querier, org, person core.ID) ([]Case, error) {
	var list []Case
	rows, err := q.Query(selectCases, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var c Case
		var opened, closed string
		if err := r.Scan(&c.ID, &c.Row, &c.Team, &c.Referent, &opened, &closed, &c.Phase, &c.Reopens, &c.Version); err != nil {
			return err
		}
		var err error
		if c.OpenedOn, err = day(opened); err == nil {
			c.ClosedOn, err = day(closed)
		}
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read accompaniments of %s: %w", person, err)
	}
	return list, nil
}

// caseOf finds an open period by its id.
func caseOf(list []Case, id core.ID) (Case, error) {
	i := slices.IndexFunc(list, func(c Case) bool { return c.ID == id && c.Phase == casefile.PhaseActive })
	if i < 0 {
		return Case{}, errs.New(errs.Conflict, "errs.caseload.case_ended")
	}
	return list[i], nil
}

const selectKept = `SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0`

// kept is the person that an id stands for today.
func kept(q db.Querier, org, id core.ID) (core.ID, error) {
	var other core.ID
	err := q.QueryRow(selectKept, org, id).Scan(&other)
	if errors.Is(err, db.ErrNoRows) {
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("who %s is: %w", id, err)
	}
	return other, nil
}

// allowClosed is the first step about an accompaniment that ended: the worker's
// team ended it, and nobody accompanies the person in that team today. closed is
// their last period in that team.
func (s *Service) allowClosed(ctx context.Context, q db.Querier, person *core.ID) (closed Case, all []Case, err error) {
	actor := core.ActorFrom(ctx)
	if *person, err = kept(q, actor.Org, *person); err != nil {
		return closed, nil, err
	}
	if all, err = loadCases(q, actor.Org, *person); err != nil {
		return closed, nil, err
	}
	var teams []core.ID
	for _, c := range all {
		if c.Phase == casefile.PhaseArchive {
			teams = append(teams, c.Team)
		}
	}
	missing := errs.New(errs.NotFound, "errs.casefile.person_not_found")
	if err := s.cases.Access.Can(ctx, access.CaseReopen, access.Resource{Org: actor.Org, Person: *person, Teams: teams}); err != nil {
		if errs.Is(err, errs.Forbidden) {
			return closed, nil, errs.Wrap(errs.NotFound, "errs.casefile.person_not_found", err)
		}
		return closed, nil, err
	}
	for _, c := range all {
		if c.Phase == casefile.PhaseArchive && (actor.InTeam(c.Team) || actor.Kind == core.ActorSystem) {
			closed = c
		}
	}
	if closed.ID == "" {
		return closed, nil, missing
	}
	return closed, all, nil
}

func day(s string) (core.Date, error) {
	if s == "" {
		return core.Date{}, nil
	}
	return core.ParseDate(s)
}

// workerNames gives the names of workers as pages write them.
func workerNames(q db.Querier, org core.ID, ids ...core.ID) (map[core.ID]string, error) {
	slices.Sort(ids)
	known, err := access.Workers(q, org, slices.Compact(ids)...)
	if err != nil {
		return nil, fmt.Errorf("names of workers: %w", err)
	}
	names := make(map[core.ID]string, len(known))
	for id, w := range known {
		names[id] = w.Name
	}
	return names, nil
}

func teamNames(q db.Querier, org core.ID) (map[core.ID]string, error) {
	teams, err := access.Teams(q, org)
	if err != nil {
		return nil, fmt.Errorf("names of teams: %w", err)
	}
	names := make(map[core.ID]string, len(teams))
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	return names, nil
}
