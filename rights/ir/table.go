package ir

import (
	"slices"
	"sort"
	"strings"
)

// Lookup finds codes in a reference table. It is made once per program and is
// safe for concurrent reading.
type Lookup struct {
	spans []codeSpan
}

type codeSpan struct {
	first, last string
	value       float64
}

// NewLookup indexes a table.
func NewLookup(t *Table) *Lookup {
	var l Lookup
	for _, r := range t.Rows {
		codes := r.Codes
		for codes != "" {
			var one string
			one, codes, _ = strings.Cut(codes, " ")
			if one == "" {
				continue
			}
			first, last, span := strings.Cut(one, "-")
			if !span {
				last = first
			}
			l.spans = append(l.spans, codeSpan{first, last, r.Value})
		}
	}
	slices.SortStableFunc(l.spans, func(a, b codeSpan) int { return strings.Compare(a.first, b.first) })
	return &l
}

// Find returns the value of a code; false when the table does not list it.
func (l *Lookup) Find(code string) (float64, bool) {
	i := sort.Search(len(l.spans), func(i int) bool { return l.spans[i].first > code }) - 1
	if i < 0 {
		return 0, false
	}
	s := l.spans[i]
	if len(code) != len(s.first) || code > s.last {
		return 0, false
	}
	return s.value, true
}
