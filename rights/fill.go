package rights

import (
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Filler adds completions of one household to batches of the columnar evaluator:
// what is known stays, what is drawn holds at every period where nothing is known,
// and what is presumed in a dossier is, where nothing was drawn. It takes programs
// compiled for the profile OpenFisca, whose default stands for what decides
// nothing. It is for one goroutine.
type Filler struct {
	t        *Total
	known    []cellValue
	presumed []cellValue // at every period
}

type cellValue struct {
	cell  eval.Cell
	value eval.Value
}

// Drawn is a value drawn for an unknown fact, the same at all its periods.
type Drawn struct {
	Variable string
	Subject  Subject
	Value    Value
}

// Filler prepares the completions of a situation closed for a dossier.
func (t *Total) Filler() *Filler {
	f := &Filler{t: t}
	for c, fact := range t.sit.cells {
		if fact.state == known || fact.state == derived {
			f.known = append(f.known, cellValue{c, fact.value})
		}
	}
	for i := range t.law.prog.IR.Vars {
		v := &t.law.prog.IR.Vars[i]
		if v.Input && v.Presumed != nil && v.When == nil && *v.Presumed != *v.Default {
			for s := range t.world.Count[v.Entity] {
				f.presumed = append(f.presumed, cellValue{eval.Cell{Var: int32(i), Subject: s}, literal(v.Presumed)})
			}
		}
	}
	return f
}

// Add adds one completion; its rows are those of Row. A value that its variable
// cannot have is an *InputError.
func (f *Filler) Add(b *columnar.Batch, drawn []Drawn) error {
	t := f.t
	base := t.addWorld(b)
	row := func(c eval.Cell) int32 { return base[t.law.prog.IR.Vars[c.Var].Entity] + c.Subject }
	for _, k := range f.known {
		if t.law.prog.IR.Vars[k.cell.Var].Period == ir.Eternal {
			b.Set(k.cell.Var, row(k.cell), 0, b.Value(k.cell.Var, k.value))
			continue
		}
		b.Set(k.cell.Var, row(k.cell), k.cell.Period, b.Value(k.cell.Var, k.value))
	}
	for _, k := range f.presumed {
		b.SetAlways(k.cell.Var, row(k.cell), b.Value(k.cell.Var, k.value))
	}
	for _, d := range drawn {
		i, err := t.sit.find(d.Subject, d.Variable)
		if err != nil {
			return err
		}
		value, wrong := t.law.engineValue(t.law.prog.IR.Vars[i].Type, d.Value)
		if wrong != nil {
			wrong.Variable = d.Variable
			return wrong
		}
		c := eval.Cell{Var: i, Subject: d.Subject.Index}
		if t.law.prog.IR.Vars[i].Period == ir.Eternal {
			b.Set(i, row(c), 0, b.Value(i, value))
			continue
		}
		b.SetAlways(i, row(c), b.Value(i, value))
	}
	return nil
}

// Row is the row of a subject in completion n of a batch that holds completions of
// this household alone.
func (f *Filler) Row(n int, sub Subject) int32 {
	return int32(n)*f.t.world.Count[sub.Entity] + sub.Index
}

// Own is the subject of an entity that a person belongs to.
func (t *Total) Own(person Subject, e Entity) Subject {
	if e == Person {
		return person
	}
	return Subject{e, t.world.Group[e][person.Index]}
}

// Known returns the value that is known of a fact at a month, if there is one.
func (t *Total) Known(sub Subject, variable string, m Month) (Value, bool) {
	i := t.law.prog.Var(variable)
	if i < 0 || t.law.prog.IR.Vars[i].Entity != sub.Entity {
		return Value{}, false
	}
	def := &t.law.prog.IR.Vars[i]
	c := eval.Cell{Var: i, Subject: sub.Index, Period: m}
	switch def.Period {
	case ir.Eternal:
		c.Period = 0
	case ir.Yearly:
		c.Period = MonthOf(m.Year(), 1)
	}
	f, ok := t.sit.cells[c]
	if !ok || f.state != known {
		return Value{}, false
	}
	return t.law.value(def.Type, f.value.F, f.value.S), true
}

// Child tells whether a person is a child of their family.
func (t *Total) Child(person Subject) bool {
	return t.world.Role[Family][person.Index] == ir.Child
}

// Find returns the subject of an id.
func (t *Total) Find(e Entity, id string) (Subject, bool) { return t.sit.Find(e, id) }
