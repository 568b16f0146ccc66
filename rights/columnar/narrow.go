package columnar

import (
	"strings"
	"sync"

	"codeberg.org/parvis/parvis/rights/ir"
)

// A narrowed program is the same program for batches of which something is
// known: variables that nobody gives, so that defaults are folded in and the
// branches they close are gone; variables whose values never change over the
// months, so that the months that compute the same are one node. Narrowing takes
// some milliseconds: it is done when the same batches come again.

// presence is what a batch gives of a variable.
type presence = byte

const (
	absent   presence = iota // nothing
	constant                 // the same at every month
	varying
)

// narrowed are the narrowed forms of a program.
type narrowed struct {
	mu    sync.Mutex
	forms []form
	seen  map[string]int
}

type form struct {
	shape string // one presence per variable
	prog  *Program
}

const (
	maxForms  = 48   // narrowed programs kept
	maxShapes = 4096 // shapes counted
	worthIt   = 3    // times a shape comes before a program is made for it
	minRows   = 64   // persons; below, a batch costs less than the search
)

// shape says what a batch gives, one presence per variable.
func (b *Batch) shape(out []byte) []byte {
	out = out[:0]
	for v := range b.prog.series {
		p := absent
		if b.always[v] != nil {
			p = constant
		}
		out = append(out, p)
	}
	for _, u := range b.used {
		if u >= 0 {
			if v := b.prog.slotOf[u]; b.prog.law.IR.Vars[v].Period != ir.Eternal {
				out[v] = varying
			} else {
				out[v] = max(out[v], constant)
			}
		}
	}
	return out
}

// fits tells whether a program narrowed for a shape computes a batch of another
// one: it assumes no more than is so.
func fits(narrow string, shape []byte) bool {
	for i := range shape {
		if shape[i] > narrow[i] {
			return false
		}
	}
	return true
}

// narrow returns the smallest program that computes a batch.
func (p *Program) narrow(b *Batch, shape []byte) *Program {
	if b.count[ir.Person] < minRows {
		return p
	}
	n := p.narrowed
	n.mu.Lock()
	defer n.mu.Unlock()
	best := p
	for _, f := range n.forms {
		if len(f.prog.nodes) < len(best.nodes) && fits(f.shape, shape) {
			best = f.prog
			if f.shape == string(shape) {
				return best
			}
		}
	}
	if len(n.forms) >= maxForms || len(n.seen) >= maxShapes {
		return best
	}
	if n.seen[string(shape)]++; n.seen[string(shape)] == worthIt {
		f := form{string(shape), p.narrowTo(shape)}
		n.forms = append(n.forms, f)
		if len(f.prog.nodes) < len(best.nodes) {
			best = f.prog
		}
	}
	return best
}

// narrowTo makes the program for a shape.
func (p *Program) narrowTo(shape []byte) *Program {
	c := &compiler{
		most: maxNodes,
		prog: &Program{
			law: p.law, open: p.open, asks: p.asks, series: p.series, slots: p.slots, slotOf: p.slotOf,
			spaces: p.spaces, paths: p.paths, texts: p.texts, notes: p.notes,
		},
		same: make(map[nodeKey]int32, len(p.nodes)),
	}
	n := &narrower{c: c, from: p, shape: shape, to: make([]int32, len(p.nodes))}
	for i := range n.to {
		n.to[i] = -1
	}
	for _, r := range p.roots {
		c.prog.roots = append(c.prog.roots, n.node(r))
	}
	c.count()
	c.prog.code = sync.OnceValue(func() *code { return makeCode(c.prog) })
	return c.prog
}

// withoutGiven makes the program for batches that give no value in place of a
// rule's: its steps need not look for one.
func (p *Program) withoutGiven() *Program {
	shape := make([]byte, len(p.series))
	for v := range shape {
		if p.law.IR.Vars[v].Input {
			shape[v] = varying
		}
	}
	return p.narrowTo(shape)
}

type narrower struct {
	c     *compiler
	from  *Program
	shape []byte
	to    []int32 // per node of from
}

// node returns the narrowed form of a node.
func (n *narrower) node(i int32) int32 {
	if i < 0 {
		return -1
	}
	if n.to[i] < 0 {
		n.to[i] = n.make(n.from.nodes[i])
	}
	return n.to[i]
}

