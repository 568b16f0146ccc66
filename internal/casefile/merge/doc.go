// Package merge makes two files one person's, and parts them again.
//
// Guarantees, each held by a test. A merge writes one row and rewrites nothing but what
// is derived; whoever may not change both files changes neither. An undo gives back
// every row: of those written since, it asks whose they are. Random sequences of
// gestures, merges and undos lose no row.
//
// What not to do: copy or move a row at a merge; let a merge show a person, in their
// own space, what stands in the other file (casefile.Opened.Partial).
//
//	merges := merge.New(cases, notes, talks)
//	err := merges.Merge(ctx, merge.Input{Keep: a, Other: b})
//	err = merges.Undo(ctx, a, b, whose)
package merge

import "codeberg.org/parvis/parvis/internal/casefile"

// Service is the way in. It is safe for concurrent use.
type Service struct {
	cases *casefile.Service
	rooms []Beside
}

// New makes a Service on the files of an installation. rooms have rows of their own in
// a file.
func New(cases *casefile.Service, rooms ...Beside) *Service { return &Service{cases, rooms} }
