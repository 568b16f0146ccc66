package columnar

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"codeberg.org/parvis/parvis/rights/ir"
)

// compiler unfolds expressions into nodes; equal nodes are one.
type compiler struct {
	prog    *Program
	cells   map[instance]int32 // −1 while being compiled
	same    map[nodeKey]int32
	pathOf  map[string]int32
	spaceOf map[space]int32
	most    int // nodes
}

type nodeKey struct {
	op      op
	mode    uint8
	space   int32
	a, b, c int32
	i, j    int32
	x       uint64
	list    string
}

// env is where an expression stands: for whom, when, seen from when, with which
// bound names.
type env struct {
	space int32
	month ir.Month
	asked ir.Month
	names *binding
}

// binding is a name bound by « soit »: compiled where it was written, when first
// read.
type binding struct {
	index int32
	expr  *ir.Expr
	at    env
	node  int32 // −1 until compiled
	next  *binding
}

func none(o op, space int32) node { return node{op: o, space: space, a: -1, b: -1, c: -1} }

// add returns the node, a new one or the equal one that is there.
func (c *compiler) add(n node) int32 {
	k := nodeKey{n.op, n.mode, n.space, n.a, n.b, n.c, n.i, n.j, math.Float64bits(n.x), ""}
	if len(n.list) > 0 {
		b := make([]byte, 0, 4*len(n.list))
		for _, x := range n.list {
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		}
		k.list = string(b)
	}
	if i, ok := c.same[k]; ok {
		return i
	}
	n.touchy = n.op == opGap || n.op == opNote || n.op == opParamAt || n.op == opLookup && !c.tableIsTotal(n.i)
	for _, x := range [3]int32{n.a, n.b, n.c} {
		if x >= 0 {
			n.touchy = n.touchy || c.prog.nodes[x].touchy
		}
	}
	for _, x := range n.list {
		if x >= 0 {
			n.touchy = n.touchy || c.prog.nodes[x].touchy
		}
	}
	i := int32(len(c.prog.nodes))
	c.prog.nodes = append(c.prog.nodes, n)
	c.same[k] = i
	return i
}

// tableIsTotal tells whether a table has an answer for every code.
func (c *compiler) tableIsTotal(i int32) bool {
	return c.prog.open && c.prog.law.IR.Tables[i].Default != nil
}

func (c *compiler) num(x float64, space int32) int32 {
	n := none(opConst, space)
	n.x = x
	return c.add(n)
}

func (c *compiler) notApplicable(space int32) int32 {
	n := none(opConst, space)
	n.i = 1
	return c.add(n)
}

// literal is a constant of a type.
func (c *compiler) literal(t ir.Type, l *ir.Literal, space int32) int32 {
	if t.Kind == ir.Text {
		return c.text(l.Text, space)
	}
	return c.num(l.Num, space)
}

// text is the number of a text in the program's list, which every batch begins
// with: equal texts have equal numbers, and the empty one is 0.
func (c *compiler) text(s string, space int32) int32 {
	return c.num(float64(c.textNumber(s)), space)
}

func (c *compiler) textNumber(s string) int32 { return index(&c.prog.texts, s) }

// index returns the place of a text in a list, where it is put when it is not
// there.
func index(list *[]string, s string) int32 {
	if i := slices.Index(*list, s); i >= 0 {
		return int32(i)
	}
	*list = append(*list, s)
	return int32(len(*list) - 1)
}

// constant returns the number of a constant node.
func (c *compiler) constant(i int32) (float64, bool) {
	n := &c.prog.nodes[i]
	return n.x, n.op == opConst
}

// cell returns the node of a variable at a period, in the space of its entity.
func (c *compiler) cell(in instance) int32 {
	v := &c.prog.law.IR.Vars[in.variable]
	if v.Period == ir.Eternal {
		in.period = 0
	}
	if i, ok := c.cells[in]; ok {
		if i < 0 { // forbidden by the checker; the reference says what it is worth
			return c.add(none(opGap, int32(v.Entity)))
		}
		return i
	}
	c.cells[in] = -1
	i := c.compute(v, in)
	c.cells[in] = i
	return i
}

func (c *compiler) compute(v *ir.Var, in instance) int32 {
	space := int32(v.Entity)
	e := env{space: space, month: in.period, asked: in.asked}
	c.note(in.variable, in.period)
	if v.Input {
		n := none(opInput, space)
		n.i, n.j = in.variable, int32(in.period)
		switch {
		case c.prog.open:
			n.a = c.literal(v.Type, v.Default, space)
		case v.Presumed == nil:
			n.a = c.add(none(opGap, space))
		case v.When == nil:
			n.a = c.literal(v.Type, v.Presumed, space)
		default:
			n.a = c.choose(c.expr(v.When, e), c.literal(v.Type, v.Presumed, space), c.add(none(opGap, space)), space)
		}
		return c.add(n)
	}
	if c.prog.cells {
		return c.rule(v, in, e)
	}
	n := none(opGiven, space)
	n.i, n.j = in.variable, int32(in.period)
	n.a = c.rule(v, in, e)
	return c.add(n)
}

