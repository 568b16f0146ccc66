package casefile

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
)

// readMissing reads the missing facts of a result as they are stored: JSON. Opening
// a file reads a hundred of them, so the form that writeEvaluation writes is read
// here by hand, and any other (an escaped letter, an unknown key) by the library.
func readMissing(text string) ([]Missing, error) {
	if list, ok := scanMissing(text); ok {
		return list, nil
	}
	var list []Missing
	err := json.Unmarshal([]byte(text), &list)
	return list, err
}

// scanMissing reads the usual form; ok false when the text has another.
func scanMissing(text string) (list []Missing, ok bool) {
	s := missingScanner{text}
	odd := func(r rune) bool { return r < ' ' || r == '\\' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) || !s.take("[") {
		return nil, false
	}
	list = make([]Missing, 0, 1+strings.Count(text, "},{"))
	for {
		var m Missing
		var kind, id string
		if !s.take(`{"variable":"`) || !s.until(&m.Variable) || !s.take(`,"subject":{"Kind":"`) || !s.until(&kind) ||
			!s.take(`,"ID":"`) || !s.until(&id) || !s.take("}") {
			return nil, false
		}
		m.Subject = Subject{SubjectKind(kind), core.ID(id)}
		if s.take(`,"from":`) && !s.month(&m.From) || s.take(`,"until":`) && !s.month(&m.Until) ||
			s.take(`,"sentence":"`) && !s.until(&m.Sentence) || !s.take("}") {
			return nil, false
		}
		list = append(list, m)
		if s.take("]") {
			return list, s.rest == ""
		}
		if !s.take(",") {
			return nil, false
		}
	}
}

type missingScanner struct{ rest string }

// take goes past a text that comes next, or stays.
func (s *missingScanner) take(text string) bool {
	rest, found := strings.CutPrefix(s.rest, text)
	if found {
		s.rest = rest
	}
	return found
}

// until reads up to the closing quote.
func (s *missingScanner) until(to *string) bool {
	text, rest, found := strings.Cut(s.rest, `"`)
	*to, s.rest = text, rest
	return found
}

func (s *missingScanner) month(to *core.Month) bool {
	n := strings.IndexAny(s.rest, ",}")
	if n < 0 {
		return false
	}
	m, err := strconv.ParseInt(s.rest[:n], 10, 32)
	*to = core.Month(m)
	if err != nil || strconv.FormatInt(m, 10) != s.rest[:n] {
		return false
	}
	s.rest = s.rest[n:]
	return true
}
