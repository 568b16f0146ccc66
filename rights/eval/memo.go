package eval

import "math/bits"

// Memo finds the node of a cell. It is a table of its own because a calculation looks
// some hundred thousand cells up: the general map spent more on hashing them than many
// rules cost. The zero value is ready; forgetting costs nothing.
type Memo struct {
	slots []memoSlot // a power of two of them, at most three quarters taken
	shift uint8      // of the hash, to a place among them
	used  int
	turn  uint32 // slots of another turn are free
}

type memoSlot struct {
	cell Cell
	node int32
	turn uint32
}

// firstSlots is how many slots a memo begins with.
const firstSlots = 512

// Get gives the node of a cell, if it was put.
func (m *Memo) Get(c Cell) (node int32, ok bool) {
	if len(m.slots) == 0 {
		return 0, false
	}
	for i := m.place(c); ; i = (i + 1) & uint32(len(m.slots)-1) {
		s := &m.slots[i]
		if s.turn != m.turn {
			return 0, false
		}
		if s.cell == c {
			return s.node, true
		}
	}
}

// Put notes the node of a cell that was not put before.
func (m *Memo) Put(c Cell, node int32) {
	if 4*m.used >= 3*len(m.slots) {
		m.grow()
	}
	m.used++
	i := m.place(c)
	for m.slots[i].turn == m.turn {
		i = (i + 1) & uint32(len(m.slots)-1)
	}
	m.slots[i] = memoSlot{c, node, m.turn}
}

// Forget makes it empty, in the memory already taken.
func (m *Memo) Forget() {
	if m.turn++; m.turn == 0 { // after four thousand million times
		clear(m.slots)
		m.turn = 1
	}
	m.used = 0
}

func (m *Memo) grow() {
	old, turn := m.slots, m.turn
	m.slots = make([]memoSlot, max(firstSlots, 2*len(old)))
	m.shift = uint8(32 - bits.TrailingZeros(uint(len(m.slots))))
	m.turn, m.used = max(turn, 1), 0
	for _, s := range old {
		if s.turn == turn {
			m.Put(s.cell, s.node)
		}
	}
}

// place is where a cell is looked for first: months and subjects follow one another,
// so that the high bits of a product spread them.
func (m *Memo) place(c Cell) uint32 {
	h := uint32(c.Var)*0x9e3779b1 ^ uint32(c.Subject)*0x85ebca77 ^ uint32(c.Period)*0xc2b2ae3d
	return (h ^ h>>15) * 0x2c1b3c6d >> m.shift
}
