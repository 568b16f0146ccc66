// Package ask chooses the next question worth asking about a household: given what
// is known, unknown and refused, the page whose answer may change what can be
// said of the rights.
//
// A verdict is due, not due, or to verify. A question is asked only while the
// interval evaluator has not proved that no open fact can change a verdict; then,
// if the caller wants figures, while an amount is still a range. « Je ne sais
// pas » and « je préfère ne pas dire » are answers: what they leave open stays to
// verify, and the fact is not asked again. Nothing here is about anything but
// facts that a right of this household waits for: no couple, no child, no lost
// job is ever suggested, and the right to stay is asked last.
//
// Guarantees: the same law and the same facts give the same questions; no clock,
// no network; nothing is stored.
package ask

import (
	"cmp"
	"context"
	"slices"

	"codeberg.org/parvis/parvis/rights"
)

// Options of an Asker.
type Options struct {
	// Engine evaluates completions to tell which question is most useful; nil asks
	// in the order of the law files.
	Engine Engine
	// Samples is how many completions tell which question is most useful; 0 takes the
	// engine's default.
	Samples int
	// Margin stops before proof when it is at most that probable that an open fact
	// changes a verdict (0.004 for one in two hundred and fifty); the rights then stay
	// to verify. 0 never does. Two thousand completions are tried for it, fewer when
	// the first ones already say that the doubt is larger.
	Margin float64
}

// Asker chooses questions for one law. It is safe for concurrent use.
type Asker struct {
	law *rights.Law
	o   Options
}

// New makes an Asker.
func New(l *rights.Law, o Options) *Asker { return &Asker{l, o} }

// Stop is why nothing more is asked.
type Stop string

// The reasons to stop.
const (
	// GoOn: there is a question.
	GoOn Stop = ""
	// Proved: no open fact can change a verdict.
	Proved Stop = "proved"
	// Likely: a fact could still change a verdict, and it is very improbable that it
	// does. The rights stay to verify.
	Likely Stop = "likely"
	// Unsaid: the facts that could change a verdict were answered by « je ne sais
	// pas » or « je préfère ne pas dire », or the law itself does not settle it.
	Unsaid Stop = "unsaid"
)

// Step is where things stand.
type Step struct {
	Results   []rights.Result
	Questions []Question // that may change a verdict, the most useful first
	Amounts   []Question // that may only make an amount precise
	Stop      Stop

	guess map[string]bool // of the open verdicts, what most completions say
}

// Next is the question to ask now; false when the verdicts are settled.
func (s Step) Next() (Question, bool) {
	if len(s.Questions) == 0 || s.Stop != GoOn {
		return Question{}, false
	}
	return s.Questions[0], true
}

// Unlikely tells that questions are left, that very probably none of them changes a
// verdict, and that none of the open rights is one that most completions give: of a
// right that is probably due, the question that would make it sure is worth asking.
func (s Step) Unlikely() bool {
	if s.Stop != Likely {
		return false
	}
	for _, due := range s.guess {
		if due {
			return false
		}
	}
	return true
}

// Question is one page.
type Question struct {
	ID   string // the form, and the subject when it is asked of one: "salaire.p1"
	Form rights.Form
	// Sentence is what the page asks, in French: that of the form, or that of the
	// fact when it is the only one left of its page.
	Sentence string
	Cells    []Cell   // what the page asks, in the order of the form, subject by subject
	Rights   []string // rights whose verdict the answer may change, else whose amount
	gain     float64
	gated    bool // another open page decides whether it makes sense
	verdict  bool
}

// Cell is one fact that a page asks: a variable of a subject, over the periods
// that are missing. An answer that has not changed since the first of them answers
// them all.
type Cell struct {
	rights.FactRef
	Of rights.Variable
}

// Next evaluates rights of one person, every right when none is named, and
// chooses. A verdict that is sure stays so whatever is answered next: naming those
// that were to verify before the last answer, and local aids of elsewhere, is enough.
func (a *Asker) Next(ctx context.Context, t *rights.Total, month rights.Month, person rights.Subject, names ...string) (Step, error) {
	results, err := t.EvaluateFor(month, person, names...)
	if err != nil {
		return Step{}, err
	}
	return a.After(ctx, t, month, person, results)
}

