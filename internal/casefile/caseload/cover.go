package caseload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	coverColumns = `id, worker_id, cover_id, from_day, to_day, ended_at`
	insertCover  = `INSERT INTO absence_cover (org_id, id, worker_id, cover_id, from_day, to_day, made_at, made_by, ended_at, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`
	selectCover = `SELECT ` + coverColumns + ` FROM absence_cover WHERE org_id = $1 AND id = $2 FOR UPDATE`
	sameCover   = `SELECT id FROM absence_cover WHERE org_id = $1 AND worker_id = $2 AND cover_id = $3 AND from_day = $4 AND to_day = $5 AND ended_at = 0`
	countCovers = `SELECT COUNT(*) FROM absence_cover WHERE org_id = $1 AND worker_id = $2 AND ended_at = 0 AND to_day >= $3`
	endCover    = `UPDATE absence_cover SET ended_at = $3, ended_by = $4 WHERE org_id = $1 AND id = $2 AND ended_at = 0`
	myCovers    = `SELECT ` + coverColumns + ` FROM absence_cover WHERE org_id = $1 AND ended_at = 0 AND to_day >= $3 AND cover_id = $2
UNION ALL SELECT ` + coverColumns + ` FROM absence_cover WHERE org_id = $1 AND ended_at = 0 AND to_day >= $3 AND worker_id = $2 ORDER BY 4, 1 LIMIT 50`
	maxCovers = 20 // to come, of one worker
)

func scanCover(r interface{ Scan(...any) error }) (Cover, error) {
	var c Cover
	var from, to string
	var ended int64
	if err := r.Scan(&c.ID, &c.Worker, &c.By, &from, &to, &ended); err != nil {
		return c, err
	}
	c.Ended = ended != 0
	var err error
	if c.From, err = day(from); err == nil {
		c.To, err = day(to)
	}
	return c, err
}

// AddCover says who looks after whose deadlines, between two days. The worker away
// says it, or the colleague who covers: somebody ill signs nothing. Both work in
// one team. The same cover said twice is said once.
func (s *Service) AddCover(ctx context.Context, in CoverInput) (core.ID, error) {
	if err := s.cases.Access.Can(ctx, access.CoverEdit, access.Here(ctx)); err != nil {
		return "", err
	}
	today := s.Today(ctx)
	if err := in.Validate(today); err != nil {
		return "", err
	}
	actor := core.ActorFrom(ctx)
	if actor.ID != in.Worker && actor.ID != in.By {
		return "", errs.New(errs.Forbidden, "errs.caseload.cover_others")
	}
	var made core.ID
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		team, err := access.TeamWorkers(tx, actor.Org, actor.Teams...)
		if err != nil {
			return fmt.Errorf("colleagues: %w", err)
		}
		for _, id := range []core.ID{in.Worker, in.By} {
			if !slices.ContainsFunc(team, func(w access.Worker) bool { return w.ID == id }) {
				return errs.Fields{errs.New(errs.Invalid, "errs.caseload.cover_unknown").On("cover")}
			}
		}
		err = tx.QueryRow(sameCover, actor.Org, in.Worker, in.By, in.From.String(), in.To.String()).Scan(&made)
		if err == nil || !errors.Is(err, db.ErrNoRows) {
			return err
		}
		var n int64
		if err := tx.QueryRow(countCovers, actor.Org, in.Worker, today.String()).Scan(&n); err != nil {
			return fmt.Errorf("count covers: %w", err)
		}
		if n >= maxCovers {
			return errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxCovers)
		}
		if made, err = s.cases.NewID(); err != nil {
			return err
		}
		if _, err := tx.Exec(insertCover, actor.Org, made, in.Worker, in.By, in.From.String(), in.To.String(), tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("insert cover: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "cover.add", Object: "cover", ObjectID: made})
	})
	return made, err
}

// EndCover ends a cover before its last day: one of the two workers. To end it
// twice is to end it once.
func (s *Service) EndCover(ctx context.Context, id core.ID) error {
	if err := s.cases.Access.Can(ctx, access.CoverEdit, access.Here(ctx)); err != nil {
		return err
	}
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		c, err := scanCover(tx.QueryRow(selectCover, actor.Org, id))
		switch {
		case err != nil && !errors.Is(err, db.ErrNoRows):
			return fmt.Errorf("read cover %s: %w", id, err)
		case err != nil, actor.ID != c.Worker && actor.ID != c.By:
			return errs.New(errs.NotFound, "errs.caseload.cover_not_found")
		case c.Ended:
			return nil
		}
		if _, err := tx.Exec(endCover, actor.Org, id, tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("end cover: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "cover.end", Object: "cover", ObjectID: id})
	})
}

