// Package draft keeps the text of a form whose session had ended, sealed, for the worker
// whose it was: it is offered once they sign in again, and goes when used or after seven
// days. Nothing of it shows before, and nothing of it is in a journal: it is nobody's
// file yet.
//
//	drafts := draft.New(cases)
//	id, err := drafts.Keep(ctx, owner, "/personnes/…/notes/nouvelle", form)
package draft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Limits of drafts.
const (
	maxDraftBytes = 64 << 10
	maxDrafts     = 20 // of one worker; the oldest goes first
	maxDraftPath  = 300
	draftLife     = 7 * 24 * time.Hour
)

const (
	insertDraft   = `INSERT INTO draft (org_id, worker_id, id, path, fields, saved_at) VALUES ($1, $2, $3, $4, $5, $6)`
	draftColumns  = `id, path, fields, saved_at FROM draft WHERE org_id = $1 AND worker_id = $2 AND saved_at > $3`
	selectDrafts  = `SELECT ` + draftColumns + ` ORDER BY id DESC LIMIT 20`
	selectDraft   = `SELECT ` + draftColumns + ` AND id = $4`
	deleteDraft   = `DELETE FROM draft WHERE org_id = $1 AND worker_id = $2 AND id = $3`
	deleteSurplus = `DELETE FROM draft WHERE org_id = $1 AND worker_id = $2 AND id NOT IN
(SELECT id FROM draft WHERE org_id = $1 AND worker_id = $2 ORDER BY id DESC LIMIT 20)`
	deleteOldDrafts = `DELETE FROM draft WHERE saved_at <= $1`
)

// Draft is the text of a form that could not be saved because the session had
// ended. It is offered once more after sign-in, and goes when used or after
// seven days.
type Draft struct {
	ID      core.ID
	Path    string              // the page whose form it was
	Fields  map[string][]string // as typed
	SavedAt int64               // µs UTC
}

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service on the files of an installation.
func New(cases *casefile.Service) *Service { return &Service{cases} }

// Keep keeps the text of a form for the worker whose session had ended;
// owner is the actor of that session, known from its token. At most 64 kB, and
// the 20 latest of a worker. Nothing of it shows before that worker signs in.
func (s *Service) Keep(ctx context.Context, owner core.Actor, path string, fields map[string][]string) (core.ID, error) {
	if owner.Org == "" || owner.ID == "" {
		return "", errs.New(errs.Unauthenticated, "access.error.sign_in")
	}
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || len(path) > maxDraftPath {
		return "", errs.New(errs.Invalid, "errs.casefile.draft_path")
	}
	plain, err := json.Marshal(fields)
	if err != nil {
		return "", fmt.Errorf("write draft: %w", err)
	}
	if len(plain) > maxDraftBytes {
		return "", errs.New(errs.TooLarge, "errs.casefile.draft_too_large", "max", maxDraftBytes>>10)
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	sealed, err := s.cases.Fields.Seal("draft", "fields", string(id), plain)
	if err != nil {
		return "", fmt.Errorf("seal draft: %w", err)
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(insertDraft, owner.Org, owner.ID, id, path, sealed, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(deleteSurplus, owner.Org, owner.ID)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("keep draft: %w", err)
	}
	return id, nil
}

// List lists the worker's drafts, the latest first. They are the worker's own
// words: no line in the journal.
func (s *Service) List(ctx context.Context) ([]Draft, error) {
	if err := s.cases.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, err
	}
	actor := core.ActorFrom(ctx)
	var list []Draft
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(selectDrafts, actor.Org, actor.ID, s.cases.Clock.Now().Add(-draftLife).UnixMicro())
		return db.Each(rows, err, func(r *db.Rows) error {
			var d Draft
			var sealed []byte
			if err := r.Scan(&d.ID, &d.Path, &sealed, &d.SavedAt); err != nil {
				return err
			}
			if err := s.unseal(&d, sealed); err != nil {
				return err
			}
			list = append(list, d)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	return list, nil
}

func (s *Service) unseal(d *Draft, sealed []byte) error {
	plain, err := s.cases.Fields.Open("draft", "fields", string(d.ID), sealed)
	if err != nil {
		return fmt.Errorf("open draft %s: %w", d.ID, err)
	}
	if err := json.Unmarshal(plain, &d.Fields); err != nil {
		return fmt.Errorf("read draft %s: %w", d.ID, err)
	}
	return nil
}

// Get reads the form of one of the worker's drafts, as typed.
func (s *Service) Get(ctx context.Context, id core.ID) (map[string][]string, error) {
	if err := s.cases.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, err
	}
	actor := core.ActorFrom(ctx)
	var d Draft
	var sealed []byte
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		return q.QueryRow(selectDraft, actor.Org, actor.ID, s.cases.Clock.Now().Add(-draftLife).UnixMicro(), id).Scan(&d.ID, &d.Path, &sealed, &d.SavedAt)
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil, errs.New(errs.NotFound, "errs.casefile.draft_not_found")
	}
	if err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	if err := s.unseal(&d, sealed); err != nil {
		return nil, err
	}
	return d.Fields, nil
}

// Drop deletes one of the worker's drafts, once used. One already gone is
// no error.
func (s *Service) Drop(ctx context.Context, id core.ID) error {
	if err := s.cases.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteDraft, actor.Org, actor.ID, id); err != nil {
			return fmt.Errorf("delete draft: %w", err)
		}
		return nil
	})
}

// Sweep deletes drafts older than seven days: a daily job.
func (s *Service) Sweep(ctx context.Context) error {
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteOldDrafts, s.cases.Clock.Now().Add(-draftLife).UnixMicro()); err != nil {
			return fmt.Errorf("delete old drafts: %w", err)
		}
		return nil
	})
}
