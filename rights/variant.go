package rights

import (
	"fmt"
	"reflect"
	"slices"

	"codeberg.org/parvis/parvis/rights/ir"
)

// Variants are laws that differ from another in one point: they answer "would the
// result be the same without this?". A variant keeps the sheets and the forms of the
// law it comes from; its digest is that law's with a mark, so that nobody stores a
// result under it.

// Before is the law a stored program was, with the sheets of this one, as far as the
// old program has their rules: what an old law says of the rights of today. The
// error is about the bytes.
func (l *Law) Before(marshalled []byte) (*Law, error) {
	prog, err := ir.Unmarshal(marshalled)
	if err != nil {
		return nil, fmt.Errorf("read the law of before: %w", err)
	}
	old := newLaw(prog)
	has := func(name string) bool { return name == "" || old.prog.Var(name) >= 0 }
	for _, r := range l.rights {
		if !has(r.Name) || !has(r.Paid) || !has(r.Territory) {
			continue
		}
		r.Reserved = slices.DeleteFunc(slices.Clone(r.Reserved), func(name string) bool { return !has(name) })
		v := &prog.Vars[old.prog.Var(r.Name)]
		r.Entity, r.Per = v.Entity, perOf(v.Type)
		old.rights = append(old.rights, r)
	}
	return old, nil
}

// Turn is something of the law that holds from a day on: a value of a parameter or
// of a barème, or a wording of a rule.
type Turn struct {
	Kind   TurnKind
	Name   string
	Label  string // in French; the name where the law gives none
	From   Day
	Source string // of a value, in French; "" when the law gives none
	// Old and New are the amounts of a plain parameter, 0 for anything else; Unit is
	// theirs.
	Old, New float64
	Unit     string
}

// TurnKind is what holds from a day on.
type TurnKind string

// The kinds.
const (
	TurnValue TurnKind = "value" // of a parameter
	TurnScale TurnKind = "scale" // of a barème
	TurnRule  TurnKind = "rule"  // another wording of a rule
)

// Turns lists what of the law begins to hold after the first day of a month, up to
// the first day of a later one, in the order of the law; what is there from the
// beginning is none of it.
func (l *Law) Turns(after, until Month) []Turn {
	in := func(d Day) bool { return d > after.FirstDay() && d <= until.FirstDay() }
	var list []Turn
	for i := range l.prog.IR.Params {
		p := &l.prog.IR.Params[i]
		for k := 1; k < len(p.Versions); k++ {
			v := p.Versions[k]
			if !in(v.From) {
				continue
			}
			d := Turn{Kind: TurnValue, Name: p.Name, Label: orName(p.Label, p.Name), From: v.From, Source: v.Source}
			if len(p.Keys) == 0 && !v.Ended {
				d.Old, d.New, d.Unit = p.Versions[k-1].Value, v.Value, p.Type.Unit.String()
			}
			list = append(list, d)
		}
	}
	for i := range l.prog.IR.Scales {
		s := &l.prog.IR.Scales[i]
		for k := 1; k < len(s.Versions); k++ {
			if in(s.Versions[k].From) {
				list = append(list, Turn{Kind: TurnScale, Name: s.Name, Label: orName(s.Label, s.Name), From: s.Versions[k].From, Source: s.Versions[k].Source})
			}
		}
	}
	for i := range l.prog.IR.Vars {
		v := &l.prog.IR.Vars[i]
		for k := 1; k < len(v.Bodies); k++ {
			if in(v.Bodies[k].From) {
				d := Turn{Kind: TurnRule, Name: v.Name, Label: orName(v.Label, v.Name), From: v.Bodies[k].From}
				list = append(list, d)
			}
		}
	}
	return list
}

func orName(label, name string) string {
	if label == "" {
		return name
	}
	return label
}

// Without is the law as if some of what Turns lists had not begun: what held before
// goes on.
func (l *Law) Without(turns ...Turn) *Law {
	prog := *l.prog.IR
	prog.Params, prog.Scales, prog.Vars = slices.Clone(prog.Params), slices.Clone(prog.Scales), slices.Clone(prog.Vars)
	for _, t := range turns {
		switch t.Kind {
		case TurnValue:
			for i := range prog.Params {
				if p := &prog.Params[i]; p.Name == t.Name {
					p.Versions = drop(p.Versions, func(v ir.Version) bool { return v.From == t.From })
				}
			}
		case TurnScale:
			for i := range prog.Scales {
				if s := &prog.Scales[i]; s.Name == t.Name {
					s.Versions = drop(s.Versions, func(v ir.ScaleVersion) bool { return v.From == t.From })
				}
			}
		case TurnRule:
			for i := range prog.Vars {
				if v := &prog.Vars[i]; v.Name == t.Name {
					v.Bodies = drop(v.Bodies, func(b ir.Body) bool { return b.From == t.From })
				}
			}
		}
	}
	return l.variant(&prog)
}

// drop leaves out of a list what a condition says, without touching the list.
func drop[T any](list []T, out func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), out)
}

// variant is a law of another program with the same variables.
func (l *Law) variant(prog *ir.Program) *Law {
	v := newLaw(prog)
	v.rights, v.forms = l.rights, l.forms
	digest := l.Digest() + "*"
	v.digest = func() string { return digest }
	return v
}

// Unlike lists the parameters and barèmes that two laws write otherwise, in the order
// of this one: what another edition of the law corrected. Laws whose enumerations
// differ cannot exchange grids: none is listed.
func (l *Law) Unlike(old *Law) []Turn {
	if !reflect.DeepEqual(l.prog.IR.Enums, old.prog.IR.Enums) {
		return nil
	}
	var list []Turn
	for i := range l.prog.IR.Params {
		p := &l.prog.IR.Params[i]
		if o := find(old.prog.IR.Params, func(q ir.Param) bool { return q.Name == p.Name }); o != nil && p.Type == o.Type && slices.Equal(p.Keys, o.Keys) && !reflect.DeepEqual(p.Versions, o.Versions) {
			list = append(list, Turn{Kind: TurnValue, Name: p.Name, Label: orName(p.Label, p.Name)})
		}
	}
	for i := range l.prog.IR.Scales {
		s := &l.prog.IR.Scales[i]
		if o := find(old.prog.IR.Scales, func(q ir.Scale) bool { return q.Name == s.Name }); o != nil && s.Type == o.Type && s.Of == o.Of && s.Marginal == o.Marginal && !reflect.DeepEqual(s.Versions, o.Versions) {
			list = append(list, Turn{Kind: TurnScale, Name: s.Name, Label: orName(s.Label, s.Name)})
		}
	}
	return list
}

func find[T any](list []T, is func(T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return &list[i]
	}
	return nil
}

// WithValuesOf is this law with what an old one said of some of what Unlike lists.
func (l *Law) WithValuesOf(old *Law, names ...Turn) *Law {
	prog := *l.prog.IR
	prog.Params, prog.Scales = slices.Clone(prog.Params), slices.Clone(prog.Scales)
	for _, t := range names {
		switch t.Kind {
		case TurnValue:
			p, o := find(prog.Params, func(q ir.Param) bool { return q.Name == t.Name }), find(old.prog.IR.Params, func(q ir.Param) bool { return q.Name == t.Name })
			if p != nil && o != nil {
				p.Versions = o.Versions
			}
		case TurnScale:
			s, o := find(prog.Scales, func(q ir.Scale) bool { return q.Name == t.Name }), find(old.prog.IR.Scales, func(q ir.Scale) bool { return q.Name == t.Name })
			if s != nil && o != nil {
				s.Versions = o.Versions
			}
		}
	}
	return l.variant(&prog)
}
