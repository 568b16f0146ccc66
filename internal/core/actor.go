package core

import "context"

// ActorKind says in what capacity somebody, or something, acts.
type ActorKind string

// The kinds of actor. An operator keeps the machine running and never reads
// content; system is the program itself (a job, a seed, a command).
const (
	ActorWorker   ActorKind = "worker"
	ActorOrgAdmin ActorKind = "orgadmin"
	ActorClerk    ActorKind = "clerk" // welcomes at the desk: passages, never a file
	ActorPerson   ActorKind = "person"
	ActorOperator ActorKind = "operator"
	ActorSystem   ActorKind = "system"
	ActorAuditor  ActorKind = "auditor" // reads the journal of their organisation, without names, never content
)

// Actor is who asks. The zero Actor is nobody and may do nothing.
type Actor struct {
	Kind    ActorKind
	ID      ID   // worker, person or, for the system, the job's id
	Org     ID   // the organisation whose rows may be touched
	Teams   []ID // a worker's teams
	Session ID
	AAL     int  // authenticator assurance level, NIST SP 800-63B: 1 or 2
	Program bool // acts through an access token of the worker: may do less than them
}

// Member tells whether somebody of that kind signs in to work, and not about their
// own file.
func (k ActorKind) Member() bool {
	return k == ActorWorker || k == ActorOrgAdmin || k == ActorClerk
}

// IsZero tells whether nobody is signed in.
func (a Actor) IsZero() bool { return a.Kind == "" }

// InTeam tells whether the actor works in the team.
func (a Actor) InTeam(team ID) bool {
	for _, t := range a.Teams {
		if t == team {
			return true
		}
	}
	return false
}

type contextKey int

const (
	actorKey contextKey = iota
	langKey
	traceKey
)

// WithActor returns a context that carries the actor, and in the name of what their
// gestures were allowed (NoteGround).
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey, &acting{actor: a})
}

// ActorFrom returns the actor of the context, or the zero Actor.
func ActorFrom(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey).(*acting); ok {
		return a.actor
	}
	return Actor{}
}

// WithLang returns a context that carries a catalogue tag: "fr", "fr-x-falc",
// "en" or "ar".
func WithLang(ctx context.Context, tag string) context.Context {
	return context.WithValue(ctx, langKey, tag)
}

// LangFrom returns the catalogue tag of the context, "fr" when it has none.
func LangFrom(ctx context.Context) string {
	if s, ok := ctx.Value(langKey).(string); ok {
		return s
	}
	return "fr"
}

// WithTrace returns a context that carries the id written in every log line of
// one request.
func WithTrace(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, traceKey, id)
}

// TraceFrom returns the trace id of the context, or "".
func TraceFrom(ctx context.Context) string {
	s, _ := ctx.Value(traceKey).(string)
	return s
}
