package today

import (
	"unicode"
	"unicode/utf8"
)

// capital raises the first letter: « Jeudi 11 juin ».
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
