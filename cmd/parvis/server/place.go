package server

import (
	"context"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
)

// places remembers where each organisation's days are counted. An organisation
// that moves to another time zone is rare: the next start knows.
type places struct {
	access *access.Service
	mu     sync.Mutex
	known  map[core.ID]*time.Location
}

func newPlaces(a *access.Service) *places {
	return &places{access: a, known: map[core.ID]*time.Location{}}
}

// of is the time zone of an organisation: UTC when it cannot be told.
func (p *places) of(org core.ID) *time.Location {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.known[org]; known != nil {
		return known
	}
	ctx := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "server", Org: org})
	o, err := p.access.House(ctx)
	if err != nil {
		return time.UTC
	}
	place, err := time.LoadLocation(o.Place)
	if err != nil {
		return time.UTC
	}
	p.known[org] = place
	return place
}
