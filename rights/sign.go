package rights

import "codeberg.org/parvis/parvis/rights/ir"

// sign tells how a variable enters the sum that an expression is: "+" when it is
// added, "-" when it is taken off, "" when the expression is no sum or reads it
// otherwise.
func sign(e *ir.Expr, variable int32) string {
	s := signer{variable: variable, bound: map[int32]*ir.Expr{}}
	s.walk(e, 1, false)
	switch {
	case s.found > 0:
		return "+"
	case s.found < 0:
		return "-"
	}
	return ""
}

type signer struct {
	variable int32
	bound    map[int32]*ir.Expr // what « soit » names stand for
	found    int
}

// walk looks for the variable in the places where an amount enters a sum. in
// tells that a + or − was passed.
func (s *signer) walk(e *ir.Expr, direction int, in bool) {
	if s.found != 0 {
		return
	}
	switch e.Op {
	case ir.OpVar:
		if e.Index == s.variable && in {
			s.found = direction
		}
	case ir.OpAdd:
		s.walk(e.Args[0], direction, true)
		s.walk(e.Args[1], direction, true)
	case ir.OpSub:
		s.walk(e.Args[0], direction, true)
		s.walk(e.Args[1], -direction, true)
	case ir.OpNeg:
		s.walk(e.Args[0], -direction, in)
	case ir.OpMin, ir.OpMax:
		s.walk(e.Args[0], direction, in)
		s.walk(e.Args[1], direction, in)
	case ir.OpIf:
		s.walk(e.Args[1], direction, in)
		s.walk(e.Args[2], direction, in)
	case ir.OpLet:
		s.bound[e.Index] = e.Args[0]
		s.walk(e.Args[1], direction, in)
	case ir.OpSlot:
		if b := s.bound[e.Index]; b != nil {
			s.walk(b, direction, in)
		}
	case ir.OpRound, ir.OpShift, ir.OpProject:
		s.walk(e.Args[0], direction, in)
	case ir.OpFold:
		if e.Fold == ir.FoldSum || e.Fold == ir.FoldMean {
			s.walk(e.Args[0], direction, in)
		}
	}
}
