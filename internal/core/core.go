// Package core holds the words that every room of Parvis shares: identifiers,
// money, months and dates, the actor, and the request's context. It depends on
// the standard library alone (and on rights, whose Cents and Month it aliases);
// it reads no clock and opens nothing.
package core

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"codeberg.org/parvis/parvis/rights"
)

// Cents is an amount in euro cents; the engine owns the type.
type Cents = rights.Cents

// Month is a calendar month; the engine owns the type.
type Month = rights.Month

// ID names a row: a UUID version 7 (RFC 9562) in lower-case text, or "" for none.
// It tells when the row was made; blobs use random version 4 names instead.
type ID string

// NewID makes an ID from the given instant and source of randomness. It fails
// only when the source does.
func NewID(now time.Time, random io.Reader) (ID, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("new id: %w", err)
	}
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	for i, at := 0, 0; i < len(b); i++ {
		switch i {
		case 4, 6, 8, 10:
			out[at] = '-'
			at++
		}
		hex.Encode(out[at:at+2], b[i:i+1])
		at += 2
	}
	return ID(out[:]), nil
}

// ParseID accepts the canonical 36-character lower-case form of a UUID and
// nothing else, so that one row has one address.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return "", fmt.Errorf("id %.40q: want 36 characters", s)
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return "", fmt.Errorf("id %q: want a UUID", s)
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return "", fmt.Errorf("id %q: want a UUID", s)
			}
		}
	}
	return ID(s), nil
}
