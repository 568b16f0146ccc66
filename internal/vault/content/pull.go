package content

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// A format's cleaner is written as a loop that reads and writes; a document is pulled.
// step turns the one into the other without a goroutine: it is called when what it wrote
// last has been given out.

// writer collects what one step of a cleaner keeps, and says what comes next.
type writer struct {
	buf  bytes.Buffer
	copy int64         // bytes of the source to pass on as they are
	next func() error  // the step after; nil: the end
	in   *bufio.Reader // the source
}

// pulled is a Reader of what a cleaner keeps.
type pulled struct {
	w   *writer
	err error
}

// pull makes a Reader of a cleaner's first step.
func pull(first func(*writer) error, in *bufio.Reader) io.Reader {
	w := &writer{in: in}
	w.next = func() error { return first(w) }
	return &pulled{w: w}
}

// Read runs steps until there is something to give.
func (p *pulled) Read(b []byte) (int, error) {
	for {
		switch {
		case p.err != nil:
			return 0, p.err
		case p.w.buf.Len() > 0:
			return p.w.buf.Read(b)
		case p.w.copy > 0:
			n, err := p.w.in.Read(b[:min(int64(len(b)), p.w.copy)])
			p.w.copy -= int64(n)
			if err != nil {
				p.err = short(err)
			}
			if n > 0 {
				return n, nil
			}
		case p.w.next == nil:
			// Whatever lies behind the end is read, so that the sender is done, and kept by
			// nobody.
			if _, err := io.Copy(io.Discard, p.w.in); err != nil {
				p.err = err
				continue
			}
			p.err = io.EOF
		default:
			step := p.w.next
			p.w.next = nil
			if err := step(); err != nil {
				p.err = short(err)
			}
		}
	}
}

// short says of an image that it ends too early.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return broken("an image cut short")
	}
	return err
}
