package access

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// challengeLife is how long somebody has, after the password, to type the code.
const challengeLife = 10 * time.Minute

// Credentials is what the first page of sign-in sends.
type Credentials struct {
	Login    string
	Password secret.String
}

// errNotThem is the one answer to a wrong login, a wrong password, an account
// without password and an inactive one.
func errNotThem() error { return errs.New(errs.Unauthenticated, "access.error.wrong_password") }

const workerByLogin = `SELECT org_id, id, name, works, welcomes, active FROM worker WHERE login = $1`

// account is a worker as sign-in sees them; the zero account is nobody.
type account struct {
	org, id core.ID
	name    string
	works   bool
	welcome bool // at the desk
	active  bool
}

func (a account) actor(aal int) core.Actor {
	return core.Actor{Kind: kindOf(a.works, a.welcome), ID: a.id, Org: a.org, AAL: aal}
}

// SignIn checks a login and a password. It returns the challenge that Confirm
// wants with the second factor's code; keep it in a hidden field. Errors:
// Unauthenticated with the same sentence whatever was wrong; TooMany with the
// minutes to wait, known login or not.
func (s *Service) SignIn(ctx context.Context, c Credentials, client Client) (challenge string, err error) {
	login := canonicalLogin(c.Login)
	brakes := s.brakes(login, client)
	if err := s.brakeNow(ctx, brakes); err != nil {
		return "", err
	}
	var who account
	var password *credential
	err = s.db.Read(ctx, func(q db.Querier) error {
		err := q.QueryRow(workerByLogin, login).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		password, err = s.readCredential(q, who.org, who.id, kindPassword)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	phc := ""
	if password != nil && who.active {
		phc = password.data
	}
	ok, stale, err := s.verifyPassword(ctx, c.Password.Reveal(), phc)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if !ok {
		if err := s.recordFailure(ctx, who, "password"); err != nil {
			return "", err
		}
		return "", errNotThem()
	}
	renewed := ""
	if stale {
		if renewed, err = s.hashPassword(ctx, c.Password.Reveal()); err != nil {
			return "", fmt.Errorf("sign in: %w", err)
		}
	}
	id := password.id
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if renewed != "" {
			if err := s.replaceCredential(tx, who.org, who.id, kindPassword, []byte(renewed), 0); err != nil {
				return err
			}
			now, err := s.readCredential(tx, who.org, who.id, kindPassword)
			if err != nil {
				return err
			}
			id = now.id
		}
		return s.ease(tx, brakes, false)
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	return s.newChallenge(challengeData{org: who.org, worker: who.id, password: id, login: login, until: s.now() + challengeLife.Microseconds()}), nil
}

// recordFailure writes one line, in the tree of the organisation when the login is
// known, in the installation's otherwise: the same work both times.
func (s *Service) recordFailure(ctx context.Context, who account, cause string) error {
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		e := journal.Event{Kind: "session.failed", Detail: map[string]string{"cause": cause}}
		if who.id != "" {
			e.Object, e.ObjectID = "worker", who.id
		}
		return s.journal.Record(as(ctx, who.org), tx, e)
	})
	if err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return nil
}

// challengeData says whose password was right, which one, and until when that
// counts. It travels signed; nothing is stored.
type challengeData struct {
	org, worker, password core.ID
	login                 string
	until                 int64
}

func (s *Service) newChallenge(c challengeData) string {
	text := strings.Join([]string{string(c.org), string(c.worker), string(c.password), strconv.FormatInt(c.until, 10), c.login}, "\n")
	b64 := base64.RawURLEncoding
	return b64.EncodeToString([]byte(text)) + "." + b64.EncodeToString(s.mac("challenge v1", text))
}

func (s *Service) readChallenge(challenge string) (challengeData, error) {
	over := errs.New(errs.Unauthenticated, "access.error.challenge")
	text64, sig64, ok := strings.Cut(challenge, ".")
	if !ok || len(challenge) > 2048 {
		return challengeData{}, over
	}
	text, err := base64.RawURLEncoding.DecodeString(text64)
	if err != nil {
		return challengeData{}, over
	}
	sig, err := base64.RawURLEncoding.DecodeString(sig64)
	if err != nil || !hmac.Equal(sig, s.mac("challenge v1", string(text))) {
		return challengeData{}, over
	}
	parts := strings.SplitN(string(text), "\n", 5)
	if len(parts) != 5 {
		return challengeData{}, over
	}
	until, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || s.now() >= until {
		return challengeData{}, over
	}
	return challengeData{org: core.ID(parts[0]), worker: core.ID(parts[1]), password: core.ID(parts[2]), until: until, login: parts[4]}, nil
}

