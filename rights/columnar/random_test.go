package columnar_test

import (
	"math/rand/v2"
	"strconv"

	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// asked is the month that random programs are asked for.
var asked = ir.MonthOf(2026, 6)

// writer makes random programs that a checker would let through: a rule reads
// inputs, rules declared before it, and its own past.
type writer struct {
	*rand.Rand
	prog  *ir.Program
	depth int
	slots int32
	// The rule being written, and whether it may look at its own past.
	current int32
	self    bool
	shape   map[int32]int // of a batch, per variable: 0 absent, 1 constant, else anything
}

// late is the parameter that may have no value yet.
const late = 2

const (
	number = ir.Number
	truth  = ir.Bool
	day    = ir.Date
	code   = ir.Text
)

// bound is a name in scope.
type bound struct {
	slot int32
	kind ir.Kind
}

func newWriter(r *rand.Rand, depth int) *writer {
	w := &writer{Rand: r, depth: depth, prog: &ir.Program{}}
	w.prog.Enums = []ir.EnumDef{{Name: "zone", Values: []string{"z1", "z2", "z3"}}}
	later := ir.FirstDayEver
	if r.IntN(8) == 0 { // what the law does not know of some months
		later = ir.DayOf(2026, 3, 1)
	}
	w.prog.Params = []ir.Param{
		{Name: "p", Versions: []ir.Version{{From: 0, Value: 12.34}, {From: ir.DayOf(2026, 4, 1), Value: 13.57}}},
		{Name: "grid", Keys: []ir.Key{{Enum: 0}, {Enum: -1}}, Versions: []ir.Version{{Grid: &ir.Grid{
			Rows: []int32{0, 1, 2}, Cols: []int32{0, 1, 2}, Cells: [][]float64{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, MoreCol: []float64{.5, .25, .125}}}}},
		{Name: "late", Versions: []ir.Version{{From: later, Value: 3}}},
	}
	w.prog.Scales = []ir.Scale{
		{Name: "marginal", Marginal: true, Versions: []ir.ScaleVersion{{Thresholds: []float64{0, 10, 100}, Values: []float64{0, .1, .3}}}},
		{Name: "brackets", Versions: []ir.ScaleVersion{{Thresholds: []float64{1, 10, 100}, Values: []float64{5, 6, 7}}}},
	}
	w.prog.Tables = []ir.Table{{Name: "codes", Rows: []ir.TableRow{{Value: 1, Codes: "a1 b1-b7"}, {Value: 2, Codes: "c3"}}}}
	if w.IntN(10) > 0 {
		w.prog.Tables[0].Default = new(float64)
	}
	for e := range ir.Entities {
		for _, k := range []ir.Kind{number, number, truth, day, code, ir.Enum} {
			v := ir.Var{Name: "in" + strconv.Itoa(len(w.prog.Vars)), Entity: e, Type: ir.Type{Kind: k}, Input: true, Default: &ir.Literal{}}
			switch {
			case k == day:
				v.Period, v.Default.Num = ir.Eternal, float64(ir.DayOf(1970, 1, 1))
			case w.IntN(6) == 0:
				v.Period = ir.Yearly
			}
			if k == code {
				v.Default.Text = "FR"
			}
			if k == number && w.IntN(3) == 0 {
				v.Default.Num = 7
			}
			if w.IntN(2) == 0 {
				v.Presumed = &ir.Literal{Num: v.Default.Num, Text: v.Default.Text}
			}
			w.prog.Vars = append(w.prog.Vars, v)
		}
	}
	rules := 4 + w.IntN(9)
	for range rules {
		w.rule()
	}
	return w
}

func (w *writer) rule() {
	kinds := []ir.Kind{number, number, number, truth, truth, day}
	v := ir.Var{Name: "rule" + strconv.Itoa(len(w.prog.Vars)), Entity: ir.Entity(w.IntN(int(ir.Entities))), Type: ir.Type{Kind: kinds[w.IntN(len(kinds))]}}
	if w.IntN(6) == 0 {
		v.Period = ir.Yearly
	}
	w.slots, w.current, w.self = 0, int32(len(w.prog.Vars)), false
	if w.IntN(3) == 0 && v.Period == ir.Monthly {
		v.MaxPast, v.Start, w.self = int32(w.IntN(5)), &ir.Literal{Num: float64(w.IntN(2))}, true
	}
	from := ir.FirstDayEver
	if w.IntN(4) == 0 {
		from = ir.DayOf(2025, 9, 1)
	}
	w.prog.Vars = append(w.prog.Vars, v)
	bodies := []ir.Body{{From: from, Expr: w.expr(v.Type.Kind, v.Entity, w.depth, nil)}}
	if w.IntN(3) == 0 {
		bodies = append(bodies, ir.Body{From: ir.DayOf(2026, 2, 1), Expr: w.expr(v.Type.Kind, v.Entity, w.depth, nil)})
	}
	w.prog.Vars[w.current].Bodies, w.prog.Vars[w.current].Slots = bodies, w.slots
}

func node(op ir.Op, kind ir.Kind, args ...*ir.Expr) *ir.Expr {
	return &ir.Expr{Op: op, Type: ir.Type{Kind: kind}, Args: args}
}

// expr writes an expression of a kind for an entity.
func (w *writer) expr(k ir.Kind, e ir.Entity, depth int, names []bound) *ir.Expr {
	if depth <= 0 {
		return w.leaf(k, e, names)
	}
	sub := func(k ir.Kind) *ir.Expr { return w.expr(k, e, depth-1, names) }
	switch w.IntN(12) { // what any kind may be
	case 0:
		return node(ir.OpIf, k, sub(truth), sub(k), sub(k))
	case 1:
		slot := w.slots
		w.slots++
		first := []ir.Kind{number, truth, k}[w.IntN(3)]
		x := sub(first)
		return &ir.Expr{Op: ir.OpLet, Type: ir.Type{Kind: k}, Index: slot, Args: []*ir.Expr{x, w.expr(k, e, depth-1, append(names[:len(names):len(names)], bound{slot, first}))}}
	case 2:
		s := w.shift()
		x := sub(k)
		return &ir.Expr{Op: ir.OpShift, Type: ir.Type{Kind: k}, Shift: s, Args: []*ir.Expr{x}}
	case 3:
		steps, to := w.single(e)
		return &ir.Expr{Op: ir.OpProject, Type: ir.Type{Kind: k}, Path: steps, Args: []*ir.Expr{w.expr(k, to, depth-1, names)}}
	}
	switch k {
	case number:
		return w.number(e, depth, names)
	case truth:
		return w.truth(e, depth, names)
	case day:
		switch w.IntN(3) {
		case 0:
			return &ir.Expr{Op: ir.OpDateAdd, Type: ir.Type{Kind: day}, Span: ir.Span(w.IntN(3)), Args: []*ir.Expr{sub(day), sub(number)}}
		case 1:
			return &ir.Expr{Op: ir.OpBound, Type: ir.Type{Kind: day}, Num: float64(w.IntN(2)), Shift: w.shift()}
		}
	}
	return w.leaf(k, e, names)
}

func (w *writer) number(e ir.Entity, depth int, names []bound) *ir.Expr {
	sub := func(k ir.Kind) *ir.Expr { return w.expr(k, e, depth-1, names) }
	switch w.IntN(14) {
	case 0, 1:
		return node([]ir.Op{ir.OpAdd, ir.OpSub}[w.IntN(2)], number, sub(number), sub(number))
	case 2:
		return node([]ir.Op{ir.OpMul, ir.OpDiv}[w.IntN(2)], number, sub(number), sub(number))
	case 3:
		return node([]ir.Op{ir.OpMin, ir.OpMax}[w.IntN(2)], number, sub(number), sub(number))
	case 4:
		return node([]ir.Op{ir.OpNeg, ir.OpFloor}[w.IntN(2)], number, sub(number))
	case 5:
		return &ir.Expr{Op: ir.OpRound, Type: ir.Type{Kind: number}, Step: []float64{0.01, 1, 100}[w.IntN(3)], Mode: ir.RoundMode(w.IntN(3)), Args: []*ir.Expr{sub(number)}}
	case 6:
		return &ir.Expr{Op: ir.OpParam, Type: ir.Type{Kind: number}, Index: 1, Args: []*ir.Expr{sub(number), sub(number)}}
	case 7:
		return &ir.Expr{Op: ir.OpScale, Type: ir.Type{Kind: number}, Index: int32(w.IntN(2)), Args: []*ir.Expr{sub(number)}}
	case 8:
		return &ir.Expr{Op: ir.OpDateDiff, Type: ir.Type{Kind: number}, Span: ir.Span(w.IntN(3)), Args: []*ir.Expr{sub(day), sub(day)}}
	case 9:
		return &ir.Expr{Op: ir.OpLookup, Type: ir.Type{Kind: number}, Index: 0, Args: []*ir.Expr{sub(code)}}
	case 10:
		if w.IntN(2) == 0 {
			return node([]ir.Op{ir.OpYearOf, ir.OpMonthOf}[w.IntN(2)], number, sub(day))
		}
		return &ir.Expr{Op: ir.OpParamAt, Type: ir.Type{Kind: number}, Index: []int32{0, 0, 0, late}[w.IntN(4)], Args: []*ir.Expr{sub(day)}}
	case 11:
		if e == ir.Person {
			steps := [][]ir.Step{{up(ir.Family), members(0xff)}, {up(ir.Household), members(0xff)}, {up(ir.Family), members(1 << ir.Child)}}[w.IntN(3)]
			r := &ir.Expr{Op: ir.OpRank, Type: ir.Type{Kind: number}, Path: steps, Args: []*ir.Expr{sub(number)}}
			if w.IntN(2) == 0 {
				r.Args = append(r.Args, sub(truth))
			}
			return r
		}
	}
	return w.fold([]ir.FoldKind{ir.FoldSum, ir.FoldMean, ir.FoldCount, ir.FoldMax, ir.FoldMin}[w.IntN(5)], e, depth, names)
}

func (w *writer) truth(e ir.Entity, depth int, names []bound) *ir.Expr {
	sub := func(k ir.Kind) *ir.Expr { return w.expr(k, e, depth-1, names) }
	switch w.IntN(9) {
	case 0, 1:
		ops := []ir.Op{ir.OpLt, ir.OpLe, ir.OpGt, ir.OpGe, ir.OpEq, ir.OpNe}
		return node(ops[w.IntN(len(ops))], truth, sub(number), sub(number))
	case 2, 3:
		return node([]ir.Op{ir.OpAnd, ir.OpOr}[w.IntN(2)], truth, sub(truth), sub(truth))
	case 4:
		return node(ir.OpNot, truth, sub(truth))
	case 5:
		k := []ir.Kind{number, code, truth}[w.IntN(3)]
		return node(ir.OpIn, truth, sub(k), sub(k), sub(k))
	case 6:
		if w.IntN(2) == 0 {
			return &ir.Expr{Op: ir.OpPrefix, Type: ir.Type{Kind: truth}, Text: []string{"b", "F", ""}[w.IntN(3)], Args: []*ir.Expr{sub(code)}}
		}
		return node(ir.OpEq, truth, sub(code), sub(code))
	case 7:
		return node(ir.OpApplicable, truth, sub([]ir.Kind{number, truth, day}[w.IntN(3)]))
	}
	return w.fold([]ir.FoldKind{ir.FoldAny, ir.FoldAll}[w.IntN(2)], e, depth, names)
}

func up(e ir.Entity) ir.Step       { return ir.Step{Kind: ir.StepUp, To: e} }
func members(roles uint8) ir.Step  { return ir.Step{Kind: ir.StepMembers, Roles: roles} }
func firstOf(roles uint8) ir.Step  { return ir.Step{Kind: ir.StepFirst, Roles: roles} }
func (w *writer) group() ir.Entity { return ir.Entity(1 + w.IntN(3)) }
func (w *writer) someRoles() uint8 { return uint8(1 + w.IntN(255)) }
func (w *writer) shift() *ir.Shift {
	kind := w.IntN(5)
	if w.self { // never towards the future, where it would meet itself
		kind = 4
	}
	switch kind {
	case 0:
		return &ir.Shift{Yearly: true, Years: int32(-w.IntN(3))}
	case 1:
		return &ir.Shift{Month: uint8(1 + w.IntN(5)), Years: int32(-w.IntN(2))}
	}
	return &ir.Shift{Months: int32(-w.IntN(6))}
}

// fold writes an aggregate over members or months.
func (w *writer) fold(kind ir.FoldKind, e ir.Entity, depth int, names []bound) *ir.Expr {
	f := &ir.Expr{Op: ir.OpFold, Type: ir.Type{Kind: number}, Fold: kind}
	to := e
	if w.IntN(2) == 0 {
		f.Window = &ir.Window{From: int32(-1 - w.IntN(4)), To: int32(-w.IntN(2))}
		if w.IntN(5) == 0 {
			f.Window = &ir.Window{Yearly: true, Years: -1}
		}
	} else {
		f.Path, to = w.several(e)
	}
	k := number
	if kind == ir.FoldAny || kind == ir.FoldAll || kind == ir.FoldCount {
		k = truth
	}
	f.Args = []*ir.Expr{w.expr(k, to, depth-2, names)}
	if w.IntN(2) == 0 {
		f.Args = append(f.Args, w.expr(truth, to, depth-2, names))
	}
	return f
}

// several is a path to any number of subjects, single to one at most.
func (w *writer) several(e ir.Entity) ([]ir.Step, ir.Entity) {
	if e == ir.Person {
		return []ir.Step{up(w.group()), members(w.someRoles())}, ir.Person
	}
	if w.IntN(3) == 0 {
		g := w.group()
		return []ir.Step{members(w.someRoles()), up(g), {Kind: ir.StepDistinct}}, g
	}
	return []ir.Step{members(w.someRoles())}, ir.Person
}

func (w *writer) single(e ir.Entity) ([]ir.Step, ir.Entity) {
	if e == ir.Person {
		if w.IntN(3) == 0 {
			return []ir.Step{{Kind: ir.StepPartner}}, ir.Person
		}
		g := w.group()
		return []ir.Step{up(g)}, g
	}
	if w.IntN(3) == 0 {
		g := w.group()
		return []ir.Step{firstOf(w.someRoles()), up(g)}, g
	}
	return []ir.Step{firstOf(w.someRoles())}, ir.Person
}

func (w *writer) leaf(k ir.Kind, e ir.Entity, names []bound) *ir.Expr {
	if len(names) > 0 && w.IntN(2) == 0 {
		if b := names[w.IntN(len(names))]; b.kind == k {
			return &ir.Expr{Op: ir.OpSlot, Type: ir.Type{Kind: k}, Index: b.slot}
		}
	}
	if v := &w.prog.Vars[w.current]; w.self && v.Type.Kind == k && v.Entity == e && w.IntN(3) == 0 {
		return &ir.Expr{Op: ir.OpShift, Type: ir.Type{Kind: k}, Shift: &ir.Shift{Months: int32(-1 - w.IntN(3))}, Args: []*ir.Expr{{Op: ir.OpVar, Type: ir.Type{Kind: k}, Index: w.current}}}
	}
	if w.IntN(3) > 0 {
		if v := w.variable(k, e); v >= 0 {
			x := &ir.Expr{Op: ir.OpVar, Type: ir.Type{Kind: k}, Index: v}
			if w.prog.Vars[v].Period == ir.Yearly {
				return &ir.Expr{Op: ir.OpShift, Type: ir.Type{Kind: k}, Shift: &ir.Shift{Yearly: true, Years: int32(-w.IntN(3))}, Args: []*ir.Expr{x}}
			}
			return x
		}
	}
	switch k {
	case truth:
		if e == ir.Person && w.IntN(2) == 0 {
			return &ir.Expr{Op: ir.OpRole, Type: ir.Type{Kind: truth}, Role: ir.Role(w.IntN(int(ir.Roles) + 1))}
		}
		return &ir.Expr{Op: ir.OpNum, Type: ir.Type{Kind: truth}, Num: float64(w.IntN(2))}
	case day:
		return &ir.Expr{Op: ir.OpNum, Type: ir.Type{Kind: day}, Num: float64(ir.DayOf(2000+w.IntN(30), 1+w.IntN(12), 1+w.IntN(28)))}
	case code:
		return &ir.Expr{Op: ir.OpText, Type: ir.Type{Kind: code}, Text: []string{"", "a1", "FR", "b3"}[w.IntN(4)]}
	}
	switch w.IntN(12) {
	case 0:
		return node(ir.OpNA, number)
	case 1:
		return &ir.Expr{Op: ir.OpVerify, Type: ir.Type{Kind: number}, Text: "à voir"}
	case 2, 3, 4:
		return &ir.Expr{Op: ir.OpParam, Type: ir.Type{Kind: number}, Index: []int32{0, 0, 0, 0, 0, late}[w.IntN(6)]}
	}
	return &ir.Expr{Op: ir.OpNum, Type: ir.Type{Kind: number}, Num: []float64{0, 1, 2, -3, 0.1, 45.67, 1e6}[w.IntN(7)]}
}

// variable picks a variable of a kind and an entity, −1 when there is none.
func (w *writer) variable(k ir.Kind, e ir.Entity) int32 {
	var fit []int32
	for i := range w.prog.Vars[:w.current] {
		v := &w.prog.Vars[i]
		same := v.Type.Kind == k || k == number && v.Type.Kind == ir.Enum
		if same && v.Entity == e {
			fit = append(fit, int32(i))
			if !v.Input { // rules more often than inputs
				fit = append(fit, int32(i))
			}
		}
	}
	if len(fit) == 0 {
		return -1
	}
	return fit[w.IntN(len(fit))]
}

// family is a random household: who lives with whom, and facts.
type family struct {
	world  eval.World
	facts  map[eval.Cell]eval.Value
	always map[[2]int32]eval.Value // variable, subject
	open   bool
	prog   *ir.Program
}

var _ eval.Source = (*family)(nil)

// Get implements eval.Source.
func (f *family) Get(c eval.Cell) (eval.Value, eval.Origin) {
	if v, ok := f.facts[c]; ok {
		return v, eval.FromFact
	}
	if v, ok := f.always[[2]int32{c.Var, c.Subject}]; ok {
		return v, eval.FromFact
	}
	v := &f.prog.Vars[c.Var]
	switch {
	case !v.Input:
		return eval.Value{}, eval.FromRule
	case f.open:
		return eval.Value{F: v.Default.Num, S: v.Default.Text}, eval.FromDefault
	case v.Presumed != nil:
		return eval.Value{F: v.Presumed.Num, S: v.Presumed.Text}, eval.FromPresumed
	}
	return eval.Value{}, eval.FromUnknown
}

// reshape draws what the households of a batch say.
func (w *writer) reshape() {
	w.shape = map[int32]int{}
	for i := range w.prog.Vars {
		w.shape[int32(i)] = w.IntN(4)
	}
}

// put adds a random household to a batch and returns what the reference needs.
func (w *writer) put(b *columnar.Batch, open bool) *family {
	f := &family{facts: map[eval.Cell]eval.Value{}, always: map[[2]int32]eval.Value{}, open: open, prog: w.prog}
	persons := int32(1 + w.IntN(5))
	base := b.Add(persons)
	f.world.Count[ir.Person] = persons
	var bases [ir.Entities]int32
	bases[ir.Person] = base
	roles := [...][]ir.Role{
		ir.Family: {ir.Parent, ir.Parent, ir.Child}, ir.TaxUnit: {ir.Declarant, ir.Dependant},
		ir.Household: {ir.Reference, ir.Partner, ir.HouseholdChild, ir.Other},
	}
	alone := [...]ir.Role{ir.Family: ir.Parent, ir.TaxUnit: ir.Declarant, ir.Household: ir.Reference}
	for e := ir.Family; e < ir.Entities; e++ {
		f.world.Group[e], f.world.Role[e] = make([]int32, persons), make([]ir.Role, persons)
		order := w.Perm(int(persons))
		bases[e] = -1
		for len(order) > 0 {
			if w.IntN(6) == 0 { // the rest has no group: each gets its own, in order of the persons
				break
			}
			n := 1 + w.IntN(len(order))
			g := b.Group(e)
			if bases[e] < 0 {
				bases[e] = g
			}
			var list []int32
			for _, p := range order[:n] {
				role := roles[e][w.IntN(len(roles[e]))]
				b.Put(e, base+int32(p), role)
				f.world.Group[e][p], f.world.Role[e][p] = f.world.Count[e], role
				list = append(list, int32(p))
			}
			f.world.Members[e] = append(f.world.Members[e], list)
			f.world.Count[e]++
			order = order[n:]
		}
		left := map[int]bool{}
		for _, p := range order {
			left[p] = true
		}
		for p := range int(persons) {
			if left[p] {
				f.world.Group[e][p], f.world.Role[e][p] = f.world.Count[e], alone[e]
				f.world.Members[e] = append(f.world.Members[e], []int32{int32(p)})
				f.world.Count[e]++
			}
		}
	}
	b.Complete()
	for e := range ir.Entities {
		first, _ := b.Rows(b.Len()-1, e)
		bases[e] = first
	}
	for i := range w.prog.Vars {
		w.facts(b, f, int32(i), bases)
	}
	return f
}

func (w *writer) facts(b *columnar.Batch, f *family, i int32, bases [ir.Entities]int32) {
	v := &w.prog.Vars[i]
	if !v.Input && w.IntN(12) > 0 {
		return
	}
	shape := w.shape[i]
	if shape == 0 { // nobody of this batch says it
		return
	}
	for s := range f.world.Count[v.Entity] {
		row := bases[v.Entity] + s
		if shape == 1 || w.IntN(3) == 0 {
			x := w.value(v.Type.Kind)
			f.always[[2]int32{i, s}] = x
			b.SetAlways(i, row, b.Value(i, x))
		}
		if v.Period == ir.Eternal {
			if _, there := f.always[[2]int32{i, s}]; !there && w.IntN(3) > 0 {
				x := w.value(v.Type.Kind)
				f.facts[eval.Cell{Var: i, Subject: s}] = x
				b.Set(i, row, 0, b.Value(i, x))
			}
			continue
		}
		if shape == 1 { // the same at every month
			continue
		}
		x := w.value(v.Type.Kind)
		for m := asked - 40; m <= asked+6; m++ {
			if w.IntN(8) == 0 {
				x = w.value(v.Type.Kind)
			}
			if w.IntN(4) == 0 || v.Period == ir.Yearly && m.Month() != 1 {
				continue
			}
			f.facts[eval.Cell{Var: i, Subject: s, Period: m}] = x
			b.Set(i, row, m, b.Value(i, x))
		}
	}
}

func (w *writer) value(k ir.Kind) eval.Value {
	switch k {
	case truth:
		return eval.Bool(w.IntN(2) == 0)
	case day:
		return eval.Value{F: float64(ir.DayOf(1940+w.IntN(90), 1+w.IntN(12), 1+w.IntN(28)))}
	case code:
		return eval.Value{S: []string{"", "a1", "b3", "c3", "FR", "zz"}[w.IntN(6)]}
	case ir.Enum:
		return eval.Value{F: float64(w.IntN(3))}
	}
	return eval.Value{F: []float64{0, 1, 2, 3, -1, 1234.56, 0.005, 99.995}[w.IntN(8)]}
}
