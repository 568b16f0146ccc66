package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Options are what an installation may choose. The zero value of each field is
// its default.
type Options struct {
	Demo     bool          // lets DemoEnter in without a password
	Idle     time.Duration // a session unused for so long ends: 30 minutes
	Absolute time.Duration // and in any case after so long: 12 hours
	// The same for a session of one factor (a code by SMS): 10 minutes, 1 hour.
	IdleOne, AbsoluteOne time.Duration
	Beside               time.Duration // a person's session at a worker's side: 20 minutes
	Recent               time.Duration // how long a proof serves the grave gestures: 10 minutes
	ResetAsk             time.Duration // a colleague has so long to approve a reset: 1 hour
	Touch                time.Duration // use is written down at most so often: 1 minute
	Invite               time.Duration // life of an invitation: 7 days
	SetUp                time.Duration // life of the first link: 24 hours
	Password             PasswordCost  // zero: argon2id, 46 MiB, 1 pass
	Random               io.Reader     // tokens, salts, ids: the system's. Predictable only in tests.
	Log                  *slog.Logger
}

// Service is the way in. It is safe for concurrent use.
type Service struct {
	db      *db.DB
	journal *journal.Journal
	clock   clock.Clock
	fields  *secret.Fields
	key     []byte // 32 bytes: signs challenges, CSRF tokens and browser cookies
	opt     Options
	rules   *engine
	asking  principals
	hashing chan struct{} // argon2 runs at once, each holding its memory
	left    []func(session core.ID)
}

// WhenLeft has f called each time that somebody leaves a session, once it is closed: what
// was kept in memory for it goes. To be called before the service is used.
func (s *Service) WhenLeft(f func(session core.ID)) { s.left = append(s.left, f) }

// New makes a Service. sessionKey is 32 secret bytes that stay the same from one
// start to the next: keyring.Derive("session").
func New(database *db.DB, j *journal.Journal, fields *secret.Fields, sessionKey []byte, opt Options) (*Service, error) {
	if len(sessionKey) != 32 {
		return nil, fmt.Errorf("access: session key of %d bytes, want 32", len(sessionKey))
	}
	for _, d := range []struct {
		value *time.Duration
		other time.Duration
	}{
		{&opt.Idle, 30 * time.Minute}, {&opt.Absolute, 12 * time.Hour}, {&opt.Touch, time.Minute},
		{&opt.Invite, 7 * 24 * time.Hour}, {&opt.SetUp, 24 * time.Hour},
		{&opt.IdleOne, 10 * time.Minute}, {&opt.AbsoluteOne, time.Hour}, {&opt.Beside, 20 * time.Minute},
		{&opt.Recent, 10 * time.Minute}, {&opt.ResetAsk, time.Hour},
	} {
		if *d.value < 0 {
			return nil, errors.New("access: a negative duration")
		}
		if *d.value == 0 {
			*d.value = d.other
		}
	}
	if opt.Password == (PasswordCost{}) {
		opt.Password = PasswordCost{MemoryKiB: 46 * 1024, Passes: 1, Lanes: 1}
	}
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	rules, err := ownEngine()
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return &Service{rules: rules, db: database, journal: j, clock: database.Clock(), fields: fields, key: sessionKey, opt: opt, hashing: make(chan struct{}, 2)}, nil
}

// Here is the actor's organisation as a resource, nobody's file in particular.
func Here(ctx context.Context) Resource { return Resource{Org: core.ActorFrom(ctx).Org} }

