package interval

import (
	"math"
	"math/bits"

	"codeberg.org/parvis/parvis/rights/eval"
)

// Value is everything an expression may give when some facts are unknown. It
// holds the value of every completion; it may hold others.
//
// Applicable values lie in Lo…Hi (numbers, days, 0 and 1 of a yes or no, indexes
// of an enumeration); Lo > Hi when none is applicable.
type Value struct {
	Lo, Hi float64
	Set    uint64 // values of an enumeration, one bit each; 0 when it is none
	Text   string // of a text
	Any    bool   // a text that nobody knows
	NA     bool   // may be not applicable
	Open   bool   // for some completion the law itself does not settle it
	Whole  bool   // only whole numbers
}

// Point holds one value. An unknown one is any number, and open.
func Point(v eval.Value) Value {
	switch {
	case v.Unknown:
		return anything()
	case v.NA:
		return never()
	}
	return Value{Lo: v.F, Hi: v.F, Text: v.S, Whole: v.F == math.Trunc(v.F)}
}

// Between holds the numbers from lo to hi.
func Between(lo, hi float64) Value { return Value{Lo: lo, Hi: hi} }

// never is what is not applicable.
func never() Value { return Value{Lo: math.Inf(1), Hi: math.Inf(-1), NA: true, Whole: true} }

// anything is a value that nothing bounds and that the law does not settle.
func anything() Value {
	return Value{Lo: math.Inf(-1), Hi: math.Inf(1), Any: true, NA: true, Open: true}
}

// perhaps is a yes or no that nobody knows.
func perhaps(open bool) Value { return Value{Hi: 1, Open: open, Whole: true} }

func truth(b bool) Value {
	if b {
		return Value{Lo: 1, Hi: 1, Whole: true}
	}
	return Value{Whole: true}
}

// single makes the value of one number.
func single(f float64) Value { return Point(eval.Value{F: f}) }

// IsPoint tells whether there is one value only, known whatever the completion.
func (v Value) IsPoint() bool {
	if v.Open || v.Any {
		return false
	}
	return v.NA && v.Lo > v.Hi || !v.NA && v.Lo == v.Hi
}

// Value is the one value of a point.
func (v Value) Value() eval.Value {
	switch {
	case !v.IsPoint():
		return eval.Value{Unknown: true}
	case v.NA:
		return eval.Value{NA: true}
	}
	return eval.Value{F: v.Lo, S: v.Text}
}

// Bounded tells whether both ends are numbers.
func (v Value) Bounded() bool {
	v = v.num()
	return !math.IsInf(v.Lo, 0) && !math.IsInf(v.Hi, 0)
}

// Range gives the ends, with what is not applicable as 0.
func (v Value) Range() (lo, hi float64) {
	v = v.num()
	return v.Lo, v.Hi
}

// Contains tells whether a completion may give x.
func (v Value) Contains(x eval.Value) bool {
	switch {
	case x.Unknown:
		return v.Open
	case x.NA:
		return v.NA
	case x.S != "" || v.Text != "":
		return v.Any || v.Text == x.S
	case v.Set != 0 && !v.Open:
		return x.F >= 0 && x.F < 64 && v.Set&(1<<uint(x.F)) != 0
	}
	return v.Lo <= x.F && x.F <= v.Hi
}

// num is the value as arithmetic sees it: what is not applicable is 0, or "".
func (v Value) num() Value {
	if !v.NA {
		return v
	}
	v.NA = false
	if v.Lo > v.Hi {
		v.Lo, v.Hi, v.Set = 0, 0, 0
		return v
	}
	v.Lo, v.Hi = min(v.Lo, 0), max(v.Hi, 0)
	if v.Set != 0 {
		v.Set |= 1
	}
	v.Any = v.Any || v.Text != ""
	return v
}

// join holds what either holds.
func join(a, b Value) Value {
	out := Value{NA: a.NA || b.NA, Open: a.Open || b.Open, Whole: a.Whole && b.Whole}
	switch {
	case a.Lo > a.Hi:
		out.Lo, out.Hi, out.Set, out.Text, out.Any = b.Lo, b.Hi, b.Set, b.Text, b.Any
		return out
	case b.Lo > b.Hi:
		out.Lo, out.Hi, out.Set, out.Text, out.Any = a.Lo, a.Hi, a.Set, a.Text, a.Any
		return out
	}
	out.Lo, out.Hi = min(a.Lo, b.Lo), max(a.Hi, b.Hi)
	if a.Set != 0 || b.Set != 0 {
		x, okA := a.set()
		y, okB := b.set()
		if okA && okB {
			out.Set = x | y
		}
	}
	out.Text, out.Any = a.Text, a.Any || b.Any || a.Text != b.Text
	return out
}

// set gives the values of an enumeration; false for what is none.
func (v Value) set() (uint64, bool) {
	if v.Set != 0 {
		return v.Set, true
	}
	if v.Lo == v.Hi && v.Lo >= 0 && v.Lo < 64 && v.Lo == math.Trunc(v.Lo) {
		return 1 << uint(v.Lo), true
	}
	return 0, false
}

// choice holds some values of an enumeration.
func choice(set uint64) Value {
	return Value{Lo: float64(bits.TrailingZeros64(set)), Hi: float64(63 - bits.LeadingZeros64(set)), Set: set, Whole: true}
}

// sure reads a condition: it certainly holds, or certainly fails; neither when
// that depends. What is not applicable fails.
func (v Value) sure() (holds, fails bool) {
	switch {
	case v.Open:
		return false, false
	case v.Lo > v.Hi: // never applicable
		return false, true
	case v.Lo > 0 || v.Hi < 0:
		return !v.NA, false
	}
	return false, v.Lo == 0 && v.Hi == 0
}

func (v Value) mustHold() bool {
	holds, _ := v.sure()
	return holds
}

func (v Value) mustFail() bool {
	_, fails := v.sure()
	return fails
}

// condition brings a value to a yes or no.
func (v Value) condition() Value {
	switch holds, fails := v.sure(); {
	case holds:
		return truth(true)
	case fails:
		return truth(false)
	}
	return perhaps(v.Open)
}
