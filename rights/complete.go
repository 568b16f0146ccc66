package rights

import (
	"maps"
	"slices"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// maxCompletions bounds how many completions of unknown facts are tried for one
// right.
const maxCompletions = 256

// search is the exact completion of unknown facts that have few values: each
// value of a yes-or-no, of a choice, or of the nearest rule above an unknown
// amount that has few values, is tried in turn until the right is known.
type search struct {
	t      *Total
	right  Right
	asks   []eval.Cell // the right, what is paid, the reserved facts
	month  Month
	budget int
	plain  *eval.Evaluator // the first evaluation, nothing tried
	root   int32           // node of the right in plain
	paid   int32           // node of what is paid in plain
	spent  int
	pool   *pool
}

// outcome is what completions found. Bounded tells that min…max hold every
// completion.
type outcome struct {
	bounded          bool
	min, max         float64
	paidMin, paidMax float64
	missing, refused []eval.Cell
	reasons, gaps    []string
}

// pool is what the rights of one call share: the first evaluation of each month,
// and evaluators whose search is over.
type pool struct {
	shared map[Month]*eval.Evaluator
	idle   []*eval.Evaluator
	size   int // values of the largest evaluation so far
}

// done gives back what the explanation does not need any more.
func (s *search) done() {
	if s.plain != s.pool.shared[s.month] {
		s.pool.idle = append(s.pool.idle, s.plain)
	}
}

func newRun(t *Total, work *pool, right Right, v, subject int32, m Month) *search {
	s := &search{t: t, pool: work, right: right, budget: maxCompletions, month: m}
	def := &t.law.prog.IR.Vars[v]
	period := m
	if def.Period == ir.Yearly {
		period, s.month = MonthOf(m.Year(), 1), MonthOf(m.Year(), 12)
	}
	s.asks = []eval.Cell{{Var: v, Subject: subject, Period: period}}
	paid := v
	if right.Paid != "" {
		paid = t.law.prog.Var(right.Paid)
	}
	s.asks = append(s.asks, eval.Cell{Var: paid, Subject: subject, Period: period})
	for _, name := range right.Reserved {
		s.asks = append(s.asks, t.reservedCells(name, right, subject, period)...)
	}
	return s
}

// reservedCells are the cells of a fact under reserve: of the right's subject, of
// the adults of its family, or of the dwelling of the first of them.
func (t *Total) reservedCells(name string, right Right, subject int32, m Month) []eval.Cell {
	i := t.law.prog.Var(name)
	def := &t.law.prog.IR.Vars[i]
	if def.Entity == right.Entity {
		return []eval.Cell{{Var: i, Subject: subject, Period: m}}
	}
	if right.Entity == Person {
		return []eval.Cell{{Var: i, Subject: t.world.Group[def.Entity][subject], Period: m}}
	}
	var out []eval.Cell
	for _, p := range t.world.Members[right.Entity][subject] {
		if r := t.world.Role[right.Entity][p]; r != Parent && r != Declarant && r != Reference && r != Partner {
			continue
		}
		c := eval.Cell{Var: i, Subject: p, Period: m}
		if def.Entity != Person {
			c.Subject = t.world.Group[def.Entity][p]
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// first looks for the answer in the evaluation that the rights of one month
// share, and completes what is unknown in evaluations of its own.
func (s *search) first() outcome {
	ev := s.pool.shared[s.month]
	if ev == nil {
		ev = s.t.evaluator(s.month, nil, 0)
		s.pool.shared[s.month] = ev
	}
	roots := s.compute(ev)
	if o, ok := s.settled(ev, roots); ok {
		return o
	}
	s.plain = nil // another right may have met the unknown facts first: begin afresh
	return s.search(nil)
}

// compute evaluates what is asked and keeps the first evaluation, which the
// explanation tells.
func (s *search) compute(ev *eval.Evaluator) []int32 {
	roots := make([]int32, len(s.asks))
	for i, c := range s.asks {
		roots[i] = ev.Index(c)
	}
	s.spent++
	if s.plain == nil {
		s.plain, s.root, s.paid = ev, roots[0], roots[1]
	}
	return roots
}

// settled gives the outcome when the amounts are known.
func (s *search) settled(ev *eval.Evaluator, roots []int32) (outcome, bool) {
	amount, paid := ev.Nodes[roots[0]].Value, ev.Nodes[roots[1]].Value
	if amount.Unknown || paid.Unknown {
		return outcome{}, false
	}
	o := outcome{bounded: true, min: amount.F, max: amount.F, paidMin: paid.F, paidMax: paid.F, reasons: reasons(ev, reachable(ev, roots[:2]...))}
	for _, r := range roots[2:] {
		if ev.Nodes[r].Value.Unknown {
			addUnknowns(ev, set(ev, reachable(ev, r)), &o)
		}
	}
	return o, true
}

// take returns an evaluator for some tried cells, an idle one when there is one.
func (s *search) take(tried map[eval.Cell]eval.Value) *eval.Evaluator {
	if n := len(s.pool.idle); n > 0 {
		ev := s.pool.idle[n-1]
		s.pool.idle = s.pool.idle[:n-1]
		ev.Reset(source{s.t, tried}, s.month)
		return ev
	}
	return s.t.evaluator(s.month, tried, s.pool.size)
}

// give takes an evaluator back when its search is over; the first one stays for
// the explanation.
func (s *search) give(ev *eval.Evaluator) {
	s.pool.size = max(s.pool.size, len(ev.Nodes))
	if ev != s.plain {
		s.pool.idle = append(s.pool.idle, ev)
	}
}

// search evaluates with some cells tried, and splits on when the answer is not
// known.
func (s *search) search(tried map[eval.Cell]eval.Value) outcome {
	ev := s.take(tried)
	defer s.give(ev)
	roots := s.compute(ev)
	if o, ok := s.settled(ev, roots); ok {
		return o
	}
	nodes := reachable(ev, roots[:2]...)
	in := set(ev, nodes)
	if split := s.nextSplit(ev, in); split >= 0 && s.spent < s.budget {
		if o, ok := s.split(ev, in, split, tried); ok {
			return o
		}
	}
	o := outcome{reasons: reasons(ev, nodes), gaps: s.t.gaps(ev)}
	addUnknowns(ev, in, &o)
	return o
}

// nextSplit returns the first cell, in the order met, whose values can be tried
// and that is still unknown; −1 when there is none.
func (s *search) nextSplit(ev *eval.Evaluator, in []bool) int32 {
	for i, n := range ev.Unknowns {
		c := ev.Splits[i]
		if c >= 0 && c != s.root && in[n] && in[c] && ev.Nodes[c].Value.Unknown {
			return c
		}
	}
	return -1
}

// split tries every value of a cell, the same in all the periods where it is
// unknown: an unknown fact is taken as stable over the months looked at. ok is
// false as soon as one value leaves the answer without bounds: trying the others
// would bring none.
func (s *search) split(ev *eval.Evaluator, in []bool, node int32, tried map[eval.Cell]eval.Value) (all outcome, ok bool) {
	cell := ev.Nodes[node].Cell
	var cells []eval.Cell
	var nodes []int32
	for i := range ev.Nodes {
		if n := &ev.Nodes[i]; in[i] && n.Value.Unknown && n.Cell.Var == cell.Var && n.Cell.Subject == cell.Subject {
			cells, nodes = append(cells, n.Cell), append(nodes, int32(i))
		}
	}
	same := true
	for i, v := range s.t.law.domain(cell.Var) {
		with := maps.Clone(tried)
		if with == nil {
			with = map[eval.Cell]eval.Value{}
		}
		for _, c := range cells {
			with[c] = v
		}
		o := s.search(with)
		if !o.bounded {
			return outcome{}, false
		}
		if i == 0 {
			all = o
			continue
		}
		same = same && o.min == all.min && o.max == all.max && o.paidMin == all.paidMin && o.paidMax == all.paidMax
		all.join(o)
	}
	if !same || all.min != all.max || all.paidMin != all.paidMax {
		addUnknowns(ev, set(ev, reachable(ev, nodes...)), &all)
	}
	return all, true
}

// set marks nodes.
func set(ev *eval.Evaluator, nodes []int32) []bool {
	in := make([]bool, len(ev.Nodes))
	for _, n := range nodes {
		in[n] = true
	}
	return in
}

// join widens an outcome by another one.
func (a *outcome) join(b outcome) {
	a.bounded = a.bounded && b.bounded
	a.min, a.max = min(a.min, b.min), max(a.max, b.max)
	a.paidMin, a.paidMax = min(a.paidMin, b.paidMin), max(a.paidMax, b.paidMax)
	add := func(to *[]eval.Cell, cells []eval.Cell) {
		for _, c := range cells {
			if !slices.Contains(*to, c) {
				*to = append(*to, c)
			}
		}
	}
	add(&a.missing, b.missing)
	add(&a.refused, b.refused)
	for _, r := range b.reasons {
		if !slices.Contains(a.reasons, r) {
			a.reasons = append(a.reasons, r)
		}
	}
	for _, g := range b.gaps {
		if !slices.Contains(a.gaps, g) {
			a.gaps = append(a.gaps, g)
		}
	}
}

// addUnknowns notes the unknown facts among the marked nodes.
func addUnknowns(ev *eval.Evaluator, in []bool, o *outcome) {
	for _, i := range ev.Unknowns {
		if !in[i] {
			continue
		}
		n := &ev.Nodes[i]
		to := &o.missing
		if n.Origin == eval.FromRefused {
			to = &o.refused
		}
		if !slices.Contains(*to, n.Cell) {
			*to = append(*to, n.Cell)
		}
	}
}

// reserved tells whether a fact under reserve is unknown although the amount is
// settled.
func (o outcome) reserved() bool { return len(o.missing)+len(o.refused) > 0 }

// domain lists the values of a variable that has few.
func (l *Law) domain(v int32) []eval.Value {
	t := l.prog.IR.Vars[v].Type
	if t.Kind == ir.Bool {
		return []eval.Value{eval.Bool(false), eval.Bool(true)}
	}
	out := make([]eval.Value, len(l.prog.IR.Enums[t.Enum].Values))
	for i := range out {
		out[i].F = float64(i)
	}
	return out
}
