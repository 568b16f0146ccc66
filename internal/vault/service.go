package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/vault/blob"
	"codeberg.org/parvis/parvis/internal/vault/clamd"
)

// HealthChoice is what the installation declares of papers about health.
type HealthChoice string

// The declarations. The law binds whoever hosts such papers for others; a house that
// hosts its own says so.
const (
	HealthOwn       HealthChoice = "own"       // hosted by the house itself
	HealthCertified HealthChoice = "certified" // by a host certified for health data
	HealthRefused   HealthChoice = "refused"   // none is taken
)

// DefaultQuota is what a person's papers may weigh when the installation says nothing, in
// bytes.
const DefaultQuota = 1 << 30

// Deps are what a Service works with.
type Deps struct {
	Cases *casefile.Service
	Blobs blob.Store
	Seal  Seal
	// Digest is secret: the HMAC under which the same paper twice is noticed. 32 bytes.
	Digest []byte
	Health HealthChoice   // "" = refused
	Quota  int64          // bytes of one person; 0 = DefaultQuota
	Scan   *clamd.Scanner // nil: nothing is scanned
	// Demo opens the papers of the demonstration's person, who holds no card.
	Demo bool
	Log  *slog.Logger // may be nil
}

// Service is the way in: every use case of the papers. It is safe for concurrent use.
type Service struct {
	Deps
	opened *opened
	houses *houses
	random io.Reader
}

// New makes a Service.
func New(d Deps) (*Service, error) {
	if d.Cases == nil || d.Blobs == nil || len(d.Digest) != 32 || d.Seal.key.IsZero() {
		return nil, errors.New("vault: the files, the store of blobs, a seal and 32 secret bytes are needed")
	}
	switch d.Health {
	case HealthOwn, HealthCertified, HealthRefused:
	case "":
		d.Health = HealthRefused
	default:
		return nil, errors.New("vault: health is own, certified or refused")
	}
	if d.Quota <= 0 {
		d.Quota = DefaultQuota
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, opened: newOpened(d.Cases.Clock), houses: newHouses(), random: rand.Reader}, nil
}

// Sealed tells whether the server's seal is apart from the installation's key: while it
// is not, the pages say « non scellé ».
func (s *Service) Sealed() bool { return s.Seal.apart }

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.Cases.Today(ctx) }

// digestOf names the bytes of a paper of one person so that nobody can tell them by trial.
func (s *Service) digestOf(org, person core.ID, sum [32]byte) string {
	mac := hmac.New(sha256.New, s.Digest)
	mac.Write([]byte("parvis paper v1\x00" + string(org) + "\x00" + string(person) + "\x00"))
	mac.Write(sum[:])
	return hex.EncodeToString(mac.Sum(nil))
}

func gone() error { return errs.New(errs.NotFound, "errs.papers.not_found") }

// takes refuses a paper about health where the installation takes none.
func (s *Service) takes(sort Sort) error {
	if sort.Category() == Health && s.Health == HealthRefused {
		return errs.New(errs.Invalid, "errs.papers.health").On("sort")
	}
	return nil
}

// TakesHealth tells whether papers about health are taken here.
func (s *Service) TakesHealth() bool { return s.Health != HealthRefused }

// isPerson tells whether the actor is the person of the file themselves.
func isPerson(ctx context.Context) bool { return core.ActorFrom(ctx).Kind == core.ActorPerson }

// action is the permission of one gesture: a person does with their own papers as they
// like.
func action(ctx context.Context, worker access.Action) access.Action {
	if isPerson(ctx) {
		return access.PaperOwn
	}
	return worker
}
