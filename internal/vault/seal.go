package vault

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"codeberg.org/parvis/parvis/internal/vault/lock"
)

// Seal is what locks the organisations' keys: made of the installation's key and, when
// there is one, of a secret that lies elsewhere (a passphrase, a systemd credential, what
// a command of a security module says). Whoever steals the disk and the key file still
// lacks that secret.
type Seal struct {
	key   lock.Private
	plain lock.Private // without the secret: what locked before there was one
	apart bool
}

// NewSeal makes the seal of an installation from 32 bytes derived of its key, and the
// secret that is kept apart; nil when there is none.
func NewSeal(own, apart []byte) (Seal, error) {
	if len(own) != 32 {
		return Seal{}, fmt.Errorf("seal: %d bytes, want 32", len(own))
	}
	plain, err := lock.Derive(own, "parvis seal v1")
	if err != nil {
		return Seal{}, err
	}
	if apart == nil {
		return Seal{key: plain, plain: plain}, nil
	}
	if len(apart) < 12 {
		return Seal{}, errors.New("seal: the secret kept apart is shorter than 12 bytes")
	}
	// A passphrase may be weak: each guess costs, and needs the installation's key too.
	hard := argon2.IDKey(apart, own, 3, 64<<10, 1, 32)
	key, err := lock.Derive(append(hard, own...), "parvis seal apart v1")
	if err != nil {
		return Seal{}, err
	}
	return Seal{key: key, plain: plain, apart: true}, nil
}
