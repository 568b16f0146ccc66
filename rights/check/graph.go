package check

import (
	"sort"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// edge says that a rule reads a variable, at most late months after its own
// period (0 the same month, negative the past; a year counts as its January).
type edge struct {
	from, to int32
	late     int
}

// cycles reports rules that read themselves at the same month, and rules that
// read themselves in the past without saying how far.
func (c *checker) cycles() {
	n := len(c.prog.Vars)
	present := make([][]int32, n)
	any := make([][]int32, n)
	seen := map[edge]bool{}
	for _, e := range c.edges {
		key := edge{e.from, e.to, 0}
		if e.late >= 0 {
			key.late = 1
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		if e.late >= 0 {
			present[e.from] = append(present[e.from], e.to)
		}
		any[e.from] = append(any[e.from], e.to)
	}
	for _, g := range [][][]int32{present, any} {
		for _, to := range g {
			sort.Slice(to, func(i, j int) bool { return to[i] < to[j] })
		}
	}
	if loop := findCycle(present, nil); loop != nil {
		v := &c.prog.Vars[loop[0]]
		c.problem(v.File, lang.Pos{Line: int(v.Line), Col: 1}, sprintf(msgCycle, c.pathNames(loop)), "")
		return
	}
	bounded := func(v int32) bool { return c.prog.Vars[v].Start != nil }
	if loop := findCycle(any, bounded); loop != nil {
		v := &c.prog.Vars[loop[0]]
		c.problem(v.File, lang.Pos{Line: int(v.Line), Col: 1}, sprintf(msgPastCycle, c.pathNames(loop)), advicePastCycle)
	}
}

func (c *checker) pathNames(loop []int32) string {
	names := make([]string, 0, len(loop)+1)
	for _, v := range loop {
		names = append(names, c.prog.Vars[v].Name)
	}
	return strings.Join(append(names, names[0]), " → ")
}

// findCycle returns the nodes of a cycle that avoids the skipped nodes, or nil.
func findCycle(graph [][]int32, skip func(int32) bool) []int32 {
	const (
		white = iota
		grey
		black
	)
	colour := make([]uint8, len(graph))
	var stack, found []int32
	var visit func(v int32) bool
	visit = func(v int32) bool {
		if skip != nil && skip(v) {
			return false
		}
		colour[v] = grey
		stack = append(stack, v)
		for _, w := range graph[v] {
			if skip != nil && skip(w) {
				continue
			}
			if colour[w] == grey {
				for i, x := range stack {
					if x == w {
						found = append([]int32(nil), stack[i:]...)
					}
				}
				return true
			}
			if colour[w] == white && visit(w) {
				return true
			}
		}
		stack = stack[:len(stack)-1]
		colour[v] = black
		return false
	}
	for v := range graph {
		if colour[v] == white && visit(int32(v)) {
			return found
		}
	}
	return nil
}

// lateness bounds how late, in months after the rule's own period, what the
// scope reads can be.
type lateness struct {
	max   int
	month int // place in the year of the scope's period, 0 (January, also for a year) to 11; −1 when it may be any
}

// after returns the lateness once a shift is applied.
func (l lateness) after(s ir.Shift) lateness {
	if s.Absolute {
		return lateness{max: 0, month: int(s.Month) - 1}
	}
	if s.Month == 0 && !s.Yearly {
		return lateness{max: l.max + int(s.Months), month: -1}
	}
	target := 0
	if !s.Yearly {
		target = int(s.Month) - 1
	}
	from := max(l.month, 0) // January gives the latest result
	return lateness{max: l.max - from + target + 12*int(s.Years), month: target}
}
