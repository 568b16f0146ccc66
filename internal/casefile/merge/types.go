package merge

import (
	"context"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Card is one of two files as they are shown side by side before a merge.
type Card struct {
	Person casefile.Person
	Facts  int      // that count today
	Lives  []string // names of those under the same roof
	Teams  []string
}

// Input says that Other is Keep. The versions are those of the two people
// that the page showed; 0 skips the check.
type Input struct {
	Keep, Other               core.ID
	KeepVersion, OtherVersion int64
	Reason                    string // "" or at most 300 characters
}

// WrittenKind is what was written in a file since it gathered another.
type WrittenKind string

// The kinds of rows that an undo asks about.
const (
	WroteFact     WrittenKind = "fact"
	WroteDecision WrittenKind = "decision"
	WroteStay     WrittenKind = "stay"     // somewhere the person came to live
	WroteKin      WrittenKind = "kin"      // a child, a parent, a couple
	WroteIdentity WrittenKind = "identity" // names, birth, contact, as they are now
	WroteNote     WrittenKind = "note"
	WroteWords    WrittenKind = "words"   // the person's own
	WroteMatters  WrittenKind = "matters" // what matters to the person
	WroteGoal     WrittenKind = "goal"
	WroteStep     WrittenKind = "step" // with its papers and what happened to it
	WroteExchange WrittenKind = "exchange"
)

// Written is one row written since a merge: an undo asks whose it is.
type Written struct {
	ID       core.ID
	Kind     WrittenKind
	At       int64 // µs UTC
	By       core.ID
	Fact     *casefile.Fact     // for WroteFact
	Decision *casefile.Decision // for WroteDecision
	Human    casefile.Human     // for WroteKin: the other one
	On       core.Date          // for WroteNote and WroteWords: the day of what happened, or was said
	Text     string             // of a row of the plan: its title or words
}

// Undo is what the page of an undo shows.
type Undo struct {
	Kept  casefile.Person
	Other casefile.Person // as they were
	Since []Written
	// Household is the one of the two together: it names the subjects of facts.
	Household casefile.HouseholdView
	Names     map[core.ID]string // of the workers named here
}

// Beside is a room beside this one whose rows stand in a person's file. When a
// merge is undone it says what was written in the kept file since, as far as the
// actor may read it, and hands a row to the other file. What the actor may not
// read stays with the kept file.
type Beside interface {
	// WrittenSince lists at most 501 rows of o's file whose id is greater than merge.
	WrittenSince(ctx context.Context, q db.Querier, o casefile.Opened, file, merge core.ID) ([]Written, error)
	// GiveBack moves a row that WrittenSince gave; a row of another room is left alone.
	GiveBack(tx *db.Tx, org core.ID, row Written, from, to core.ID) error
	// Parted puts right what the room had derived from the two as one: merge is the
	// row that made them one, ended now.
	Parted(tx *db.Tx, org, kept, other, merge core.ID) error
}
