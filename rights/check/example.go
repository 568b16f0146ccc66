package check

import (
	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// ExampleLiteral reads a value of a worked example, which must have type t; the
// message says in French why it does not.
func ExampleLiteral(p *ir.Program, l *lang.Literal, t ir.Type) (ir.Literal, string) {
	c := &checker{prog: p}
	if t.Kind == ir.Number && t.Unit.IsNumber() && l.Kind == lang.LitNumber {
		t.Percent = l.Unit == "%"
	}
	v, ok := c.literal("", l, t)
	if !ok {
		return v, c.problems[0].Message
	}
	return v, ""
}