func (n *narrower) make(x node) int32 {
	x.uses, x.touchy, x.fixed = 0, false, nil
	keepNA := x.needNA
	x.needNA = false
	switch x.op {
	case opInput, opGiven:
		switch n.shape[x.j] {
		case absent:
			return n.node(x.a)
		case constant:
			if n.from.law.IR.Vars[x.j].Period != ir.Eternal {
				x.i = -1
			}
		}
		x.a = n.node(x.a)
		return n.c.add(x)
	case opIf:
		cond := n.node(x.a)
		if v, ok := n.c.constant(cond); ok {
			if v != 0 {
				return n.node(x.b)
			}
			return n.node(x.c)
		}
		return n.c.choose(cond, n.node(x.b), n.node(x.c), x.space)
	case opAnd, opOr:
		if v, ok := n.c.constant(n.node(x.a)); ok && (v != 0) == (x.op == opOr) {
			return n.c.num(b2f(x.op == opOr), x.space)
		}
	case opFold, opMonths:
		return n.gather(x)
	}
	x.a, x.b, x.c = n.node(x.a), n.node(x.b), n.node(x.c)
	if len(x.list) > 0 {
		list := make([]int32, len(x.list))
		for k, y := range x.list {
			list[k] = n.node(y)
		}
		x.list = list
	}
	if i, ok := n.settled(&x, keepNA); ok {
		return i
	}
	return n.c.add(x)
}

// gather narrows an aggregate: a month or a member that never counts is left out.
func (n *narrower) gather(x node) int32 {
	var list []int32
	kind := ir.FoldKind(x.mode)
	for k := 0; k < len(x.list); k += 2 {
		filter := n.node(x.list[k])
		if filter >= 0 {
			if v, ok := n.c.constant(filter); ok {
				if v == 0 && x.op == opMonths {
					continue
				}
				if v != 0 {
					filter = -1
				}
			}
		}
		list = append(list, filter, n.node(x.list[k+1]))
	}
	x.list = list
	if x.op == opMonths {
		if len(list) == 0 && kind == ir.FoldSum {
			return n.c.num(0, x.space)
		}
		total, all := 0.0, kind == ir.FoldSum && len(list) > 0
		for k := 0; k < len(list) && all; k += 2 {
			v, ok := n.c.constant(list[k+1])
			all = ok && list[k] < 0
			total = float64(total + v)
		}
		if all {
			return n.c.num(total, x.space)
		}
		return n.c.add(x)
	}
	quiet := list[0] < 0 || !n.c.prog.nodes[list[0]].touchy
	if v, ok := n.c.constant(list[1]); ok && quiet && v == 0 && !signed(v) && (kind == ir.FoldSum || kind == ir.FoldCount || kind == ir.FoldAny) {
		return n.c.num(0, x.space)
	}
	return n.c.add(x)
}

// settled folds what constants settle, as the evaluator would.
func (n *narrower) settled(x *node, keepNA bool) (int32, bool) {
	if i, ok := n.c.foldable(x); ok {
		return i, true
	}
	if x.a < 0 {
		return 0, false
	}
	v, ok := n.c.constant(x.a)
	if !ok {
		return 0, false
	}
	na := n.c.prog.nodes[x.a].i == 1
	switch x.op {
	case opLift, opOuter:
		if na {
			return n.c.notApplicable(x.space), true
		}
		return n.c.num(v, x.space), true
	case opProject:
		if !keepNA && v == 0 && !signed(v) {
			return n.c.num(0, x.space), true
		}
	case opApplicable:
		return n.c.num(b2f(!na), x.space), true
	case opNeg:
		return n.c.num(0-v, x.space), true
	case opFloor:
		return n.c.num(ir.Round(v, 1, ir.Down), x.space), true
	case opRound:
		if na {
			return n.c.notApplicable(x.space), true
		}
		return n.c.num(ir.Round(v, x.x, ir.RoundMode(x.mode)), x.space), true
	case opPrefix:
		return n.c.num(b2f(strings.HasPrefix(n.c.prog.texts[int(v)], n.c.prog.texts[x.i])), x.space), true
	case opIn:
		for _, l := range x.list {
			y, ok := n.c.constant(l)
			if !ok {
				return 0, false
			}
			if y == v {
				return n.c.num(1, x.space), true
			}
		}
		return n.c.num(0, x.space), true
	case opDateDiff:
		if y, ok := n.c.constant(x.b); ok {
			return n.c.num(dateDiff(ir.Day(v), ir.Day(y), ir.Span(x.mode)), x.space), true
		}
	}
	return 0, false
}
