// Package secret holds the installation's key and what is made from it: the
// database's key, sealed fields, lookups by HMAC, the recovery sheet.
//
// # Guarantees
//
//   - The key file is made once, readable by its owner alone, outside the data
//     directory: a stolen disk or backup of the data opens nothing.
//   - Each purpose has its own key (HKDF-SHA256): one of them tells nothing of
//     another, nor of the installation's key.
//   - A sealed field opens only in its own table, column and row.
//
// # What not to do
//
// Do not log a Keyring's Derive, a sheet or a String's Reveal. Do not store two
// different things under one purpose. Sealing hides a value, not its length.
//
//	ring, made, err := secret.Open(secret.Place{DataDir: dir}, rand.Reader)
//	if made { fmt.Print(ring.Sheet()) }
//	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + dir + "/parvis.db", Key: ring.Derive("db")})
package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
)

// String is a text that must not be shown: it prints, logs and marshals as "***".
type String string

// Reveal returns the text itself.
func (s String) Reveal() string { return string(s) }

// String returns "***".
func (String) String() string { return "***" }

// GoString returns "***".
func (String) GoString() string { return "***" }

// Format writes "***" whatever the verb.
func (String) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// MarshalText gives "***".
func (String) MarshalText() ([]byte, error) { return []byte("***"), nil }

// LogValue gives "***".
func (String) LogValue() slog.Value { return slog.StringValue("***") }

// KeySize is the length of every key, in bytes.
const KeySize = 32

// Keyring is the installation's key and all the keys derived from it. Once the key
// was renewed it also holds those of before (After): what they sealed opens, and
// what they sign goes on.
type Keyring struct {
	master [KeySize]byte
	before []*Keyring // the oldest first, each alone
}

// NewKeyring makes a Keyring from 32 bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) != KeySize {
		return nil, fmt.Errorf("keyring: %d bytes, want %d", len(master), KeySize)
	}
	return &Keyring{master: [KeySize]byte(master)}, nil
}

// After returns this key with those that it replaced, the oldest first.
func (k *Keyring) After(before ...*Keyring) *Keyring {
	return &Keyring{master: k.master, before: before}
}

// Before are the keys that this one replaced, the oldest first.
func (k *Keyring) Before() []*Keyring { return slices.Clone(k.before) }

// renewed tells whether a purpose takes a new key when the installation's is
// renewed: what encrypts, and what lives for hours. What signs papers that people
// hold, and what compares values that are stored, stays with the first key.
func renewed(purpose string) bool {
	switch purpose {
	case "db", "fields", "session", "web", "key id":
		return true
	}
	return false
}

// Derive returns the 32-byte key of a purpose: "db", "session", "vault"… The
// same purpose always gives the same key; of an installation whose key was renewed,
// the first key's for what must not change (see renewed).
func (k *Keyring) Derive(purpose string) []byte {
	if len(k.before) > 0 && !renewed(purpose) {
		return k.before[0].Derive(purpose)
	}
	key, err := hkdf.Key(sha256.New, k.master[:], []byte("parvis keyring 1"), purpose, KeySize)
	if err != nil {
		panic(err) // only a length beyond 8160 bytes fails
	}
	return key
}

// ID names the key without telling anything of it: 8 hexadecimal digits, printed
// on the recovery sheet and written in front of every sealed field.
func (k *Keyring) ID() string { return hex.EncodeToString(k.id()) }

func (k *Keyring) id() []byte { return k.Derive("key id")[:keyIDSize] }

// HMAC returns a fixed name for a value, for lookups by equality of something
// that is stored sealed (a normalised phone number): 32 hexadecimal digits. The
// purpose keeps two columns from being compared.
func (k *Keyring) HMAC(purpose, value string) string {
	mac := hmac.New(sha256.New, k.Derive("hmac/"+purpose))
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// String returns "***".
func (*Keyring) String() string { return "***" }

// GoString returns "***".
func (*Keyring) GoString() string { return "***" }

// Format writes "***" whatever the verb.
func (*Keyring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// LogValue gives "***".
func (*Keyring) LogValue() slog.Value { return slog.StringValue("***") }
