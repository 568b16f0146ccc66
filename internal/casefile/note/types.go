package note

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of what is written.
const (
	MaxText      = 20_000 // characters of a note
	MaxWords     = 5_000  // characters of a person's words
	maxReason    = 1000
	maxName      = 80 // of a circle, of a third person
	maxThird     = 12
	maxNotes     = 2000 // of one file
	maxWordsOf   = 2000 // statements of one file
	maxVersions  = 200  // of one note
	maxWaiting   = 5
	maxCircles   = 50 // of one file
	maxMembers   = 40 // of one circle
	maxPage      = 50
	defaultPage  = 20
	maxYearsBack = 30
)

// Kind is what the meeting was.
type Kind string

// The kinds of meeting.
const (
	Counter Kind = "counter"
	Phone   Kind = "phone"
	Visit   Kind = "visit"
	Letter  Kind = "letter"
	Message Kind = "message"
	Other   Kind = "other"
)

// Kinds lists the kinds in the order of a form.
func Kinds() []Kind { return []Kind{Counter, Phone, Visit, Letter, Message, Other} }

// Visibility is for whom a note is kept.
type Visibility string

// The visibilities, from the narrowest.
const (
	ForAuthor Visibility = "author" // nobody else; the person can obtain it
	ForCircle Visibility = "circle" // named persons
	ForTeam   Visibility = "team"   // the teams that accompany the person
	ForPerson Visibility = "person" // the teams, and the person in their own space
)

// Visibilities lists them in the order of a form.
func Visibilities() []Visibility {
	return []Visibility{ForTeam, ForPerson, ForCircle, ForAuthor}
}

// Note is a note as it stands.
type Note struct {
	ID          core.ID
	File        core.ID // where it was written: another file than the one open when two were found to be one person
	Author      core.ID
	Kind        Kind
	On          core.Date // day of what happened
	Visibility  Visibility
	Circle      core.ID // "" unless for a circle
	Exchange    core.ID // the call or letter it is about, ""
	Step        core.ID // the step it is about, ""
	Current     core.ID // the version that counts: what a correction starts from
	WrittenAt   int64   // µs UTC
	WithdrawnAt int64   // 0 = it stands
	WithdrawnBy core.ID
	Body
	ChangedAt int64 // µs UTC of the version that counts
	ChangedBy core.ID
	Edited    bool // it was corrected
	Waits     bool // another text, written at the same time, waits for a choice
}

// Withdrawn tells whether somebody withdrew it.
func (n Note) Withdrawn() bool { return n.WithdrawnAt != 0 }

// Body is what is sealed of a version.
type Body struct {
	Text  string   `json:"text"`            // paragraphs parted by "\n"; [[marks]] what speaks of a third person
	Third []string `json:"third,omitempty"` // names of third persons: left out of copies wherever they stand
}

// Input is what the form of a note sends.
type Input struct {
	Kind       Kind
	On         core.Date // zero = today
	Visibility Visibility
	Circle     core.ID    // an existing one; "" with NewCircle
	NewCircle  *NewCircle // made with the note
	Text       string
	Third      []string
	Exchange   core.ID
	Step       core.ID
}

// NewCircle names who may read.
type NewCircle struct {
	Name    string
	Members []core.ID // besides the one who makes it
}

// Circle is a named group of colleagues, of one file.
type Circle struct {
	ID      core.ID
	File    core.ID
	Name    string
	Maker   core.ID
	Members []core.ID // the maker among them, by id
}

// Validate trims and checks it on a day. Field names: kind, on, visibility,
// circle, circle_name, members, text, third.
func (in *Input) Validate(today core.Date) error {
	in.Text = prose(in.Text)
	if in.On.IsZero() {
		in.On = today
	}
	var f errs.Fields
	if !slices.Contains(Kinds(), in.Kind) {
		f.Add("kind", "errs.notes.kind_missing")
	}
	switch {
	case today.Before(in.On):
		f.Add("on", "errs.casefile.date_future")
	case in.On.Year < today.Year-maxYearsBack:
		f.Add("on", "errs.notes.day_old", "years", maxYearsBack)
	}
	switch {
	case !slices.Contains(Visibilities(), in.Visibility):
		f.Add("visibility", "errs.notes.visibility_missing")
	case in.Visibility != ForCircle:
		in.Circle, in.NewCircle = "", nil
	case in.NewCircle != nil:
		in.Circle = ""
		in.NewCircle.validate(&f)
	case in.Circle == "":
		f.Add("circle", "errs.notes.circle_missing")
	}
	if in.Text == "" {
		f.Add("text", "errs.notes.text_missing")
	}
	checkProse(&f, "text", in.Text, MaxText)
	in.Third = names(in.Third)
	if len(in.Third) > maxThird {
		f.Add("third", "errs.casefile.too_many", "max", maxThird)
	}
	for _, name := range in.Third {
		checkLine(&f, "third", name, maxName)
	}
	return f.Err()
}

func (c *NewCircle) validate(f *errs.Fields) {
	c.Name = strings.Join(strings.Fields(c.Name), " ")
	if c.Name == "" {
		f.Add("circle_name", "errs.notes.circle_nameless")
	}
	checkLine(f, "circle_name", c.Name, maxName)
	slices.Sort(c.Members)
	c.Members = slices.Compact(c.Members)
	switch {
	case len(c.Members) == 0:
		f.Add("members", "errs.notes.members_missing")
	case len(c.Members) >= maxMembers:
		f.Add("members", "errs.casefile.too_many", "max", maxMembers-1)
	}
}

// names trims names and drops the empty and the repeated.
func names(list []string) []string {
	var kept []string
	for _, n := range list {
		n = strings.Join(strings.Fields(n), " ")
		if n != "" && !slices.Contains(kept, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// prose makes line ends one character and removes outer spaces and the spaces at
// the end of lines.
func prose(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s)
	return strings.TrimSpace(s)
}

func checkProse(f *errs.Fields, field, value string, most int) {
	check(f, field, value, most, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}

func checkLine(f *errs.Fields, field, value string, most int) {
	check(f, field, value, most, unicode.IsControl)
}

func check(f *errs.Fields, field, value string, most int, bad func(rune) bool) {
	switch {
	case !utf8.ValidString(value):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(value) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(value, bad):
		f.Add(field, "errs.casefile.text_control")
	}
}

// Conflict says that somebody corrected the note meanwhile. Both texts are kept:
// the one that was first counts, the other waits for a choice.
type Conflict struct {
	Note  core.ID
	Yours core.ID // the version that waits
}

// Error is for the log.
func (c *Conflict) Error() string { return "note " + string(c.Note) + " was corrected meanwhile" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (c *Conflict) Unwrap() error { return errs.New(errs.Conflict, "errs.notes.conflict") }
