// Package passkey lets somebody in with a key that their device holds (WebAuthn,
// level 3): a fingerprint, a face or the device's own code, and nothing to type.
//
// Guarantees. The device verified who holds it, each time: a stolen phone that is
// locked opens nothing. A key is bound to the address of the site, so that a copy
// of the page elsewhere gets nothing. A challenge serves once, for five minutes, in
// the browser that asked for it. A key whose counter goes backwards was perhaps
// copied: it is refused from then on, and its owner is told. What is stored opens
// nothing anywhere.
//
// What not to do. Do not make a key the only way in: the standard needs a script,
// so a password with a code, a card, or somebody at the counter stays beside it.
//
//	options, state, err := keys.BeginSignIn(site, browser)
//	… the browser's script answers …
//	token, err := keys.SignIn(ctx, site, browser, state, answer, client)
package passkey

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Limits.
const (
	challengeLife = 5 * time.Minute
	maxKeys       = 10       // of one owner
	maxName       = 60       // characters
	maxAnswer     = 16 << 10 // bytes of what a browser answers
)

// Deps is what the service stands on; all are needed.
type Deps struct {
	DB      *db.DB
	Access  *access.Service
	Journal *journal.Journal
	Fields  *secret.Fields
	Clock   clock.Clock
	// Address is how browsers reach this installation: "https://parvis.example.fr".
	// Keys are bound to it for ever. "" lets this machine alone have keys, at
	// http://localhost.
	Address string
}

// Service registers keys and opens sessions with them. It is safe for concurrent
// use.
type Service struct {
	Deps
	configured Site
}

// New makes a Service. It fails when Address is not that of a site.
func New(d Deps) (*Service, error) {
	s := &Service{Deps: d}
	if d.Address == "" {
		return s, nil
	}
	u, err := url.Parse(d.Address)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("passkey: %q is not the address of a site", d.Address)
	}
	loopback := u.Hostname() == "localhost"
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return nil, fmt.Errorf("passkey: %q: browsers want https", d.Address)
	}
	if net.ParseIP(u.Hostname()) != nil {
		return nil, fmt.Errorf("passkey: %q: a key is bound to a name, not to an IP address", d.Address)
	}
	s.configured = Site{ID: strings.ToLower(u.Hostname()), Origin: u.Scheme + "://" + strings.ToLower(u.Host)}
	return s, nil
}

// Site is where keys are bound to. The zero Site has none.
type Site struct {
	ID     string // "parvis.example.fr"
	Origin string // "https://parvis.example.fr"
}

// Site is that of a page, by the address the browser shows ("https://host"). It is
// zero where keys cannot work: any address but the configured one, and localhost.
func (s *Service) Site(origin string) Site {
	if s.configured.ID != "" {
		if strings.EqualFold(origin, s.configured.Origin) {
			return s.configured
		}
		return Site{}
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() != "localhost" {
		return Site{}
	}
	return Site{ID: "localhost", Origin: origin}
}

// Configured is the address that keys are bound to, "" when none is configured.
func (s *Service) Configured() string { return s.configured.Origin }

func (s Site) relying() (*webauthn.WebAuthn, error) {
	if s.ID == "" {
		return nil, errs.New(errs.Unavailable, "errs.signin.key_site")
	}
	yes := true
	w, err := webauthn.New(&webauthn.Config{
		RPID: s.ID, RPDisplayName: "Parvis", RPOrigins: []string{s.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &yes, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return w, nil
}

// owner is who holds keys, as the standard sees them.
type owner struct {
	org, id core.ID
	kind    string // access.OwnerWorker, access.OwnerHolder
	name    string // shown by the device when it asks which key
	keys    []row
}

var _ webauthn.User = owner{}

// WebAuthnID is what the device gives back: the kind in one byte, the
// organisation's id and the owner's, 16 each. It names nobody.
func (o owner) WebAuthnID() []byte {
	out := []byte{o.kind[0]}
	for _, id := range []core.ID{o.org, o.id} {
		b, err := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
		if err != nil || len(b) != 16 {
			return nil
		}
		out = append(out, b...)
	}
	return out
}

// readHandle is the other way round.
func readHandle(b []byte) (owner, error) {
	if len(b) != 33 {
		return owner{}, errors.New("a user handle of another form")
	}
	o := owner{org: uuid(b[1:17]), id: uuid(b[17:])}
	switch b[0] {
	case access.OwnerWorker[0]:
		o.kind = access.OwnerWorker
	case access.OwnerHolder[0]:
		o.kind = access.OwnerHolder
	default:
		return owner{}, errors.New("a user handle of another kind")
	}
	return o, nil
}

func uuid(b []byte) core.ID {
	h := hex.EncodeToString(b)
	return core.ID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

func (o owner) WebAuthnName() string        { return o.name }
func (o owner) WebAuthnDisplayName() string { return o.name }

func (o owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.keys))
	for i, k := range o.keys {
		out[i] = k.credential()
	}
	return out
}

// subjects are the persons whom a line about the owner concerns.
func subjects(a core.Actor) []core.ID {
	if a.Kind == core.ActorPerson {
		return []core.ID{a.ID}
	}
	return nil
}
