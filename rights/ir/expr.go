package ir

// Op is what an expression node does.
type Op uint8

// The operations. Operands are in Args, in the order given here.
const (
	OpInvalid Op = iota
	OpNum        // Num: number, boolean 0/1, day, enumeration index
	OpText       // Text
	OpNA         // not applicable
	OpVerify     // not applicable; the right is "to verify" with the sentence Text
	OpVar        // variable Index of the subject at the period
	OpParam      // parameter Index at the month; Args: its keys
	OpParamAt    // parameter Index at the day Args[0]; Args[1:]: its keys
	OpScale      // scale Index of Args[0]
	OpLookup     // table Index of the text Args[0]
	OpAdd
	OpSub
	OpMul
	OpDiv // by zero: not applicable
	OpNeg
	OpMin
	OpMax
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpAnd // left first; the right is not looked at when the left decides
	OpOr
	OpNot
	OpIn         // Args[0] equals one of Args[1:]
	OpPrefix     // the text Args[0] begins with Text
	OpApplicable // Args[0] is applicable
	OpIf         // condition, then, else
	OpLet        // Index: slot; Args: bound expression (looked at only when needed), body
	OpSlot       // Index: slot of an enclosing OpLet
	OpRound      // Step, Mode, Args[0]
	OpShift      // Args[0] at the period Shift
	OpProject    // Args[0] for the one subject that Path leads to; not applicable when there is none
	OpFold       // Fold over the subjects of Path (Args: body, filter or nil) or over the months of Window
	OpRank       // place of the subject among Path, by Args[0] ascending; Args[1]: filter or nil
	OpRole       // the person holds Role
	OpBound      // first (Num 0) or last (Num 1) day of the period Shift
	OpDateAdd    // Args[0] + Args[1] units of Span
	OpDateDiff   // completed Span from Args[0] to Args[1]
	OpYearOf     // calendar year of a day
	OpMonthOf    // month of the year of a day, 1 to 12
	OpFloor      // greatest whole number not above
)

// FoldKind is how many values become one.
type FoldKind uint8

// The folds.
const (
	FoldSum FoldKind = iota
	FoldMean
	FoldCount
	FoldMax
	FoldMin
	FoldAny
	FoldAll
)

// RoundMode is the direction of a rounding.
type RoundMode uint8

// The rounding modes.
const (
	Nearest RoundMode = iota
	Up
	Down
)

// Span is a unit of the calendar.
type Span uint8

// The spans.
const (
	Days Span = iota
	Months
	Years
)

// Shift leads from a period to another one.
//
// With Month 0 and Yearly false it moves by Months. With Yearly true it leads to
// the year of the period moved by Years. With Month 1 to 12 it leads to that
// month of the year moved by Years; Absolute gives the year itself.
type Shift struct {
	Months   int32 `json:"months,omitempty"`
	Yearly   bool  `json:"yearly,omitempty"`
	Years    int32 `json:"years,omitempty"`
	Month    uint8 `json:"month,omitempty"`
	Absolute bool  `json:"absolute,omitempty"`
}

// Apply returns the period that s leads to from m. A year is named by its
// January.
func (s Shift) Apply(m Month) Month {
	if s.Month == 0 && !s.Yearly {
		return m + Month(s.Months)
	}
	y := m.Year() + int(s.Years)
	if s.Absolute {
		y = int(s.Years)
	}
	if s.Yearly {
		return MonthOf(y, 1)
	}
	return MonthOf(y, int(s.Month))
}

// Step is one move of a path between subjects.
type Step struct {
	Kind  StepKind `json:"kind"`
	Roles uint8    `json:"roles,omitempty"` // bit mask 1<<Role for StepMembers and StepFirst
	To    Entity   `json:"to,omitempty"`    // for StepUp
}

// StepKind is the kind of a move.
type StepKind uint8

// The moves.
const (
	StepMembers  StepKind = iota // group -> its persons holding one of Roles, in the order of the situation
	StepFirst                    // group -> the first of them, or nobody
	StepUp                       // person -> the group
	StepPartner                  // person -> the other parent of the family, or nobody
	StepDistinct                 // several -> each once, in order of first appearance
)

// Window is a run of months: From..To relative to the month (0 is the month
// itself, negative is the past), or the twelve months of a year.
type Window struct {
	From   int32 `json:"from,omitempty"`
	To     int32 `json:"to,omitempty"`
	Yearly bool  `json:"yearly,omitempty"`
	Years  int32 `json:"years,omitempty"`
}

// Bounds returns the first and the last month of the window seen from m.
func (w Window) Bounds(m Month) (Month, Month) {
	if w.Yearly {
		y := m.Year() + int(w.Years)
		return MonthOf(y, 1), MonthOf(y, 12)
	}
	return m + Month(w.From), m + Month(w.To)
}

// Len returns the number of months.
func (w Window) Len() int {
	if w.Yearly {
		return 12
	}
	return int(w.To-w.From) + 1
}

// Expr is a node of a checked expression. The fields an operation does not use
// are zero.
type Expr struct {
	Op     Op        `json:"op"`
	Type   Type      `json:"type,omitzero"`
	Index  int32     `json:"index,omitempty"`
	Num    float64   `json:"num,omitempty"`
	Text   string    `json:"text,omitempty"`
	Args   []*Expr   `json:"args,omitempty"`
	Shift  *Shift    `json:"shift,omitempty"`
	Path   []Step    `json:"path,omitempty"`
	Window *Window   `json:"window,omitempty"`
	Fold   FoldKind  `json:"fold,omitempty"`
	Step   float64   `json:"step,omitempty"`
	Mode   RoundMode `json:"mode,omitempty"`
	Span   Span      `json:"span,omitempty"`
	Role   Role      `json:"role,omitempty"`
}
