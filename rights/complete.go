package rights

import (
	"maps"
	"slices"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/interval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// maxCompletions bounds how many sets of values of unknown facts are tried for
// one right, and maxShared for all the rights of one call.
const (
	maxCompletions = 24
	maxShared      = 48
	// maxDeciding is how many facts may decide a right for their values to be tried:
	// with more, the bounds are wide whatever is tried.
	maxDeciding = 5
)

// beyond is an amount that no right pays: a range that goes there says nothing.
const beyond = 20_000 // euros

// search finds what a right may be when facts are unknown. The interval
// evaluator bounds it over all of them; then the facts that have few values (a
// yes or no, a choice, a zone) are tried one after the other, each with the same
// value in all the months where it is unknown, which narrows the bounds. What is
// left untried keeps the bounds of the intervals: the range holds every
// completion in which those facts are stable.
type search struct {
	t     *Total
	right Right
	asks  []eval.Cell // the right, what is paid, the reserved facts
	month Month
	plain *eval.Evaluator // the first evaluation, nothing tried
	root  int32           // node of the right in plain
	paid  int32           // node of what is paid in plain
	spent int
	pool  *pool
	tried []branch // the values of the first fact that was tried, and what came of each
}

// outcome is what is known of a right. Bounded tells that min…max hold every
// completion.
type outcome struct {
	bounded          bool
	settled          bool // one amount, whatever is unknown
	reserve          bool // a fact under reserve is unknown
	min, max         float64
	paidMin, paidMax float64
	missing, refused []eval.Cell
	reasons, gaps    []string
}

// pool is what the rights of one call share: the first evaluations of each month,
// and evaluators whose use is over.
type pool struct {
	shared map[Month]*eval.Evaluator
	bounds map[Month]*interval.Evaluator
	idle   map[Month][]*interval.Evaluator
	spent  int
}

func newPool() *pool {
	return &pool{shared: map[Month]*eval.Evaluator{}, bounds: map[Month]*interval.Evaluator{}, idle: map[Month][]*interval.Evaluator{}}
}

func newRun(t *Total, work *pool, right Right, v, subject int32, m Month) *search {
	s := &search{t: t, pool: work, right: right, month: m}
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
// share, and bounds what is unknown in the interval evaluation that they share.
func (s *search) first() outcome {
	s.plain = s.pool.shared[s.month]
	if s.plain == nil {
		s.plain = s.t.plainEvaluator(s.month)
		s.pool.shared[s.month] = s.plain
	}
	roots := s.compute()
	if o, ok := s.settled(roots); ok {
		return o
	}
	if len(s.plain.Gaps) > 0 { // of this right alone
		s.plain = s.t.evaluator(s.month, nil, 0)
		roots = s.compute()
	}
	o := s.narrow(s.bounds(), nil)
	if !o.settled && o.max > 0 {
		for i, r := range roots[2:] {
			if s.plain.Nodes[r].Value.Unknown {
				all := s.bounds()
				facts := all.Unknowns(all.Index(s.asks[2+i]))
				o.reserve = o.reserve || len(facts) > 0
				s.decide(all, facts, &o)
			}
		}
	}
	if !o.settled {
		o.reasons, o.gaps = reasons(s.plain, reachable(s.plain, roots[:2]...)), s.t.gaps(s.plain)
	}
	return o
}

// giveBack keeps the evaluators for the results of other calls, when they are not
// too large to keep: nothing that was found may look into them any more.
func (p *pool) giveBack(l *Law) {
	for _, ev := range p.shared {
		if len(ev.Nodes) <= maxKept {
			ev.Begin(nil, nil, eval.Options{}) // a household is not kept
			l.plain.Put(ev)
		}
	}
	for m, ev := range p.bounds {
		p.idle[m] = append(p.idle[m], ev)
	}
	for _, list := range p.idle {
		for _, ev := range list {
			if len(ev.Nodes) <= maxKept {
				ev.Begin(nil, nil, interval.Options{})
				l.bounds.Put(ev)
			}
		}
	}
}

// plainEvaluator starts the first evaluation of a month.
func (t *Total) plainEvaluator(m Month) *eval.Evaluator {
	ev, ok := t.law.plain.Get().(*eval.Evaluator)
	if !ok {
		return t.evaluator(m, nil, 0)
	}
	ev.Begin(t.world, source{t, nil}, eval.Options{Asked: m, Open: t.profile == OpenFisca})
	return ev
}

// boundsEvaluator starts an interval evaluation of a month.
func (t *Total) boundsEvaluator(m Month, src source) *interval.Evaluator {
	o := interval.Options{Asked: m}
	ev, ok := t.law.bounds.Get().(*interval.Evaluator)
	if !ok {
		return interval.New(t.law.prog, t.world, src, o)
	}
	ev.Begin(t.world, src, o)
	return ev
}

// bounds is the interval evaluation, nothing tried, that the rights of one month
// share.
func (s *search) bounds() *interval.Evaluator {
	all := s.pool.bounds[s.month]
	if all == nil {
		all = s.t.boundsEvaluator(s.month, source{s.t, nil})
		s.pool.bounds[s.month] = all
	}
	return all
}

// compute evaluates what is asked in the first evaluation, which the explanation
// tells.
func (s *search) compute() []int32 {
	roots := make([]int32, len(s.asks))
	for i, c := range s.asks {
		roots[i] = s.plain.Index(c)
	}
	s.root, s.paid = roots[0], roots[1]
	return roots
}

// settled gives the outcome when the reference interpreter knows the amounts.
func (s *search) settled(roots []int32) (outcome, bool) {
	ev := s.plain
	amount, paid := ev.Nodes[roots[0]].Value, ev.Nodes[roots[1]].Value
	if amount.Unknown || paid.Unknown {
		return outcome{}, false
	}
	o := outcome{bounded: true, settled: true, min: amount.F, max: amount.F, paidMin: paid.F, paidMax: paid.F, reasons: reasons(ev, reachable(ev, roots[:2]...))}
	if len(o.reasons) > 0 && s.sure(roots) {
		o.reasons = nil
	}
	for i, r := range roots[2:] {
		if ev.Nodes[r].Value.Unknown {
			all := s.bounds()
			s.decide(all, all.Unknowns(all.Index(s.asks[2+i])), &o)
		}
	}
	return o, true
}

// sure tells whether the amounts are what the first evaluation found whatever the facts
// that nobody knows and whatever the sentences « à vérifier » that it met come to: a
// housing benefit of last month that nobody can tell changes nothing for whom no answer
// opens the RSA.
func (s *search) sure(roots []int32) bool {
	all := s.bounds()
	for i, c := range s.asks[:2] {
		found, may := s.plain.Nodes[roots[i]].Value, all.Nodes[all.Index(c)].Value
		only := !may.NA && !found.NA && may.Lo == may.Hi && may.Lo == found.F || may.NA && found.NA && may.Lo > may.Hi
		if !only || may.Any {
			return false
		}
	}
	return true
}

// narrow bounds the right over the facts still unknown in an evaluation, and
// tries the values of the first that has few.
func (s *search) narrow(ev *interval.Evaluator, tried map[eval.Cell]eval.Value) outcome {
	roots := make([]int32, len(s.asks))
	for i, c := range s.asks {
		roots[i] = ev.Index(c)
	}
	s.spent++
	s.pool.spent++
	amount, paid := ev.Nodes[roots[0]].Value, ev.Nodes[roots[1]].Value
	var o outcome
	o.min, o.max = amount.Range()
	o.paidMin, o.paidMax = paid.Range()
	o.settled = !amount.Open && !paid.Open && o.min == o.max && o.paidMin == o.paidMax
	o.bounded = o.min > -beyond && o.max < beyond && o.paidMin > -beyond && o.paidMax < beyond
	if o.settled {
		for _, r := range roots[2:] {
			s.decide(ev, ev.Unknowns(r), &o)
		}
		return o
	}
	facts := ev.Unknowns(roots[:2]...)
	if cells, of := s.split(ev, facts); len(cells) > 0 && s.few(ev, facts) && s.spent < maxCompletions && s.pool.spent < maxShared {
		if all, ok := s.try(cells, tried, o); ok {
			if !all.settled {
				s.decide(ev, of, &all)
			}
			return all
		}
	}
	s.decide(ev, facts, &o)
	return o
}

// few tells whether so few facts decide that trying values may settle something.
func (s *search) few(ev *interval.Evaluator, facts []interval.Fact) bool {
	type fact struct{ v, subject int32 }
	seen := map[fact]bool{}
	for _, f := range facts {
		c := ev.Nodes[f.Node].Cell
		seen[fact{c.Var, c.Subject}] = true
	}
	return len(seen) <= maxDeciding
}

// decide notes the facts that decide.
func (s *search) decide(ev *interval.Evaluator, facts []interval.Fact, o *outcome) {
	for _, f := range facts {
		n := &ev.Nodes[f.Node]
		to := &o.missing
		if n.Origin == eval.FromRefused {
			to = &o.refused
		}
		if !slices.Contains(*to, n.Cell) {
			*to = append(*to, n.Cell)
		}
	}
}

// split returns the cells of the first fact whose values can be tried, or of the
// nearest rule above an unknown code, with the facts they stand for; none when
// there is none.
func (s *search) split(ev *interval.Evaluator, facts []interval.Fact) (cells []eval.Cell, of []interval.Fact) {
	p := s.t.law.prog.IR
	place := func(f interval.Fact) int32 {
		v := ev.Nodes[f.Node].Cell.Var
		switch {
		case interval.Few(p, v):
			return f.Node
		case p.Vars[v].Type.Kind == ir.Text && f.Near >= 0 && ev.Nodes[f.Near].Cell != s.asks[0]:
			return f.Near
		}
		return -1
	}
	i := slices.IndexFunc(facts, func(f interval.Fact) bool { return place(f) >= 0 })
	if i < 0 {
		return nil, nil
	}
	node := &ev.Nodes[place(facts[i])]
	same := func(n *interval.Node) bool { return n.Cell.Var == node.Cell.Var && n.Cell.Subject == node.Cell.Subject }
	for i := range ev.Nodes {
		if n := &ev.Nodes[i]; same(n) && !n.Value.IsPoint() && n.Origin == node.Origin {
			cells = append(cells, n.Cell)
		}
	}
	for _, f := range facts {
		if at := place(f); at >= 0 && same(&ev.Nodes[at]) {
			of = append(of, f)
		}
	}
	return cells, of
}

// try joins what every value of a fact gives. It stops when the join is as wide
// as the bounds: the other values cannot narrow them. ok is false when nothing
// was learnt.
func (s *search) try(cells []eval.Cell, tried map[eval.Cell]eval.Value, within outcome) (all outcome, ok bool) {
	var branches []branch
	for i, v := range s.t.law.domain(cells[0].Var) {
		with := maps.Clone(tried)
		if with == nil {
			with = make(map[eval.Cell]eval.Value, len(cells))
		}
		for _, c := range cells {
			with[c] = v
		}
		ev := s.take(with)
		o := s.narrow(ev, with)
		s.pool.idle[s.month] = append(s.pool.idle[s.month], ev)
		branches = append(branches, branch{cells, v, o})
		if i == 0 {
			all = o
		} else {
			all.join(o)
		}
		if !all.settled && all.min <= within.min && all.max >= within.max && all.paidMin <= within.paidMin && all.paidMax >= within.paidMax {
			return outcome{}, false
		}
	}
	if len(tried) == 0 {
		s.tried = branches
	}
	return all, true
}

// take returns an evaluator with some cells tried, an idle one when there is one.
func (s *search) take(tried map[eval.Cell]eval.Value) *interval.Evaluator {
	src := source{s.t, tried}
	if idle := s.pool.idle[s.month]; len(idle) > 0 {
		ev := idle[len(idle)-1]
		s.pool.idle[s.month] = idle[:len(idle)-1]
		ev.Reset(src)
		return ev
	}
	return s.t.boundsEvaluator(s.month, src)
}

// join widens an outcome by another one.
func (a *outcome) join(b outcome) {
	a.settled = a.settled && b.settled && a.min == b.min && a.max == b.max && a.paidMin == b.paidMin && a.paidMax == b.paidMax
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
