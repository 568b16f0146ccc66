package openfisca

import "strconv"

// The tokens of JSON.

// peek returns the next byte that is no space, 0 at the end.
func (r *Plain) peek() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// object reads { key: … }, calling member at each value.
func (r *Plain) object(value func(key []byte) error) error {
	if r.peek() != '{' {
		return errUnusual
	}
	r.at++
	if r.peek() == '}' {
		r.at++
		return nil
	}
	for {
		if r.peek() != '"' {
			return errUnusual
		}
		key, err := r.name()
		if err != nil {
			return err
		}
		if r.peek() != ':' {
			return errUnusual
		}
		r.at++
		if err := value(key); err != nil {
			return err
		}
		switch r.peek() {
		case ',':
			r.at++
		case '}':
			r.at++
			return nil
		default:
			return errUnusual
		}
	}
}

// name reads a text without escapes; the reader is at its quote.
func (r *Plain) name() ([]byte, error) {
	start := r.at + 1
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return r.text[start:i:i], nil
		case c == '\\' || c < ' ':
			return nil, errUnusual
		}
	}
	return nil, errUnusual
}

// number reads a number, to the same bits as strconv.
func (r *Plain) number() (float64, error) {
	start, i := r.at, r.at
	digits := func() (n int) {
		for ; i < len(r.text) && r.text[i] >= '0' && r.text[i] <= '9'; i++ {
			n++
		}
		return n
	}
	negative := r.text[i] == '-'
	if negative {
		i++
	}
	whole := i
	n := digits()
	if n == 0 || n > 1 && r.text[whole] == '0' {
		return 0, errUnusual
	}
	decimals := 0
	if i < len(r.text) && r.text[i] == '.' {
		i++
		if decimals = digits(); decimals == 0 {
			return 0, errUnusual
		}
	}
	power := i < len(r.text) && (r.text[i] == 'e' || r.text[i] == 'E')
	if power {
		if i++; i < len(r.text) && (r.text[i] == '+' || r.text[i] == '-') {
			i++
		}
		if digits() == 0 {
			return 0, errUnusual
		}
	}
	r.at = i
	if power || n+decimals > 15 {
		x, err := strconv.ParseFloat(string(r.text[start:i]), 64)
		if err != nil {
			return 0, errUnusual
		}
		return x, nil
	}
	mantissa := uint64(0)
	for _, c := range r.text[whole : whole+n] {
		mantissa = mantissa*10 + uint64(c-'0')
	}
	if decimals > 0 {
		for _, c := range r.text[whole+n+1 : i] {
			mantissa = mantissa*10 + uint64(c-'0')
		}
	}
	x := float64(mantissa) // exact below 2^53, as is the power of ten: one rounding
	if decimals > 0 {
		x /= tens[decimals]
	}
	if negative {
		x = -x
	}
	return x, nil
}

var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// skip passes over a value of any shape.
func (r *Plain) skip(depth int) error {
	if depth > 50 {
		return errUnusual
	}
	switch c := r.peek(); {
	case c == '{':
		return r.object(func([]byte) error { return r.skip(depth + 1) })
	case c == '[':
		r.at++
		if r.peek() == ']' {
			r.at++
			return nil
		}
		for {
			if err := r.skip(depth + 1); err != nil {
				return err
			}
			switch r.peek() {
			case ',':
				r.at++
			case ']':
				r.at++
				return nil
			default:
				return errUnusual
			}
		}
	case c == '"':
		for i := r.at + 1; i < len(r.text); i++ {
			switch r.text[i] {
			case '\\':
				i++
			case '"':
				r.at = i + 1
				return nil
			}
		}
		return errUnusual
	case c == '-' || c >= '0' && c <= '9':
		for r.at < len(r.text) {
			switch c := r.text[r.at]; {
			case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
				r.at++
			default:
				return nil
			}
		}
		return nil
	}
	if r.word("null") || r.word("true") || r.word("false") {
		return nil
	}
	return errUnusual
}

// word passes over a word.
func (r *Plain) word(w string) bool {
	if len(r.text)-r.at < len(w) || string(r.text[r.at:r.at+len(w)]) != w {
		return false
	}
	r.at += len(w)
	return true
}
