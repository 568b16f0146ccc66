package casefile

import (
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
)

// The results of a calculation are also kept short, in its own row: what the page of
// a file shows of thirty rights is then read at once, and what thirty rights miss is
// told once. The text is lines:
//
//	the facts that are missing: variable, kind and id of whom, from, until, sentence
//	an empty line
//	the rights: name, status, amount, least, most, the places of what each misses
//
// with tabs between the parts of a line and spaces between places.

// writeShort is "" for results that do not fit the form: their rows are then read.
func writeShort(outcomes []Outcome) string {
	var missing []Missing
	var rights strings.Builder
	for _, o := range outcomes {
		if strange(o.Right, string(o.Status)) {
			return ""
		}
		rights.WriteString("\n" + o.Right + "\t" + string(o.Status))
		for _, n := range []core.Cents{o.Amount, o.Min, o.Max} {
			rights.WriteString("\t" + strconv.FormatInt(int64(n), 10))
		}
		rights.WriteByte('\t')
		for i, m := range o.Missing {
			m.Rank = 0
			at := slices.Index(missing, m)
			if at < 0 {
				at = len(missing)
				missing = append(missing, m)
			}
			if i > 0 {
				rights.WriteByte(' ')
			}
			rights.WriteString(strconv.Itoa(at))
		}
	}
	var b strings.Builder
	for _, m := range missing {
		if m.Variable == "" || strange(m.Variable, string(m.Subject.Kind), string(m.Subject.ID), m.Sentence) {
			return ""
		}
		b.WriteString(m.Variable + "\t" + string(m.Subject.Kind) + "\t" + string(m.Subject.ID) + "\t" +
			strconv.Itoa(int(m.From)) + "\t" + strconv.Itoa(int(m.Until)) + "\t" + m.Sentence + "\n")
	}
	return b.String() + rights.String()
}

func strange(texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.ContainsAny(s, "\t\n\x00") })
}

// readShort reads what writeShort made; ok is false for any other text.
func readShort(text string, e evaluation) (map[string]Result, bool) {
	head, tail, ok := strings.Cut("\n"+text, "\n\n")
	if !ok || text == "" {
		return nil, false
	}
	missing := make([]Missing, 0, strings.Count(head, "\n"))
	for line := range strings.SplitSeq(strings.TrimPrefix(head, "\n"), "\n") {
		if line == "" {
			continue // nothing is missing
		}
		var m Missing
		f := fields{rest: line}
		m.Variable, m.Subject.Kind, m.Subject.ID = f.next(), SubjectKind(f.next()), core.ID(f.next())
		m.From, m.Until, m.Sentence = core.Month(f.number()), core.Month(f.number()), f.next()
		if f.bad || !f.over {
			return nil, false
		}
		m.Rank = 1 + slices.IndexFunc(e.asks, m.named)
		missing = append(missing, m)
	}
	list := make(map[string]Result, 1+strings.Count(tail, "\n"))
	for line := range strings.SplitSeq(tail, "\n") {
		f := fields{rest: line}
		r := Result{Evaluation: e.id, Month: e.month, Right: f.next(), Status: Status(f.next()),
			Amount: core.Cents(f.number()), Min: core.Cents(f.number()), Max: core.Cents(f.number())}
		places := f.next()
		if f.bad || !f.over {
			return nil, false
		}
		if places != "" {
			r.Missing = make([]Missing, 0, 1+strings.Count(places, " "))
			for at := range strings.SplitSeq(places, " ") {
				i, err := strconv.Atoi(at)
				if err != nil || i < 0 || i >= len(missing) {
					return nil, false
				}
				r.Missing = append(r.Missing, missing[i])
			}
		}
		list[r.Right] = r
	}
	return list, true
}

// fields reads the parts of a line.
type fields struct {
	rest      string
	over, bad bool
}

func (f *fields) next() string {
	if f.over {
		f.bad = true
		return ""
	}
	part, rest, more := strings.Cut(f.rest, "\t")
	f.rest, f.over = rest, !more
	return part
}

func (f *fields) number() int64 {
	n, err := strconv.ParseInt(f.next(), 10, 64)
	f.bad = f.bad || err != nil
	return n
}
