// Package columnar evaluates a law for many households at once: the same program
// as package eval, the same bits, thousands of times faster.
//
// Compile unfolds what is asked into a graph: months are resolved, parameters
// are folded in, equal expressions are one node, and what is not read by the
// asks is not there. A Batch holds households as columns: persons, the group of
// each, one column per fact and month, stored once while it does not change. An
// Evaluator walks the graph from the asks down: an operation is done for all rows
// of a batch in one loop; a column whose rows are all the same is one number, so
// that the branch nobody takes is not even looked at. A batch of a few persons is
// computed row by row instead, from the same graph: what is looked at is then what
// package eval looks at, and Cells tells which absent facts an answer rests on.
//
//	p, err := columnar.Compile(law.Program(), asks, columnar.Options{Asked: month, Open: true})
//	b := p.NewBatch()
//	h := b.Household(2)                 // two persons
//	…                                   // groups and facts
//	b.Seal()
//	r, err := p.NewEvaluator().Run(b)   // r.Values[ask][row]
//
// Guarantees: bit-equal with package eval, whatever the batch (a household that
// meets what the law does not know is given to package eval itself); no
// allocation per row: an Evaluator reuses its memory from one batch to the next.
// A Program is safe for concurrent use; a Batch and an Evaluator are for one
// goroutine. Nothing here reads a clock or a file, and nothing ranks people.
package columnar
