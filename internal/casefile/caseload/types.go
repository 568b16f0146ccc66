package caseload

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of what a form may send, in characters unless said otherwise.
const (
	maxWords   = 2000 // of the person, of what remains
	maxReason  = 600
	maxWho     = 300
	maxCover   = 366 // days of an absence
	maxSteps   = 200 // handed over at once
	maxHistory = 50  // periods, closings and transfers that a page shows
)

// Case is one period of an accompaniment.
type Case struct {
	ID       core.ID
	Row      core.ID // the person it was written for, who may be merged into another since
	Team     core.ID
	Referent core.ID // "" = nobody yet
	OpenedOn core.Date
	ClosedOn core.Date // zero while it holds
	Phase    casefile.Phase
	Reopens  core.ID // the period before; "" for the first
	Version  int64
}

// EndReason is why an accompaniment ends, from a short list.
type EndReason string

// The reasons. None of them says anything about the person.
const (
	EndDone      EndReason = "done"      // what was to do together is done
	EndWish      EndReason = "wish"      // the person wants to stop
	EndMoved     EndReason = "moved"     // the person lives elsewhere
	EndElsewhere EndReason = "elsewhere" // another service goes on
	EndNoNews    EndReason = "no_news"   // no news for a long time
	EndOther     EndReason = "other"
)

// EndReasons lists the reasons in the order of the form.
func EndReasons() []EndReason {
	return []EndReason{EndDone, EndWish, EndMoved, EndElsewhere, EndNoNews, EndOther}
}

// Closing is how a period ended. It is never changed.
type Closing struct {
	ID       core.ID
	Case     core.ID
	Team     core.ID
	Reason   EndReason
	Words    string // what the person says of it; "" when they could not be reached
	Remains  string // what is left to do; "" = nothing
	Who      string // whom to ask from now on
	ClosedOn core.Date
	At       int64 // µs UTC
	By       core.ID
}

// ClosingInput is what the form of an end sends.
type ClosingInput struct {
	Case      core.ID
	Version   int64
	Reason    EndReason
	Words     string
	Unreached bool // the person could not be asked: Words may then be empty
	Remains   string
	Who       string
}

// Validate trims and checks the input: fields reason, words, remains, who.
func (in *ClosingInput) Validate() error {
	var f errs.Fields
	in.Words, in.Remains, in.Who = prose(in.Words), prose(in.Remains), prose(in.Who)
	switch in.Reason {
	case EndDone, EndWish, EndMoved, EndElsewhere, EndNoNews, EndOther:
	case "":
		f.Add("reason", "errs.caseload.reason_missing")
	default:
		f.Add("reason", "errs.casefile.choice_unknown")
	}
	if in.Words == "" && !in.Unreached {
		f.Add("words", "errs.caseload.words_missing")
	}
	checkProse(&f, "words", in.Words, maxWords)
	checkProse(&f, "remains", in.Remains, maxWords)
	if in.Who == "" {
		f.Add("who", "errs.caseload.who_missing")
	}
	checkProse(&f, "who", in.Who, maxWho)
	return f.Err()
}

// TransferState is where a transfer stands.
type TransferState string

// The states of a transfer. Only a proposed one may change.
const (
	Proposed  TransferState = "proposed"
	Accepted  TransferState = "accepted"
	Declined  TransferState = "declined"
	Withdrawn TransferState = "withdrawn"
)

// StepChoice says which steps go along with an accompaniment.
type StepChoice string

// The choices of steps within a team. To another team every open step goes: whoever
// stays behind could no longer open them.
const (
	AllSteps  StepChoice = "all"
	NoSteps   StepChoice = "none"
	SomeSteps StepChoice = "some"
)

// Transfer is an accompaniment proposed to a colleague or to a team.
type Transfer struct {
	ID         core.ID
	Person     core.ID
	Name       string           // of the person
	Birth      core.PartialDate // the year alone for who may not open the file
	Case       core.ID
	FromTeam   core.ID
	FromWorker core.ID // "" when nobody answered for it
	ToTeam     core.ID
	ToWorker   core.ID // "" = the team
	Reason     string
	Words      string // what the person said of it
	Steps      []core.ID
	AllSteps   bool
	State      TransferState
	Answer     string // a few words with a no
	ProposedAt int64  // µs UTC
	ProposedBy core.ID
	AnsweredAt int64 // 0 while proposed
	AnsweredBy core.ID
}

// TransferInput is what the form of a transfer sends.
type TransferInput struct {
	Case     core.ID
	ToTeam   core.ID
	ToWorker core.ID // "" = the team
	Reason   string
	Words    string
	Choice   StepChoice
	Steps    []core.ID // for SomeSteps
}

// Validate trims and checks the input: fields to, reason, words, steps.
func (in *TransferInput) Validate() error {
	var f errs.Fields
	in.Reason, in.Words = prose(in.Reason), prose(in.Words)
	if in.ToTeam == "" {
		f.Add("to", "errs.caseload.to_missing")
	}
	if in.Reason == "" {
		f.Add("reason", "errs.caseload.why_missing")
	}
	checkProse(&f, "reason", in.Reason, maxReason)
	if in.Words == "" {
		f.Add("words", "errs.caseload.said_missing")
	}
	checkProse(&f, "words", in.Words, maxReason)
	switch in.Choice {
	case AllSteps, NoSteps:
		in.Steps = nil
	case SomeSteps:
		if len(in.Steps) > maxSteps {
			f.Add("steps", "errs.casefile.too_many", "max", maxSteps)
		}
	default:
		f.Add("steps", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

// Cover is who looks after the deadlines of somebody away. Both days are in.
type Cover struct {
	ID       core.ID
	Worker   core.ID // away
	By       core.ID // looks after
	From, To core.Date
	Ended    bool // before its last day
}

// Holds tells whether the cover counts on a day.
func (c Cover) Holds(on core.Date) bool { return !c.Ended && !on.Before(c.From) && !c.To.Before(on) }

// CoverInput is what the form of an absence sends: one of the two is the actor.
type CoverInput struct {
	Worker, By core.ID
	From, To   core.Date
}

// Validate checks the dates on a day: fields cover, from, to.
func (in CoverInput) Validate(today core.Date) error {
	var f errs.Fields
	if in.By == "" || in.Worker == "" {
		f.Add("cover", "errs.caseload.cover_missing")
	} else if in.By == in.Worker {
		f.Add("cover", "errs.caseload.cover_self")
	}
	if in.From.IsZero() {
		f.Add("from", "errs.casefile.date_missing")
	}
	switch {
	case in.To.IsZero():
		f.Add("to", "errs.casefile.date_missing")
	case !in.From.IsZero() && in.To.Before(in.From):
		f.Add("to", "errs.casefile.dates_order")
	case in.To.Before(today):
		f.Add("to", "errs.caseload.cover_past")
	case !in.From.IsZero() && in.From.AddDays(maxCover).Before(in.To):
		f.Add("to", "errs.caseload.cover_long")
	}
	return f.Err()
}

// prose makes line ends one character and removes outer spaces.
func prose(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// checkProse refuses what is not UTF-8, too long, or holds control characters
// other than line ends.
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
