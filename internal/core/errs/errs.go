// Package errs is the one way Parvis says that something went wrong: a kind
// that decides the HTTP status, a catalogue key that people read, and a cause
// that only the log sees.
//
// A person never sees Err, SQL, or another person's data. What somebody may not
// see is NotFound, so that its existence is not told.
package errs

import (
	"errors"
	"fmt"
)

// Kind is what callers branch on.
type Kind int

// The kinds, with the HTTP status each becomes at the edge.
const (
	Internal        Kind = iota // 500: our fault
	Invalid                     // 422 on a form, 400 on the API
	NotFound                    // 404, also for what may not be seen
	Forbidden                   // 403: seen, but this gesture is not yours
	Conflict                    // 409: somebody wrote meanwhile
	Unavailable                 // 503: try again, nothing was shown or lost
	Unauthenticated             // 401: sign in first
	TooLarge                    // 413
	TooMany                     // 429
)

// Error carries a kind, the catalogue key of the sentence people read with its
// arguments, the form field it belongs to ("" for the whole form), and the cause.
type Error struct {
	Kind  Kind
	Key   string
	Args  map[string]any
	Field string
	Err   error
}

// Error is for the log, never for a page.
func (e *Error) Error() string {
	s := e.Key
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an Error without a cause. args are pairs: name, value.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: pairs(args)}
}

// Wrap makes an Error with a cause; a nil cause gives an Error all the same.
func Wrap(kind Kind, key string, err error, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Err: err, Args: pairs(args)}
}

// On returns a copy of e tied to a form field.
func (e *Error) On(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Fields is several field errors at once: what Validate returns. A nil or empty
// Fields is no error; use Err to return it.
type Fields []*Error

// Add appends an Invalid error on a field.
func (f *Fields) Add(field, key string, args ...any) {
	*f = append(*f, New(Invalid, key, args...).On(field))
}

// Err returns nil when nothing was added.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// Error lists the fields for the log.
func (f Fields) Error() string {
	s := ""
	for i, e := range f {
		if i > 0 {
			s += "; "
		}
		s += e.Error()
	}
	return s
}

// KindOf tells the kind of any error: Internal when it has none.
func KindOf(err error) Kind {
	var f Fields
	if errors.As(err, &f) {
		return Invalid
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}
