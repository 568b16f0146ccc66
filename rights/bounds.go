package rights

import (
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/interval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Bounds gives, for each ask, what the variable may be over every completion of
// the unknown facts, each month apart: the plain answer of the interval
// evaluator. Evaluate gives tighter ones. The error is an *InputError.
func (t *Total) Bounds(asks []Ask) ([]interval.Value, error) {
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
			ev = interval.New(t.law.prog, t.world, source{t, nil}, interval.Options{Asked: seen})
			evs[seen] = ev
		}
		out[i] = ev.Nodes[ev.Index(cell)].Value
	}
	return out, nil
}
