package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/rights/ir"
)

// lexer cuts the text of one block into tokens. It never fails: what it does not
// understand becomes a problem and is skipped.
type lexer struct {
	file     string
	src      []rune
	at       int
	pos      Pos
	tokens   []Token
	problems Problems
}

// lex cuts src, which begins at line (column 1) of file.
func lex(file, src string, line int) ([]Token, Problems) {
	l := &lexer{file: file, src: []rune(src), pos: Pos{line, 1}, tokens: make([]Token, 0, len(src)/5)} // a word has five letters
	for l.next() {
	}
	l.tokens = append(l.tokens, Token{Kind: TokEOF, Pos: l.pos})
	return l.tokens, l.problems
}

func (l *lexer) peek(n int) rune {
	if l.at+n < len(l.src) {
		return l.src[l.at+n]
	}
	return 0
}

func (l *lexer) step() rune {
	r := l.src[l.at]
	l.at++
	if r == '\n' {
		l.pos.Line++
		l.pos.Col = 1
	} else {
		l.pos.Col++
	}
	return r
}

func (l *lexer) problem(pos Pos, message, advice string) {
	l.problems = append(l.problems, Problem{File: l.file, Pos: pos, Message: message, Advice: advice})
}

func (l *lexer) emit(kind TokenKind, text string, pos Pos) {
	l.tokens = append(l.tokens, Token{kind, text, pos})
}

func isSpace(r rune) bool {
	return r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == '\u00a0' || r == '\u202f'
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isNamePart(r rune) bool { return isNameStart(r) || isDigit(r) || r == '²' }

// next reads one token; false at the end.
func (l *lexer) next() bool {
	for l.at < len(l.src) && (isSpace(l.src[l.at]) || l.src[l.at] == '#') {
		if l.src[l.at] == '#' {
			for l.at < len(l.src) && l.src[l.at] != '\n' {
				l.step()
			}
			continue
		}
		l.step()
	}
	if l.at >= len(l.src) {
		return false
	}
	pos := l.pos
	r := l.src[l.at]
	switch {
	case isDigit(r):
		l.number(pos)
	case isNameStart(r):
		l.word(pos)
	case r == '«' || r == '"':
		l.text(pos)
	default:
		l.symbol(pos)
	}
	return true
}

// number reads a French number ("66 652", "474,37") or a date ("01/04/2025").
func (l *lexer) number(pos Pos) {
	if d, ok := l.date(); ok {
		var year, month, day int
		for i, r := range d {
			switch {
			case i < 2:
				day = day*10 + int(r-'0')
			case i > 2 && i < 5:
				month = month*10 + int(r-'0')
			case i > 5:
				year = year*10 + int(r-'0')
			}
		}
		for range d {
			l.step()
		}
		v, err := ir.ValidDay(year, month, day)
		if err != nil {
			l.problem(pos, sprintf(msgNoSuchDate, d), adviceDate)
			return
		}
		l.emit(TokDate, v.String(), pos)
		return
	}
	var b strings.Builder
	for isDigit(l.peek(0)) {
		b.WriteRune(l.step())
	}
	for thinSpace(l.peek(0)) && isDigit(l.peek(1)) && isDigit(l.peek(2)) && isDigit(l.peek(3)) && !isNamePart(l.peek(4)) && b.Len() <= 15 {
		l.step()
		for range 3 {
			b.WriteRune(l.step())
		}
	}
	if l.peek(0) == ',' && isDigit(l.peek(1)) {
		l.step()
		b.WriteByte('.')
		for isDigit(l.peek(0)) {
			b.WriteRune(l.step())
		}
	} else if l.peek(0) == '.' && isDigit(l.peek(1)) {
		l.problem(l.pos, msgDecimalPoint, adviceDecimalPoint)
		l.step()
		for isDigit(l.peek(0)) {
			l.step()
		}
	}
	if b.Len() > 24 {
		l.problem(pos, msgNumberTooLong, "")
		return
	}
	if isNameStart(l.peek(0)) && l.peek(0) != '_' && l.peek(0) != 'm' && l.peek(0) != 'a' && l.peek(0) != 'j' && l.peek(0) != 'h' {
		l.problem(l.pos, msgNumberName, "")
	}
	l.emit(TokNumber, b.String(), pos)
}

func thinSpace(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\u202f' }

// date tells whether dd/mm/yyyy comes next, alone.
func (l *lexer) date() (string, bool) {
	const n = 10
	if l.at+n > len(l.src) {
		return "", false
	}
	s := string(l.src[l.at : l.at+n])
	if len(s) != n || s[2] != '/' || s[5] != '/' {
		return "", false
	}
	for i := range n {
		if i != 2 && i != 5 && !isDigit(rune(s[i])) {
			return "", false
		}
	}
	if isDigit(l.peek(n)) || l.peek(n) == '/' {
		return "", false
	}
	return s, true
}

func (l *lexer) word(pos Pos) {
	start := l.at
	for l.at < len(l.src) && isNamePart(l.src[l.at]) {
		l.step()
	}
	w := string(l.src[start:l.at])
	if (l.peek(0) == '\'' || l.peek(0) == '’') && (w == "l" || w == "d" || w == "qu") {
		l.step()
		w += "'"
	}
	l.emit(TokWord, w, pos)
}

// text reads what is between « and », or between straight quotes, on one line or
// several; runs of white space become one space.
func (l *lexer) text(pos Pos) {
	end := '»'
	if l.step() == '"' {
		end = '"'
	}
	var b strings.Builder
	for l.at < len(l.src) {
		r := l.step()
		if r == end {
			l.emit(TokString, strings.Join(strings.FieldsFunc(b.String(), isSpace), " "), pos)
			return
		}
		if r == '«' {
			break
		}
		b.WriteRune(r)
	}
	l.problem(pos, msgOpenQuote, adviceOpenQuote)
}

func (l *lexer) symbol(pos Pos) {
	r := l.step()
	switch r {
	case '=', '≠', '<', '≤', '>', '≥', '+', '×', '/', '(', ')', ';', ':', ',', '|', '%', '€':
		if r == '<' && l.peek(0) == '=' {
			l.step()
			r = '≤'
		} else if r == '>' && l.peek(0) == '=' {
			l.step()
			r = '≥'
		}
		l.emit(TokSymbol, string(r), pos)
	case '-', '−', '–':
		l.emit(TokSymbol, "-", pos)
	case '*', '·':
		l.emit(TokSymbol, "×", pos)
	case '÷':
		l.emit(TokSymbol, "/", pos)
	case '…':
		l.problem(pos, msgEllipsis, "")
	case utf8.RuneError:
		l.problem(pos, msgBadLetter, adviceUTF8)
	default:
		l.problem(pos, sprintf(msgUnknownSign, r), adviceSigns)
	}
}
