// Package check turns rule files into a checked program: names, entities,
// periods, types, units, and the graph of what reads what.
//
// Guarantees: a program is returned only when nothing forbids using it; every
// problem says file, line, column and, where it can, what to write instead.
package check

import (
	"sort"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// checker holds what is declared while bodies are checked.
type checker struct {
	files    []*lang.File
	read     func(path string) ([]byte, error)
	prog     *ir.Program
	problems lang.Problems

	enums  map[string]int32
	names  map[string]symbol
	rules  map[int32]*source // by variable
	inputs map[int32]*lang.Input
	edges  []edge
	reader int32 // variable whose body is being checked
}

// symbol is what a name stands for.
type symbol struct {
	kind  symbolKind
	index int32
	file  string
	pos   lang.Pos
}

type symbolKind uint8

const (
	symVar symbolKind = iota
	symParam
	symScale
	symTable
)

// source is the syntax of a rule.
type source struct {
	file string
	rule *lang.Rule
}

// Program checks the files together. read gives the content of reference tables
// by their path; it may be nil when there are none. The program is nil when a
// problem forbids using it.
func Program(files []*lang.File, read func(path string) ([]byte, error)) (*ir.Program, lang.Problems) {
	c := &checker{
		files: files, read: read,
		prog:  &ir.Program{Semantics: ir.SemanticsVersion},
		enums: map[string]int32{}, names: map[string]symbol{}, rules: map[int32]*source{}, inputs: map[int32]*lang.Input{},
	}
	sort.SliceStable(c.files, func(i, j int) bool { return c.files[i].Name < c.files[j].Name })
	c.declareEnums()
	c.declareParams()
	c.declareScales()
	c.declareTables()
	c.declareVars()
	for v := range c.prog.Vars {
		if src := c.rules[int32(v)]; src != nil {
			c.body(int32(v), src)
		}
		if d := c.inputs[int32(v)]; d != nil && d.When != nil {
			c.when(int32(v), d)
		}
		if d := c.inputs[int32(v)]; d != nil && d.Derived != nil {
			c.derived(int32(v), d)
		}
	}
	c.cycles()
	c.problems.Sort()
	if c.problems.Err() != nil {
		return nil, c.problems
	}
	return c.prog, c.problems
}

func (c *checker) problem(file string, pos lang.Pos, message, advice string) {
	c.problems = append(c.problems, lang.Problem{File: file, Pos: pos, Message: message, Advice: advice})
}

func (c *checker) declare(file string, pos lang.Pos, name string, kind symbolKind, index int) {
	if old, taken := c.names[name]; taken {
		c.problem(file, pos, sprintf(msgTwice, name, old.file, old.pos.Line), "")
		return
	}
	if builtinRole(name) >= 0 || builtinFunction(name) != ir.OpInvalid {
		c.problem(file, pos, sprintf(msgBuiltin, name), "")
		return
	}
	c.names[name] = symbol{kind, int32(index), file, pos}
}

func (c *checker) declareEnums() {
	for _, f := range c.files {
		for _, d := range f.Enums {
			if i, taken := c.enums[d.Name]; taken {
				c.problem(f.Name, d.Pos, sprintf(msgTwice, d.Name, c.prog.Enums[i].Name, 0), "")
				continue
			}
			def := ir.EnumDef{Name: d.Name}
			for _, v := range d.Values {
				if def.ValueIndex(v.Name) >= 0 {
					c.problem(f.Name, v.Pos, sprintf(msgTwiceHere, v.Name), "")
				}
				label := v.Label
				if label == "" {
					label = v.Name
				}
				def.Values = append(def.Values, v.Name)
				def.Labels = append(def.Labels, label)
			}
			c.enums[d.Name] = int32(len(c.prog.Enums))
			c.prog.Enums = append(c.prog.Enums, def)
		}
	}
}

// typ resolves a written type.
func (c *checker) typ(file string, t lang.TypeName) ir.Type {
	switch t.Name {
	case "booléen":
		return ir.Type{Kind: ir.Bool}
	case "date":
		return ir.Type{Kind: ir.Date}
	case "texte":
		return ir.Type{Kind: ir.Text}
	case "":
		u, ok := ir.ParseUnit(t.Unit)
		if !ok || !u.Sound() {
			c.problem(file, t.Pos, sprintf(msgUnit, t.Unit), adviceUnit)
			return ir.Type{}
		}
		return ir.Type{Kind: ir.Number, Unit: u, Percent: strings.Contains(t.Unit, "%")}
	}
	if i, ok := c.enums[t.Name]; ok {
		return ir.Type{Kind: ir.Enum, Enum: i}
	}
	c.problem(file, t.Pos, sprintf(msgUnknownType, t.Name), adviceType)
	return ir.Type{}
}

// literal reads a constant that must have type t.
func (c *checker) literal(file string, l *lang.Literal, t ir.Type) (ir.Literal, bool) {
	wrong := func() (ir.Literal, bool) {
		if t.Kind != ir.Invalid {
			c.problem(file, l.Pos, sprintf(msgWantType, c.typeName(t)), "")
		}
		return ir.Literal{}, false
	}
	switch {
	case l.Kind == lang.LitNumber && t.Kind == ir.Number:
		n, u, ok := number(l)
		if !ok {
			return wrong()
		}
		percent := strings.HasPrefix(l.Unit, "%")
		if l.Unit != "" && !(l.Unit == "%" && t.Percent) && u != t.Unit {
			c.problem(file, l.Pos, sprintf(msgUnitsDiffer, t.Unit, u), "")
			return ir.Literal{}, false
		}
		if t.Percent && !percent && n != 0 {
			c.problem(file, l.Pos, msgPercent, sprintf(advicePercent, l.Text))
			return ir.Literal{}, false
		}
		return ir.Literal{Num: n}, true
	case l.Kind == lang.LitBool && t.Kind == ir.Bool:
		if l.Text == "vrai" {
			return ir.Literal{Num: 1}, true
		}
		return ir.Literal{}, true
	case l.Kind == lang.LitDate && t.Kind == ir.Date:
		d, err := ir.ParseDay(l.Text)
		if err != nil {
			return wrong()
		}
		return ir.Literal{Num: float64(d)}, true
	case l.Kind == lang.LitText && t.Kind == ir.Text:
		return ir.Literal{Text: l.Text}, true
	case l.Kind == lang.LitName && t.Kind == ir.Enum:
		def := &c.prog.Enums[t.Enum]
		i := def.ValueIndex(l.Text)
		if i < 0 {
			c.problem(file, l.Pos, sprintf(msgNotAValue, l.Text, def.Name), adviceValues(l.Text, def.Values))
			return ir.Literal{}, false
		}
		return ir.Literal{Num: float64(i)}, true
	}
	return wrong()
}

// number reads the digits of a literal, its percentage applied, and its unit.
func number(l *lang.Literal) (float64, ir.Unit, bool) {
	text := l.Text
	unit := l.Unit
	if first, rest, _ := strings.Cut(unit, "/"); first == "%" {
		text += "e-2"
		unit = strings.TrimSuffix("nombre/"+rest, "/")
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, ir.Unit{}, false
	}
	if l.Negate {
		n = -n
	}
	if unit == "" {
		return n, ir.Unit{}, true
	}
	u, ok := ir.ParseUnit(unit)
	return n, u, ok
}

func (c *checker) day(file string, pos lang.Pos, s string) ir.Day {
	if s == "" {
		return 0
	}
	d, err := ir.ParseDay(s)
	if err != nil {
		c.problem(file, pos, sprintf(msgNoSuchDate, s), "")
	}
	return d
}

func (c *checker) declareVars() {
	type decl struct {
		file  string
		pos   lang.Pos
		input *lang.Input
		rule  *lang.Rule
	}
	for _, f := range c.files {
		var all []decl
		for _, d := range f.Inputs {
			all = append(all, decl{f.Name, d.Pos, d, nil})
		}
		for _, d := range f.Rules {
			all = append(all, decl{f.Name, d.Pos, nil, d})
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].pos.Line < all[j].pos.Line })
		for _, d := range all {
			i := len(c.prog.Vars)
			if d.input != nil {
				c.prog.Vars = append(c.prog.Vars, c.inputVar(f.Name, d.input))
				c.declare(f.Name, d.pos, d.input.Name, symVar, i)
				c.inputs[int32(i)] = d.input
				continue
			}
			c.prog.Vars = append(c.prog.Vars, c.ruleVar(f.Name, d.rule))
			c.declare(f.Name, d.pos, d.rule.Name, symVar, i)
			c.rules[int32(i)] = &source{f.Name, d.rule}
		}
	}
}

