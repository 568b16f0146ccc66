package access

import (
	"slices"

	"github.com/cedar-policy/cedar-go"

	"codeberg.org/parvis/parvis/internal/core"
)

// Refusal is why a gesture was refused, for somebody who may know that the thing
// exists. Pages show its sentences; it is the cause of Can's Forbidden.
type Refusal struct {
	Action Action
	Key    string   // the sentence of the policy that forbade; "" when none granted
	Opens  []string // the sentences of the policies that open the gesture to such an actor, none when nothing does
}

// Error is for the log.
func (r *Refusal) Error() string { return "no policy grants " + string(r.Action) }

// refusal gathers what an actor may be told of a refusal.
func (e *engine) refusal(w who, action Action, res Resource, d Decision) *Refusal {
	r := &Refusal{Action: action, Key: d.Key}
	principal, known := w.principal()
	resource, ok := res.entity()
	if !known || !ok || w.Kind == core.ActorSystem {
		return r
	}
	for _, n := range e.slots[slot{action, principal.UID.Type, resource.UID.Type}] {
		if key := e.sentences[string(n.id)]; n.policy.Effect() == cedar.Permit && !slices.Contains(r.Opens, key) {
			r.Opens = append(r.Opens, key)
		}
	}
	return r
}
