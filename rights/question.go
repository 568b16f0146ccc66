package rights

import (
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/rights/check"
	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// Form is a question as one page asks it: the facts that people know together,
// in the words of the law files. A fact that no question block names has a form
// of its own, under its own name.
type Form struct {
	Name     string   `json:"name"`
	Sentence string   `json:"sentence"` // French
	Easy     string   `json:"easy,omitempty"`
	Entity   Entity   `json:"entity"`
	Asks     []string `json:"asks"` // inputs, in order; of one entity
	// Together asks everybody concerned on one page, each with their own values.
	Together bool `json:"together,omitempty"`
	// Several tells that several of Choices may hold at once (a list of boxes);
	// what no chosen answer sets is what would be presumed.
	Several bool         `json:"several,omitempty"`
	Last    bool         `json:"last,omitempty"`    // asked after all the others
	Choices []FormChoice `json:"choices,omitempty"` // answers that set facts; none: each fact is given by itself
	File    string       `json:"file"`
	Order   int          `json:"order"` // the order of asking when nothing else decides
}

// FormChoice is an answer in people's words and the facts it sets.
type FormChoice struct {
	Name  string    `json:"name"`
	Label string    `json:"label"` // French
	Sets  []FormSet `json:"sets"`
}

// FormSet is a fact that an answer sets.
type FormSet struct {
	Variable string `json:"variable"`
	Value    Value  `json:"value"`
}

// Forms lists the questions of the law, in the order of asking. It must not be
// changed.
func (l *Law) Forms() []Form { return l.forms }

// Form returns the question that asks a fact; false for what is never asked.
func (l *Law) Form(variable string) (Form, bool) {
	for _, f := range l.forms {
		if slices.Contains(f.Asks, variable) {
			return f, true
		}
	}
	return Form{}, false
}

// form checks a question block.
func (l *Law) form(file string, q *lang.Form) (Form, Problems) {
	f := Form{Name: q.Name, Sentence: q.Sentence, Easy: q.Easy, Together: q.Together, Several: q.Several, Last: q.Last, File: file}
	var wrong Problems
	problem := func(pos lang.Pos, format string, args ...any) {
		wrong = append(wrong, Problem{File: file, Pos: pos, Message: fmt.Sprintf(format, args...)})
	}
	for _, a := range q.Asks {
		i := l.prog.Var(a.Name)
		switch {
		case i < 0:
			problem(a.Pos, "« %s » n'est déclaré nulle part %v", a.Name, l.Nearest(a.Name))
			continue
		case !l.prog.IR.Vars[i].Input:
			problem(a.Pos, "« %s » n'est pas une entrée: une règle ne se demande pas", a.Name)
			continue
		case len(f.Asks) > 0 && l.prog.IR.Vars[i].Entity != f.Entity:
			problem(a.Pos, "une question porte sur un seul sujet: « %s » est d'un autre que « %s »", a.Name, f.Asks[0])
			continue
		}
		f.Entity = l.prog.IR.Vars[i].Entity
		f.Asks = append(f.Asks, a.Name)
	}
	if len(q.Asks) == 0 {
		problem(q.Pos, "la question « %s » ne demande rien", q.Name)
	}
	if q.Several && (len(q.Answers) == 0 || len(q.Answers) > 10) {
		problem(q.Pos, "une liste à cocher a de une à dix réponses")
	}
	for _, a := range q.Answers {
		c := FormChoice{Name: a.Name, Label: a.Label, Sets: []FormSet{}}
		for _, v := range a.Values {
			if !slices.Contains(f.Asks, v.Name) {
				problem(v.Pos, "« %s » n'est pas demandé par cette question", v.Name)
				continue
			}
			t := l.prog.IR.Vars[l.prog.Var(v.Name)].Type
			lit, message := check.ExampleLiteral(l.prog.IR, v.Value, t)
			if message != "" {
				problem(v.Pos, "%s: %s", v.Name, message)
				continue
			}
			c.Sets = append(c.Sets, FormSet{v.Name, l.value(t, lit.Num, lit.Text)})
		}
		f.Choices = append(f.Choices, c)
	}
	return f, wrong
}

// formOfEach gives a form of its own to every fact that has a question and that
// no block asks, after the blocks, in the order of the law; a fact asked by two
// blocks is a problem.
func (l *Law) formOfEach() Problems {
	var wrong Problems
	asked := map[string]string{}
	for i, f := range l.forms {
		l.forms[i].Order = i
		for _, v := range f.Asks {
			if other, twice := asked[v]; twice {
				wrong = append(wrong, Problem{File: f.File, Pos: lang.Pos{Line: 1, Col: 1}, Message: fmt.Sprintf("« %s » est demandé par « %s » et par « %s »", v, other, f.Name)})
			}
			asked[v] = f.Name
		}
	}
	for i := range l.prog.IR.Vars {
		v := &l.prog.IR.Vars[i]
		if _, ok := asked[v.Name]; ok || !v.Input || v.Question == "" {
			continue
		}
		l.forms = append(l.forms, Form{Name: v.Name, Sentence: v.Question, Entity: v.Entity, Asks: []string{v.Name}, File: v.File, Order: len(l.forms)})
	}
	return wrong
}

// Own is the question of one fact by itself, when the page that asks it with
// others was already answered.
func (l *Law) Own(variable string) (Form, bool) {
	f, ok := l.Form(variable)
	v, known := l.Variable(variable)
	if !ok || !known {
		return Form{}, false
	}
	return Form{Name: variable, Sentence: v.Question, Entity: v.Entity, Asks: []string{variable}, File: v.File, Order: f.Order}, true
}

// Gates lists the inputs that decide what is presumed of an input when nobody gave
// it: they are asked before it.
func (l *Law) Gates(variable string) []string {
	i := l.prog.Var(variable)
	if i < 0 {
		return nil
	}
	var out []string
	var walk func(e *ir.Expr)
	walk = func(e *ir.Expr) {
		if e == nil {
			return
		}
		if e.Op == ir.OpVar {
			v := &l.prog.IR.Vars[e.Index]
			if v.Input && !slices.Contains(out, v.Name) {
				out = append(out, v.Name)
			}
		}
		for _, a := range e.Args {
			walk(a)
		}
	}
	walk(l.prog.IR.Vars[i].When)
	return out
}
