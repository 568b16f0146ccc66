package rights

import (
	"slices"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// mostContrasts is how many values of a fact are told apart: a list of choices
// longer than this is a table, not an explanation.
const mostContrasts = 4

// Contrast is what a right would be with one answer to an open fact: « if the
// conditions are met: 187 €; if not: nothing ». Only facts that nobody knows yet are
// contrasted, never what somebody is.
type Contrast struct {
	FactRef
	Label   string `json:"label"`
	Value   Value  `json:"value"`
	Choice  string `json:"choice,omitempty"` // what the value of an enumeration is called, in French
	Verdict Status `json:"verdict"`
	// What reaches the account, nil when nothing bounds it or when the right is a yes
	// or no.
	Min *Cents `json:"min_cents,omitempty"`
	Max *Cents `json:"max_cents,omitempty"`
}

// branch is one value of a fact that was tried, and what came of it.
type branch struct {
	cells []eval.Cell
	value eval.Value
	found outcome
}

// contrasts tells the branches of the first fact that was tried, when they differ.
func (t *Total) contrasts(v *ir.Var, branches []branch) []Contrast {
	if len(branches) < 2 || len(branches) > mostContrasts {
		return nil
	}
	differ := false
	var out []Contrast
	for _, b := range branches {
		c := b.cells[0]
		of := &t.law.prog.IR.Vars[c.Var]
		if !of.Input { // a zone, a rule above a code: nobody answers that
			return nil
		}
		periods := make([]Month, len(b.cells))
		for i, at := range b.cells {
			periods[i] = at.Period
		}
		x := Contrast{FactRef: t.ref(refKey{variable: c.Var, subject: c.Subject}, periods), Label: of.Label, Value: t.law.value(of.Type, b.value.F, b.value.S)}
		if of.Type.Kind == ir.Enum {
			x.Choice = t.law.prog.IR.Enums[of.Type.Enum].Labels[int(b.value.F)]
		}
		o := b.found
		o.min, o.max, o.paidMin, o.paidMax = max(o.min, 0), max(o.max, 0), max(o.paidMin, 0), max(o.paidMax, 0)
		switch {
		case o.max == 0:
			x.Verdict = NotDue
		case o.min > 0 && !o.reserve:
			x.Verdict = Probable
		default:
			x.Verdict = ToVerify
		}
		if o.bounded && v.Type.Kind != ir.Bool {
			x.Min, x.Max = cents(o.paidMin), cents(o.paidMax)
		}
		differ = differ || o.paidMin != max(branches[0].found.paidMin, 0) || o.paidMax != max(branches[0].found.paidMax, 0)
		out = append(out, x)
	}
	if !differ {
		return nil
	}
	if out[0].Value.Kind == KindBool { // yes, then no, as people say it
		slices.Reverse(out)
	}
	return out
}
