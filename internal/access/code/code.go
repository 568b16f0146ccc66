// Package code lets a person in with a code sent to their telephone or their mailbox, for
// those who want no card. A code authenticates with one factor: it shows steps and
// agreements, and never opens papers, notes or the situation.
//
// Guarantees. An address is no identity: several people may share one, and a code lets in
// whoever also says the birth date of one of them. Asking gives one answer whether
// the address is known or not, after the same work. A code serves once, in the browser
// that asked for it, for ten minutes and five tries; it is stored sealed. Nothing is sent
// by a way that the person called unsafe, outside the hours they chose, or for somebody
// who died; where the address of one of those who share is protected, the code is never theirs.
// A discreet message names nobody, no place, and no message holds a link.
//
// What not to do. Do not tell a page whether something was sent.
package code

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/message"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Limits.
const (
	figures   = 6
	life      = 10 * time.Minute
	maxTries  = 5
	maxDaily  = 8 // codes to one address in a day
	maxWays   = 4 // of one person
	maxMail   = 254
	keepAsked = 24 * time.Hour // what maxDaily counts
)

// WayCode is how a session says that a code opened it.
const WayCode = "code"

// Job sends a code: an argument names it.
const Job = "code.send"

// File is a person's file that the actor may act upon.
type File struct {
	Person core.ID   // the one that stands
	Humans []core.ID // and those merged into it
}

// Reach is how a person may be reached: see casefile/reach.
type Reach struct {
	SMS, Email, Discreet, Protected, Dead bool

	Birth core.PartialDate
}

// Deps is what the service stands on.
type Deps struct {
	DB      *db.DB
	Access  *access.Service
	Journal *journal.Journal
	Fields  *secret.Fields
	Clock   clock.Clock
	Random  io.Reader
	Senders message.Senders
	// Lookup hides an address under a key of the installation.
	Lookup func(kind, address string) string
	// Number is the international form of a telephone number; ok is false when it is none.
	Number func(typed string) (number string, ok bool)
	// Files says whether the actor may do something in a person's file, and which.
	Files func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (File, error)
	// Reach says how a person may be reached.
	Reach func(q db.Querier, org, person core.ID) (Reach, error)
}

// Service keeps ways, sends codes and recognises them. It is safe for concurrent use.
type Service struct{ Deps }

// New makes a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

// Kinds are the ways by which this installation sends codes.
func (s *Service) Kinds() []message.Kind {
	var all []message.Kind
	for _, k := range []message.Kind{message.SMS, message.Email} {
		if s != nil && s.Senders.Sends(k) {
			all = append(all, k)
		}
	}
	return all
}

// address reads what somebody typed: a telephone number or an e-mail address, in the form
// that two spellings of one share. ok is false when it is neither.
func (s *Service) address(typed string) (kind message.Kind, address string, ok bool) {
	typed = strings.TrimSpace(typed)
	if strings.Contains(typed, "@") {
		a, err := mail.ParseAddress(typed)
		if err != nil || a.Name != "" || len(a.Address) > maxMail || strings.ContainsAny(a.Address, " \t\r\n\"") {
			return "", "", false
		}
		return message.Email, strings.ToLower(a.Address), true
	}
	number, ok := s.Number(typed)
	return message.SMS, number, ok
}

// draw gives six figures, each as likely as any other.
func (s *Service) draw() (string, error) {
	var out []byte
	var b [1]byte
	for len(out) < figures {
		if _, err := io.ReadFull(s.Random, b[:]); err != nil {
			return "", fmt.Errorf("draw a code: %w", err)
		}
		if b[0] < 250 {
			out = append(out, '0'+b[0]%10)
		}
	}
	return string(out), nil
}

// refused is the one answer to a wrong code, a wrong birth date, and a code of nobody.
func refused() error { return errs.New(errs.Unauthenticated, "errs.codes.refused") }

// statePurpose binds a code to the browser that asked for it.
const statePurpose = "code v1"

const (
	insertSent  = `INSERT INTO code_sent (id, purpose, lookup, about, code, tries, made_at, ends_at, used_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 0)`
	replaceSent = `UPDATE code_sent SET used_at = $4 WHERE lookup = $1 AND purpose = $2 AND about = $3 AND used_at = 0`
	countSent   = `SELECT COUNT(*) FROM code_sent WHERE lookup = $1 AND made_at > $2`
	tryOne      = `UPDATE code_sent SET tries = tries + 1 WHERE id = $1 AND purpose = $2 AND used_at = 0 AND ends_at > $3 AND tries < $4`
	useOne      = `UPDATE code_sent SET used_at = $2 WHERE id = $1 AND used_at = 0`
	selectSent  = `SELECT purpose, lookup, about, code, ends_at, used_at FROM code_sent WHERE id = $1`
	sweepSent   = `DELETE FROM code_sent WHERE ends_at < $1`
)

