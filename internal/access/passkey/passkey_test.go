package passkey_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/passkey"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

type watch struct {
	mu  sync.Mutex
	now time.Time
}

func (w *watch) Now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
func (w *watch) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

const origin = "http://localhost:8080"

var office = access.Client{Address: "192.0.2.10", Device: "Firefox"}

// world is a house with Claire, who works, and Samira, who has a file.
type world struct {
	t       *testing.T
	clock   *watch
	access  *access.Service
	keys    *passkey.Service
	journal *journal.Journal
	db      *db.DB
	org     core.ID
	claire  core.ID
	samira  core.ID
	log     *bytes.Buffer
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	clk := &watch{}
	dbtest.EachConfig(t, db.Config{Clock: clk}, func(t *testing.T, d *db.DB) {
		clk.now = time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)
		w := &world{t: t, clock: clk, db: d, log: &bytes.Buffer{}}
		ring, err := secret.NewKeyring(dbtest.Key())
		w.ok(err)
		fields, err := secret.NewFields(rand.Reader, ring)
		w.ok(err)
		w.journal = journal.New(d, rand.Reader)
		w.access, err = access.New(d, w.journal, fields, ring.Derive("session"), access.Options{Demo: true, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		w.ok(err)
		w.keys, err = passkey.New(passkey.Deps{DB: d, Access: w.access, Journal: w.journal, Fields: fields, Clock: clk})
		w.ok(err)
		system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test"})
		w.org, err = w.access.CreateOrganisation(system, access.Organisation{Name: "CCAS", Place: "Europe/Paris"})
		w.ok(err)
		system = core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: w.org})
		w.claire, err = w.access.AddWorker(system, access.Worker{Login: "c.maurel", Name: "Claire Maurel", Works: true, Administers: true})
		w.ok(err)
		w.samira, err = core.NewID(clk.now, rand.Reader)
		w.ok(err)
		fn(t, w)
		report, err := w.journal.Check(t.Context())
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("journal: %v %v", report.Faults, err)
		}
	})
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// enter opens a session by a door that asks nothing.
func (w *world) enter(v access.DemoVisitor) context.Context {
	w.t.Helper()
	token, err := w.access.DemoEnter(w.t.Context(), v, office)
	w.ok(err)
	return w.resume(token)
}

func (w *world) resume(token string) context.Context {
	w.t.Helper()
	actor, info, err := w.access.Resume(w.t.Context(), token)
	w.ok(err)
	return info.Context(w.t.Context(), actor)
}

func (w *world) site() passkey.Site { return w.keys.Site(origin) }

func (w *world) browser() string {
	w.t.Helper()
	b, err := w.access.NewBrowser()
	w.ok(err)
	return b
}

// device is an authenticator in software: ES256, no attestation.
type device struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32
	// What a bad one does.
	unverified bool
	origin     string
	rp         string
}

func newDevice(t *testing.T) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: key, id: id, count: 1, origin: origin, rp: "localhost"}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *device) client(kind, challenge string) []byte {
	return []byte(`{"type":"` + kind + `","challenge":"` + challenge + `","origin":"` + d.origin + `","crossOrigin":false}`)
}

// authData is RFC-like: hash of the site, flags, counter.
func (d *device) authData(flags byte) []byte {
	if !d.unverified {
		flags |= 4
	}
	rp := sha256.Sum256([]byte(d.rp))
	out := append(rp[:], flags|1)
	return binary.BigEndian.AppendUint32(out, d.count)
}

// head is a CBOR head of a small length.
func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 256:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}

func cborText(s string) []byte  { return append(head(3, len(s)), s...) }
func cborBytes(b []byte) []byte { return append(head(2, len(b)), b...) }

// publicOptions is what options say to a browser.
type publicOptions struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

func (d *device) read(options any) publicOptions {
	d.t.Helper()
	raw, err := json.Marshal(options)
	if err != nil {
		d.t.Fatal(err)
	}
	var o publicOptions
	if err := json.Unmarshal(raw, &o); err != nil {
		d.t.Fatal(err)
	}
	return o
}

func (d *device) create(options any) string {
	d.t.Helper()
	o := d.read(options)
	handle, err := base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	d.handle = handle
	pub, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}, cborBytes(pub[1:33])...)
	cose = append(append(cose, 0x22), cborBytes(pub[33:])...)
	auth := d.authData(0x40)
	auth = append(auth, make([]byte, 16)...)
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(d.id)))
	auth = append(append(auth, d.id...), cose...)
	object := append(head(5, 3), cborText("fmt")...)
	object = append(object, cborText("none")...)
	object = append(append(object, cborText("attStmt")...), 0xa0)
	object = append(append(object, cborText("authData")...), cborBytes(auth)...)
	return d.answer(map[string]any{"clientDataJSON": b64(d.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}})
}

