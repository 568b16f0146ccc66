package agreement

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Service is the way in: every use case of agreements. It is safe for concurrent
// use.
type Service struct {
	cases *casefile.Service
	key   ed25519.PrivateKey
	cards Cards // nil: none
	codes Codes // nil: none
}

// New makes a Service over the files of cases. seed is 32 secret bytes, the same from
// one start to the next: proofs are signed with the key made of them.
func New(cases *casefile.Service, seed []byte) (*Service, error) {
	if cases == nil {
		return nil, errors.New("agreement: the files are needed")
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("agreement: a seed of %d bytes, want %d", len(seed), ed25519.SeedSize)
	}
	return &Service{cases: cases, key: ed25519.NewKeyFromSeed(seed)}, nil
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.cases.Today(ctx) }

// People are the names that a list of agreements needs.
type People struct {
	Teams   map[core.ID]string
	Workers map[core.ID]string
	Persons map[core.ID]casefile.Identity
	// Functions are those of the workers, as people read them: « assistante sociale ».
	Functions map[core.ID]string
}

const selectIdentity = `SELECT usual_name, given_names, use_name, title, birth FROM person WHERE org_id = $1 AND id = $2`

func identity(q db.Querier, org, id core.ID) (casefile.Identity, error) {
	var i casefile.Identity
	var birth string
	err := q.QueryRow(selectIdentity, org, id).Scan(&i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &i.Title, &birth)
	if errors.Is(err, db.ErrNoRows) {
		return i, errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	if err != nil {
		return i, fmt.Errorf("how a person is called: %w", err)
	}
	i.Birth, err = core.ParsePartialDate(birth)
	return i, err
}

// names reads the names of teams, workers and persons.
func names(q db.Querier, org core.ID, list []Consent, more ...core.ID) (People, error) {
	p := People{Teams: map[core.ID]string{}, Workers: map[core.ID]string{}, Persons: map[core.ID]casefile.Identity{}, Functions: map[core.ID]string{}}
	teams, err := access.Teams(q, org)
	if err != nil {
		return p, err
	}
	for _, t := range teams {
		p.Teams[t.ID] = t.Name
	}
	var workers []core.ID
	for _, c := range list {
		workers = append(workers, c.GivenBy)
		if c.EndedBy == core.ActorWorker {
			workers = append(workers, c.EndedID)
		}
		for _, id := range []core.ID{c.Person, c.Relative} {
			if _, known := p.Persons[id]; id != "" && !known {
				if p.Persons[id], err = identity(q, org, id); err != nil {
					return p, err
				}
			}
		}
	}
	known, err := access.Workers(q, org, append(workers, more...)...)
	if err != nil {
		return p, err
	}
	for id, w := range known {
		p.Workers[id], p.Functions[id] = w.Name, w.Function
	}
	return p, nil
}

const selectKept = `SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0`

// kept is the person that an id stands for today.
func kept(q db.Querier, org, id core.ID) (core.ID, error) {
	var other core.ID
	err := q.QueryRow(selectKept, org, id).Scan(&other)
	if errors.Is(err, db.ErrNoRows) {
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("who %s is: %w", id, err)
	}
	return other, nil
}
