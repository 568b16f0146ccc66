// Package ir is the contract between the rule language and its evaluators: a
// checked, typed program whose every node says its type, its unit, its period and
// its subject. It can be written to JSON and read back; its digest names a law.
//
// Guarantees: a Program made by package check has no dangling index, no cycle at
// the same month, and units that agree. Numbers are float64; evaluators do the
// same operations in the same order with explicit float64 conversions, so that
// all of them and all machines agree to the bit. Nothing here reads a clock or a
// file.
package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// SemanticsVersion is raised when an evaluator would give another answer for the
// same program.
const SemanticsVersion = 1

// Program is a checked law.
type Program struct {
	Semantics int       `json:"semantics"`
	Enums     []EnumDef `json:"enums"`
	Params    []Param   `json:"params"`
	Scales    []Scale   `json:"scales"`
	Tables    []Table   `json:"tables"`
	Vars      []Var     `json:"vars"`
}

// EnumDef is an enumeration: its values are numbered from 0.
type EnumDef struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	Labels []string `json:"labels"` // one per value, the name where the law gives none
}

// ValueIndex returns the number of a value, or −1.
func (e *EnumDef) ValueIndex(name string) int {
	for i, v := range e.Values {
		if v == name {
			return i
		}
	}
	return -1
}

// Param is a dated parameter, plain or with one or two keys.
type Param struct {
	Name     string    `json:"name"`
	Label    string    `json:"label,omitempty"`
	Type     Type      `json:"type"`
	Keys     []Key     `json:"keys,omitempty"`
	Versions []Version `json:"versions"`           // by rising From
	Expected Day       `json:"expected,omitempty"` // day a newer value is expected, 0 for none
}

// Key is what a grid is read by: an enumeration, or a whole number.
type Key struct {
	Enum int32 `json:"enum"` // −1 for a whole number
}

// Version is the value of a parameter from a day on.
type Version struct {
	From   Day     `json:"from"`
	Ended  bool    `json:"ended,omitempty"` // no value any more
	Source string  `json:"source,omitempty"`
	Value  float64 `json:"value,omitempty"` // of a plain parameter
	Grid   *Grid   `json:"grid,omitempty"`
}

// Grid holds the cells of a keyed parameter. Rows and Cols are the key values
// (enumeration indexes or whole numbers), rising; Cols is empty with one key.
// Beyond the last whole number, More adds per unit; without it the cell is not
// applicable, as is one below the first.
type Grid struct {
	Rows    []int32     `json:"rows"`
	Cols    []int32     `json:"cols,omitempty"`
	Cells   [][]float64 `json:"cells"`              // [row][col], or [row][0]
	MoreRow []float64   `json:"more_row,omitempty"` // per unit beyond the last row, one per column
	MoreCol []float64   `json:"more_col,omitempty"` // per unit beyond the last column, one per row
}

// Scale is a barème: marginal or by bracket.
type Scale struct {
	Name     string         `json:"name"`
	Label    string         `json:"label,omitempty"`
	Marginal bool           `json:"marginal,omitempty"`
	Of       Type           `json:"of"`   // of the argument
	Rate     Type           `json:"rate"` // of the bracket's value
	Type     Type           `json:"type"` // of the result
	Versions []ScaleVersion `json:"versions"`
	Expected Day            `json:"expected,omitempty"`
}

// ScaleVersion is the brackets of a scale from a day on, by rising threshold.
type ScaleVersion struct {
	From       Day       `json:"from"`
	Source     string    `json:"source,omitempty"`
	Thresholds []float64 `json:"thresholds"`
	Values     []float64 `json:"values"`
}

// Table is a reference table from text codes to the values of an enumeration or
// to numbers.
type Table struct {
	Name    string     `json:"name"`
	Label   string     `json:"label,omitempty"`
	Source  string     `json:"source,omitempty"`
	Type    Type       `json:"type"`
	Rows    []TableRow `json:"rows"`
	Default *float64   `json:"default,omitempty"` // for a code that is absent, in the openfisca profile
}

// TableRow gives one value to many codes: "75056 92004 92007-92009", sorted; a-b
// stands for every code between.
type TableRow struct {
	Value float64 `json:"value"`
	Codes string  `json:"codes"`
}

// Derived says that an absent input is supposed, in the dossier profile, to be the
// known value of another input of the same subject and period times a parameter.
type Derived struct {
	From  int32 `json:"from"`  // variable
	Times int32 `json:"times"` // parameter without keys
}

// Var is a variable: an input, or a rule.
type Var struct {
	Name     string     `json:"name"`
	Label    string     `json:"label,omitempty"` // the sentence of the rule, or of the input
	Entity   Entity     `json:"entity"`
	Period   PeriodKind `json:"period"`
	Type     Type       `json:"type"`
	Articles []string   `json:"articles,omitempty"`

	// An input.
	Input     bool      `json:"input,omitempty"`
	Default   *Literal  `json:"default,omitempty"`   // OpenFisca's default
	Presumed  *Literal  `json:"presumed,omitempty"`  // ours, or nil
	When      *Expr     `json:"when,omitempty"`      // condition of Presumed, nil for always
	Derived   *Derived  `json:"derived,omitempty"`   // what is supposed from another input, nil for none
	Spreading Spreading `json:"spreading,omitempty"` // of a yearly value over months
	Question  string    `json:"question,omitempty"`

	// A rule.
	Bodies  []Body   `json:"bodies,omitempty"` // by rising From; From is the zero Day of a rule without dates
	MaxPast int32    `json:"max_past,omitempty"`
	Start   *Literal `json:"start,omitempty"` // value more than MaxPast months before the asked month
	Slots   int32    `json:"slots,omitempty"` // let slots used by the bodies

	File string `json:"file"`
	Line int32  `json:"line"`
}

// Body is the expression of a rule from a day on.
type Body struct {
	From Day   `json:"from"`
	Expr *Expr `json:"expr"`
}

// Literal is a constant value: Num for numbers, booleans (0, 1), days and
// enumeration indexes, Text for texts.
type Literal struct {
	Num  float64 `json:"num,omitempty"`
	Text string  `json:"text,omitempty"`
}

// Spreading is how a value given for a year becomes monthly values.
type Spreading uint8

// The spreadings.
const (
	SpreadForbidden Spreading = iota
	SpreadShared              // divided by twelve: flows
	SpreadRepeated            // the same every month: statuses and stocks
)

// FirstDayEver is the From of a body without a date.
const FirstDayEver Day = -1 << 30

// Marshal writes the program as JSON. The same program always gives the same
// bytes.
func (p *Program) Marshal() ([]byte, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write program: %w", err)
	}
	return b, nil
}

// Unmarshal reads a program written by Marshal.
func Unmarshal(b []byte) (*Program, error) {
	var p Program
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("read program: %w", err)
	}
	if p.Semantics > SemanticsVersion {
		return nil, fmt.Errorf("read program: semantics %d is newer than this program's %d", p.Semantics, SemanticsVersion)
	}
	return &p, nil
}

// Digest names a marshalled program: the first 16 bytes of its SHA-256, in hex.
func Digest(marshalled []byte) string {
	sum := sha256.Sum256(marshalled)
	return hex.EncodeToString(sum[:16])
}
