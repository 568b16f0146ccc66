package rights

import (
	"fmt"

	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// ColumnsFor compiles variables for the columnar evaluator, each for a month or
// for its year: Asks of the program are in the order of the names. It takes some
// milliseconds: keep the program for the next household. The error is an
// *InputError for a name the law does not have.
func (l *Law) ColumnsFor(p Profile, m Month, names ...string) (*columnar.Program, error) {
	var asks []columnar.Ask
	for _, name := range names {
		i := l.prog.Var(name)
		if i < 0 {
			return nil, &InputError{Code: "unknown_variable", Variable: name, Known: l.Nearest(name)}
		}
		asks = append(asks, l.columnAsk(i, m))
	}
	return columnar.Compile(l.prog, asks, columnar.Options{Open: p == OpenFisca})
}

// columnAsk asks a variable for a month, or for its year.
func (l *Law) columnAsk(i int32, m Month) columnar.Ask {
	if l.prog.IR.Vars[i].Period == ir.Yearly {
		return columnar.Ask{Var: i, Period: MonthOf(m.Year(), 1), Asked: MonthOf(m.Year(), 12)}
	}
	return columnar.Ask{Var: i, Period: m, Asked: m}
}

// AddTo adds the household to a batch of a program of the same law and profile.
// The columnar evaluator is told no unknown facts: when one is left in this
// profile nothing is added and the error says which.
func (t *Total) AddTo(b *columnar.Batch) error { return t.AddCompletion(b, nil) }

// AddCompletion is AddTo with some cells tried out: a completion of the unknown
// facts, which take precedence over what is known.
func (t *Total) AddCompletion(b *columnar.Batch, tried map[eval.Cell]eval.Value) error {
	for c, f := range t.sit.cells {
		if f.state == known || f.state == derived || t.profile == OpenFisca && (f.state == unknown || t.law.prog.IR.Vars[c.Var].Input) {
			continue
		}
		if _, there := tried[c]; there {
			continue
		}
		v := &t.law.prog.IR.Vars[c.Var]
		return fmt.Errorf("add to a batch: %s of %s is unknown", v.Name, t.sit.ids[v.Entity][c.Subject])
	}
	base := t.addWorld(b)
	put := func(c eval.Cell, v eval.Value) {
		b.Set(c.Var, base[t.law.prog.IR.Vars[c.Var].Entity]+c.Subject, c.Period, b.Value(c.Var, v))
	}
	for c, f := range t.sit.cells {
		if f.state == known || f.state == derived && t.profile == Dossier {
			put(c, f.value)
		}
	}
	for c, v := range tried {
		put(c, v)
	}
	return nil
}

// addWorld adds the persons and groups to a batch and returns the first row of
// each entity.
func (t *Total) addWorld(b *columnar.Batch) (base [ir.Entities]int32) {
	w := t.world
	base[Person] = b.Add(w.Count[Person])
	for e := Family; e < ir.Entities; e++ {
		for g, list := range w.Members[e] {
			row := b.Group(e)
			if g == 0 {
				base[e] = row
			}
			for _, p := range list {
				b.Put(e, base[Person]+p, w.Role[e][p])
			}
		}
	}
	return base
}
