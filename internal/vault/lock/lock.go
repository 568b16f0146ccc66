// Package lock is the keys and files of the papers: age version 1 (age-encryption.org/v1)
// and nothing of our own beside it.
//
// A document is one age file whose only recipient is its person's public key. The 16
// bytes that lock it are known once, while it is made, so that they can be locked again
// for a team without the person's private key; later only the private key gives them.
// A private key is never stored in clear: Wrap locks it for another key.
//
// What not to do. Do not write what DecryptFile gives before its reader said io.EOF
// where half a document would be worse than none: each 64 KiB are verified, the end
// only at the end.
//
//	file, key, err := lock.EncryptFile(photo, person)   // file is what a disk may hold
//	grant, err := lock.WrapFileKey(key, team)
package lock

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
)

// FileKey is what locks one document, 16 bytes.
type FileKey [16]byte

// Private is a private key: an X25519 identity of age.
type Private struct{ id *age.X25519Identity }

// Public is the public half of one, as age writes it: « age1… ».
type Public string

// maxWrapped bounds what Unwrap reads, in bytes: a key and its header are some 300.
const maxWrapped = 8 << 10

// NewPrivate draws a key from the system's randomness.
func NewPrivate() (Private, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return Private{}, fmt.Errorf("draw a key: %w", err)
	}
	return Private{id}, nil
}

// ParsePrivate reads « AGE-SECRET-KEY-1… ».
func ParsePrivate(text string) (Private, error) {
	id, err := age.ParseX25519Identity(strings.TrimSpace(text))
	if err != nil {
		return Private{}, errors.New("not a private key of age") // the error may repeat it
	}
	return Private{id}, nil
}

// Derive makes the key that a secret of at least 16 random bytes gives for a use:
// HKDF-SHA256, always the same.
func Derive(secret []byte, use string) (Private, error) {
	if len(secret) < 16 {
		return Private{}, fmt.Errorf("a secret of %d bytes, want 16 or more", len(secret))
	}
	seed, err := hkdf.Key(sha256.New, secret, nil, use, 32)
	if err != nil {
		return Private{}, fmt.Errorf("derive a key: %w", err)
	}
	return ParsePrivate(identityText(seed))
}

// IsZero tells that there is no key.
func (p Private) IsZero() bool { return p.id == nil }

// Public is the half that anybody may know.
func (p Private) Public() Public { return Public(p.id.Recipient().String()) }

// Text is the key as age writes it, for identity.age alone: never for a log.
func (p Private) Text() string { return p.id.String() }

// String hides the key.
func (p Private) String() string { return "***" }

func (p Public) recipient() (age.Recipient, error) {
	r, err := age.ParseX25519Recipient(string(p))
	if err != nil {
		return nil, fmt.Errorf("a public key: %w", err)
	}
	return r, nil
}

// Wrap locks a private key for others: whoever holds one of them can unwrap it.
func Wrap(key Private, to ...Public) ([]byte, error) { return seal([]byte(key.Text()), to) }

// Unwrap gives back what Wrap locked.
func Unwrap(wrapped []byte, with Private) (Private, error) {
	text, err := open(wrapped, with)
	if err != nil {
		return Private{}, err
	}
	return ParsePrivate(string(text))
}

// WrapTwice locks a private key so that it takes both others to unwrap it, one inside
// the other: for two holders of a recovery, without any arithmetic of our own.
func WrapTwice(key Private, outer, inner Public) ([]byte, error) {
	once, err := Wrap(key, inner)
	if err != nil {
		return nil, err
	}
	return seal(once, []Public{outer})
}

// UnwrapTwice gives back what WrapTwice locked.
func UnwrapTwice(wrapped []byte, outer, inner Private) (Private, error) {
	once, err := open(wrapped, outer)
	if err != nil {
		return Private{}, err
	}
	return Unwrap(once, inner)
}

// WrapFileKey locks the key of one document for others: a grant.
func WrapFileKey(key FileKey, to ...Public) ([]byte, error) { return seal(key[:], to) }

