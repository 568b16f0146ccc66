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
	Absent  []Absent // absent cells that answers rest on, in no order
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
	for k, cell := range wanted {
		if root := w.code.roots[cell.Ask]; root >= 0 {
			w.asks[w.seen[root].at+cell.Row] |= 1 << k
		}
	}
	for node := int32(len(w.code.steps)) - 1; node >= 0; node-- {
		s := &w.seen[node]
		if s.run != w.run || !s.hungry {
			continue
		}
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
			w.absent(n, s, c)
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
}

// absent lists the rows of an input that were read and not given.
func (w *few) absent(n *step, s *seen, c *Cells) {
	rest := s.done
	if given := w.r.b.given(n.i, n.j); given != nil {
		rest &^= given.told
	}
	for left := rest; left != 0; left &= left - 1 {
		row := int32(bits.TrailingZeros64(left))
		if asks := w.asks[s.at+row]; asks != 0 {
			series := &w.r.prog.series[n.j]
			c.Absent = append(c.Absent, Absent{Var: n.j, Row: row, Period: series.from + ir.Month(n.i-series.first), Asks: asks})
		}
	}
}
