package columnar

import "math/bits"

// col is a computed column over the rows of a space: one number for all rows, or
// a number per row, or a bit per row (0 or 1). Where a row is not applicable its
// value is 0; na is nil when nobody looks or every row is applicable.
type col struct {
	uni    bool
	uniNA  bool
	shared bool // of the batch: never written, never given back
	refs   int32
	v      float64   // of every row, when uni
	f      []float64 // a number per row
	b      []uint64  // or a bit per row
	na     []uint64
	// touch marks the rows that rest on a sentence « à vérifier » (notes) and on
	// what the law does not know (gaps); nil for none.
	touch [2][]uint64
	space int32
	from  *column // of the batch, for what is remembered of it
}

const (
	notes = iota
	gaps
)

// memory keeps the buffers of an evaluator, by space.
type memory struct {
	rows  []int32 // rows of each space
	words []int32
	cols  []*col
	f     [][][]float64
	b     [][][]uint64
	bytes int // of the buffers taken since the beginning
}

func (m *memory) col(space int32) *col {
	if n := len(m.cols); n > 0 {
		c := m.cols[n-1]
		m.cols = m.cols[:n-1]
		*c = col{refs: 1, space: space}
		return c
	}
	return &col{refs: 1, space: space}
}

// floats returns a buffer of a space's rows; what it holds is anything.
func (m *memory) floats(space int32) []float64 {
	rows := m.rows[space]
	if n := len(m.f[space]); n > 0 {
		f := m.f[space][n-1]
		m.f[space] = m.f[space][:n-1]
		if cap(f) >= int(rows) {
			return f[:rows]
		}
	}
	m.bytes += 8 * int(rows+rows/4)
	return make([]float64, rows, rows+rows/4)
}

// bitset returns cleared bits for a space's rows.
func (m *memory) bitset(space int32) []uint64 {
	words := m.words[space]
	if n := len(m.b[space]); n > 0 {
		b := m.b[space][n-1]
		m.b[space] = m.b[space][:n-1]
		if cap(b) >= int(words) {
			b = b[:words]
			clear(b)
			return b
		}
	}
	m.bytes += 8 * int(words+1)
	return make([]uint64, words, words+1)
}

// release gives a column back when nobody else holds it.
func (m *memory) release(c *col) {
	if c == nil || c.shared {
		return
	}
	if c.refs--; c.refs > 0 {
		return
	}
	s := c.space
	if c.f != nil {
		m.f[s] = append(m.f[s], c.f)
	}
	if c.b != nil {
		m.b[s] = append(m.b[s], c.b)
	}
	if c.na != nil {
		m.b[s] = append(m.b[s], c.na)
	}
	for _, t := range c.touch {
		if t != nil {
			m.b[s] = append(m.b[s], t)
		}
	}
	m.cols = append(m.cols, c)
}

// uniform makes a column of one number.
func (m *memory) uniform(space int32, v float64) *col {
	c := m.col(space)
	c.uni, c.v = true, v
	return c
}

// bitsOf makes a column of bits, of one number when they are all the same.
func (m *memory) bitsOf(space int32, b []uint64) *col {
	c := m.col(space)
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	if n == 0 || n == int(m.rows[space]) {
		c.uni, c.v = true, b2f(n > 0)
		m.b[space] = append(m.b[space], b)
		return c
	}
	c.b = b
	return c
}

// expand returns the numbers of a column, with a buffer to give back when they
// were not there.
func (m *memory) expand(c *col) (f []float64, spare bool) {
	if c.f != nil {
		return c.f, false
	}
	f = m.floats(c.space)
	if c.uni {
		for i := range f {
			f[i] = c.v
		}
		return f, true
	}
	for i := range f {
		f[i] = float64(c.b[i>>6] >> (uint(i) & 63) & 1)
	}
	return f, true
}

// truth returns a bit per row: the value is not 0.
func (m *memory) truth(c *col) (b []uint64, spare bool) {
	if c.b != nil {
		return c.b, false
	}
	b = m.bitset(c.space)
	if c.uni {
		if c.v != 0 {
			m.ones(b, c.space)
		}
		return b, true
	}
	for i, x := range c.f {
		b[i>>6] |= b2u(x != 0) << (uint(i) & 63)
	}
	return b, true
}

// ones sets the bits of every row.
func (m *memory) ones(b []uint64, space int32) {
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := uint(m.rows[space]) & 63; rest != 0 && len(b) > 0 {
		b[len(b)-1] = 1<<rest - 1
	}
}

func (m *memory) giveF(space int32, f []float64, spare bool) {
	if spare {
		m.f[space] = append(m.f[space], f)
	}
}

func (m *memory) giveB(space int32, b []uint64, spare bool) {
	if spare {
		m.b[space] = append(m.b[space], b)
	}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func bit(b []uint64, i int32) bool { return b != nil && b[i>>6]&(1<<(uint(i)&63)) != 0 }
