package server

import (
	"context"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
)

// placeKept is how long a time zone is believed: an organisation that moves
// counts its days in the new place a minute later.
const placeKept = time.Minute

// places remembers where each organisation's days are counted.
type places struct {
	access *access.Service
	clock  clock.Clock

	mu   sync.Mutex
	kept map[core.ID]keptPlace
}

type keptPlace struct {
	place *time.Location
	until time.Time
}

func newPlaces(a *access.Service, c clock.Clock) *places {
	return &places{access: a, clock: c, kept: map[core.ID]keptPlace{}}
}

// of is the time zone of an organisation: the last one known when the database
// does not answer, UTC when none is. The database is read outside the lock.
func (p *places) of(org core.ID) *time.Location {
	now := p.clock.Now()
	p.mu.Lock()
	last, known := p.kept[org]
	p.mu.Unlock()
	if known && now.Before(last.until) {
		return last.place
	}
	place := last.place
	if read, err := p.read(org); err == nil {
		place = read
	}
	if place == nil {
		return time.UTC
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[org] = keptPlace{place: place, until: now.Add(placeKept)}
	return place
}

func (p *places) read(org core.ID) (*time.Location, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	o, err := p.access.House(core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "server", Org: org}))
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(o.Place)
}
