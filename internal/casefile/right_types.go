package casefile

import (
	"encoding/json"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/rights"
)

// Status is what the calculation proposes for a right in a month.
type Status string

// The statuses, in the words of the command line.
const (
	Probable Status = "probable"
	NotDue   Status = "not_due"
	ToVerify Status = "to_verify"
)

// Result is one stored result of one right for one month, as computed by the
// law and the facts that it names.
type Result struct {
	Evaluation core.ID
	Right      string // the OpenFisca name: af, aide_logement
	Month      core.Month
	Status     Status
	Amount     core.Cents // what reaches the account; Probable only
	Min, Max   core.Cents // the range while something is to verify
	Missing    []Missing  // facts that would settle it, the engine's order
}

// Missing is a fact that a right still needs.
type Missing struct {
	Variable string  `json:"variable"`
	Subject  Subject `json:"subject"`

	// From and Until are the months the law reads of it, 0 when it is not of months.
	From  core.Month `json:"from,omitempty"`
	Until core.Month `json:"until,omitempty"`
	// Sentence is what the law asks or says of it, in French, "" when the
	// catalogue knows better.
	Sentence string `json:"sentence,omitempty"`
	// Rank is its place among what is worth asking, 1 the most useful, 0 when that was
	// not weighed. It is stored once for a calculation, not with each right.
	Rank int `json:"-"`
}

// Explained is a result with all that the page of one right shows.
type Explained struct {
	Result
	// Detail is the engine's own result: explanation, what was assumed, what
	// texts are overdue.
	Detail      rights.Result
	LawDigest   string
	FactsDigest string
	ComputedAt  int64 // µs UTC
	Decision    *Decision
	Stale       Staleness
	Names       map[core.ID]string // of the workers named here
}

// DecisionKind is what the person decided about a right, or what happened.
type DecisionKind string

// The decisions. NotWanted silences the right for everybody until Reopened.
const (
	ToClaim   DecisionKind = "to_claim"
	Claimed   DecisionKind = "claimed"
	Receives  DecisionKind = "receives"
	NotWanted DecisionKind = "not_wanted"
	Contested DecisionKind = "contested"
	Reopened  DecisionKind = "reopened"
)

// DecisionKinds lists the five equal choices in their order on a page.
func DecisionKinds() []DecisionKind {
	return []DecisionKind{ToClaim, Claimed, Receives, NotWanted, Contested}
}

// NonTakeUp is the Odenore kind of a non-take-up.
type NonTakeUp string

// The Odenore kinds; NonTakeUpUnsaid is when it was not said.
const (
	NonTakeUpUnsaid NonTakeUp = ""
	NonKnowledge    NonTakeUp = "non_connaissance"
	NonDemand       NonTakeUp = "non_demande"
	NonReception    NonTakeUp = "non_reception"
	NonProposal     NonTakeUp = "non_proposition"
)

// NonTakeUps lists the kinds in their order on a page.
func NonTakeUps() []NonTakeUp {
	return []NonTakeUp{NonKnowledge, NonDemand, NonReception, NonProposal}
}

// Decision is one line of the history of a right in a file; the last one counts.
type Decision struct {
	ID        core.ID
	Right     string
	Kind      DecisionKind
	NonTakeUp NonTakeUp  // NotWanted only
	Amount    core.Cents // Receives only; 0 = not said
	Since     core.Date  // Receives: since when; zero = not said
	Source    Source
	Detail    string
	At        int64 // µs UTC
	By        core.ID
}

// DecisionInput is what the row of choices beside a right sends.
type DecisionInput struct {
	Right     string
	Kind      DecisionKind
	NonTakeUp NonTakeUp
	Amount    core.Cents
	Since     core.Date
	Source    Source // "" = said by the person
	Detail    string
	After     core.ID // the last decision the page showed; "" = none
}

// Validate checks the choice on a day. Field names: right, kind, non_take_up,
// amount, since, detail.
func (d DecisionInput) Validate(today core.Date) error {
	var f errs.Fields
	switch d.Kind {
	case ToClaim, Claimed, Contested, Reopened, Receives, NotWanted:
	default:
		f.Add("kind", "errs.casefile.choice_unknown")
	}
	switch d.NonTakeUp {
	case NonTakeUpUnsaid:
	case NonKnowledge, NonDemand, NonReception, NonProposal:
		if d.Kind != NotWanted {
			f.Add("non_take_up", "errs.casefile.choice_unknown")
		}
	default:
		f.Add("non_take_up", "errs.casefile.choice_unknown")
	}
	if d.Amount < 0 || d.Amount > 1_000_000 {
		f.Add("amount", "errs.casefile.amount_bounds")
	}
	if d.Amount != 0 && d.Kind != Receives {
		f.Add("amount", "errs.casefile.amount_unexpected")
	}
	if !d.Since.IsZero() && today.Before(d.Since) {
		f.Add("since", "errs.casefile.date_future")
	}
	if d.Source != "" && !knownSource(d.Source) {
		f.Add("source", "errs.casefile.choice_unknown")
	}
	CheckText(&f, "detail", d.Detail, maxDetail)
	return f.Err()
}

