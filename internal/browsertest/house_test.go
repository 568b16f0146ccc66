package browsertest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// house is a whole server of its own, on a clock that the test moves.
type house struct {
	*server.Server
	clock *wheel
}

// wheel is a clock that a test turns.
type wheel struct {
	mu  sync.Mutex
	now time.Time
}

func (w *wheel) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *wheel) Turn(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// openHouse runs a server until the test ends. The zero change is an installation
// that starts from nothing on 11 June 2026, 9:00 in Paris.
func openHouse(t *testing.T, change func(*server.Config)) *house {
	t.Helper()
	h := &house{clock: &wheel{now: time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)}}
	cfg := server.Config{
		Data: filepath.Join(t.TempDir(), "data"), KeyDir: t.TempDir(), Listen: "127.0.0.1:0", Clock: h.clock,
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if h.Server, err = server.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return h
}

// say is the French text of a catalogue key: what labels, links and buttons read.
func say(key string, args ...any) string { return i18n.For(i18n.French).T(key, args...) }

// code is what an authenticator shows for a secret at an instant (RFC 6238).
func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.Join(strings.Fields(secret), "")))
	if err != nil {
		t.Fatalf("secret %q: %v", secret, err)
	}
	mac := hmac.New(sha1.New, key)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/30))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

const password = "la place au petit matin"

// settle opens a new house by its set-up link and returns the authenticator's secret.
func settle(t *testing.T, h *house, v *browsertest.Visitor) (secret string) {
	t.Helper()
	v.Open("/installation?jeton=" + h.SetUp)
	v.MustShow(say("web.set_up.title"))
	secret = browsertest.Eval[string](v, "document.querySelector('.key').textContent")
	v.Fill(say("web.set_up.org_name"), "CCAS de Valsèvre")
	v.Fill(say("web.set_up.team_name"), "Polyvalence")
	v.FillIn(say("web.set_up.you"), say("web.team.name"), "Claire Maurel")
	v.Fill(say("web.team.function"), "assistante sociale")
	v.Fill(say("web.entry.login"), "c.maurel")
	v.Fill(say("web.entry.password"), password)
	v.Fill(say("web.enrol.code_label"), code(t, secret, h.clock.Now()))
	v.Press(say("web.set_up.go"))
	return secret
}
