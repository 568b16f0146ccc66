package note

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold writes a word as it is compared: small letters without accents.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'œ' || r == 'Œ':
			b.WriteString("oe")
		case r == 'æ' || r == 'Æ':
			b.WriteString("ae")
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// foldWords are the folded words of a text.
func foldWords(s string) []string {
	var list []string
	for _, t := range tokens(s) {
		if t.word != "" {
			list = append(list, t.word)
		}
	}
	return list
}

// holds tells whether each word begins a word of the text.
func holds(text string, words []string) bool {
	missing := map[string]bool{}
	for _, w := range words {
		missing[w] = true
	}
	for _, t := range tokens(text) {
		for w := range missing {
			if strings.HasPrefix(t.word, w) {
				delete(missing, w)
			}
		}
		if len(missing) == 0 {
			return true
		}
	}
	return false
}
