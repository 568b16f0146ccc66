package casefile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Access says who may do what: *access.Service is one.
type Access interface {
	Can(ctx context.Context, action access.Action, res access.Resource) error
	Scope(ctx context.Context, action access.Action) (access.Scope, error)
	Recent(ctx context.Context) error // before a gesture that weighs
}

// Journal writes who did what: *journal.Journal is one.
type Journal interface {
	Record(ctx context.Context, tx *db.Tx, e journal.Event) error
	Read(ctx context.Context, fn func(q db.Querier) (journal.Event, error)) error
	ReadBriefly(ctx context.Context, fn func(q db.Querier) (journal.Event, error)) error
}

// Sealer encrypts one field of one row: *secret.Fields is one.
type Sealer interface {
	Seal(table, column, id string, plain []byte) ([]byte, error)
	Open(table, column, id string, sealed []byte) ([]byte, error)
}

// Deps are what a Service works with. Place, Random and Log may be nil.
type Deps struct {
	DB      *db.DB
	Access  Access
	Journal Journal
	Fields  Sealer
	// PhoneKey is the HMAC of a number in international form, in text: the same
	// number gives the same key, and the key tells nothing of the number.
	PhoneKey func(number string) string
	Engine   Engine
	Clock    clock.Clock
	// Place is where an organisation's days are counted; nil means Paris.
	Place  func(org core.ID) *time.Location
	Random io.Reader
	Log    *slog.Logger
}

// Service is the way in: every use case of the files of persons. It is safe for
// concurrent use.
type Service struct {
	Deps
	vocabulary *vocabulary
	recent     *recentFiles
	ids        sequence
	alone      aloneTexts
}

// New makes a Service. It fails when something needed is missing.
func New(d Deps) (*Service, error) {
	if d.DB == nil || d.Access == nil || d.Journal == nil || d.Fields == nil || d.PhoneKey == nil || d.Engine == nil || d.Clock == nil {
		return nil, errors.New("casefile: DB, Access, Journal, Fields, PhoneKey, Engine and Clock are needed")
	}
	if d.Place == nil {
		paris, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			return nil, fmt.Errorf("casefile: %w", err)
		}
		d.Place = func(core.ID) *time.Location { return paris }
	}
	if d.Random == nil {
		d.Random = rand.Reader
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, vocabulary: newVocabulary(d.Engine.Inputs()), recent: newRecentFiles()}, nil
}

// NewID gives the next identifier: each is greater than those before.
func (s *Service) NewID() (core.ID, error) { return s.ids.next(s.Clock.Now(), s.Random) }

// sequence gives identifiers that only grow, also within one millisecond and
// when the clock stands still or steps back: the last row of a file is the one
// with the greatest id (RFC 9562, section 6.2, method 2).
type sequence struct {
	mu   sync.Mutex
	last core.ID
}

func (s *sequence) next(now time.Time, random io.Reader) (core.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, err := core.NewID(now, random)
	if err != nil {
		return "", err
	}
	if id <= s.last {
		id = after(s.last)
	}
	s.last = id
	return id, nil
}

