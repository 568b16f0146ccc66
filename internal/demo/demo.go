// Package demo fills an empty installation with a made-up town social centre:
// the CCAS of Valsèvre, two teams, seven members, and the households they
// accompany. Nobody in it exists; phone numbers are those kept for fiction
// (ARCEP, decision 2018-0881).
//
// The same seed gives the same people, the same identifiers and the same facts.
// Rights are not written here: they are computed by the law in force, through
// the same use cases as a worker's.
//
//	done, err := demo.Done(ctx, accessService)
//	if err == nil && !done {
//		err = demo.Seed(ctx, demo.Rooms{Access: accessService, Cases: deps}, nil)
//	}
package demo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Rooms are the services that a demonstration is made with. Cases are what the
// installation's own casefile.Service was made of: the seed makes others from
// it, whose identifiers are drawn from the seed.
type Rooms struct {
	Access *access.Service
	Cases  casefile.Deps
	// Agreements is the seed of the key that signs agreements: 32 bytes.
	Agreements []byte
}

// ErrPartial says that an earlier seeding was cut short: the demonstration is
// to be made again from nothing (--fresh).
var ErrPartial = errors.New("demo: an earlier seeding was cut short")

// The names that do not change.
const (
	orgName     = "CCAS de Valsèvre"
	orgUnderWay = "CCAS de Valsèvre (en préparation)"
	workerLogin = "claire.maurel"
)

// start is the demonstration's first instant: 11 June 2026, 9:00 in Paris.
func start() time.Time { return time.Date(2026, time.June, 11, 7, 0, 0, 0, time.UTC) }

// Worker is whom the demonstration's door lets in to work.
func Worker() access.DemoVisitor { return access.DemoVisitor{Login: workerLogin} }

// Person is whom the demonstration's door lets in as a person: Samira Haddad.
func Person() access.DemoVisitor {
	return access.DemoVisitor{Org: fixedID("org"), Person: firstID(haddad)}
}

// Done tells whether the demonstration is made; ErrPartial when it was begun
// and not ended.
func Done(ctx context.Context, a *access.Service) (bool, error) {
	org, err := a.House(as(ctx, fixedID("org")))
	switch {
	case errs.Is(err, errs.NotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the demonstration: %w", err)
	case org.Name == orgUnderWay:
		return false, ErrPartial
	}
	return true, nil
}

// as is the program itself acting for an organisation.
func as(ctx context.Context, org core.ID) context.Context {
	return core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "demo", Org: org})
}

// fixedID names a row of the demonstration by a word.
func fixedID(word string) core.ID {
	id, err := core.NewID(start(), randomOf(word))
	if err != nil {
		return ""
	}
	return id
}

// firstID is the first identifier that a household's own service draws: the
// file of its first person.
func firstID(household string) core.ID { return fixedID("household " + household) }

// randomOf is the randomness of a word: the same at each seeding.
func randomOf(word string) io.Reader { return rand.NewChaCha8(seedOf(word)) }

func seedOf(word string) (seed [32]byte) {
	h := fnv.New64a()
	_, _ = h.Write([]byte("valsèvre " + word)) // never fails
	binary.LittleEndian.PutUint64(seed[:], h.Sum64())
	return seed
}

// gangs is how many households are made at the same time: they share commits.
const gangs = 8

// Seed makes the demonstration in an installation without organisation.
// progress, when not nil, is told how many households are made, of how many.
func Seed(ctx context.Context, rooms Rooms, progress func(done, all int)) error {
	team, err := seedOrganisation(ctx, rooms.Access)
	if err != nil {
		return err
	}
	stories := append(known(), made()...)
	work := make(chan story)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range gangs {
		wg.Go(func() {
			for st := range work {
				if err := tell(ctx, rooms, team, st); err != nil {
					cancel(fmt.Errorf("household %s: %w", st.name, err))
					continue
				}
				mu.Lock()
				done++
				if progress != nil {
					progress(done, len(stories))
				}
				mu.Unlock()
			}
		})
	}
	for _, st := range stories {
		select {
		case work <- st:
		case <-ctx.Done():
		}
	}
	close(work)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("make the demonstration: %w", err)
	}
	if err := looked(ctx, rooms, team); err != nil {
		return fmt.Errorf("make the demonstration: %w", err)
	}
	if err := welcomed(ctx, rooms); err != nil {
		return fmt.Errorf("make the demonstration: %w", err)
	}
	if err := keeps(ctx, rooms, team); err != nil {
		return fmt.Errorf("make the demonstration: %w", err)
	}
	if err := seal(ctx, rooms.Access); err != nil {
		return err
	}
	if err := agreements(ctx, rooms, team); err != nil { // once the organisation has its name, which they say
		return fmt.Errorf("make the demonstration: %w", err)
	}
	return nil
}

