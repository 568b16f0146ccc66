package talk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Job is the kind of the job that carries a run: its argument is the run, none for
// the one of the night.
const Job = "talk.run"

const (
	chunk   = journal.MaxSubjects   // persons in one job, and in one line of the journal
	slice   = 50                    // files computed between two notes of how far a run is
	perTx   = 10                    // files written in one transaction: some 450 rows
	longest = 20 * time.Millisecond // after which a transaction takes no further file
	system  = "talk"                // the name of the actor
	night   = 3                     // hour of the organisation's night at which its run starts
	oldRuns = 60                    // days that a run is remembered
)

const (
	insertRun = `INSERT INTO talk_run (org_id, id, slot, team_id, worker_id, after_id, seen, total, started_at, started_by, ended_at)
VALUES ($1, $2, $3, $4, $5, '', 0, $6, $7, $8, 0) ON CONFLICT DO NOTHING`
	selectRun = `SELECT id, team_id, worker_id, after_id, seen, total, started_at, ended_at FROM talk_run WHERE org_id = $1 AND id = $2`
	openRun   = `SELECT id FROM talk_run WHERE org_id = $1 AND team_id = $2 AND worker_id = $3 AND ended_at = 0 LIMIT 1`
	seenRun   = `UPDATE talk_run SET seen = $3, total = $4 WHERE org_id = $1 AND id = $2`
	moveRun   = `UPDATE talk_run SET after_id = $3, seen = $4, total = $5, ended_at = $6 WHERE org_id = $1 AND id = $2`
	dropRuns  = `DELETE FROM talk_run WHERE org_id = $1 AND ended_at > 0 AND ended_at < $2`
)

// Start makes the job of the coming night of each organisation. Twice is once: a
// night has one run.
func (s *Service) Start(ctx context.Context) error {
	var orgs []core.ID
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		orgs, err = access.Organisations(q)
		return err
	})
	if err != nil {
		return err
	}
	for _, org := range orgs {
		if err := s.plan(asSystem(ctx, org), org); err != nil {
			return fmt.Errorf("plan the run of the night of %s: %w", org, err)
		}
	}
	return nil
}

func asSystem(ctx context.Context, org core.ID) context.Context {
	return core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: system, Org: org})
}

// tonight is the next night of an organisation: the day it belongs to, and when it
// starts.
func (s *Service) tonight(org core.ID) (core.Date, time.Time) {
	place := s.cases.Place(org)
	today := clock.Today(s.cases.Clock, place)
	begins := func(d core.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, night, 0, 0, 0, place) }
	if s.cases.Clock.Now().Before(begins(today)) {
		return today, begins(today)
	}
	next := today.AddDays(1)
	return next, begins(next)
}

// plan notes the run of the coming night, once, with its job.
func (s *Service) plan(ctx context.Context, org core.ID) error {
	id, err := s.cases.NewID()
	if err != nil {
		return err
	}
	of, at := s.tonight(org)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(insertRun, org, id, of.String(), "", "", 0, at.UnixMicro(), "")
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(dropRuns, org, at.AddDate(0, 0, -oldRuns).UnixMicro()); err != nil {
			return err
		}
		return tx.Enqueue(db.Job{Kind: Job, Org: org, RunAt: at.UnixMicro(), Args: []core.ID{id}})
	})
}

// Progress is where a run stands.
type Progress struct {
	Run        core.ID // "" when none was ever made
	Seen, Of   int
	Started    int64 // µs UTC
	Ended      int64 // µs UTC; 0 while it goes on
	LastEnded  int64 // µs UTC of the last run that ended, over these files or all; 0 = never
	NotTold    bool  // somebody of the list was not told yet
	NobodyTold bool
}

// Over says what a run on demand goes over: the worker's own accompaniments, or those
// of one of their teams.
type Over struct {
	Team core.ID // "" = the worker's own
}

// scope is what a run covers, in SQL: conditions on c and their arguments from $3.
func scopeOf(team, worker core.ID) (cond string, args []any) {
	if team != "" {
		args = append(args, team)
		cond += " AND c.team_id = $" + strconv.Itoa(2+len(args))
	}
	if worker != "" {
		args = append(args, worker)
		cond += " AND c.worker_id = $" + strconv.Itoa(2+len(args))
	}
	return cond, args
}

// ofRun lists the persons that a run goes over, in the order of their ids.
const ofRun = `SELECT DISTINCT ` + kept + ` AS person FROM ` + caseAlias + ` /* every row: a night goes over the whole organisation */
JOIN person p ON p.org_id = c.org_id AND p.id = ` + kept + ` AND p.died_on = ''
WHERE c.org_id = $1 AND c.phase = 'active' AND ` + kept + ` > $2 AND ` + included

