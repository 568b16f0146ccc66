package rights

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Value is a fact's or a result's value. Only the field of its Kind is
// meaningful. In JSON it is a number, true or false, or a text ("2026-06-11" for
// a date, the name for a choice).
type Value struct {
	Kind   ValueKind
	Number float64 // euros, percentages as shares of one, counts…
	Bool   bool
	Day    Day
	Text   string // a code, or the name of a choice
}

// Number makes a number.
func Number(n float64) Value { return Value{Kind: KindNumber, Number: n} }

// Bool makes a yes or no.
func Bool(b bool) Value { return Value{Kind: KindBool, Bool: b} }

// Date makes a day.
func Date(d Day) Value { return Value{Kind: KindDate, Day: d} }

// Text makes a code.
func Text(s string) Value { return Value{Kind: KindText, Text: s} }

// ChoiceOf makes the value of an enumeration, by its name.
func ChoiceOf(name string) Value { return Value{Kind: KindChoice, Text: name} }

// String writes the value for logs and tests.
func (v Value) String() string {
	switch v.Kind {
	case KindBool:
		return strconv.FormatBool(v.Bool)
	case KindDate:
		return v.Day.String()
	case KindText, KindChoice:
		return v.Text
	}
	return strconv.FormatFloat(v.Number, 'f', -1, 64)
}

// MarshalJSON writes the bare value.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case KindBool:
		return json.Marshal(v.Bool)
	case KindNumber:
		return json.Marshal(v.Number)
	}
	return json.Marshal(v.String())
}

// UnmarshalJSON reads a bare value: the kind is what JSON shows, a text for a
// date or a choice too.
func (v *Value) UnmarshalJSON(b []byte) error {
	var raw any
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("read value: %w", err)
	}
	switch x := raw.(type) {
	case bool:
		*v = Bool(x)
	case float64:
		*v = Number(x)
	case string:
		*v = Text(x)
	default:
		return fmt.Errorf("read value: want a number, a boolean or a text")
	}
	return nil
}

// value makes a Value of a variable's type from the engine's numbers.
func (l *Law) value(t ir.Type, n float64, text string) Value {
	switch t.Kind {
	case ir.Bool:
		return Bool(n != 0)
	case ir.Date:
		return Date(Day(n))
	case ir.Text:
		return Text(text)
	case ir.Enum:
		e := &l.prog.IR.Enums[t.Enum]
		if i := int(n); i >= 0 && i < len(e.Values) {
			return ChoiceOf(e.Values[i])
		}
		return ChoiceOf("")
	}
	return Number(n)
}

// ValueOf makes the value of a variable, by its index in the program, from what an
// evaluator found: a number, or a text.
func (l *Law) ValueOf(variable int32, n float64, text string) Value {
	return l.value(l.prog.IR.Vars[variable].Type, n, text)
}

// maxNumber bounds what a fact may say: beyond it is a slip of the keyboard.
const maxNumber = 1e12

// engineValue turns a fact's value into the engine's, checked against the type.
func (l *Law) engineValue(t ir.Type, v Value) (eval.Value, *InputError) {
	wrong := &InputError{Code: "wrong_type", Want: string(kindOf(t)), Got: v.String()}
	switch t.Kind {
	case ir.Number:
		if v.Kind != KindNumber {
			return eval.Value{}, wrong
		}
		if math.IsNaN(v.Number) || math.Abs(v.Number) > maxNumber {
			return eval.Value{}, &InputError{Code: "number_out_of_range", Got: v.String()}
		}
		return eval.Value{F: v.Number}, nil
	case ir.Bool:
		if v.Kind != KindBool {
			return eval.Value{}, wrong
		}
		return eval.Bool(v.Bool), nil
	case ir.Date:
		if v.Kind == KindDate {
			return eval.Value{F: float64(v.Day)}, nil
		}
		if v.Kind != KindText {
			return eval.Value{}, wrong
		}
		d, err := ir.ParseDay(v.Text)
		if err != nil {
			return eval.Value{}, &InputError{Code: "no_such_date", Got: v.Text}
		}
		return eval.Value{F: float64(d)}, nil
	case ir.Text:
		if v.Kind != KindText && v.Kind != KindChoice {
			return eval.Value{}, wrong
		}
		if len(v.Text) > 100 {
			return eval.Value{}, &InputError{Code: "text_too_long"}
		}
		return eval.Value{S: v.Text}, nil
	}
	if v.Kind != KindText && v.Kind != KindChoice {
		return eval.Value{}, wrong
	}
	e := &l.prog.IR.Enums[t.Enum]
	i := e.ValueIndex(v.Text)
	if i < 0 {
		return eval.Value{}, &InputError{Code: "no_such_choice", Got: v.Text, Known: e.Values}
	}
	return eval.Value{F: float64(i)}, nil
}
