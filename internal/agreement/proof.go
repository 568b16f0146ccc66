package agreement

import (
	"crypto/ed25519"
	"encoding/base64"
)

// public is the public key of the installation's proofs, in base64.
func (s *Service) public() string {
	return base64.StdEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
}
