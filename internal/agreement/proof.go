package agreement

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Heading is the first line of a signed agreement.
const Heading = "parvis agreement v1"

// keyMark begins a public key as people copy it.
const keyMark = "parvis/agreement:"

// The last two lines of a signed agreement.
const (
	keyLine       = "public-key "
	signatureLine = "signature "
)

// Errors of Verify.
var (
	ErrForm      = errors.New("not a signed agreement")
	ErrSignature = errors.New("the signature is not of these facts and this key")
	ErrText      = errors.New("the text is not the one that was read")
)

// Fact is one thing that a signed agreement says.
type Fact struct{ Name, Value string }

// sign writes the facts in the order of their names, one a line, and signs them:
//
//	parvis agreement v1
//	from=2026-06-11
//	…
//
//	public-key parvis/agreement:<32 bytes in base64>
//	signature <64 bytes in base64, over all that comes before the empty line, its line end included>
//
// Line ends and backslashes of a value are written \n and \\; what is empty is left out.
// WithText adds what was read.
func (s *Service) sign(facts map[string]string) string {
	names := make([]string, 0, len(facts))
	for name, value := range facts {
		if value != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(Heading + "\n")
	for _, name := range names {
		b.WriteString(name + "=" + strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(facts[name]) + "\n")
	}
	signed := b.String()
	return signed + "\n" + keyLine + s.PublicKey() + "\n" + signatureLine + base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, []byte(signed))) + "\n"
}

// PublicKey is the public key of the installation's proofs, as people copy it.
func (s *Service) PublicKey() string {
	return keyMark + base64.StdEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
}

// Verified is what a signed agreement says, and the key that signed it.
type Verified struct {
	Facts []Fact // by name
	Key   string // parvis/agreement:…
	Text  string // as it was read, where the document carries it
}

// Fact is the value of a fact, "" when the document does not have it.
func (v Verified) Fact(name string) string {
	for _, f := range v.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// WithText is the document to keep in a file: after an empty line, the text that was
// read, which the fact text_sha256 is the digest of.
func WithText(document, text string) string {
	if document == "" || text == "" {
		return document
	}
	return document + "\n" + text + "\n"
}

// Verify reads a signed agreement, from a file or a QR code: without the installation
// that made it. public is the key that the reader trusts, "" to believe the document's
// own. It proves what was signed that day, not that it still holds.
func Verify(text []byte, public string) (Verified, error) {
	var v Verified
	if !utf8.Valid(text) {
		return v, ErrForm
	}
	all := strings.ReplaceAll(strings.TrimSpace(string(text)), "\r\n", "\n")
	body, end, ok := strings.Cut(all, "\n\n")
	lines := strings.Split(body, "\n")
	end, read, _ := strings.Cut(end, "\n\n")
	tail := strings.Split(strings.TrimSpace(end), "\n")
	if !ok || lines[0] != Heading || len(tail) != 2 || !strings.HasPrefix(tail[0], keyLine) || !strings.HasPrefix(tail[1], signatureLine) {
		return v, ErrForm
	}
	for i, l := range lines[1:] {
		name, value, ok := strings.Cut(l, "=")
		if !ok || i > 0 && lines[i] >= l {
			return v, fmt.Errorf("line %d: %w", i+2, ErrForm)
		}
		v.Facts = append(v.Facts, Fact{name, strings.NewReplacer(`\\`, `\`, `\n`, "\n").Replace(value)})
	}
	v.Key = strings.TrimSpace(strings.TrimPrefix(tail[0], keyLine))
	bare, marked := strings.CutPrefix(v.Key, keyMark)
	key, err := base64.StdEncoding.Strict().DecodeString(bare)
	if err != nil || !marked || len(key) != ed25519.PublicKeySize {
		return v, fmt.Errorf("key: %w", ErrForm)
	}
	mark, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(strings.TrimPrefix(tail[1], signatureLine)))
	if err != nil || len(mark) != ed25519.SignatureSize {
		return v, fmt.Errorf("signature: %w", ErrForm)
	}
	if public != "" && public != v.Key || !ed25519.Verify(key, []byte(body+"\n"), mark) {
		return v, ErrSignature
	}
	if v.Text = strings.TrimSpace(read); v.Text != "" && digest(v.Text) != v.Fact("text_sha256") {
		v.Text = ""
		return v, ErrText
	}
	return v, nil
}

// digest is the SHA-256 of a text, in hex.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
