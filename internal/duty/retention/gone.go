package retention

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
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const filesPerJob = 20

const (
	runningList = `SELECT COUNT(*) FROM retention_list WHERE org_id = $1 AND id = $2 AND state = 'running'`
	nextItems   = `SELECT place, person_id, state FROM retention_item WHERE org_id = $1 AND list_id = $2 AND state IN ('listed', 'going') ORDER BY place LIMIT $3`
	endItem     = `UPDATE retention_item SET state = $4, why = $5, person_id = $6 WHERE org_id = $1 AND list_id = $2 AND place = $3`
	endOfList   = `UPDATE retention_list SET state = 'done', ended_at = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND state = 'running'`
	madeOn      = `SELECT MIN(created_at) FROM person WHERE org_id = $1 AND id = $2`
)

// Delete carries out the next part of a running list and leaves a job for the rest. A file
// whose person came back or that somebody keeps stays. Cut short, it goes on where it
// stopped: what is deleted twice is deleted once.
func (s *Service) Delete(ctx context.Context, job db.Job) error {
	ctx = s.asProgram(ctx, job.Org)
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return err
	}
	if len(job.Args) != 1 {
		return errors.New("a deletion without its list")
	}
	list := job.Args[0]
	var items []item
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		items = nil
		var running int64
		if err := q.QueryRow(runningList, job.Org, list).Scan(&running); err != nil || running == 0 {
			return err
		}
		rows, err := q.Query(nextItems, job.Org, list, filesPerJob)
		return db.Each(rows, err, func(r *db.Rows) error {
			var i item
			err := r.Scan(&i.place, &i.person, &i.state)
			items = append(items, i)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("files to delete: %w", err)
	}
	for _, i := range items {
		if err := s.deleteFile(ctx, job.Org, list, i); err != nil {
			return err
		}
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if len(items) == filesPerJob {
			return tx.Enqueue(db.Job{Kind: JobDelete, Org: job.Org, Args: job.Args})
		}
		n, err := tx.Exec(endOfList, job.Org, list, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "archive.done", Object: "archive_list", ObjectID: list})
	})
}

// deleteFile deletes one file with those merged into it and whom it alone shows.
func (s *Service) deleteFile(ctx context.Context, org, list core.ID, i item) error {
	humans, alone, err := s.whatGoes(ctx, org, list, i)
	if err != nil || len(humans) == 0 {
		return err
	}
	everybody := append(slices.Clone(humans), alone...)
	if err := s.forgetLines(ctx, org, everybody); err != nil {
		return fmt.Errorf("delete a file: %w", err)
	}
	// What finds a person is computed from their rows: it goes before them.
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		for _, id := range everybody {
			if err := s.cases.ForgetKeys(tx, org, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete a file: %w", err)
	}
	for at := 0; at >= 0; {
		from := at
		err := s.cases.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			at, err = clear(tx, org, everybody, from)
			return err
		})
		if err != nil {
			return fmt.Errorf("delete a file: %w", err)
		}
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := removePeople(tx, org, humans, alone); err != nil {
			return err
		}
		if _, err := tx.Exec(endItem, org, list, i.place, "gone", "", ""); err != nil {
			return fmt.Errorf("note a file as deleted: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "archive.gone", Object: "archive_list", ObjectID: list,
			Detail: map[string]string{"place": strconv.FormatInt(i.place, 10)}})
	})
}

// whatGoes says which rows of persons go with a file, those it is made of and those whom
// it alone shows; nobody when it stays, which the list then says. From here on it does
// not come back.
func (s *Service) whatGoes(ctx context.Context, org, list core.ID, i item) (humans, alone []core.ID, err error) {
	today := s.cases.Today(ctx)
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		humans, alone = nil, nil
		files, err := humansOf(tx, org, i.person)
		if err != nil {
			return err
		}
		if i.state == "listed" {
			if err := casefile.LockFile(tx, org, files[0]); err != nil {
				return err
			}
			var archive core.ID
			err := tx.QueryRow(selectThere, org, files[0]).Scan(&archive)
			if errors.Is(err, db.ErrNoRows) {
				_, err := tx.Exec(endItem, org, list, i.place, "kept", "back", i.person)
				return err
			}
			if err != nil {
				return err
			}
			kept, err := held(tx, org, files[0], today)
			if err != nil {
				return err
			}
			if kept {
				_, err := tx.Exec(endItem, org, list, i.place, "kept", "hold", i.person)
				return err
			}
			if _, err := tx.Exec(endItem, org, list, i.place, "going", "", i.person); err != nil {
				return err
			}
		}
		humans = files
		alone, err = company(tx, org, files)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("what goes with a file: %w", err)
	}
	return humans, alone, nil
}

const window = 61 // days of the journal looked at together

// forgetLines takes the journal's lines about some persons away, from the day their rows
// were made.
func (s *Service) forgetLines(ctx context.Context, org core.ID, humans []core.ID) error {
	today := s.cases.Today(ctx)
	from := today
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		for _, h := range humans {
			var at int64
			if err := q.QueryRow(madeOn, org, h).Scan(&at); err != nil {
				return err
			}
			if on := core.DateOf(time.UnixMicro(at).UTC()).AddDays(-1); on.Before(from) {
				from = on
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("since when a file is: %w", err)
	}
	for ; !today.AddDays(1).Before(from); from = from.AddDays(window + 1) {
		for {
			n := 0
			err := s.cases.DB.Tx(ctx, func(tx *db.Tx) (err error) {
				n, err = s.lines.Forget(ctx, tx, humans, from, from.AddDays(window))
				return err
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}
