package db

import (
	"errors"
	"io"

	"github.com/ncruces/go-sqlite3/vfs"
)

// logFile is the log as one connection writes it. It lies between SQLite and the
// encryption and gathers what is written: SQLite writes each frame as 24 bytes,
// then 4096, neither on a block's edge, and the encryption would decrypt and
// encrypt six blocks for it. Gathered until the sync that ends a commit, each
// block is encrypted once.
//
// Every connection must use synchronous=FULL and pages of 4096 bytes. Then the
// sync, and with it the write below, comes before other connections are told of
// the frames. SQLite ends a commit with a frame that crosses the sync's point;
// what is left of it comes after the sync and is written at once.
type logFile struct {
	vfs.File
	buf   []byte // clear bytes of the file from start on, to be written
	start int64  // a multiple of blockSize
	tail  int64  // the furthest byte this connection wrote since the log began
	spare []byte // an empty buf to use again
	rest  int64  // bytes of the frame that the last sync cut, yet to come
}

// The form of the log: https://sqlite.org/fileformat2.html#walformat
const (
	logHeading = 32
	frameSize  = 24 + 4096
)

const maxGathered = 1 << 20 // bytes: beyond, they are written before the sync

var _ vfs.FileUnwrap = (*logFile)(nil)

func (f *logFile) Unwrap() vfs.File { return f.File }

// WriteAt gathers p, or first writes what was gathered when p lies elsewhere.
func (f *logFile) WriteAt(p []byte, off int64) (int, error) {
	end := f.start + int64(len(f.buf))
	if f.buf == nil || off < f.start || off > end || len(f.buf)+len(p) > maxGathered {
		if err := f.flush(); err != nil {
			return 0, err
		}
		if err := f.begin(off); err != nil {
			return 0, err
		}
	}
	if off == 0 { // the log's heading: it begins again
		f.tail = 0
	}
	at := int(off - f.start)
	n := copy(f.buf[at:], p)
	f.buf = append(f.buf, p[n:]...)
	f.tail = max(f.tail, off+int64(len(p)))
	if f.rest > 0 {
		f.rest -= int64(len(p))
		if err := f.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// begin starts to gather at off, with the bytes of its block that lie before.
func (f *logFile) begin(off int64) error {
	f.start = off &^ (blockSize - 1)
	f.buf = append(f.spare[:0], make([]byte, off-f.start)...)
	if off == f.start {
		return nil
	}
	_, err := f.File.ReadAt(f.buf, f.start)
	if err != nil && !errors.Is(err, io.EOF) {
		f.buf = nil
		return err
	}
	return nil // beyond the end of the file: zeros
}

// flush writes what was gathered. Nothing valid follows the furthest byte, so the
// last block is filled with zeros there rather than read back.
func (f *logFile) flush() error {
	if f.buf == nil {
		return nil
	}
	buf := f.buf
	f.buf, f.spare = nil, buf[:0]
	if over := len(buf) % blockSize; over > 0 && f.start+int64(len(buf)) >= f.tail {
		buf = append(buf, zeros[:blockSize-over]...)
		f.spare = buf[:0]
	}
	_, err := f.File.WriteAt(buf, f.start)
	return err
}

var zeros [blockSize]byte

func (f *logFile) ReadAt(p []byte, off int64) (int, error) {
	if f.buf != nil && off < f.start+int64(len(f.buf)) && off+int64(len(p)) > f.start {
		if err := f.flush(); err != nil {
			return 0, err
		}
	}
	return f.File.ReadAt(p, off)
}

func (f *logFile) Sync(flags vfs.SyncFlag) error {
	f.rest = 0
	if f.buf != nil {
		end := f.start + int64(len(f.buf))
		f.rest = (frameSize - (end-logHeading)%frameSize) % frameSize
	}
	if err := f.flush(); err != nil {
		return err
	}
	return f.File.Sync(flags)
}

func (f *logFile) Truncate(size int64) error {
	if err := f.flush(); err != nil {
		return err
	}
	f.tail = min(f.tail, size)
	return f.File.Truncate(size)
}

func (f *logFile) Size() (int64, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.File.Size()
}

func (f *logFile) Close() error { return errors.Join(f.flush(), f.File.Close()) }
