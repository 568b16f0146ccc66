package columnar

import (
	"fmt"
	"sync"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Ask names a column to compute: a variable for every subject of its entity at a
// period (a month, the January of a year, anything for what is eternal), seen
// from the month Asked as eval.Options means it.
type Ask struct {
	Var    int32
	Period ir.Month
	Asked  ir.Month
}

// Options of a compilation.
type Options struct {
	// Open is the profile openfisca: an absent input has its default, « à
	// vérifier » is not applicable. Without it, the profile dossier: an absent
	// input is presumed, else unknown.
	Open bool
	// Cells makes a small program for Evaluator.Cells alone: conditions that decide
	// nothing are kept, so that all that the law reads is listed, and no value takes
	// the place of a rule's.
	Cells bool
	Most  int // operations that a program may have, 0 for the most of all
}

// Program is what is asked of a law, ready to be computed; it is safe for
// concurrent use.
type Program struct {
	law    *eval.Program
	open   bool
	asks   []Ask
	roots  []int32
	nodes  []node
	spaces []space
	paths  []path
	texts  []string // of the law; a text is its number here, "" is 0
	// first and width place the months of a variable among the slots of a batch:
	// slot = first + month − from. A variable that is not read has width 0.
	series   []series
	slots    int32
	slotOf   []int32   // the variable of each slot
	narrowed *narrowed // nil in a narrowed program
	notes    []string  // sentences « à vérifier »
	// simple is the program for batches that give no value in place of a rule's; nil
	// in a narrowed one.
	simple func() *Program
	code   func() *code // its nodes as steps
	cells  bool         // for Cells alone: it has steps and no nodes
}

// series is the run of months of one variable that the program can read.
type series struct {
	read     bool
	from, to ir.Month
	first    int32 // slot of month from
}

// maxNodes bounds a compiled program: the eleven rights of the figures take some
// 20,000.
const maxNodes = 4 << 20

// Compile prepares a law's program for what is asked. The error says that it is
// too large.
func Compile(law *eval.Program, asks []Ask, o Options) (*Program, error) {
	if o.Most <= 0 || o.Most > maxNodes {
		o.Most = maxNodes
	}
	c := &compiler{
		most:  o.Most,
		prog:  &Program{law: law, open: o.Open, cells: o.Cells, asks: asks, texts: []string{""}, series: make([]series, len(law.IR.Vars))},
		cells: map[instance]int32{}, same: map[nodeKey]int32{}, pathOf: map[string]int32{}, spaceOf: map[space]int32{},
	}
	for e := range int32(ir.Entities) {
		c.prog.spaces = append(c.prog.spaces, space{entity: ir.Entity(e), parent: -1, path: -1})
	}
	for _, a := range asks {
		period := a.Period
		if law.IR.Vars[a.Var].Period == ir.Eternal {
			period = 0
		}
		root := c.cell(instance{a.Var, period, a.Asked})
		c.prog.roots = append(c.prog.roots, root)
		if len(c.prog.nodes) > o.Most {
			return nil, fmt.Errorf("compile %d asks: more than %d operations", len(asks), o.Most)
		}
	}
	c.finish()
	if o.Cells {
		steps := makeCode(c.prog)
		c.prog.code, c.prog.nodes = func() *code { return steps }, nil
		return c.prog, nil
	}
	c.prog.code = sync.OnceValue(func() *code { return makeCode(c.prog) })
	c.prog.simple = sync.OnceValue(c.prog.withoutGiven)
	return c.prog, nil
}

// Size tells how many operations the program has, for figures and logs.
func (p *Program) Size() int {
	if p.cells {
		return len(p.code().steps)
	}
	return len(p.nodes)
}

// Reads tells whether the program can read a variable at a month, so that a
// reader of files can pass over what decides nothing.
func (p *Program) Reads(variable int32, m ir.Month) bool { return p.slot(variable, m) >= 0 }

// Span returns the first and the last month at which the program can read a
// variable; false when it never does. What is eternal is read at month 0.
func (p *Program) Span(variable int32) (first, last ir.Month, ok bool) {
	s := &p.series[variable]
	return s.from, s.to, s.read
}

func (p *Program) slot(variable int32, m ir.Month) int32 {
	s := &p.series[variable]
	if p.law.IR.Vars[variable].Period == ir.Eternal {
		m = 0
	}
	if !s.read || m < s.from || m > s.to {
		return -1
	}
	return s.first + int32(m-s.from)
}

// op is what a node does.
type op uint8

const (
	opConst op = iota // x, or not applicable when i is 1
	opGap             // the law does not know: the household goes to the reference
	opNote            // « à vérifier », sentence i: not applicable
	opInput           // slot i of an input; a: its value when absent
	opGiven           // slot i of a rule, else a
	opAdd             // a, b
	opSub
	opMul
	opDiv
	opMin
	opMax
	opNeg
	opFloor
	opRound // a, to a multiple of x
	opEq    // a, b
	opNe
	opLt
	opLe
	opAnd
	opOr
	opNot
	opIn         // a is one of list
	opPrefix     // a begins with the text i
	opApplicable // a
	opIf         // a, then b, else c
	opGrid       // version j of the parameter i by list
	opParamAt    // parameter i on the day a, by list
	opScale      // version j of the scale i of a
	opLookup     // table i of a
	opLift       // a, of another space, for the rows of this one: subjects
	opOuter      // a, of the space around this one
	opProject    // a, of the space i or of an entity, through the path j
	opFold       // list: filter and body of the members through the path j
	opMonths     // list: filter and body of each month
	opRank       // a by filter b through the path j
	opRole       // the person has the role
	opDateAdd    // a + b
	opDateDiff   // from a to b
	opYearOf
	opMonthOf
)

// node is one operation over the rows of a space. Operands come before it.
type node struct {
	op      op
	mode    uint8 // rounding, span, fold or role
	needNA  bool  // somebody looks whether it is applicable
	touchy  bool  // may rest on a sentence « à vérifier » or on a gap
	space   int32
	a, b, c int32 // operands, −1 for none
	i, j    int32
	x       float64
	list    []int32 // −1 for a filter that is not there
	uses    int32
	fixed   *col // of a constant: the same for every evaluator, never written
}

// space is a set of rows: the subjects of an entity (parent −1), or the subjects
// that a path leads to from each row of a parent space, one row per pair.
type space struct {
	entity ir.Entity
	parent int32
	path   int32
}

// path is a walk between subjects.
type path struct {
	from  ir.Entity
	to    ir.Entity
	steps []ir.Step
}

// instance is a variable at a period, seen from an asked month.
type instance struct {
	variable int32
	period   ir.Month
	asked    ir.Month
}

// Asks are what the program was compiled for.
func (p *Program) Asks() []Ask { return p.asks }
