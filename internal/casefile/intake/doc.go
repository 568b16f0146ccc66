// Package intake brings persons and facts of another program into a team's files:
// a table is kept row by row, its columns named, each row checked, shown, confirmed,
// written, and taken back if need be. Nothing is anybody's file before the
// confirmation; an undo leaves what somebody touched since.
//
// It writes through casefile and knows the tables import, import_row and
// person_origin; only the undo deletes rows of casefile. Not for reading files: a
// table comes in as Table, from interop/table.
//
//	id, err := s.Start(ctx, team, table)          // rows kept, sealed
//	err = s.Map(ctx, id, 1, fields, "2026-01")    // a job checks them
//	err = s.Confirm(ctx, id, version)             // a job writes them
package intake

import "codeberg.org/parvis/parvis/internal/casefile"

// Service is the way in: every use case of an import. It is safe for concurrent
// use.
type Service struct {
	casefile.Deps
	files *casefile.Service
}

// New makes a Service that writes into files.
func New(files *casefile.Service) *Service { return &Service{Deps: files.Deps, files: files} }
