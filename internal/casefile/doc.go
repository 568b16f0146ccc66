// Package casefile keeps what a worker and a person keep together: who the
// person is, who lives with them, their situation as dated facts with a source,
// the rights computed from it and what the person decided about each.
//
// Guarantees:
//
//   - A file belongs to one person. A fact stands in one file and is about one
//     subject: what Mrs A says of her mother is in Mrs A's file and never reaches
//     her mother's, nor the other way round. Living together opens nothing.
//   - Nothing known is overwritten. A correction is a new row; the row before
//     says which one replaced it, so "what was believed on 3 June" can be read.
//   - Unknown, refused and zero are three things. A refusal is kept, respected,
//     and told in the result.
//   - Saving a fact computes the rights again; reading never does. A stored
//     result names the law and the facts it came from, so a page can say "to be
//     computed again" without computing.
//   - Permission is the first line of each use case; each read and each write
//     about a person leaves a line in the journal, without content.
//
// What not to do: read another area's tables, compute a right here, put a
// French word in a value, or give a page a way around Service.
//
//	file, err := cases.OpenFile(ctx, personID, core.Month(0))
package casefile
