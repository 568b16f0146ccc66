package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/vault/lock"
)

// The kinds of unlocks.
const (
	unlockCard  = "card"
	unlockHouse = "house"
)

// useCard is what a card's secret is turned into a key for.
const useCard = "parvis papers card v1"

const (
	selectKey    = `SELECT id, public_key FROM vault_key WHERE org_id = $1 AND holder = $2 AND ended_at = 0 ORDER BY made_at DESC, id DESC LIMIT 1`
	keysOf       = `SELECT id FROM vault_key WHERE org_id = $1 AND holder = $2 ORDER BY made_at, id LIMIT 20`
	insertKey    = `INSERT INTO vault_key (org_id, id, holder, public_key, made_at, ended_at) VALUES ($1, $2, $3, $4, $5, 0)`
	selectUnlock = `SELECT id, ref, wrapped FROM vault_unlock WHERE org_id = $1 AND key_id = $2 AND kind = $3 ORDER BY made_at DESC, id DESC LIMIT 10`
	insertUnlock = `INSERT INTO vault_unlock (org_id, id, key_id, kind, ref, wrapped, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	deleteUnlock = `DELETE FROM vault_unlock WHERE org_id = $1 AND kind = $2 AND ref = $3`
)

// personKey is the public half of a person's key.
type personKey struct {
	id     core.ID
	public lock.Public
}

// keyOf is the key that locks a holder's new papers; id is "" when there is none yet.
func keyOf(q db.Querier, org, holder core.ID) (personKey, error) {
	var k personKey
	if holder == "" {
		return k, nil
	}
	err := q.QueryRow(selectKey, org, holder).Scan(&k.id, &k.public)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return k, fmt.Errorf("read a person's key: %w", err)
	}
	return k, nil
}

// keyOfPerson is keyOf for a file.
func keyOfPerson(q db.Querier, org, person core.ID) (personKey, error) {
	holder, err := access.HolderOf(q, org, person)
	if err != nil {
		return personKey{}, err
	}
	return keyOf(q, org, holder)
}

// makeKey draws a person's key, with the unlock of the house. The private half is given
// back so that a card can be added at once.
func (s *Service) makeKey(tx *db.Tx, org, holder core.ID) (personKey, lock.Private, error) {
	key, err := lock.NewPrivate()
	if err != nil {
		return personKey{}, key, err
	}
	k := personKey{public: key.Public()}
	if k.id, err = s.Cases.NewID(); err != nil {
		return k, key, err
	}
	if _, err := tx.Exec(insertKey, org, k.id, holder, k.public, tx.Now()); err != nil {
		return k, key, fmt.Errorf("keep a person's key: %w", err)
	}
	h, err := s.makeHouse(tx, org)
	if err != nil {
		return k, key, err
	}
	return k, key, s.addUnlock(tx, org, k.id, unlockHouse, h.id, key, h.public)
}

func (s *Service) addUnlock(tx *db.Tx, org, key core.ID, kind string, ref core.ID, private lock.Private, to lock.Public) error {
	wrapped, err := lock.Wrap(private, to)
	if err != nil {
		return err
	}
	id, err := s.Cases.NewID()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(insertUnlock, org, id, key, kind, ref, wrapped, tx.Now()); err != nil {
		return fmt.Errorf("keep an unlock: %w", err)
	}
	return nil
}

// houseUnlock opens a person's key with the organisation's; the zero key when the house
// has no such unlock any more.
func (s *Service) houseUnlock(q db.Querier, org, key core.ID) (lock.Private, error) {
	var id, ref core.ID
	var wrapped []byte
	err := q.QueryRow(selectUnlock, org, key, unlockHouse).Scan(&id, &ref, &wrapped)
	if errors.Is(err, db.ErrNoRows) {
		return lock.Private{}, nil
	}
	if err != nil {
		return lock.Private{}, fmt.Errorf("read an unlock: %w", err)
	}
	h, err := readHouse(q.QueryRow(houseByID, org, ref))
	if err != nil {
		return lock.Private{}, err
	}
	own, err := s.openHouse(h)
	if err != nil {
		return lock.Private{}, err
	}
	return lock.Unwrap(wrapped, own)
}

// CardMade gives a new card its unlock: the person's key is made with their first card.
// A card that replaces another gets one through the house's. It is called in the
// transaction that makes the card.
func (s *Service) CardMade(tx *db.Tx, org, holder, card core.ID, unlock []byte) error {
	with, err := lock.Derive(unlock, useCard)
	if err != nil {
		return err
	}
	current, err := keyOf(tx, org, holder)
	if err != nil {
		return err
	}
	if current.id == "" {
		made, private, err := s.makeKey(tx, org, holder)
		if err != nil {
			return err
		}
		return s.addUnlock(tx, org, made.id, unlockCard, card, private, with.Public())
	}
	var keys []core.ID
	rows, err := tx.Query(keysOf, org, holder)
	if err := db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		keys = append(keys, id)
		return err
	}); err != nil {
		return fmt.Errorf("read a person's keys: %w", err)
	}
	for _, key := range keys {
		private, err := s.houseUnlock(tx, org, key)
		if err != nil {
			return err
		}
		if private.IsZero() {
			continue // the keepers of the recovery open it, not this card
		}
		if err := s.addUnlock(tx, org, key, unlockCard, card, private, with.Public()); err != nil {
			return err
		}
	}
	return nil
}

// CardEnded takes a card's unlocks away.
func (s *Service) CardEnded(tx *db.Tx, org, _, card core.ID) error {
	if _, err := tx.Exec(deleteUnlock, org, unlockCard, card); err != nil {
		return fmt.Errorf("end a card's unlocks: %w", err)
	}
	return nil
}

// CardUsed opens a person's papers for the session that their card has just opened or
// renewed. What cannot be opened stays closed, and the page says so: nobody is kept out of
// their space for it.
func (s *Service) CardUsed(ctx context.Context, org, holder, card, session core.ID, unlock []byte) {
	if err := s.cardUsed(ctx, org, holder, card, session, unlock); err != nil {
		s.Log.Error("papers stay closed", "org", org, "session", session, "err", err)
	}
}

func (s *Service) cardUsed(ctx context.Context, org, holder, card, session core.ID, unlock []byte) error {
	with, err := lock.Derive(unlock, useCard)
	if err != nil {
		return err
	}
	var keys map[core.ID]lock.Private
	read := func(q db.Querier) error {
		keys = map[core.ID]lock.Private{}
		var all []core.ID
		rows, err := q.Query(keysOf, org, holder)
		if err := db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			err := r.Scan(&id)
			all = append(all, id)
			return err
		}); err != nil {
			return fmt.Errorf("read a person's keys: %w", err)
		}
		for _, key := range all {
			rows, err := q.Query(selectUnlock, org, key, unlockCard)
			if err := db.Each(rows, err, func(r *db.Rows) error {
				var id, ref core.ID
				var wrapped []byte
				if err := r.Scan(&id, &ref, &wrapped); err != nil || ref != card {
					return err
				}
				private, err := lock.Unwrap(wrapped, with)
				if err != nil {
					return err
				}
				keys[key] = private
				return nil
			}); err != nil {
				return fmt.Errorf("read the unlocks of a card: %w", err)
			}
		}
		return nil
	}
	if err := s.Cases.DB.Read(ctx, read); err != nil {
		return err
	}
	if len(keys) == 0 { // a card of before there were papers
		err := s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
			if err := s.CardMade(tx, org, holder, card, unlock); err != nil {
				return err
			}
			return read(tx)
		})
		if err != nil {
			return err
		}
	}
	s.opened.put(session, keys)
	return nil
}

// opened are the private keys of the sessions under way, in memory alone.
type opened struct {
	clock clock.Clock
	mu    sync.Mutex
	by    map[core.ID]*openedSession
}

type openedSession struct {
	keys map[core.ID]lock.Private
	used time.Time
	made time.Time
}

// How long keys stay in memory: unused, and in all. Sessions end no later.
const (
	openIdle = 30 * time.Minute
	openLife = 12 * time.Hour
)

func newOpened(c clock.Clock) *opened {
	return &opened{clock: c, by: map[core.ID]*openedSession{}}
}

func (o *opened) put(session core.ID, keys map[core.ID]lock.Private) {
	now := o.clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sweep(now)
	o.by[session] = &openedSession{keys: keys, used: now, made: now}
}

func (o *opened) sweep(now time.Time) {
	for id, s := range o.by {
		if now.Sub(s.used) > openIdle || now.Sub(s.made) > openLife {
			delete(o.by, id)
		}
	}
}

func (o *opened) get(session, key core.ID) (lock.Private, bool) {
	now := o.clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sweep(now)
	s := o.by[session]
	if s == nil {
		return lock.Private{}, false
	}
	s.used = now
	k, ok := s.keys[key]
	return k, ok
}

// Forget closes the papers of a session: their person left it.
func (s *Service) Forget(session core.ID) {
	s.opened.mu.Lock()
	defer s.opened.mu.Unlock()
	delete(s.opened.by, session)
}

// locked is what is said while the papers are closed: the page asks for the card.
func locked() error { return errs.New(errs.Forbidden, "errs.papers.locked") }

// Locked tells the error of papers that are closed.
func Locked(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Key == "errs.papers.locked"
}

// private is the key of the person who is in, for one of their keys.
func (s *Service) private(ctx context.Context, q db.Querier, key core.ID) (lock.Private, error) {
	a := core.ActorFrom(ctx)
	if a.Kind != core.ActorPerson {
		return lock.Private{}, errs.New(errs.Forbidden, "access.error.forbidden")
	}
	if k, ok := s.opened.get(a.Session, key); ok {
		return k, nil
	}
	if s.Demo {
		k, err := s.houseUnlock(q, a.Org, key)
		if err != nil || !k.IsZero() {
			return k, err
		}
	}
	return lock.Private{}, locked()
}
