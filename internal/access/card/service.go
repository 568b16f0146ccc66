package card

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"io"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// refused is the one answer to a wrong code, a wrong PIN and a card that ended.
func refused() error { return errs.New(errs.Unauthenticated, "errs.signin.card_refused") }

// Made is a new card: its code exists here and on paper only.
type Made struct {
	Code secret.String // « 7QFM-2K9D-… »
	PIN  secret.String // drawn for the person; "" when they chose it themselves
}

// Make makes a person's card at the counter and stops the ones before, with the
// sessions that are open for them. chosen is the PIN that the person typed twice, or
// both "" to draw one. It opens again what a death recorded by mistake had closed.
// Invalid on the fields pin and pin2. It asks for a recent proof.
func (s *Service) Make(ctx context.Context, person core.ID, chosen, again secret.String) (Made, error) {
	if err := s.Access.Recent(ctx); err != nil {
		return Made{}, err
	}
	a := core.ActorFrom(ctx)
	pin := chosen.Reveal()
	var made Made
	if pin == "" && again.Reveal() == "" {
		drawn, err := s.drawPIN()
		if err != nil {
			return made, err
		}
		pin, made.PIN = drawn, secret.String(drawn)
	} else {
		var f errs.Fields
		if e := checkPIN(pin); e != nil {
			f = append(f, e)
		} else if pin != again.Reveal() {
			f.Add("pin2", "errs.signin.pin_twice")
		}
		if err := f.Err(); err != nil {
			return made, err
		}
	}
	code := make([]byte, secretBytes)
	if _, err := io.ReadFull(s.Random, code); err != nil {
		return made, fmt.Errorf("draw a card: %w", err)
	}
	data := cardData{Salt: make([]byte, 16), MemoryKiB: s.Cost.MemoryKiB, Passes: s.Cost.Passes, Lanes: s.Cost.Lanes}
	if _, err := io.ReadFull(s.Random, data.Salt); err != nil {
		return made, fmt.Errorf("draw a card: %w", err)
	}
	// Hardening takes a while and its memory: not inside the transaction that writes.
	var file File
	var holder core.ID
	var pepper []byte
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		var err error
		if file, err = s.Files(ctx, tx, access.CardEdit, person); err != nil {
			return err
		}
		if holder, err = s.Access.MakeHolder(tx, a.Org, file.Person); err != nil {
			return err
		}
		data.Pepper, pepper, err = s.newest(tx, a.Org)
		return err
	})
	if err != nil {
		return made, err
	}
	k, err := s.derive(ctx, code, pepper, holder, pin, data)
	if err != nil {
		return made, err
	}
	data.Verify = k.verify
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := s.end(tx, file, a.Org, "replaced"); err != nil {
			return err
		}
		if err := s.Access.OpenWays(tx, a.Org, holder); err != nil {
			return err
		}
		id, err := s.Access.NewID()
		if err != nil {
			return err
		}
		sealed, err := s.seal(id, data)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertCard, lookupOf(code), a.Org, id, holder, sealed, tx.Now(), a.ID); err != nil {
			return fmt.Errorf("keep a card: %w", err)
		}
		if s.Vault != nil {
			if err := s.Vault.CardMade(tx, a.Org, holder, id, k.unlock); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "card.make", Subjects: file.Humans, Object: "card", ObjectID: id})
	})
	if err != nil {
		return Made{}, err
	}
	made.Code = secret.String(encode(code))
	return made, nil
}

// end stops every card of a file and closes what is open for the person.
func (s *Service) end(tx *db.Tx, file File, org core.ID, why string) (int, error) {
	ended := 0
	for _, person := range file.Humans {
		holder, err := access.HolderOf(tx, org, person)
		if err != nil {
			return 0, err
		}
		cards, err := s.open(tx, org, holder)
		if err != nil {
			return 0, err
		}
		for _, c := range cards {
			if _, err := tx.Exec(endCard, c.lookup, tx.Now(), why); err != nil {
				return 0, fmt.Errorf("end a card: %w", err)
			}
			if s.Vault != nil {
				if err := s.Vault.CardEnded(tx, org, holder, c.id); err != nil {
					return 0, err
				}
			}
			ended++
		}
		if ended > 0 {
			if err := s.Access.CloseSessionsOf(tx, org, person); err != nil {
				return 0, err
			}
		}
	}
	return ended, nil
}

// Stop ends a person's card: at the counter, or by telephone when the worker
// recognised them. NotFound when there is none.
func (s *Service) Stop(ctx context.Context, person core.ID, byPhone bool) error {
	kind := "card.stop"
	if byPhone {
		kind = "card.stop_phone"
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		file, err := s.Files(ctx, tx, access.CardEdit, person)
		if err != nil {
			return err
		}
		return s.stop(ctx, tx, file, kind)
	})
}

