package rights

import (
	"codeberg.org/parvis/parvis/rights/ir"
)

// ValueKind is the kind of a variable's values.
type ValueKind string

// The kinds of values.
const (
	KindNumber ValueKind = "number"
	KindBool   ValueKind = "boolean"
	KindDate   ValueKind = "date"
	KindText   ValueKind = "text"
	KindChoice ValueKind = "choice"
)

// PeriodKind says how often a variable has a value.
type PeriodKind = ir.PeriodKind

// The kinds of periods.
const (
	Monthly = ir.Monthly
	Yearly  = ir.Yearly
	Eternal = ir.Eternal
)

// Spreading is how a value given for a year becomes monthly values.
type Spreading = ir.Spreading

// The spreadings.
const (
	SpreadForbidden = ir.SpreadForbidden
	SpreadShared    = ir.SpreadShared
	SpreadRepeated  = ir.SpreadRepeated
)

// Variable describes an input or a rule.
type Variable struct {
	Name      string     `json:"name"`
	Label     string     `json:"label"` // French sentence
	Entity    Entity     `json:"entity"`
	Period    PeriodKind `json:"period"`
	Kind      ValueKind  `json:"kind"`
	Unit      string     `json:"unit,omitempty"` // "€/mois", "%", "nombre"
	Choices   []Choice   `json:"choices,omitempty"`
	Input     bool       `json:"input"`
	Default   *Value     `json:"default,omitempty"`   // OpenFisca's, of an input
	Presumed  *Value     `json:"presumed,omitempty"`  // ours, nil for none
	Sometimes bool       `json:"sometimes,omitempty"` // presumed under a condition of the law file only
	Spreading Spreading  `json:"spreading"`
	Question  string     `json:"question,omitempty"`
	Articles  []string   `json:"articles,omitempty"`
	File      string     `json:"file"`
	Line      int        `json:"line"`
	Order     int        `json:"order"` // place in the law files: questions go by it
}

// Choice is one value of an enumeration.
type Choice struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// Variables lists every input and rule, in the order of the law files. It must
// not be changed.
func (l *Law) Variables() []Variable { return l.variables }

// Variable describes one variable.
func (l *Law) Variable(name string) (Variable, bool) {
	i := l.prog.Var(name)
	if i < 0 {
		return Variable{}, false
	}
	return l.variables[i], true
}

func (l *Law) describe(i int32) Variable {
	v := &l.prog.IR.Vars[i]
	out := Variable{
		Name: v.Name, Label: v.Label, Entity: v.Entity, Period: v.Period, Kind: kindOf(v.Type), Input: v.Input,
		Spreading: v.Spreading, Question: v.Question, Articles: v.Articles, File: v.File, Line: int(v.Line), Order: int(i),
	}
	switch v.Type.Kind {
	case ir.Number:
		out.Unit = unitOf(v.Type)
	case ir.Enum:
		e := &l.prog.IR.Enums[v.Type.Enum]
		for j := range e.Values {
			out.Choices = append(out.Choices, Choice{e.Values[j], e.Labels[j]})
		}
	}
	if v.Default != nil {
		d := l.value(v.Type, v.Default.Num, v.Default.Text)
		out.Default = &d
	}
	if v.Presumed != nil {
		d := l.value(v.Type, v.Presumed.Num, v.Presumed.Text)
		out.Presumed, out.Sometimes = &d, v.When != nil
	}
	return out
}

func kindOf(t ir.Type) ValueKind {
	switch t.Kind {
	case ir.Bool:
		return KindBool
	case ir.Date:
		return KindDate
	case ir.Text:
		return KindText
	case ir.Enum:
		return KindChoice
	}
	return KindNumber
}
