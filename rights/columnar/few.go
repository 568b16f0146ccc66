package columnar

import (
	"math/bits"

	"codeberg.org/parvis/parvis/rights/ir"
)

// A batch of one household or two has no columns worth the name. It is computed
// from the same graph in another way: a node is computed for the rows that
// somebody looks at and for no other, so that the branch not taken, the months
// after the one that decides and the members whom a filter leaves out cost
// nothing. A set of rows is one word. What is looked at is exactly what package
// eval looks at, cell by cell: Cells can say on which absent facts an answer rests.

// maxFew is how many persons a batch may have to be computed so: with more, whole
// columns are faster.
const maxFew = 12

// step is a node as few rows read it: small, in the order of the graph. An operand
// from −2 down is a number: code.nums[−2 − operand].
type step struct {
	op      op
	mode    uint8
	touchy  bool
	space   uint16
	a, b, c int32
	i, j    int32
	at, n   int32 // operands of a list, in code.lists; at is in code.nums for what rounds
}

// code is a program's nodes as steps.
type code struct {
	steps []step
	roots []int32
	lists []int32
	nums  []float64
}

// notApplicable is the operand of what is not applicable: a number too, 0.
const notApplicable = -2

// makeCode lays a program out as steps; nil when it has more spaces than a step
// can name.
func makeCode(p *Program) *code {
	if len(p.spaces) > 1<<16-1 {
		return nil
	}
	c := &code{steps: make([]step, len(p.nodes)), nums: []float64{0}}
	operand := func(x int32) int32 {
		if x < 0 || p.nodes[x].op != opConst {
			return x
		}
		if p.nodes[x].i == 1 {
			return notApplicable
		}
		return c.steps[x].a
	}
	for k := range p.nodes {
		n := &p.nodes[k]
		s := step{op: n.op, mode: n.mode, touchy: n.touchy, space: uint16(n.space), a: operand(n.a), b: operand(n.b), c: operand(n.c), i: n.i, j: n.j}
		switch {
		case n.op == opConst:
			s.a = -2 - int32(len(c.nums))
			c.nums = append(c.nums, n.x)
		case n.op == opRound:
			s.at = int32(len(c.nums))
			c.nums = append(c.nums, n.x)
		default:
			s.at, s.n = int32(len(c.lists)), int32(len(n.list))
			for _, x := range n.list {
				c.lists = append(c.lists, operand(x))
			}
		}
		c.steps[k] = s
	}
	for _, r := range p.roots {
		c.roots = append(c.roots, operand(r))
	}
	return c
}

// seen is what is known of a node: which rows are computed, and where.
type seen struct {
	run      uint32 // the run it is of; what is of another run is nothing
	at       int32  // of row 0, in few.vals
	done, na uint64
	first    int32 // what it looked at, in few.looks; 0 for nothing
	touchy   bool
	hungry   bool // it rests on an absent fact, or on a sentence « à vérifier », and looks are kept
}

// look is a value that a node looked at: of the same row, for each of rows, or of
// row to of another space.
type look struct {
	node, next int32
	rows       uint64
	to         int32 // −1 for the same row
}

// few computes batches of few rows, in memory that it keeps.
type few struct {
	r     *Evaluator
	code  *code
	run   uint32
	seen  []seen
	touch [2][]uint64 // per node; read of touchy nodes only
	vals  []float64
	used  int32
	track bool // keep looks
	looks []look
	want  []uint64 // a bit per hungry node
	// Of the slots of absent inputs that answers rest on: a bit, and the node.
	slots  []uint64
	inputs []int32
	asks   []uint64 // per value: the asks that rest on it
	cells  Cells
	wide   bool // a space has more rows than a word has bits: what was computed is worth nothing
}

// begin forgets what is known. It is false when the batch or its program cannot be
// computed so.
func (w *few) begin(r *Evaluator, track bool) bool {
	if r.b.count[ir.Person] > maxFew {
		return false
	}
	switch {
	case !r.b.overrides && !r.prog.cells:
		r.prog = r.prog.simple()
	case r.b.overrides && r.prog.cells:
		return false
	}
	c := r.prog.code()
	if c == nil {
		return false
	}
	if more := len(c.steps) - len(w.seen); more > 0 {
		w.seen = append(w.seen, make([]seen, more)...)
		for k := range w.touch {
			w.touch[k] = append(w.touch[k], make([]uint64, more)...)
		}
	}
	if w.run++; w.run == 0 { // after four thousand million runs
		clear(w.seen)
		w.run = 1
	}
	w.r, w.code, w.used, w.track, w.wide = r, c, 0, track, false
	if track {
		w.looks = append(w.looks[:0], look{})
		w.want = append(w.want[:0], make([]uint64, (len(c.steps)+63)/64)...)
	}
	return true
}