// StopOwn ends the card of the person who is in, and the session with it.
func (s *Service) StopOwn(ctx context.Context) error {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	if a.Kind != core.ActorPerson {
		return errs.New(errs.Forbidden, "access.error.forbidden")
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		return s.stop(ctx, tx, File{Person: a.ID, Humans: []core.ID{a.ID}}, "card.stop_own")
	})
}

// StopAll ends everything by which a person comes in, at the counter: card, keys of
// devices, linked accounts, and closes what is open. NotFound when there is nothing.
func (s *Service) StopAll(ctx context.Context, person core.ID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		file, err := s.Files(ctx, tx, access.CardEdit, person)
		if err != nil {
			return err
		}
		org := core.ActorFrom(ctx).Org
		ended, err := s.end(tx, file, org, "stopped")
		if err != nil {
			return err
		}
		for _, one := range file.Humans {
			n, err := s.Access.DropWays(tx, org, one)
			if err != nil {
				return err
			}
			ended += int(n)
		}
		if ended == 0 {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "card.stop_all", Subjects: file.Humans})
	})
}

// Died ends, in the transaction that records a death, everything by which the person
// of some files came in: what is open closes, and nothing opens until a card is made
// again at the counter, if the death was a mistake.
func (s *Service) Died(tx *db.Tx, org core.ID, files []core.ID) error {
	if _, err := s.end(tx, File{Humans: files}, org, "died"); err != nil {
		return err
	}
	for _, file := range files {
		if err := s.Access.EndWays(tx, org, file); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) stop(ctx context.Context, tx *db.Tx, file File, kind string) error {
	n, err := s.end(tx, file, core.ActorFrom(ctx).Org, "stopped")
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.NotFound, "access.error.not_found")
	}
	return s.Journal.Record(ctx, tx, journal.Event{Kind: kind, Subjects: file.Humans})
}

// Read is how a person comes in now, for a worker who may make them a card.
func (s *Service) Read(ctx context.Context, person core.ID) (Ways, error) {
	var out Ways
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		file, err := s.Files(ctx, q, access.CardEdit, person)
		if err != nil {
			return journal.Event{}, err
		}
		out = Ways{Called: file.Called}
		org := core.ActorFrom(ctx).Org
		if out.PersonWays, err = access.WaysOf(q, org, file.Humans); err != nil {
			return journal.Event{}, err
		}
		out.Card, err = s.current(q, org, file.Humans)
		return journal.Event{Kind: "card.read", Subjects: file.Humans}, err
	})
	return out, err
}

// Own is the card of the person who is in, nil when they have none.
func (s *Service) Own(ctx context.Context) (*Card, error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, err
	}
	a := core.ActorFrom(ctx)
	var out *Card
	err := s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		out, err = s.current(q, a.Org, []core.ID{a.ID})
		return err
	})
	return out, err
}

func (s *Service) current(q db.Querier, org core.ID, humans []core.ID) (*Card, error) {
	var newest *row
	for _, person := range humans {
		holder, err := access.HolderOf(q, org, person)
		if err != nil {
			return nil, err
		}
		cards, err := s.open(q, org, holder)
		if err != nil {
			return nil, err
		}
		if len(cards) > 0 && (newest == nil || cards[0].made > newest.made) {
			newest = &cards[0]
		}
	}
	if newest == nil {
		return nil, nil
	}
	c, err := s.shown(q, *newest)
	return &c, err
}

// SignIn opens the session of whoever holds the card and knows its PIN: token is the
// cookie's value. Unauthenticated with one sentence whatever was wrong, or with key
// errs.signin.card_rests once too many PINs were; Invalid on the field carte when the
// code cannot be a card's; TooMany.
func (s *Service) SignIn(ctx context.Context, code string, pin secret.String, client access.Client) (token string, err error) {
	c, unlock, hold, err := s.verify(ctx, code, pin, client)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		person, err := s.right(tx, c, hold)
		if err != nil {
			return err
		}
		actor := core.Actor{Kind: core.ActorPerson, ID: person, Org: c.org, AAL: 2}
		token, err = s.Access.Enter(ctx, tx, actor, client, access.Entry{Way: WayCard})
		return err
	})
	if err != nil {
		return "", err
	}
	return token, s.unlock(ctx, token, c, unlock)
}

// unlock tells the vault which session a card opened.
func (s *Service) unlock(ctx context.Context, token string, c *row, unlock []byte) error {
	if s.Vault == nil {
		return nil
	}
	actor, _, err := s.Access.Resume(ctx, token)
	if err != nil {
		return err
	}
	s.Vault.CardUsed(ctx, c.org, c.holder, c.id, actor.Session, unlock)
	return nil
}

