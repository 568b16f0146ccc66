package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/vault/blob"
)

const (
	// The last day of a grant is over wherever the organisation is.
	emptyGrants = `UPDATE paper_grant SET wrapped = $2, ended_at = $3 WHERE until_day < $1 AND ended_at = 0 /* every row: once a day */`
	fullBin     = `SELECT org_id, id, person_id, blob FROM paper WHERE gone_at > 0 AND gone_at < $1 LIMIT 200 /* every row: once a day */`
	eraseGrants = `DELETE FROM paper_grant WHERE org_id = $1 AND paper_id = $2`
	erasePaper  = `DELETE FROM paper WHERE org_id = $1 AND id = $2 AND gone_at > 0`
	allBlobs    = `SELECT blob FROM paper /* every row: once a day */`
	allHouses   = `SELECT DISTINCT org_id FROM vault_house /* every row: one, or a few */`
)

// Sweep is the daily round: the keys of grants that are over are deleted, what was in the
// bin for thirty days is gone, locked files that no row names are deleted, and those that
// are missing are said. The program calls it.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Cases.Clock.Now()
	err := s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(emptyGrants, core.DateOf(now.UTC()).AddDays(-1).String(), []byte{}, tx.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("delete the keys of ended grants: %w", err)
	}
	if err := s.emptyBin(ctx, now.AddDate(0, 0, -binDays)); err != nil {
		return err
	}
	return s.orphans(ctx, now.AddDate(0, 0, -orphanDays))
}

// emptyBin deletes what was put in the bin before an instant.
func (s *Service) emptyBin(ctx context.Context, before time.Time) error {
	for {
		type binned struct {
			org, id, person core.ID
			blob            blob.Name
		}
		var all []binned
		err := s.Cases.DB.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query(fullBin, before.UnixMicro())
			return db.Each(rows, err, func(r *db.Rows) error {
				var b binned
				err := r.Scan(&b.org, &b.id, &b.person, &b.blob)
				all = append(all, b)
				return err
			})
		})
		if err != nil {
			return fmt.Errorf("read the bin: %w", err)
		}
		for _, b := range all {
			own := core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "sweep", Org: b.org})
			err := s.Cases.DB.Tx(own, func(tx *db.Tx) error {
				if _, err := tx.Exec(eraseGrants, b.org, b.id); err != nil {
					return err
				}
				n, err := tx.Exec(erasePaper, b.org, b.id)
				if err != nil || n == 0 {
					return err
				}
				return s.Cases.Journal.Record(own, tx, journal.Event{Kind: "paper.erase", Subjects: []core.ID{b.person}, Object: "paper", ObjectID: b.id})
			})
			if err != nil {
				return fmt.Errorf("empty the bin: %w", err)
			}
			// A crash here leaves a file without a row: the round after takes it.
			if err := s.Blobs.Remove(ctx, b.blob); err != nil {
				return err
			}
		}
		if len(all) < 200 {
			return nil
		}
	}
}

// orphans compares rows and locked files both ways.
func (s *Service) orphans(ctx context.Context, before time.Time) error {
	if err := s.Blobs.RemoveHalfWritten(ctx, before); err != nil {
		return err
	}
	stored := map[blob.Name]bool{} // true: young, or named by a row
	if err := s.Blobs.List(ctx, func(name blob.Name, at time.Time) error {
		stored[name] = !at.Before(before)
		return nil
	}); err != nil {
		return err
	}
	// Rows are read after the files: one that was made meanwhile is not missed.
	missing := 0
	err := s.Cases.DB.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(allBlobs)
		return db.Each(rows, err, func(r *db.Rows) error {
			var name blob.Name
			if err := r.Scan(&name); err != nil {
				return err
			}
			if _, there := stored[name]; there {
				stored[name] = true
				return nil
			}
			// Deposited since the list was made: it is there.
			f, err := s.Blobs.Open(ctx, name)
			if errs.Is(err, errs.NotFound) {
				missing++
				s.Log.Error("the locked file of a paper is missing", "blob", name)
				return nil
			}
			return errors.Join(err, closed(f))
		})
	})
	if err != nil {
		return fmt.Errorf("compare papers and files: %w", err)
	}
	removed := 0
	for name, keep := range stored {
		if keep {
			continue
		}
		if err := s.Blobs.Remove(ctx, name); err != nil {
			return err
		}
		removed++
	}
	if removed > 0 || missing > 0 {
		s.Log.Warn("papers and files compared", "removed", removed, "missing", missing)
	}
	return nil
}

func closed(f interface{ Close() error }) error {
	if f == nil {
		return nil
	}
	return f.Close()
}

// Start unlocks the organisations' keys with the seal, and seals them again when a secret
// is kept apart from now on. errs.Unavailable with key errs.papers.sealed when the seal is
// not theirs: the person's own papers still open with their card.
func (s *Service) Start(ctx context.Context) error {
	var orgs []core.ID
	if err := s.Cases.DB.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(allHouses)
		return db.Each(rows, err, func(r *db.Rows) error {
			var org core.ID
			err := r.Scan(&org)
			orgs = append(orgs, org)
			return err
		})
	}); err != nil {
		return fmt.Errorf("read the organisations' keys: %w", err)
	}
	for _, org := range orgs {
		if err := s.Cases.DB.Tx(ctx, func(tx *db.Tx) error { return s.reseal(tx, org) }); err != nil {
			return err
		}
	}
	return nil
}
