// Package monthly computes the rights of every active file again when a month
// begins or the law changes, so that nobody finds a page that says "to be computed
// again" on the 1st.
//
// Guarantees: one run by organisation, month and law; a run starts at the
// organisation's own midnight (or at the next start of the program), goes on where it
// stopped, and leaves files that are up to date alone. What is written is named in the
// journal before it is written: one line of the run for at most 200 persons, whom it
// concerns as any other calculation does.
//
// What not to do: compare people, count take-up, or keep anything but the cursor.
//
//	runs.Start(ctx)                      // at the start of the program, and daily
//	jobs.Handle(monthly.Job, runs.Run)
package monthly

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

// Job is the kind of the job that carries a run. Its organisation is the job's.
const Job = "rights.monthly"

const (
	chunk   = 200                   // persons in one job, and in one line of the journal
	perTx   = 10                    // files written in one transaction: some 500 rows
	longest = 20 * time.Millisecond // after which a transaction takes no further file
	system  = "rights"              // the name of the actor
)

// Service runs the monthly calculation. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service.
func New(cases *casefile.Service) *Service { return &Service{cases} }

const insertRun = `INSERT INTO rights_run (org_id, month, law, id, after_id, computed, started_at, ended_at)
VALUES ($1, $2, $3, $4, '', 0, $5, 0) ON CONFLICT DO NOTHING`

// Start makes the run of each organisation for its present month and the present
// law, unless it exists, and the job of the next month.
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
		if err := s.start(ctx, org); err != nil {
			return err
		}
	}
	return nil
}

// start makes one organisation's run of today, with its job and the job that starts
// the next month's.
func (s *Service) start(ctx context.Context, org core.ID) error {
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: system, Org: org})
	id, err := s.cases.NewID()
	if err != nil {
		return err
	}
	month := s.cases.ThisMonth(ctx)
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(insertRun, org, month, s.cases.Engine.Digest(), id, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		if err := tx.Enqueue(db.Job{Kind: Job, Org: org}); err != nil {
			return err
		}
		return tx.Enqueue(db.Job{Kind: Job, Org: org, RunAt: s.begins(org, month+1).UnixMicro()})
	})
	if err != nil {
		return fmt.Errorf("start the monthly calculation of %s: %w", org, err)
	}
	return nil
}

// begins is an organisation's midnight at which a month begins.
func (s *Service) begins(org core.ID, m core.Month) time.Time {
	return time.Date(m.Year(), time.Month(m.Month()), 1, 0, 0, 0, 0, s.cases.Place(org))
}

const (
	selectRun = `SELECT id, after_id FROM rights_run WHERE org_id = $1 AND month = $2 AND law = $3 AND ended_at = 0`
	moveRun   = `UPDATE rights_run SET after_id = $4, computed = computed + $5, ended_at = $6 WHERE org_id = $1 AND month = $2 AND law = $3`
	listFiles = `SELECT DISTINCT person_id FROM casefile WHERE org_id = $1 AND person_id > $2 AND phase = 'active' ORDER BY person_id LIMIT $3`
)

// Run does the next part of the organisation's run and leaves a job for the rest. On
// the first of a month it starts the month's run.
//
// The rest waits as long as this part took: a town that is computed again leaves half
// of a core to whoever opens a file.
func (s *Service) Run(ctx context.Context, job db.Job) error {
	began := s.cases.Clock.Now()
	if err := s.start(ctx, job.Org); err != nil {
		return err
	}
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: system, Org: job.Org})
	month, law := s.cases.ThisMonth(ctx), s.cases.Engine.Digest()
	var run, after core.ID
	var files []core.ID
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		files = files[:0]
		if err := q.QueryRow(selectRun, job.Org, month, law).Scan(&run, &after); err != nil {
			return err
		}
		rows, err := q.Query(listFiles, job.Org, after, chunk)
		return db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			err := r.Scan(&id)
			files = append(files, id)
			return err
		})
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil // over already
	}
	if err != nil {
		return fmt.Errorf("monthly calculation: %w", err)
	}
	computed, err := s.compute(ctx, run, month, files)
	if err != nil {
		return fmt.Errorf("monthly calculation: %w", err)
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		ended := int64(0)
		if len(files) > 0 {
			after = files[len(files)-1]
		}
		if len(files) < chunk {
			ended = tx.Now()
		}
		if _, err := tx.Exec(moveRun, job.Org, month, law, after, computed, ended); err != nil {
			return fmt.Errorf("note where the monthly calculation stands: %w", err)
		}
		if ended != 0 {
			return nil
		}
		now := s.cases.Clock.Now()
		return tx.Enqueue(db.Job{Kind: Job, Org: job.Org, RunAt: now.Add(now.Sub(began)).UnixMicro()})
	})
}

// compute computes the files of one chunk that are not up to date.
func (s *Service) compute(ctx context.Context, run core.ID, month core.Month, files []core.ID) (computed int, err error) {
	var due []*casefile.Calculation
	var subjects []core.ID
	seen := map[core.ID]bool{} // several rows may be one human
	for _, file := range files {
		var c *casefile.Calculation
		err := s.cases.DB.Read(ctx, func(q db.Querier) error {
			var err error
			c, err = s.cases.ReadForRights(ctx, q, file, month)
			return err
		})
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
			continue // closed meanwhile
		}
		if err != nil {
			return 0, err
		}
		if c.UpToDate || seen[c.File] {
			continue
		}
		seen[c.File] = true
		if err := s.cases.Calculate(ctx, c); err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			// One file that cannot be computed says so on its page and stops nobody else's.
			s.cases.Log.ErrorContext(ctx, "rights not computed for the month", "file", c.File, "err", err)
			continue
		}
		due = append(due, c)
		subjects = append(subjects, c.Humans...)
	}
	if len(due) == 0 {
		return 0, nil
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		for some := range slices.Chunk(subjects, journal.MaxSubjects) {
			err := s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "rights.compute", Subjects: some, Object: "rights_run", ObjectID: run,
				Detail: map[string]string{"law": s.cases.Engine.Digest(), "month": month.String()}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for len(due) > 0 {
		n := 0
		err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
			began := s.cases.Clock.Now()
			for n = 0; n < min(perTx, len(due)); n++ {
				if n > 0 && s.cases.Clock.Now().Sub(began) > longest {
					break
				}
				if _, err := s.cases.StoreRights(ctx, tx, due[n]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return computed, err
		}
		computed += n
		due = due[n:]
	}
	return computed, nil
}
