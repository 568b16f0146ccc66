package desk

import (
	"testing"

	"pgregory.net/rapid"
)

// TestHiddenNumbersCannotBeComputed: on small random tables, each number that is hidden
// because it is small could be another one, for somebody who knows every number shown,
// every sum, and that hidden numbers are at least 1.
func TestHiddenNumbersCannotBeComputed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 2).Draw(t, "rows"), rapid.IntRange(2, 3).Draw(t, "columns")
		adds := rapid.Bool().Draw(t, "adds")
		g := &grid{adds: adds}
		for range rows {
			row := make([]Number, cols+1)
			for c := range cols {
				row[c].N = int64(rapid.SampledFrom([]int{0, 0, 1, 2, 3, 4, 5, 6, 8}).Draw(t, "n"))
				row[cols].N += row[c].N
			}
			g.cells = append(g.cells, row)
		}
		if adds {
			total := make([]Number, cols+1)
			for _, row := range g.cells {
				for c := range row {
					total[c].N += row[c].N
				}
			}
			g.cells = append(g.cells, total)
		}
		hide([]*grid{g})
		seen := make([]map[int64]bool, rows*cols)
		for i := range seen {
			seen[i] = map[int64]bool{}
		}
		guess(g, make([]int64, rows*cols), 0, rows, cols, seen)
		for r := range rows {
			for c := range cols {
				if n := g.cells[r][c]; n.N > 0 && n.N < Fewest && (!n.Hidden || len(seen[r*cols+c]) < 2) {
					t.Fatalf("row %d, column %d is %d: %v in %+v", r, c, n.N, seen[r*cols+c], g.cells)
				}
			}
		}
	})
}

// guess tries every inside that agrees with what is shown; numbers up to 12.
func guess(g *grid, in []int64, at, rows, cols int, seen []map[int64]bool) {
	if at == rows*cols {
		if agrees(g, in, rows, cols) {
			for i, n := range in {
				seen[i][n] = true
			}
		}
		return
	}
	n := g.cells[at/cols][at%cols]
	if !n.Hidden {
		in[at] = n.N
		guess(g, in, at+1, rows, cols, seen)
		return
	}
	for in[at] = 1; in[at] <= 9; in[at]++ {
		guess(g, in, at+1, rows, cols, seen)
	}
}

func agrees(g *grid, in []int64, rows, cols int) bool {
	total := make([]int64, cols+1)
	for r := range rows {
		sum := int64(0)
		for c := range cols {
			sum += in[r*cols+c]
			total[c] += in[r*cols+c]
		}
		total[cols] += sum
		if n := g.cells[r][cols]; !n.Hidden && n.N != sum {
			return false
		}
	}
	if g.adds {
		for c, n := range g.cells[rows] {
			if !n.Hidden && n.N != total[c] {
				return false
			}
		}
	}
	return true
}
