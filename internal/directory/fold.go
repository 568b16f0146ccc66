package directory

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxTyped is how much of a typed text is read, in bytes once it is valid.
const maxTyped = 120

// fold writes a name as it is compared: small letters without accents, words
// parted by one space, œ as oe, st as saint, ste as sainte, 18e as 18.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 4)
	foldInto(&b, s)
	return b.String()
}

func foldInto(b *strings.Builder, s string) {
	var word [64]byte
	n, first := 0, true
	end := func() {
		if n == 0 {
			return
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		writeWord(b, word[:n])
		n = 0
	}
	put := func(letters string) {
		if n+len(letters) <= len(word) {
			n += copy(word[n:], letters)
		}
	}
	if !simple(s) {
		s = norm.NFKD.String(s)
	}
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			put(s[i : i+1])
		case r >= 'A' && r <= 'Z':
			put(lower[r-'A' : r-'A'+1])
		case r == '/' && n == 1 && word[0] == 's': // Chalonnes s/ Loire
			n = copy(word[:], "sur")
			end()
		case r < 0x80:
			end()
		case r >= 0xC0 && r <= 0xFF && latin1[r-0xC0] != ' ':
			put(latin1[r-0xC0 : r-0xC0+1])
		case unicode.Is(unicode.Mn, r): // an accent
		case r == 'œ' || r == 'Œ':
			put("oe")
		case r == 'æ' || r == 'Æ':
			put("ae")
		case r == 'ß':
			put("ss")
		case unicode.IsDigit(r) || unicode.IsLetter(r):
			put(string(unicode.ToLower(r)))
		default:
			end()
		}
	}
	end()
}

const lower = "abcdefghijklmnopqrstuvwxyz"

// latin1 are the letters U+00C0 to U+00FF without their accents, a space for those
// that have none: French names are folded without decomposing them.
const latin1 = "aaaaaa ceeeeiiii nooooo  uuuuy  aaaaaa ceeeeiiii nooooo  uuuuy y"

// simple tells whether a text has only what the loop of foldInto knows by itself.
func simple(s string) bool {
	for _, r := range s {
		if r >= 0x80 && (r < 0xC0 || r > 0xFF) && r != 'œ' && r != 'Œ' && r != '\u2019' {
			return false
		}
	}
	return true
}

// writeWord spells out what people shorten.
func writeWord(b *strings.Builder, w []byte) {
	switch string(w) {
	case "st":
		b.WriteString("saint")
		return
	case "ste":
		b.WriteString("sainte")
		return
	case "sts":
		b.WriteString("saints")
		return
	case "stes":
		b.WriteString("saintes")
		return
	}
	digits := 0
	for digits < len(w) && w[digits] >= '0' && w[digits] <= '9' {
		digits++
	}
	if digits > 0 && digits <= 2 {
		switch string(w[digits:]) {
		case "e", "er", "eme", "ieme", "nd", "nde", "re":
			w = w[:digits]
		}
		if len(w) > 1 && w[0] == '0' && digits == len(w) {
			b.Write(w) // "01" may be a département
			return
		}
	}
	b.Write(w)
}

// withoutArticle drops the article that begins a folded name: « Le Havre », «
// L'Haÿ-les-Roses » are looked for without it too.
func withoutArticle(name string) string {
	for _, article := range [...]string{"l ", "le ", "la ", "les "} {
		if rest, ok := strings.CutPrefix(name, article); ok && rest != "" {
			return rest
		}
	}
	return name
}
