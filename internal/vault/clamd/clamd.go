// Package clamd asks a ClamAV daemon whether a stream holds something known to be
// harmful: the command INSTREAM of its protocol, over a socket of this machine or TCP.
//
// The daemon reads what is clear: it belongs on the same machine or on a network as
// trusted. What it cannot answer is an error, never a yes.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Scanner asks one daemon. It is safe for concurrent use.
type Scanner struct {
	network, address string
	timeout          time.Duration
}

// New prepares a Scanner: "unix:/run/clamav/clamd.ctl" or "tcp:127.0.0.1:3310".
func New(address string) (*Scanner, error) {
	network, where, ok := strings.Cut(address, ":")
	if !ok || where == "" || (network != "unix" && network != "tcp") {
		return nil, fmt.Errorf("clamd: %q: want unix:/path or tcp:host:port", address)
	}
	return &Scanner{network: network, address: where, timeout: 2 * time.Minute}, nil
}

// maxAnswer bounds a daemon's answer, in bytes.
const maxAnswer = 4 << 10

// Stream is one scan under way. Write it what is to be looked at, then ask for the
// Verdict; or Close it.
type Stream struct {
	conn net.Conn
	out  *bufio.Writer
	stop context.CancelFunc
	err  error
}

// Start opens a scan. errs.Unavailable with key errs.papers.scanner when the daemon does
// not answer.
func (s *Scanner) Start(ctx context.Context) (*Stream, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, s.network, s.address)
	if err != nil {
		return nil, unanswered(err)
	}
	ctx, stop := context.WithTimeout(ctx, s.timeout)
	deadline, _ := ctx.Deadline()
	st := &Stream{conn: conn, out: bufio.NewWriterSize(conn, 64<<10), stop: stop}
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, errors.Join(unanswered(err), st.Close())
	}
	if _, err := io.WriteString(st.out, "zINSTREAM\x00"); err != nil {
		return nil, errors.Join(unanswered(err), st.Close())
	}
	return st, nil
}

// Write sends one piece: its length in four bytes, then itself. The daemon may hang up
// once its own limit is reached: the Verdict then says it.
func (s *Stream) Write(b []byte) (int, error) {
	if s.err != nil || len(b) == 0 {
		return len(b), nil
	}
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(b)))
	if _, s.err = s.out.Write(head[:]); s.err == nil {
		_, s.err = s.out.Write(b)
	}
	return len(b), nil
}

// Verdict ends the stream and waits for the answer: nil when nothing was found,
// errs.Invalid with key errs.papers.harmful when something was, errs.Unavailable when the
// daemon could not say.
func (s *Stream) Verdict() (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.err == nil {
		if _, s.err = s.out.Write([]byte{0, 0, 0, 0}); s.err == nil {
			s.err = s.out.Flush()
		}
	}
	answer, rerr := bufio.NewReader(io.LimitReader(s.conn, maxAnswer)).ReadString(0)
	said := strings.TrimRight(answer, "\x00\n ")
	switch {
	case said == "stream: OK" && s.err == nil:
		return nil
	case strings.HasPrefix(said, "stream: ") && strings.HasSuffix(said, " FOUND"):
		return errs.Wrap(errs.Invalid, "errs.papers.harmful", errors.New(said))
	}
	return unanswered(errors.Join(fmt.Errorf("clamd said %q", said), s.err, rerr))
}

// Close gives up a scan.
func (s *Stream) Close() error {
	s.stop()
	return s.conn.Close()
}

func unanswered(err error) error { return errs.Wrap(errs.Unavailable, "errs.papers.scanner", err) }
