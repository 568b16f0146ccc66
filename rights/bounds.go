package rights

import (
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/interval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Bounds gives, for each ask, what the variable may be over every completion of
// the unknown facts, each month apart: the plain answer of the interval
// evaluator. Evaluate gives tighter ones. The error is an *InputError.
func (t *Total) Bounds(asks []Ask) ([]interval.Value, error) { return t.BoundsWithout(nil, asks) }

// BoundsWithout is Bounds as if some facts were unknown at all their periods,
// whatever is known or taken for them. Of a FactRef only variable, entity and
// subject count.
func (t *Total) BoundsWithout(hidden []FactRef, asks []Ask) ([]interval.Value, error) {
	src := hiding{source: source{t, nil}, hidden: map[hiddenFact]bool{}}
	for _, f := range hidden {
		sub, ok := t.sit.Find(f.Entity, f.Subject)
		v := t.law.prog.Var(f.Variable)
		if !ok || v < 0 || t.law.prog.IR.Vars[v].Entity != f.Entity {
			return nil, &InputError{Code: "unknown_variable", Variable: f.Variable, Subject: f.Subject}
		}
		src.hidden[hiddenFact{v, sub.Index}] = true
	}
	evs := map[Month]*interval.Evaluator{}
	out := make([]interval.Value, len(asks))
	for i, a := range asks {
		v, err := t.sit.find(a.Subject, a.Variable)
		if err != nil {
			return nil, err
		}
		seen, cell := a.Month, eval.Cell{Var: v, Subject: a.Subject.Index, Period: a.Month}
		if t.law.prog.IR.Vars[v].Period == ir.Yearly {
			seen, cell.Period = MonthOf(a.Month.Year(), 12), MonthOf(a.Month.Year(), 1)
		}
		ev := evs[seen]
		if ev == nil {
			ev = interval.New(t.law.prog, t.world, src, interval.Options{Asked: seen})
			evs[seen] = ev
		}
		out[i] = ev.Nodes[ev.Index(cell)].Value
	}
	return out, nil
}

// hiding is a source that does not tell some facts.
type hiding struct {
	source
	hidden map[hiddenFact]bool
}

type hiddenFact struct{ variable, subject int32 }

// Get implements eval.Source.
func (h hiding) Get(c eval.Cell) (eval.Value, eval.Origin) {
	if h.hidden[hiddenFact{c.Var, c.Subject}] {
		return eval.Value{}, eval.FromUnknown
	}
	return h.source.Get(c)
}
