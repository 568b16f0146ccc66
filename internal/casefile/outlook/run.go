package outlook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/rights"
)

// maxChecks bounds the evaluations that look for causes: two for each suspect of
// each month that changes something.
const maxChecks = 120

// lookBack is how many months after it an announced fact may still change a right:
// the reference quarter of the RSA reads up to four months before.
const lookBack = 4

// run is one calculation of an outlook.
type run struct {
	ctx    context.Context
	engine casefile.Engine
	g      *casefile.Ground
	first  core.Month
	checks int

	outcomes []map[string]casefile.Outcome // by month, then by right
}

func (r *run) all() (Content, error) {
	var c Content
	var months []map[string]Point
	for i := range core.Month(Months) {
		m := r.first + i
		outcomes, points, err := r.evaluate(r.g.Picture(m, r.g.Household(m), r.g.Facts))
		if err != nil {
			return c, fmt.Errorf("%s: %w", m, err)
		}
		r.outcomes, months = append(r.outcomes, outcomes), append(months, points)
	}
	for _, name := range r.engine.Rights() {
		right := Right{Name: name}
		known := false
		for _, points := range months {
			// A right of another territory has no outcome: it is not due here.
			point, computed := points[name]
			known = known || computed
			right.Points = append(right.Points, orNone(point))
		}
		if known {
			c.Rights = append(c.Rights, right)
		}
	}
	for i := 1; i < Months; i++ {
		changes, err := r.changes(c, i)
		if err != nil {
			return c, err
		}
		c.Changes = append(c.Changes, changes...)
	}
	return c, nil
}

func orNone(p Point) Point {
	if p.Status == "" {
		p.Status = casefile.NotDue
	}
	return p
}

// evaluate computes every right of a picture.
func (r *run) evaluate(picture *casefile.Picture) (map[string]casefile.Outcome, map[string]Point, error) {
	list, err := r.engine.Evaluate(r.ctx, picture)
	if err != nil {
		return nil, nil, err
	}
	outcomes, points := map[string]casefile.Outcome{}, map[string]Point{}
	for _, o := range list {
		outcomes[o.Right] = o
		if points[o.Right], err = pointOf(o); err != nil {
			return nil, nil, err
		}
	}
	return outcomes, points, nil
}

// changes says which rights are not, in the i-th month, what they were the month
// before, and why.
func (r *run) changes(c Content, i int) ([]Change, error) {
	m := r.first + core.Month(i)
	var list []Change
	at := map[int]int{} // right -> its change
	for k, right := range c.Rights {
		if right.Points[i].differs(right.Points[i-1]) {
			at[k] = len(list)
			list = append(list, Change{Right: right.Name, Month: m})
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	for _, s := range r.suspects(m) {
		if r.checks+2 > maxChecks {
			break
		}
		before, err := r.without(s, m-1)
		if err != nil {
			return nil, err
		}
		after, err := r.without(s, m)
		if err != nil {
			return nil, err
		}
		for k, n := range at {
			// Without it the month would move otherwise than it does.
			if moves(orNone(before[c.Rights[k].Name]), orNone(after[c.Rights[k].Name])) != moves(c.Rights[k].Points[i-1], c.Rights[k].Points[i]) {
				list[n].Causes = append(list[n].Causes, s.Cause)
			}
		}
	}
	for k, n := range at {
		if cause, ok := newValues(r.outcomes[i-1][c.Rights[k].Name], r.outcomes[i][c.Rights[k].Name], m); ok {
			list[n].Causes = append(list[n].Causes, cause)
		}
		if len(list[n].Causes) == 0 && m.Month() == 1 {
			list[n].Causes = []Cause{{Kind: NewYear, Month: m}}
		}
	}
	return list, nil
}

// step is by how much a right moves from one month to the next, and from what to
// what it turns.
type step struct {
	amount, low, high core.Cents
	from, to          casefile.Status
}

func moves(a, b Point) step {
	return step{b.Amount - a.Amount, b.Min - a.Min, b.Max - a.Max, a.Status, b.Status}
}

// without evaluates a month as if a suspect had not happened.
func (r *run) without(s suspect, m core.Month) (map[string]Point, error) {
	r.checks++
	home, facts := s.undo(m)
	_, points, err := r.evaluate(r.g.Picture(m, home, facts))
	if err != nil {
		return nil, fmt.Errorf("%s without %s: %w", m, s.Kind, err)
	}
	return points, nil
}

// newValues finds the values of the law that the month reads and the month before
// did not, as the explanations say them.
func newValues(before, after casefile.Outcome, m core.Month) (Cause, bool) {
	was, is := values(before), values(after)
	var labels []string
	for name, q := range is {
		old, read := was[name]
		if read && old.From != q.From && old.Value != q.Value && strings.HasPrefix(q.From, m.String()) {
			labels = append(labels, q.Label)
		}
	}
	if len(labels) == 0 {
		return Cause{}, false
	}
	slices.Sort(labels)
	return Cause{Kind: NewValue, Month: m, Labels: slices.Compact(labels)}, true
}

func values(o casefile.Outcome) map[string]rights.Quantified {
	var x rights.Explanation
	if len(o.Explanation) == 0 || json.Unmarshal(o.Explanation, &x) != nil {
		return nil // an engine without explanations: nothing is said of its values
	}
	out := map[string]rights.Quantified{}
	for _, l := range x.Lines {
		for _, q := range l.Parameters {
			out[q.Name] = q
		}
	}
	return out
}