// after is the next identifier in the order of texts. Its 62 last random bits
// carry; they do not run out.
func after(id core.ID) core.ID {
	b := []byte(id)
	for i := len(b) - 1; i > 19; i-- { // not into version and variant
		switch b[i] {
		case '-':
		case 'f':
			b[i] = '0'
			continue
		case '9':
			b[i] = 'a'
			return core.ID(b)
		default:
			b[i]++
			return core.ID(b)
		}
	}
	return core.ID(b)
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date {
	return clock.Today(s.Clock, s.Place(core.ActorFrom(ctx).Org))
}

// ThisMonth is the month it is at the actor's organisation.
func (s *Service) ThisMonth(ctx context.Context) core.Month { return s.Today(ctx).CalendarMonth() }

// Limits of lists.
const (
	maxPage     = 50
	defaultPage = 20
)

// PageSize is how many rows a page of a list has when so many are asked: 20 when none
// is said, 50 at most.
func PageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// Opened is a person's file that the actor may act upon, as Allow found it.
type Opened struct {
	Org   core.ID
	Cases []CaseFile // active ones, at least one; for the person, else the one that ended last
	// Humans are the person and those merged into them: what is read or written
	// concerns the file of each.
	Humans []core.ID
	alone  bool // nobody was merged into them, or they read for themselves: statements need not look for others
	// Partial tells that the reader is a person whom workers hold for somebody else
	// too: what the other's file says is not shown to them.
	Partial bool
	texts   *aloneTexts
}

// Teams are those that accompany the person, the actor's own first.
func (o Opened) Teams() []core.ID { return teamsOf(o.Cases) }

func teamsOf(cases []CaseFile) []core.ID {
	teams := make([]core.ID, len(cases))
	for i, c := range cases {
		teams[i] = c.Team
	}
	return teams
}

// frozen refuses to write in the file of somebody who died: it is read, copied, its
// accompaniment ends, and a mistake is taken back; nothing else. Their own pages rest.
func (o Opened) frozen(actor core.Actor, action access.Action) error {
	switch {
	case o.Cases[0].Died.IsZero():
		return nil
	case actor.Kind == core.ActorPerson:
		return errs.New(errs.Forbidden, "errs.life.rests")
	case !action.Changes(), action == access.CaseClose, action == access.DeathRecord:
		return nil
	case action == access.RightCompute:
		return errs.New(errs.Forbidden, "errs.life.frozen")
	}
	return errs.New(errs.Invalid, "errs.life.frozen")
}

// AllowAlso asks whether the actor may do something else with a file that Allow
// opened, for what one page shows beside it.
func (s *Service) AllowAlso(ctx context.Context, o Opened, action access.Action) error {
	if err := s.Access.Can(ctx, action, access.Resource{Org: o.Org, Person: o.Humans[0], Teams: o.Teams()}); err != nil {
		return err
	}
	return o.frozen(core.ActorFrom(ctx), action)
}

// Allow is the first step of each use case about one file: it reads who
// accompanies the person and asks whether the actor may. A person without a
// file, or of another organisation, is NotFound. Somebody who was merged into
// another becomes that one in *id: a link, a form, a printed code of before leads
// to the file that stands.
func (s *Service) Allow(ctx context.Context, q db.Querier, action access.Action, id *core.ID) (Opened, error) {
	actor := core.ActorFrom(ctx)
	o := Opened{Org: actor.Org, texts: &s.alone}
	asked := *id
	person, aliases, err := ReadAliases(q, actor.Org, asked)
	if err != nil {
		return o, err
	}
	o.alone = len(aliases) == 0
	// A person who signs in is the file they signed in to: what workers believe of
	// who is who gives nobody another's file.
	if actor.Kind == core.ActorPerson {
		o.Partial = !o.alone
		person, aliases = asked, nil
	}
	o.Humans = append(o.Humans, person)
	for _, a := range aliases {
		o.Humans = append(o.Humans, a.ID)
	}
	if o.Cases, err = loadCases(o.For(q), actor.Org, person); err != nil {
		return o, fmt.Errorf("who accompanies %s: %w", person, err)
	}
	if actor.Kind == core.ActorPerson && len(o.Cases) == 0 { // what is theirs stays readable to them
		if o.Cases, err = loadEnded(q, actor.Org, person); err != nil {
			return o, fmt.Errorf("who accompanied %s: %w", person, err)
		}
	}
	if actor.Kind == core.ActorPerson {
		o.alone = true
	}
	*id = person
	if err := s.Access.Can(ctx, action, access.Resource{Org: actor.Org, Person: person, Teams: o.Teams()}); err != nil {
		if len(o.Cases) == 0 && errs.Is(err, errs.Forbidden) {
			return o, errs.Wrap(errs.NotFound, "errs.casefile.person_not_found", err)
		}
		return o, err
	}
	if len(o.Cases) == 0 {
		return o, errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	if err := o.frozen(actor, action); err != nil {
		return o, err
	}
	for i, c := range o.Cases { // the actor's own team first
		if actor.InTeam(c.Team) {
			o.Cases[0], o.Cases[i] = o.Cases[i], o.Cases[0]
			break
		}
	}
	return o, nil
}
