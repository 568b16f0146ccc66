package access

import (
	"context"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
)

// InvokedKind is what sort of agreement a request names.
type InvokedKind string

// The kinds.
const (
	InvokedConsent  InvokedKind = "consent"  // of the person, to a team
	InvokedReason   InvokedKind = "reason"   // written by a worker of another team, for an hour
	InvokedRelative InvokedKind = "relative" // of the person, to somebody close
	InvokedGrant    InvokedKind = "grant"    // of the person, of one paper to a team
)

// Category is a part of a file that an agreement may share.
type Category string

// The categories. Notes are never one: what a note is kept for is decided note by
// note.
const (
	Identity  Category = "identity"  // name, birth, languages, how to reach the person
	Household Category = "household" // who lives there
	Situation Category = "situation" // facts and their source
	Rights    Category = "rights"    // rights computed and decided
	Plan      Category = "plan"      // what matters to the person, goals, steps
	Vital     Category = "vital"     // what helps within the hour: name, birth, languages, phone
)

// Gesture is what an agreement lets a team do with a category.
type Gesture string

// The gestures.
const (
	See     Gesture = "see"
	Take    Gesture = "take"    // a copy
	Deposit Gesture = "deposit" // add a paper or a word
)

// Invoked is the one agreement that a request names: what the policies read of it.
type Invoked struct {
	Kind       InvokedKind
	ID         core.ID
	Person     core.ID   // whose file
	Teams      []core.ID // of a consent or a grant: to whom
	To         core.ID   // of a reason: the worker; of a relative: their own person
	Categories []Category
	Gestures   []Gesture
	From       core.Date
	Until      core.Date // last day
	Ends       time.Time // of a reason
	Granted    bool      // of a reason: whoever had to answer for it did
	Revoked    bool
	Today      core.Date // at the organisation
	At         time.Time // the instant of the request; zero = that of the decision
	Category   Category  // the one that the request is about
}

type contextKey int

const invokedKey contextKey = 0

// Invoke returns ctx with the agreement that what follows names. Can reads it; the
// journal's lines about that person carry its identifier.
func Invoke(ctx context.Context, i Invoked) context.Context {
	return context.WithValue(ctx, invokedKey, &i)
}

// invokedFor is the agreement of the context, when it is about the person.
func invokedFor(ctx context.Context, person core.ID) *Invoked {
	i, _ := ctx.Value(invokedKey).(*Invoked)
	if i == nil || person == "" || i.Person != person {
		return nil
	}
	return i
}
