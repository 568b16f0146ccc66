package casefile

import "codeberg.org/parvis/parvis/internal/core"

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

// ExchangeKind is a call or a letter.
type ExchangeKind string

// The kinds of exchange.
const (
	ExchangeCall   ExchangeKind = "call"
	ExchangeLetter ExchangeKind = "letter"
)

// Direction is who began an exchange.
type Direction string

// The directions: Outgoing is called or written by the service.
const (
	Outgoing Direction = "out"
	Incoming Direction = "in"
)

// Exchange is a call or a letter about a file, with somebody else than the
// person or with them. It is never changed.
type Exchange struct {
	ID         core.ID
	Kind       ExchangeKind
	Direction  Direction
	Party      string // who was called or written to, or who called: « CAF, service prestations »
	AnsweredBy string // who answered, as they said it; "" when not known
	Says       string // what was asked and answered; may have several lines
	On         core.Date
	Step       core.ID // "" when about no step
	At         int64   // µs UTC
	By         core.ID
}

// Plan is what a person and their workers have set out to do.
type Plan struct {
	Expectations []Expectation // the last said first
	Goals        []GoalLine    // open ones first, then in the order they were chosen
	Loose        []Step        // that serve no goal, sorted like a goal's
	Exchanges    []Exchange    // the last calls and letters, the latest first; not read with the file
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