// UnwrapFileKey gives back what WrapFileKey locked.
func UnwrapFileKey(wrapped []byte, with Private) (FileKey, error) {
	text, err := open(wrapped, with)
	if err != nil {
		return FileKey{}, err
	}
	if len(text) != len(FileKey{}) {
		return FileKey{}, fmt.Errorf("a grant of %d bytes, want %d", len(text), len(FileKey{}))
	}
	return FileKey(text), nil
}

func seal(plain []byte, to []Public) ([]byte, error) {
	all := make([]age.Recipient, len(to))
	for i, p := range to {
		var err error
		if all[i], err = p.recipient(); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, all...)
	if err != nil {
		return nil, fmt.Errorf("lock a key: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("lock a key: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("lock a key: %w", err)
	}
	return out.Bytes(), nil
}

func open(wrapped []byte, with Private) ([]byte, error) {
	if with.IsZero() {
		return nil, errors.New("unlock a key: no key to do it with")
	}
	r, err := age.Decrypt(bytes.NewReader(wrapped), with.id)
	if err != nil {
		return nil, fmt.Errorf("unlock a key: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxWrapped+1))
	if err != nil {
		return nil, fmt.Errorf("unlock a key: %w", err)
	}
	if len(plain) > maxWrapped {
		return nil, errors.New("unlock a key: too long to be one")
	}
	return plain, nil
}

// EncryptFile gives the age file of a document as it is read, for its person's key, and
// the key of this one file. It holds two chunks of 64 KiB, whatever the document's size.
func EncryptFile(document io.Reader, person Public) (file io.Reader, key FileKey, err error) {
	to, err := person.recipient()
	if err != nil {
		return nil, key, err
	}
	noted := &noting{Recipient: to}
	file, err = age.EncryptReader(document, noted)
	if err != nil {
		return nil, key, fmt.Errorf("lock a document: %w", err)
	}
	return file, noted.key, nil
}

// noting remembers the key of the file that age draws.
type noting struct {
	age.Recipient
	key FileKey
}

// Wrap is what age asks of a recipient.
func (n *noting) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	if len(fileKey) != len(n.key) {
		return nil, fmt.Errorf("a file key of %d bytes", len(fileKey))
	}
	n.key = FileKey(fileKey)
	return n.Recipient.Wrap(slices.Clone(fileKey))
}

// DecryptFile reads a document with its person's private key.
func DecryptFile(file io.Reader, person Private) (io.Reader, error) {
	if person.IsZero() {
		return nil, errors.New("open a document: no key")
	}
	return decrypt(file, person.id)
}

// DecryptFileWith reads a document with the key of that one file, from a grant.
func DecryptFileWith(file io.Reader, key FileKey) (io.Reader, error) { return decrypt(file, key) }

func decrypt(file io.Reader, with ...age.Identity) (io.Reader, error) {
	r, err := age.Decrypt(file, with...)
	if err != nil {
		return nil, fmt.Errorf("open a document: %w", err)
	}
	return r, nil
}

// Unwrap is what age asks of an identity: the key itself opens its file, and age
// verifies the header with it.
func (k FileKey) Unwrap([]*age.Stanza) ([]byte, error) { return slices.Clone(k[:]), nil }

// keeping notes the key of a file that an identity opens.
type keeping struct {
	age.Identity
	key FileKey
	ok  bool
}

// Unwrap is what age asks of an identity.
func (k *keeping) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	key, err := k.Identity.Unwrap(stanzas)
	if err == nil && len(key) == len(k.key) {
		k.key, k.ok = FileKey(key), true
	}
	return key, err
}

// FileKeyOf reads the head of a document with its person's private key and gives the key
// of that one file: what a grant locks again. It reads some hundred bytes of it.
func FileKeyOf(file io.Reader, person Private) (FileKey, error) {
	if person.IsZero() {
		return FileKey{}, errors.New("open a document: no key")
	}
	k := &keeping{Identity: person.id}
	if _, err := decrypt(file, k); err != nil {
		return FileKey{}, err
	}
	if !k.ok {
		return FileKey{}, errors.New("open a document: its key was not given")
	}
	return k.key, nil
}