// After chooses from results that were just computed from t.
func (a *Asker) After(ctx context.Context, t *rights.Total, month rights.Month, person rights.Subject, results []rights.Result) (Step, error) {
	step := Step{Results: results, Stop: Proved}
	var all []Question
	var open []string
	for _, r := range results {
		if r.Verdict == rights.ToVerify {
			open = append(open, r.Right)
			step.Stop = Unsaid
		}
		if r.Status == rights.ToVerify {
			all = a.add(all, t, r)
		}
	}
	for _, q := range all {
		q.say()
		if q.verdict {
			step.Questions = append(step.Questions, q)
		} else {
			step.Amounts = append(step.Amounts, q)
		}
	}
	sortQuestions(step.Questions)
	sortQuestions(step.Amounts)
	if len(step.Questions) == 0 {
		return step, nil
	}
	step.Stop = GoOn
	if a.o.Engine == nil || len(step.Questions) == 1 && a.o.Margin == 0 {
		return step, nil
	}
	return step, a.weigh(ctx, &step, t, month, person, open)
}

// add puts what a right misses on pages.
func (a *Asker) add(list []Question, t *rights.Total, r rights.Result) []Question {
	for _, m := range r.Missing {
		if t.Said(m.FactRef) {
			continue
		}
		f, ok := a.form(t, m.FactRef)
		if !ok {
			continue
		}
		id := f.Name
		if !f.Together {
			id += "." + m.Subject
		}
		i := slices.IndexFunc(list, func(q Question) bool { return q.ID == id })
		if i < 0 {
			i = len(list)
			list = append(list, Question{ID: id, Form: f})
		}
		q := &list[i]
		q.add(a.law, m.FactRef)
		verdict := r.Verdict == rights.ToVerify
		if verdict && !q.verdict {
			q.verdict, q.Rights = true, nil
		}
		if verdict == q.verdict && !slices.Contains(q.Rights, r.Right) {
			q.Rights = append(q.Rights, r.Right)
		}
	}
	return list
}

// form is the page that asks a fact: by itself when the page that asks it in
// people's words was already answered for this subject.
func (a *Asker) form(t *rights.Total, f rights.FactRef) (rights.Form, bool) {
	form, ok := a.law.Form(f.Variable)
	if !ok || len(form.Choices) == 0 {
		return form, ok
	}
	for _, other := range form.Asks {
		ref := f
		ref.Variable = other
		if t.SaidAny(ref) {
			return a.law.Own(f.Variable)
		}
	}
	return form, ok
}

// add puts a fact on the page, once: of all the periods that any right misses.
func (q *Question) add(l *rights.Law, f rights.FactRef) {
	i := slices.IndexFunc(q.Cells, func(c Cell) bool { return c.Variable == f.Variable && c.Subject == f.Subject })
	if i >= 0 {
		c := &q.Cells[i]
		c.Spans = widen(c.Spans, f.Spans)
		return
	}
	v, _ := l.Variable(f.Variable)
	f.Spans = widen(nil, f.Spans)
	q.Cells = append(q.Cells, Cell{FactRef: f, Of: v})
	slices.SortStableFunc(q.Cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(slices.Index(q.Form.Asks, a.Variable), slices.Index(q.Form.Asks, b.Variable)))
	})
}

// say gives the page its sentence.
func (q *Question) say() {
	q.Sentence = q.Form.Sentence
	if len(q.Form.Choices) > 0 || len(q.Form.Asks) == 1 {
		return
	}
	for _, c := range q.Cells {
		if c.Variable != q.Cells[0].Variable {
			return
		}
	}
	q.Sentence = q.Cells[0].Of.Question
}

// widen is one span from the earliest to the latest period.
func widen(a, b []rights.Span) []rights.Span {
	all := slices.Concat(a, b)
	if len(all) == 0 {
		return nil
	}
	out := all[0]
	for _, s := range all[1:] {
		out.From, out.To = min(out.From, s.From), max(out.To, s.To)
	}
	return []rights.Span{out}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sortQuestions puts what is asked last at the end, and the most useful first; what is equal, or was not weighed, in
// the order of the law files, by subject.
func sortQuestions(list []Question) {
	slices.SortStableFunc(list, func(a, b Question) int {
		return cmp.Or(one(a.Form.Last)-one(b.Form.Last), one(a.gated)-one(b.gated), cmp.Compare(b.gain, a.gain), cmp.Compare(a.Form.Order, b.Form.Order), cmp.Compare(a.ID, b.ID))
	})
}
