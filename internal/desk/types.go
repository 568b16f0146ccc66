package desk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of one passage.
const (
	MaxWords  = 300 // characters of what is written of a passage
	maxToken  = 40  // of what somebody who waits is called by
	maxSentTo = 80
	maxUrgent = 200
	MaxPeople = 20 // who came together
)

const separator = ","

// Reason is why somebody came, in their words as the desk hears them.
type Reason string

// The reasons, in the order of the form.
const (
	Letter   Reason = "letter"
	Paper    Reason = "paper"
	Housing  Reason = "housing"
	Living   Reason = "living" // something to eat, to pay
	Address  Reason = "address"
	Digital  Reason = "digital" // refused elsewhere without a screen
	News     Reason = "news"
	Somebody Reason = "somebody"
	Other    Reason = "another"
)

// Reasons lists them, in the order of the form.
func Reasons() []Reason {
	return []Reason{Letter, Paper, Housing, Living, Address, Digital, News, Somebody, Other}
}

// Channel is how somebody got in touch.
type Channel string

// The channels.
const (
	Came   Channel = "came"
	Called Channel = "called"
	Wrote  Channel = "wrote"
)

// Channels lists them.
func Channels() []Channel { return []Channel{Came, Called, Wrote} }

// Languages lists the languages of the form; "" is not said.
func Languages() []string { return []string{"fr", "ar", "ti", "uk", "sign", "another"} }

// Did is what was done at the desk.
type Did string

// What may be done.
const (
	Answered Did = "answered"
	Printed  Did = "printed"
	Phoned   Did = "phoned"
	Meeting  Did = "meeting"
	Listened Did = "listened"
	CouldNot Did = "could_not"
	WentAway Did = "left" // of those who left before they were received: counted, never chosen
)

// Done lists what a form offers.
func Done() []Did { return []Did{Answered, Printed, Phoned, Meeting, Listened, CouldNot} }

// Services lists where somebody is sent to, and whose obstacle is noted: a code each,
// with its name in the catalogue. "another" goes with words.
func Services() []string {
	return []string{"duty", "caf", "cpam", "msa", "carsat", "france_travail", "departement", "mdph", "prefecture", "taxes", "france_services",
		"town", "housing", "food", "shelter", "health", "justice", "association", "school", "bank", "energy", "post", "another"}
}

// Delays lists how long until an answer, as it was told.
func Delays() []string { return []string{"now", "today", "week", "month", "unknown"} }

// State is where a passage stands.
type State string

// The states. Void is a mistake, which counts nowhere and may be taken back.
const (
	Waiting  State = "waiting"
	Received State = "received"
	Finished State = "done"
	Left     State = "left"
	Void     State = "void"
)

// Input is what a form says of a passage.
type Input struct {
	Channel  Channel // "" = Came
	Reasons  []Reason
	Language string // "" = not said
	People   int    // 0 = 1
	Done     []Did
	SentTo   string // a code of Services, "" = nobody
	SentName string // who exactly, when it helps
	Answer   string // a code of Delays, "" = not said
	Token    string // « jeton bleu »: what somebody who waits is called by, never a name
	Words    string
	Urgent   string // why they cannot wait, in the words of a colleague
	Version  int64  // of the passage that the form showed; 0 for a new one
}

// Passage is one.
type Passage struct {
	ID       core.ID
	Day      core.Date
	Arrived  int64 // µs UTC
	State    State
	Attached bool // in a file, which is not said
	Input
	person core.ID
}

// clean puts the input in its stored form and says what is wrong, by field. A reason is
// needed unless somebody only arrives (waits).
func (in *Input) clean(waits bool) error {
	var f errs.Fields
	if in.Channel == "" {
		in.Channel = Came
	}
	if !slices.Contains(Channels(), in.Channel) {
		f.Add("channel", "errs.desk.choice")
	}
	in.Reasons = known(&f, "reason", in.Reasons, Reasons())
	if len(in.Reasons) == 0 && !waits && len(f) == 0 {
		f.Add("reason", "errs.desk.reason")
	}
	in.Done = known(&f, "done", in.Done, Done())
	for _, c := range []struct {
		field, value string
		of           []string
	}{{"language", in.Language, Languages()}, {"sent_to", in.SentTo, Services()}, {"answer", in.Answer, Delays()}} {
		if c.value != "" && !slices.Contains(c.of, c.value) {
			f.Add(c.field, "errs.desk.choice")
		}
	}
	if in.People == 0 {
		in.People = 1
	}
	if in.People < 1 || in.People > MaxPeople {
		f.Add("people", "errs.desk.people", "max", MaxPeople)
	}
	in.Token = line(&f, "token", in.Token, maxToken)
	in.Words = line(&f, "words", in.Words, MaxWords)
	in.Urgent = line(&f, "urgent", in.Urgent, maxUrgent)
	in.SentName = line(&f, "sent_name", in.SentName, maxSentTo)
	return f.Err()
}

// known keeps each known code once, in the order of the form, and refuses others.
func known[T ~string](f *errs.Fields, field string, list, of []T) []T {
	var out []T
	for _, c := range of {
		if slices.Contains(list, c) {
			out = append(out, c)
		}
	}
	for _, c := range list {
		if !slices.Contains(of, c) {
			f.Add(field, "errs.desk.choice")
			return nil
		}
	}
	return out
}

// line makes one line of words: outer and repeated spaces go, controls are refused.
func line(f *errs.Fields, field, s string, most int) string {
	if !utf8.ValidString(s) {
		f.Add(field, "errs.casefile.text_encoding")
		return ""
	}
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case utf8.RuneCountInString(s) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(s, unicode.IsControl):
		f.Add(field, "errs.casefile.text_control")
	}
	return s
}

// join and split are the stored form of several codes: ",letter,housing,".
func join[T ~string](list []T) string {
	if len(list) == 0 {
		return ""
	}
	s := separator
	for _, c := range list {
		s += string(c) + separator
	}
	return s
}

func split[T ~string](s string) []T {
	var out []T
	for _, c := range strings.Split(strings.Trim(s, separator), separator) {
		if c != "" {
			out = append(out, T(c))
		}
	}
	return out
}