// DecisionConflict says that somebody decided meanwhile; nothing was written.
type DecisionConflict struct {
	Current Decision
	Yours   DecisionInput
}

// Staleness says why a stored result no longer speaks of today.
type Staleness string

// Why a result is « à recalculer ».
const (
	Fresh        Staleness = ""
	FactsChanged Staleness = "facts"
	LawChanged   Staleness = "law"
	NeverDone    Staleness = "never"
)

// RightLine is one right in a file: what is proposed and what was decided.
type RightLine struct {
	Right    string
	Result   *Result   // nil when never computed
	Decision *Decision // the one that counts; nil when none
}

// Silenced tells whether the person said no and did not come back on it: the
// page then says only that, for every worker.
func (l RightLine) Silenced() bool { return l.Decision != nil && l.Decision.Kind == NotWanted }

// SheetKind is what was printed.
type SheetKind string

// The kinds of printed sheets. What a plan or a file said that day is kept by the
// printout package.
const (
	SheetOfRights SheetKind = "rights"
	SheetOfPlan   SheetKind = "plan"
	SheetOfFile   SheetKind = "file"
)

// Sheet is a printed sheet that a counter finds again by its code. Evaluation is
// that of a sheet of rights.
type Sheet struct {
	Code       string // "7QF-M2K" form
	Mark       string // of the journal, "" on a paper of before there were marks
	Kind       SheetKind
	Person     core.ID
	Month      core.Month
	Evaluation core.ID
	At         int64 // µs UTC
	By         core.ID
}

// File is all that the page of a person shows.
type File struct {
	Person    Person
	Merged    []Merged // who was made one with the person, as they were
	Case      CaseFile
	Today     core.Date
	Month     core.Month // the month shown
	Household HouseholdView
	Facts     []FactLine // by theme, then in the vocabulary's order
	Rights    []RightLine
	Computed  int64 // µs UTC of the evaluation shown; 0 = never
	Stale     Staleness
	// Question is the id of the next one worth asking, "" when none is.
	Question string
	Plan     Plan
	Names    map[core.ID]string // of the workers named here: « Claire Maurel »
	// Why explains the first right that the calculation proposes and nobody
	// decided about; nil when there is none.
	Why *Why
}

// Why is the explanation of one right of a file, as it is stored: whoever kept what
// it became need not read it again.
type Why struct {
	Right  string
	packed []byte
	hidden bool // leave out what says where
}

// Explanation reads it.
func (w *Why) Explanation() (*rights.Explanation, error) {
	var e rights.Explanation
	if err := json.Unmarshal(w.packed, &e); err != nil {
		return nil, fmt.Errorf("read the explanation of %s: %w", w.Right, err)
	}
	if w.hidden {
		hideLines(&e)
	}
	return &e, nil
}

// Hidden tells that the explanation leaves out what says where the person lives.
func (w *Why) Hidden() bool { return w.hidden }

// Question is one page of the interview: a law file says which cells its
// answers set; the page adds « je ne sais pas » and « je préfère ne pas dire ».
type Question struct {
	ID      string // "loyer.<subject>": its address
	Subject Subject
	Human   *Human // who it is about when not the file's person
	Cells   []QuestionCell
	ReadBy  []string // rights that wait for it
	Left    int      // questions left, this one included, at most
	// Earliest is the first month that a right reads of what this page asks, 0 when
	// it is not of months: an amount that has not changed since then answers them all.
	Earliest core.Month
}

// QuestionCell is one value that the answer sets.
type QuestionCell struct {
	Of   Variable
	From core.PartialDate
	// Until is zero for a cell that goes on.
	Until   core.PartialDate
	Current *Fact // what is believed now, known or not
}

// Answer is what the page of a question sends.
type Answer struct {
	Question string // its ID
	Subject  Subject
	State    State             // Unknown and Refused answer every cell
	Values   map[string]string // variable → value as typed, for Known
	From     core.PartialDate  // zero = as far back as the law reads
	Until    core.PartialDate  // zero = still
	Source   Source
	Detail   string
	Replaces map[string]core.ID // variable → fact the page showed
}
