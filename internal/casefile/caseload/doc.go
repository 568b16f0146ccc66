// Package caseload is who accompanies whom over time: the list of a worker and of
// their teams, an accompaniment handed to somebody else once they say yes, the
// cover of an absence, the end of an accompaniment with the person's own words,
// and its beginning again.
//
// Nothing here ranks anybody: lists are alphabetical, nothing is counted for a
// worker or a team. Nothing changes before a transfer is accepted. Rows that end a
// period are never rewritten: beginning again is a new period of the same file.
//
//	s, err := caseload.New(cases)
//	page, err := s.List(ctx, caseload.Filter{Referent: me}, "", 30)
package caseload