// The purposes of a code.
const (
	toEnter = "enter"
	toSign  = "sign"
)

// sent is a code that was asked for.
type sent struct {
	purpose, lookup, code string
	about                 core.ID
	ends, used            int64
}

func (s *Service) load(q db.Querier, id core.ID) (*sent, error) {
	var c sent
	var sealed []byte
	err := q.QueryRow(selectSent, id).Scan(&c.purpose, &c.lookup, &c.about, &sealed, &c.ends, &c.used)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a code: %w", err)
	}
	plain, err := s.Fields.Open("code_sent", "code", string(id), sealed)
	if err != nil {
		return nil, fmt.Errorf("open a code: %w", err)
	}
	c.code = string(plain)
	return &c, nil
}

// ask writes a code for an address and has it sent; the one before stops. Above maxDaily
// nothing is sent, and nobody is told.
func (s *Service) ask(tx *db.Tx, purpose, lookup string, about core.ID) (core.ID, error) {
	id, err := s.Access.NewID()
	if err != nil {
		return "", err
	}
	plain, err := s.draw()
	if err != nil {
		return "", err
	}
	sealed, err := s.Fields.Seal("code_sent", "code", string(id), []byte(plain))
	if err != nil {
		return "", fmt.Errorf("seal a code: %w", err)
	}
	var n int64
	if err := tx.QueryRow(countSent, lookup, tx.Now()-keepAsked.Microseconds()).Scan(&n); err != nil {
		return "", fmt.Errorf("count codes: %w", err)
	}
	if _, err := tx.Exec(replaceSent, lookup, purpose, about, tx.Now()); err != nil {
		return "", fmt.Errorf("replace a code: %w", err)
	}
	if _, err := tx.Exec(insertSent, id, purpose, lookup, about, sealed, tx.Now(), tx.Now()+life.Microseconds()); err != nil {
		return "", fmt.Errorf("write a code: %w", err)
	}
	if n >= maxDaily {
		return id, nil
	}
	return id, tx.Enqueue(db.Job{Kind: Job, Args: []core.ID{id}})
}

// Ask has a code sent to an address, if somebody receives codes there. state is what
// SignIn wants back from the same browser. Invalid on the field adresse when it can be no
// address; TooMany. The answer is the same whether anybody is there or not.
func (s *Service) Ask(ctx context.Context, typed, browser string, client access.Client) (state string, err error) {
	kind, address, ok := s.address(typed)
	if !ok || !s.Senders.Sends(kind) {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.codes.address").On("adresse")}
	}
	lookup := s.Lookup(string(kind), address)
	if _, err := s.Access.HoldNow(ctx, "code", lookup, client); err != nil {
		return "", err
	}
	var id core.ID
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var err error
		id, err = s.ask(tx, toEnter, lookup, "")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("ask for a code: %w", err)
	}
	return s.Access.SealState(statePurpose, browser, id, life)
}

// try counts a try of a code and tells whether it is the one; nil when it is not.
func (s *Service) try(ctx context.Context, id core.ID, purpose, typed string) (*sent, error) {
	var c *sent
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(tryOne, id, purpose, tx.Now(), maxTries)
		if err != nil {
			return fmt.Errorf("try a code: %w", err)
		}
		if c, err = s.load(tx, id); n == 0 {
			c = nil
		}
		return err
	})
	if err != nil || c == nil || !same(c.code, typed) {
		return nil, err
	}
	return c, nil
}

// SignIn opens the session of whoever has the code that Ask sent and says their birth
// date: token is the cookie's value. Unauthenticated with one sentence whatever was wrong,
// or, when the browser asked too long ago, with errs.signin.again; TooMany.
func (s *Service) SignIn(ctx context.Context, state, browser, typed string, birth core.PartialDate, client access.Client) (token string, err error) {
	var id core.ID
	if err := s.Access.OpenState(statePurpose, browser, state, &id); err != nil {
		return "", err
	}
	hold, err := s.Access.HoldNow(ctx, "code try", string(id), client)
	if err != nil {
		return "", err
	}
	c, err := s.try(ctx, id, toEnter, typed)
	if err != nil {
		return "", err
	}
	if c == nil {
		return "", s.fail(ctx, "", "code")
	}
	var who *way
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		who = nil
		all, err := s.at(tx, c.lookup)
		if err != nil {
			return err
		}
		if who = named(all, birth); who == nil {
			return nil
		}
		n, err := tx.Exec(useOne, id, tx.Now())
		if err != nil {
			return fmt.Errorf("use a code: %w", err)
		}
		if n == 0 {
			return refused() // somebody was faster
		}
		place, err := s.place(tx, who.org)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(usedWay, who.org, who.id, core.DateOf(s.Clock.Now().In(place)).String()); err != nil {
			return fmt.Errorf("use a way: %w", err)
		}
		if err := s.Access.Release(tx, hold); err != nil {
			return err
		}
		if err := s.Access.Forget(tx, "code", c.lookup, client); err != nil {
			return err
		}
		actor := core.Actor{Kind: core.ActorPerson, ID: who.person, Org: who.org, AAL: 1}
		token, err = s.Access.Enter(ctx, tx, actor, client, access.Entry{Way: WayCode})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("come in with a code: %w", err)
	}
	if who == nil {
		return "", s.fail(ctx, "", "code_birth")
	}
	return token, nil
}

