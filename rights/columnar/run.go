package columnar

import (
	"context"
	"errors"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
)

// Evaluator computes batches of one program, in memory that it keeps. It is for
// one goroutine.
type Evaluator struct {
	prog *Program
	b    *Batch
	mem  memory
	memo []*col
	left []int32 // readers still to come of a node in memo
	kept []int32 // nodes that entered memo
	// Of the spaces: their subjects (nil for an entity's own), the row of the
	// space around, and where the paths lead.
	subject [][]int32
	outer   [][]int32
	ready   []bool
	reach   []reach // space × path
	first   []int32
	pairs   []int32
	walk    walker
	result  Result
	shape   []byte
	few     *few
}

// Result is what was asked, as columns: Values[a][row] for ask a, over the rows
// of its variable's entity. It is good until the next Run.
type Result struct {
	Values [][]float64
	// NA, Notes and Unknown hold a bit per row, or are nil: not applicable; rests
	// on a sentence « à vérifier »; not settled by the law or the facts.
	NA, Notes, Unknown [][]uint64
	// Slow counts the households that package eval computed.
	Slow int
}

// Is tells whether a row's bit is set.
func Is(set []uint64, row int32) bool { return bit(set, row) }

// NewEvaluator returns an evaluator without memory yet.
func (p *Program) NewEvaluator() *Evaluator {
	n := len(p.spaces)
	return &Evaluator{
		prog: p, memo: make([]*col, len(p.nodes)), left: make([]int32, len(p.nodes)),
		mem: memory{rows: make([]int32, n), words: make([]int32, n), f: make([][][]float64, n), b: make([][][]uint64, n)},
		few: &few{}, subject: make([][]int32, n), outer: make([][]int32, n), ready: make([]bool, n), reach: make([]reach, n*len(p.paths)),
		result: Result{
			Values: make([][]float64, len(p.asks)), NA: make([][]uint64, len(p.asks)),
			Notes: make([][]uint64, len(p.asks)), Unknown: make([][]uint64, len(p.asks)),
		},
	}
}

// Bytes is the memory that the evaluator holds.
func (r *Evaluator) Bytes() int { return r.mem.bytes }

// Beside returns an evaluator of another program that works in the same memory as
// this one: of the two, one at a time.
func (r *Evaluator) Beside(p *Program) *Evaluator {
	other := p.NewEvaluator()
	other.few = r.few
	return other
}

// Run computes a sealed batch. The error is the context's, or says that the program
// was compiled for Cells.
func (r *Evaluator) Run(ctx context.Context, b *Batch) (*Result, error) {
	if b.prog.cells {
		return nil, errors.New("run a batch: its program is for cells alone")
	}
	b.Seal()
	r.prog = b.prog
	r.begin(b)
	if r.few.rows(r) {
		r.refer()
		return &r.result, ctx.Err()
	}
	r.shape = b.shape(r.shape)
	r.prog = b.prog.narrow(b, r.shape)
	for len(r.memo) < len(r.prog.nodes) { // constants that were folded
		r.memo, r.left = append(r.memo, nil), append(r.left, 0)
	}
	var failed error
	for i, root := range r.prog.roots {
		if failed = ctx.Err(); failed != nil {
			break
		}
		r.keep(i, r.eval(root))
	}
	r.end()
	if failed != nil {
		return nil, failed
	}
	r.refer()
	return &r.result, nil
}

func (r *Evaluator) begin(b *Batch) {
	r.b, r.walk.b, r.result.Slow = b, b, 0
	for s := range r.ready {
		r.ready[s] = s < int(ir.Entities)
	}
	for e := range ir.Entities {
		r.rows(int32(e), b.count[e])
	}
	for i := range r.reach {
		r.reach[i].ready = false
	}
}

func (r *Evaluator) rows(space, n int32) {
	r.mem.rows[space], r.mem.words[space] = n, (n+63)/64
}

// end gives back the columns of nodes that were read less often than they could
// have been.
func (r *Evaluator) end() {
	for _, n := range r.kept {
		if c := r.memo[n]; c != nil {
			r.memo[n] = nil
			r.mem.release(c)
		}
	}
	r.kept = r.kept[:0]
}

