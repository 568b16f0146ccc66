package check

import (
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

func (c *checker) declareParams() {
	for _, f := range c.files {
		for _, d := range f.Params {
			p := ir.Param{Name: d.Name, Label: d.Label, Type: c.typ(f.Name, d.Type), Expected: c.day(f.Name, d.Pos, d.Expected)}
			for _, k := range d.Keys {
				key := ir.Key{Enum: -1}
				if k != "nombre" {
					i, ok := c.enums[k]
					if !ok {
						c.problem(f.Name, d.Pos, sprintf(msgKeyEnum, k), "")
					}
					key.Enum = i
				}
				p.Keys = append(p.Keys, key)
			}
			for i, v := range d.Versions {
				out := ir.Version{From: c.day(f.Name, v.Pos, v.From), Ended: v.Ended, Source: v.Source}
				if i > 0 && out.From <= p.Versions[i-1].From {
					c.problem(f.Name, v.Pos, msgDatesOrder, "")
				}
				switch {
				case v.Ended:
				case v.Value != nil && len(p.Keys) == 0:
					if l, ok := c.literal(f.Name, v.Value, p.Type); ok {
						out.Value = l.Num
					}
				case v.Grid != nil && len(p.Keys) > 0:
					out.Grid = c.grid(f.Name, v.Pos, &p, v.Grid)
				case len(p.Keys) > 0:
					c.problem(f.Name, v.Pos, msgNeedGrid, "")
				default:
					c.problem(f.Name, v.Pos, msgNeedValue, "")
				}
				p.Versions = append(p.Versions, out)
			}
			c.declare(f.Name, d.Pos, d.Name, symParam, len(c.prog.Params))
			c.prog.Params = append(c.prog.Params, p)
		}
	}
}

// gridKeys reads the values of one key, in order; more tells that the last one is
// "en plus".
func (c *checker) gridKeys(file string, key ir.Key, keys []*lang.GridKey) (values []int32, more bool) {
	for i, k := range keys {
		switch {
		case more, k.More && (key.Enum >= 0 || i == 0):
			c.problem(file, k.Pos, msgGridMore, "")
		case k.More:
			more = true
		case key.Enum >= 0:
			def := &c.prog.Enums[key.Enum]
			n := def.ValueIndex(k.Text)
			if n < 0 {
				c.problem(file, k.Pos, sprintf(msgGridKey, k.Text, def.Name), adviceValues(k.Text, def.Values))
				n = 0
			}
			values = append(values, int32(n))
		default:
			whole, err := strconv.ParseInt(k.Text, 10, 32) // 0, or the nearest, with an error
			if err != nil {
				c.problem(file, k.Pos, sprintf(msgGridWhole, k.Text), "")
			}
			n := int32(whole)
			if len(values) > 0 && n <= values[len(values)-1] {
				c.problem(file, k.Pos, msgGridOrder, "")
			} else if len(values) > 0 && n != values[len(values)-1]+1 {
				c.problem(file, k.Pos, sprintf(msgGridHole, values[len(values)-1], n), "")
			}
			values = append(values, n)
		}
	}
	return values, more
}

// grid checks the grid of one version and puts enumeration keys in their order.
func (c *checker) grid(file string, pos lang.Pos, p *ir.Param, g *lang.Grid) *ir.Grid {
	out := &ir.Grid{}
	columns := 1
	moreCol := false
	if len(p.Keys) == 2 {
		if len(g.Head) == 0 {
			c.problem(file, pos, sprintf(msgGridHead, c.keyName(p.Keys[1])), "")
			return out
		}
		out.Cols, moreCol = c.gridKeys(file, p.Keys[1], g.Head)
		columns = len(g.Head)
	} else if len(g.Head) > 0 {
		c.problem(file, pos, msgGridNoHead, "")
		return out
	}
	rowKeys := make([]*lang.GridKey, len(g.Rows))
	for i, r := range g.Rows {
		rowKeys[i] = r.Key
	}
	var moreRow bool
	out.Rows, moreRow = c.gridKeys(file, p.Keys[0], rowKeys)
	for i, r := range g.Rows {
		if len(r.Cells) != columns {
			c.problem(file, r.Key.Pos, sprintf(msgGridCells, len(r.Cells), columns), "")
			continue
		}
		cells := make([]float64, columns)
		for j, cell := range r.Cells {
			l, _ := c.literal(file, cell, p.Type)
			cells[j] = l.Num
		}
		last := i == len(g.Rows)-1
		if moreCol {
			if !(last && moreRow) {
				out.MoreCol = append(out.MoreCol, cells[columns-1])
			}
			cells = cells[:columns-1]
		}
		if last && moreRow {
			out.MoreRow = cells
			continue
		}
		out.Cells = append(out.Cells, cells)
	}
	c.complete(file, pos, p.Keys[0], out.Rows)
	if len(p.Keys) == 2 {
		c.complete(file, pos, p.Keys[1], out.Cols)
	}
	return out
}

// complete reports the values of an enumeration that a grid forgets.
func (c *checker) complete(file string, pos lang.Pos, key ir.Key, have []int32) {
	if key.Enum < 0 {
		return
	}
	seen := map[int32]bool{}
	for _, v := range have {
		seen[v] = true
	}
	for i, name := range c.prog.Enums[key.Enum].Values {
		if !seen[int32(i)] {
			c.problem(file, pos, sprintf(msgGridMissing, name), "")
		}
	}
}

func (c *checker) keyName(k ir.Key) string {
	if k.Enum < 0 {
		return "nombre"
	}
	return c.prog.Enums[k.Enum].Name
}

func (c *checker) declareScales() {
	for _, f := range c.files {
		for _, d := range f.Scales {
			s := ir.Scale{
				Name: d.Name, Label: d.Label, Marginal: d.Marginal, Of: c.typ(f.Name, d.Of), Rate: c.typ(f.Name, d.Type),
				Expected: c.day(f.Name, d.Pos, d.Expected),
			}
			s.Type = s.Rate
			if s.Marginal {
				s.Type = ir.Num(s.Of.Unit.Times(s.Rate.Unit))
				if !s.Type.Unit.Sound() {
					c.problem(f.Name, d.Pos, sprintf(msgMoreDims, s.Of.Unit, s.Rate.Unit), adviceEuroEuro)
				}
			}
			for i, v := range d.Versions {
				out := ir.ScaleVersion{From: c.day(f.Name, v.Pos, v.From), Source: v.Source}
				if i > 0 && out.From <= s.Versions[i-1].From {
					c.problem(f.Name, v.Pos, msgDatesOrder, "")
				}
				for j, b := range v.Brackets {
					from, _ := c.literal(f.Name, b.From, loosePercent(b.From, s.Of))
					value, _ := c.literal(f.Name, b.Value, loosePercent(b.Value, s.Rate))
					if j > 0 && from.Num <= out.Thresholds[j-1] {
						c.problem(f.Name, b.From.Pos, msgBrackets, "")
					}
					out.Thresholds = append(out.Thresholds, from.Num)
					out.Values = append(out.Values, value.Num)
				}
				s.Versions = append(s.Versions, out)
			}
			c.declare(f.Name, d.Pos, d.Name, symScale, len(c.prog.Scales))
			c.prog.Scales = append(c.prog.Scales, s)
		}
	}
}

// loosePercent lets a plain number of a scale be written with or without %.
func loosePercent(l *lang.Literal, t ir.Type) ir.Type {
	if t.Kind == ir.Number && t.Unit.IsNumber() {
		t.Percent = strings.HasPrefix(l.Unit, "%")
	}
	return t
}

func (c *checker) declareTables() {
	for _, f := range c.files {
		for _, d := range f.Tables {
			t := ir.Table{Name: d.Name, Label: d.Label, Source: d.Source, Type: c.typ(f.Name, d.Type)}
			if d.Default != nil {
				if l, ok := c.literal(f.Name, d.Default, t.Type); ok {
					t.Default = &l.Num
				}
			}
			c.tableRows(f.Name, d, &t)
			c.declare(f.Name, d.Pos, d.Name, symTable, len(c.prog.Tables))
			c.prog.Tables = append(c.prog.Tables, t)
		}
	}
}

// tableRows reads "value ; code code code-code" lines.
func (c *checker) tableRows(file string, d *lang.Table, t *ir.Table) {
	if c.read == nil {
		return
	}
	content, err := c.read(d.Path)
	if err != nil {
		c.problem(file, d.Pos, sprintf(msgTableRead, d.Path, err), "")
		return
	}
	for i, line := range strings.Split(string(content), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, codes, ok := strings.Cut(line, ";")
		if !ok {
			c.problem(file, d.Pos, sprintf(msgTableLine, d.Path, i+1, "« valeur ; codes »"), "")
			return
		}
		lit := &lang.Literal{Pos: d.Pos, Kind: lang.LitName, Text: strings.TrimSpace(name)}
		if t.Type.Kind == ir.Number {
			lit.Kind, lit.Text = lang.LitNumber, strings.Replace(lit.Text, ",", ".", 1)
		}
		v, ok := c.literal(file, lit, t.Type)
		if !ok {
			return
		}
		t.Rows = append(t.Rows, ir.TableRow{Value: v.Num, Codes: strings.TrimSpace(codes)})
	}
}
