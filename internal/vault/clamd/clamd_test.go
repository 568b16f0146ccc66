package clamd_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/vault/clamd"
)

// daemon speaks the protocol of clamd and finds one word harmful. mode changes how it
// misbehaves.
func daemon(t *testing.T, mode string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c, mode)
		}
	}()
	return "unix:" + path
}

func serve(c net.Conn, mode string) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	if cmd, err := r.ReadString(0); err != nil || cmd != "zINSTREAM\x00" || mode == "hangs up" {
		return
	}
	var all []byte
	for {
		var n uint32
		if binary.Read(r, binary.BigEndian, &n) != nil {
			return
		}
		if n == 0 {
			break
		}
		piece := make([]byte, n)
		if _, err := io.ReadFull(r, piece); err != nil {
			return
		}
		all = append(all, piece...)
		if mode == "small limit" && len(all) > 1000 {
			_, _ = c.Write([]byte("INSTREAM size limit exceeded. ERROR\x00"))
			return
		}
	}
	answer := "stream: OK\x00"
	if bytes.Contains(all, []byte("HARMFUL")) {
		answer = "stream: Test.Signature FOUND\x00"
	}
	if mode == "strange" {
		answer = "stream: OK, I think\x00"
	}
	_, _ = c.Write([]byte(answer))
}

func scan(t *testing.T, address string, content []byte) error {
	t.Helper()
	s, err := clamd.New(address)
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.Start(t.Context())
	if err != nil {
		return err
	}
	if _, err := io.Copy(st, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return st.Verdict()
}

func TestVerdicts(t *testing.T) {
	good := bytes.Repeat([]byte("a lease "), 100_000)
	bad := append(bytes.Clone(good), "HARMFUL"...)
	ok := daemon(t, "")
	if err := scan(t, ok, good); err != nil {
		t.Errorf("a lease: %v", err)
	}
	if err := scan(t, ok, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	if err := scan(t, ok, bad); !errs.Is(err, errs.Invalid) {
		t.Errorf("what is harmful: %v", err)
	}
	for _, mode := range []string{"hangs up", "small limit", "strange"} {
		if err := scan(t, daemon(t, mode), good); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", mode, err)
		}
	}
	if err := scan(t, "unix:"+filepath.Join(t.TempDir(), "nobody"), good); !errs.Is(err, errs.Unavailable) {
		t.Errorf("no daemon: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "clamd", "http://x", "unix:", "tcp:"} {
		if _, err := clamd.New(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
