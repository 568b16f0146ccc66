package pdf

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// glyphs is a text ready to be measured and broken into lines: joined letters,
// still in the order they are read, each with its direction and its font.
type glyphs struct {
	runes []rune
	rtl   []bool
	face  []uint8
}

// piece is a part of a line in one font, in display order.
type piece struct {
	face uint8
	text string
}

// prepare shapes one paragraph (no line end in it) and finds the direction of each
// letter. rtl is the direction of the document, not of the text.
func (s *setter) prepare(text string, rtl bool) (glyphs, error) {
	runes := shape(s.drawable([]rune(text)))
	g := glyphs{runes: runes, rtl: make([]bool, len(runes)), face: make([]uint8, len(runes))}
	for i, r := range runes {
		g.face[i] = s.faceOf(r)
		if r == ' ' && i > 0 { // a space is drawn in the font of what it follows, where it can be
			if f := g.face[i-1]; s.faces[f].covers[' '] {
				g.face[i] = f
			}
		}
	}
	mark := "\u200E"
	if rtl {
		mark = "\u200F"
	}
	var p bidi.Paragraph
	// The mark in front settles the direction of the paragraph: the library would
	// take it from the first letter.
	if _, err := p.SetString(mark + string(runes)); err != nil {
		return g, err
	}
	order, err := p.Order()
	if err != nil {
		return g, err
	}
	for i := range order.NumRuns() {
		run := order.Run(i)
		first, last := run.Pos()
		for k := max(first, 1); k <= last && k-1 < len(runes); k++ {
			g.rtl[k-1] = run.Direction() == bidi.RightToLeft
		}
	}
	if !rtl {
		g.embedNumbers()
	}
	return g, nil
}

// embedNumbers marks figures between two Arabic words of a left-to-right text as
// part of them: the library tells the parity of levels only, and "عام 2026 قادم"
// inside a French line is read as one block from right to left.
func (g *glyphs) embedNumbers() {
	for i := 0; i < len(g.runes); {
		if g.rtl[i] {
			i++
			continue
		}
		end, strong := i, false
		for end < len(g.runes) && !g.rtl[end] {
			p, _ := bidi.LookupRune(g.runes[end])
			strong = strong || p.Class() == bidi.L
			end++
		}
		if i > 0 && end < len(g.runes) && !strong {
			for k := i; k < end; k++ {
				g.rtl[k] = true
			}
			g.turn(i, end)
		}
		i = end
	}
}

// turn reverses figures inside a run that will itself be reversed, so that they
// come out as they are read.
func (g *glyphs) turn(from, to int) {
	for i := from; i < to; {
		if !figure(g.runes[i]) {
			i++
			continue
		}
		end := i
		for end < to && figure(g.runes[end]) {
			end++
		}
		for a, b := i, end-1; a < b; a, b = a+1, b-1 {
			g.runes[a], g.runes[b] = g.runes[b], g.runes[a]
			g.face[a], g.face[b] = g.face[b], g.face[a]
		}
		i = end
	}
}

func figure(r rune) bool {
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.EN, bidi.AN, bidi.CS, bidi.ES, bidi.ET:
		return true
	}
	return false
}

// display gives a part of a text as it is drawn from left to right.
func (g glyphs) display(from, to int, rtl bool) []piece {
	type run struct {
		from, to int
		rtl      bool
	}
	var runs []run
	for i := from; i < to; {
		end := i
		for end < to && g.rtl[end] == g.rtl[i] {
			end++
		}
		runs = append(runs, run{i, end, g.rtl[i]})
		i = end
	}
	if rtl {
		for a, b := 0, len(runs)-1; a < b; a, b = a+1, b-1 {
			runs[a], runs[b] = runs[b], runs[a]
		}
	}
	var out []piece
	add := func(i int, r rune) {
		if unicode.Is(unicode.Bidi_Control, r) || r == '\u200D' || r == '\u200C' {
			return
		}
		if n := len(out); n > 0 && out[n-1].face == g.face[i] {
			out[n-1].text += string(r)
			return
		}
		out = append(out, piece{g.face[i], string(r)})
	}
	for _, r := range runs {
		if !r.rtl {
			for i := r.from; i < r.to; i++ {
				add(i, g.runes[i])
			}
			continue
		}
		for i := r.to - 1; i >= r.from; i-- {
			add(i, mirrored(g.runes[i]))
		}
	}
	return out
}

// mirrored is a bracket as the other direction draws it (Unicode rule L4).
func mirrored(r rune) rune {
	switch r {
	case '«':
		return '»'
	case '»':
		return '«'
	case '‹':
		return '›'
	case '›':
		return '‹'
	case '<':
		return '>'
	case '>':
		return '<'
	}
	if p, _ := bidi.LookupRune(r); p.IsBracket() {
		return []rune(bidi.ReverseString(string(r)))[0]
	}
	return r
}

// drawable replaces what no embedded font draws: odd spaces and hyphens, then a
// letter with marks by its bare letter, else a question mark.
func (s *setter) drawable(text []rune) []rune {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		switch {
		case r == '\u202F' || r == '\u2009' || r == '\u2007' || r == '\u200A':
			r = '\u00A0'
		case r == '\u2010' || r == '\u2011':
			r = '-'
		case r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			r = ' '
		case unicode.IsControl(r) || r == '\uFEFF' || r == '\u00AD':
			continue
		case unicode.Is(unicode.Bidi_Control, r), vowel(r), s.covered(r):
		default:
			if _, joined := letters(r); joined || r == '\u200C' {
				break
			}
			bare := []rune(norm.NFD.String(string(r)))[0]
			switch {
			case unicode.Is(unicode.Mn, r):
				continue
			case s.covered(bare):
				r = bare
			default:
				r = '?'
			}
		}
		out = append(out, r)
	}
	return out
}

func (s *setter) covered(r rune) bool {
	for _, f := range s.faces {
		if f.covers[r] {
			return true
		}
	}
	return false
}

func (s *setter) faceOf(r rune) uint8 {
	for i, f := range s.faces {
		if f.covers[r] {
			return uint8(i)
		}
	}
	return 0
}

// breaks cuts a text into lines no wider than a width: at spaces, and inside a
// word that is wider than the line. Each line is a range without its outer spaces.
func (g glyphs) breaks(width float64, measure func(from, to int) float64) [][2]int {
	var lines [][2]int
	start := 0
	skip := func(i int) int {
		for i < len(g.runes) && g.runes[i] == ' ' {
			i++
		}
		return i
	}
	start = skip(start)
	end := start // of the line so far
	for i := start; i < len(g.runes); {
		word := i
		for word < len(g.runes) && g.runes[word] == ' ' {
			word++
		}
		next := word
		for next < len(g.runes) && g.runes[next] != ' ' {
			next++
		}
		if next == word { // spaces at the end
			break
		}
		switch {
		case measure(start, next) <= width:
			end, i = next, next
		case end > start: // the word goes to the next line
			lines = append(lines, [2]int{start, end})
			start, end, i = word, word, word
		default: // one word wider than a line
			cut := word + 1
			for cut < next && measure(start, cut+1) <= width {
				cut++
			}
			lines = append(lines, [2]int{start, cut})
			start, end, i = cut, cut, cut
		}
	}
	if end > start {
		lines = append(lines, [2]int{start, end})
	}
	return lines
}

// paragraphs cuts a text where somebody ended a line.
func paragraphs(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}