// seedOrganisation makes the organisation, its teams and its members.
func seedOrganisation(ctx context.Context, a *access.Service) (map[string]teamOf, error) {
	org := fixedID("org")
	system := as(ctx, org)
	_, err := a.CreateOrganisation(core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "demo"}), access.Organisation{
		ID: org, Name: orgUnderWay, Address: "2, place du Marché\n79000 Valsèvre", Phone: "02 61 91 40 10",
		Hours: "Du lundi au vendredi, de 9 h à 12 h 30 et de 13 h 30 à 17 h. Le jeudi, à partir de 13 h 30.", Place: "Europe/Paris",
	})
	if err != nil {
		return nil, fmt.Errorf("make the organisation: %w", err)
	}
	teams := map[string]teamOf{}
	for _, name := range []string{polyvalence, insertion} {
		id, err := a.CreateTeam(system, name)
		if err != nil {
			return nil, fmt.Errorf("make team %s: %w", name, err)
		}
		teams[name] = teamOf{id: id}
	}
	for _, w := range workers() {
		var ids []core.ID
		if w.team != "" {
			ids = []core.ID{teams[w.team].id}
		}
		id, err := a.AddWorker(system, access.Worker{
			ID: fixedID(w.login), Login: w.login, Name: w.name, Function: w.function, Works: w.team != "", Administers: w.administers, Welcomes: w.login == clerkLogin, Teams: ids, Active: true,
		})
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", w.login, err)
		}
		if w.team != "" {
			t := teams[w.team]
			t.workers = append(t.workers, core.Actor{Kind: core.ActorWorker, ID: id, Org: org, Teams: ids, AAL: 2})
			teams[w.team] = t
		}
	}
	return teams, nil
}

// seal gives the organisation its name: the demonstration is whole.
func seal(ctx context.Context, a *access.Service) error {
	system := as(ctx, fixedID("org"))
	org, err := a.Organisation(system)
	if err != nil {
		return fmt.Errorf("end the demonstration: %w", err)
	}
	org.Name = orgName
	if err := a.EditOrganisation(system, org); err != nil {
		return fmt.Errorf("end the demonstration: %w", err)
	}
	return nil
}

type teamOf struct {
	id      core.ID
	workers []core.Actor
}

// The teams.
const (
	polyvalence = "Polyvalence"
	insertion   = "Insertion"
)

type worker struct {
	login, name, function, team string
	administers                 bool
}

func workers() []worker {
	return []worker{
		{workerLogin, "Claire Maurel", "assistante sociale", polyvalence, false},
		{"hugo.lantier", "Hugo Lantier", "conseiller en économie sociale et familiale", polyvalence, false},
		{"nadia.ferhat", "Nadia Ferhat", "éducatrice spécialisée", insertion, false},
		{"olivier.brandt", "Olivier Brandt", "conseiller numérique", insertion, false},
		{"maud.kervella", "Maud Kervella", "assistante sociale", insertion, false},
		{clerkLogin, "Anne Tessier", "agente d'accueil", "", false},
		{"solange.peri", "Solange Péri", "responsable du service", "", true},
	}
}

// service is a casefile.Service of one household: its identifiers come from the
// household's name, its clock stands at the demonstration's first instant.
func service(rooms Rooms, household string) (*casefile.Service, error) {
	deps := rooms.Cases
	deps.Random = randomOf("household " + household)
	deps.Clock = clock.Fixed(start())
	return casefile.New(deps)
}
