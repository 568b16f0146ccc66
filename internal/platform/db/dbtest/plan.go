package dbtest

import (
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/db"
)

// EveryRow is what a statement says, in a comment, that is meant to walk every row
// of an organisation or of a table, and why: /* every row: a nightly job */.
const EveryRow = "/* every row: "

// plans looks at how each statement of a test will be run. A statement that walks
// a table, or finds its rows by org_id alone, reads a hundred thousand people where
// the test has three: the test fails unless the statement says why. What a test asks
// by itself is let through.
type plans struct {
	mu     sync.Mutex
	judged map[string]bool
	wrong  []string
}

// few tells whether a table has a row or so for each member, team or version of the
// law, and never one for each person.
func few(table string) bool {
	switch table {
	case "install", "journal_head", "law", "org", "sign_in_lock", "team", "worker", "worker_team":
		return true
	}
	return strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "pragma_")
}

// lookAtPlans makes the test fail, once it ends, for each statement that walks too much.
func lookAtPlans(t testing.TB, cfg *db.Config) {
	if cfg.OnPlan != nil {
		return
	}
	p := &plans{judged: map[string]bool{}}
	cfg.OnPlan = p.judge
	t.Cleanup(func() {
		for _, w := range p.wrong {
			t.Error(w)
		}
	})
}

func (p *plans) judge(sql string, plan []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.judged[sql] || strings.Contains(sql, EveryRow) || ofTest() {
		return
	}
	p.judged[sql] = true
	if line := Walks(sql, plan); line != "" {
		p.wrong = append(p.wrong, "this statement reads every row of an organisation (say why in a comment "+EveryRow+"… */, or ask by what an index holds):\n"+
			sql+"\n\t"+line)
	}
}

// ofTest tells whether a test asks by itself, to look at the rows.
func ofTest() bool {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for {
		f, more := frames.Next()
		if !strings.Contains(f.Function, "internal/platform/db.") && !strings.Contains(f.Function, "internal/platform/db/dbtest.") {
			return strings.HasSuffix(f.File, "_test.go")
		}
		if !more {
			return false
		}
	}
}

var (
	tableOf = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_0-9]+)(?:\s+(?:AS\s+)?([a-z_0-9]+))?`)
	queryOf = regexp.MustCompile(`(?i)\b([a-z_0-9]+)(?:\s*\([a-z_0-9, ]*\))?\s+AS\s+\(`)
	walkOf  = regexp.MustCompile(`^(?:SCAN ([a-z_0-9]+)|SEARCH ([a-z_0-9]+) USING [^()]*\((?:org_id=\?\)|ANY\())`)
)

// Walks gives the line of a plan that reads too much, "" when none does.
func Walks(sql string, plan []string) string {
	table := map[string]string{} // by the name that the plan uses
	for _, m := range tableOf.FindAllStringSubmatch(sql, -1) {
		table[m[1]] = m[1]
		table[m[2]] = m[1]
	}
	for _, m := range queryOf.FindAllStringSubmatch(sql, -1) {
		delete(table, m[1]) // WITH name AS (…)
	}
	for _, line := range plan {
		m := walkOf.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if name := table[m[1]+m[2]]; name != "" && !few(name) {
			return line
		}
	}
	return ""
}