// fail writes the line of a refused try and gives its answer.
func (s *Service) fail(ctx context.Context, org core.ID, cause string) error {
	if err := s.Access.Failed(ctx, org, journal.Event{}, cause); err != nil {
		return err
	}
	return refused()
}

// named is whom of those at an address a birth date tells, nil when it tells nobody or two
// people of one organisation. Somebody whom two organisations know enters where their way
// is the newest.
func named(all []way, birth core.PartialDate) *way {
	var found *way
	for i := range all {
		w := &all[i]
		b := w.reach.Birth
		if !w.serves() || b.Year != birth.Year || b.Month != 0 && b.Month != birth.Month || b.Day != 0 && b.Day != birth.Day || b.IsZero() {
			continue
		}
		switch {
		case found == nil:
			found = w
		case found.org == w.org && found.person != w.person:
			return nil
		case w.made > found.made:
			found = w
		}
	}
	return found
}

// Sweep deletes the codes of before yesterday. A daily job of the program itself.
func (s *Service) Sweep(ctx context.Context) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(sweepSent, tx.Now()-keepAsked.Microseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep codes: %w", err)
	}
	return nil
}

// Deliver sends a code that was asked for: the handler of Job. What is too old, was used,
// or may go to nobody is sent to nobody.
func (s *Service) Deliver(ctx context.Context, j db.Job) error {
	if len(j.Args) != 1 {
		return fmt.Errorf("deliver a code: %d arguments", len(j.Args))
	}
	id := j.Args[0]
	var c *sent
	var all []way
	var house string
	err := s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		if c, err = s.load(q, id); err != nil || c == nil || c.used != 0 || c.ends <= s.Clock.Now().UnixMicro() {
			c = nil
			return err
		}
		if all, err = s.at(q, c.lookup); err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(w way) bool {
			return !w.serves() || c.about != "" && w.id != c.about
		})
		for i := len(all) - 1; i >= 0; i-- {
			place, err := s.place(q, all[i].org)
			if err != nil {
				return err
			}
			if !all[i].hour(s.Clock.Now().In(place).Hour()) {
				all = slices.Delete(all, i, i+1)
			}
		}
		if len(all) == 0 {
			return nil
		}
		house, err = s.house(q, all)
		return err
	})
	if err != nil {
		return fmt.Errorf("deliver a code: %w", err)
	}
	if c == nil || len(all) == 0 {
		return nil
	}
	m := words(all, house, c.code, c.purpose)
	m.ID = string(id)
	if err := s.Senders.Send(ctx, m); errors.Is(err, message.ErrRefused) {
		return nil // it will never arrive: the page says what else there is
	} else if err != nil {
		return fmt.Errorf("deliver a code: %w", err)
	}
	for _, w := range all {
		system := core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "codes", Org: w.org})
		err := s.DB.Tx(system, func(tx *db.Tx) error {
			return s.Journal.Record(system, tx, journal.Event{Kind: "code.send", Subjects: []core.ID{w.person}, Object: "code_way", ObjectID: w.id, Detail: map[string]string{"way": string(w.kind)}})
		})
		if err != nil {
			return fmt.Errorf("note that a code was sent: %w", err)
		}
	}
	return nil
}

// words is the message of a code to those who share an address: discreet when one of them
// asked for it, in the language of the newest.
func words(all []way, house, code, purpose string) message.Message {
	newest := all[0]
	discreet := house == ""
	for _, w := range all {
		if w.made > newest.made {
			newest = w
		}
		discreet = discreet || w.discreet || w.reach.Discreet
	}
	p := i18n.For(newest.lang)
	m := message.Message{Kind: newest.kind, To: newest.address, Discreet: discreet}
	n := int(life / time.Minute)
	switch {
	case discreet:
		m.Subject, m.Text = p.T("codes.discreet_subject"), p.T("codes.discreet", "code", code, "n", n)
	case purpose == toSign:
		m.Subject, m.Text = p.T("codes.sign_subject", "house", house), p.T("codes.sign", "house", house, "code", code, "n", n)
	default:
		m.Subject, m.Text = p.T("codes.enter_subject", "house", house), p.T("codes.enter", "house", house, "code", code, "n", n)
	}
	return m
}