// keep copies a column into the result and gives it back.
func (r *Evaluator) keep(i int, c *col) {
	m := &r.mem
	f, spare := m.expand(c)
	r.result.Values[i] = append(r.result.Values[i][:0], f...)
	m.giveF(c.space, f, spare)
	r.result.NA[i] = r.copyBits(r.result.NA[i], c.na, c.uniNA, c.space)
	r.result.Notes[i] = r.copyBits(r.result.Notes[i], c.touch[notes], false, c.space)
	r.result.Unknown[i] = r.copyBits(r.result.Unknown[i], c.touch[gaps], false, c.space)
	m.release(c)
}

func (r *Evaluator) copyBits(to, from []uint64, all bool, space int32) []uint64 {
	to = to[:0]
	switch {
	case all:
		b := r.mem.bitset(space)
		r.mem.ones(b, space)
		to = append(to, b...)
		r.mem.b[space] = append(r.mem.b[space], b)
	case from != nil:
		to = append(to, from...)
	default:
		for range r.mem.words[space] {
			to = append(to, 0)
		}
	}
	return to
}

// eval returns the column of a node; the caller gives it back.
func (r *Evaluator) eval(i int32) *col {
	if c := r.memo[i]; c != nil {
		if r.left[i]--; r.left[i] == 0 {
			r.memo[i] = nil
		} else if !c.shared {
			c.refs++
		}
		return c
	}
	n := &r.prog.nodes[i]
	if n.fixed != nil {
		return n.fixed
	}
	c := r.compute(n)
	if n.uses > 1 {
		if r.left[i] = n.uses - 1; !c.shared {
			c.refs++
		}
		r.memo[i] = c
		r.kept = append(r.kept, i)
	}
	return c
}

func (r *Evaluator) compute(n *node) *col {
	m := &r.mem
	switch n.op {
	case opGap, opNote:
		c := m.uniform(n.space, 0)
		c.uniNA = true
		t := m.bitset(n.space)
		m.ones(t, n.space)
		if n.op == opNote {
			c.touch[notes] = t
		} else {
			c.touch[gaps] = t
		}
		return c
	case opInput, opGiven:
		return r.read(n)
	case opAdd, opSub, opMul, opDiv, opMin, opMax:
		x := r.eval(n.a)
		return r.arithmetic(n, x, r.eval(n.b))
	case opNeg:
		return r.unary(n, r.eval(n.a), func(x float64) float64 { return 0 - x })
	case opFloor:
		return r.unary(n, r.eval(n.a), func(x float64) float64 { return ir.Round(x, 1, ir.Down) })
	case opRound:
		return r.round(n, r.eval(n.a))
	case opEq, opNe, opLt, opLe:
		x := r.eval(n.a)
		y := r.eval(n.b)
		if x.uni && !y.uni {
			if n.op == opLt || n.op == opLe {
				return r.numberFirst(n, x, y)
			}
			return r.comparison(n, y, x)
		}
		return r.comparison(n, x, y)
	case opAnd, opOr:
		return r.logic(n)
	case opNot:
		x := r.eval(n.a)
		var c *col
		if x.uni {
			c = m.uniform(n.space, b2f(x.v == 0))
		} else {
			b, spare := m.truth(x)
			d := m.bitset(n.space)
			m.ones(d, n.space)
			for i := range d {
				d[i] &^= b[i]
			}
			m.giveB(n.space, b, spare)
			c = m.bitsOf(n.space, d)
		}
		r.both(c, x, nil)
		return c
	case opIn:
		return r.in(n)
	case opPrefix:
		prefix := r.prog.texts[n.i]
		return r.unary(n, r.eval(n.a), func(x float64) float64 { return b2f(strings.HasPrefix(r.b.texts[int(x)], prefix)) })
	case opApplicable:
		x := r.eval(n.a)
		c := m.uniform(n.space, b2f(!x.uniNA))
		if x.na != nil && !x.uniNA {
			m.release(c)
			d := m.bitset(n.space)
			m.ones(d, n.space)
			for i := range d {
				d[i] &^= x.na[i]
			}
			c = m.bitsOf(n.space, d)
		}
		r.both(c, x, nil)
		return c
	case opIf:
		return r.choose(n)
	case opGrid:
		return r.grid(n)
	case opParamAt:
		return r.paramAt(n)
	case opScale:
		return r.scale(n)
	case opLookup:
		return r.lookup(n)
	case opLift:
		return r.gather(n, r.eval(n.a), r.subject[n.space])
	case opOuter:
		return r.gather(n, r.eval(n.a), r.outer[n.space])
	case opProject:
		return r.project(n)
	case opFold:
		return r.fold(n)
	case opMonths:
		return r.months(n)
	case opRank:
		return r.rank(n)
	case opRole:
		return r.role(n)
	}
	return r.calendar(n)
}

