package access

import (
	"bufio"
	"context"
	"crypto/subtle"
	_ "embed" // the list of common passwords
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of a password. No rule of composition: length is what resists (NIST SP
// 800-63B-4, section 3.1.1.2).
const (
	minPassword      = 12   // characters
	maxPasswordBytes = 1024 // more only costs work
)

// PasswordCost is what one password check costs: argon2id (RFC 9106).
type PasswordCost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// Bounds of a cost read from a stored hash: a forged row must not stop the
// program by asking for all the memory.
const (
	maxMemoryKiB = 1 << 20
	maxPasses    = 20
	maxLanes     = 16
	hashBytes    = 32
	hashSalt     = 16
)

// commonPasswords are words too many people choose, one per line, folded; lines
// beginning with # are remarks.
//
//go:embed common_passwords.txt
var commonPasswords string

// normalPassword is the password as it is hashed: NFC, so that an é typed on two
// keyboards is one é. Invalid for what no keyboard types or what is too long.
func normalPassword(p string) (string, *errs.Error) {
	switch {
	case len(p) > maxPasswordBytes:
		return "", errs.New(errs.Invalid, "access.error.password_long", "max", maxPasswordBytes).On("password")
	case !utf8.ValidString(p) || strings.ContainsRune(p, 0):
		return "", errs.New(errs.Invalid, "access.error.password_characters").On("password")
	}
	return norm.NFC.String(p), nil
}

// checkNewPassword refuses a password that would be guessed. names are the login,
// the shown name, the organisation's name.
func checkNewPassword(p string, names ...string) *errs.Error {
	p, e := normalPassword(p)
	if e != nil {
		return e
	}
	if utf8.RuneCountInString(p) < minPassword {
		return errs.New(errs.Invalid, "access.error.password_short", "min", minPassword).On("password")
	}
	folded := fold(p)
	if commonPassword(folded) {
		return errs.New(errs.Invalid, "access.error.password_common").On("password")
	}
	rest := folded
	for _, name := range names {
		for _, word := range strings.FieldsFunc(fold(name), notLetterOrDigit) {
			if utf8.RuneCountInString(word) >= 4 {
				rest = strings.ReplaceAll(rest, word, "")
			}
		}
	}
	if rest != folded && utf8.RuneCountInString(strings.Trim(rest, "0123456789-_.!?* ")) < minPassword/2 {
		return errs.New(errs.Invalid, "access.error.password_name").On("password")
	}
	return nil
}

// commonPassword tells whether a folded password is a listed one, a listed one
// with figures and signs around it or repeated, or made of three characters only.
func commonPassword(folded string) bool {
	distinct := map[rune]bool{}
	for _, r := range folded {
		distinct[r] = true
	}
	if len(distinct) <= 3 {
		return true
	}
	bare := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	lines := bufio.NewScanner(strings.NewReader(commonPasswords))
	for lines.Scan() {
		word := lines.Text()
		if word == "" || word[0] == '#' {
			continue
		}
		if folded == word || bare == word {
			return true
		}
		if len(bare) > len(word) && strings.ReplaceAll(bare, word, "") == "" {
			return true
		}
		if len(word) >= 10 && strings.HasPrefix(folded, word) && len(folded)-len(word) < 4 {
			return true
		}
	}
	return false
}

// fold lowers case and drops accents.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}

func notLetterOrDigit(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// hashPassword returns the PHC string of an accepted password.
func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	p, e := normalPassword(password)
	if e != nil {
		return "", e
	}
	salt := make([]byte, hashSalt)
	if _, err := io.ReadFull(s.opt.Random, salt); err != nil {
		return "", fmt.Errorf("salt of a password: %w", err)
	}
	c := s.opt.Password
	sum, err := s.argon(ctx, p, salt, c)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Lanes,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// verifyPassword tells whether the password is the one of the PHC string. With
// phc "" it does the same work and says no. stale says that the hash was made at
// another cost and should be made again.
func (s *Service) verifyPassword(ctx context.Context, password, phc string) (ok, stale bool, err error) {
	p, e := normalPassword(password)
	if e != nil {
		p = "" // too long or impossible: never right, same work
	}
	cost, salt, want := s.opt.Password, make([]byte, hashSalt), make([]byte, hashBytes)
	if phc != "" {
		if cost, salt, want, err = parsePHC(phc); err != nil {
			return false, false, err
		}
	}
	sum, err := s.argon(ctx, p, salt, cost)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(sum, want) == 1 && phc != "" && e == nil
	return ok, ok && cost != s.opt.Password, nil
}

// argon waits for its turn: each run holds MemoryKiB.
func (s *Service) argon(ctx context.Context, password string, salt []byte, c PasswordCost) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	defer func() { <-s.hashing }()
	return argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, c.Lanes, hashBytes), nil
}

// parsePHC reads "$argon2id$v=19$m=65536,t=2,p=1$<salt>$<hash>".
func parsePHC(s string) (c PasswordCost, salt, sum []byte, err error) {
	bad := errors.New("stored password: not an argon2id hash of a known form")
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, bad
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Lanes); err != nil {
		return c, nil, nil, bad
	}
	if c.MemoryKiB == 0 || c.MemoryKiB > maxMemoryKiB || c.Passes == 0 || c.Passes > maxPasses || c.Lanes == 0 || c.Lanes > maxLanes {
		return c, nil, nil, bad
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(salt) < 8 {
		return c, nil, nil, bad
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) != hashBytes {
		return c, nil, nil, bad
	}
	return c, salt, sum, nil
}
