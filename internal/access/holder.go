package access

import (
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Owners of keys: what a row's owner_kind says.
const (
	OwnerWorker = ownerWorker
	OwnerHolder = "holder"
)

const (
	holderOfPerson = `SELECT id FROM holder WHERE org_id = $1 AND person = $2`
	personOfHolder = `SELECT person FROM holder WHERE org_id = $1 AND id = $2`
	insertHolder   = `INSERT INTO holder (org_id, id, person, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
)

// HolderOf is the human behind a person's file: who holds a card and keys. "" when
// nothing was ever made for them.
func HolderOf(q db.Querier, org, person core.ID) (core.ID, error) {
	var id core.ID
	err := q.QueryRow(holderOfPerson, org, person).Scan(&id)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("holder of a person: %w", err)
	}
	return id, nil
}

// PersonOf is the file that a holder enters, "" when there is no such holder.
func PersonOf(q db.Querier, org, holder core.ID) (core.ID, error) {
	var id core.ID
	err := q.QueryRow(personOfHolder, org, holder).Scan(&id)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("person of a holder: %w", err)
	}
	return id, nil
}

// MakeHolder is HolderOf, made at the first card or key.
func (s *Service) MakeHolder(tx *db.Tx, org, person core.ID) (core.ID, error) {
	id, err := HolderOf(tx, org, person)
	if err != nil || id != "" {
		return id, err
	}
	if id, err = s.newID(); err != nil {
		return "", err
	}
	if _, err := tx.Exec(insertHolder, org, id, person, tx.Now()); err != nil {
		return "", fmt.Errorf("make a holder: %w", err)
	}
	return HolderOf(tx, org, person) // somebody may have been first
}
