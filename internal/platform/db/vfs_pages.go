package db

import (
	"sync"

	"github.com/ncruces/go-sqlite3/vfs"
)

// clearPages keeps decrypted pages of the database file for all connections of
// one open database. SQLite empties a connection's own cache whenever anybody has
// committed, which here is at every page shown: without this, each snapshot would
// decrypt the same upper pages of the same trees again.
//
// It is right because only this process writes the database file while it holds
// the host's lock (host.go): the log is not kept here, and a page's slot is
// locked while the page is read from the file or written to it.
type clearPages struct {
	slots [clearSlots]clearPage // page n is in slot n mod clearSlots, or nowhere
}

type clearPage struct {
	mu   sync.Mutex
	at   int64  // offset in the file, when data is valid
	data []byte // nil: never used
	ok   bool
}

const clearSlots = 16384 // 64 MiB when all are used

func (c *clearPages) slot(off int64) *clearPage {
	return &c.slots[uint64(off/blockSize)%clearSlots]
}

// pageFile is the database file as one connection sees it.
type pageFile struct {
	forward
	pages *clearPages
}

var _ vfs.FilePragma = (*pageFile)(nil)

// ReadAt reads whole pages from memory where it can.
func (f *pageFile) ReadAt(p []byte, off int64) (int, error) {
	if len(p) != blockSize || off%blockSize != 0 {
		return f.File.ReadAt(p, off)
	}
	s := f.pages.slot(off)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ok && s.at == off {
		return copy(p, s.data), nil
	}
	n, err := f.File.ReadAt(p, off)
	if n == blockSize && err == nil {
		s.keep(p, off)
	}
	return n, err
}

// keep holds a page; s.mu is held.
func (s *clearPage) keep(p []byte, off int64) {
	if s.data == nil {
		s.data = make([]byte, blockSize)
	}
	copy(s.data, p)
	s.at, s.ok = off, true
}

// WriteAt writes to the file, then to memory.
func (f *pageFile) WriteAt(p []byte, off int64) (int, error) {
	if len(p) != blockSize || off%blockSize != 0 {
		// Not SQLite's way of writing pages: forget what it touches, before and after.
		f.forget(off, off+int64(len(p)))
		defer f.forget(off, off+int64(len(p)))
		return f.File.WriteAt(p, off)
	}
	s := f.pages.slot(off)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ok = s.ok && s.at != off
	n, err := f.File.WriteAt(p, off)
	if n == blockSize && err == nil {
		s.keep(p, off)
	}
	return n, err
}

// Truncate forgets the pages beyond the new end.
func (f *pageFile) Truncate(size int64) error {
	err := f.File.Truncate(size)
	for i := range f.pages.slots {
		s := &f.pages.slots[i]
		s.mu.Lock()
		s.ok = s.ok && s.at+blockSize <= size
		s.mu.Unlock()
	}
	return err
}

// forget drops the pages that hold bytes from, included, to to, excluded.
func (f *pageFile) forget(from, to int64) {
	for off := from &^ (blockSize - 1); off < to; off += blockSize {
		s := f.pages.slot(off)
		s.mu.Lock()
		s.ok = s.ok && s.at != off
		s.mu.Unlock()
	}
}
