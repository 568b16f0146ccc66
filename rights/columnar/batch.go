package columnar

import (
	"math/bits"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Batch holds households as columns. Each household is added whole: its persons,
// its groups, then its facts; Seal ends the batch, Reset empties it and keeps its
// memory. It belongs to the program that made it.
type Batch struct {
	prog *Program

	homes  []home
	count  [ir.Entities]int32
	group  [ir.Entities][]int32   // per person
	role   [ir.Entities][]ir.Role // per person
	start  [ir.Entities][]int32   // per group: where its persons begin in member; one more at the end
	member [ir.Entities][]int32   // persons of the groups, in the order of their roles

	always []*column // per variable: its value at every month without one of its own
	month  []*column // per slot
	view   []*column // per slot, after Seal: its own column, or that of the month before when it says the same
	used   []int32   // slots and variables (−1 − variable) that have a column
	free   []*column
	sealed bool
	// overrides: a value is given in place of a rule's.
	overrides bool

	texts   []string
	textOf  map[string]int32
	lookups [][]lookedUp // per table, per text
}

// home is where the rows of a household begin.
type home struct {
	row [ir.Entities]int32
}

// column is the values of one variable for the rows of its entity. Rows that are
// not given have the value of rest, or the rule's.
type column struct {
	f     []float64
	given []uint64
	n     int32  // rows given
	told  uint64 // of a batch of few rows: the rows given, before an input's default stood for the others
	// What Seal found.
	uniform bool
	civil   *civil
	wrap    col
}

type lookedUp struct {
	value float64
	state uint8 // 0 not looked up yet, 1 found, 2 absent
}

// NewBatch returns an empty batch.
func (p *Program) NewBatch() *Batch {
	b := &Batch{
		prog: p, always: make([]*column, len(p.series)), month: make([]*column, p.slots), view: make([]*column, p.slots),
		textOf: map[string]int32{}, lookups: make([][]lookedUp, len(p.law.IR.Tables)),
	}
	for i, s := range p.texts {
		b.textOf[s] = int32(i)
	}
	b.texts = append(b.texts, p.texts...)
	b.Reset()
	return b
}

// maxTexts bounds the dictionary that a batch keeps from one use to the next.
const maxTexts = 1 << 16

// Reset empties the batch.
func (b *Batch) Reset() {
	b.homes, b.sealed, b.overrides = b.homes[:0], false, false
	b.count = [ir.Entities]int32{}
	for e := range ir.Entities {
		b.group[e], b.role[e], b.member[e] = b.group[e][:0], b.role[e][:0], b.member[e][:0]
		b.start[e] = append(b.start[e][:0], 0)
	}
	for _, i := range b.used {
		if i < 0 {
			b.free = append(b.free, b.always[-1-i])
			b.always[-1-i] = nil
			continue
		}
		b.free = append(b.free, b.month[i])
		b.month[i], b.view[i] = nil, nil
	}
	b.used = b.used[:0]
	if len(b.texts) > maxTexts {
		for _, s := range b.texts[len(b.prog.texts):] {
			delete(b.textOf, s)
		}
		b.texts = b.texts[:len(b.prog.texts)]
		for i := range b.lookups {
			b.lookups[i] = b.lookups[i][:0]
		}
	}
}

// Len returns the number of households.
func (b *Batch) Len() int { return len(b.homes) }

// Bytes is the memory of the columns, with what an evaluation of them takes at
// most being some times that.
func (b *Batch) Bytes() int {
	n := 0
	for _, i := range b.used {
		if i < 0 {
			n += 8 * cap(b.always[-1-i].f)
		} else {
			n += 8 * cap(b.month[i].f)
		}
	}
	return n
}

// Add begins a household of so many persons and returns the row of the first
// one. Persons are in no group yet.
func (b *Batch) Add(persons int32) int32 {
	b.homes = append(b.homes, home{row: b.count})
	first := b.count[ir.Person]
	b.count[ir.Person] += persons
	for e := ir.Family; e < ir.Entities; e++ {
		for range persons {
			b.group[e] = append(b.group[e], -1)
			b.role[e] = append(b.role[e], 0)
		}
	}
	return first
}

// Group adds a group to the household begun last and returns its row. Members
// are put in with Put.
func (b *Batch) Group(e ir.Entity) int32 {
	b.start[e] = append(b.start[e], int32(len(b.member[e])))
	b.count[e]++
	return b.count[e] - 1
}

// Put places a person of the household in the group of that entity added last;
// in the order of roles, then of the situation. A person who has a group already
// stays there.
func (b *Batch) Put(e ir.Entity, person int32, r ir.Role) {
	if b.group[e][person] >= 0 {
		return
	}
	g := b.count[e] - 1
	b.group[e][person], b.role[e][person] = g, r
	b.member[e] = append(b.member[e], person)
	b.start[e][g+1] = int32(len(b.member[e]))
}

// Complete gives a group of their own to the persons of the last household who
// have none.
func (b *Batch) Complete() {
	alone := [...]ir.Role{ir.Family: ir.Parent, ir.TaxUnit: ir.Declarant, ir.Household: ir.Reference}
	for p := b.homes[len(b.homes)-1].row[ir.Person]; p < b.count[ir.Person]; p++ {
		for e := ir.Family; e < ir.Entities; e++ {
			if b.group[e][p] < 0 {
				b.Group(e)
				b.Put(e, p, alone[e])
			}
		}
	}
}

// Text returns the number that stands for a text in a column.
func (b *Batch) Text(s string) float64 {
	if i, ok := b.textOf[s]; ok {
		return float64(i)
	}
	i := int32(len(b.texts))
	b.texts = append(b.texts, s)
	b.textOf[s] = i
	return float64(i)
}

// GroupOf is the row of a person's group.
func (b *Batch) GroupOf(e ir.Entity, person int32) int32 { return b.group[e][person] }

// TextOf returns the text that a number of a column stands for.
func (b *Batch) TextOf(x float64) string { return b.texts[int(x)] }

// Value returns the number that stands for a value of the reference.
func (b *Batch) Value(variable int32, v eval.Value) float64 {
	if b.prog.law.IR.Vars[variable].Type.Kind == ir.Text {
		return b.Text(v.S)
	}
	return v.F
}

// Set gives the value of a variable for a row of its entity at a month: a
// number, 0 or 1, a day, the number of a choice, or what Text returned. What the
// program never reads is passed over. A known value of a rule takes its place.
func (b *Batch) Set(variable, row int32, m ir.Month, value float64) {
	slot := b.prog.slot(variable, m)
	if slot < 0 {
		return
	}
	c := b.month[slot]
	if c == nil {
		c = b.column()
		b.overrides = b.overrides || !b.prog.law.IR.Vars[variable].Input
		b.month[slot] = c
		b.used = append(b.used, slot)
	}
	c.set(row, value)
}

// SetAlways gives the value of a variable at every month that has none of its
// own: one column instead of one per month.
func (b *Batch) SetAlways(variable, row int32, value float64) {
	if !b.prog.series[variable].read {
		return
	}
	c := b.always[variable]
	if c == nil {
		c = b.column()
		b.overrides = b.overrides || !b.prog.law.IR.Vars[variable].Input
		b.always[variable] = c
		b.used = append(b.used, -1-variable)
	}
	c.set(row, value)
}

func (b *Batch) column() *column {
	if n := len(b.free); n > 0 {
		c := b.free[n-1]
		b.free = b.free[:n-1]
		clear(c.given)
		k := c.civil
		*c = column{f: c.f[:0], given: c.given[:0], civil: k}
		if k != nil {
			k.month, k.day = k.month[:0], k.day[:0]
		}
		return c
	}
	return &column{}
}

func (c *column) set(row int32, value float64) {
	for int(row) >= len(c.f) {
		if cap(c.f) > len(c.f) {
			c.f = c.f[:min(cap(c.f), int(row)+1)]
		} else {
			c.f = append(c.f, 0)
		}
	}
	for int(row>>6) >= len(c.given) {
		c.given = append(c.given, 0)
	}
	if c.given[row>>6]&(1<<(row&63)) == 0 {
		c.given[row>>6] |= 1 << (row & 63)
		c.n++
	}
	c.f[row] = value
}

// has tells whether a row is given.
func (c *column) has(row int32) bool {
	return int(row>>6) < len(c.given) && c.given[row>>6]&(1<<(row&63)) != 0
}

// Seal ends the batch: rows without a value at a month take the one of always,
// an input's default where there is none, and months that say the same share one
// column.
func (b *Batch) Seal() {
	if b.sealed {
		return
	}
	b.sealed = true
	for _, i := range b.used {
		if i < 0 {
			b.sealAlways(-1 - i)
		}
	}
	if b.count[ir.Person] <= maxFew { // comparing months would cost more than it saves
		for _, i := range b.used {
			if i >= 0 {
				b.sealMonth(b.prog.slotOf[i], i)
				b.view[i] = b.month[i]
			}
		}
		return
	}
	for v := range b.prog.series {
		s := &b.prog.series[v]
		if !s.read {
			continue
		}
		var before *column
		for slot := s.first; slot <= s.first+int32(s.to-s.from); slot++ {
			if b.month[slot] == nil {
				before = nil
				continue
			}
			b.sealMonth(int32(v), slot)
			if before == nil || !b.month[slot].same(before) {
				before = b.month[slot]
			}
			b.view[slot] = before
		}
	}
}

func (b *Batch) rows(variable int32) int32 {
	return b.count[b.prog.law.IR.Vars[variable].Entity]
}

func (c *column) pad(rows int32) {
	for len(c.f) < int(rows) {
		c.f = append(c.f, 0)
	}
	c.f = c.f[:rows]
	for len(c.given) < int(rows+63)/64 {
		c.given = append(c.given, 0)
	}
}

func (b *Batch) sealAlways(variable int32) {
	c := b.always[variable]
	c.pad(b.rows(variable))
	c.tell()
	if b.prog.law.IR.Vars[variable].Input && b.prog.open {
		c.fill(b.absent(variable))
	}
	c.detect()
}

func (b *Batch) absent(variable int32) float64 {
	d := b.prog.law.IR.Vars[variable].Default
	return b.Value(variable, eval.Value{F: d.Num, S: d.Text})
}

func (b *Batch) sealMonth(variable, slot int32) {
	c := b.month[slot]
	rows := b.rows(variable)
	c.pad(rows)
	c.tell()
	if c.n < rows {
		if a := b.always[variable]; a != nil {
			c.under(a)
			c.told |= a.told
		}
		if b.prog.law.IR.Vars[variable].Input && b.prog.open {
			c.fill(b.absent(variable))
		}
	}
	c.detect()
}

// tell notes which of few rows are given.
func (c *column) tell() {
	if len(c.given) == 1 {
		c.told = c.given[0]
	}
}

// fill gives the rows that have no value one.
func (c *column) fill(x float64) {
	if c.n == int32(len(c.f)) {
		return
	}
	for w := range c.given {
		missing := ^c.given[w]
		if w == len(c.given)-1 {
			if rest := uint(len(c.f)) & 63; rest != 0 {
				missing &= 1<<rest - 1
			}
		}
		c.given[w] |= missing
		for ; missing != 0; missing &= missing - 1 {
			c.f[w*64+trailing(missing)] = x
		}
	}
	c.n = int32(len(c.f))
}

// under takes the rows that are not given from another column of as many rows.
func (c *column) under(a *column) {
	for w := range c.given {
		take := a.given[w] &^ c.given[w]
		c.given[w] |= take
		c.n += int32(bits.OnesCount64(take))
		if take == ^uint64(0) {
			copy(c.f[w*64:w*64+64], a.f[w*64:])
			continue
		}
		for ; take != 0; take &= take - 1 {
			row := w*64 + trailing(take)
			c.f[row] = a.f[row]
		}
	}
}

// detect finds the columns of one value.
func (c *column) detect() {
	c.uniform = false
	if c.n < int32(len(c.f)) || len(c.f) == 0 {
		return
	}
	first := c.f[0]
	for _, x := range c.f {
		if x != first || (first == 0 && signed(x) != signed(first)) {
			return
		}
	}
	c.uniform = true
}

// same tells whether two columns say the same.
func (c *column) same(d *column) bool {
	if len(c.f) != len(d.f) || c.n != d.n || c.uniform != d.uniform {
		return false
	}
	if c.n < int32(len(c.f)) {
		for i := range c.given {
			if c.given[i] != d.given[i] {
				return false
			}
		}
		for r := range int32(len(c.f)) {
			if c.has(r) && (c.f[r] != d.f[r] || signed(c.f[r]) != signed(d.f[r])) {
				return false
			}
		}
		return true
	}
	for i, x := range c.f {
		if x != d.f[i] || signed(x) != signed(d.f[i]) {
			return false
		}
	}
	return true
}

// SetFrom gives the value of a variable for a row at every month from one on.
func (b *Batch) SetFrom(variable, row int32, from ir.Month, value float64) {
	s := &b.prog.series[variable]
	if !s.read {
		return
	}
	for m := max(from, s.from); m <= s.to; m++ {
		b.Set(variable, row, m, value)
	}
}