// Demand starts a run over the worker's own files, or those of one of their teams.
// While one of the same files goes on, that one is given.
func (s *Service) Demand(ctx context.Context, over Over) (core.ID, error) {
	if err := s.cases.Access.Can(ctx, access.TalkRun, access.Here(ctx)); err != nil {
		return "", err
	}
	actor := core.ActorFrom(ctx)
	worker := actor.ID
	if over.Team != "" {
		if worker = ""; !actor.InTeam(over.Team) {
			return "", errs.New(errs.NotFound, "errs.conversations.team_unknown")
		}
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		var open core.ID
		err := tx.QueryRow(openRun, actor.Org, over.Team, worker).Scan(&open)
		if err == nil {
			id = open
			return nil
		}
		if !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("look for a run: %w", err)
		}
		cond, args := scopeOf(over.Team, worker)
		var total int64
		if err := tx.QueryRow(`SELECT COUNT(*) FROM (`+ofRun+cond+`) AS t`, append([]any{actor.Org, ""}, args...)...).Scan(&total); err != nil {
			return fmt.Errorf("count the files of a run: %w", err)
		}
		if _, err := tx.Exec(insertRun, actor.Org, id, id, over.Team, worker, total, tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("start a run: %w", err)
		}
		return tx.Enqueue(db.Job{Kind: Job, Org: actor.Org, Args: []core.ID{id}})
	})
	return id, err
}

const (
	lastRunOf = `SELECT id, seen, total, started_at, ended_at FROM talk_run /* every row: the runs of sixty days */ WHERE org_id = $1 AND started_at <= $2 AND slot = id
AND (team_id IN (%s) OR worker_id = $3) ORDER BY id DESC LIMIT 1`
	lastEnded = `SELECT COALESCE(MAX(ended_at), 0) FROM talk_run WHERE org_id = $1 AND ended_at > 0`
)

// ReadProgress reads where the worker's last run on demand stands, and when a run
// last ended.
func (s *Service) ReadProgress(ctx context.Context) (Progress, error) {
	var p Progress
	if err := s.cases.Access.Can(ctx, access.TalkRun, access.Here(ctx)); err != nil {
		return p, err
	}
	actor := core.ActorFrom(ctx)
	teams := actor.Teams
	if len(teams) == 0 {
		return p, nil
	}
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		p = Progress{}
		var seen, of int64
		args := append([]any{actor.Org, s.cases.Clock.Now().UnixMicro(), actor.ID}, anys(teams)...)
		err := q.QueryRow(fmt.Sprintf(lastRunOf, marks(4, len(teams))), args...).Scan(&p.Run, &seen, &of, &p.Started, &p.Ended)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("read a run: %w", err)
		}
		p.Seen, p.Of = int(seen), int(of)
		return q.QueryRow(lastEnded, actor.Org).Scan(&p.LastEnded)
	})
	return p, err
}

// run is the row of a run.
type run struct {
	id, team, worker, after core.ID
	seen, total             int64
	started, ended          int64
}

// Run does the next part of a run and leaves a job for the rest, which waits as long
// as this part took: whoever opens a file keeps half of a core. A run that was killed
// goes on after the last file it stored.
func (s *Service) Run(ctx context.Context, job db.Job) error {
	if len(job.Args) != 1 {
		return fmt.Errorf("job %s: one run expected", Job)
	}
	began := s.cases.Clock.Now()
	ctx = asSystem(ctx, job.Org)
	r := run{}
	var files []core.ID
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		files = files[:0]
		if err := q.QueryRow(selectRun, job.Org, job.Args[0]).Scan(&r.id, &r.team, &r.worker, &r.after, &r.seen, &r.total, &r.started, &r.ended); err != nil {
			return err
		}
		if r.ended != 0 {
			return nil
		}
		cond, args := scopeOf(r.team, r.worker)
		count := func(after core.ID, n *int64) error {
			return q.QueryRow(`SELECT COUNT(*) FROM (`+ofRun+cond+`) AS t`, append([]any{job.Org, after}, args...)...).Scan(n)
		}
		if r.total == 0 { // the run of a night is planned before its files are known
			if err := count("", &r.total); err != nil {
				return err
			}
		}
		var left int64 // what a run that was killed had stored is not looked at again
		if err := count(r.after, &left); err != nil {
			return err
		}
		r.seen = max(r.total-left, 0)
		rows, err := q.Query(ofRun+cond+` ORDER BY person LIMIT `+strconv.Itoa(chunk), append([]any{job.Org, r.after}, args...)...)
		return db.Each(rows, err, func(row *db.Rows) error {
			var id core.ID
			err := row.Scan(&id)
			files = append(files, id)
			return err
		})
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && r.ended != 0 {
		return nil // over already
	}
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if err := s.part(ctx, job.Org, &r, files); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	over := len(files) < chunk
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		ended := int64(0)
		if over {
			ended = tx.Now()
		}
		if len(files) > 0 {
			r.after = files[len(files)-1]
		}
		if _, err := tx.Exec(moveRun, job.Org, r.id, r.after, r.seen, r.total, ended); err != nil {
			return fmt.Errorf("note where a run stands: %w", err)
		}
		if over {
			return nil
		}
		now := s.cases.Clock.Now()
		return tx.Enqueue(db.Job{Kind: Job, Org: job.Org, RunAt: now.Add(now.Sub(began)).UnixMicro(), Args: job.Args})
	})
	if err != nil || !over || r.team != "" || r.worker != "" {
		return err
	}
	return s.plan(ctx, job.Org) // the next night
}

