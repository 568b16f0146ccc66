package casefile

import (
	"strings"
	"unicode"
	"unicode/utf8"

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

// Reread is how the person heard or read again what was written of their words.
type Reread string

// The ways of reading again.
const (
	RereadNot         Reread = ""
	RereadAloud       Reread = "aloud"
	RereadSelf        Reread = "self"
	RereadInterpreter Reread = "interpreter"
)

// Rereads lists the ways in their order on a page.
func Rereads() []Reread { return []Reread{RereadAloud, RereadSelf, RereadInterpreter, RereadNot} }

// Expectation is what matters to the person, in their own words. It is never
// changed: what they say later is another one.
type Expectation struct {
	ID       core.ID
	Words    string // may have several lines
	SaidOn   core.Date
	Reread   Reread
	RereadIn string // a language tag, "" when it was not read again or not said
	At       int64  // µs UTC
	By       core.ID
}

// ExpectationInput is what the form sends.
type ExpectationInput struct {
	Words    string
	SaidOn   core.Date // zero = today
	Reread   Reread
	RereadIn string
}

// Validate checks it on a day. Field names: words, said_on, reread, reread_in.
func (e *ExpectationInput) Validate(today core.Date) error {
	e.Words = prose(e.Words)
	if e.SaidOn.IsZero() {
		e.SaidOn = today
	}
	var f errs.Fields
	if e.Words == "" {
		f.Add("words", "errs.steps.words_missing")
	}
	checkProse(&f, "words", e.Words, maxPlanWords)
	if today.Before(e.SaidOn) {
		f.Add("said_on", "errs.casefile.date_future")
	}
	switch e.Reread {
	case RereadNot:
		e.RereadIn = ""
	case RereadAloud, RereadSelf, RereadInterpreter:
		if e.RereadIn != "" && !languageTag(e.RereadIn) {
			f.Add("reread_in", "errs.casefile.language_unknown", "language", Clip(e.RereadIn))
		}
	default:
		f.Add("reread", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

// GoalState is where a goal stands.
type GoalState string

// The states of a goal. SetAside is the person's choice, not a failure.
const (
	GoalOpen    GoalState = "open"
	GoalReached GoalState = "reached"
	SetAside    GoalState = "set_aside"
)

// GoalStates lists the states in their order on a page.
func GoalStates() []GoalState { return []GoalState{GoalOpen, GoalReached, SetAside} }

// Goal is what the person chose to aim at.
type Goal struct {
	ID       core.ID
	File     core.ID // as Step.File
	Title    string
	ChosenOn core.Date
	State    GoalState
	Version  int64
	At       int64 // µs UTC of the last change
	By       core.ID
}

// GoalInput is what the form sends; Version is the one it showed, 0 for a new goal.
type GoalInput struct {
	Title    string
	ChosenOn core.Date // zero = today
	State    GoalState // "" = open
	Version  int64
}

// Validate checks it on a day. Field names: title, chosen_on, state.
func (g *GoalInput) Validate(today core.Date) error {
	g.Title = oneSpace(g.Title)
	if g.ChosenOn.IsZero() {
		g.ChosenOn = today
	}
	if g.State == "" {
		g.State = GoalOpen
	}
	var f errs.Fields
	if g.Title == "" {
		f.Add("title", "errs.steps.goal_missing")
	}
	CheckText(&f, "title", g.Title, maxPlanTitle)
	if today.Before(g.ChosenOn) {
		f.Add("chosen_on", "errs.casefile.date_future")
	}
	switch g.State {
	case GoalOpen, GoalReached, SetAside:
	default:
		f.Add("state", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

// StepWho says who does a step.
type StepWho string

// Who does a step: the person, both together, or the worker.
const (
	ByPerson StepWho = "person"
	Together StepWho = "together"
	ByWorker StepWho = "worker"
)

// StepWhos lists them in their order on a page: nothing is chosen beforehand.
func StepWhos() []StepWho { return []StepWho{ByPerson, Together, ByWorker} }

// StepState is where a step stands. Each may follow any other: closing one is
// undone by putting it back to do.
type StepState string

// The states of a step.
const (
	StepToDo    StepState = "todo"
	StepWaiting StepState = "waiting" // for somebody's answer
	StepDone    StepState = "done"
	StepGivenUp StepState = "given_up"
)

// StepStates lists the states in their order on a page.
func StepStates() []StepState { return []StepState{StepToDo, StepWaiting, StepDone, StepGivenUp} }

// Open tells whether something is still expected of somebody.
func (s StepState) Open() bool { return s == StepToDo || s == StepWaiting }

// Ways are how a step can be done, "" for a way it does not have. An online way
// never stands alone.
type Ways struct {
	Online string // « Mon compte CAF, ensemble »
	Desk   string // with somebody: place, hours, with or without appointment
	Phone  string
	Letter string
}

// Human tells whether a way leads to a human.
func (w Ways) Human() bool { return w.Desk != "" || w.Phone != "" || w.Letter != "" }

// StepPaper is a paper that a step needs, and who or what text requires it.
type StepPaper struct {
	Name       string
	RequiredBy string
}

// Step is one thing to do. Steps have no order but their dates.
type Step struct {
	ID     core.ID
	File   core.ID // where it was written: another file than the one open when two files were found to be one person
	Goal   core.ID // "" when it serves none
	Right  string  // the right it claims, "" when none
	Title  string  // begins with a verb
	Detail string
	Who    StepWho
	Ways
	Papers  []StepPaper // as written
	DueOn   core.Date   // zero = no date
	State   StepState
	Outcome string  // what was said at the last change of state
	Worker  core.ID // who answers for it in the team
	Version int64
	At      int64 // µs UTC of the last change
	By      core.ID
}

// StepInput is what the form of a step sends; Version is the one it showed, 0
// for a new step.
type StepInput struct {
	Goal   core.ID
	Right  string
	Title  string
	Detail string
	Who    StepWho
	Ways
	Papers  []StepPaper
	DueOn   core.Date
	Version int64
}

// Validate checks what can be without the file. Field names: title, detail, who,
// online, desk, phone, letter, due_on, and papers.0 onwards.
func (in *StepInput) Validate(today core.Date) error {
	in.Title, in.Detail = oneSpace(in.Title), prose(in.Detail)
	var f errs.Fields
	if in.Goal != "" {
		if _, err := core.ParseID(string(in.Goal)); err != nil {
			f.Add("goal", "errs.steps.goal_unknown")
		}
	}
	if in.Title == "" {
		f.Add("title", "errs.steps.step_missing")
	}
	CheckText(&f, "title", in.Title, maxPlanTitle)
	checkProse(&f, "detail", in.Detail, maxPlanWords)
	switch in.Who {
	case ByPerson, Together, ByWorker:
	case "":
		f.Add("who", "errs.steps.who_missing")
	default:
		f.Add("who", "errs.casefile.choice_unknown")
	}
	for _, way := range []struct {
		field string
		says  *string
	}{{"online", &in.Online}, {"desk", &in.Desk}, {"phone", &in.Phone}, {"letter", &in.Letter}} {
		*way.says = oneSpace(*way.says)
		CheckText(&f, way.field, *way.says, maxWay)
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
	var kept []StepPaper
	for _, p := range in.Papers {
		p.Name, p.RequiredBy = oneSpace(p.Name), oneSpace(p.RequiredBy)
		if p == (StepPaper{}) {
			continue
		}
		CheckText(f, "papers", p.Name, maxPlanTitle)
		CheckText(f, "papers", p.RequiredBy, maxWay)
		switch {
		case p.Name == "":
			f.Add("papers", "errs.steps.paper_nameless")
		case p.RequiredBy == "":
			f.Add("papers", "errs.steps.paper_unrequired", "paper", Clip(p.Name))
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
	State   StepState
	Outcome string
	Version int64 // the one the page showed
}

// Validate checks it. Field names: state, outcome.
func (m *StepMove) Validate() error {
	m.Outcome = prose(m.Outcome)
	var f errs.Fields
	switch m.State {
	case StepToDo, StepWaiting, StepDone, StepGivenUp:
	default:
		f.Add("state", "errs.casefile.choice_unknown")
	}
	checkProse(&f, "outcome", m.Outcome, maxPlanWords)
	return f.Err()
}

// StepEventKind is what happened to a step.
type StepEventKind string

// What happens to a step; a change of state bears the state's own name.
const (
	StepMade   StepEventKind = "made"
	StepEdited StepEventKind = "edited"
	StepHanded StepEventKind = "handed"
)

// StepEvent is one line of a step's history.
type StepEvent struct {
	Kind   StepEventKind
	Says   string
	Worker core.ID // who answers for the step since then
	At     int64   // µs UTC
	By     core.ID
}

// GoalLine is a goal with its steps: open ones by date, those without a date
// after them, then closed ones, the last closed first.
type GoalLine struct {
	Goal
	Steps []Step
}

// Plan is what a person and their workers have set out to do.
type Plan struct {
	Expectations []Expectation // the last said first
	Goals        []GoalLine    // open ones first, then in the order they were chosen
	Loose        []Step        // that serve no goal, sorted like a goal's
	Exchanges    []Exchange    // the last calls and letters, the latest first; ReadPlan alone fills it
}

// Step finds a step of the plan.
func (p Plan) Step(id core.ID) (Step, bool) {
	for _, s := range p.Loose {
		if s.ID == id {
			return s, true
		}
	}
	for _, g := range p.Goals {
		for _, s := range g.Steps {
			if s.ID == id {
				return s, true
			}
		}
	}
	return Step{}, false
}

// OpenFor tells whether an open step claims a right.
func (p Plan) OpenFor(right string) bool {
	open := func(list []Step) bool {
		for _, s := range list {
			if s.Right == right && s.State.Open() {
				return true
			}
		}
		return false
	}
	for _, g := range p.Goals {
		if open(g.Steps) {
			return true
		}
	}
	return open(p.Loose)
}

// PlanConflict says that somebody changed a goal or a step meanwhile; nothing
// was written. One of the two is set: what is stored now.
type PlanConflict struct {
	Goal *Goal
	Step *Step
}

// Error is for the log.
func (c *PlanConflict) Error() string { return "the plan was changed meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (c *PlanConflict) Unwrap() error { return errs.New(errs.Conflict, "errs.steps.conflict") }

// Deadline is a step of the worker that is due.
type Deadline struct {
	Person core.ID
	Name   string
	Step   core.ID
	Title  string
	DueOn  core.Date
	Past   bool // before today
	State  StepState
}

// DeadlinePage is keyset-paged: Next is "" on the last one.
type DeadlinePage struct {
	Items []Deadline
	Next  string
}

// oneSpace removes outer spaces and folds inner ones, line ends among them.
// What is not UTF-8 or holds control characters is left for the check to refuse.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// prose makes line ends one character and removes outer spaces.
func prose(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// checkProse is CheckText for a text of several lines.
func checkProse(f *errs.Fields, field, value string, most int) {
	switch {
	case !utf8.ValidString(value):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(value) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		f.Add(field, "errs.casefile.text_control")
	}
}
