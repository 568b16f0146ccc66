package plan

import (
	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of a plan. Texts are counted in characters.
const (
	maxExpectations = 200 // of one file
	maxGoals        = 100
	maxSteps        = 500
	maxPapers       = 12 // of one step
	maxPlanWords    = 1000
	maxPlanTitle    = 160
	maxWay          = 300
	maxPlanYears    = 10 // how far a due date may lie, before and after today
)

// View is a plan with what its pages name.
type View struct {
	casefile.Plan
	Person     casefile.Person
	Today      core.Date
	Names      map[core.ID]string // of the workers named here
	Colleagues []access.Worker    // who may be handed a step: active, in a team that accompanies the person; by name
	Silenced   []string           // rights the person said no to
}

// ExpectationInput is what the form sends.
type ExpectationInput struct {
	Words    string
	SaidOn   core.Date // zero = today
	Reread   casefile.Reread
	RereadIn string
}

// Validate checks it on a day. Field names: words, said_on, reread, reread_in.
func (e *ExpectationInput) Validate(today core.Date) error {
	e.Words = casefile.Prose(e.Words)
	if e.SaidOn.IsZero() {
		e.SaidOn = today
	}
	var f errs.Fields
	if e.Words == "" {
		f.Add("words", "errs.steps.words_missing")
	}
	casefile.CheckProse(&f, "words", e.Words, maxPlanWords)
	if today.Before(e.SaidOn) {
		f.Add("said_on", "errs.casefile.date_future")
	}
	switch e.Reread {
	case casefile.RereadNot:
		e.RereadIn = ""
	case casefile.RereadAloud, casefile.RereadSelf, casefile.RereadInterpreter:
		if e.RereadIn != "" && !casefile.LanguageTag(e.RereadIn) {
			f.Add("reread_in", "errs.casefile.language_unknown", "language", casefile.Clip(e.RereadIn))
		}
	default:
		f.Add("reread", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

// GoalInput is what the form sends; Version is the one it showed, 0 for a new goal.
type GoalInput struct {
	Title    string
	ChosenOn core.Date          // zero = today
	State    casefile.GoalState // "" = open
	Version  int64
}

// Validate checks it on a day. Field names: title, chosen_on, state.
func (g *GoalInput) Validate(today core.Date) error {
	g.Title = casefile.OneSpace(g.Title)
	if g.ChosenOn.IsZero() {
		g.ChosenOn = today
	}
	if g.State == "" {
		g.State = casefile.GoalOpen
	}
	var f errs.Fields
	if g.Title == "" {
		f.Add("title", "errs.steps.goal_missing")
	}
	casefile.CheckText(&f, "title", g.Title, maxPlanTitle)
	if today.Before(g.ChosenOn) {
		f.Add("chosen_on", "errs.casefile.date_future")
	}
	switch g.State {
	case casefile.GoalOpen, casefile.GoalReached, casefile.SetAside:
	default:
		f.Add("state", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

// StepInput is what the form of a step sends; Version is the one it showed, 0
// for a new step.
type StepInput struct {
	Goal   core.ID
	Right  string
	Title  string
	Detail string
	Who    casefile.StepWho
	casefile.Ways
	Papers  []casefile.StepPaper
	DueOn   core.Date
	Version int64
}

// Validate checks what can be without the file. Field names: title, detail, who,
// online, desk, phone, letter, due_on, and papers.0 onwards.
func (in *StepInput) Validate(today core.Date) error {
	in.Title, in.Detail = casefile.OneSpace(in.Title), casefile.Prose(in.Detail)
	var f errs.Fields
	if in.Goal != "" {
		if _, err := core.ParseID(string(in.Goal)); err != nil {
			f.Add("goal", "errs.steps.goal_unknown")
		}
	}
	if in.Title == "" {
		f.Add("title", "errs.steps.step_missing")
	}
	casefile.CheckText(&f, "title", in.Title, maxPlanTitle)
	casefile.CheckProse(&f, "detail", in.Detail, maxPlanWords)
	switch in.Who {
	case casefile.ByPerson, casefile.Together, casefile.ByWorker:
	case "":
		f.Add("who", "errs.steps.who_missing")
	default:
		f.Add("who", "errs.casefile.choice_unknown")
	}
	for _, way := range []struct {
		field string
		says  *string
	}{{"online", &in.Online}, {"desk", &in.Desk}, {"phone", &in.Phone}, {"letter", &in.Letter}} {
		*way.says = casefile.OneSpace(*way.says)
		casefile.CheckText(&f, way.field, *way.says, maxWay)
	}
	if in.Online != "" && !in.Human() {
		f.Add("desk", "errs.steps.human_missing")
	}
	if !in.DueOn.IsZero() && (in.DueOn.Year < today.Year-maxPlanYears || in.DueOn.Year > today.Year+maxPlanYears) {
		f.Add("due_on", "errs.steps.due_bounds", "years", maxPlanYears)
	}
	in.validatePapers(&f)
	return f.Err()
}

// validatePapers drops the empty rows; a paper that nobody requires is not asked.
func (in *StepInput) validatePapers(f *errs.Fields) {
	var kept []casefile.StepPaper
	for _, p := range in.Papers {
		p.Name, p.RequiredBy = casefile.OneSpace(p.Name), casefile.OneSpace(p.RequiredBy)
		if p == (casefile.StepPaper{}) {
			continue
		}
		casefile.CheckText(f, "papers", p.Name, maxPlanTitle)
		casefile.CheckText(f, "papers", p.RequiredBy, maxWay)
		switch {
		case p.Name == "":
			f.Add("papers", "errs.steps.paper_nameless")
		case p.RequiredBy == "":
			f.Add("papers", "errs.steps.paper_unrequired", "paper", casefile.Clip(p.Name))
		}
		kept = append(kept, p)
	}
	if len(kept) > maxPapers {
		f.Add("papers", "errs.casefile.too_many", "max", maxPapers)
	}
	in.Papers = kept
}

// StepMove is a change of state.
type StepMove struct {
	State   casefile.StepState
	Outcome string
	Version int64 // the one the page showed
}

// Validate checks it. Field names: state, outcome.
func (m *StepMove) Validate() error {
	m.Outcome = casefile.Prose(m.Outcome)
	var f errs.Fields
	switch m.State {
	case casefile.StepToDo, casefile.StepWaiting, casefile.StepDone, casefile.StepGivenUp:
	default:
		f.Add("state", "errs.casefile.choice_unknown")
	}
	casefile.CheckProse(&f, "outcome", m.Outcome, maxPlanWords)
	return f.Err()
}

// ExchangeInput is what the form sends.
type ExchangeInput struct {
	Kind       casefile.ExchangeKind
	Direction  casefile.Direction
	Party      string
	AnsweredBy string
	Says       string
	On         core.Date // zero = today
	Step       core.ID
}

// Validate checks it on a day. Field names: kind, direction, party, answered_by,
// says, on, step.
func (in *ExchangeInput) Validate(today core.Date) error {
	in.Party, in.AnsweredBy, in.Says = casefile.OneSpace(in.Party), casefile.OneSpace(in.AnsweredBy), casefile.Prose(in.Says)
	if in.On.IsZero() {
		in.On = today
	}
	var f errs.Fields
	if in.Kind != casefile.ExchangeCall && in.Kind != casefile.ExchangeLetter {
		f.Add("kind", "errs.steps.kind_missing")
	}
	if in.Direction != casefile.Outgoing && in.Direction != casefile.Incoming {
		f.Add("direction", "errs.steps.direction_missing")
	}
	if in.Party == "" {
		f.Add("party", "errs.steps.party_missing")
	}
	casefile.CheckText(&f, "party", in.Party, maxPlanTitle)
	casefile.CheckText(&f, "answered_by", in.AnsweredBy, maxPlanTitle)
	casefile.CheckProse(&f, "says", in.Says, maxPlanWords)
	if today.Before(in.On) {
		f.Add("on", "errs.casefile.date_future")
	}
	if in.Step != "" {
		if _, err := core.ParseID(string(in.Step)); err != nil {
			f.Add("step", "errs.steps.step_unknown")
		}
	}
	return f.Err()
}

// Conflict says that somebody changed a goal or a step meanwhile; nothing
// was written. One of the two is set: what is stored now.
type Conflict struct {
	Goal *casefile.Goal
	Step *casefile.Step
}

// Error is for the log.
func (c *Conflict) Error() string { return "the plan was changed meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (c *Conflict) Unwrap() error { return errs.New(errs.Conflict, "errs.steps.conflict") }

// Deadline is a step of the worker that is due.
type Deadline struct {
	Person core.ID
	Name   string
	Step   core.ID
	Title  string
	DueOn  core.Date
	Past   bool // before today
	State  casefile.StepState
}

// DeadlinePage is keyset-paged: Next is "" on the last one.
type DeadlinePage struct {
	Items []Deadline
	Next  string
}
