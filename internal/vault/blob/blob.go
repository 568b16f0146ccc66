// Package blob keeps locked files under random names, in a folder or in an S3 bucket. It
// knows nothing of what is in them and is never given anything clear.
//
// Guarantees. Put is whole or absent: once it returned nil the bytes survive a power cut,
// and an error leaves nothing under the name. A name is a random version 4 UUID: it tells
// neither when nor for whom. Memory does not grow with the size.
package blob

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Name is a random version 4 UUID in lower case.
type Name string

// NewName draws a name.
func NewName(random io.Reader) (Name, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("name a blob: %w", err)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return Name(fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])), nil
}

// Valid tells whether a text is a name, so that no other path is ever opened.
func (n Name) Valid() bool {
	if len(n) != 36 || n[14] != '4' {
		return false
	}
	for i := range len(n) {
		c := n[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// Store is where blobs are. Errors of Open: errs.NotFound when there is none of that
// name, errs.Unavailable when the store does not answer. Remove of what is not there is
// no error.
type Store interface {
	// Put reads to the end of r and keeps it; size is what was written.
	Put(ctx context.Context, name Name, r io.Reader) (size int64, err error)
	Open(ctx context.Context, name Name) (io.ReadCloser, error)
	Remove(ctx context.Context, name Name) error
	// List visits every blob that is whole, with the instant at which it was written.
	List(ctx context.Context, visit func(name Name, at time.Time) error) error
	// RemoveHalfWritten deletes what was being written before an instant and never ended.
	RemoveHalfWritten(ctx context.Context, before time.Time) error
}
