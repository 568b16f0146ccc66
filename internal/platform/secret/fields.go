package secret

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"codeberg.org/parvis/parvis/internal/core/errs"

	"golang.org/x/crypto/chacha20poly1305"
)

// Fields seals single columns with XChaCha20-Poly1305: identity numbers, phones,
// second-factor secrets. A sealed value is
//
//	version (1) · key id (4) · nonce (24) · ciphertext and tag (length + 16)
//
// and is bound to its table, column and row id: moved elsewhere it does not open.
type Fields struct {
	current [keyIDSize]byte
	keys    map[[keyIDSize]byte]cipher.AEAD
	random  io.Reader
}

const (
	fieldVersion = 1
	keyIDSize    = 4
	headSize     = 1 + keyIDSize + chacha20poly1305.NonceSizeX
	maxField     = 1 << 20 // bytes of a value to seal
)

// NewFields seals with the Keyring and opens with it or those it replaced. random
// is where nonces come from: crypto/rand.Reader outside tests.
func NewFields(random io.Reader, current *Keyring) (*Fields, error) {
	f := &Fields{keys: make(map[[keyIDSize]byte]cipher.AEAD), random: random}
	for _, k := range append([]*Keyring{current}, current.before...) {
		aead, err := chacha20poly1305.NewX(k.Derive("fields"))
		if err != nil {
			return nil, fmt.Errorf("field key: %w", err)
		}
		id := [keyIDSize]byte(k.id())
		if _, twice := f.keys[id]; !twice {
			f.keys[id] = aead
		}
	}
	f.current = [keyIDSize]byte(current.id())
	return f, nil
}

// SealedWith is how every value begins that a key of this id seals: the version and
// the id.
func SealedWith(k *Keyring) []byte { return append([]byte{fieldVersion}, k.id()...) }

// Seal encrypts the value of one column of one row. The same value sealed twice
// gives different bytes. Values above 1 MiB are refused.
func (f *Fields) Seal(table, column, id string, plain []byte) ([]byte, error) {
	if len(plain) > maxField {
		return nil, fmt.Errorf("seal %s.%s: %d bytes, at most %d", table, column, len(plain), maxField)
	}
	out := make([]byte, headSize, headSize+len(plain)+chacha20poly1305.Overhead)
	out[0] = fieldVersion
	copy(out[1:], f.current[:])
	nonce := out[1+keyIDSize : headSize]
	if _, err := io.ReadFull(f.random, nonce); err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", table, column, err)
	}
	return f.keys[f.current].Seal(out, nonce, plain, bound(out[:1+keyIDSize], table, column, id)), nil
}

// Open decrypts what Seal made for the same table, column and row. Errors:
// errs.Unavailable with key errs.key.other_key when another key sealed it,
// errs.key.field when the bytes were changed or come from another place.
func (f *Fields) Open(table, column, id string, sealed []byte) ([]byte, error) {
	if len(sealed) < headSize+chacha20poly1305.Overhead || sealed[0] != fieldVersion {
		return nil, errs.Wrap(errs.Unavailable, "errs.key.field", fmt.Errorf("open %s.%s: not a sealed value", table, column))
	}
	aead, ok := f.keys[[keyIDSize]byte(sealed[1:1+keyIDSize])]
	if !ok {
		return nil, errs.Wrap(errs.Unavailable, "errs.key.other_key", fmt.Errorf("open %s.%s: sealed with key %x", table, column, sealed[1:1+keyIDSize]))
	}
	plain, err := aead.Open(nil, sealed[1+keyIDSize:headSize], sealed[headSize:], bound(sealed[:1+keyIDSize], table, column, id))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "errs.key.field", errors.Join(fmt.Errorf("open %s.%s", table, column), err))
	}
	return plain, nil
}

// SealString is Seal for a text.
func (f *Fields) SealString(table, column, id, plain string) ([]byte, error) {
	return f.Seal(table, column, id, []byte(plain))
}

// OpenString is Open for a text.
func (f *Fields) OpenString(table, column, id string, sealed []byte) (string, error) {
	plain, err := f.Open(table, column, id, sealed)
	return string(plain), err
}

// bound is the associated data: each part with its length, so that no two places
// are written alike.
func bound(head []byte, parts ...string) []byte {
	out := append([]byte("parvis field"), head...)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
