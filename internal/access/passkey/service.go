package passkey

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// What a state is sealed for: one never serves for another.
const (
	purposeAdd   = "passkey add v1"
	purposeEnter = "passkey enter v1"
	purposeProve = "passkey prove v1"
)

// refused is the one answer to a key that does not let in, whatever was wrong.
func refused() error { return errs.New(errs.Unauthenticated, "errs.signin.key_refused") }

// List reads the actor's own keys, the oldest first.
func (s *Service) List(ctx context.Context) ([]Key, error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, err
	}
	var out []Key
	err := s.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.ownerOf(q, core.ActorFrom(ctx))
		if err != nil {
			return err
		}
		for _, r := range o.keys {
			k, err := r.key()
			if err != nil {
				return err
			}
			out = append(out, k)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return out, nil
}

// BeginAdd makes what the browser's script asks the device for a new key: options
// to encode as JSON, and the state to send back with the answer.
func (s *Service) BeginAdd(ctx context.Context, site Site) (options *protocol.CredentialCreation, state string, err error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, "", err
	}
	if err := s.Access.OwnKeys(ctx); err != nil {
		return nil, "", err
	}
	relying, err := site.relying()
	if err != nil {
		return nil, "", err
	}
	a := core.ActorFrom(ctx)
	var o owner
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a.Kind == core.ActorPerson {
			if _, err := s.Access.MakeHolder(tx, a.Org, a.ID); err != nil {
				return err
			}
		}
		o, err = s.ownerOf(tx, a)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("begin a key: %w", err)
	}
	if len(o.keys) >= maxKeys {
		return nil, "", errs.New(errs.Conflict, "errs.signin.key_many", "max", maxKeys)
	}
	options, session, err := relying.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("begin a key: %w", err)
	}
	session.CredParams = nil // the device answered for one we listed, or the key does not parse
	state, err = s.Access.SealState(purposeAdd, string(a.Session), session, challengeLife)
	return options, state, err
}

// Add keeps the key that the device made, under the name its owner gives it.
// Invalid on the field name, "" included; Invalid when the device's answer is not
// right or the key is already there.
func (s *Service) Add(ctx context.Context, site Site, state, answer, name string) error {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	if err := s.Access.OwnKeys(ctx); err != nil {
		return err
	}
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	relying, err := site.relying()
	if err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	var session webauthn.SessionData
	if err := s.Access.OpenState(purposeAdd, string(a.Session), state, &session); err != nil {
		return asInvalid(err)
	}
	session.CredParams = webauthn.CredentialParametersDefault()
	bad := func(err error) error { return errs.Wrap(errs.Invalid, "errs.signin.key_add", err) }
	if len(answer) > maxAnswer {
		return bad(errors.New("an answer too long"))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return bad(err)
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.ownerOf(tx, a)
		if err != nil {
			return err
		}
		if len(o.keys) >= maxKeys {
			return errs.New(errs.Conflict, "errs.signin.key_many", "max", maxKeys)
		}
		made, err := relying.CreateCredential(o, session, parsed)
		if err != nil {
			return bad(err)
		}
		if err := s.Access.Spend(tx, "passkey", session.Challenge, challengeLife); err != nil {
			return asInvalid(err)
		}
		id, err := s.Access.NewID()
		if err != nil {
			return err
		}
		sealed, err := s.seal(id, dataOf(made))
		if err != nil {
			return err
		}
		n, err := tx.Exec(insertKey, o.org, o.kind, o.id, id, hashOf(made.ID), site.ID, name, sealed, tx.Now())
		if err != nil {
			return fmt.Errorf("insert a key: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Invalid, "errs.signin.key_twice")
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "passkey.add", Object: "passkey", ObjectID: id, Subjects: subjects(a)})
	})
}

// asInvalid makes a state that is over a refusal of the form: its page comes back.
func asInvalid(err error) error {
	if errs.Is(err, errs.Unauthenticated) {
		return errs.Wrap(errs.Invalid, "errs.signin.again", err)
	}
	return err
}

func cleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	var f errs.Fields
	switch {
	case name == "":
		f.Add("name", "errs.signin.key_name")
	case utf8.RuneCountInString(name) > maxName:
		f.Add("name", "access.error.text_long", "max", maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		f.Add("name", "access.error.text_characters")
	}
	return name, f.Err()
}

// Rename gives one of the actor's own keys another name. Invalid on the field
// name; NotFound when it is not theirs.
func (s *Service) Rename(ctx context.Context, id core.ID, name string) error {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	return s.touch(ctx, id, renameKey, "passkey.rename", name)
}

// Revoke takes one of the actor's own keys away, at once and for good. NotFound
// when it is not theirs.
func (s *Service) Revoke(ctx context.Context, id core.ID) error {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	if err := s.Access.OwnKeys(ctx); err != nil {
		return err
	}
	return s.touch(ctx, id, deleteKey, "passkey.revoke")
}

func (s *Service) touch(ctx context.Context, id core.ID, sql, kind string, more ...any) error {
	a := core.ActorFrom(ctx)
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.ownerOf(tx, a)
		if err != nil {
			return err
		}
		n, err := tx.Exec(sql, append([]any{o.org, o.kind, o.id, id}, more...)...)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if n == 0 {
			return errs.Wrap(errs.NotFound, "access.error.not_found", errNoRow)
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: kind, Object: "passkey", ObjectID: id, Subjects: subjects(a)})
	})
}

// BeginSignIn makes what the browser's script asks the device: any key of this
// site. browser is the cookie of access.NewBrowser, to which the state is bound.
func (s *Service) BeginSignIn(site Site, browser string) (options *protocol.CredentialAssertion, state string, err error) {
	if !s.Access.BrowserOK(browser) {
		return nil, "", errs.New(errs.Forbidden, "access.error.csrf")
	}
	return s.begin(site, purposeEnter, browser)
}

// BeginProve is BeginSignIn for somebody who is in already and does a grave
// gesture.
func (s *Service) BeginProve(ctx context.Context, site Site) (options *protocol.CredentialAssertion, state string, err error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, "", err
	}
	return s.begin(site, purposeProve, string(core.ActorFrom(ctx).Session))
}

func (s *Service) begin(site Site, purpose, bound string) (*protocol.CredentialAssertion, string, error) {
	relying, err := site.relying()
	if err != nil {
		return nil, "", err
	}
	options, session, err := relying.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("begin with a key: %w", err)
	}
	state, err := s.Access.SealState(purpose, bound, session, challengeLife)
	return options, state, err
}

// SignIn opens the session of whoever holds the key that answered: token is the
// cookie's value. Unauthenticated with one sentence for every key that does not
// let in; TooMany after many.
func (s *Service) SignIn(ctx context.Context, site Site, browser, state, answer string, client access.Client) (token string, err error) {
	found, err := s.verify(ctx, site, purposeEnter, browser, state, answer, client)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		actor, err := s.use(tx, found)
		if err != nil {
			return err
		}
		token, err = s.Access.Enter(ctx, tx, actor, client, access.Entry{Way: access.WayPasskey})
		return err
	})
	return token, err
}

// Prove renews the actor's session with one of their own keys.
func (s *Service) Prove(ctx context.Context, site Site, state, answer string, client access.Client) (token string, err error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return "", err
	}
	a := core.ActorFrom(ctx)
	found, err := s.verify(ctx, site, purposeProve, string(a.Session), state, answer, client)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		actor, err := s.use(tx, found)
		if err != nil {
			return err
		}
		if actor.ID != a.ID || actor.Org != a.Org || actor.Kind != a.Kind {
			return refused() // a colleague's key on the same computer
		}
		token, err = s.Access.Renew(ctx, tx, access.WayPasskey)
		return err
	})
	return token, err
}

// verified is a key that answered rightly.
type verified struct {
	owner     owner
	row       row
	made      *webauthn.Credential
	challenge string
	hold      access.Hold
}

