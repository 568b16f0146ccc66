package access

import (
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// PersonWays is how a person comes in besides their card.
type PersonWays struct {
	Keys     int  // of their devices
	Accounts int  // linked, at an issuer
	Closed   bool // since a death was recorded, until a new card is made
}

const (
	countKeys     = `SELECT COUNT(*) FROM passkey WHERE org_id = $1 AND owner_kind = 'holder' AND owner = $2`
	countAccounts = `SELECT COUNT(*) FROM federated WHERE org_id = $1 AND owner_kind = 'holder' AND owner = $2`
	holderEnded   = `SELECT ended_at FROM holder WHERE org_id = $1 AND person = $2`
	lockHolder    = holderEnded + ` FOR UPDATE`
	endHolder     = `UPDATE holder SET ended_at = $3 WHERE org_id = $1 AND id = $2`
)

// WaysOf reads how the person of some files, found to be one human, comes in.
func WaysOf(q db.Querier, org core.ID, files []core.ID) (PersonWays, error) {
	var out PersonWays
	for _, file := range files {
		holder, err := HolderOf(q, org, file)
		if err != nil {
			return out, err
		}
		if holder == "" {
			continue
		}
		var keys, accounts int
		var ended int64
		err = errors.Join(q.QueryRow(countKeys, org, holder).Scan(&keys), q.QueryRow(countAccounts, org, holder).Scan(&accounts),
			q.QueryRow(holderEnded, org, file).Scan(&ended))
		if err != nil {
			return out, fmt.Errorf("ways in of a person: %w", err)
		}
		out.Keys, out.Accounts, out.Closed = out.Keys+keys, out.Accounts+accounts, out.Closed || ended != 0
	}
	return out, nil
}

const endCodes = `UPDATE code_way SET ended_at = $3 WHERE org_id = $1 AND holder = $2 AND ended_at = 0`

// DropWays closes the sessions of a file's person and takes the keys of their devices
// and their linked accounts away, and sends them codes no more. n is how many there were. Their
// card is not here: see the package card.
func (s *Service) DropWays(tx *db.Tx, org, file core.ID) (n int64, err error) {
	if err := s.CloseSessionsOf(tx, org, file); err != nil {
		return 0, err
	}
	holder, err := HolderOf(tx, org, file)
	if err != nil || holder == "" {
		return 0, err
	}
	keys, err := tx.Exec(deletePasskeys, org, OwnerHolder, holder)
	if err != nil {
		return 0, fmt.Errorf("drop keys: %w", err)
	}
	accounts, err := tx.Exec(deleteFederated, org, OwnerHolder, holder)
	if err != nil {
		return 0, fmt.Errorf("drop linked accounts: %w", err)
	}
	codes, err := tx.Exec(endCodes, org, holder, tx.Now())
	if err != nil {
		return 0, fmt.Errorf("drop where codes go: %w", err)
	}
	return keys + accounts + codes, nil
}

// EndWays is DropWays for somebody who died: from then on nothing opens a session in
// their name, whatever it proves, until OpenWays. A worker at whose side they sit
// still opens their space: the file itself says whether that may be.
func (s *Service) EndWays(tx *db.Tx, org, file core.ID) error {
	holder, err := s.MakeHolder(tx, org, file)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(endHolder, org, holder, tx.Now()); err != nil { // before the sessions: one that opens now waits for it
		return fmt.Errorf("end the ways in of a person: %w", err)
	}
	_, err = s.DropWays(tx, org, file)
	return err
}

// OpenWays lets a holder in again: a card was made for them, at the counter.
func (s *Service) OpenWays(tx *db.Tx, org, holder core.ID) error {
	if _, err := tx.Exec(endHolder, org, holder, 0); err != nil {
		return fmt.Errorf("open the ways in of a person: %w", err)
	}
	return nil
}

// mayEnter refuses who has no way in any more.
func mayEnter(tx *db.Tx, a core.Actor, e Entry) error {
	if a.Kind != core.ActorPerson || e.Beside != "" {
		return nil
	}
	var ended int64
	err := tx.QueryRow(lockHolder, a.Org, a.ID).Scan(&ended)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("whether a person may enter: %w", err)
	}
	if ended != 0 {
		return errs.New(errs.Forbidden, "errs.signin.closed")
	}
	return nil
}
