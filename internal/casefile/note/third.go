package note

import (
	"slices"
	"strings"
	"unicode"
)

// The marks around what speaks of a third person, as people type them.
const (
	openMark  = "[["
	closeMark = "]]"
)

// Segment is a piece of a text; Third when it speaks of a third person and is left
// out of copies.
type Segment struct {
	Text  string
	Third bool
}

// Segments parts a text along its marks and the names of third persons. The marks
// themselves are left out. A mark within a mark belongs to the outer one; a mark
// that is never closed holds to the end of its paragraph, so that a slip hides too
// much rather than too little. What a short mark names (one to three words) is of
// a third person wherever it stands again.
func Segments(b Body) []Segment {
	marked := parseMarks(b.Text)
	names := slices.Clone(b.Third)
	for _, s := range marked {
		if words := len(strings.Fields(s.Text)); s.Third && words > 0 && words <= 3 {
			names = append(names, s.Text)
		}
	}
	var folded [][]string
	for _, n := range names {
		if f := foldWords(n); len(strings.Join(f, "")) >= minName {
			folded = append(folded, f)
		}
	}
	slices.SortFunc(folded, func(a, b []string) int { return len(b) - len(a) }) // the longest name first
	var out []Segment
	for _, s := range marked {
		if s.Third || len(folded) == 0 {
			out = add(out, s)
			continue
		}
		for _, part := range nameParts(s.Text, folded) {
			out = add(out, part)
		}
	}
	return out
}

// minName is the least number of letters of a name that is looked for.
const minName = 3

func add(list []Segment, s Segment) []Segment {
	if s.Text == "" {
		return list
	}
	if n := len(list); n > 0 && list[n-1].Third == s.Third && !s.Third {
		list[n-1].Text += s.Text
		return list
	}
	return append(list, s)
}

// parseMarks reads the marks of a text.
func parseMarks(text string) []Segment {
	var out []Segment
	var b strings.Builder
	depth := 0
	flush := func(third bool) {
		out = add(out, Segment{b.String(), third})
		b.Reset()
	}
	for i := 0; i < len(text); {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, openMark):
			if depth == 0 {
				flush(false)
			}
			depth++
			i += len(openMark)
		case depth > 0 && strings.HasPrefix(rest, closeMark):
			if depth--; depth == 0 {
				flush(true)
			}
			i += len(closeMark)
		case depth > 0 && rest[0] == '\n': // never closed
			flush(true)
			depth = 0
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	flush(depth > 0)
	return out
}

// token is a word of a text: its folded form and where it stands.
type token struct {
	word       string
	start, end int // bytes
}

// tokens are the words of a text: runs of letters and digits.
func tokens(text string) []token {
	var list []token
	start := -1
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
		switch {
		case word && start < 0:
			start = i
		case !word && start >= 0:
			list = append(list, token{fold(text[start:i]), start, i})
			start = -1
		}
	}
	if start >= 0 {
		list = append(list, token{fold(text[start:]), start, len(text)})
	}
	return list
}

// nameParts parts a text along the names that stand in it as whole words.
func nameParts(text string, names [][]string) []Segment {
	words := tokens(text)
	var out []Segment
	from := 0
	for i := 0; i < len(words); i++ {
		for _, name := range names {
			if i+len(name) > len(words) || !sameWords(words[i:i+len(name)], name) {
				continue
			}
			last := words[i+len(name)-1]
			out = append(out, Segment{Text: text[from:words[i].start]}, Segment{text[words[i].start:last.end], true})
			from, i = last.end, i+len(name)-1
			break
		}
	}
	return append(out, Segment{Text: text[from:]})
}

func sameWords(words []token, name []string) bool {
	for i, n := range name {
		if words[i].word != n {
			return false
		}
	}
	return true
}

// Masked stands in copies for what speaks of a third person.
const Masked = "[un tiers]"

// Mask writes a text as it may leave: each passage of a third person is «[un tiers]».
func Mask(b Body) string {
	var out strings.Builder
	for _, s := range Segments(b) {
		if s.Third {
			out.WriteString(Masked)
		} else {
			out.WriteString(s.Text)
		}
	}
	return out.String()
}

// CountThird says how many passages Mask leaves out.
func CountThird(b Body) int {
	n := 0
	for _, s := range Segments(b) {
		if s.Third {
			n++
		}
	}
	return n
}

// Plain is the text without its marks.
func Plain(b Body) string {
	var out strings.Builder
	for _, s := range parseMarks(b.Text) {
		out.WriteString(s.Text)
	}
	return out.String()
}
