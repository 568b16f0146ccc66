package talk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits.
const (
	maxDetail = 300 // characters of a reason
	maxName   = 200 // characters of a search
	maxPause  = 366 // days that a right may be set aside
	recent    = 62  // days after which a change is no longer news
	// tooLittle is from how many questions left a right is not talked of: a page would
	// list every right of the law for whoever just arrived.
	tooLittle = 4
	// late is how many days after a claim nothing received is worth a word.
	late = 60
)

// Kind is why a right is worth a conversation.
type Kind string

// The kinds, in their order on a page.
const (
	Missing     Kind = "missing"      // a fact is missing to know
	Unclaimed   Kind = "unclaimed"    // probable, and nothing was decided
	ToClaim     Kind = "to_claim"     // the person wants to claim it, it is not done
	NotReceived Kind = "not_received" // claimed more than two months ago, nothing noted since
	Contested   Kind = "contested"    // refused, and contested
	Changed     Kind = "changed"      // what is said of it has changed
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Missing, Unclaimed, ToClaim, NotReceived, Contested, Changed} }

// Said is what can be said of a right in a month.
type Said struct {
	Status casefile.Status
	Amount core.Cents // Probable only
	Min    core.Cents
	Max    core.Cents
}

// of takes what a calculation says.
func of(o casefile.Outcome) Said { return Said{o.Status, o.Amount, o.Min, o.Max} }

// Right is a right of somebody that is worth a conversation.
type Right struct {
	Name string
	Said
	Missing  []casefile.Missing
	Pages    int // questions left
	Kind     Kind
	TakeUp   casefile.NonTakeUp // the Odenore kind, when somebody said it; "" when not
	Decision *casefile.Decision // the one that counts; nil when none
	News     *News              // nil when nothing changed lately
	Pause    *Pause             // nil unless it is set aside
	Planned  core.ID            // an open step of the plan about it; "" when none
}

// News is what changed at a run, and why.
type News struct {
	At    int64 // µs UTC of the run
	Month core.Month
	Was   Said
	Why   []Cause
}

// Person is somebody with whom there is something to talk about.
type Person struct {
	ID      core.ID
	Name    string
	Contact int64 // last noted, µs UTC; 0 = never
	Rights  []Right
	// Computed is when the rights were last looked at, µs UTC: this month. What was
	// found in a month that is over is shown to nobody.
	Computed int64
	Humans   map[core.ID]string // first names of those a cause or a missing fact may speak of
}

// Page is keyset-paged: Next is "" on the last one. People are in the order asked,
// by name or by last contact, and in no other.
type Page struct {
	Items     []Person
	Next      string
	Workers   map[core.ID]string
	TeamNames map[core.ID]string
	Today     core.Date
}

// Order is how people are listed.
type Order string

// The orders. There is none by amount, by number of rights or by need: people are
// not ranked.
const (
	ByName    Order = ""
	ByContact Order = "contact" // the one seen longest ago first
)

// Nobody is the referent of an accompaniment that waits for one.
const Nobody core.ID = "nobody"

// Filter says what to list; the zero Filter lists everything of the worker's teams.
type Filter struct {
	Right    string
	Kind     Kind
	TakeUp   casefile.NonTakeUp
	Referent core.ID // "" = anybody, Nobody = nobody
	Team     core.ID // "" = all the worker's
	Name     string
	Since    core.Date // changed since that day; zero = whatever
	Paused   bool      // what is set aside, instead of what is not
	Order    Order
}

// Reason is why a right is set aside for a while. None of them is a decision of the
// person: a no is one, and lasts until they come back on it.
type Reason string

// The reasons.
const (
	Spoken    Reason = "spoken"    // we talked about it, the person is thinking
	NotNow    Reason = "not_now"   // it is not the moment
	Paper     Reason = "paper"     // a paper or an answer is awaited
	Elsewhere Reason = "elsewhere" // somebody else looks after it
	Wrong     Reason = "wrong"     // what the calculation says is not the situation
	Other     Reason = "other"     // said in the detail
)

// Reasons lists them in the order of the form.
func Reasons() []Reason { return []Reason{Spoken, NotNow, Paper, Elsewhere, Wrong, Other} }

// Pause is a right set aside in a file.
type Pause struct {
	ID     core.ID
	Right  string
	Reason Reason
	Detail string
	TakeUp casefile.NonTakeUp
	Until  core.Date // zero: until something else can be said of the right
	At     int64     // µs UTC
	By     core.ID
	said   string
}

