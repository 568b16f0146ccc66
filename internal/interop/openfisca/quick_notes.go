package openfisca

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/ir"
)

// notes gathers the assumptions of an answer.
type notes struct {
	list  []noted
	spans []span
	facts []absentFact
	out   []byte
}

// noted is an absent fact at some periods, and the asks that read it there.
type noted struct {
	variable, row int32
	spans         [2]int // in notes.spans
	asks          uint64
}

type span struct{ from, to ir.Month }

// absentFact is the run of absent cells of one fact: the asks that read some of
// them, and those that read all.
type absentFact struct {
	from, to  int
	some, all uint64
}

// gather lists the assumptions as Answer does: ask after ask, each in the order of
// the law's variables and of subjects, a fact once for the same periods.
func (n *notes) gather(defs []ir.Var, absent []columnar.Absent, asks int) {
	n.list, n.spans, n.facts = n.list[:0], n.spans[:0], n.facts[:0]
	for i := range absent {
		a := &absent[i]
		if k := len(n.facts) - 1; k >= 0 && a.Var == absent[i-1].Var && a.Row == absent[i-1].Row {
			f := &n.facts[k]
			f.to, f.some, f.all = i+1, f.some|a.Asks, f.all&a.Asks
			continue
		}
		n.facts = append(n.facts, absentFact{i, i + 1, a.Asks, a.Asks})
	}
	for k := range asks {
		for i := range n.facts {
			f := &n.facts[i]
			if f.some>>k&1 == 0 || f.some == f.all && f.some&(1<<k-1) != 0 { // not read, or listed already
				continue
			}
			first, start := &absent[f.from], len(n.spans)
			step := ir.Month(1)
			if defs[first.Var].Period == ir.Yearly {
				step = 12
			}
			for _, a := range absent[f.from:f.to] {
				if a.Asks>>k&1 == 0 {
					continue
				}
				if m := len(n.spans); m > start && a.Period <= n.spans[m-1].to+step {
					n.spans[m-1].to = a.Period
					continue
				}
				n.spans = append(n.spans, span{a.Period, a.Period})
			}
			if f.some == f.all { // the same periods for all
				n.list = append(n.list, noted{first.Var, first.Row, [2]int{start, len(n.spans)}, f.some})
				continue
			}
			n.add(first.Var, first.Row, start, k)
		}
	}
}

// add notes that an ask read a fact at the periods from start on, or joins it to
// the asks that did.
func (n *notes) add(variable, row int32, start, ask int) {
	here := n.spans[start:]
	for i := range n.list {
		if o := &n.list[i]; o.variable == variable && o.row == row && slices.Equal(n.spans[o.spans[0]:o.spans[1]], here) {
			o.asks |= 1 << ask
			n.spans = n.spans[:start]
			return
		}
	}
	n.list = append(n.list, noted{variable, row, [2]int{start, len(n.spans)}, 1 << ask})
}

// splice writes the body with the numbers in the place of the nulls, and the key
// "parvis". It is false when an answer rests on several sentences, whose order it
// does not know.
func (q *quick) splice(w *worker, body []byte, b *columnar.Batch, cells *columnar.Cells, o Options) ([]byte, bool) {
	out := make([]byte, 0, len(body)+8<<10)
	at := 0
	for i := range w.plain.asks {
		a := &w.plain.asks[i]
		out = append(out, body[at:a.offset]...)
		text := ""
		if a.in.kind == ir.Text {
			text = b.TextOf(cells.Values[i])
		}
		out = appendValue(out, q.law.ValueOf(a.in.index, cells.Values[i], text), a.in.unit)
		at = a.offset + len("null")
	}
	end := bytes.LastIndexByte(body, '}')
	out = append(out, body[at:end]...)
	if o.Bare {
		return append(out, '}', '\n'), true
	}
	out = append(bytes.TrimRight(out, " \t\r\n"), `,"parvis":{"law":"`...)
	out = append(append(out, q.digest...), `","assumed":[`...)
	defs := q.law.Program().IR.Vars
	w.notes.gather(defs, cells.Absent, len(w.plain.asks))
	for i := range w.notes.list {
		if i > 0 {
			out = append(out, ',')
		}
		out = q.appendNoted(out, w, &defs[w.notes.list[i].variable], &w.notes.list[i])
	}
	out = append(out, `],"to_verify":[`...)
	first := true
	for k := range w.plain.asks {
		said := -1
		for i, s := range cells.Said {
			if s.Asks>>k&1 == 0 {
				continue
			}
			if said >= 0 {
				return nil, false
			}
			said = i
		}
		if said < 0 {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		a := &w.plain.asks[k]
		id := w.ids[a.in.entity][w.wanted[k].Row]
		out = w.appendPath(append(out, `{"path":`...), a.in.entity, id, a.in.name, a.period)
		out = appendText(append(out, `,"reason":[`...), cells.Said[said].Sentence)
		out = append(out, "]}"...)
	}
	return append(out, "]}}\n"...), true
}

// appendNoted writes one assumption.
func (q *quick) appendNoted(out []byte, w *worker, v *ir.Var, n *noted) []byte {
	out = w.appendPath(append(out, `{"path":`...), v.Entity, w.ids[v.Entity][n.row], v.Name, nil)
	out = append(out, `,"periods":[`...)
	for i, s := range w.notes.spans[n.spans[0]:n.spans[1]] {
		if i > 0 {
			out = append(out, ',')
		}
		if v.Period == ir.Eternal {
			out = append(out, `"ETERNITY"`...)
			continue
		}
		out = appendPeriod(append(out, '"'), v.Period, s.from)
		if s.to != s.from {
			out = appendPeriod(append(out, ".."...), v.Period, s.to)
		}
		out = append(out, '"')
	}
	out = append(append(out, `],"value":`...), q.defaults()[n.variable]...)
	out = append(out, `,"read_by":[`...)
	// A variable that was asked of several subjects is named once.
	start := len(out)
	for k := range w.plain.asks {
		if n.asks>>k&1 == 0 {
			continue
		}
		name := w.plain.asks[k].in
		if w.readBefore(n, k) {
			continue
		}
		if len(out) > start {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), name.name...), '"')
	}
	return append(out, "]}"...)
}

// readBefore tells whether an earlier ask of the same variable read the fact.
func (w *worker) readBefore(n *noted, k int) bool {
	for j := range k {
		if n.asks>>j&1 != 0 && w.plain.asks[j].in == w.plain.asks[k].in {
			return true
		}
	}
	return false
}

func appendPeriod(out []byte, kind ir.PeriodKind, m ir.Month) []byte {
	y := m.Year()
	out = append(out, byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10))
	if kind == ir.Yearly {
		return out
	}
	return append(out, '-', byte('0'+m.Month()/10), byte('0'+m.Month()%10))
}

// appendPath writes entity/subject/variable, and /period when there is one.
func (w *worker) appendPath(out []byte, e ir.Entity, id []byte, name string, period []byte) []byte {
	p := append(w.notes.out[:0], rights.EntityKey(e)...)
	p = append(append(append(append(p, '/'), id...), '/'), name...)
	if period != nil {
		p = append(append(p, '/'), period...)
	}
	w.notes.out = p
	return appendText(out, p)
}

// appendText writes a text as encoding/json does.
func appendText[T []byte | string](out []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b, err := json.Marshal(string(s))
			if err != nil { // a text is always written
				return append(out, `""`...)
			}
			return append(out, b...)
		}
	}
	return append(append(append(out, '"'), s...), '"')
}