// rows computes the batch's whole result. It is false when the batch is not fit.
func (w *few) rows(r *Evaluator) bool {
	if !w.begin(r, false) {
		return false
	}
	res := &r.result
	for k, root := range w.code.roots {
		space := r.prog.nodes[r.prog.roots[k]].space
		rows, words := int(r.mem.rows[space]), r.mem.words[space]
		x, m := w.look(root, 1<<rows-1)
		res.Values[k] = res.Values[k][:0]
		for row := range rows {
			res.Values[k] = append(res.Values[k], x[row&m])
		}
		res.NA[k] = word(res.NA[k], words, w.na(root)&(1<<rows-1))
		res.Notes[k], res.Unknown[k] = word(res.Notes[k], words, w.rests(notes, root)), word(res.Unknown[k], words, w.rests(gaps, root))
	}
	return !w.wide
}

func word(to []uint64, words int32, x uint64) []uint64 {
	if words == 0 {
		return to[:0]
	}
	return append(to[:0], x)
}

// na is the rows, among those computed, for which an operand is not applicable.
func (w *few) na(node int32) uint64 {
	switch {
	case node >= 0:
		return w.seen[node].na
	case node == notApplicable:
		return ^uint64(0)
	}
	return 0
}

// rests returns the rows of an operand that rest on a sentence or on a gap.
func (w *few) rests(k int, node int32) uint64 {
	if node < 0 || !w.code.steps[node].touchy {
		return 0
	}
	return w.touch[k][node]
}

// look returns what some rows of an operand are worth: x[row&m]. It is good until
// the next run, for the rows asked.
func (w *few) look(node int32, rows uint64) (x []float64, m int) {
	if node < 0 {
		return w.code.nums[-2-node:], 0
	}
	s := &w.seen[node]
	if s.run != w.run || rows&^s.done != 0 {
		w.fill(node, s, rows)
	}
	return w.vals[s.at:], -1
}

// read is look for the same rows of another node, which rests on what it sees.
func (w *few) read(by, node int32, rows uint64) (x []float64, m int) {
	if node < 0 {
		return w.code.nums[-2-node:], 0
	}
	s := &w.seen[node]
	if s.run != w.run || rows&^s.done != 0 {
		w.fill(node, s, rows)
	}
	if s.touchy || s.hungry {
		w.rest(by, node, rows, -1)
	}
	return w.vals[s.at:], -1
}

// fill computes the rows of a node that are not.
func (w *few) fill(node int32, s *seen, rows uint64) {
	n := &w.code.steps[node]
	if s.run != w.run {
		*s = seen{run: w.run, at: w.used, touchy: n.touchy}
		if n.touchy {
			w.touch[notes][node], w.touch[gaps][node] = 0, 0
		}
		if w.used += w.r.mem.rows[n.space]; int(w.used) > len(w.vals) {
			w.vals = append(w.vals, make([]float64, len(w.vals)+int(w.used))...) // who holds the old one has there the rows they asked
		}
	}
	if rows &^= s.done; rows != 0 {
		s.done |= rows
		w.compute(node, n, s, rows)
	}
}

// own is where a node's values are written. Take it after the last look: looking
// may move it.
func (w *few) own(s *seen) []float64 { return w.vals[s.at:] }

// hunger marks a node that rests on what answers must tell, when that is kept.
func (w *few) hunger(node int32, s *seen) {
	if w.track {
		s.hungry = true
		w.want[node>>6] |= 1 << (node & 63)
	}
}

// saw notes that a row of a node looked at row to of an operand in another space.
func (w *few) saw(by, node int32, row, to int) {
	if node < 0 {
		return
	}
	if s := &w.seen[node]; s.touchy || s.hungry {
		w.rest(by, node, 1<<row, int32(to))
	}
}

// rest notes that rows of a node rest on what they looked at: the same rows of
// another one, or its row to.
func (w *few) rest(by, node int32, rows uint64, to int32) {
	of, s := &w.seen[node], &w.seen[by]
	if of.hungry && rows != 0 {
		if !s.hungry {
			w.hunger(by, s)
		}
		w.looks = append(w.looks, look{node, s.first, rows, to})
		s.first = int32(len(w.looks) - 1)
	}
	if of.touchy {
		for k := range w.touch {
			t := w.touch[k][node]
			if to >= 0 && t>>to&1 != 0 {
				t = rows
			} else if to >= 0 {
				t = 0
			}
			w.touch[k][by] |= t & rows
		}
	}
}

// mask is the rows whose value is not 0.
func mask(x []float64, m int, rows uint64) (on uint64) {
	if m == 0 {
		if x[0] != 0 {
			return rows
		}
		return 0
	}
	for left := rows; left != 0; left &= left - 1 {
		k := bits.TrailingZeros64(left)
		on |= b2u(x[k] != 0) << k
	}
	return on
}

// truth is the rows of an operand, among some, whose value is not 0.
func (w *few) truth(by, node int32, rows uint64) uint64 {
	x, m := w.read(by, node, rows)
	return mask(x, m, rows)
}

// put writes a bit per row.
func put(d []float64, rows, on uint64) {
	for m := rows; m != 0; m &= m - 1 {
		k := bits.TrailingZeros64(m)
		d[k] = float64(on >> k & 1)
	}
}