func (c *compiler) rule(v *ir.Var, in instance, e env) int32 {
	if v.Start != nil && int32(in.asked-in.period) > v.MaxPast {
		return c.literal(v.Type, v.Start, e.space)
	}
	day := in.period.FirstDay()
	if v.Period == ir.Eternal {
		day = 0
	}
	b := len(v.Bodies) - 1
	for b >= 0 && v.Bodies[b].From > day {
		b--
	}
	if b < 0 {
		return c.notApplicable(e.space)
	}
	return c.expr(v.Bodies[b].Expr, e)
}

// note keeps the months at which a variable can be read.
func (c *compiler) note(variable int32, m ir.Month) {
	s := &c.prog.series[variable]
	if !s.read {
		*s = series{read: true, from: m, to: m}
		return
	}
	s.from, s.to = min(s.from, m), max(s.to, m)
}

// choose is « si a alors b sinon c ».
func (c *compiler) choose(a, b, d, space int32) int32 {
	if x, ok := c.constant(a); ok {
		if x != 0 {
			return b
		}
		return d
	}
	if b == d && !c.prog.nodes[a].touchy && !c.prog.cells {
		return b
	}
	n := none(opIf, space)
	n.a, n.b, n.c = a, b, d
	return c.add(n)
}

// expr compiles an expression.
func (c *compiler) expr(e *ir.Expr, at env) int32 {
	if len(c.prog.nodes) > c.most {
		return c.add(none(opGap, at.space))
	}
	switch e.Op {
	case ir.OpNum:
		return c.num(e.Num, at.space)
	case ir.OpText:
		return c.text(e.Text, at.space)
	case ir.OpNA:
		return c.notApplicable(at.space)
	case ir.OpVerify:
		if !c.prog.open {
			return c.add(none(opGap, at.space))
		}
		n := none(opNote, at.space)
		n.i = index(&c.prog.notes, e.Text)
		return c.add(n)
	case ir.OpVar:
		return c.lift(c.cell(instance{e.Index, at.month, at.asked}), at.space)
	case ir.OpIf:
		a := c.expr(e.Args[0], at)
		if x, ok := c.constant(a); ok { // the other branch may not even have a meaning at that month
			if x != 0 {
				return c.expr(e.Args[1], at)
			}
			return c.expr(e.Args[2], at)
		}
		return c.choose(a, c.expr(e.Args[1], at), c.expr(e.Args[2], at), at.space)
	case ir.OpLet:
		at.names = &binding{index: e.Index, expr: e.Args[0], at: at, node: -1, next: at.names}
		return c.expr(e.Args[1], at)
	case ir.OpSlot:
		return c.slot(e.Index, at)
	case ir.OpShift:
		at.month = e.Shift.Apply(at.month)
		return c.expr(e.Args[0], at)
	case ir.OpProject:
		return c.project(e, at)
	case ir.OpFold:
		return c.fold(e, at)
	case ir.OpRank:
		return c.rank(e, at)
	case ir.OpRole:
		n := none(opRole, at.space)
		n.mode = uint8(e.Role)
		if at.space >= int32(ir.Entities) {
			n.space = int32(ir.Person)
			return c.lift(c.add(n), at.space)
		}
		return c.add(n)
	case ir.OpBound:
		m := e.Shift.Apply(at.month)
		if e.Num == 0 {
			return c.num(float64(m.FirstDay()), at.space)
		}
		if e.Shift.Yearly {
			m += 11
		}
		return c.num(float64(m.LastDay()), at.space)
	case ir.OpParam, ir.OpParamAt, ir.OpScale, ir.OpLookup:
		return c.parameter(e, at)
	}
	return c.operation(e, at)
}

