package interval

import (
	"math"

	"codeberg.org/parvis/parvis/rights/ir"
)

// Float operations are monotonic in each operand, rounding included, so the ends
// of a result are results of ends: they are the very bits that a completion
// there would give.

func add(a, b float64) float64 { return float64(a + b) }

// times is a product where nothing times something unbounded is nothing.
func times(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return float64(a * b)
}

// span holds the least and the greatest of some results; one that is no number
// makes it unbounded.
func span(results ...float64) Value {
	out := Value{Lo: math.Inf(1), Hi: math.Inf(-1), Whole: true}
	for _, r := range results {
		if math.IsNaN(r) {
			return Value{Lo: math.Inf(-1), Hi: math.Inf(1)}
		}
		out.Lo, out.Hi = min(out.Lo, r), max(out.Hi, r)
		out.Whole = out.Whole && r == math.Trunc(r)
	}
	return out
}

func arithmetic(op ir.Op, x, y Value) Value {
	x, y = x.num(), y.num()
	open, whole := x.Open || y.Open, x.Whole && y.Whole
	var out Value
	switch op {
	case ir.OpAdd:
		out = Value{Lo: add(x.Lo, y.Lo), Hi: add(x.Hi, y.Hi)}
	case ir.OpSub:
		out = Value{Lo: float64(x.Lo - y.Hi), Hi: float64(x.Hi - y.Lo)}
	case ir.OpMul:
		out = span(times(x.Lo, y.Lo), times(x.Lo, y.Hi), times(x.Hi, y.Lo), times(x.Hi, y.Hi))
	case ir.OpMin:
		out = Value{Lo: min(x.Lo, y.Lo), Hi: min(x.Hi, y.Hi)}
	case ir.OpMax:
		out = Value{Lo: max(x.Lo, y.Lo), Hi: max(x.Hi, y.Hi)}
	default:
		out, whole = divide(x, y), false
	}
	if math.IsNaN(out.Lo) {
		out.Lo = math.Inf(-1)
	}
	if math.IsNaN(out.Hi) {
		out.Hi = math.Inf(1)
	}
	out.Open, out.Whole = open, whole
	return out
}

// divide gives quotients; a divisor that may be 0 makes it perhaps not
// applicable.
func divide(x, y Value) Value {
	if y.Lo == 0 && y.Hi == 0 {
		return never()
	}
	if y.Lo > 0 || y.Hi < 0 {
		return span(over(x.Lo, y.Lo), over(x.Lo, y.Hi), over(x.Hi, y.Lo), over(x.Hi, y.Hi))
	}
	if y.Whole && y.Lo == 0 { // 0 is not applicable, the next is 1
		out := divide(x, Value{Lo: 1, Hi: max(y.Hi, 1)})
		out.NA = true
		return out
	}
	out := Value{Lo: math.Inf(-1), Hi: math.Inf(1), NA: true}
	if x.Lo == 0 && x.Hi == 0 {
		out.Lo, out.Hi = 0, 0
	} else if y.Lo == 0 && x.Lo >= 0 {
		out.Lo = over(x.Lo, y.Hi)
	}
	return out
}

// over is a quotient where something over something unbounded tends to 0.
func over(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return float64(a / b)
}

func negate(x Value) Value {
	x = x.num()
	return Value{Lo: 0 - x.Hi, Hi: 0 - x.Lo, Open: x.Open, Whole: x.Whole}
}

func compare(op ir.Op, x, y Value) Value {
	x, y = x.num(), y.num()
	var yes, no bool // certainly
	switch op {
	case ir.OpEq, ir.OpNe:
		yes, no = equal(x, y)
		if op == ir.OpNe {
			yes, no = no, yes
		}
	case ir.OpLt:
		yes, no = x.Hi < y.Lo, x.Lo >= y.Hi
	case ir.OpLe:
		yes, no = x.Hi <= y.Lo, x.Lo > y.Hi
	case ir.OpGt:
		yes, no = x.Lo > y.Hi, x.Hi <= y.Lo
	default:
		yes, no = x.Lo >= y.Hi, x.Hi < y.Lo
	}
	if !yes && !no {
		return perhaps(x.Open || y.Open)
	}
	return truth(yes)
}

// equal tells whether two values are certainly the same, or certainly not.
func equal(x, y Value) (yes, no bool) {
	if x.Any || y.Any {
		return false, false
	}
	if x.Text != y.Text {
		return false, true
	}
	if x.Set != 0 || y.Set != 0 {
		a, okA := x.set()
		b, okB := y.set()
		if okA && okB {
			return a == b && a&(a-1) == 0, a&b == 0
		}
	}
	return x.Lo == y.Lo && x.Hi == y.Hi && x.Lo == x.Hi, x.Hi < y.Lo || y.Hi < x.Lo
}

// and is « et »; its left side is looked at first, which changes nothing here.
func and(x, y Value) Value {
	holds, fails := x.sure()
	if fails {
		return truth(false)
	}
	hold, fails := y.sure()
	switch {
	case fails:
		return truth(false)
	case holds && hold:
		return truth(true)
	}
	return perhaps(x.Open || y.Open)
}

func not(x Value) Value {
	switch holds, fails := x.sure(); {
	case holds:
		return truth(false)
	case fails:
		return truth(true)
	}
	return perhaps(x.Open)
}

func or(x, y Value) Value {
	holds, fails := x.sure()
	if holds {
		return truth(true)
	}
	holds, fail := y.sure()
	switch {
	case holds:
		return truth(true)
	case fails && fail:
		return truth(false)
	}
	return perhaps(x.Open || y.Open)
}

// round keeps a value that is not applicable as it is.
func round(x Value, step float64, mode ir.RoundMode) Value {
	if x.Lo > x.Hi {
		return x
	}
	end := func(f float64) float64 {
		if math.IsInf(f, 0) {
			return f
		}
		return ir.Round(f, step, mode)
	}
	return Value{Lo: end(x.Lo), Hi: end(x.Hi), NA: x.NA, Open: x.Open, Whole: step == math.Trunc(step)}
}
