package rights

import (
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Status is what can be said of a right.
type Status string

// The statuses. None of them is a decision: the body that decides decides.
const (
	Probable Status = "probable"
	NotDue   Status = "not_due"
	ToVerify Status = "to_verify"
)

// Result is what can be said of one right of one subject for one month. It can
// be stored as JSON and read years later.
type Result struct {
	Right   string `json:"right"`
	Entity  Entity `json:"entity"`
	Subject string `json:"subject"`
	Month   string `json:"month"`
	Law     string `json:"law"` // digest
	Status  Status `json:"status"`
	// Elsewhere: a local aid that is not known to exist where the subject lives; it
	// was not computed.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Verdict is due or not due as soon as that much is sure, although the amount is
	// not: with it Probable, Amount may be nil and Min above 0. Of a local aid of
	// Elsewhere it says nothing.
	Verdict Status `json:"verdict"`

	// The amount in the right's own convention (OpenFisca's), and what reaches the
	// account. Amount is nil when unknown; Min and Max bound what the facts allow,
	// nil when nothing bounds it.
	Amount  *Cents `json:"amount_cents"`
	Min     *Cents `json:"min_cents"`
	Max     *Cents `json:"max_cents"`
	Paid    *Cents `json:"paid_cents"`
	PaidMin *Cents `json:"paid_min_cents"`
	PaidMax *Cents `json:"paid_max_cents"`

	Missing []Missing `json:"missing"` // facts to ask, in the order of the vocabulary
	Refused []Missing `json:"refused"` // facts that decide and that the person would rather not say
	Reasons []string  `json:"reasons"` // sentences of rules that cannot conclude
	Gaps    []string  `json:"gaps"`    // what the law files do not know: a parameter and a day, a table and a code
	Assumed []Assumed `json:"assumed"`
	Stale   []Stale   `json:"stale"` // parameters read whose newer value should be known by now

	// Contrast is what each answer to the most open fact would give, when one fact of
	// few values settles most; nil otherwise.
	Contrast []Contrast `json:"contrast,omitempty"`

	Explanation *Explanation `json:"explanation,omitempty"`
}

// Evaluate says what can be said of rights for a month: one result per right and
// subject of the right's entity, in the order asked. Without names, every right
// that has a sheet. A name the law does not have is an *InputError. Asking all
// rights in one call shares the work between them.
func (t *Total) Evaluate(m Month, names ...string) ([]Result, error) {
	return t.each(m, names, func(e Entity) []int32 {
		all := make([]int32, t.world.Count[e])
		for i := range all {
			all[i] = int32(i)
		}
		return all
	})
}

// EvaluateFor is Evaluate for one person: a right of a family, a tax unit or a
// dwelling is computed for the person's own, and no other of the situation.
func (t *Total) EvaluateFor(m Month, person Subject, names ...string) ([]Result, error) {
	return t.each(m, names, func(e Entity) []int32 {
		if e == Person {
			return []int32{person.Index}
		}
		return []int32{t.world.Group[e][person.Index]}
	})
}

func (t *Total) each(m Month, names []string, subjects func(Entity) []int32) ([]Result, error) {
	if len(names) == 0 {
		for _, r := range t.law.rights {
			names = append(names, r.Name)
		}
	}
	var out []Result
	work := newPool()
	defer work.giveBack(t.law)
	for _, name := range names {
		i := t.law.prog.Var(name)
		if i < 0 {
			return nil, &InputError{Code: "unknown_variable", Variable: name, Known: t.law.Nearest(name)}
		}
		right, ok := t.law.Right(name)
		if !ok {
			right = Right{Name: name, Entity: t.law.prog.IR.Vars[i].Entity}
		}
		for _, sub := range subjects(right.Entity) {
			if right.Territory != "" && !t.within(work, right, sub, m) {
				out = append(out, t.elsewhere(right, sub, m))
				continue
			}
			out = append(out, t.evaluate(work, right, i, sub, m))
		}
	}
	return out, nil
}

// evaluate computes one right of one subject.
func (t *Total) evaluate(work *pool, right Right, v, subject int32, m Month) Result {
	run := newRun(t, work, right, v, subject, m)
	found := run.first()
	r := Result{
		Right: right.Name, Entity: right.Entity, Subject: t.sit.ids[right.Entity][subject], Month: m.String(), Law: t.law.Digest(),
		Missing: []Missing{}, Refused: []Missing{}, Reasons: []string{}, Gaps: []string{}, Assumed: []Assumed{}, Stale: []Stale{},
	}
	if t.law.prog.IR.Vars[v].Period == ir.Yearly {
		r.Month = m.String()[:4]
	}
	if right.File != "" && !found.settled { // nobody owes a right: a range that lost what ties its parts begins at nothing
		found.min, found.paidMin = max(found.min, 0), max(found.paidMin, 0)
		found.max, found.paidMax = max(found.max, 0), max(found.paidMax, 0)
	}
	if found.bounded && t.law.prog.IR.Vars[v].Type.Kind != ir.Bool { // a yes or no has no amount
		r.Min, r.Max = cents(found.min), cents(found.max)
		r.PaidMin, r.PaidMax = cents(found.paidMin), cents(found.paidMax)
		if *r.Min == *r.Max {
			r.Amount = r.Min
		}
		if *r.PaidMin == *r.PaidMax {
			r.Paid = r.PaidMin
		}
	}
	settled := found.settled && len(found.reasons) == 0 && len(found.gaps) == 0
	switch {
	case settled && found.max == 0:
		r.Status = NotDue
	case settled && !found.reserved():
		r.Status = Probable
	default:
		r.Status = ToVerify
	}
	r.Verdict = r.Status
	if r.Status == ToVerify && found.min > 0 && !found.reserve {
		r.Verdict = Probable
	}
	if r.Status == ToVerify {
		r.Missing = append(r.Missing, t.missing(found.missing)...)
		r.Refused = append(r.Refused, t.missing(found.refused)...)
		r.Contrast = t.contrasts(&t.law.prog.IR.Vars[v], run.tried)
	}
	r.Reasons = append(r.Reasons, found.reasons...)
	r.Gaps = append(r.Gaps, found.gaps...)
	ev, root, paid := run.plain, run.root, run.paid
	nodes := reachable(ev, root, paid)
	r.Assumed = append(r.Assumed, t.assumed(ev, nodes, right.Name)...)
	r.Stale = append(r.Stale, t.stale(ev, nodes, m)...)
	r.Explanation = t.explain(ev, root, paid)
	return r
}

func cents(euros float64) *Cents {
	c := CentsOf(euros)
	return &c
}

// stale lists the parameters read by nodes whose next value is overdue at m.
func (t *Total) stale(ev *eval.Evaluator, nodes []int32, m Month) []Stale {
	var out []Stale
	seen := map[string]bool{}
	for _, i := range nodes {
		for _, u := range ev.Nodes[i].Uses {
			name, expected, last, from := t.law.paramUse(u)
			if last && expected != 0 && expected <= m.FirstDay() && !seen[name] {
				seen[name] = true
				out = append(out, Stale{name, from.String(), expected.String()})
			}
		}
	}
	return out
}

// paramUse describes a parameter or barème that was read: its name, the day a
// newer value is expected, whether the version is the last, and its day.
func (l *Law) paramUse(u eval.Use) (name string, expected Day, last bool, from Day) {
	if u.Scale {
		s := &l.prog.IR.Scales[u.Index]
		return s.Name, s.Expected, int(u.Version) == len(s.Versions)-1, s.Versions[u.Version].From
	}
	p := &l.prog.IR.Params[u.Index]
	return p.Name, p.Expected, int(u.Version) == len(p.Versions)-1, p.Versions[u.Version].From
}
