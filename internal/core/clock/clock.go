// Package clock is how Parvis knows the time: injected, so that a test, a demo
// and a replay each live on their own day. Nothing outside cmd and this package
// asks the system clock.
package clock

import (
	"time"

	"codeberg.org/parvis/parvis/internal/core"
)

// Clock tells the present instant.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the machine's time.
func (System) Now() time.Time { return time.Now() }

// Fixed is a clock that stands still.
type Fixed time.Time

// Now returns the same instant every time.
func (f Fixed) Now() time.Time { return time.Time(f) }

// Shifted runs at the pace of Base from another starting point: the demo's
// clock reads 11 June 2026 at its first start and ticks from there.
type Shifted struct {
	Base  Clock
	Shift time.Duration
}

// Now returns Base's time moved by Shift.
func (s Shifted) Now() time.Time { return s.Base.Now().Add(s.Shift) }

// Today returns the day it is at the organisation's place, overseas too.
func Today(c Clock, place *time.Location) core.Date { return core.DateOf(c.Now().In(place)) }