func (d *device) get(options any) string {
	d.t.Helper()
	o := d.read(options)
	d.count++
	client, auth := d.client("webauthn.get", o.PublicKey.Challenge), d.authData(0)
	digest := sha256.Sum256(client)
	sum := sha256.Sum256(append(bytes.Clone(auth), digest[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(sig), "userHandle": b64(d.handle)})
}

func (d *device) answer(response map[string]any) string {
	d.t.Helper()
	out, err := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(out)
}

// add registers a device for the session of ctx.
func (w *world) add(ctx context.Context, d *device, name string) error {
	w.t.Helper()
	options, state, err := w.keys.BeginAdd(ctx, w.site())
	if err != nil {
		return err
	}
	return w.keys.Add(ctx, w.site(), state, d.create(options), name)
}

func (w *world) signIn(d *device) (string, error) {
	w.t.Helper()
	browser := w.browser()
	options, state, err := w.keys.BeginSignIn(w.site(), browser)
	w.ok(err)
	return w.keys.SignIn(w.t.Context(), w.site(), browser, state, d.get(options), office)
}

func want(t *testing.T, what string, err error, kind errs.Kind, key string) {
	t.Helper()
	var e *errs.Error
	var f errs.Fields
	got := ""
	if errors.As(err, &f) && len(f) > 0 {
		got = f[0].Key
	} else if errors.As(err, &e) {
		got = e.Key
	}
	if err == nil || errs.KindOf(err) != kind || got != key {
		t.Errorf("%s: got %v (key %q), want kind %v with %q", what, err, got, kind, key)
	}
}

func TestKeysOfAWorkerAndOfAPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, who := range []struct {
			visitor access.DemoVisitor
			kind    core.ActorKind
			id      core.ID
		}{
			{access.DemoVisitor{Login: "c.maurel"}, core.ActorWorker, w.claire},
			{access.DemoVisitor{Org: w.org, Person: w.samira}, core.ActorPerson, w.samira},
		} {
			ctx := w.enter(who.visitor)
			phone, desk := newDevice(t), newDevice(t)
			w.ok(w.add(ctx, phone, "  Téléphone  "))
			w.clock.advance(time.Second)
			w.ok(w.add(ctx, desk, "Bureau"))
			token, err := w.signIn(phone)
			w.ok(err)
			in := w.resume(token)
			if a := core.ActorFrom(in); a.Kind != who.kind || a.ID != who.id || a.AAL != 2 {
				t.Errorf("the key let in %+v", a)
			}
			list, err := w.keys.List(in)
			w.ok(err)
			if len(list) != 2 || list[0].Name != "Téléphone" || list[0].UsedOn.String() != "2026-06-11" || !list[1].UsedOn.IsZero() || list[0].Copied {
				t.Fatalf("keys: %+v", list)
			}
			w.ok(w.keys.Rename(in, list[0].ID, "Vieux téléphone"))
			w.ok(w.keys.Revoke(in, list[0].ID))
			_, err = w.signIn(phone)
			want(t, "a revoked key", err, errs.Unauthenticated, "errs.signin.key_refused")
			_, err = w.signIn(desk)
			w.ok(err)
			want(t, "revoke twice", w.keys.Revoke(in, list[0].ID), errs.NotFound, "access.error.not_found")
			want(t, "no name", w.add(in, newDevice(t), " "), errs.Invalid, "errs.signin.key_name")
			want(t, "the same key twice", w.add(in, desk, "Encore"), errs.Invalid, "errs.signin.key_twice")
		}
		// Nobody touches another's keys.
		claire, samira := w.enter(access.DemoVisitor{Login: "c.maurel"}), w.enter(access.DemoVisitor{Org: w.org, Person: w.samira})
		list, err := w.keys.List(claire)
		w.ok(err)
		want(t, "another's key", w.keys.Revoke(samira, list[0].ID), errs.NotFound, "access.error.not_found")
	})
}

func TestAKeyThatDoesNotLetIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.enter(access.DemoVisitor{Login: "c.maurel"})
		phone := newDevice(t)
		w.ok(w.add(ctx, phone, "Téléphone"))
		refused := func(what string, change func(d *device)) {
			t.Helper()
			bad := *phone
			bad.count += 100
			change(&bad)
			_, err := w.signIn(&bad)
			want(t, what, err, errs.Unauthenticated, "errs.signin.key_refused")
			_, err = w.signIn(phone) // and nothing is counted against the right one
			w.ok(err)
		}
		refused("holder not verified", func(d *device) { d.unverified = true })
		refused("copy of the page elsewhere", func(d *device) { d.origin = "http://localhost.evil.example" })
		refused("another site", func(d *device) { d.rp = "evil.example" })
		refused("another key", func(d *device) { d.key = newDevice(t).key })
		refused("unknown key", func(d *device) { d.id = newDevice(t).id })
		refused("no handle", func(d *device) { d.handle = nil })
		refused("handle of nobody", func(d *device) { d.handle = append([]byte("w"), make([]byte, 32)...) })

		browser := w.browser()
		options, state, err := w.keys.BeginSignIn(w.site(), browser)
		w.ok(err)
		answer := phone.get(options)
		_, err = w.keys.SignIn(t.Context(), w.site(), w.browser(), state, answer, office)
		want(t, "another browser", err, errs.Unauthenticated, "errs.signin.again")
		_, err = w.keys.SignIn(t.Context(), w.site(), browser, state, answer, office)
		w.ok(err)
		_, err = w.keys.SignIn(t.Context(), w.site(), browser, state, answer, office)
		if err == nil {
			t.Error("an answer served twice")
		}
		options, state, err = w.keys.BeginSignIn(w.site(), browser)
		w.ok(err)
		answer = phone.get(options)
		w.clock.advance(5 * time.Minute)
		_, err = w.keys.SignIn(t.Context(), w.site(), browser, state, answer, office)
		want(t, "too late", err, errs.Unauthenticated, "errs.signin.again")
		for _, junk := range []string{"", "{", "null", `{"id":"AA"}`, strings.Repeat("x", 20<<10)} {
			_, state, err = w.keys.BeginSignIn(w.site(), browser)
			w.ok(err)
			_, err = w.keys.SignIn(t.Context(), w.site(), browser, state, junk, office)
			if !errs.Is(err, errs.Unauthenticated) && !errs.Is(err, errs.TooMany) {
				t.Errorf("%.20q: %v", junk, err)
			}
		}
		_, _, err = w.keys.BeginSignIn(w.keys.Site("http://127.0.0.1:8080"), browser)
		want(t, "an address without a name", err, errs.Unavailable, "errs.signin.key_site")
	})
}

