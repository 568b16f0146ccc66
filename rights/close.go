package rights

import (
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Profile says what an absent cell means.
type Profile uint8

// The profiles.
const (
	// OpenFisca: an absent cell has OpenFisca's default.
	OpenFisca Profile = iota
	// Dossier: an absent cell has our presumption, or is unknown.
	Dossier
)

// Total is a situation whose absent cells have a meaning: what evaluators take.
// It is safe for concurrent use.
type Total struct {
	law     *Law
	profile Profile
	sit     *Situation
	world   *eval.World
}

// Close fixes the situation, which must not change any more, and gives absent
// cells their meaning.
func (s *Situation) Close(p Profile) *Total {
	s.spread()
	if p == Dossier {
		s.derive()
	}
	return &Total{law: s.law, profile: p, sit: s, world: s.world()}
}

// Law is the law the total was made for.
func (t *Total) Law() *Law { return t.law }

// ID returns the id of a subject.
func (t *Total) ID(sub Subject) string { return t.sit.ID(sub) }

// Subjects lists the ids of an entity's subjects.
func (t *Total) Subjects(e Entity) []string { return t.sit.ids[e] }

// source reads the cells of a total, with some of them tried out.
type source struct {
	t     *Total
	tried map[eval.Cell]eval.Value
}

var _ eval.Source = source{}

// Get implements eval.Source.
func (s source) Get(c eval.Cell) (eval.Value, eval.Origin) {
	if v, ok := s.tried[c]; ok {
		return v, eval.FromFact
	}
	def := &s.t.law.prog.IR.Vars[c.Var]
	if f, ok := s.t.sit.cells[c]; ok {
		switch {
		case f.state == known:
			return f.value, eval.FromFact
		case f.state == derived && s.t.profile == Dossier:
			return f.value, eval.FromPresumed
		case s.t.profile == OpenFisca && def.Input:
			return literal(def.Default), eval.FromDefault
		case f.state == refused:
			return eval.Value{}, eval.FromRefused
		case def.Input:
			return eval.Value{}, eval.FromUnknown
		}
	}
	if !def.Input {
		return eval.Value{}, eval.FromRule
	}
	if s.t.profile == OpenFisca {
		return literal(def.Default), eval.FromDefault
	}
	if def.Presumed != nil && def.When != nil {
		return literal(def.Presumed), eval.FromCondition
	}
	if def.Presumed != nil {
		return literal(def.Presumed), eval.FromPresumed
	}
	return eval.Value{}, eval.FromUnknown
}

func literal(l *ir.Literal) eval.Value { return eval.Value{F: l.Num, S: l.Text} }

// evaluator starts an evaluation seen from a month; size is how many values are
// expected, 0 when nobody knows.
func (t *Total) evaluator(asked Month, tried map[eval.Cell]eval.Value, size int) *eval.Evaluator {
	return eval.New(t.law.prog, t.world, source{t, tried}, eval.Options{Asked: asked, Open: t.profile == OpenFisca, Size: size})
}

// Ask names one value to compute.
type Ask struct {
	Subject  Subject
	Variable string
	Month    Month // the month, the January of a year, anything for what is eternal
}

// Answer is the value of an Ask.
type Answer struct {
	Value    Value
	NA       bool     // not applicable: 0 or false for who wants a number
	Unknown  bool     // the law or the facts do not settle it
	Reasons  []string // sentences of rules that cannot conclude
	Gaps     []string // parameters without a value, codes no table lists
	Assumed  []Assumed
	asked    Month
	variable int32
}

// maxKept is how many values an evaluation keeps for the next asks before it
// begins afresh: many households in one situation have little to share.
const maxKept = 50_000

// Compute gives values, in the order of the asks. Asks of the same month share
// their work; the order of the asks changes nothing. The error is an
// *InputError for a variable the law does not have.
func (t *Total) Compute(asks []Ask) ([]Answer, error) {
	evs := map[Month]*eval.Evaluator{}
	out := make([]Answer, len(asks))
	for i, a := range asks {
		v, err := t.sit.find(a.Subject, a.Variable)
		if err != nil {
			return nil, err
		}
		def := &t.law.prog.IR.Vars[v]
		seen := a.Month
		if def.Period == ir.Yearly {
			seen = MonthOf(a.Month.Year(), 12)
		}
		ev := evs[seen]
		switch {
		case ev == nil:
			ev = t.evaluator(seen, nil, 0)
			evs[seen] = ev
		case len(ev.Nodes) > maxKept:
			ev.Reset(source{t, nil}, seen)
		}
		cell := eval.Cell{Var: v, Subject: a.Subject.Index, Period: a.Month}
		if def.Period == ir.Yearly {
			cell.Period = MonthOf(a.Month.Year(), 1)
		}
		root := ev.Index(cell)
		n := &ev.Nodes[root]
		out[i] = Answer{
			Value: t.law.value(def.Type, n.Value.F, n.Value.S), NA: n.Value.NA, Unknown: n.Value.Unknown, asked: seen, variable: v,
		}
		if n.Value.Unknown {
			out[i].Value = t.law.value(def.Type, 0, "")
		}
		reach := reachable(ev, root)
		out[i].Assumed = t.assumed(ev, reach, a.Variable)
		out[i].Reasons = reasons(ev, reach)
		if n.Value.Unknown {
			out[i].Gaps = t.gaps(ev)
		}
	}
	return out, nil
}

// reachable lists the nodes a node rests on, itself included, in the order they
// were first read.
func reachable(ev *eval.Evaluator, roots ...int32) []int32 {
	seen := make([]bool, len(ev.Nodes))
	var out []int32
	var visit func(i int32)
	visit = func(i int32) {
		if seen[i] {
			return
		}
		seen[i] = true
		out = append(out, i)
		for _, d := range ev.Nodes[i].Deps {
			visit(d)
		}
	}
	for _, r := range roots {
		visit(r)
	}
	return out
}

func reasons(ev *eval.Evaluator, nodes []int32) []string {
	var out []string
	seen := map[string]bool{}
	for _, i := range nodes {
		for _, n := range ev.Nodes[i].Notes {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// gaps says which parameters had no value and which codes no table lists.
func (t *Total) gaps(ev *eval.Evaluator) []string {
	var out []string
	seen := map[string]bool{}
	for _, g := range ev.Gaps {
		s := ""
		switch {
		case g.Param >= 0:
			s = t.law.prog.IR.Params[g.Param].Name + " " + g.Day.String()
		case g.Scale >= 0:
			s = t.law.prog.IR.Scales[g.Scale].Name + " " + g.Day.String()
		default:
			s = t.law.prog.IR.Tables[g.Table].Name + " " + g.Code
		}
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
