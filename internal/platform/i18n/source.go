package i18n

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// SourceHash names a French sentence that lives outside the catalogues, in a law
// file: eight hex digits that change with any of its letters. A translation of it
// carries them as go-i18n's "hash":
//
//	[law.right.af]
//	title = {hash = "caa9bf22", other = "Family allowances"}
func SourceHash(french string) string {
	sum := sha256.Sum256([]byte(french))
	return hex.EncodeToString(sum[:4])
}

// Translated returns the text of key when the catalogue holds a translation of
// this very French sentence. It is false when there is none, and when the
// sentence changed since it was translated: an old or another law is never told
// with the words of today's.
func (p *Printer) Translated(key, french string) (string, bool) {
	m := p.messages[key]
	if m == nil || m.source == "" || m.source != SourceHash(french) {
		return "", false
	}
	return p.fill(m.other, nil, nil), true
}

// Keys lists the keys that begin with prefix, in order.
func (p *Printer) Keys(prefix string) []string {
	var out []string
	for key := range p.messages {
		if strings.HasPrefix(key, prefix) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}
