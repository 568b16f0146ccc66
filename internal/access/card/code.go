package card

import (
	"strings"
)

// A card's code is its 128 bits as 26 symbols of Crockford's base 32, then two
// check symbols, in groups of four: « 7QFM-2K9D-… ». The two are sums in the field
// of 32 elements, one plain and one weighted, so that two wrong symbols, or two
// swapped ones, are always noticed before anything is tried.
const (
	dataSymbols = 26
	allSymbols  = dataSymbols + 2
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	maxTyped    = 400 // characters, a whole address included
)

// encode writes a secret of 16 bytes.
func encode(secret []byte) string {
	out := make([]byte, 0, allSymbols)
	var acc, bits uint32
	for _, b := range secret {
		acc = acc<<8 | uint32(b)
		for bits += 8; bits >= 5; bits -= 5 {
			out = append(out, byte(acc>>(bits-5))&31)
		}
	}
	out = append(out, byte(acc<<(5-bits))&31)
	weighted, plain := sums(out)
	var text strings.Builder
	for i, v := range append(out, weighted, plain) {
		if i > 0 && i%4 == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(crockford[v])
	}
	return text.String()
}

// Decode reads a code as somebody types, pastes or scans it: any case, spaces and
// dashes anywhere, O for 0, I and L for 1, or the whole address of the QR code. ok is
// false when it cannot be a card's.
func Decode(s string) (secret []byte, ok bool) {
	if len(s) > maxTyped {
		return nil, false
	}
	if _, after, found := strings.Cut(s, "#"); found {
		s = after
	}
	var values []byte
	for _, r := range strings.ToUpper(s) {
		switch r {
		case ' ', '-', '\u00a0', '\u202f', '\t', '\n', '\r', '\u2010', '\u2011', '\u2013':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		v := strings.IndexRune(crockford, r)
		if v < 0 || len(values) == allSymbols {
			return nil, false
		}
		values = append(values, byte(v))
	}
	if len(values) != allSymbols {
		return nil, false
	}
	data := values[:dataSymbols]
	weighted, plain := sums(data)
	if weighted != values[dataSymbols] || plain != values[dataSymbols+1] {
		return nil, false
	}
	var acc, bits uint32
	for _, v := range data {
		acc = acc<<5 | uint32(v)
		if bits += 5; bits >= 8 {
			bits -= 8
			secret = append(secret, byte(acc>>bits))
		}
	}
	// Two bits are left over: they are zero in what encode writes.
	return secret, acc&(1<<bits-1) == 0
}

// sums are the two check symbols of the data.
func sums(data []byte) (weighted, plain byte) {
	w := byte(1)
	for _, v := range data {
		w = mul32(w, 2) // 2 generates the field: 31 different weights
		weighted ^= mul32(v, w)
		plain ^= v
	}
	return weighted, plain
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
