package simulate

import (
	"net/netip"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/core/clock"
)

// What one network may ask: a counter of a town hall has many people behind one
// address, so the limit is that of a busy room, not of a person.
const (
	perMinute = 120
	window    = time.Minute
	networks  = 10_000 // remembered at most
)

// brake counts the pages of each network over a minute, in memory. It knows a
// network and a number, nothing of what was asked.
type brake struct {
	clock clock.Clock

	mu    sync.Mutex
	since time.Time
	count map[string]int
}

func newBrake(c clock.Clock) *brake { return &brake{clock: c, count: map[string]int{}} }

// lets tells whether a network may have one more page.
func (b *brake) lets(address string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.clock.Now(); now.Sub(b.since) >= window || now.Before(b.since) {
		b.since = now
		clear(b.count)
	}
	n := network(address)
	if _, known := b.count[n]; !known && len(b.count) >= networks {
		n = "" // too many to tell apart: they share what is left
	}
	b.count[n]++
	return b.count[n] <= perMinute
}

// network is an IPv4 address, or the /64 of an IPv6 one.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ""
	}
	return p.String()
}
