package papers

import "strconv"

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }

// parseInt reads a version; one that is none is 0, which no row has.
func parseInt(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