// Covers are the worker's covers that hold or are to come, on either side.
type Covers struct {
	Today      core.Date
	List       []Cover
	Names      map[core.ID]string
	Colleagues []Colleague // of the worker's teams, the worker left out
}

// MyCovers reads the covers of the worker that hold or are to come, by first day.
func (s *Service) MyCovers(ctx context.Context) (Covers, error) {
	var v Covers
	if err := s.cases.Access.Can(ctx, access.CoverEdit, access.Here(ctx)); err != nil {
		return v, err
	}
	actor, today := core.ActorFrom(ctx), s.Today(ctx)
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		v = Covers{Today: today}
		var who []core.ID
		rows, err := q.Query(myCovers, actor.Org, actor.ID, today.String())
		err = db.Each(rows, err, func(r *db.Rows) error {
			c, err := scanCover(r)
			v.List = append(v.List, c)
			who = append(who, c.Worker, c.By)
			return err
		})
		if err != nil {
			return fmt.Errorf("read covers: %w", err)
		}
		if v.Names, err = workerNames(q, actor.Org, who...); err != nil {
			return err
		}
		team, err := access.TeamWorkers(q, actor.Org, actor.Teams...)
		for _, w := range team {
			if w.ID != actor.ID {
				v.Colleagues = append(v.Colleagues, Colleague{Worker: w.ID, Name: w.Name})
			}
		}
		return err
	})
	return v, err
}

// Due is a step of a colleague away, that the actor looks after.
type Due struct {
	plan.Deadline
	Worker core.ID // away
	Until  core.Date
}

const (
	coverDays = 14 // how far ahead, as for one's own deadlines
	maxDue    = 30
	coverDue  = `SELECT s.due_on, s.id, s.title, s.state, p.id, p.usual_name, p.given_names, p.use_name, a.worker_id, MAX(a.to_day)
FROM absence_cover a JOIN step s ON s.org_id = a.org_id AND s.worker_id = a.worker_id JOIN person p ON p.org_id = s.org_id AND p.id = s.file_id
WHERE a.org_id = $1 AND a.cover_id = $2 AND a.ended_at = 0 AND a.from_day <= $3 AND a.to_day >= $3
AND s.due_on <> '' AND s.state IN ('todo', 'waiting') AND s.due_on <= $4 AND p.died_on = '' AND `
)

// CoveredDeadlines lists the steps, due within fourteen days or past, of the
// colleagues whom the worker covers today, in files open to the worker: by date,
// then name. It ends with the cover, by itself.
func (s *Service) CoveredDeadlines(ctx context.Context) ([]Due, map[core.ID]string, error) {
	scope, err := s.cases.Access.Scope(ctx, access.PlanRead)
	if err != nil {
		return nil, nil, err
	}
	actor, today := core.ActorFrom(ctx), s.Today(ctx)
	var list []Due
	var names map[core.ID]string
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		list = nil
		args := []any{actor.Org, actor.ID, today.String(), today.AddDays(coverDays).String()}
		cond, more := scope.Where(access.Columns{Org: "s.org_id", Person: "s.file_id",
			Teams: "EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = s.org_id AND c.person_id = s.file_id AND c.phase = 'active' AND c.team_id IN ({teams}))"}, len(args)+1)
		sql := coverDue + cond + ` GROUP BY s.due_on, s.id, s.title, s.state, p.id, p.usual_name, p.given_names, p.use_name, p.sort_name, a.worker_id
ORDER BY s.due_on, p.sort_name, s.id LIMIT ` + strconv.Itoa(maxDue)
		var people, who []core.ID
		rows, err := q.Query(sql, append(args, more...)...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var d Due
			var i casefile.Identity
			var due, until string
			if err := r.Scan(&due, &d.Step, &d.Title, &d.State, &d.Person, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &d.Worker, &until); err != nil {
				return err
			}
			var err error
			if d.DueOn, err = day(due); err == nil {
				d.Until, err = day(until)
			}
			d.Name, d.Past = i.DisplayName(), d.DueOn.Before(today)
			list = append(list, d)
			if !slices.Contains(people, d.Person) {
				people = append(people, d.Person)
			}
			who = append(who, d.Worker)
			return err
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("list the due dates of colleagues away: %w", err)
		}
		names, err = workerNames(q, actor.Org, who...)
		return journal.Event{Kind: "list", Subjects: people}, err
	})
	return list, names, err
}
