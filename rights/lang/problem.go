package lang

import (
	"fmt"
	"sort"
	"strings"
)

// Pos is a place in a rule file; lines and columns count from 1, columns in
// letters.
type Pos struct {
	Line int `json:"line"`
	Col  int `json:"col"`
}

// Problem is one thing to correct in a rule file, told in French to the person
// who writes rules.
type Problem struct {
	File    string `json:"file"`
	Pos     Pos    `json:"pos"`
	Message string `json:"message"`
	Advice  string `json:"advice,omitempty"`
	Warning bool   `json:"warning,omitempty"` // the law can be used all the same
}

// String writes "file:line:col: message (advice)".
func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Pos.Line, p.Pos.Col, p.Message)
	if p.Advice != "" {
		s += " → " + p.Advice
	}
	return s
}

// Problems is every problem of a law. As an error it prints one per line.
type Problems []Problem

// Error lists the problems, one per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems that forbid using the law, or nil.
func (ps Problems) Err() error {
	var hard Problems
	for _, p := range ps {
		if !p.Warning {
			hard = append(hard, p)
		}
	}
	if len(hard) == 0 {
		return nil
	}
	return hard
}

// Sort puts the problems in the order of files and lines.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line < b.Pos.Line
		}
		return a.Pos.Col < b.Pos.Col
	})
}

// Nearest returns the candidates closest to name, at most most of them, closest
// first; none when nothing resembles it. Accents and case count for little.
func Nearest(name string, candidates []string, most int) []string {
	type scored struct {
		name string
		d    int
	}
	want := fold(name)
	limit := max(len([]rune(want))/3+1, 2)
	var best []scored
	for _, c := range candidates {
		f := fold(c)
		if abs(len(f)-len(want)) > limit+4 {
			continue
		}
		d := distance(want, f)
		if strings.HasPrefix(f, want) && len(want) >= 3 {
			d = min(d, 2)
		}
		if d <= limit {
			best = append(best, scored{c, d})
		}
	}
	sort.Slice(best, func(i, j int) bool {
		if best[i].d != best[j].d {
			return best[i].d < best[j].d
		}
		return best[i].name < best[j].name
	})
	var out []string
	for i := 0; i < len(best) && i < most; i++ {
		out = append(out, best[i].name)
	}
	return out
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

var accents = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o",
	"ù", "u", "û", "u", "ü", "u", "ç", "c", "œ", "oe", "æ", "ae")

// fold lowers case and drops French accents.
func fold(s string) string { return accents.Replace(strings.ToLower(s)) }

// distance is the Levenshtein distance in letters.
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			prev, row[j] = row[j], min(row[j]+1, row[j-1]+1, prev+cost)
		}
	}
	return row[len(rb)]
}
