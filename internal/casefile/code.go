package casefile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// A sheet's code is five random letters of Crockford's base 32 and one check
// letter, « 7QF-M2K »: 33 million codes an organisation. It opens nothing by
// itself. The check letter is a sum in the field of 32 elements with different
// weights, so that one wrong letter, or two swapped, is always noticed.
const codeLetters = 5

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newCode draws a code in its bare form, "7QFM2K".
func newCode(random io.Reader) (string, error) {
	var b [codeLetters]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a sheet code: %w", err)
	}
	code := make([]byte, 0, codeLetters+1)
	sum := byte(0)
	for i, v := range b {
		v &= 31
		code = append(code, crockford[v])
		sum ^= mul32(v, weight(i))
	}
	return string(append(code, crockford[sum])), nil
}

// FreeCode draws a code that no paper of the organisation bears in the journal.
func (s *Service) FreeCode(q db.Querier, org core.ID) (string, error) {
	for range 10 {
		code, err := newCode(s.Random)
		if err != nil {
			return "", err
		}
		mark, err := journal.Mark(q, org, code)
		if err != nil || mark == "" {
			return code, err
		}
	}
	return "", errors.New("ten codes drawn, all taken")
}

// NormalCode reads a code as somebody says or types it and gives its bare form.
// ok is false when it cannot be one, a wrong check letter included.
func NormalCode(s string) (code string, ok bool) {
	var out []byte
	sum := byte(0)
	for _, r := range strings.ToUpper(strings.TrimSpace(s)) {
		switch r {
		case ' ', '-':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		v := strings.IndexRune(crockford, r)
		if v < 0 || len(out) > codeLetters {
			return "", false
		}
		if len(out) < codeLetters {
			sum ^= mul32(byte(v), weight(len(out)))
		} else {
			sum ^= byte(v)
		}
		out = append(out, crockford[v])
	}
	return string(out), len(out) == codeLetters+1 && sum == 0
}

// ShowCode writes a bare code for people: « 7QF-M2K ».
func ShowCode(code string) string {
	if len(code) != codeLetters+1 {
		return code
	}
	return code[:3] + "-" + code[3:]
}

// weight is 2^(i+1) in the field of 32 elements: never 1, which the check
// letter has, and different at each place.
func weight(i int) byte {
	w := byte(1)
	for range i + 1 {
		w = mul32(w, 2)
	}
	return w
}

// mul32 multiplies in GF(2)[x]/(x^5+x^2+1).
func mul32(a, b byte) byte {
	var p byte
	for b > 0 {
		if b&1 == 1 {
			p ^= a
		}
		b >>= 1
		a <<= 1
		if a&32 != 0 {
			a ^= 0b100101
		}
	}
	return p
}
