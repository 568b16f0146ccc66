package access

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// This file is what the ways in that live in the packages below stand on: each
// proves somebody in its own manner, then asks Enter for a session. Nothing else
// may call these.

// Entry says how somebody came in.
type Entry struct {
	Way    string  // WayPasskey…
	Beside core.ID // the worker at whose side a person's session opens
	Leave  string  // what leaving the issuer that proved them will ask for; "" otherwise
}

// Enter opens a session for an actor whose identity has just been proved, in the
// caller's transaction, where nothing may follow but the commit. token is the
// cookie's value. Forbidden for a person whose ways in are closed (EndWays).
func (s *Service) Enter(ctx context.Context, tx *db.Tx, actor core.Actor, client Client, e Entry) (token string, err error) {
	return s.insertSession(ctx, tx, actor, client, e)
}

const leaveHint = `SELECT id, way, federated FROM session WHERE token_hash = $1 AND closed_at IS NULL`

// LeaveHint is the way and the Entry.Leave of an open session, "" when it has none.
func (s *Service) LeaveHint(ctx context.Context, token string) (way, leave string, err error) {
	hash, ok := hashToken(token)
	if !ok {
		return "", "", nil
	}
	var id core.ID
	var sealed []byte
	err = s.db.Read(ctx, func(q db.Querier) error { return q.QueryRow(leaveHint, hash).Scan(&id, &way, &sealed) })
	if errors.Is(err, db.ErrNoRows) || (err == nil && sealed == nil) {
		return way, "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("how a session opened: %w", err)
	}
	leave, err = s.fields.OpenString("session", "federated", string(id), sealed)
	return way, leave, err
}

// SpendInvitation takes the place of a password at the link of an invitation: NotFound
// when the link does not open.
func (s *Service) SpendInvitation(tx *db.Tx, token string) (org, worker core.ID, err error) {
	i, err := s.readInvite(tx, token)
	if err != nil {
		return "", "", err
	}
	if i.kind == inviteSetUp {
		return "", "", errLink()
	}
	return i.org, i.worker, spendInvite(tx, i)
}

const invitationOf = `SELECT i.token_hash, i.org_id, i.worker FROM worker w JOIN invite i ON i.org_id = w.org_id AND i.worker = w.id
WHERE w.login = $1 AND w.active = 1 AND i.kind = 'join' AND i.used_at IS NULL AND i.ends_at > $2`

// SpendInvitationOf is SpendInvitation for somebody who was invited under an address
// that somebody else has verified, and has not come yet; worker is "" when nobody was.
func (s *Service) SpendInvitationOf(tx *db.Tx, address string) (org, worker core.ID, err error) {
	var i invite
	err = tx.QueryRow(invitationOf, canonicalLogin(address), tx.Now()).Scan(&i.hash, &i.org, &i.worker)
	if errors.Is(err, db.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find an invitation: %w", err)
	}
	return i.org, i.worker, spendInvite(tx, i)
}

// WorkerActor is who an active worker is, for Enter; ok is false when there is no
// such worker, or no longer.
func (s *Service) WorkerActor(q db.Querier, org, worker core.ID, aal int) (actor core.Actor, ok bool, err error) {
	var who account
	err = q.QueryRow(workerByID, org, worker).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active)
	if errors.Is(err, db.ErrNoRows) {
		return core.Actor{}, false, nil
	}
	if err != nil {
		return core.Actor{}, false, fmt.Errorf("read a worker: %w", err)
	}
	return who.actor(aal), who.active, nil
}

// Hold is an attempt that counts as failed until Release.
type Hold []brake

// HoldNow counts an attempt before it is made, under a name (a login, a card) that
// free failures are forgiven to, and under the client's network. TooMany, with the
// minutes to wait, while either is held.
func (s *Service) HoldNow(ctx context.Context, kind, name string, client Client) (Hold, error) {
	h := Hold(s.brakesOf("brake "+kind, name, client))
	return h, s.brakeNow(ctx, h)
}