// given returns the facts of a slot (−1: of no month) of a variable, nil when
// there is none.
func (b *Batch) given(slot, variable int32) *column {
	if slot >= 0 && b.view[slot] != nil {
		return b.view[slot]
	}
	return b.always[variable]
}

// read returns the facts of a slot, over what is computed or presumed where none
// is given.
func (r *Evaluator) read(n *node) *col {
	given := r.b.given(n.i, n.j)
	if given == nil {
		return r.eval(n.a)
	}
	m := &r.mem
	if int(given.n) == len(given.f) {
		return given.asCol(n.space)
	}
	x := r.eval(n.a)
	c := m.col(n.space)
	xf, spare := m.expand(x)
	c.f = m.target(n.space, x, nil)
	copy(c.f, xf)
	m.giveF(n.space, xf, spare)
	for i, w := range given.given {
		for ; w != 0; w &= w - 1 {
			row := i*64 + trailing(w)
			c.f[row] = given.f[row]
		}
	}
	if n.needNA && (x.na != nil || x.uniNA) {
		c.na = m.bitset(n.space)
		if x.uniNA {
			m.ones(c.na, n.space)
		} else {
			copy(c.na, x.na)
		}
		for i := range c.na {
			c.na[i] &^= given.given[i]
		}
	}
	for k, t := range x.touch { // what is given rests on nothing
		if t != nil {
			c.touch[k] = m.bitset(n.space)
			for i := range t {
				c.touch[k][i] = t[i] &^ given.given[i]
			}
		}
	}
	m.release(x)
	return c
}

// both gives operands back; the result rests on what they rest on.
func (r *Evaluator) both(c, x, y *col) {
	if touched(x) || touched(y) {
		for k := range c.touch {
			r.touch(c, k, x, nil, nil)
			r.touch(c, k, y, nil, nil)
		}
	}
	r.mem.release(x)
	r.mem.release(y)
}

// touch adds what x rests on to a column, for the rows of in and not of out; nil
// for all and for none.
func (r *Evaluator) touch(c *col, k int, x *col, in, out []uint64) {
	if x == nil || x.touch[k] == nil {
		return
	}
	if c.touch[k] == nil {
		c.touch[k] = r.mem.bitset(c.space)
	}
	to := c.touch[k]
	for i, w := range x.touch[k] {
		if in != nil {
			w &= in[i]
		}
		if out != nil {
			w &^= out[i]
		}
		to[i] |= w
	}
}

// own returns a column that may be changed: itself when nobody else holds it,
// else a copy.
func (r *Evaluator) own(x *col) *col {
	if x.refs == 1 && !x.shared {
		return x
	}
	m := &r.mem
	c := m.col(x.space)
	c.uni, c.uniNA, c.v = x.uni, x.uniNA, x.v
	if x.f != nil {
		c.f = m.floats(x.space)
		copy(c.f, x.f)
	}
	dup := func(b []uint64) []uint64 {
		if b == nil {
			return nil
		}
		d := m.bitset(x.space)
		copy(d, b)
		return d
	}
	c.b, c.na = dup(x.b), dup(x.na)
	for k, t := range x.touch {
		c.touch[k] = dup(t)
	}
	m.release(x)
	return c
}

// resting returns x, which rests on what c rests on too.
func (r *Evaluator) resting(x, c *col) *col {
	if c.touch[notes] == nil && c.touch[gaps] == nil {
		return x
	}
	x = r.own(x)
	for k := range x.touch {
		r.touch(x, k, c, nil, nil)
	}
	return x
}
