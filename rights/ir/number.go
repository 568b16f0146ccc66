package ir

import "math"

// epsilon is how much of a step a rounding forgives: binary fractions of decimal
// amounts fall a hair beside the half.
const epsilon = 1e-7

// Round rounds x to a multiple of step. Nearest rounds half away from zero after
// adding a ten-millionth of the step in the sign of x; Up and Down forgive as
// much.
func Round(x, step float64, mode RoundMode) float64 {
	inverse := math.Round(1 / step)
	whole := step < 1 && inverse*step == 1
	q := x / step
	if whole {
		q = float64(x * inverse)
	}
	switch mode {
	case Up:
		q = math.Ceil(q - epsilon)
	case Down:
		q = math.Floor(q + epsilon)
	default:
		if q < 0 {
			q = -math.Floor(float64(-q+epsilon) + 0.5)
		} else {
			q = math.Floor(float64(q+epsilon) + 0.5)
		}
	}
	if q == 0 {
		return 0
	}
	if whole {
		return q / inverse
	}
	return float64(q * step)
}

// RoundAll rounds each x into d, which may be x: the same bits as Round.
func RoundAll(d, x []float64, step float64, mode RoundMode) {
	inverse := math.Round(1 / step)
	whole := step < 1 && inverse*step == 1
	if mode != Nearest {
		for i, v := range x {
			d[i] = Round(v, step, mode)
		}
		return
	}
	for i, v := range x {
		var q float64
		if whole {
			q = float64(v * inverse)
		} else {
			q = v / step
		}
		if q < 0 {
			q = -math.Floor(float64(-q+epsilon) + 0.5)
		} else {
			q = math.Floor(float64(q+epsilon) + 0.5)
		}
		switch {
		case q == 0:
			q = 0 // not −0
		case whole:
			q /= inverse
		default:
			q = float64(q * step)
		}
		d[i] = q
	}
}

// At returns the version in force on a day, −1 when there is none.
func (p *Param) At(d Day) int {
	i := len(p.Versions) - 1
	for i >= 0 && p.Versions[i].From > d {
		i--
	}
	if i >= 0 && p.Versions[i].Ended {
		return -1
	}
	return i
}

// At returns the version in force on a day, −1 when there is none.
func (s *Scale) At(d Day) int {
	i := len(s.Versions) - 1
	for i >= 0 && s.Versions[i].From > d {
		i--
	}
	return i
}

// Cell returns the value for one key (col is ignored when there is no second
// one); false when the grid has none.
func (g *Grid) Cell(row, col float64) (float64, bool) {
	r, moreRows, ok := place(g.Rows, row, g.MoreRow != nil)
	if !ok {
		return 0, false
	}
	if g.Cols == nil {
		v := g.Cells[r][0]
		if moreRows > 0 {
			v += float64(moreRows * g.MoreRow[0])
		}
		return v, true
	}
	c, moreCols, ok := place(g.Cols, col, g.MoreCol != nil)
	if !ok {
		return 0, false
	}
	v := g.Cells[r][c]
	if moreRows > 0 {
		v += float64(moreRows * g.MoreRow[c])
	}
	if moreCols > 0 {
		v += float64(moreCols * g.MoreCol[r])
	}
	return v, true
}

// Plain returns the first key of a grid of one key whose keys follow one
// another, −1 for another grid.
func (g *Grid) Plain() int32 {
	if g.Cols != nil || len(g.Rows) == 0 || g.Rows[0] < 0 {
		return -1
	}
	for i, k := range g.Rows {
		if k != g.Rows[0]+int32(i) {
			return -1
		}
	}
	return g.Rows[0]
}

// place finds a key among rising keys; more is how far it is beyond the last one.
func place(keys []int32, key float64, open bool) (index int, more float64, ok bool) {
	for i, k := range keys {
		if float64(k) == key {
			return i, 0, true
		}
	}
	last := len(keys) - 1
	if open && last >= 0 && key > float64(keys[last]) {
		return last, key - float64(keys[last]), true
	}
	return 0, 0, false
}

// Value applies the brackets to x; false below the first one of a scale by
// bracket.
func (v *ScaleVersion) Value(x float64, marginal bool) (float64, bool) {
	if !marginal {
		for i := len(v.Thresholds) - 1; i >= 0; i-- {
			if x >= v.Thresholds[i] {
				return v.Values[i], true
			}
		}
		return 0, false
	}
	total := 0.0
	for i, from := range v.Thresholds {
		if x <= from {
			break
		}
		top := x
		if i+1 < len(v.Thresholds) {
			top = min(x, v.Thresholds[i+1])
		}
		total += float64(float64(top-from) * v.Values[i])
	}
	return total, true
}
