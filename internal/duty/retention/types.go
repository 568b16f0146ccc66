// Package retention ends the life of files: in the active base while the person
// comes (two years at most after their last contact), then in the intermediate
// archive, which nobody finds and a named circle reads with a reason, then deleted
// with all that speaks of the person.
//
// Guarantees. Nothing moves in an organisation that has chosen no durations. Time is
// counted from the last contact of the person themself (contact.go), never from what
// a worker wrote. Who comes back finds their file back in one gesture. Nothing is
// deleted without a list that somebody asked for, that a public body's archives have
// seen, and that names nobody; a hold keeps a file from it. What is deleted goes with
// the files merged into it, in small transactions that go on where they stopped; the
// journal keeps the place and the proof of each line, and loses what it said.
//
// What not to do: delete rows of persons elsewhere. A new table that speaks of a
// person goes into purge.go; TestEveryTableOfAPersonGoes fails until it does.
//
//	retentions.Start(ctx)                              // daily: who goes into the archive
//	back, err := retentions.Return(ctx, person, why)   // who comes back
package retention

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits.
const (
	// MinActive and MaxActive bound the months in the active base. The most is what
	// the CNIL's reference for social support recommends (two years after the last
	// contact); the least keeps a file as long as an agreement or a mandate may last.
	MinActive, MaxActive = 12, 24
	// MaxArchive bounds the months in the intermediate archive: ten years, the
	// longest civil limitation (Code civil art. 2226).
	MaxArchive = 120
	// MaxHold bounds a hold, which may be written again, in months.
	MaxHold = 60

	maxReason  = 300 // characters of a reason
	maxBasis   = 300
	maxVisa    = 120
	maxCircle  = 20
	maxList    = 5_000 // files of one list to delete
	pageOfList = 50
	soonDays   = 60 // how long before a team sees that a file goes into the archive
)

// Rule is how long an organisation keeps files.
type Rule struct {
	ActiveMonths  int
	ArchiveMonths int
	PublicBody    bool   // its lists wait for the visa of the public archives (Code du patrimoine art. L212-2)
	Basis         string // the text that the durations rest on
	Version       int64  // 0 = nothing chosen: nothing moves
}

// Chosen tells whether the organisation has durations.
func (r Rule) Chosen() bool { return r.Version > 0 }

// Validate cleans the rule and gives what is wrong, by field.
func (r *Rule) Validate() error {
	var f errs.Fields
	if r.ActiveMonths < MinActive || r.ActiveMonths > MaxActive {
		f.Add("active", "errs.keeping.active", "min", MinActive, "max", MaxActive)
	}
	if r.ArchiveMonths < 0 || r.ArchiveMonths > MaxArchive {
		f.Add("archive", "errs.keeping.archive", "max", MaxArchive)
	}
	r.Basis = line(&f, "basis", r.Basis, maxBasis, "errs.keeping.basis")
	return f.Err()
}

// entersOn is the day from which a last contact is too old for the active base, so
// that a file whose contact is before it goes into the archive.
func (r Rule) entersBefore(today core.Date) core.Date { return monthsBefore(today, r.ActiveMonths) }

// endsBefore is the same for the end of the archive.
func (r Rule) endsBefore(today core.Date) core.Date {
	return monthsBefore(today, r.ActiveMonths+r.ArchiveMonths)
}

// monthsBefore is the same day so many months before, the last of a shorter month.
func monthsBefore(d core.Date, months int) core.Date {
	m := d.CalendarMonth() - core.Month(months)
	first := core.Date{Year: int(m) / 12, Month: monthOf(m), Day: 1}
	last := firstOf(m + 1).AddDays(-1)
	first.Day = min(d.Day, last.Day)
	return first
}

// monthsAfter is the same day so many months later.
func monthsAfter(d core.Date, months int) core.Date { return monthsBefore(d, -months) }

// line is a text of one line; missing is the error when it is empty, "" when it may be.
func line(f *errs.Fields, field, s string, most int, missing string) string {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case s == "" && missing != "":
		f.Add(field, missing)
	case !utf8.ValidString(s):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(s) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(s, unicode.IsControl):
		f.Add(field, "errs.casefile.text_control")
	}
	return s
}

// ListState is where a list of files to delete stands.
type ListState string

// The states of a list.
const (
	Waiting   ListState = "waiting"   // for the visa of the public archives
	Approved  ListState = "approved"  // may be carried out
	Running   ListState = "running"   // being carried out
	Done      ListState = "done"      // everything that could go is gone
	Withdrawn ListState = "withdrawn" // given up before anything was deleted
)

// List is a list of files to delete. It names nobody.
type List struct {
	ID      core.ID
	State   ListState
	UpTo    core.Date // last contacts before that day
	MadeAt  int64     // µs UTC
	MadeBy  core.ID
	Visa    Visa
	VisaBy  core.ID
	EndedAt int64
	Version int64
	Groups  []Group // what it holds, by year and team
	Files   int
	Gone    int
	Kept    int
}

// Visa is the answer of the public archives.
type Visa struct {
	Name string    // who signed
	Ref  string    // their reference
	On   core.Date // the day of the visa
}

// Group is the files of one team whose last contact was in one year.
type Group struct {
	Team           core.ID
	TeamName       string
	Year           int // of the last contact
	Files          int
	First, Last    core.Date // the oldest opening and the latest contact
	HeldOrReturned int       // of those, kept back so far
}

// Hold keeps a file from deletion until a day.
type Hold struct {
	ID     core.ID
	Reason string
	Until  core.Date
	MadeAt int64
	By     string // who wrote it
}
