// Package card lets a person in with a printed card and six figures: no e-mail, no
// telephone, nothing to install. The card is made at the counter, stopped in one
// gesture, made again as often as it is lost.
//
// Guarantees. The card's secret is 128 random bits that exist on paper only: what is
// stored finds the card and tells a right PIN, and opens nothing. The PIN is mixed
// with the organisation's pepper and hardened (argon2id) before anything is derived
// from it, so that a card found in the street is worth five tries, and a stolen
// database without the key file none. A wrong card and a wrong PIN give one answer
// after the same work. After five wrong PINs the card rests until the counter makes
// another: whoever does not hold the card cannot make it rest.
//
// What not to do. Do not write the person's name on the card, nor what the place is:
// whoever finds it, or looks into a handbag, must learn nothing.
//
// The same derivation gives a second value, bound to another use, that unlocks
// the person's papers: Vault is where they hang.
package card

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// MaxTries is how many wrong PINs in a row a card bears.
const MaxTries = 5

const (
	secretBytes = 16
	pinFigures  = 6
)

// WayCard is how a session says that a card opened it.
const WayCard = "card"

// File is a person's file that the actor may act upon.
type File struct {
	Person core.ID   // the one that stands, when several were found to be one human
	Humans []core.ID // and those merged into it
	// Called is how the pages call the person, « Mme Haddad » in parts.
	Called Called
}

// Called is a name as casefile keeps it.
type Called struct{ Title, UsualName, GivenNames, FirstNameOfUse string }

// Vault is where a person's papers hang: told, in the same transaction, the key that
// a new card gives, and that a card ends; and, once the transaction is over, that a card
// and its PIN opened or renewed a session. It must write the key in no clear form.
type Vault interface {
	CardMade(tx *db.Tx, org, holder, card core.ID, unlock []byte) error
	CardEnded(tx *db.Tx, org, holder, card core.ID) error
	CardUsed(ctx context.Context, org, holder, card, session core.ID, unlock []byte)
}

// Deps is what the service stands on. Vault may be nil: there are no papers.
type Deps struct {
	DB      *db.DB
	Access  *access.Service
	Journal *journal.Journal
	Fields  *secret.Fields
	Clock   clock.Clock
	Random  io.Reader
	// Files says whether the actor may do something in a person's file, and which
	// file that is; casefile's Allow.
	Files func(ctx context.Context, q db.Querier, action access.Action, person core.ID) (File, error)
	Vault Vault
	Cost  access.PasswordCost // of hardening a PIN; zero: 19 MiB, 2 passes
}

// Service makes, stops and recognises cards. It is safe for concurrent use.
type Service struct {
	Deps
	hardening chan struct{} // argon2 runs at once, each holding its memory
}

// New makes a Service.
func New(d Deps) *Service {
	if d.Cost == (access.PasswordCost{}) {
		d.Cost = access.PasswordCost{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1}
	}
	return &Service{Deps: d, hardening: make(chan struct{}, 2)}
}

// keys are what a card and its PIN give: verify is compared, unlock opens papers.
// Neither tells the other.
type keys struct{ verify, unlock []byte }

// derive is HKDF-SHA256( secret ‖ argon2id( HMAC-SHA256(pepper, holder ‖ PIN), salt ) ),
// once for each use.
func (s *Service) derive(ctx context.Context, card, pepper []byte, holder core.ID, pin string, d cardData) (keys, error) {
	mac := hmac.New(sha256.New, pepper)
	mac.Write([]byte("parvis card pin v1\x00" + string(holder) + "\x00" + pin))
	select {
	case s.hardening <- struct{}{}:
	case <-ctx.Done():
		return keys{}, fmt.Errorf("wait to harden a PIN: %w", ctx.Err())
	}
	part := argon2.IDKey(mac.Sum(nil), d.Salt, d.Passes, d.MemoryKiB, d.Lanes, 32)
	<-s.hardening
	material := append(append(make([]byte, 0, secretBytes+len(part)), card...), part...)
	var k keys
	for _, use := range []struct {
		info string
		to   *[]byte
	}{{"parvis card verify v1", &k.verify}, {"parvis card unlock v1", &k.unlock}} {
		out, err := hkdf.Key(sha256.New, material, nil, use.info, 32)
		if err != nil {
			return keys{}, fmt.Errorf("derive a card's key: %w", err)
		}
		*use.to = out
	}
	return k, nil
}

// Draw is the code that Make gives a card whose randomness comes from a source: for
// the demonstration, which must know it at its next start.
func Draw(random io.Reader) (string, error) {
	code := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, code); err != nil {
		return "", fmt.Errorf("draw a card: %w", err)
	}
	return encode(code), nil
}

func lookupOf(card []byte) string {
	sum := sha256.Sum256(append([]byte("parvis card lookup v1\x00"), card...))
	return hex.EncodeToString(sum[:])
}

// checkPIN says what is wrong with a PIN that somebody chose: nil when nothing is.
func checkPIN(pin string) *errs.Error {
	if len(pin) != pinFigures || strings.Trim(pin, "0123456789") != "" {
		return errs.New(errs.Invalid, "errs.signin.pin_shape").On("pin")
	}
	weak := errs.New(errs.Invalid, "errs.signin.pin_weak").On("pin")
	for n := 1; n <= 3; n++ { // 111111, 121212, 123123
		if strings.Repeat(pin[:n], pinFigures/n) == pin {
			return weak
		}
	}
	for _, line := range []string{"01234567890123456789", "98765432109876543210"} {
		if strings.Contains(line, pin) {
			return weak
		}
	}
	return nil
}

// drawPIN draws one that checkPIN accepts.
func (s *Service) drawPIN() (string, error) {
	for range 100 {
		var pin []byte
		var b [1]byte
		for len(pin) < pinFigures {
			if _, err := io.ReadFull(s.Random, b[:]); err != nil {
				return "", fmt.Errorf("draw a PIN: %w", err)
			}
			if b[0] < 250 {
				pin = append(pin, '0'+b[0]%10)
			}
		}
		if checkPIN(string(pin)) == nil {
			return string(pin), nil
		}
	}
	return "", errors.New("draw a PIN: the source of randomness repeats itself")
}

// Ways is how a person comes in, for a worker who may look after it.
type Ways struct {
	Called Called
	Card   *Card // nil = none
	access.PersonWays
}

// Card is a card as pages show it.
type Card struct {
	MadeAt  time.Time // UTC
	MadeBy  string    // the worker's shown name
	UsedOn  core.Date // zero = never
	Resting bool      // too many wrong PINs
	Tries   int       // wrong ones since the last right one
}
