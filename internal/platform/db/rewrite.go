package db

import (
	"strings"
	"sync"
)

// texts remembers the SQLite form of each SQL text. Texts are constants of the
// program and a handful of composed lists; beyond the limit they are rewritten
// each time, so that memory stays bounded.
type texts struct {
	mu   sync.RWMutex
	done map[string]string
}

const maxTexts = 4096

func newTexts() *texts { return &texts{done: make(map[string]string, 256)} }

func (t *texts) sqlite(sql string) string {
	t.mu.RLock()
	out, ok := t.done[sql]
	t.mu.RUnlock()
	if ok {
		return out
	}
	out = rewriteSQLite(sql)
	t.mu.Lock()
	if len(t.done) < maxTexts {
		t.done[sql] = out
	}
	t.mu.Unlock()
	return out
}

// rewriteSQLite turns $N into ?N outside strings, quoted identifiers and
// comments, and drops a final FOR UPDATE. It matters: SQLite reads $2 as a
// parameter named "$2" and numbers it in order of appearance, so that
// "… $2 … $1" would silently swap the two values.
//
// Quoting is the one of standard SQL that both databases share: '…' and "…" with
// doubling, -- to the end of the line, /* … */ nested as PostgreSQL does.
func rewriteSQLite(sql string) string {
	var b strings.Builder
	b.Grow(len(sql))
	lastWords := [2]int{-1, -1} // where the last two words began in b
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c == '\'' || c == '"':
			n := quoted(sql[i:], c)
			b.WriteString(sql[i : i+n])
			lastWords = [2]int{-1, -1}
			i += n
		case c == '-' && strings.HasPrefix(sql[i:], "--"):
			n := strings.IndexByte(sql[i:], '\n')
			if n < 0 {
				n = len(sql) - i
			}
			b.WriteByte(' ')
			i += n
		case c == '/' && strings.HasPrefix(sql[i:], "/*"):
			b.WriteByte(' ')
			i += comment(sql[i:])
		case c == '$' && i+1 < len(sql) && sql[i+1] >= '1' && sql[i+1] <= '9':
			b.WriteByte('?')
			lastWords = [2]int{-1, -1}
			for i++; i < len(sql) && sql[i] >= '0' && sql[i] <= '9'; i++ {
				b.WriteByte(sql[i])
			}
		case wordByte(c):
			n := 1
			for i+n < len(sql) && (wordByte(sql[i+n]) || sql[i+n] == '$') {
				n++
			}
			lastWords = [2]int{lastWords[1], b.Len()}
			b.WriteString(sql[i : i+n])
			i += n
		default:
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != ';' {
				lastWords = [2]int{-1, -1}
			}
			b.WriteByte(c)
			i++
		}
	}
	out := b.String()
	if f, u := lastWords[0], lastWords[1]; f >= 0 && u >= 0 &&
		strings.EqualFold(strings.TrimSpace(out[f:u]), "FOR") &&
		strings.EqualFold(strings.TrimRight(out[u:], " \n\t\r;"), "UPDATE") {
		out = strings.TrimRight(out[:f], " \n\t\r")
	}
	return out
}

// quoted returns the length of the quoted text that s begins with, up to the end
// of s when it is not closed.
func quoted(s string, q byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

// comment returns the length of the block comment that s begins with.
func comment(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