func entity(word string) ir.Entity {
	switch word {
	case "famille":
		return ir.Family
	case "foyer":
		return ir.TaxUnit
	case "ménage":
		return ir.Household
	}
	return ir.Person
}

func period(word string) ir.PeriodKind {
	switch word {
	case "année":
		return ir.Yearly
	case "toujours":
		return ir.Eternal
	}
	return ir.Monthly
}

// inputVar makes the variable of an input.
func (c *checker) inputVar(file string, d *lang.Input) ir.Var {
	v := ir.Var{
		Name: d.Name, Label: d.Label, Entity: entity(d.Entity), Period: period(d.Period),
		Type: c.typ(file, d.Type), Input: true, Question: d.Question, File: file, Line: int32(d.Pos.Line),
	}
	if l, ok := c.literal(file, d.Default, v.Type); ok {
		v.Default = &l
	}
	if d.Presumed != nil {
		if l, ok := c.literal(file, d.Presumed, v.Type); ok {
			v.Presumed = &l
		}
	}
	switch d.Spread {
	case "répartie":
		v.Spreading = ir.SpreadShared
		if v.Type.Kind != ir.Number {
			c.problem(file, d.Pos, msgSharedNotNumber, adviceSharedNotNumber)
		}
	case "répétée":
		v.Spreading = ir.SpreadRepeated
	}
	if d.Spread != "" && d.Spread != "interdite" && v.Period != ir.Monthly {
		c.problem(file, d.Pos, msgSpreadNotMonthly, "")
	}
	return v
}