// operation compiles what has operands and nothing else.
func (c *compiler) operation(e *ir.Expr, at env) int32 {
	n := none(opConst, at.space)
	args := make([]int32, len(e.Args))
	for i, a := range e.Args {
		args[i] = c.expr(a, at)
	}
	n.a = args[0]
	if len(args) > 1 {
		n.b = args[1]
	}
	switch e.Op {
	case ir.OpAdd:
		n.op = opAdd
	case ir.OpSub:
		n.op = opSub
	case ir.OpMul:
		n.op = opMul
	case ir.OpDiv:
		n.op = opDiv
	case ir.OpMin:
		n.op = opMin
	case ir.OpMax:
		n.op = opMax
	case ir.OpNeg:
		n.op = opNeg
	case ir.OpFloor:
		n.op = opFloor
	case ir.OpRound:
		n.op, n.x, n.mode = opRound, e.Step, uint8(e.Mode)
	case ir.OpEq:
		n.op = opEq
	case ir.OpNe:
		n.op = opNe
	case ir.OpLt:
		n.op = opLt
	case ir.OpLe:
		n.op = opLe
	case ir.OpGt: // a > b is b < a, also for what is no number
		n.op, n.a, n.b = opLt, n.b, n.a
	case ir.OpGe:
		n.op, n.a, n.b = opLe, n.b, n.a
	case ir.OpAnd, ir.OpOr:
		n.op = opAnd
		if e.Op == ir.OpOr {
			n.op = opOr
		}
	case ir.OpNot:
		n.op = opNot
	case ir.OpIn:
		n.op, n.b, n.list = opIn, -1, args[1:]
	case ir.OpPrefix:
		n.op, n.i = opPrefix, c.textNumber(e.Text)
	case ir.OpApplicable:
		n.op = opApplicable
	case ir.OpDateAdd:
		n.op, n.mode = opDateAdd, uint8(e.Span)
	case ir.OpDateDiff:
		n.op, n.mode = opDateDiff, uint8(e.Span)
	case ir.OpYearOf:
		n.op = opYearOf
	case ir.OpMonthOf:
		n.op = opMonthOf
	default:
		panic(fmt.Sprintf("columnar: operation %d of the law is not known", e.Op)) // a program of a newer semantics is refused when it is read
	}
	if x, ok := c.foldable(&n); ok {
		return x
	}
	return c.add(n)
}

// foldable folds operations on constants, with the same functions as the loops.
func (c *compiler) foldable(n *node) (int32, bool) {
	if n.a < 0 {
		return 0, false
	}
	x, one := c.constant(n.a)
	if !one {
		return 0, false
	}
	if n.op == opAnd || n.op == opOr { // the left side decides, or leaves it to the right one
		if (x != 0) == (n.op == opOr) {
			return c.num(b2f(n.op == opOr), n.space), true
		}
		return 0, false
	}
	y := 0.0
	if n.b >= 0 && n.op < opNot {
		var two bool
		if y, two = c.constant(n.b); !two {
			return 0, false
		}
	}
	switch n.op {
	case opAdd, opSub, opMul, opMin, opMax:
		return c.num(arith(n.op, x, y), n.space), true
	case opDiv:
		if y == 0 {
			return c.notApplicable(n.space), true
		}
		return c.num(float64(x/y), n.space), true
	case opEq, opNe, opLt, opLe:
		return c.num(b2f(compare(n.op, x, y)), n.space), true
	case opNot:
		return c.num(b2f(x == 0), n.space), true
	}
	return 0, false
}

// slot reads a bound name.
func (c *compiler) slot(index int32, at env) int32 {
	b := at.names
	for b.index != index {
		b = b.next
	}
	if b.node < 0 {
		b.node = c.expr(b.expr, b.at)
	}
	if b.at.space == at.space {
		return b.node
	}
	// Bound outside an aggregate: carried from row to row of the spaces between.
	var chain []int32
	for s := at.space; s != b.at.space; s = c.prog.spaces[s].parent {
		chain = append(chain, s)
	}
	node := b.node
	for i := len(chain) - 1; i >= 0; i-- {
		n := none(opOuter, chain[i])
		n.a = node
		node = c.add(n)
	}
	return node
}

// lift gives the rows of a derived space the values of their subjects.
func (c *compiler) lift(node, space int32) int32 {
	if c.prog.nodes[node].space == space {
		return node
	}
	n := none(opLift, space)
	n.a = node
	return c.add(n)
}

// parameter compiles what is read from tables of the law.
func (c *compiler) parameter(e *ir.Expr, at env) int32 {
	day := at.month.FirstDay()
	switch e.Op {
	case ir.OpParam:
		p := &c.prog.law.IR.Params[e.Index]
		v := p.At(day)
		if v < 0 {
			return c.add(none(opGap, at.space))
		}
		if len(e.Args) == 0 {
			return c.num(p.Versions[v].Value, at.space)
		}
		n := none(opGrid, at.space)
		n.i, n.j = e.Index, int32(v)
		for _, k := range e.Args {
			n.list = append(n.list, c.expr(k, at))
		}
		return c.add(n)
	case ir.OpParamAt:
		n := none(opParamAt, at.space)
		n.a, n.i = c.expr(e.Args[0], at), e.Index
		for _, k := range e.Args[1:] {
			n.list = append(n.list, c.expr(k, at))
		}
		return c.add(n)
	case ir.OpScale:
		v := c.prog.law.IR.Scales[e.Index].At(day)
		a := c.expr(e.Args[0], at)
		if v < 0 { // the reference looks at the argument first, which may be unknown for another reason
			return c.add(none(opGap, at.space))
		}
		n := none(opScale, at.space)
		n.a, n.i, n.j = a, e.Index, int32(v)
		return c.add(n)
	}
	n := none(opLookup, at.space)
	n.a, n.i = c.expr(e.Args[0], at), e.Index
	return c.add(n)
}