// Release takes the failure back, in the transaction of the success.
func (s *Service) Release(tx *db.Tx, h Hold) error { return s.ease(tx, h, true) }

// Forget forgets the failures counted under a name: the one who has it proved who they
// are, in the transaction of that success. Their network keeps its own.
func (s *Service) Forget(tx *db.Tx, kind, name string, client Client) error {
	return s.ease(tx, s.brakesOf("brake "+kind, name, client), true)
}

// Failed writes the line of a refused attempt: in the tree of the organisation
// when it is known, in the installation's otherwise. The same work both times.
func (s *Service) Failed(ctx context.Context, org core.ID, e journal.Event, cause string) error {
	e.Kind, e.Detail = "session.failed", map[string]string{"cause": cause}
	err := s.db.Tx(ctx, func(tx *db.Tx) error { return s.journal.Record(as(ctx, org), tx, e) })
	if err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return nil
}

// maxState bounds a sealed state, which a cookie carries.
const maxState = 3000

// sealedState is what SealState wraps.
type sealedState struct {
	Until int64           `json:"u"`
	Value json.RawMessage `json:"v"`
}

// SealState wraps a value that somebody carries between two steps (a challenge, a
// sign-in elsewhere): nobody else can read, change or make it, it opens only for
// the same purpose and what it is bound to (a browser's cookie, a session), and for
// life. Nothing is stored.
func (s *Service) SealState(purpose, bound string, value any, life time.Duration) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("seal a state: %w", err)
	}
	plain, err := json.Marshal(sealedState{Until: s.now() + life.Microseconds(), Value: raw})
	if err != nil {
		return "", fmt.Errorf("seal a state: %w", err)
	}
	sealed, err := s.fields.Seal("state", purpose, bound, plain)
	if err != nil {
		return "", fmt.Errorf("seal a state: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// OpenState reads into value what SealState wrapped. Unauthenticated with key
// errs.signin.again when it is not one, is bound elsewhere or is too old.
func (s *Service) OpenState(purpose, bound, state string, value any) error {
	over := errs.New(errs.Unauthenticated, "errs.signin.again")
	if len(state) > maxState {
		return over
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil {
		return over
	}
	plain, err := s.fields.Open("state", purpose, bound, sealed)
	if err != nil {
		return over
	}
	var st sealedState
	if err := json.Unmarshal(plain, &st); err != nil || s.now() >= st.Until {
		return over
	}
	if err := json.Unmarshal(st.Value, value); err != nil {
		return over
	}
	return nil
}

const spend = `INSERT INTO spent (key, ends_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`

// Spend makes sure that something serves once: Unauthenticated the second time
// within life, after which it must be refused by its own age.
func (s *Service) Spend(tx *db.Tx, purpose, thing string, life time.Duration) error {
	sum := sha256.Sum256([]byte("parvis spent\x00" + purpose + "\x00" + thing))
	n, err := tx.Exec(spend, hex.EncodeToString(sum[:]), tx.Now()+life.Microseconds())
	if err != nil {
		return fmt.Errorf("spend: %w", err)
	}
	if n == 0 {
		return errs.New(errs.Unauthenticated, "errs.signin.again")
	}
	return nil
}

// brakesOf are those of one attempt under a name of a kind, in the order in which
// their rows are locked.
func (s *Service) brakesOf(kind, name string, client Client) []brake {
	all := []brake{
		{key: hex.EncodeToString(s.mac(kind, name)), free: freeByLogin},
		{key: hex.EncodeToString(s.mac("brake network", client.network())), free: freeByNetwork, forgets: networkForgets},
	}
	slices.SortFunc(all, func(a, b brake) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	return all
}

// NewID makes an identifier of this instant.
func (s *Service) NewID() (core.ID, error) { return s.newID() }

// CloseSessionsOf closes every session of somebody, at a worker's side too.
func (s *Service) CloseSessionsOf(tx *db.Tx, org, owner core.ID) error {
	_, err := closeSessions(tx, org, owner, "")
	return err
}