const workerByID = `SELECT org_id, id, name, works, welcomes, active FROM worker WHERE org_id = $1 AND id = $2`

// Confirm checks the code of the second factor and opens the session: token is the
// cookie's value, to be sent once and never stored. Errors: Unauthenticated with
// key access.error.wrong_code (wrong, too old, already used), or
// access.error.challenge (begin again); TooMany.
func (s *Service) Confirm(ctx context.Context, challenge, code string, client Client) (token string, err error) {
	c, err := s.readChallenge(challenge)
	if err != nil {
		return "", err
	}
	brakes := s.brakes(c.login, client)
	if err := s.brakeNow(ctx, brakes); err != nil {
		return "", err
	}
	again := errs.New(errs.Unauthenticated, "access.error.challenge")
	wrong := errs.New(errs.Unauthenticated, "access.error.wrong_code").On("code")
	var who account
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(workerByID, c.org, c.worker).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active)
		if errors.Is(err, db.ErrNoRows) {
			return again
		}
		if err != nil {
			return err
		}
		password, err := s.readCredential(tx, c.org, c.worker, kindPassword)
		if err != nil {
			return err
		}
		if !who.active || password == nil || password.id != c.password {
			return again
		}
		if err := s.useCode(tx, who, code); err != nil {
			return err
		}
		if err := s.ease(tx, brakes, true); err != nil {
			return err
		}
		token, err = s.openSession(ctx, tx, who.actor(2), client, WayPassword)
		return err
	})
	if errors.Is(err, errCode) {
		if err := s.recordFailure(ctx, who, "code"); err != nil {
			return "", err
		}
		return "", wrong
	}
	if err != nil {
		return "", fmt.Errorf("confirm: %w", err)
	}
	return token, nil
}

// errCode says that a code is not, or no longer, one of the worker's.
var errCode = errors.New("code refused")

const useStep = `UPDATE credential SET last_step = $6
WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND kind = $4 AND id = $5 AND last_step < $6`

// useCode accepts each time step once: a code read over a shoulder is worth
// nothing, even a second later.
func (s *Service) useCode(tx *db.Tx, who account, code string) error {
	totp, err := s.readCredential(tx, who.org, who.id, kindTOTP)
	if err != nil {
		return err
	}
	if totp == nil {
		return errCode
	}
	step, ok := totpStep([]byte(totp.data), code, time.UnixMicro(tx.Now()), totpSkew)
	if !ok {
		return errCode
	}
	n, err := tx.Exec(useStep, who.org, ownerWorker, who.id, kindTOTP, totp.id, step)
	if err != nil {
		return fmt.Errorf("use a code: %w", err)
	}
	if n == 0 {
		return errCode
	}
	return nil
}

const loginByID = `SELECT w.login, w.name, o.name FROM worker w JOIN org o ON o.org_id = w.org_id WHERE w.org_id = $1 AND w.id = $2`

// ChangePassword replaces the actor's password after checking the present one, and
// closes their other sessions. Errors are Invalid, on the fields current or
// password; TooMany after many wrong ones.
func (s *Service) ChangePassword(ctx context.Context, current, next secret.String, client Client) error {
	if err := s.Can(ctx, AccountUse, Here(ctx)); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	if !a.Kind.Member() {
		return errs.New(errs.Forbidden, "access.error.forbidden")
	}
	var login, name, org string
	var stored *credential
	err := s.db.Read(ctx, func(q db.Querier) error {
		if err := q.QueryRow(loginByID, a.Org, a.ID).Scan(&login, &name, &org); err != nil {
			return err
		}
		var err error
		stored, err = s.readCredential(q, a.Org, a.ID, kindPassword)
		return err
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if e := checkNewPassword(next.Reveal(), login, name, org); e != nil {
		return e
	}
	brakes := s.brakes(login, client)
	if err := s.brakeNow(ctx, brakes); err != nil {
		return err
	}
	phc := ""
	if stored != nil {
		phc = stored.data
	}
	ok, _, err := s.verifyPassword(ctx, current.Reveal(), phc)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if !ok {
		if err := s.recordFailure(ctx, account{org: a.Org, id: a.ID}, "password"); err != nil {
			return err
		}
		return errs.New(errs.Invalid, "access.error.current_password").On("current")
	}
	hash, err := s.hashPassword(ctx, next.Reveal())
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := s.replaceCredential(tx, a.Org, a.ID, kindPassword, []byte(hash), 0); err != nil {
			return err
		}
		if _, err := closeSessions(tx, a.Org, a.ID, a.Session); err != nil {
			return err
		}
		if err := s.ease(tx, brakes, false); err != nil {
			return err
		}
		return s.journal.Record(ctx, tx, journal.Event{Kind: "password.change", Object: "worker", ObjectID: a.ID})
	})
}
