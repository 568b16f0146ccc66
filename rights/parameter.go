package rights

import (
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// Parameter describes a dated figure of the law: one value, a grid of them, or a
// barème. One of Values, Parts and Brackets is set.
type Parameter struct {
	Name   string // "af_base"; a cell of a grid: "grid.row" or "grid.row.column"
	Label  string // French sentence
	Unit   string // "€/mois", "%", "nombre"
	Values []DatedValue
	// Parts are the names of a grid's cells, in its order: each is a parameter with
	// values of its own. "suivant" is what each further unit adds.
	Parts    []string
	Brackets []DatedBrackets
	Marginal bool // of a barème: each bracket counts for the part inside it
}

// DatedValue is a value from a day on; Ended: none any more.
type DatedValue struct {
	From   string // 2026-04-01
	Ended  bool
	Value  float64
	Source string // of law
}

// DatedBrackets is a barème from a day on. Thresholds rise; one value each.
type DatedBrackets struct {
	From       string
	Source     string
	Thresholds []float64
	Values     []float64
}

// Parameters lists the figures of the law by name, grids and their cells both.
func (l *Law) Parameters() []Parameter {
	var out []Parameter
	for i := range l.prog.IR.Params {
		out = append(out, l.parameter(&l.prog.IR.Params[i])...)
	}
	for i := range l.prog.IR.Scales {
		s := &l.prog.IR.Scales[i]
		p := Parameter{Name: s.Name, Label: s.Label, Unit: unitOf(s.Rate), Marginal: s.Marginal}
		for _, v := range s.Versions {
			p.Brackets = append(p.Brackets, DatedBrackets{From: v.From.String(), Source: v.Source, Thresholds: v.Thresholds, Values: v.Values})
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// NearestParameter returns the names of parameters closest to name, closest first.
func (l *Law) NearestParameter(name string) []string {
	var names []string
	for _, p := range l.Parameters() {
		names = append(names, p.Name)
	}
	return lang.Nearest(name, names, 3)
}

// parameter gives a plain parameter, or a grid with its cells.
func (l *Law) parameter(p *ir.Param) []Parameter {
	whole := Parameter{Name: p.Name, Label: p.Label, Unit: unitOf(p.Type)}
	if len(p.Keys) == 0 {
		for _, v := range p.Versions {
			whole.Values = append(whole.Values, DatedValue{From: v.From.String(), Ended: v.Ended, Value: v.Value, Source: v.Source})
		}
		return []Parameter{whole}
	}
	cells := map[string]*Parameter{}
	for _, v := range p.Versions {
		day := v.From.String()
		seen := map[string]bool{}
		l.gridCells(p, v.Grid, func(name string, value float64) {
			c := cells[name]
			if c == nil {
				c = &Parameter{Name: name, Label: p.Label, Unit: whole.Unit}
				cells[name] = c
				whole.Parts = append(whole.Parts, name)
			}
			seen[name] = true
			c.Values = append(c.Values, DatedValue{From: day, Value: value, Source: v.Source})
		})
		for _, name := range whole.Parts {
			if c := cells[name]; !seen[name] && !c.Values[len(c.Values)-1].Ended {
				c.Values = append(c.Values, DatedValue{From: day, Ended: true, Source: v.Source})
			}
		}
	}
	out := []Parameter{whole}
	for _, name := range whole.Parts {
		out = append(out, *cells[name])
	}
	return out
}

// further names what each unit beyond the last of a grid adds.
const further = "suivant"

// gridCells visits the cells of a grid, of which there are none once it has ended.
func (l *Law) gridCells(p *ir.Param, g *ir.Grid, visit func(name string, value float64)) {
	if g == nil {
		return
	}
	key := func(i int, value int32) string {
		if e := p.Keys[i].Enum; e >= 0 && int(value) < len(l.prog.IR.Enums[e].Values) {
			return l.prog.IR.Enums[e].Values[value]
		}
		return strconv.Itoa(int(value))
	}
	line := func(name string, cells []float64, more []float64, row int) {
		if len(g.Cols) == 0 {
			visit(name, cells[0])
			return
		}
		for j, col := range g.Cols {
			visit(name+"."+key(1, col), cells[j])
		}
		if row >= 0 && row < len(more) {
			visit(name+"."+further, more[row])
		}
	}
	for i, row := range g.Rows {
		line(p.Name+"."+key(0, row), g.Cells[i], g.MoreCol, i)
	}
	if len(g.MoreRow) > 0 {
		line(p.Name+"."+further, g.MoreRow, nil, -1)
	}
}
