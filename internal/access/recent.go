package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// The ways in, as a session and its line of the journal name them.
const (
	WayPassword = "password+totp"
	WayPasskey  = "passkey"
	WayDemo     = "demo"
	WayBeside   = "beside"
)

// proofKey finds in a context what the session knows of its holder's last proof.
type proofKey struct{}

type proof struct {
	at     int64 // µs UTC
	way    string
	beside core.ID
}

// Recent is the second line of a grave gesture (joining two files, taking a copy
// out, changing a role, approving a reset, making a card): nil when the session's
// holder proved who they are within Options.Recent. Otherwise an error that Stale
// tells: the page asks for a proof, then comes back with what was typed. The
// program itself and an access token have no session, and pass: the scopes of
// tokens hold none of these gestures.
func (s *Service) Recent(ctx context.Context) error {
	p, ok := ctx.Value(proofKey{}).(proof)
	if !ok || s.now()-p.at <= s.opt.Recent.Microseconds() {
		return nil
	}
	return errs.New(errs.Forbidden, "errs.signin.recent")
}

// Stale tells the error of Recent.
func Stale(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Key == "errs.signin.recent"
}

// OwnKeys is what a gesture on one's own ways in asks besides its permission: the
// session is the holder's alone. Beside a worker nobody adds a key, else whoever sat
// at the screen could come back alone; and a session of one factor makes no key,
// which would open the next one with two.
func (s *Service) OwnKeys(ctx context.Context) error {
	switch a := core.ActorFrom(ctx); {
	case a.AAL >= 2:
	case a.Kind == core.ActorPerson:
		return errs.New(errs.Forbidden, "access.error.second_factor_person")
	default:
		return errs.New(errs.Forbidden, "access.error.second_factor")
	}
	if p, ok := ctx.Value(proofKey{}).(proof); ok && p.beside != "" {
		return errs.New(errs.Forbidden, "errs.signin.beside")
	}
	return s.Recent(ctx)
}

// idle is how long a session may rest unused, by its assurance.
func (s *Service) idle(aal int) time.Duration {
	if aal < 2 {
		return s.opt.IdleOne
	}
	return s.opt.Idle
}

// life is how long a session lasts whatever happens.
func (s *Service) life(aal int, e Entry) time.Duration {
	switch {
	case e.Beside != "":
		return s.opt.Beside
	case aal < 2:
		return s.opt.AbsoluteOne
	}
	return s.opt.Absolute
}

const renewSession = `UPDATE session SET token_hash = $5, proved_at = $6, touched_at = $6
WHERE org_id = $1 AND actor = $2 AND id = $3 AND closed_at IS NULL AND beside = $4`

// Renew writes that the actor has just proved who they are, in the caller's
// transaction, and gives their session another token: the one before stops at
// once. way says how, for the journal. NotFound when the session is closed, or was
// opened at a worker's side.
func (s *Service) Renew(ctx context.Context, tx *db.Tx, way string) (token string, err error) {
	a := core.ActorFrom(ctx)
	if token, err = s.newToken(); err != nil {
		return "", err
	}
	hash, _ := hashToken(token)
	n, err := tx.Exec(renewSession, a.Org, a.ID, a.Session, "", hash, tx.Now())
	if err != nil {
		return "", fmt.Errorf("renew a session: %w", err)
	}
	if n == 0 {
		return "", errs.New(errs.NotFound, "access.error.not_found")
	}
	e := journal.Event{Kind: "session.prove", Object: "session", ObjectID: a.Session, Detail: map[string]string{"way": way}}
	if a.Kind == core.ActorPerson {
		e.Subjects = []core.ID{a.ID}
	}
	return token, s.journal.Record(ctx, tx, e)
}

// ProveCode renews the session of a worker who types the code of their
// application. Errors: Invalid on the field code; TooMany.
func (s *Service) ProveCode(ctx context.Context, code string, client Client) (token string, err error) {
	if err := s.Can(ctx, AccountUse, Here(ctx)); err != nil {
		return "", err
	}
	a := core.ActorFrom(ctx)
	if !a.Kind.Member() {
		return "", errs.New(errs.Forbidden, "access.error.forbidden")
	}
	var login, name, org string
	if err := s.db.Read(ctx, func(q db.Querier) error { return q.QueryRow(loginByID, a.Org, a.ID).Scan(&login, &name, &org) }); err != nil {
		return "", fmt.Errorf("prove: %w", err)
	}
	brakes := s.brakes(login, client)
	if err := s.brakeNow(ctx, brakes); err != nil {
		return "", err
	}
	who := account{org: a.Org, id: a.ID}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := s.useCode(tx, who, code); err != nil {
			return err
		}
		if err := s.ease(tx, brakes, true); err != nil {
			return err
		}
		token, err = s.Renew(ctx, tx, WayPassword)
		return err
	})
	if errors.Is(err, errCode) {
		if err := s.recordFailure(ctx, who, "code"); err != nil {
			return "", err
		}
		return "", errs.New(errs.Invalid, "access.error.wrong_code").On("code")
	}
	if err != nil {
		return "", fmt.Errorf("prove: %w", err)
	}
	return token, nil
}

// ProveDemo renews the session of a visitor of the demonstration, who has nothing
// to prove. Anywhere else it is NotFound.
func (s *Service) ProveDemo(ctx context.Context) (token string, err error) {
	p, ok := ctx.Value(proofKey{}).(proof)
	if !ok || !s.opt.Demo || p.way != WayDemo {
		return "", errs.New(errs.NotFound, "access.error.not_found")
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		token, err = s.Renew(ctx, tx, WayDemo)
		return err
	})
	return token, err
}

// Proofs are the ways by which the actor may prove who they are, besides keys.
type Proofs struct {
	Code bool // a worker's application shows codes
	Demo bool // nothing to prove
}

// Proofs says which ones the actor has.
func (s *Service) Proofs(ctx context.Context) (Proofs, error) {
	if err := s.Can(ctx, AccountUse, Here(ctx)); err != nil {
		return Proofs{}, err
	}
	a := core.ActorFrom(ctx)
	p, _ := ctx.Value(proofKey{}).(proof)
	out := Proofs{Demo: s.opt.Demo && p.way == WayDemo}
	if a.Kind == core.ActorPerson {
		return out, nil
	}
	err := s.db.Read(ctx, func(q db.Querier) error {
		c, err := s.readCredential(q, a.Org, a.ID, kindTOTP)
		out.Code = c != nil
		return err
	})
	return out, err
}
