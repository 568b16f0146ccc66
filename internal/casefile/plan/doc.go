// Package plan is what a person and their workers set out to do: what matters to the
// person in their words, the goals they chose, the steps, and the calls and letters
// about them. The rows are read with the file (casefile.Plan); here they are written,
// and read for the pages that write.
//
// Guarantees, each held by a test. What the person said is never changed: what they say
// later is another row. A step that is done online has a human way too; a paper is asked
// with who or what text requires it; a right that the person said no to gets no step.
// Two tabs never lose a change: the second gets a Conflict with what is stored.
//
// What not to do: an order among steps but their dates, or a count of a worker's.
//
//	plans := plan.New(cases)
//	id, err := plans.AddStep(ctx, person, plan.StepInput{Title: "Appeler la CAF", Who: casefile.Together})
package plan

import "codeberg.org/parvis/parvis/internal/casefile"

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service on the files of an installation.
func New(cases *casefile.Service) *Service { return &Service{cases} }
