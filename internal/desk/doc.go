// Package desk is what happens at the counter before any file: somebody comes, calls
// or writes, with or without a name; waits, in the order of arrival; is answered, or
// not; is sent to somebody else. What is counted comes from it by itself.
//
// Nothing here ranks anybody. Urgency is words that a colleague wrote, never a number.
// A passage names nobody; it enters a file only as the person wishes, later or never.
// No row says which worker did it: the journal does, and no figure reads the journal.
//
//	id, err := desks.Note(ctx, desk.Input{Reasons: []desk.Reason{desk.Letter}})
package desk
