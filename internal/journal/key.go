package journal

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
)

// Key signs what the installation says of its trees: Ed25519, in the form of C2SP
// signed notes. It is made from the installation's key, so that the recovery sheet
// brings it back, and whoever signs could read everything anyway.
type Key struct {
	install string
	signer  note.Signer
	public  string
}

// installHex is the length of an installation's id, in hexadecimal digits.
const installHex = 32

// NewKey makes the signing key of an installation (32 hexadecimal digits) from 32
// secret bytes that serve nothing else.
func NewKey(install string, seed []byte) (*Key, error) {
	if len(seed) != ed25519.SeedSize || len(install) != installHex {
		return nil, errors.New("journal key: want 32 bytes and the id of an installation")
	}
	pair := ed25519.NewKeyFromSeed(seed)
	public, err := note.NewEd25519VerifierKey(origin(install), pair.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("journal key: %w", err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("journal key: %w", err)
	}
	return &Key{install: install, public: public, signer: signer{verifier, pair}}, nil
}

// origin names an installation in notes.
func origin(install string) string { return "parvis/" + install }

// Public is the key that verifies, as C2SP writes it: name+hash+key. It is no
// secret; whoever wants to check keeps a copy that the installation did not hand
// them the same day.
func (k *Key) Public() string { return k.public }

type signer struct {
	note.Verifier
	key ed25519.PrivateKey
}

var _ note.Signer = signer{}

// Sign signs a note's text.
func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// sign makes a signed note of a text that ends with a newline.
func (k *Key) sign(text string) (string, error) {
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return string(signed), nil
}

// SignWith gives the journal the key of its checkpoints. Call it once, before the
// first; without it the journal writes and proves nothing.
func (j *Journal) SignWith(k *Key) { j.key = k }

// PublicKey is the key that verifies the checkpoints, "" without SignWith.
func (j *Journal) PublicKey() string {
	if j.key == nil {
		return ""
	}
	return j.key.public
}

var errNoKey = errors.New("the journal has no key to sign with")
