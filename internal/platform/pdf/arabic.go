package pdf

import (
	"sync"
	"unicode"
)

// joins says how an Arabic letter takes the hand of its neighbours
// (Unicode Character Database, ArabicShaping.txt).
type joins uint8

const (
	never  joins = iota // hamza alone
	right               // with the letter before it only: alef, dal, reh, waw
	both                // with the letter before and the letter after
	always              // tatweel, zero width joiner: one form, joins on both sides
)

// letter is where the drawn forms of a letter stand in the blocks Arabic
// Presentation Forms A and B: isolated, final, then for a letter that joins on
// both sides initial and medial, one after the other.
type letter struct {
	isolated rune
	joins    joins
}

// letters finds a letter of the alphabet. One that is not there is drawn as it is.
func letters(r rune) (letter, bool) {
	l, ok := alphabet()[r]
	return l, ok
}

// alphabet holds the Arabic letters, and those that Persian, Urdu, Kurdish and
// names of the Maghreb add to them.
var alphabet = sync.OnceValue(func() map[rune]letter {
	return map[rune]letter{
		'ء': {0xFE80, never}, 'آ': {0xFE81, right}, 'أ': {0xFE83, right}, 'ؤ': {0xFE85, right}, 'إ': {0xFE87, right},
		'ئ': {0xFE89, both}, 'ا': {0xFE8D, right}, 'ب': {0xFE8F, both}, 'ة': {0xFE93, right}, 'ت': {0xFE95, both},
		'ث': {0xFE99, both}, 'ج': {0xFE9D, both}, 'ح': {0xFEA1, both}, 'خ': {0xFEA5, both}, 'د': {0xFEA9, right},
		'ذ': {0xFEAB, right}, 'ر': {0xFEAD, right}, 'ز': {0xFEAF, right}, 'س': {0xFEB1, both}, 'ش': {0xFEB5, both},
		'ص': {0xFEB9, both}, 'ض': {0xFEBD, both}, 'ط': {0xFEC1, both}, 'ظ': {0xFEC5, both}, 'ع': {0xFEC9, both},
		'غ': {0xFECD, both}, 'ف': {0xFED1, both}, 'ق': {0xFED5, both}, 'ك': {0xFED9, both}, 'ل': {0xFEDD, both},
		'م': {0xFEE1, both}, 'ن': {0xFEE5, both}, 'ه': {0xFEE9, both}, 'و': {0xFEED, right}, 'ى': {0xFEEF, right},
		'ي': {0xFEF1, both},
		'ٱ': {0xFB50, right}, 'پ': {0xFB56, both}, 'ٹ': {0xFB66, both}, 'ڤ': {0xFB6A, both}, 'چ': {0xFB7A, both},
		'ڈ': {0xFB88, right}, 'ژ': {0xFB8A, right}, 'ڑ': {0xFB8C, right}, 'ک': {0xFB8E, both}, 'گ': {0xFB92, both},
		'ں': {0xFB9E, right}, 'ہ': {0xFBA6, both}, 'ھ': {0xFBAA, both}, 'ے': {0xFBAE, right}, 'ی': {0xFBFC, both},
		'\u0640': {'\u0640', always}, '\u200D': {'\u200D', always},
	}
})

// lamAlef gives the isolated form of lam followed by an alef, 0 for any other
// letter; the final form comes right after it. Lam and alef are never drawn apart.
func lamAlef(alef rune) rune {
	switch alef {
	case 'آ':
		return 0xFEF5
	case 'أ':
		return 0xFEF7
	case 'إ':
		return 0xFEF9
	case 'ا':
		return 0xFEFB
	}
	return 0
}

// vowel tells a mark above or below a letter. Marks are left out of the drawing:
// their place over a letter is in tables of the font that the library does not
// read, and everyday Arabic is written without them.
func vowel(r rune) bool {
	return r >= 0x0600 && r <= 0x06FF && unicode.Is(unicode.Mn, r)
}

// shape replaces Arabic letters by the forms that their neighbours ask for. Text
// stays in the order it is read. Anything else passes.
func shape(text []rune) []rune {
	in := make([]rune, 0, len(text))
	arabic := false
	for _, r := range text {
		if vowel(r) {
			arabic = true
			continue
		}
		_, is := letters(r)
		arabic = arabic || is
		in = append(in, r)
	}
	if !arabic {
		return in
	}
	out := make([]rune, 0, len(in))
	before := false // the letter before gives its hand
	for i := 0; i < len(in); i++ {
		l, ok := letters(in[i])
		if !ok {
			out, before = append(out, in[i]), false
			continue
		}
		if in[i] == 'ل' && i+1 < len(in) {
			if form := lamAlef(in[i+1]); form != 0 {
				if before {
					form++
				}
				out, before = append(out, form), false
				i++
				continue
			}
		}
		after := false // the letter after takes one
		if i+1 < len(in) {
			next, letter := letters(in[i+1])
			after = letter && next.joins != never
		}
		form := l.isolated
		switch joinsBack, joinsOn := before && l.joins != never, after && l.joins == both; {
		case l.joins == always:
		case joinsBack && joinsOn:
			form += 3
		case joinsOn:
			form += 2
		case joinsBack:
			form++
		}
		out = append(out, form)
		before = l.joins == both || l.joins == always
	}
	return out
}
