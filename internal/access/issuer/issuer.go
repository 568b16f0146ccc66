// Package issuer lets somebody in through an identity provider that speaks OpenID
// Connect: workers through ProConnect, a town's own directory, any other; persons
// through FranceConnect or one like it, where the settings name one for them.
//
// Guarantees. The authorization code flow with PKCE, state and nonce: an answer
// serves once, in the browser that asked, for ten minutes, and only from the issuer
// that was asked. Nobody comes in because an address looks right: an account is
// linked by its owner from inside, by the link of an invitation, or, for somebody
// invited who has not come yet, by an address that the issuer says it verified. A
// person links theirs from their own space, alone, and in no other way: their name or
// their address is never compared with a file's. What lets persons in never lets a
// worker in, nor the other way round. The
// assurance of a session is what the issuer's acr and amr say exactly, by the
// installation's own table; without a match it is 1, which opens no file.
//
// What not to do. Do not write a client's secret in the settings: name a file or a
// command. Do not trust a claim that the table does not name.
package issuer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Limits and tolerances.
const (
	stateLife  = 10 * time.Minute
	callLimit  = 10 * time.Second // one question to an issuer
	retryAfter = 20 * time.Second // an issuer that did not answer is not asked again sooner
	skew       = time.Minute      // between its clock and ours
	maxSubject = 255              // bytes
	maxToken   = 12 << 10         // bytes of an id token kept for leaving
)

// Audience is whom an issuer lets in.
type Audience string

// The audiences; "" is Workers.
const (
	Workers Audience = "workers"
	Persons Audience = "persons"
)

// Issuer is one provider of identities, as the settings describe it.
type Issuer struct {
	ID       string // in addresses: "proconnect"
	For      Audience
	Name     string // as people read it: « ProConnect »
	URL      string // "https://…", exactly as the provider writes it
	ClientID string
	// Secret reads the client's secret when it is needed; nil for a public client.
	Secret func(context.Context) (secret.String, error)
	Scopes []string // besides openid
	Levels []Level  // the first that matches gives the assurance
}

// Level says what assurance an answer of an issuer is worth.
type Level struct {
	ACR string   // the exact acr; "" = whatever
	AMR []string // all of them among the amr; none = whatever
	AAL int      // 1 or 2
}

