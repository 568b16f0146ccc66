// Package note keeps what workers note in a person's file and the person's own
// words beside it.
//
// Guarantees:
//
//   - A note is read by those it was kept for: its author alone, a named circle,
//     the teams that accompany the person, or the person too. Nobody else learns
//     that it exists: not in a list, a search, an error, a copy.
//   - Nothing written is overwritten or deleted. A correction is another version,
//     readable as long as the version it replaces would be; two authors at once
//     keep both texts; a withdrawn note says why and stays.
//   - The person's words are theirs: no worker changes them, and they change no
//     note.
//   - Texts are sealed in the database. What is marked [[so]], and the names given
//     as of third persons, never leaves in a copy, a print, or for the person.
//
// What not to do: never read note or note_text without the condition of
// reader.sees; never put a text in an error or a journal line.
//
//	notes, err := note.New(cases)
//	id, err := notes.Write(ctx, person, note.Input{Kind: note.Visit, Visibility: note.ForTeam, Text: "…"})
package note
