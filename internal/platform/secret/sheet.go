package secret

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// The recovery sheet writes the key as four lines that a person can copy by hand:
//
//	1: 7K2M-0QZR-88FA-C3
//
// Each line is 8 bytes of the key as 13 symbols of Crockford's base 32, then a
// check symbol over the line's number and its bytes, so that one wrong symbol,
// two swapped symbols or two swapped lines are named when the sheet is typed.

const (
	sheetLines   = 4
	lineBytes    = KeySize / sheetLines
	lineSymbols  = 13 // 64 bits, 5 at a time
	checkModulus = 37
	// Crockford's alphabet without I, L, O, U; five more only as check symbols.
	symbols      = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	checkSymbols = symbols + "*~$=U"
)

// Sheet returns the four lines, each ended by a newline. Whoever reads them can
// open everything.
func (k *Keyring) Sheet() string {
	var b strings.Builder
	for line := range sheetLines {
		v := binary.BigEndian.Uint64(k.master[line*lineBytes:])
		text := make([]byte, 0, lineSymbols+1)
		for i := lineSymbols - 1; i >= 0; i-- {
			text = append(text, symbols[v>>(5*i)&31])
		}
		text = append(text, checkSymbols[checkOf(line+1, v)])
		fmt.Fprintf(&b, "%d: %s-%s-%s-%s\n", line+1, text[:4], text[4:8], text[8:12], text[12:])
	}
	return b.String()
}

// checkOf is the remainder by 37 of the number written line·2⁶⁵ + v.
func checkOf(line int, v uint64) int {
	n := new(big.Int).Lsh(big.NewInt(int64(line)), 65)
	n.Add(n, new(big.Int).SetUint64(v))
	return int(n.Mod(n, big.NewInt(checkModulus)).Int64())
}

// ParseSheet reads the four lines back: capitals or not, with or without the
// numbers, dashes and spaces, O for 0, I and L for 1; lines that begin with # are
// skipped. Errors are errs.Invalid: errs.key.sheet_lines (not four lines),
// errs.key.sheet_length, errs.key.sheet_symbol, errs.key.sheet_check, the last
// three with the argument line, 1 to 4.
func ParseSheet(text string) (*Keyring, error) {
	if len(text) > 4<<10 {
		return nil, errs.New(errs.Invalid, "errs.key.sheet_lines")
	}
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "#") {
			lines = append(lines, l)
		}
	}
	if len(lines) != sheetLines {
		return nil, errs.Wrap(errs.Invalid, "errs.key.sheet_lines", fmt.Errorf("%d lines", len(lines)), "lines", len(lines))
	}
	var master bytes.Buffer
	for i, l := range lines {
		v, err := parseLine(i+1, l)
		if err != nil {
			return nil, err
		}
		master.Write(binary.BigEndian.AppendUint64(nil, v))
	}
	return NewKeyring(master.Bytes())
}

func parseLine(number int, line string) (uint64, error) {
	if _, rest, ok := strings.Cut(line, ":"); ok {
		line = rest
	}
	line = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\u00a0', '\u2010', '\u2011', '\u2013':
			return -1
		case 'o', 'O':
			return '0'
		case 'i', 'I', 'l', 'L':
			return '1'
		}
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, line)
	if n := len([]rune(line)); n != lineSymbols+1 {
		return 0, errs.Wrap(errs.Invalid, "errs.key.sheet_length", errors.New("wrong number of symbols"), "line", number, "symbols", n, "want", lineSymbols+1)
	}
	bad := func(r rune) error {
		return errs.Wrap(errs.Invalid, "errs.key.sheet_symbol", errors.New("not a symbol of the sheet"), "line", number, "symbol", string(r))
	}
	var v uint64
	check := -1
	for i, r := range []rune(line) {
		alphabet := symbols
		if i == lineSymbols {
			alphabet = checkSymbols
		}
		d := strings.IndexRune(alphabet, r)
		switch {
		case d < 0:
			return 0, bad(r)
		case i == lineSymbols:
			check = d
		case i == 0 && d > 15: // 13 symbols hold 65 bits, the first of which is 0
			return 0, errs.Wrap(errs.Invalid, "errs.key.sheet_check", errors.New("the first symbol is too large"), "line", number)
		default:
			v = v<<5 | uint64(d)
		}
	}
	if check != checkOf(number, v) {
		return 0, errs.Wrap(errs.Invalid, "errs.key.sheet_check", errors.New("the check symbol disagrees"), "line", number)
	}
	return v, nil
}
