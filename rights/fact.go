package rights

import (
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Span is a run of periods of one fact. From and To are "2023-01" and
// "2023-12", "2023" and "2023" for a yearly variable, "" for one without period.
type Span struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// FactRef names a fact: a variable of a subject over some periods.
type FactRef struct {
	Variable string `json:"variable"`
	Entity   Entity `json:"entity"`
	Subject  string `json:"subject"`
	Spans    []Span `json:"spans,omitempty"`
}

// Missing is a fact that is needed to be sure.
type Missing struct {
	FactRef
	Label    string `json:"label"`
	Question string `json:"question,omitempty"`
}

// Assumed is an absent fact and what was supposed in its place.
type Assumed struct {
	FactRef
	Label    string `json:"label"`
	Value    Value  `json:"value"`
	Presumed bool   `json:"presumed"` // by us; otherwise OpenFisca's default
	// Follows tells that it was presumed because a known fact says so: a child of ten
	// earns no wage.
	Follows bool     `json:"follows,omitempty"`
	ReadBy  []string `json:"read_by"`
}

// spans merges periods into runs; they are months, or Januaries when yearly.
func spans(kind ir.PeriodKind, periods []Month) []Span {
	if kind == ir.Eternal {
		return nil
	}
	slices.Sort(periods)
	step := Month(1)
	if kind == ir.Yearly {
		step = 12
	}
	write := func(m Month) string {
		if kind == ir.Yearly {
			return m.String()[:4]
		}
		return m.String()
	}
	var out []Span
	for i := 0; i < len(periods); {
		j := i
		for j+1 < len(periods) && periods[j+1] <= periods[j]+step {
			j++
		}
		out = append(out, Span{write(periods[i]), write(periods[j])})
		i = j + 1
	}
	return out
}

// refKey gathers the cells of one fact.
type refKey struct {
	variable int32
	subject  int32
	value    eval.Value
	origin   eval.Origin
}

// gathered is a fact, and the periods at which it was read, as they were met.
type gathered struct {
	refKey
	periods []Month
}

// gather groups cells by variable, subject, value and origin, in the order of
// the law's variables and of subjects, then in the order met.
func gather(keys []refKey, cells []eval.Cell) []gathered {
	// Variable, subject and place in one number, for the sort: a law has fewer than
	// 65,536 variables, a situation fewer subjects.
	order := make([]uint64, len(keys))
	for i, k := range keys {
		order[i] = uint64(k.variable)<<48 | uint64(uint16(k.subject))<<32 | uint64(i)
	}
	slices.Sort(order)
	at := func(n int) int { return int(uint32(order[n])) }
	var out []gathered
	months := make([]Month, 0, len(keys))
	for n := 0; n < len(order); {
		end := n
		for end < len(order) && order[end]>>32 == order[n]>>32 {
			end++
		}
		first := len(out)          // of the groups of this variable and subject
		for j := n; j < end; j++ { // one group nearly always: a fact has one value
			k := keys[at(j)]
			if !slices.ContainsFunc(out[first:], func(g gathered) bool { return g.refKey == k }) {
				out = append(out, gathered{refKey: k})
			}
		}
		for g := range out[first:] {
			from := len(months)
			for j := n; j < end; j++ {
				if keys[at(j)] == out[first+g].refKey {
					months = append(months, cells[at(j)].Period)
				}
			}
			out[first+g].periods = months[from:len(months):len(months)]
		}
		n = end
	}
	return out
}

// assumed lists the absent cells among nodes, and what was supposed.
func (t *Total) assumed(ev *eval.Evaluator, nodes []int32, readBy string) []Assumed {
	absent := 0
	for _, i := range nodes {
		if o := ev.Nodes[i].Origin; o == eval.FromDefault || o == eval.FromPresumed {
			absent++
		}
	}
	cells, of := make([]eval.Cell, 0, absent), make([]refKey, 0, absent)
	for _, i := range nodes {
		n := &ev.Nodes[i]
		if n.Origin == eval.FromDefault || n.Origin == eval.FromPresumed {
			cells = append(cells, n.Cell)
			of = append(of, refKey{n.Cell.Var, n.Cell.Subject, n.Value, n.Origin})
		}
	}
	var out []Assumed
	for _, k := range gather(of, cells) {
		v := &t.law.prog.IR.Vars[k.variable]
		out = append(out, Assumed{
			FactRef: t.ref(k.refKey, k.periods), Label: v.Label, Value: t.law.value(v.Type, k.value.F, k.value.S),
			Presumed: k.origin == eval.FromPresumed, Follows: k.origin == eval.FromPresumed && v.When != nil, ReadBy: []string{readBy},
		})
	}
	return out
}

func (t *Total) ref(k refKey, periods []Month) FactRef {
	v := &t.law.prog.IR.Vars[k.variable]
	return FactRef{v.Name, v.Entity, t.sit.ids[v.Entity][k.subject], spans(v.Period, periods)}
}

// missing lists unknown cells as facts to ask, or to show as refused.
func (t *Total) missing(cells []eval.Cell) []Missing {
	keys := make([]refKey, len(cells))
	for i, c := range cells {
		keys[i] = refKey{variable: c.Var, subject: c.Subject}
	}
	var out []Missing
	for _, k := range gather(keys, cells) {
		v := &t.law.prog.IR.Vars[k.variable]
		out = append(out, Missing{t.ref(k.refKey, k.periods), v.Label, v.Question})
	}
	return out
}

// Said tells whether somebody answered a fact for every period that the reference
// names, be it that nobody knows or that they would rather not say.
func (t *Total) Said(f FactRef) bool {
	cells := t.cells(f)
	for _, c := range cells {
		if f, said := t.sit.cells[c]; !said || f.state == derived {
			return false
		}
	}
	return len(cells) > 0
}

// SaidAny tells whether somebody answered a fact for one of its periods at least.
func (t *Total) SaidAny(f FactRef) bool {
	for _, c := range t.cells(f) {
		if f, said := t.sit.cells[c]; said && f.state != derived {
			return true
		}
	}
	return false
}

// cells are those that a reference names; none when the situation has no such
// subject or the law no such variable.
func (t *Total) cells(f FactRef) []eval.Cell {
	v := t.law.prog.Var(f.Variable)
	if v < 0 {
		return nil
	}
	subject := slices.Index(t.sit.ids[f.Entity], f.Subject)
	if subject < 0 {
		return nil
	}
	def := &t.law.prog.IR.Vars[v]
	if def.Period == ir.Eternal {
		return []eval.Cell{{Var: v, Subject: int32(subject)}}
	}
	var out []eval.Cell
	for _, s := range f.Spans {
		from, to, step := spanMonth(s.From), spanMonth(s.To), Month(1)
		if def.Period == ir.Yearly {
			step = 12
		}
		for m := from; m <= to; m += step {
			out = append(out, eval.Cell{Var: v, Subject: int32(subject), Period: m})
		}
	}
	return out
}

// spanMonth reads an end of a span that this package wrote.
func spanMonth(s string) Month {
	if m, err := ParseMonth(s); err == nil {
		return m
	}
	year, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return MonthOf(year, 1)
}

// Period is the run of periods of a span, of a variable that has one value per
// month or per year: each of them has the value.
func (s Span) Period(kind PeriodKind) Period {
	from, to := spanMonth(s.From), spanMonth(s.To)
	switch kind {
	case Eternal:
		return Always()
	case Yearly:
		return Period{Kind: Yearly, Start: from, Count: to.Year() - from.Year() + 1, Each: true}
	}
	return EachMonth(from, to)
}
