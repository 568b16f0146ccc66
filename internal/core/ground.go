package core

import (
	"context"
	"slices"
	"sync"
)

// Ground is in the name of what a gesture was allowed: the policy that granted it
// and, when one was named, the agreement.
type Ground struct {
	Person    ID     // about whom; "" for nobody in particular
	Policy    string // its id
	Agreement ID     // "" = none
	Kind      string // of the agreement: "consent", "reason"
}

// keptGrounds is how many grounds one context remembers: a use case writes its line
// soon after it asked.
const keptGrounds = 8

// acting is who acts in a context, and what they were last allowed to do.
type acting struct {
	actor Actor

	mu      sync.Mutex
	grounds [keptGrounds]Ground
	next    int
}

// NoteGround remembers in the actor's context what allowed a gesture, for the line
// of the journal that follows. A context without an actor remembers nothing.
func NoteGround(ctx context.Context, g Ground) {
	a, ok := ctx.Value(actorKey).(*acting)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.grounds[a.next%keptGrounds] = g
	a.next++
}

// GroundFor is what last allowed a gesture about one of the persons (about nobody in
// particular when there is none), or the zero Ground.
func GroundFor(ctx context.Context, persons []ID) Ground {
	a, ok := ctx.Value(actorKey).(*acting)
	if !ok {
		return Ground{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range keptGrounds {
		g := a.grounds[((a.next-1-i)%keptGrounds+keptGrounds)%keptGrounds]
		if g.Policy != "" && (slices.Contains(persons, g.Person) || len(persons) == 0 && g.Person == "") {
			return g
		}
	}
	return Ground{}
}
