package note

import (
	"strings"
	"unicode"
)

// Op is what happened to a run of words from one version to the next.
type Op int

// The operations.
const (
	Same Op = iota
	Removed
	Added
)

// Change is a run of words with the spaces after them.
type Change struct {
	Op   Op
	Text string
}

// maxEdits bounds the work of a comparison: two texts that differ by more words
// are shown whole, one after the other.
const maxEdits = 600

// Compare says in words what changed from one text to another. The changes that
// are not Added give a, those that are not Removed give b.
func Compare(a, b string) []Change {
	if a == b {
		return changes(nil, Same, a)
	}
	x, y := splitWords(a), splitWords(b)
	start := 0
	for start < len(x) && start < len(y) && x[start] == y[start] {
		start++
	}
	end := 0
	for end < len(x)-start && end < len(y)-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	out := changes(nil, Same, strings.Join(x[:start], ""))
	out = script(out, x[start:len(x)-end], y[start:len(y)-end])
	return changes(out, Same, strings.Join(x[len(x)-end:], ""))
}

func changes(list []Change, op Op, text string) []Change {
	if text == "" {
		return list
	}
	if n := len(list); n > 0 && list[n-1].Op == op {
		list[n-1].Text += text
		return list
	}
	return append(list, Change{op, text})
}

// splitWords cuts a text into words with the white space that follows each.
func splitWords(s string) []string {
	var list []string
	start, space := 0, false
	for i, r := range s {
		if now := unicode.IsSpace(r); now {
			space = true
		} else if space {
			list = append(list, s[start:i])
			start, space = i, false
		}
	}
	if start < len(s) {
		list = append(list, s[start:])
	}
	return list
}

// script finds the shortest way from x to y (E. W. Myers, "An O(ND) difference
// algorithm and its variations", 1986), or gives both whole beyond maxEdits.
func script(out []Change, x, y []string) []Change {
	n, m := len(x), len(y)
	most := min(n+m, maxEdits)
	offset := most + 1
	v := make([]int, 2*most+3)
	var trace [][]int
	found := -1
search:
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int(nil), v[offset-d-1:offset+d+2]...))
		for k := -d; k <= d; k += 2 {
			i := v[offset+k-1] + 1
			if k == -d || (k != d && v[offset+k-1] < v[offset+k+1]) {
				i = v[offset+k+1]
			}
			j := i - k
			for i < n && j < m && x[i] == y[j] {
				i, j = i+1, j+1
			}
			v[offset+k] = i
			if i >= n && j >= m {
				found = d
				break search
			}
		}
	}
	if found < 0 {
		out = changes(out, Removed, strings.Join(x, ""))
		return changes(out, Added, strings.Join(y, ""))
	}
	type step struct {
		op   Op
		word string
	}
	var back []step
	i, j := n, m
	for d := found; d >= 0; d-- {
		at := func(k int) int { return trace[d][k+d+1] }
		k := i - j
		prev := k - 1
		if k == -d || (k != d && at(k-1) < at(k+1)) {
			prev = k + 1
		}
		pi := at(prev)
		pj := pi - prev
		if d == 0 {
			pi, pj = 0, 0
		}
		for i > pi && j > pj {
			i, j = i-1, j-1
			back = append(back, step{Same, x[i]})
		}
		if d == 0 {
			break
		}
		if prev == k+1 {
			j--
			back = append(back, step{Added, y[j]})
		} else {
			i--
			back = append(back, step{Removed, x[i]})
		}
	}
	for s := len(back) - 1; s >= 0; s-- {
		out = changes(out, back[s].op, back[s].word)
	}
	return out
}
