package desk

// Number is one number of a table, which may be hidden.
type Number struct {
	N      int64
	Hidden bool // "fewer than Fewest", or hidden so that another cannot be computed
}

// Fewest is the smallest number that is shown: below it somebody might be recognised.
// Zero is shown. A number under it is hidden (primary suppression), and so are enough
// others that no subtraction gives it back (secondary suppression): Handbook on
// Statistical Disclosure Control, 2nd edition, 2024, chapter on tables. Five is this
// program's choice for visits; files, each of which is a person, keep eleven.
const Fewest = 5

// grid is a table with its margins: the last column is the sum of the others and, when
// adds is true, the last row too. Every row has the same number of cells.
type grid struct {
	cells [][]Number
	adds  bool
}

// hide hides in tables that share one last row (the totals, those of adds alone) what
// would let a small number be known. It is idempotent.
func hide(tables []*grid) {
	for _, g := range tables {
		for _, row := range g.cells {
			for c := range row {
				if row[c].N > 0 && row[c].N < Fewest {
					row[c].Hidden = true
				}
			}
		}
	}
	for changed := true; changed; {
		changed = shareTotals(tables)
		for _, g := range tables {
			changed = g.sums() || changed
			changed = g.loops() || changed
		}
	}
}

// shareTotals hides a total everywhere when it is hidden somewhere.
func shareTotals(tables []*grid) (changed bool) {
	var last [][]Number
	for _, g := range tables {
		if g.adds && len(g.cells) > 0 {
			last = append(last, g.cells[len(g.cells)-1])
		}
	}
	for c := 0; len(last) > 0 && c < len(last[0]); c++ {
		hidden := false
		for _, row := range last {
			hidden = hidden || row[c].Hidden
		}
		for _, row := range last {
			changed = changed || row[c].Hidden != hidden
			row[c].Hidden = hidden
		}
	}
	return changed
}

// line is a sum: some parts, then their total.
func (g *grid) lines() (all [][]*Number) {
	for r := range g.cells {
		var one []*Number
		for c := range g.cells[r] {
			one = append(one, &g.cells[r][c])
		}
		all = append(all, one)
	}
	if !g.adds || len(g.cells) == 0 {
		return all
	}
	for c := range g.cells[0] {
		var one []*Number
		for r := range g.cells {
			one = append(one, &g.cells[r][c])
		}
		all = append(all, one)
	}
	return all
}

// sums makes each sum safe by itself: a hidden number is never alone in it, and what
// the shown ones leave to the hidden ones could be at least Fewest for any of them.
func (g *grid) sums() (changed bool) {
	for _, one := range g.lines() {
		for !safe(one) {
			next := smallest(one)
			if next == nil {
				break
			}
			next.Hidden, changed = true, true
		}
	}
	return changed
}

func safe(one []*Number) bool {
	total := one[len(one)-1]
	hidden, rest := int64(0), total.N
	for _, n := range one[:len(one)-1] {
		if n.Hidden {
			hidden++
		} else {
			rest -= n.N
		}
	}
	switch {
	case total.Hidden:
		return hidden > 0
	case hidden == 0:
		return true
	}
	return hidden > 1 && rest-hidden+1 >= Fewest // each hidden one is at least 1
}

// smallest is the smallest shown number of a sum that is not zero, its total last.
func smallest(one []*Number) *Number {
	var best *Number
	for _, n := range one[:len(one)-1] {
		if !n.Hidden && n.N > 0 && (best == nil || n.N < best.N) {
			best = n
		}
	}
	if total := one[len(one)-1]; best == nil && !total.Hidden && total.N > 0 {
		best = total
	}
	return best
}

// loops makes a table safe as a whole: rows and columns are the two sides of a graph,
// hidden numbers its edges, and an edge that is on no loop can be computed from the
// sums. Such a one gets a loop, or else everything around it is hidden.
func (g *grid) loops() (changed bool) {
	if !g.adds {
		return false
	}
	for r := range g.cells {
		for c := range g.cells[r] {
			if !g.cells[r][c].Hidden {
				continue
			}
			for !g.looped(r, c) {
				next := g.bridge(r, c)
				if next == nil {
					break
				}
				next.Hidden, changed = true, true
			}
		}
	}
	return changed
}

// reach marks the rows and columns joined to row r by hidden numbers, the one at (r, c)
// left out.
func (g *grid) reach(r, c int) (rows, columns map[int]bool) {
	rows, columns = map[int]bool{r: true}, map[int]bool{}
	for grown := true; grown; {
		grown = false
		for i := range g.cells {
			for j := range g.cells[i] {
				if !g.cells[i][j].Hidden || (i == r && j == c) || rows[i] == columns[j] {
					continue
				}
				rows[i], columns[j], grown = true, true, true
			}
		}
	}
	return rows, columns
}

func (g *grid) looped(r, c int) bool {
	_, columns := g.reach(r, c)
	return columns[c]
}

// bridge is the smallest shown number, not zero, that joins what is reached from row r
// with the rest.
func (g *grid) bridge(r, c int) *Number {
	rows, columns := g.reach(r, c)
	var best *Number
	for i := range g.cells {
		for j := range g.cells[i] {
			n := &g.cells[i][j]
			if n.Hidden || n.N == 0 || rows[i] == columns[j] {
				continue
			}
			if best == nil || n.N < best.N {
				best = n
			}
		}
	}
	return best
}
