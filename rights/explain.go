package rights

import (
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// maxLines bounds an explanation: beyond, nobody reads.
const maxLines = 40

// Explanation says why, with the decisive lines only. Hidden lines are in the
// trace.
type Explanation struct {
	Lines  []Line `json:"lines"`  // the first one is the result
	Hidden int    `json:"hidden"` // lines left out
}

// Line is one line of an explanation. Sentence is French; Key is its key in the
// catalogues of the other languages.
type Line struct {
	Variable   string       `json:"variable"`
	Key        string       `json:"key"`
	Sentence   string       `json:"sentence"`
	Depth      int          `json:"depth"`          // 0 is the result; a line explains the last one of a lesser depth
	Sign       string       `json:"sign,omitempty"` // "+" or "-" when it enters the sum of the line it explains
	Kind       ValueKind    `json:"kind"`
	Subjects   []string     `json:"subjects,omitempty"` // ids, of persons only
	Spans      []Span       `json:"spans,omitempty"`    // when not the asked month alone
	Value      *Value       `json:"value,omitempty"`    // nil when unknown or not applicable
	Choice     string       `json:"choice,omitempty"`   // what the value of an enumeration is called, in French
	Unit       string       `json:"unit,omitempty"`
	Summed     int          `json:"summed,omitempty"` // how many months were added to make Value; 0 when it is the value of each
	NA         bool         `json:"na,omitempty"`
	Unknown    bool         `json:"unknown,omitempty"`
	Origin     string       `json:"origin"` // rule, fact, default, presumed, start, unknown, refused
	Articles   []string     `json:"articles,omitempty"`
	Parameters []Quantified `json:"parameters,omitempty"`
}

// Quantified is a parameter that was read: its value, its day, its source.
type Quantified struct {
	Name   string  `json:"name"`
	Label  string  `json:"label"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	From   string  `json:"from"`
	Source string  `json:"source,omitempty"`
}

// draft is a line before the choice of the lines kept.
type draft struct {
	line     Line
	nodes    []int32
	value    eval.Value
	children []*draft
}

// explainer builds the lines of one evaluation.
type explainer struct {
	t     *Total
	ev    *eval.Evaluator
	asked Month
	shown map[int32]bool // nodes already explained above
}

// explain tells a result: what is paid first when the right says so, then the
// amount, then what decided it.
func (t *Total) explain(ev *eval.Evaluator, root, paid int32) *Explanation {
	x := &explainer{t: t, ev: ev, asked: ev.Nodes[root].Cell.Period, shown: map[int32]bool{}}
	d := x.draft([]int32{paid}, 0)
	return flatten(d)
}

// draft makes the line of some cells of one variable, with what they read.
func (x *explainer) draft(nodes []int32, depth int) *draft {
	n := &x.ev.Nodes[nodes[0]]
	v := &x.t.law.prog.IR.Vars[n.Cell.Var]
	d := &draft{nodes: nodes, value: n.Value}
	d.line = Line{
		Variable: v.Name, Key: "law." + v.Name + ".sentence", Sentence: v.Label, Kind: kindOf(v.Type), Unit: unitOf(v.Type),
		NA: n.Value.NA, Unknown: n.Value.Unknown, Origin: originName(n.Origin), Articles: v.Articles,
	}
	x.merge(d, v, nodes)
	if !d.value.NA && !d.value.Unknown {
		value := x.t.law.value(v.Type, d.value.F, d.value.S)
		d.line.Value = &value
		if v.Type.Kind == ir.Enum {
			d.line.Choice = x.t.law.prog.IR.Enums[v.Type.Enum].Labels[int(d.value.F)]
		}
	}
	seen := map[string]bool{}
	for _, i := range nodes {
		x.shown[i] = true
		for _, u := range x.ev.Nodes[i].Uses {
			if q := x.t.law.quantified(u); !seen[q.Name] && len(d.line.Parameters) < 4 {
				seen[q.Name] = true
				d.line.Parameters = append(d.line.Parameters, q)
			}
		}
	}
	if depth < 6 {
		d.children = x.children(nodes, d, depth)
	}
	return d
}

// merge tells several cells of one variable on one line: the same value for
// several persons or months, or the total of a person's many months.
func (x *explainer) merge(d *draft, v *ir.Var, nodes []int32) {
	var periods []Month
	subjects := map[int32]bool{}
	equal := true
	total := 0.0
	for _, i := range nodes {
		n := &x.ev.Nodes[i]
		periods = append(periods, n.Cell.Period)
		if v.Entity == Person && !subjects[n.Cell.Subject] {
			subjects[n.Cell.Subject] = true
			d.line.Subjects = append(d.line.Subjects, x.t.sit.ids[Person][n.Cell.Subject])
		}
		equal = equal && n.Value == d.value
		total += n.Value.F
		d.line.Unknown = d.line.Unknown || n.Value.Unknown
	}
	if !equal {
		d.value = eval.Value{F: total}
		d.line.Summed, d.line.NA = len(nodes), false
		if v.Period == ir.Monthly {
			d.line.Unit = strings.TrimSuffix(d.line.Unit, "/mois")
		}
	}
	d.value.Unknown = d.line.Unknown
	slices.Sort(periods)
	periods = slices.Compact(periods)
	if v.Period != ir.Eternal && (len(periods) > 1 || periods[0] != x.asked) {
		d.line.Spans = spans(v.Period, periods)
	}
}

// children groups what some nodes read into lines. Rules without a sentence are
// passed through; what does not decide is left out.
func (x *explainer) children(nodes []int32, parent *draft, depth int) []*draft {
	var order []groupKey
	groups := map[groupKey][]int32{}
	seen := map[int32]bool{}
	var collect func(i int32)
	collect = func(i int32) {
		for _, dep := range x.ev.Nodes[i].Deps {
			if seen[dep] || x.shown[dep] {
				continue
			}
			seen[dep] = true
			n := &x.ev.Nodes[dep]
			v := &x.t.law.prog.IR.Vars[n.Cell.Var]
			if v.Label == "" && n.Origin == eval.FromRule {
				collect(dep)
				continue
			}
			k := groupKey{variable: n.Cell.Var, origin: n.Origin, subject: -1, value: n.Value}
			if v.Type.Kind == ir.Number && v.Type.Unit.Money() {
				k.subject, k.value = n.Cell.Subject, eval.Value{}
			}
			if _, ok := groups[k]; !ok {
				order = append(order, k)
			}
			groups[k] = append(groups[k], dep)
		}
	}
	for _, i := range nodes {
		collect(i)
	}
	// What is told here is not told again below: a line stands where it is nearest to
	// the result.
	type telling struct {
		variable int32
		nodes    []int32
	}
	var told []telling
	for _, k := range order {
		for _, group := range x.separate(groups[k]) {
			if x.decides(k, group, parent) {
				told = append(told, telling{k.variable, group})
				for _, i := range group {
					x.shown[i] = true
				}
			}
		}
	}
	out := make([]*draft, len(told))
	for i, of := range told {
		out[i] = x.draft(of.nodes, depth+1)
		out[i].line.Sign = x.signOf(nodes[0], of.variable)
	}
	return out
}

// signOf tells how a variable enters the sum of the rule that was used for a
// node.
func (x *explainer) signOf(node, variable int32) string {
	n := &x.ev.Nodes[node]
	parent, child := &x.t.law.prog.IR.Vars[n.Cell.Var], &x.t.law.prog.IR.Vars[variable]
	if n.Body < 0 || child.Type.Unit[ir.Euro] != 1 || parent.Type.Unit[ir.Euro] != 1 {
		return ""
	}
	return sign(parent.Bodies[n.Body].Expr, variable)
}

// fewMonths is how many differing amounts of months are told one by one; beyond,
// their total is.
const fewMonths = 3

// separate gives each of a few differing amounts its own line: months of the same
// amount stay together.
func (x *explainer) separate(nodes []int32) [][]int32 {
	var out [][]int32
	for _, i := range nodes {
		at := slices.IndexFunc(out, func(of []int32) bool { return x.ev.Nodes[of[0]].Value == x.ev.Nodes[i].Value })
		if at < 0 {
			out = append(out, []int32{i})
		} else {
			out[at] = append(out[at], i)
		}
	}
	if len(out) > fewMonths {
		return [][]int32{nodes}
	}
	return out
}

type groupKey struct {
	variable int32
	subject  int32
	origin   eval.Origin
	value    eval.Value
}

// decides tells whether a line is worth reading: an unknown fact always is; a
// default is listed among what was supposed; a zero amount matters only under a
// zero.
func (x *explainer) decides(k groupKey, nodes []int32, parent *draft) bool {
	if k.origin == eval.FromUnknown || k.origin == eval.FromRefused {
		return true
	}
	if k.origin == eval.FromDefault || k.origin == eval.FromPresumed {
		return false
	}
	v := &x.t.law.prog.IR.Vars[k.variable]
	zero := true
	for _, i := range nodes {
		if n := &x.ev.Nodes[i]; n.Value.Unknown || n.Value.F != 0 || n.Value.S != "" {
			zero = false
		}
	}
	if !zero {
		return !x.neutral(v, nodes)
	}
	nothing := parent.value.F == 0 && !parent.value.Unknown
	return nothing && (v.Type.Kind == ir.Bool || v.Type.Kind == ir.Number) && k.origin == eval.FromRule || v.Type.Kind == ir.Enum || v.Type.Kind == ir.Date
}

// neutral tells a share of the whole that takes nothing away: 100 %.
func (x *explainer) neutral(v *ir.Var, nodes []int32) bool {
	for _, i := range nodes {
		if n := &x.ev.Nodes[i]; n.Value.Unknown || n.Value.NA || n.Value.F != 1 || n.Origin != eval.FromRule {
			return false
		}
	}
	return v.Type.Kind == ir.Number && v.Type.Percent
}

// flatten keeps the lines nearest to the result, at most maxLines, in reading
// order.
func flatten(root *draft) *Explanation {
	keep := map[*draft]bool{root: true}
	level := []*draft{root}
	hidden, kept := 0, 1
	for len(level) > 0 {
		var next []*draft
		for _, d := range level {
			for _, c := range d.children {
				if kept < maxLines {
					keep[c] = true
					kept++
					next = append(next, c)
				} else {
					hidden += count(c)
				}
			}
		}
		level = next
	}
	out := &Explanation{Hidden: hidden}
	var write func(d *draft, depth int)
	write = func(d *draft, depth int) {
		d.line.Depth = depth
		out.Lines = append(out.Lines, d.line)
		for _, c := range d.children {
			if keep[c] {
				write(c, depth+1)
			}
		}
	}
	write(root, 0)
	return out
}

func count(d *draft) int {
	n := 1
	for _, c := range d.children {
		n += count(c)
	}
	return n
}

func unitOf(t ir.Type) string {
	if t.Kind != ir.Number {
		return ""
	}
	if t.Percent {
		return strings.Replace(t.Unit.String(), "nombre", "%", 1)
	}
	return t.Unit.String()
}

func originName(o eval.Origin) string {
	return [...]string{"rule", "fact", "default", "presumed", "start", "unknown", "refused"}[o]
}

// quantified describes a parameter that was read.
func (l *Law) quantified(u eval.Use) Quantified {
	if u.Scale {
		s := &l.prog.IR.Scales[u.Index]
		v, of := &s.Versions[u.Version], s.Type
		if s.Marginal && s.Of.Percent && s.Rate.Percent { // a share of shares
			of = s.Rate
		}
		return Quantified{s.Name, s.Label, u.Value, unitOf(of), v.From.String(), v.Source}
	}
	p := &l.prog.IR.Params[u.Index]
	v := &p.Versions[u.Version]
	return Quantified{p.Name, p.Label, u.Value, unitOf(p.Type), v.From.String(), v.Source}
}

// Trace is every value of an evaluation, for experts: Nodes[0] is the right.
type Trace struct {
	Law   string      `json:"law"`
	Nodes []TraceNode `json:"nodes"`
}

// TraceNode is one value: what, whose, when, from where, and the nodes it read.
type TraceNode struct {
	Variable   string       `json:"variable"`
	Subject    string       `json:"subject"`
	Period     string       `json:"period,omitempty"`
	Value      *Value       `json:"value,omitempty"`
	NA         bool         `json:"na,omitempty"`
	Unknown    bool         `json:"unknown,omitempty"`
	Origin     string       `json:"origin"`
	Place      string       `json:"place,omitempty"` // file:line of the rule
	Parameters []Quantified `json:"parameters,omitempty"`
	Reads      []int        `json:"reads,omitempty"`
}

// Trace computes a variable of a subject and returns every value it rests on.
func (t *Total) Trace(a Ask) (*Trace, error) {
	v, err := t.sit.find(a.Subject, a.Variable)
	if err != nil {
		return nil, err
	}
	seen, cell := a.Month, eval.Cell{Var: v, Subject: a.Subject.Index, Period: a.Month}
	if t.law.prog.IR.Vars[v].Period == ir.Yearly {
		seen, cell.Period = MonthOf(a.Month.Year(), 12), MonthOf(a.Month.Year(), 1)
	}
	ev := t.evaluator(seen, nil, 0)
	nodes := reachable(ev, ev.Index(cell))
	place := make(map[int32]int, len(nodes))
	for i, n := range nodes {
		place[n] = i
	}
	out := &Trace{Law: t.law.Digest()}
	for _, i := range nodes {
		out.Nodes = append(out.Nodes, t.traceNode(ev, i, place))
	}
	return out, nil
}

func (t *Total) traceNode(ev *eval.Evaluator, i int32, place map[int32]int) TraceNode {
	n := &ev.Nodes[i]
	v := &t.law.prog.IR.Vars[n.Cell.Var]
	out := TraceNode{
		Variable: v.Name, Subject: t.sit.ids[v.Entity][n.Cell.Subject], NA: n.Value.NA, Unknown: n.Value.Unknown, Origin: originName(n.Origin),
	}
	switch v.Period {
	case ir.Monthly:
		out.Period = n.Cell.Period.String()
	case ir.Yearly:
		out.Period, _, _ = strings.Cut(n.Cell.Period.String(), "-")
	}
	if !n.Value.NA && !n.Value.Unknown {
		value := t.law.value(v.Type, n.Value.F, n.Value.S)
		out.Value = &value
	}
	if !v.Input {
		out.Place = v.File + ":" + strconv.Itoa(int(v.Line))
	}
	for _, u := range n.Uses {
		out.Parameters = append(out.Parameters, t.law.quantified(u))
	}
	for _, d := range n.Deps {
		out.Reads = append(out.Reads, place[d])
	}
	return out
}
