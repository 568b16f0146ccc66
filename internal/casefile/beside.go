package casefile

import (
	"context"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Beside is a room beside this one whose rows stand in a person's file. When a
// merge is undone it says what was written in the kept file since, as far as the
// actor may read it, and hands a row to the other file. What the actor may not
// read stays with the kept file.
type Beside interface {
	// WrittenSince lists at most 501 rows of o's file whose id is greater than merge.
	WrittenSince(ctx context.Context, q db.Querier, o Opened, file, merge core.ID) ([]Written, error)
	// GiveBack moves a row that WrittenSince gave; a row of another room is left alone.
	GiveBack(tx *db.Tx, org core.ID, row Written, from, to core.ID) error
	// Parted puts right what the room had derived from the two as one: merge is the
	// row that made them one, ended now.
	Parted(tx *db.Tx, org, kept, other, merge core.ID) error
}