// verify checks the device's answer against the stored key.
func (s *Service) verify(ctx context.Context, site Site, purpose, bound, state, answer string, client access.Client) (verified, error) {
	var v verified
	relying, err := site.relying()
	if err != nil {
		return v, err
	}
	var session webauthn.SessionData
	if err := s.Access.OpenState(purpose, bound, state, &session); err != nil {
		return v, err
	}
	name := "none"
	var parsed *protocol.ParsedCredentialAssertionData
	if len(answer) <= maxAnswer {
		if parsed, err = protocol.ParseCredentialRequestResponseBytes([]byte(answer)); err == nil {
			name = hashOf(parsed.RawID)
		}
	}
	if v.hold, err = s.Access.HoldNow(ctx, "passkey", name, client); err != nil {
		return v, err
	}
	fail := func(cause string) error {
		e := journal.Event{}
		if v.row.id != "" {
			e.Object, e.ObjectID = "passkey", v.row.id
		}
		if err := s.Access.Failed(ctx, v.owner.org, e, cause); err != nil {
			return err
		}
		return refused()
	}
	if parsed == nil {
		return v, fail("passkey")
	}
	var trouble error
	_, v.made, err = relying.ValidatePasskeyLogin(func(rawID, handle []byte) (webauthn.User, error) {
		o, err := readHandle(handle)
		if err != nil {
			return nil, err
		}
		err = s.DB.Read(ctx, func(q db.Querier) error {
			o.keys, err = s.readKeys(q, o)
			return err
		})
		if err != nil {
			trouble = err
			return nil, err
		}
		for _, k := range o.keys {
			if string(k.data.ID) == string(rawID) && k.rp == site.ID {
				v.owner, v.row = o, k
				return o, nil
			}
		}
		return nil, errNoRow
	}, session, parsed)
	switch {
	case trouble != nil:
		return v, fmt.Errorf("sign in with a key: %w", trouble)
	case err != nil:
		return v, fail("passkey")
	case v.row.warned != 0:
		return v, fail("passkey_copied")
	case v.made.Authenticator.CloneWarning:
		if err := s.warn(ctx, v); err != nil {
			return v, err
		}
		return v, errs.New(errs.Unauthenticated, "errs.signin.key_copied")
	}
	v.challenge = session.Challenge
	return v, nil
}

// warn writes that a key was perhaps copied: from now on it opens nothing.
func (s *Service) warn(ctx context.Context, v verified) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(warnKey, v.owner.org, v.owner.kind, v.owner.id, v.row.id, tx.Now()); err != nil {
			return err
		}
		actor, _, err := s.actorOf(tx, v.owner)
		if err != nil {
			return err
		}
		system := core.Actor{Kind: core.ActorSystem, ID: "sign-in", Org: v.owner.org}
		return s.Journal.Record(core.WithActor(ctx, system), tx, journal.Event{Kind: "passkey.copied", Object: "passkey", ObjectID: v.row.id, Subjects: subjects(actor)})
	})
	if err != nil {
		return fmt.Errorf("warn of a copied key: %w", err)
	}
	return nil
}

// use writes that the key served, spends the challenge and tells whom it lets in.
func (s *Service) use(tx *db.Tx, v verified) (core.Actor, error) {
	actor, ok, err := s.actorOf(tx, v.owner)
	if err != nil {
		return actor, err
	}
	if !ok {
		return actor, refused()
	}
	if err := s.Access.Spend(tx, "passkey", v.challenge, challengeLife); err != nil {
		return actor, err
	}
	sealed, err := s.seal(v.row.id, dataOf(v.made))
	if err != nil {
		return actor, err
	}
	day, err := s.Access.Today(tx, v.owner.org)
	if err != nil {
		return actor, err
	}
	n, err := tx.Exec(updateKey, v.owner.org, v.owner.kind, v.owner.id, v.row.id, sealed, day.String())
	if err != nil {
		return actor, fmt.Errorf("use a key: %w", err)
	}
	if n == 0 {
		return actor, refused() // revoked meanwhile
	}
	return actor, s.Access.Release(tx, v.hold)
}