// Prove renews the session of a person who shows their own card again.
func (s *Service) Prove(ctx context.Context, code string, pin secret.String, client access.Client) (token string, err error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return "", err
	}
	a := core.ActorFrom(ctx)
	c, unlock, hold, err := s.verify(ctx, code, pin, client)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		person, err := s.right(tx, c, hold)
		if err != nil {
			return err
		}
		if a.Kind != core.ActorPerson || person != a.ID || c.org != a.Org {
			return refused() // somebody else's card
		}
		token, err = s.Access.Renew(ctx, tx, WayCard)
		return err
	})
	if err != nil {
		return "", err
	}
	return token, s.unlock(ctx, token, c, unlock)
}

// right writes that a card served and tells whom it lets in.
func (s *Service) right(tx *db.Tx, c *row, hold access.Hold) (core.ID, error) {
	day, err := s.Access.Today(tx, c.org)
	if err != nil {
		return "", err
	}
	n, err := tx.Exec(rightCard, c.lookup, day.String())
	if err != nil {
		return "", fmt.Errorf("use a card: %w", err)
	}
	if n == 0 {
		return "", refused() // stopped meanwhile
	}
	person, err := access.PersonOf(tx, c.org, c.holder)
	if err != nil {
		return "", err
	}
	if person == "" {
		return "", refused()
	}
	return person, s.Access.Release(tx, hold)
}

// verify checks a card and its PIN, and gives what unlocks the papers. A try is counted
// before it is made.
func (s *Service) verify(ctx context.Context, code string, pin secret.String, client access.Client) (*row, []byte, access.Hold, error) {
	bits, ok := Decode(code)
	if !ok {
		return nil, nil, nil, errs.New(errs.Invalid, "errs.signin.card_shape").On("carte")
	}
	lookup := lookupOf(bits)
	hold, err := s.Access.HoldNow(ctx, "card", lookup, client)
	if err != nil {
		return nil, nil, nil, err
	}
	var c *row
	tried := int64(0)
	var pepper []byte
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(tryCard, lookup, MaxTries)
		if err != nil {
			return fmt.Errorf("try a card: %w", err)
		}
		tried = n
		if c, err = s.find(tx, lookup); err != nil || c == nil {
			return err
		}
		pepper, err = s.pepper(tx, c.org, c.data.Pepper)
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	known := row{data: cardData{Salt: bytes.Repeat([]byte{1}, 16), Verify: make([]byte, 32), MemoryKiB: s.Cost.MemoryKiB, Passes: s.Cost.Passes, Lanes: s.Cost.Lanes}}
	if c != nil {
		known = *c
	}
	k, err := s.derive(ctx, bits, pepper, known.holder, pin.Reveal(), known.data)
	if err != nil {
		return nil, nil, nil, err
	}
	same := subtle.ConstantTimeCompare(k.verify, known.data.Verify) == 1
	switch {
	case c == nil:
		return nil, nil, nil, s.fail(ctx, nil, "card")
	case c.ended != 0:
		return nil, nil, nil, s.fail(ctx, c, "card_ended")
	case tried == 0:
		if err := s.fail(ctx, c, "card_rests"); errs.KindOf(err) != errs.Unauthenticated {
			return nil, nil, nil, err
		}
		return nil, nil, nil, errs.New(errs.Unauthenticated, "errs.signin.card_rests")
	case !same && c.tries >= MaxTries:
		return nil, nil, nil, s.rest(ctx, c)
	case !same:
		return nil, nil, nil, s.fail(ctx, c, "pin")
	}
	return c, k.unlock, hold, nil
}

// fail writes the line of a refused try and gives its answer.
func (s *Service) fail(ctx context.Context, c *row, cause string) error {
	var org core.ID
	e := journal.Event{}
	if c != nil {
		org, e.Object, e.ObjectID = c.org, "card", c.id
		if err := s.DB.Read(ctx, func(q db.Querier) error { return s.about(q, c, &e) }); err != nil {
			return err
		}
	}
	if err := s.Access.Failed(ctx, org, e, cause); err != nil {
		return err
	}
	return refused()
}

// about names the person whose card it is: they read that somebody tried.
func (s *Service) about(q db.Querier, c *row, e *journal.Event) error {
	person, err := access.PersonOf(q, c.org, c.holder)
	if person != "" {
		e.Subjects = []core.ID{person}
	}
	return err
}

// rest writes that a card bears no more tries: the person reads it at home, the
// worker on the page of the card.
func (s *Service) rest(ctx context.Context, c *row) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		e := journal.Event{Kind: "card.rest", Object: "card", ObjectID: c.id}
		if err := s.about(tx, c, &e); err != nil {
			return err
		}
		system := core.Actor{Kind: core.ActorSystem, ID: "sign-in", Org: c.org}
		return s.Journal.Record(core.WithActor(ctx, system), tx, e)
	})
	if err != nil {
		return fmt.Errorf("a card rests: %w", err)
	}
	return errs.New(errs.Unauthenticated, "errs.signin.card_rests")
}