func TestACopiedKeyStops(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.enter(access.DemoVisitor{Login: "c.maurel"})
		phone := newDevice(t)
		w.ok(w.add(ctx, phone, "Téléphone"))
		copied := *phone
		_, err := w.signIn(phone)
		w.ok(err)
		_, err = w.signIn(phone)
		w.ok(err)
		_, err = w.signIn(&copied) // its counter is behind
		want(t, "a copy", err, errs.Unauthenticated, "errs.signin.key_copied")
		_, err = w.signIn(phone)
		want(t, "the original, from then on", err, errs.Unauthenticated, "errs.signin.key_refused")
		list, err := w.keys.List(ctx)
		w.ok(err)
		if len(list) != 1 || !list[0].Copied {
			t.Errorf("the list does not say it: %+v", list)
		}
	})
}

func TestAProofIsRecentOrAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.enter(access.DemoVisitor{Login: "c.maurel"})
		phone := newDevice(t)
		w.ok(w.add(ctx, phone, "Téléphone"))
		w.ok(w.access.Recent(ctx))
		w.clock.advance(11 * time.Minute)
		if err := w.access.Recent(ctx); !access.Stale(err) {
			t.Fatalf("eleven minutes later: %v", err)
		}
		if err := w.add(ctx, newDevice(t), "Autre"); !access.Stale(err) {
			t.Errorf("a key added with an old proof: %v", err)
		}
		options, state, err := w.keys.BeginProve(ctx, w.site())
		w.ok(err)
		token, err := w.keys.Prove(ctx, w.site(), state, phone.get(options), office)
		w.ok(err)
		renewed := w.resume(token)
		w.ok(w.access.Recent(renewed))
		if core.ActorFrom(renewed).Session != core.ActorFrom(ctx).Session {
			t.Error("another session instead of the same one, renewed")
		}
		// A colleague's key on the same screen proves nothing.
		samira := w.enter(access.DemoVisitor{Org: w.org, Person: w.samira})
		hers := newDevice(t)
		w.ok(w.add(samira, hers, "Sien"))
		options, state, err = w.keys.BeginProve(renewed, w.site())
		w.ok(err)
		_, err = w.keys.Prove(renewed, w.site(), state, hers.get(options), office)
		want(t, "somebody else's key", err, errs.Unauthenticated, "errs.signin.key_refused")
	})
}

func TestOnlyTheConfiguredAddressHasKeys(t *testing.T) {
	for address, right := range map[string]bool{
		"": true, "https://parvis.example.fr": true, "https://parvis.example.fr:8443/": true, "http://localhost:8080": true,
		"http://parvis.example.fr": false, "https://192.0.2.1": false, "parvis.example.fr": false, "https://a@b.example": false, "https://b.example/chemin": false,
	} {
		s, err := passkey.New(passkey.Deps{Address: address})
		if (err == nil) != right {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil {
			continue
		}
		if got := s.Site("https://evil.example"); got != (passkey.Site{}) {
			t.Errorf("%q: keys at another address: %+v", address, got)
		}
	}
}

// No state, challenge or key goes into the log.
func TestSecretsAreNotLogged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.enter(access.DemoVisitor{Login: "c.maurel"})
		phone := newDevice(t)
		w.ok(w.add(ctx, phone, "Téléphone de Claire"))
		token, err := w.signIn(phone)
		w.ok(err)
		bad := *phone
		bad.unverified = true
		_, _ = w.signIn(&bad) // refused, for what the log says of it
		for _, s := range []string{token, b64(phone.id), "Claire"} {
			if strings.Contains(w.log.String(), s) {
				t.Errorf("the log holds %q", s)
			}
		}
	})
}

func FuzzHandle(f *testing.F) {
	f.Add([]byte("w"))
	f.Add(append([]byte("h"), make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, handle []byte) {
		if passkey.ReadHandle(handle) && len(handle) != 33 {
			t.Errorf("a handle of %d bytes", len(handle))
		}
	})
}
