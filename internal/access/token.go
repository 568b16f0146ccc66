package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// tokenBytes: 256 random bits, 43 characters of base64url.
const (
	tokenBytes = 32
	tokenChars = 43
)

func (s *Service) newToken() (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(s.opt.Random, b); err != nil {
		return "", fmt.Errorf("new token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// hashToken is what is stored of a token; ok is false when it cannot be one of
// ours, which spares a look-up.
func hashToken(token string) (hash string, ok bool) {
	if len(token) != tokenChars {
		return "", false
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(token); err != nil {
		return "", false
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), true
}

func (s *Service) mac(purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, s.key)
	io.WriteString(h, "parvis "+purpose) // #nosec G104 -- a hash never fails
	for _, p := range parts {
		io.WriteString(h, "\x00"+strconv.Itoa(len(p))+"\x00"+p) // #nosec G104 -- a hash never fails
	}
	return h.Sum(nil)
}

// NewBrowser makes the value of the cookie given to a browser before anybody
// signs in: random and signed, so that only ours are accepted. CSRF is bound to it
// until a session exists, and an invitation's second factor too.
func (s *Service) NewBrowser() (string, error) {
	t, err := s.newToken()
	if err != nil {
		return "", err
	}
	return t + "." + base64.RawURLEncoding.EncodeToString(s.mac("browser v1", t)[:16]), nil
}

// BrowserOK tells whether the cookie is one that NewBrowser made.
func (s *Service) BrowserOK(cookie string) bool {
	t, sig, ok := strings.Cut(cookie, ".")
	if !ok || len(t) != tokenChars {
		return false
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(sig)
	return err == nil && hmac.Equal(got, s.mac("browser v1", t)[:16])
}

// CSRF returns the value of a form's hidden field, bound to the session's id
// (core.Actor.Session), or to the browser cookie before sign-in. It differs at
// each call, so that a compressed page does not leak it; all stay valid as long
// as what they are bound to.
func (s *Service) CSRF(bound string) (string, error) {
	b := make([]byte, 2*sha256.Size)
	if _, err := io.ReadFull(s.opt.Random, b[:sha256.Size]); err != nil {
		return "", fmt.Errorf("mask of a form token: %w", err)
	}
	for i, m := range s.mac("csrf v1", bound) {
		b[sha256.Size+i] = b[i] ^ m // #nosec G602 -- b is twice as long as a hash
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// CheckCSRF refuses, as Forbidden, a form that does not come from a page made for
// the same session or browser.
func (s *Service) CheckCSRF(bound, token string) error {
	refused := errs.New(errs.Forbidden, "access.error.csrf")
	if bound == "" || len(token) != 86 {
		return refused
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != 2*sha256.Size {
		return refused
	}
	for i := range sha256.Size {
		b[sha256.Size+i] ^= b[i]
	}
	if !hmac.Equal(b[sha256.Size:], s.mac("csrf v1", bound)) {
		return refused
	}
	return nil
}
