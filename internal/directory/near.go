package directory

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// near is how many look-alikes are offered.
const near = 5

// near lists the communes whose names are a few letters away from the one typed,
// the nearest first, those of the typed département before the others.
func (t *table) near(q query) []int {
	name := q.bare
	if name == "" {
		return nil
	}
	department := q.department
	if q.code != "" {
		department = departmentOf(q.code)
	}
	typed := []rune(strings.ReplaceAll(name, " ", ""))
	allowed := 1
	switch {
	case len(typed) < 3:
		return nil
	case len(typed) > 8:
		allowed = 3
	case len(typed) > 4:
		allowed = 2
	}
	away := map[int]int{}
	var found []int
	var m measure
	for i := range t.entries {
		whole := strings.ReplaceAll(t.foldedName(i), " ", "")
		if n := utf8.RuneCountInString(whole); n > len(typed)+allowed || n < len(typed)-allowed {
			continue
		}
		d := m.distance(typed, whole, allowed)
		if d > allowed {
			continue
		}
		d *= 2
		if department != "" && t.entries[i].department() != department {
			d++
		}
		away[i] = d
		found = append(found, i)
	}
	t.sortFound(found, func(i int) int { return away[i] })
	return t.once(slices.Clip(found), false)
}

// measure counts letters to change between two words, with room it keeps.
type measure struct{ before, last, row []int }

// distance is the number of letters to add, drop, change or swap with the next
// one; more than most when it is beyond most.
func (m *measure) distance(a []rune, text string, most int) int {
	b := []rune(text)
	if cap(m.row) <= len(b) {
		m.before, m.last, m.row = make([]int, len(b)+64), make([]int, len(b)+64), make([]int, len(b)+64)
	}
	before, last, row := m.before[:len(b)+1], m.last[:len(b)+1], m.row[:len(b)+1]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j-1]+cost, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			best = min(best, d)
		}
		if best > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