// ruleVar makes the variable of a rule, without its bodies.
func (c *checker) ruleVar(file string, d *lang.Rule) ir.Var {
	v := ir.Var{
		Name: d.Name, Label: d.Label, Entity: entity(d.Entity), Period: period(d.Period),
		Type: c.typ(file, d.Type), Articles: d.Articles, File: file, Line: int32(d.Pos.Line),
	}
	if v.Period == ir.Monthly {
		v.Spreading = ir.SpreadRepeated
		if v.Type.Kind == ir.Number && v.Type.Unit.Money() && v.Type.Unit[ir.PerMonth] == -1 {
			v.Spreading = ir.SpreadShared
		}
	}
	if d.Start != nil {
		if v.Period != ir.Monthly {
			c.problem(file, d.Pos, msgPastNotMonthly, "")
		}
		if l, ok := c.literal(file, d.Start, v.Type); ok {
			v.Start, v.MaxPast = &l, int32(d.MaxPast)
		}
	}
	return v
}

// body checks the calculations of a rule.
func (c *checker) body(index int32, src *source) {
	v := &c.prog.Vars[index]
	c.reader = index
	last := ir.FirstDayEver
	for i, b := range src.rule.Bodies {
		from := ir.FirstDayEver
		if b.From != "" {
			from = c.day(src.file, b.Pos, b.From)
			if i > 0 && from <= last {
				c.problem(src.file, b.Pos, msgDatesOrder, "")
			}
		}
		last = from
		s := &scope{c: c, file: src.file, entity: v.Entity, period: v.Period, late: lateness{month: -1}, slots: &v.Slots}
		if v.Period == ir.Yearly {
			s.late.month = 0
		}
		e := s.expr(b.Expr, v.Type)
		if e.Type.Kind != ir.Invalid && v.Type.Kind != ir.Invalid && !e.Type.Same(v.Type) {
			c.problem(src.file, b.Expr.Pos, sprintf(msgResultType, v.Name, c.typeName(v.Type), c.typeName(e.Type)), c.unitAdvice(v.Type, e.Type))
		}
		v.Bodies = append(v.Bodies, ir.Body{From: from, Expr: e})
	}
}

// when checks the condition of what is presumed of an input.
func (c *checker) when(index int32, d *lang.Input) {
	v := &c.prog.Vars[index]
	c.reader = index
	s := &scope{c: c, file: v.File, entity: v.Entity, period: v.Period, late: lateness{month: -1}, slots: &v.Slots}
	if v.Period == ir.Yearly {
		s.late.month = 0
	}
	v.When = s.boolean(d.When)
}

// derived checks what an input is deduced from: another input of the same entity,
// period and unit, itself not deduced, times a plain number.
func (c *checker) derived(index int32, d *lang.Input) {
	v := &c.prog.Vars[index]
	from, known := c.names[d.Derived.From]
	times, named := c.names[d.Derived.Times]
	if !known || from.kind != symVar || !c.prog.Vars[from.index].Input || c.inputs[from.index].Derived != nil || from.index == index ||
		c.prog.Vars[from.index].Entity != v.Entity || c.prog.Vars[from.index].Period != v.Period || !c.prog.Vars[from.index].Type.Same(v.Type) || v.Type.Kind != ir.Number {
		c.problem(v.File, d.Derived.Pos, sprintf(msgDerivedFrom, v.Name), adviceDerivedFrom)
		return
	}
	if !named || times.kind != symParam {
		c.problem(v.File, d.Derived.Pos, sprintf(msgDerivedTimes, d.Derived.Times), "")
		return
	}
	if p := c.prog.Params[times.index]; len(p.Keys) > 0 || p.Type.Kind != ir.Number || p.Type.Unit.String() != "nombre" && !p.Type.Percent {
		c.problem(v.File, d.Derived.Pos, sprintf(msgDerivedTimes, d.Derived.Times), "")
		return
	}
	v.Derived = &ir.Derived{From: from.index, Times: times.index}
}

// typeName writes a type for a person.
func (c *checker) typeName(t ir.Type) string {
	switch t.Kind {
	case ir.Bool:
		return "booléen (vrai ou faux)"
	case ir.Date:
		return "date"
	case ir.Text:
		return "texte"
	case ir.Enum:
		return c.prog.Enums[t.Enum].Name
	case ir.Number:
		if t.Percent {
			return "%"
		}
		return t.Unit.String()
	}
	return "?"
}

// unitAdvice says how to go from one unit to the other, when there is an
// obvious way.
func (c *checker) unitAdvice(want, got ir.Type) string {
	if want.Kind != ir.Number || got.Kind != ir.Number {
		return ""
	}
	ratio := want.Unit.Over(got.Unit)
	switch ratio.String() {
	case "mois/an":
		return "multipliez par 12 mois/an"
	case "an/mois":
		return "divisez par 12 mois/an"
	}
	return ""
}