// Can is the first line of a service method: nil when a rule grants the action.
// Otherwise Unauthenticated (nobody is signed in), NotFound (may not be seen) or
// Forbidden (seen, but not this gesture; with key access.error.second_factor,
// or second_factor_person, when only the second factor lacks).
func (s *Service) Can(ctx context.Context, action Action, res Resource) error {
	actor := core.ActorFrom(ctx)
	if actor.IsZero() {
		return errs.New(errs.Unauthenticated, "access.error.sign_in")
	}
	w, err := s.who(ctx, actor, action)
	if err != nil {
		return err
	}
	if res.Invoked == nil {
		res.Invoked = invokedFor(ctx, res.Person)
	}
	d := s.rules.decide(w, action, res, s.clock.Now())
	if d.Allowed {
		s.note(ctx, res, d)
		return nil
	}
	s.opt.Log.InfoContext(ctx, "refused", "action", action, "actor_kind", actor.Kind, "actor", actor.ID, "org", actor.Org,
		"resource_org", res.Org, "person", res.Person, "trace", core.TraceFrom(ctx))
	switch {
	case d.Weak && actor.Kind == core.ActorPerson:
		return errs.New(errs.Forbidden, "access.error.second_factor_person")
	case d.Weak:
		return errs.New(errs.Forbidden, "access.error.second_factor")
	case d.Seen:
		return errs.Wrap(errs.Forbidden, "access.error.forbidden", s.rules.refusal(w, action, res, d))
	}
	return errs.New(errs.NotFound, "access.error.not_found")
}

// note keeps in the context what allowed a gesture, for its line in the journal.
func (s *Service) note(ctx context.Context, res Resource, d Decision) {
	g := core.Ground{Person: res.Person, Policy: d.Rule}
	if i := res.Invoked; i != nil && s.rules.invokes[d.Rule] {
		g.Agreement, g.Kind = i.ID, string(i.Kind)
	}
	core.NoteGround(ctx, g)
}

// GroundKey is the sentence of what last allowed the actor's gesture about a person,
// "" when nothing did.
func (s *Service) GroundKey(ctx context.Context, person core.ID) string {
	return s.rules.sentences[core.GroundFor(ctx, []core.ID{person}).Policy]
}

// Why is Can for the interface: may they, and in the name of what. An error means
// that it cannot be told now.
func (s *Service) Why(ctx context.Context, action Action, res Resource) (Decision, error) {
	w, err := s.who(ctx, core.ActorFrom(ctx), action)
	if err != nil {
		return Decision{}, err
	}
	if res.Invoked == nil {
		res.Invoked = invokedFor(ctx, res.Person)
	}
	return s.rules.decide(w, action, res, s.clock.Now()), nil
}

// Scope says which rows a list may show for the action. Unauthenticated when
// nobody is signed in; an actor who may see nothing gets the empty Scope.
func (s *Service) Scope(ctx context.Context, action Action) (Scope, error) {
	actor := core.ActorFrom(ctx)
	if actor.IsZero() {
		return Scope{}, errs.New(errs.Unauthenticated, "access.error.sign_in")
	}
	w, err := s.who(ctx, actor, action)
	if err != nil {
		return Scope{}, err
	}
	sc := s.rules.scope(w, action, s.clock.Now())
	return sc, nil
}

const workerStanding = `SELECT active, administers FROM worker WHERE org_id = $1 AND id = $2`

// who completes a worker with what the session does not carry: whether they
// administer the members, read afresh because those gestures are grave and rare.
func (s *Service) who(ctx context.Context, actor core.Actor, action Action) (who, error) {
	w := who{Actor: actor}
	if !actor.Kind.Member() || !administration(action) {
		s.asking.fill(&w)
		return w, nil
	}
	err := s.db.Read(ctx, func(q db.Querier) error {
		var active bool
		err := q.QueryRow(workerStanding, actor.Org, actor.ID).Scan(&active, &w.administers)
		w.inactive = !active
		if errors.Is(err, db.ErrNoRows) {
			w.inactive = true
			return nil
		}
		return err
	})
	if err != nil {
		return who{}, fmt.Errorf("standing of a member: %w", err)
	}
	s.asking.fill(&w)
	return w, nil
}

// administration tells the actions of the rule "administer".
func administration(a Action) bool {
	switch a {
	case TalkCount, MembersList, MembersEdit, TeamEdit, OrgRead, OrgEdit, WebhookEdit, LinesErase, ArchiveRule:
		return true
	}
	return false
}

// as returns a context whose actor is the program itself, for what happens before
// anybody is known: org is "" when it concerns no organisation yet.
func as(ctx context.Context, org core.ID) context.Context {
	return core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "sign-in", Org: org})
}

func (s *Service) newID() (core.ID, error) { return core.NewID(s.clock.Now(), s.opt.Random) }

func (s *Service) now() int64 { return s.clock.Now().UnixMicro() }
