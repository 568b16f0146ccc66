package check

import (
	"strconv"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// scope is where an expression is read: whose, when, and with which names.
type scope struct {
	c      *checker
	file   string
	entity ir.Entity
	period ir.PeriodKind
	late   lateness
	lets   []binding
	slots  *int32 // next free slot of the rule
}

type binding struct {
	name string
	slot int32
	typ  ir.Type
}

func (s *scope) problem(pos lang.Pos, message, advice string) {
	s.c.problem(s.file, pos, message, advice)
}

func bad() *ir.Expr { return &ir.Expr{} }

func isBad(e *ir.Expr) bool { return e.Type.Kind == ir.Invalid }

// poly tells whether an expression takes its type from its neighbours: 0, non
// applicable, à vérifier, the value of an enumeration.
func (s *scope) poly(e *lang.Expr) bool {
	switch e.Kind {
	case lang.ExNA, lang.ExVerify:
		return true
	case lang.ExLiteral:
		return isZero(e.Lit)
	case lang.ExName:
		if s.let(e.Name) != nil || builtinRole(e.Name) >= 0 {
			return false
		}
		_, known := s.c.names[e.Name]
		return !known
	case lang.ExIf:
		return s.poly(e.Args[1]) && s.poly(e.Args[2])
	case lang.ExLet:
		return s.poly(e.Args[1])
	}
	return false
}

func isZero(l *lang.Literal) bool {
	if l.Kind != lang.LitNumber || l.Unit != "" {
		return false
	}
	n, err := strconv.ParseFloat(l.Text, 64)
	return err == nil && n == 0
}

func (s *scope) let(name string) *binding {
	for i := len(s.lets) - 1; i >= 0; i-- {
		if s.lets[i].name == name {
			return &s.lets[i]
		}
	}
	return nil
}

// pair checks two expressions that must have the same type.
func (s *scope) pair(a, b *lang.Expr, want ir.Type) (x, y *ir.Expr) {
	if s.poly(a) && !s.poly(b) {
		y = s.expr(b, want)
		return s.like(a, y.Type, want), y
	}
	x = s.expr(a, want)
	return x, s.like(b, x.Type, want)
}

// like checks an expression whose type is hoped to be that of its neighbour. When
// the neighbour has a problem of its own, an expression without a type says
// nothing more.
func (s *scope) like(e *lang.Expr, neighbour, want ir.Type) *ir.Expr {
	if neighbour.Kind != ir.Invalid {
		return s.expr(e, neighbour)
	}
	if want.Kind == ir.Invalid && s.poly(e) {
		return bad()
	}
	return s.expr(e, want)
}

// expr checks an expression. want is the type that is hoped for, Invalid when
// any will do; it only decides what has no type of its own.
func (s *scope) expr(e *lang.Expr, want ir.Type) *ir.Expr {
	switch e.Kind {
	case lang.ExLiteral:
		return s.constant(e, want)
	case lang.ExName:
		return s.name(e, want)
	case lang.ExCall:
		return s.call(e)
	case lang.ExNA, lang.ExVerify:
		if want.Kind == ir.Invalid {
			s.problem(e.Pos, msgUndecided, "")
			return bad()
		}
		if e.Kind == lang.ExVerify {
			return &ir.Expr{Op: ir.OpVerify, Type: want, Text: e.Text}
		}
		return &ir.Expr{Op: ir.OpNA, Type: want}
	case lang.ExBinary:
		return s.binary(e, want)
	case lang.ExNot:
		return &ir.Expr{Op: ir.OpNot, Type: ir.Type{Kind: ir.Bool}, Args: []*ir.Expr{s.boolean(e.Args[0])}}
	case lang.ExNeg:
		x := s.number(e.Args[0], want)
		return &ir.Expr{Op: ir.OpNeg, Type: x.Type, Args: []*ir.Expr{x}}
	case lang.ExIn:
		return s.in(e)
	case lang.ExPrefix:
		x := s.expr(e.Args[0], ir.Type{Kind: ir.Text})
		if !isBad(x) && x.Type.Kind != ir.Text {
			s.problem(e.Args[0].Pos, sprintf(msgNotText, s.c.typeName(x.Type)), "")
		}
		return &ir.Expr{Op: ir.OpPrefix, Type: ir.Type{Kind: ir.Bool}, Text: e.Text, Args: []*ir.Expr{x}}
	case lang.ExApplicable:
		return &ir.Expr{Op: ir.OpApplicable, Type: ir.Type{Kind: ir.Bool}, Args: []*ir.Expr{s.expr(e.Args[0], ir.Type{})}}
	case lang.ExIf:
		cond := s.boolean(e.Args[0])
		x, y := s.pair(e.Args[1], e.Args[2], want)
		if !isBad(x) && !isBad(y) && !x.Type.Same(y.Type) {
			s.problem(e.Args[2].Pos, sprintf(msgMix, s.c.typeName(x.Type), s.c.typeName(y.Type)), s.c.unitAdvice(x.Type, y.Type))
			return bad()
		}
		return &ir.Expr{Op: ir.OpIf, Type: x.Type, Args: []*ir.Expr{cond, x, y}}
	case lang.ExLet:
		return s.bind(e, want)
	case lang.ExRound:
		return s.round(e, want)
	case lang.ExShift:
		return s.shift(e, want)
	case lang.ExProject:
		return s.project(e, want)
	case lang.ExAtDate:
		return s.atDate(e)
	case lang.ExFold:
		return s.fold(e, want)
	case lang.ExBound:
		return s.bound(e)
	case lang.ExDay:
		return s.day(e)
	case lang.ExBetween:
		return s.between(e)
	case lang.ExExtremum:
		return s.extremum(e, want)
	}
	return bad()
}

func (s *scope) boolean(e *lang.Expr) *ir.Expr {
	x := s.expr(e, ir.Type{Kind: ir.Bool})
	if !isBad(x) && x.Type.Kind != ir.Bool {
		s.problem(e.Pos, sprintf(msgNotBool, s.c.typeName(x.Type)), adviceParens)
		return bad()
	}
	return x
}

func (s *scope) number(e *lang.Expr, want ir.Type) *ir.Expr {
	if want.Kind != ir.Number {
		want = ir.Type{}
	}
	x := s.expr(e, want)
	if !isBad(x) && x.Type.Kind != ir.Number {
		s.problem(e.Pos, sprintf(msgNotNumber, s.c.typeName(x.Type)), "")
		return bad()
	}
	return x
}

func (s *scope) date(e *lang.Expr) *ir.Expr {
	x := s.expr(e, ir.Type{Kind: ir.Date})
	if !isBad(x) && x.Type.Kind != ir.Date {
		s.problem(e.Pos, sprintf(msgNotDate, s.c.typeName(x.Type)), "")
		return bad()
	}
	return x
}

func (s *scope) constant(e *lang.Expr, want ir.Type) *ir.Expr {
	l := e.Lit
	if l.Kind != lang.LitNumber {
		t := ir.Type{Kind: map[lang.LiteralKind]ir.Kind{lang.LitDate: ir.Date, lang.LitText: ir.Text, lang.LitBool: ir.Bool}[l.Kind]}
		v, ok := s.c.literal(s.file, l, t)
		if !ok {
			return bad()
		}
		if t.Kind == ir.Text {
			return &ir.Expr{Op: ir.OpText, Type: t, Text: v.Text}
		}
		return &ir.Expr{Op: ir.OpNum, Type: t, Num: v.Num}
	}
	if isZero(l) && want.Kind == ir.Number {
		return &ir.Expr{Op: ir.OpNum, Type: want}
	}
	n, u, ok := number(l)
	if !ok || !u.Sound() {
		s.problem(l.Pos, sprintf(msgUnit, l.Unit), adviceUnit)
		return bad()
	}
	return &ir.Expr{Op: ir.OpNum, Type: ir.Type{Kind: ir.Number, Unit: u, Percent: l.Unit == "%"}, Num: n}
}

// name resolves a bare name: the value of the enumeration that is hoped for, a
// « soit », a role, a variable, a parameter.
func (s *scope) name(e *lang.Expr, want ir.Type) *ir.Expr {
	if want.Kind == ir.Enum {
		if i := s.c.prog.Enums[want.Enum].ValueIndex(e.Name); i >= 0 {
			return &ir.Expr{Op: ir.OpNum, Type: want, Num: float64(i)}
		}
	}
	if b := s.let(e.Name); b != nil {
		return &ir.Expr{Op: ir.OpSlot, Type: b.typ, Index: b.slot}
	}
	if r := builtinRole(e.Name); r >= 0 {
		return s.role(e, r)
	}
	sym, ok := s.c.names[e.Name]
	if !ok {
		s.unknown(e, want)
		return bad()
	}
	switch sym.kind {
	case symVar:
		return s.variable(e, sym.index)
	case symParam:
		p := &s.c.prog.Params[sym.index]
		if len(p.Keys) > 0 {
			s.problem(e.Pos, sprintf(msgArgs, e.Name, len(p.Keys), 0), "")
			return bad()
		}
		if s.period == ir.Eternal {
			s.problem(e.Pos, sprintf(msgEternalHere, e.Name), "")
		}
		return &ir.Expr{Op: ir.OpParam, Type: p.Type, Index: sym.index}
	}
	s.problem(e.Pos, sprintf(msgNeedArgs, e.Name), "")
	return bad()
}

// unknown reports a name nobody declared, with the nearest ones.
func (s *scope) unknown(e *lang.Expr, want ir.Type) {
	var known []string
	for n := range s.c.names {
		known = append(known, n)
	}
	for _, b := range s.lets {
		known = append(known, b.name)
	}
	if want.Kind == ir.Enum {
		known = append(known, s.c.prog.Enums[want.Enum].Values...)
	}
	advice := adviceInput
	if near := lang.Nearest(e.Name, known, 1); len(near) > 0 {
		advice = "« " + near[0] + " » ?"
	}
	s.problem(e.Pos, sprintf(msgUnknownName, e.Name), advice)
}

// variable reads a variable of the scope's entity, or of a group of the scope's
// person.
func (s *scope) variable(e *lang.Expr, index int32) *ir.Expr {
	v := &s.c.prog.Vars[index]
	if v.Period != ir.Eternal && v.Period != s.period {
		switch {
		case s.period == ir.Eternal:
			s.problem(e.Pos, sprintf(msgEternalHere, v.Name), "")
		case v.Period == ir.Yearly:
			s.problem(e.Pos, sprintf(msgYearlyHere, v.Name), sprintf(adviceYearlyHere, v.Name, v.Name))
		default:
			s.problem(e.Pos, sprintf(msgMonthlyHere, v.Name), sprintf(adviceMonthHere, v.Name, v.Name))
		}
		return bad()
	}
	s.c.edges = append(s.c.edges, edge{s.c.reader, index, s.late.max})
	x := &ir.Expr{Op: ir.OpVar, Type: v.Type, Index: index}
	switch {
	case v.Entity == s.entity:
		return x
	case s.entity == ir.Person:
		return &ir.Expr{Op: ir.OpProject, Type: v.Type, Path: []ir.Step{{Kind: ir.StepUp, To: v.Entity}}, Args: []*ir.Expr{x}}
	}
	s.problem(e.Pos, sprintf(msgWrongEntity, v.Name, entityName(v.Entity), entityName(s.entity)), s.entityAdvice(v))
	return bad()
}

func (s *scope) entityAdvice(v *ir.Var) string {
	group, one := "parents", "demandeur"
	switch s.entity {
	case ir.TaxUnit:
		group, one = "déclarants", "déclarant principal"
	case ir.Household:
		group, one = "occupants", "personne de référence"
	}
	if v.Entity == ir.Person {
		return sprintf(adviceMember, group, v.Name, v.Name, one)
	}
	passage := map[ir.Entity]string{ir.Family: "de la famille du ", ir.TaxUnit: "du foyer fiscal du ", ir.Household: "du logement du "}[v.Entity]
	return sprintf(advicePassage, v.Name, passage+one)
}

// builtinRole returns the role behind est_demandeur and the like, −1 for none.
// est_demandeur is Roles: the first parent.
func builtinRole(name string) int {
	switch name {
	case "est_parent":
		return int(ir.Parent)
	case "est_enfant":
		return int(ir.Child)
	case "est_declarant":
		return int(ir.Declarant)
	case "est_personne_a_charge":
		return int(ir.Dependant)
	case "est_personne_de_reference":
		return int(ir.Reference)
	case "est_demandeur":
		return int(ir.Roles)
	}
	return -1
}

func (s *scope) role(e *lang.Expr, r int) *ir.Expr {
	if s.entity != ir.Person {
		s.problem(e.Pos, sprintf(msgWrongEntity, e.Name, entityName(ir.Person), entityName(s.entity)), "")
		return bad()
	}
	return &ir.Expr{Op: ir.OpRole, Type: ir.Type{Kind: ir.Bool}, Role: ir.Role(r)}
}

func builtinFunction(name string) ir.Op {
	switch name {
	case "année_civile":
		return ir.OpYearOf
	case "mois_civil":
		return ir.OpMonthOf
	case "partie_entière":
		return ir.OpFloor
	}
	return ir.OpInvalid
}

// call checks a function, a keyed parameter, a barème or a table.
func (s *scope) call(e *lang.Expr) *ir.Expr {
	count := func(n int) bool {
		if len(e.Args) != n {
			s.problem(e.Pos, sprintf(msgArgs, e.Name, n, len(e.Args)), "")
		}
		return len(e.Args) == n
	}
	if op := builtinFunction(e.Name); op != ir.OpInvalid {
		if !count(1) {
			return bad()
		}
		if op == ir.OpFloor {
			x := s.number(e.Args[0], ir.Type{})
			return &ir.Expr{Op: op, Type: x.Type, Args: []*ir.Expr{x}}
		}
		return &ir.Expr{Op: op, Type: ir.Num(ir.Unit{}), Args: []*ir.Expr{s.date(e.Args[0])}}
	}
	sym, ok := s.c.names[e.Name]
	if !ok {
		s.unknown(e, ir.Type{})
		return bad()
	}
	if s.period == ir.Eternal {
		s.problem(e.Pos, sprintf(msgEternalHere, e.Name), "")
	}
	switch sym.kind {
	case symParam:
		p := &s.c.prog.Params[sym.index]
		if !count(len(p.Keys)) {
			return bad()
		}
		return &ir.Expr{Op: ir.OpParam, Type: p.Type, Index: sym.index, Args: s.keys(e, p)}
	case symScale:
		sc := &s.c.prog.Scales[sym.index]
		if !count(1) {
			return bad()
		}
		x := s.number(e.Args[0], sc.Of)
		s.sameType(e.Args[0], sc.Of, x.Type)
		return &ir.Expr{Op: ir.OpScale, Type: sc.Type, Index: sym.index, Args: []*ir.Expr{x}}
	case symTable:
		if !count(1) {
			return bad()
		}
		x := s.expr(e.Args[0], ir.Type{Kind: ir.Text})
		s.sameType(e.Args[0], ir.Type{Kind: ir.Text}, x.Type)
		return &ir.Expr{Op: ir.OpLookup, Type: s.c.prog.Tables[sym.index].Type, Index: sym.index, Args: []*ir.Expr{x}}
	}
	s.problem(e.Pos, sprintf(msgNoArgs, e.Name), "")
	return bad()
}

func (s *scope) keys(e *lang.Expr, p *ir.Param) []*ir.Expr {
	var keys []*ir.Expr
	for i, k := range p.Keys {
		want := ir.Num(ir.Unit{})
		if k.Enum >= 0 {
			want = ir.Type{Kind: ir.Enum, Enum: k.Enum}
		}
		x := s.expr(e.Args[i], want)
		s.sameType(e.Args[i], want, x.Type)
		keys = append(keys, x)
	}
	return keys
}

func (s *scope) sameType(e *lang.Expr, want, got ir.Type) {
	if got.Kind != ir.Invalid && want.Kind != ir.Invalid && !want.Same(got) {
		s.problem(e.Pos, sprintf(msgUnitsDiffer, s.c.typeName(want), s.c.typeName(got)), s.c.unitAdvice(want, got))
	}
}

func (s *scope) bind(e *lang.Expr, want ir.Type) *ir.Expr {
	if _, taken := s.c.names[e.Name]; taken || s.let(e.Name) != nil {
		s.problem(e.Pos, sprintf(msgLetTwice, e.Name), "")
	}
	x := s.expr(e.Args[0], ir.Type{})
	inner := *s
	slot := *s.slots
	*s.slots++
	inner.lets = append(append([]binding(nil), s.lets...), binding{e.Name, slot, x.Type})
	y := inner.expr(e.Args[1], want)
	return &ir.Expr{Op: ir.OpLet, Type: y.Type, Index: slot, Args: []*ir.Expr{x, y}}
}