var idShape = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Validate says what of a description cannot be used.
func (i Issuer) Validate() error {
	switch u, err := url.Parse(i.URL); {
	case !idShape.MatchString(i.ID):
		return fmt.Errorf("issuer %q: the id is small letters, figures and dashes", i.ID)
	case strings.TrimSpace(i.Name) == "" || len(i.Name) > 80:
		return fmt.Errorf("issuer %s: a name of 1 to 80 bytes", i.ID)
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("issuer %s: %q is no address", i.ID, i.URL)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return fmt.Errorf("issuer %s: %q: only https, but for this machine", i.ID, i.URL)
	case i.For != "" && i.For != Workers && i.For != Persons:
		return fmt.Errorf("issuer %s: for = %q: \"workers\" or \"persons\"", i.ID, i.For)
	case i.ClientID == "":
		return fmt.Errorf("issuer %s: no client_id", i.ID)
	}
	for _, l := range i.Levels {
		if (l.AAL != 1 && l.AAL != 2) || (l.ACR == "" && len(l.AMR) == 0) {
			return fmt.Errorf("issuer %s: a level names an acr or an amr, and an aal of 1 or 2", i.ID)
		}
	}
	return nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// aal is the assurance of an answer.
func (i Issuer) aal(acr string, amr []string) int {
	for _, l := range i.Levels {
		if l.ACR != "" && l.ACR != acr {
			continue
		}
		if !slices.ContainsFunc(l.AMR, func(m string) bool { return !slices.Contains(amr, m) }) {
			return l.AAL
		}
	}
	return 1
}

// asked are the acr values worth two factors, the first wanted first; without any,
// those worth one, which some issuers want to be asked too.
func (i Issuer) asked() string {
	for _, aal := range []int{2, 1} {
		var out []string
		for _, l := range i.Levels {
			if l.ACR != "" && l.AAL == aal && !slices.Contains(out, l.ACR) {
				out = append(out, l.ACR)
			}
		}
		if len(out) > 0 {
			return strings.Join(out, " ")
		}
	}
	return ""
}

// lets tells whether the issuer is for an actor of a kind.
func (i Issuer) lets(kind core.ActorKind) bool {
	return (kind == core.ActorPerson) == (i.For == Persons)
}

// wantsAMR tells whether a level reads how somebody was proved.
func (i Issuer) wantsAMR() bool {
	return slices.ContainsFunc(i.Levels, func(l Level) bool { return len(l.AMR) > 0 })
}

// way is how a session says which issuer opened it.
func (i Issuer) way() string { return "oidc:" + i.ID }

// Deps is what the service stands on.
type Deps struct {
	DB      *db.DB
	Access  *access.Service
	Journal *journal.Journal
	Fields  *secret.Fields
	Clock   clock.Clock
	Issuers []Issuer
	HTTP    *http.Client // nil: one with limits of its own
}

// Service signs in through issuers. The zero Service has none. It is safe for
// concurrent use.
type Service struct {
	Deps
	known []*known
}

// known is an issuer and what it said of itself, asked at the first use.
type known struct {
	Issuer
	mu       sync.Mutex
	provider *oidc.Provider
	end      string // its address for leaving, "" when it has none
	failed   time.Time
}

// New makes a Service. It asks no issuer: one that is down does not stop the start.
func New(d Deps) (*Service, error) {
	if d.HTTP == nil {
		d.HTTP = &http.Client{Timeout: callLimit}
	}
	s := &Service{Deps: d}
	for _, i := range d.Issuers {
		if err := i.Validate(); err != nil {
			return nil, err
		}
		if s.find(i.ID) != nil {
			return nil, fmt.Errorf("issuer %s: there twice", i.ID)
		}
		s.known = append(s.known, &known{Issuer: i})
	}
	return s, nil
}

// Choice is an issuer on a page.
type Choice struct{ ID, Name string }

// Choices are the issuers of an audience, in the order of the settings.
func (s *Service) Choices(of Audience) []Choice {
	var out []Choice
	for _, k := range s.known {
		if (k.For == Persons) == (of == Persons) {
			out = append(out, Choice{k.ID, k.Name})
		}
	}
	return out
}

// Of is the issuer that opened a session, by its way; zero when none did.
func (s *Service) Of(way string) Choice {
	for _, k := range s.known {
		if k.way() == way {
			return Choice{k.ID, k.Name}
		}
	}
	return Choice{}
}

func (s *Service) find(id string) *known {
	for _, k := range s.known {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// down is the one answer while an issuer does not answer.
func down(k *known, err error) error {
	return errs.Wrap(errs.Unavailable, "errs.signin.issuer_down", err, "name", k.Name)
}

// discover asks the issuer about itself, once.
func (s *Service) discover(ctx context.Context, k *known) (*oidc.Provider, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.provider != nil {
		return k.provider, nil
	}
	now := s.Clock.Now()
	if since := now.Sub(k.failed); !k.failed.IsZero() && since >= 0 && since < retryAfter {
		return nil, down(k, errors.New("it did not answer a moment ago"))
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, s.HTTP), k.URL)
	if err != nil {
		k.failed = now
		return nil, down(k, err)
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := p.Claims(&more); err != nil {
		return nil, down(k, err)
	}
	k.provider, k.end = p, more.End
	return p, nil
}

// client is the OAuth side of an issuer. back is the address it answers to.
func (s *Service) client(ctx context.Context, k *known, p *oidc.Provider, back string) (*oauth2.Config, error) {
	c := &oauth2.Config{ClientID: k.ClientID, Endpoint: p.Endpoint(), RedirectURL: back, Scopes: append([]string{oidc.ScopeOpenID}, k.Scopes...)}
	if k.Secret != nil {
		hidden, err := k.Secret(ctx)
		if err != nil {
			return nil, down(k, fmt.Errorf("the client's secret: %w", err))
		}
		c.ClientSecret = hidden.Reveal()
	}
	return c, nil
}

// subjectHash is where the link of an account is found. One provider may serve both
// audiences: what lets somebody in as a worker is not what opens their own space.
func (k *known) subjectHash(subject string) string {
	use := "parvis federated v1\x00"
	if k.For == Persons {
		use = "parvis federated person v1\x00"
	}
	sum := sha256.Sum256([]byte(use + k.URL + "\x00" + subject))
	return hex.EncodeToString(sum[:])
}