// file is one file of a run.
type file struct {
	calc  *casefile.Calculation
	was   *before // nil at its first run
	now   map[string]casefile.Outcome
	order []string
	why   map[string][]Cause // of the rights that changed
}

// part computes the files of one job that something changed for, says why, and stores
// them in the order of their ids.
func (s *Service) part(ctx context.Context, org core.ID, r *run, files []core.ID) error {
	due, err := s.due(ctx, org, r, files)
	if err != nil || len(due) == 0 {
		return err
	}
	var subjects []core.ID
	for _, f := range due {
		subjects = append(subjects, f.calc.Humans...)
	}
	law := s.cases.Engine.Digest()
	month := due[0].calc.Month
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		for some := range slices.Chunk(subjects, journal.MaxSubjects) {
			err := s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.run", Subjects: some, Object: "talk_run", ObjectID: r.id,
				Detail: map[string]string{"law": law, "month": month.String()}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	eval := s.evaluator()
	done := due[:0:0]
	skipped := r.seen
	for some := range slices.Chunk(due, slice) {
		ok, err := s.compute(ctx, eval, some)
		if err != nil {
			return err
		}
		done = append(done, ok...)
		if err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(seenRun, org, r.id, skipped+int64(len(done)), r.total)
			return err
		}); err != nil {
			return fmt.Errorf("note where a run stands: %w", err)
		}
	}
	r.seen = skipped + int64(len(due))
	if err := s.explain(ctx, org, eval, done); err != nil {
		return err
	}
	return s.store(ctx, org, r, done)
}

// due reads the files of a part and keeps those that something changed for since
// their last run: the month, the law or a fact.
func (s *Service) due(ctx context.Context, org core.ID, r *run, files []core.ID) ([]*file, error) {
	var out []*file
	law := s.cases.Engine.Digest()
	seen := map[core.ID]bool{}
	for _, id := range files {
		f := &file{}
		err := s.cases.DB.Read(ctx, func(q db.Querier) error {
			var err error
			if f.calc, err = s.cases.ReadForRights(ctx, q, id, 0); err != nil {
				return err
			}
			f.was, err = loadBefore(q, org, f.calc.File)
			return err
		})
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
			r.seen++ // closed meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		if w := f.was; seen[f.calc.File] || w != nil && w.month == f.calc.Month && w.law == law && w.digest == f.calc.Digest() {
			r.seen++
			continue
		}
		seen[f.calc.File] = true
		out = append(out, f)
	}
	return out, nil
}

// compute computes some files. One that cannot be computed is left as it was, and
// stops nobody else's.
func (s *Service) compute(ctx context.Context, eval evaluator, some []*file) ([]*file, error) {
	pictures := make([]*casefile.Picture, len(some))
	for i, f := range some {
		pictures[i] = f.calc.Picture()
	}
	list, err := eval.Evaluate(ctx, pictures)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(some) == 1 {
			s.cases.Log.ErrorContext(ctx, "rights not looked at", "file", some[0].calc.File, "err", err)
			return nil, nil
		}
		var ok []*file
		for i := range some {
			one, err := s.compute(ctx, eval, some[i:i+1])
			if err != nil {
				return nil, err
			}
			ok = append(ok, one...)
		}
		return ok, nil
	}
	for i, f := range some {
		f.take(list[i])
	}
	return some, nil
}

func (f *file) take(list []casefile.Outcome) {
	f.now = make(map[string]casefile.Outcome, len(list))
	for _, o := range list {
		f.now[o.Right] = o
		f.order = append(f.order, o.Right)
	}
}
