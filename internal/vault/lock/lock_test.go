package lock_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"
	"filippo.io/age/armor"

	"codeberg.org/parvis/parvis/internal/vault/lock"
)

func private(t testing.TB) lock.Private {
	t.Helper()
	p, err := lock.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADocumentAndItsGrant(t *testing.T) {
	samira, team, other := private(t), private(t), private(t)
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 3 << 20} {
		document := bytes.Repeat([]byte("bail "), size/5+1)[:size]
		file, key, err := lock.EncryptFile(bytes.NewReader(document), samira.Public())
		if err != nil {
			t.Fatal(err)
		}
		stored, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		if size > 0 && bytes.Contains(stored, []byte("bail bail")) {
			t.Error("the document is in its file")
		}
		read := func(r io.Reader, err error) []byte {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		if got := read(lock.DecryptFile(bytes.NewReader(stored), samira)); !bytes.Equal(got, document) {
			t.Errorf("%d bytes: the person reads something else", size)
		}
		again, err := lock.FileKeyOf(bytes.NewReader(stored), samira)
		if err != nil || again != key {
			t.Errorf("the key of the file comes back as another: %v", err)
		}
		grant, err := lock.WrapFileKey(key, team.Public())
		if err != nil {
			t.Fatal(err)
		}
		if len(grant) > 220 {
			t.Errorf("a grant of %d bytes", len(grant))
		}
		ours, err := lock.UnwrapFileKey(grant, team)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(lock.DecryptFileWith(bytes.NewReader(stored), ours)); !bytes.Equal(got, document) {
			t.Errorf("%d bytes: the team reads something else", size)
		}
		if _, err := lock.UnwrapFileKey(grant, other); err == nil {
			t.Error("another team opens the grant")
		}
		if _, err := lock.DecryptFile(bytes.NewReader(stored), other); err == nil {
			t.Error("somebody else opens the document")
		}
		if _, err := lock.DecryptFileWith(bytes.NewReader(stored), lock.FileKey{1}); err == nil {
			t.Error("another key opens the document")
		}
	}
}

func TestKeysWrapped(t *testing.T) {
	person, card := private(t), private(t)
	wrapped, err := lock.Wrap(person, card.Public())
	if err != nil {
		t.Fatal(err)
	}
	if len(wrapped) > 300 || bytes.Contains(wrapped, []byte("AGE-SECRET")) {
		t.Errorf("wrapped in %d bytes", len(wrapped))
	}
	back, err := lock.Unwrap(wrapped, card)
	if err != nil || back.Text() != person.Text() {
		t.Fatalf("another key: %v", err)
	}
	if _, err := lock.Unwrap(wrapped, private(t)); err == nil {
		t.Error("any key unwraps")
	}
	for i := range wrapped {
		bad := bytes.Clone(wrapped)
		bad[i] ^= 1
		if _, err := lock.Unwrap(bad, card); err == nil {
			t.Fatalf("byte %d changed is not noticed", i)
		}
	}
	a, b, c := private(t), private(t), private(t)
	both, err := lock.WrapTwice(person, a.Public(), b.Public())
	if err != nil {
		t.Fatal(err)
	}
	if back, err := lock.UnwrapTwice(both, a, b); err != nil || back.Text() != person.Text() {
		t.Errorf("two holders: %v", err)
	}
	for _, pair := range [][2]lock.Private{{a, c}, {c, b}, {b, a}, {a, a}} {
		if _, err := lock.UnwrapTwice(both, pair[0], pair[1]); err == nil {
			t.Error("one dishonest holder is enough")
		}
	}
	if s := person.String(); s != "***" {
		t.Error("a key shows itself")
	}
}

// What a card derives is the same each time, and age itself reads it.
func TestDerive(t *testing.T) {
	for i := range 200 {
		secret := sha256.Sum256([]byte{byte(i)})
		k, err := lock.Derive(secret[:], "test v1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := lock.Derive(secret[:], "test v1")
		if err != nil || again.Text() != k.Text() {
			t.Fatal("another key from the same secret")
		}
		other, err := lock.Derive(secret[:], "test v2")
		if err != nil || other.Text() == k.Text() {
			t.Fatal("the same key for another use")
		}
		if _, err := age.ParseX25519Identity(k.Text()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := lock.Derive(make([]byte, 15), "x"); err == nil {
		t.Error("a short secret is taken")
	}
}

// TestCCTV runs the age test kit (c2sp.org/CCTV/age), one subtest for each vector, through
// this package's way of opening a file wherever the vector holds a key that it takes.
func TestCCTV(t *testing.T) {
	all, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 143 {
		t.Fatalf("only %d vectors", len(all))
	}
	for _, v := range all {
		t.Run(v.Name(), func(t *testing.T) {
			text, err := fs.ReadFile(agetest.Vectors, v.Name())
			if err != nil {
				t.Fatal(err)
			}
			cctv(t, text)
		})
	}
}

func cctv(t *testing.T, text []byte) {
	want := map[string]string{}
	var with []age.Identity
	for {
		line, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			t.Fatal("a vector without its file")
		}
		text = rest
		if len(line) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ": ")
		want[name] = value
		switch name {
		case "identity":
			if id, err := age.ParseHybridIdentity(value); err == nil {
				with = append(with, id)
				continue
			}
			k, err := lock.ParsePrivate(value)
			if err != nil {
				t.Fatal(err)
			}
			with = append(with, lock.IdentityOf(k))
		case "passphrase":
			id, err := age.NewScryptIdentity(value)
			if err != nil {
				t.Fatal(err)
			}
			with = append(with, id)
		}
	}
	if want["compressed"] == "zlib" {
		z, err := zlib.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if text, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	_, armored := want["armored"]
	in := func() io.Reader {
		if armored {
			return armor.NewReader(bytes.NewReader(text))
		}
		return bytes.NewReader(text)
	}
	got, out := "success", []byte(nil)
	r, err := lock.DecryptWith(in(), with...)
	var noArmor *armor.Error
	var nobody *age.NoIdentityMatchError
	switch {
	case err == nil:
		if out, err = io.ReadAll(r); err != nil {
			got = "payload failure"
			if errors.As(err, &noArmor) {
				got = "armor failure"
			}
		}
	case errors.As(err, &noArmor):
		got = "armor failure"
	case errors.As(err, &nobody):
		got = "no match"
	case strings.HasSuffix(err.Error(), "bad header MAC"):
		got = "HMAC failure"
	default:
		got = "header failure"
	}
	if got != want["expect"] {
		t.Fatalf("%s (%v), want %s", got, err, want["expect"])
	}
	if sum := sha256.Sum256(out); want["payload"] != "" && hex.EncodeToString(sum[:]) != want["payload"] {
		t.Errorf("%d bytes that are not the payload", len(out))
	}
	// The key of the file alone opens it as well, and refuses the same.
	if key, err := hex.DecodeString(want["file key"]); err == nil && len(key) == 16 && got == "success" {
		r, err := lock.DecryptFileWith(in(), lock.FileKey(key))
		if err != nil {
			t.Fatal(err)
		}
		again, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("the key of the file reads something else: %v", err)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	key, err := lock.Derive(make([]byte, 32), "fuzz")
	if err != nil {
		f.Fatal(err)
	}
	good, err := lock.Wrap(key, key.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("age-encryption.org/v1\n-> X25519 \n---"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.Equal(b, good) {
			return
		}
		if _, err := lock.Unwrap(b, key); err == nil {
			t.Error("made from nothing")
		}
	})
}

// BenchmarkEncryptFile is a document of 50 MB, streamed; heap-MB is what it adds to the
// heap at its end.
func BenchmarkEncryptFile(b *testing.B) {
	k := private(b)
	const size = 50 << 20
	b.SetBytes(size)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		file, _, err := lock.EncryptFile(io.LimitReader(zeros{}, size), k.Public())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, file); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapSys-min(before.HeapSys, after.HeapSys))/(1<<20), "heap-MB")
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
