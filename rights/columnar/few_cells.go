package columnar

import (
	"context"
	"math/bits"

	"codeberg.org/parvis/parvis/rights/ir"
)

// Cells is what single cells of one household are worth, and what they rest on.
type Cells struct {
	Values []float64 // one per cell
	NA     []bool    // not applicable: its value is 0
	// Settled is false when the law does not know one of the answers: package eval
	// says which and why, and nothing else here means anything.
	Settled bool
	Absent  []Absent // absent cells that answers rest on, by variable, row, then period
	Said    []Said   // sentences « à vérifier » that answers rest on, in no order
}

// Absent is an absent cell of an input, in whose place its default was read. Asks
// holds a bit per cell asked that rests on it.
type Absent struct {
	Var, Row int32
	Period   ir.Month // 0 for what is eternal
	Asks     uint64
}

// Said is a sentence that answers rest on.
type Said struct {
	Sentence string
	Asks     uint64
}

// MaxCells is how many cells Cells takes.
const MaxCells = 64

// Cell is what is asked of a household: an ask of the program, for one row of its
// variable's entity.
type Cell struct {
	Ask int
	Row int32
}

// Cells computes cells of a batch of one household as package eval does, with what
// each rests on; the program is one compiled for it. ok is false when that cannot
// be done so: too many persons or cells, or a value given in place of a rule's. The
// result is good until the next call.
func (r *Evaluator) Cells(ctx context.Context, b *Batch, wanted []Cell) (c *Cells, ok bool, err error) {
	b.Seal()
	r.prog = b.prog
	r.begin(b)
	w := r.few
	if len(wanted) > MaxCells || len(b.homes) != 1 || !b.prog.cells || !w.begin(r, true) {
		return nil, false, nil
	}
	c = &w.cells
	*c = Cells{Values: c.Values[:0], NA: c.NA[:0], Absent: c.Absent[:0], Said: c.Said[:0], Settled: true}
	for _, cell := range wanted {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		root := w.code.roots[cell.Ask]
		x, m := w.look(root, 1<<cell.Row)
		c.Values = append(c.Values, x[int(cell.Row)&m])
		c.NA = append(c.NA, w.na(root)>>cell.Row&1 != 0)
		if w.rests(gaps, root)>>cell.Row&1 != 0 {
			c.Settled = false
		}
	}
	if w.wide {
		return nil, false, nil
	}
	w.trace(wanted, c)
	return c, true, nil
}

// trace goes from the asks down to what they rest on, once for all of them: nodes
// come after what they look at.
func (w *few) trace(wanted []Cell, c *Cells) {
	if len(w.asks) < int(w.used) {
		w.asks = make([]uint64, len(w.vals))
	}
	clear(w.asks[:w.used])
	if p := w.r.prog; len(w.inputs) < int(p.slots) {
		w.inputs, w.slots = make([]int32, p.slots), make([]uint64, (p.slots+63)/64)
	}
	for k, cell := range wanted {
		if root := w.code.roots[cell.Ask]; root >= 0 {
			w.asks[w.seen[root].at+cell.Row] |= 1 << k
		}
	}
	for word := len(w.want) - 1; word >= 0; word-- {
		for w.want[word] != 0 {
			top := 63 - bits.LeadingZeros64(w.want[word])
			w.want[word] &^= 1 << top
			w.pass(int32(word*64+top), c)
		}
	}
	w.absent(c)
}

// pass gives the asks that rest on a node to what it looked at.
func (w *few) pass(node int32, c *Cells) {
	s := &w.seen[node]
	for l := s.first; l != 0; l = w.looks[l].next {
		look := &w.looks[l]
		of := w.seen[look.node].at
		for left := look.rows; left != 0; left &= left - 1 {
			k := int32(bits.TrailingZeros64(left))
			to := look.to
			if to < 0 {
				to = k
			}
			w.asks[of+to] |= w.asks[s.at+k]
		}
	}
	switch n := &w.code.steps[node]; n.op {
	case opInput:
		w.inputs[n.i] = node
		w.slots[n.i>>6] |= 1 << (n.i & 63)
	case opNote:
		var asks uint64
		for left := s.done; left != 0; left &= left - 1 {
			asks |= w.asks[s.at+int32(bits.TrailingZeros64(left))]
		}
		if asks != 0 {
			c.Said = append(c.Said, Said{w.r.prog.notes[n.i], asks})
		}
	}
}

// absent lists the cells that were read and not given.
func (w *few) absent(c *Cells) {
	prog := w.r.prog
	for word := range w.slots {
		for w.slots[word] != 0 {
			v := prog.slotOf[word*64+bits.TrailingZeros64(w.slots[word])]
			w.absentOf(v, &prog.series[v], c)
		}
	}
}

// absentOf lists the absent cells of a variable, row after row.
func (w *few) absentOf(v int32, s *series, c *Cells) {
	var rows uint64
	last := s.first + int32(s.to-s.from)
	missing := func(slot int32) uint64 {
		if w.slots[slot>>6]>>(slot&63)&1 == 0 {
			return 0
		}
		rest := w.seen[w.inputs[slot]].done
		if given := w.r.b.given(slot, v); given != nil {
			rest &^= given.told
		}
		return rest
	}
	for slot := s.first; slot <= last; slot++ {
		rows |= missing(slot)
	}
	for ; rows != 0; rows &= rows - 1 {
		row := int32(bits.TrailingZeros64(rows))
		for slot := s.first; slot <= last; slot++ {
			if missing(slot)>>row&1 == 0 {
				continue
			}
			if asks := w.asks[w.seen[w.inputs[slot]].at+row]; asks != 0 {
				c.Absent = append(c.Absent, Absent{Var: v, Row: row, Period: s.from + ir.Month(slot-s.first), Asks: asks})
			}
		}
	}
	for slot := s.first; slot <= last; slot++ {
		w.slots[slot>>6] &^= 1 << (slot & 63)
	}
}