// PauseInput is what the form of setting aside sends.
type PauseInput struct {
	Right  string
	Reason Reason
	Detail string
	TakeUp casefile.NonTakeUp
	Until  core.Date // zero: until something else can be said of the right
}

// Validate trims and checks it on a day: fields reason, detail, take_up, until.
func (in *PauseInput) Validate(today core.Date) error {
	in.Detail = strings.Join(strings.Fields(in.Detail), " ")
	var f errs.Fields
	switch in.Reason {
	case Spoken, NotNow, Paper, Elsewhere, Wrong:
	case Other:
		if in.Detail == "" {
			f.Add("detail", "errs.conversations.detail_missing")
		}
	case "":
		f.Add("reason", "errs.conversations.reason_missing")
	default:
		f.Add("reason", "errs.casefile.choice_unknown")
	}
	checkText(&f, "detail", in.Detail)
	switch in.TakeUp {
	case casefile.NonTakeUpUnsaid, casefile.NonKnowledge, casefile.NonDemand, casefile.NonReception, casefile.NonProposal:
	default:
		f.Add("take_up", "errs.casefile.choice_unknown")
	}
	if !in.Until.IsZero() && (!today.Before(in.Until) || today.AddDays(maxPause).Before(in.Until)) {
		f.Add("until", "errs.conversations.until_bounds")
	}
	return f.Err()
}

func checkText(f *errs.Fields, field, value string) {
	switch {
	case !utf8.ValidString(value):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(value) > maxDetail:
		f.Add(field, "errs.casefile.text_too_long", "max", maxDetail)
	case strings.ContainsFunc(value, unicode.IsControl):
		f.Add(field, "errs.casefile.text_control")
	}
}

// How is the way something was said to the person, or by them.
type How string

// The ways.
const (
	Aloud  How = "aloud"  // face to face or by phone
	Letter How = "letter" // a letter, a notice handed over
	Portal How = "portal" // by the person, on their own pages
)

// Told is where a person stands towards the runs.
type Told struct {
	InformedOn  core.Date // zero: nobody told them yet
	InformedHow How
	InformedBy  core.ID
	ObjectedOn  core.Date // zero: they do not object
	ObjectedHow How
	ObjectedBy  core.ID // "" when they did it themselves
	Last        int64   // µs UTC of the last calculation; 0 = never
}

// Included tells whether runs look at the person's rights.
func (t Told) Included() bool { return !t.InformedOn.IsZero() && t.ObjectedOn.IsZero() }

// TellInput is what the form of the notice sends.
type TellInput struct {
	On  core.Date // zero = today
	How How
}

// Validate checks it on a day: fields on, how.
func (in *TellInput) Validate(today core.Date) error {
	var f errs.Fields
	if in.On.IsZero() {
		in.On = today
	}
	if today.Before(in.On) {
		f.Add("on", "errs.casefile.date_future")
	}
	if in.On.Year < today.Year-10 {
		f.Add("on", "errs.conversations.day_old")
	}
	switch in.How {
	case Aloud, Letter:
	case "":
		f.Add("how", "errs.conversations.how_missing")
	default:
		f.Add("how", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

// CauseKind is what made a right change between two runs.
type CauseKind string

// The causes. Each was found by computing once more without it.
const (
	NewLaw    CauseKind = "law"       // the rules were written otherwise: a correction, another edition
	NewValue  CauseKind = "value"     // a value of the law that begins to hold
	NewRule   CauseKind = "rule"      // a rule that begins to be counted otherwise
	Birthday  CauseKind = "birthday"  // somebody reached an age
	Quarter   CauseKind = "quarter"   // the months that count are no longer the same
	NewYear   CauseKind = "year"      // the year that counts is no longer the same
	Facts     CauseKind = "facts"     // something was learnt, or announced for now
	Household CauseKind = "household" // who lives there, who is with whom
	Together  CauseKind = "together"  // several things at once; none alone explains it
)

// Cause is why a right changed.
type Cause struct {
	Kind      CauseKind        `json:"kind"`
	Subject   casefile.Subject `json:"subject,omitzero"`
	Variables []string         `json:"variables,omitempty"`
	Age       int              `json:"age,omitempty"`
	Label     string           `json:"label,omitempty"` // of the law's own, in French
	From      string           `json:"from,omitempty"`  // the day it holds from
	Source    string           `json:"source,omitempty"`
	Old       float64          `json:"old,omitempty"`
	New       float64          `json:"new,omitempty"`
	Unit      string           `json:"unit,omitempty"`
}
