package vault

import (
	"errors"
	"fmt"
	"sync"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/vault/lock"
)

// houses remembers the organisations' keys that the seal unlocked, and their teams'.
type houses struct {
	mu    sync.Mutex
	house map[core.ID]lock.Private // by the id of the row
	team  map[string]lock.Private  // by organisation and team
}

func newHouses() *houses {
	return &houses{house: map[core.ID]lock.Private{}, team: map[string]lock.Private{}}
}

const (
	selectHouse = `SELECT id, public_key, wrapped, seal FROM vault_house WHERE org_id = $1 ORDER BY made_at DESC, id DESC LIMIT 1 /* every row: one, or a few */`
	houseByID   = `SELECT id, public_key, wrapped, seal FROM vault_house WHERE org_id = $1 AND id = $2`
	insertHouse = `INSERT INTO vault_house (org_id, id, public_key, wrapped, seal, made_at) VALUES ($1, $2, $3, $4, $5, $6)`
	resealHouse = `UPDATE vault_house SET wrapped = $3, seal = $4 WHERE org_id = $1 AND id = $2`

	selectTeam = `SELECT house_id, public_key, wrapped FROM vault_team WHERE org_id = $1 AND team_id = $2`
	insertTeam = `INSERT INTO vault_team (org_id, team_id, house_id, public_key, wrapped, made_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
)

// houseRow is a stored key of an organisation.
type houseRow struct {
	id      core.ID
	public  lock.Public
	wrapped []byte
	seal    lock.Public
}

func readHouse(r db.Row) (houseRow, error) {
	var h houseRow
	err := r.Scan(&h.id, &h.public, &h.wrapped, &h.seal)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		err = fmt.Errorf("read the organisation's key: %w", err)
	}
	return h, err
}

// makeHouse is the organisation's key, made the first time that it is needed.
func (s *Service) makeHouse(tx *db.Tx, org core.ID) (houseRow, error) {
	h, err := readHouse(tx.QueryRow(selectHouse, org))
	if !errors.Is(err, db.ErrNoRows) {
		return h, err
	}
	key, err := lock.NewPrivate()
	if err != nil {
		return h, err
	}
	if h.id, err = s.Cases.NewID(); err != nil {
		return h, err
	}
	h.public, h.seal = key.Public(), s.Seal.key.Public()
	if h.wrapped, err = lock.Wrap(key, h.seal); err != nil {
		return h, err
	}
	if _, err := tx.Exec(insertHouse, org, h.id, h.public, h.wrapped, h.seal, tx.Now()); err != nil {
		return h, fmt.Errorf("keep the organisation's key: %w", err)
	}
	return h, nil
}

// openHouse unlocks an organisation's key with the seal. errs.Unavailable with key
// errs.papers.sealed when another seal locked it.
func (s *Service) openHouse(h houseRow) (lock.Private, error) {
	s.houses.mu.Lock()
	key, known := s.houses.house[h.id]
	s.houses.mu.Unlock()
	if known {
		return key, nil
	}
	with := s.Seal.key
	if h.seal == s.Seal.plain.Public() {
		with = s.Seal.plain
	}
	key, err := lock.Unwrap(h.wrapped, with)
	if err != nil {
		return key, errs.Wrap(errs.Unavailable, "errs.papers.sealed", fmt.Errorf("another seal locked the organisation's key: %w", err))
	}
	s.houses.mu.Lock()
	defer s.houses.mu.Unlock()
	s.houses.house[h.id] = key
	return key, nil
}

// reseal locks an organisation's key again when it was locked before a seal was kept
// apart.
func (s *Service) reseal(tx *db.Tx, org core.ID) error {
	h, err := readHouse(tx.QueryRow(selectHouse, org))
	if errors.Is(err, db.ErrNoRows) || err == nil && h.seal == s.Seal.key.Public() {
		return nil
	}
	if err != nil {
		return err
	}
	key, err := s.openHouse(h)
	if err != nil {
		return err
	}
	wrapped, err := lock.Wrap(key, s.Seal.key.Public())
	if err != nil {
		return err
	}
	if _, err := tx.Exec(resealHouse, org, h.id, wrapped, s.Seal.key.Public()); err != nil {
		return fmt.Errorf("seal the organisation's key again: %w", err)
	}
	return nil
}

// teamPublic is the public key of a team, made the first time that it is needed.
func (s *Service) teamPublic(tx *db.Tx, org, team core.ID) (lock.Public, error) {
	var house core.ID
	var public lock.Public
	var wrapped []byte
	err := tx.QueryRow(selectTeam, org, team).Scan(&house, &public, &wrapped)
	if err == nil {
		return public, nil
	}
	if !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("read a team's key: %w", err)
	}
	h, err := s.makeHouse(tx, org)
	if err != nil {
		return "", err
	}
	key, err := lock.NewPrivate()
	if err != nil {
		return "", err
	}
	if wrapped, err = lock.Wrap(key, h.public); err != nil {
		return "", err
	}
	if _, err := tx.Exec(insertTeam, org, team, h.id, key.Public(), wrapped, tx.Now()); err != nil {
		return "", fmt.Errorf("keep a team's key: %w", err)
	}
	if err := tx.QueryRow(selectTeam, org, team).Scan(&house, &public, &wrapped); err != nil { // somebody may have been first
		return "", fmt.Errorf("read a team's key: %w", err)
	}
	return public, nil
}

// openTeam unlocks a team's key.
func (s *Service) openTeam(q db.Querier, org, team core.ID) (lock.Private, error) {
	at := string(org) + " " + string(team)
	s.houses.mu.Lock()
	key, known := s.houses.team[at]
	s.houses.mu.Unlock()
	if known {
		return key, nil
	}
	var house core.ID
	var public lock.Public
	var wrapped []byte
	err := q.QueryRow(selectTeam, org, team).Scan(&house, &public, &wrapped)
	if errors.Is(err, db.ErrNoRows) {
		return key, gone()
	}
	if err != nil {
		return key, fmt.Errorf("read a team's key: %w", err)
	}
	h, err := readHouse(q.QueryRow(houseByID, org, house))
	if err != nil {
		return key, err
	}
	own, err := s.openHouse(h)
	if err != nil {
		return key, err
	}
	if key, err = lock.Unwrap(wrapped, own); err != nil {
		return key, fmt.Errorf("unlock a team's key: %w", err)
	}
	s.houses.mu.Lock()
	defer s.houses.mu.Unlock()
	s.houses.team[at] = key
	return key, nil
}
