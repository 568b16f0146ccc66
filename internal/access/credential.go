package access

import (
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// kinds of credentials.
const (
	kindPassword = "password"
	kindTOTP     = "totp"
	ownerWorker  = "worker"
)

// credential is one row, its data opened.
type credential struct {
	id       core.ID
	data     string // PHC string, or the raw secret
	lastStep int64
}

const readCredential = `SELECT id, data, last_step FROM credential
WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND kind = $4 ORDER BY id DESC LIMIT 1`

// readCredential returns the worker's credential of a kind, nil when there is none.
func (s *Service) readCredential(q db.Querier, org, worker core.ID, kind string) (*credential, error) {
	var c credential
	var sealed []byte
	err := q.QueryRow(readCredential, org, ownerWorker, worker, kind).Scan(&c.id, &sealed, &c.lastStep)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a credential: %w", err)
	}
	plain, err := s.fields.Open("credential", "data", string(c.id), sealed)
	if err != nil {
		return nil, fmt.Errorf("open a credential: %w", err)
	}
	c.data = string(plain)
	return &c, nil
}

const insertCredential = `INSERT INTO credential (org_id, owner_kind, owner, kind, id, data, last_step, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

const deleteCredentials = `DELETE FROM credential WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND kind = $4`

// replaceCredential writes the only credential of its kind that the worker has.
func (s *Service) replaceCredential(tx *db.Tx, org, worker core.ID, kind string, plain []byte, lastStep int64) error {
	id, err := s.newID()
	if err != nil {
		return err
	}
	sealed, err := s.fields.Seal("credential", "data", string(id), plain)
	if err != nil {
		return fmt.Errorf("seal a credential: %w", err)
	}
	if _, err := tx.Exec(deleteCredentials, org, ownerWorker, worker, kind); err != nil {
		return fmt.Errorf("drop a credential: %w", err)
	}
	if _, err := tx.Exec(insertCredential, org, ownerWorker, worker, kind, id, sealed, lastStep, tx.Now()); err != nil {
		return fmt.Errorf("write a credential: %w", err)
	}
	return nil
}
