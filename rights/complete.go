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
	t       *Total
	right   Right
	asks    []eval.Cell // the right, what is paid, the reserved facts
	month   Month
	budget  int
	plain   *eval.Evaluator // the first evaluation, nothing tried
	root    int32           // node of the right in plain
	paid    int32           // node of what is paid in plain
	spent   int
	domains map[eval.Cell]int
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

func newRun(t *Total, right Right, v, subject int32, m Month) *search {
	s := &search{t: t, right: right, budget: maxCompletions, month: m}
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

// search evaluates with some cells tried, and splits on when the answer is not
// known.
func (s *search) search(tried map[eval.Cell]eval.Value, depth int) outcome {
	ev := s.t.evaluator(s.month, tried)
	roots := make([]int32, len(s.asks))
	for i, c := range s.asks {
		roots[i] = ev.Index(c)
	}
	s.spent++
	if s.plain == nil {
		s.plain, s.root, s.paid = ev, roots[0], roots[1]
	}
	amount, paid := ev.Nodes[roots[0]].Value, ev.Nodes[roots[1]].Value
	nodes := reachable(ev, roots[:2]...)
	if !amount.Unknown && !paid.Unknown {
		o := outcome{bounded: true, min: amount.F, max: amount.F, paidMin: paid.F, paidMax: paid.F, reasons: reasons(ev, nodes)}
		for _, r := range roots[2:] {
			if ev.Nodes[r].Value.Unknown {
				s.addUnknowns(ev, reachable(ev, r), &o)
			}
		}
		return o
	}
	split := s.nextSplit(ev, nodes)
	if split < 0 || s.spent >= s.budget {
		o := outcome{reasons: reasons(ev, nodes)}
		s.addUnknowns(ev, nodes, &o)
		if len(o.missing)+len(o.refused) == 0 || len(ev.Gaps) > 0 {
			o.gaps = s.t.gaps(ev)
		}
		return o
	}
	return s.split(ev, split, tried, depth)
}

// nextSplit returns the first cell, in the order met, whose values can be tried
// and that is still unknown; −1 when there is none.
func (s *search) nextSplit(ev *eval.Evaluator, nodes []int32) int32 {
	for i, n := range ev.Unknowns {
		c := ev.Splits[i]
		if c >= 0 && slices.Contains(nodes, n) && ev.Nodes[c].Value.Unknown && slices.Contains(nodes, c) && c != s.root {
			return c
		}
	}
	return -1
}

// split tries every value of a cell.
func (s *search) split(ev *eval.Evaluator, node int32, tried map[eval.Cell]eval.Value, depth int) outcome {
	cell := ev.Nodes[node].Cell
	var all outcome
	same := true
	values := s.t.law.domain(cell.Var)
	for i, v := range values {
		with := maps.Clone(tried)
		if with == nil {
			with = map[eval.Cell]eval.Value{}
		}
		with[cell] = v
		o := s.search(with, depth+1)
		if i == 0 {
			all = o
			same = o.bounded
			continue
		}
		same = same && o.bounded && o.min == all.min && o.max == all.max && all.min == all.max && len(o.reasons) == len(all.reasons)
		all.join(o)
	}
	if !same || all.min != all.max {
		s.addUnknowns(ev, reachable(ev, node), &all)
	}
	return all
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

// addUnknowns notes the unknown facts among nodes.
func (s *search) addUnknowns(ev *eval.Evaluator, nodes []int32, o *outcome) {
	for _, i := range ev.Unknowns {
		if !slices.Contains(nodes, i) {
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

// reserved tells whether a fact under reserve is unknown.
func (s *search) reserved(o outcome) bool { return len(o.missing)+len(o.refused) > 0 }

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
