package access

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// policyFiles are the policies and their schema, in Cedar.
//
//go:embed policies/*.cedar policies/parvis.cedarschema
var policyFiles embed.FS

// know is the question asked after a refusal: may the actor know that the thing
// exists? It is in the schema and no gesture.
const know Action = "know"

// slot is what policies are sorted by beforehand: a decision evaluates only those
// that may concern it.
type slot struct {
	action              Action
	principal, resource types.EntityType
}

// named is a policy under its identifier.
type named struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

// chosen are the policies of one slot, in the order of the files.
type chosen []named

// All makes chosen what Authorize reads.
func (c chosen) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, n := range c {
			if !yield(n.id, n.policy) {
				return
			}
		}
	}
}

// engine answers requests from policies. It is never changed once made.
type engine struct {
	slots     map[slot]chosen
	uids      map[Action]types.EntityUID
	actions   types.EntityMap   // each action with its groups: without them `action in` is false and a forbid fails open
	sentences map[string]string // policy id -> catalogue key
	invoking  map[Action]bool   // actions that read the agreement of the request
	invokes   map[string]bool   // policies that grant on one
}

// ownEngine is the engine of the embedded policies, made at first use. Access.New
// fails when it cannot be made.
var ownEngine = sync.OnceValues(func() (*engine, error) {
	files, err := fs.Sub(policyFiles, "policies")
	if err != nil {
		return nil, err
	}
	return newEngine(files)
})

// newEngine reads policies and their schema from a folder. It fails when a policy
// does not fit the schema, has no id or no sentence, and when an action is missing
// in the schema or in Actions.
func newEngine(files fs.FS) (*engine, error) {
	text, err := fs.ReadFile(files, "parvis.cedarschema")
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	var s schema.Schema
	s.SetFilename("parvis.cedarschema")
	if err := s.UnmarshalCedar(text); err != nil {
		return nil, fmt.Errorf("policies: schema: %w", err)
	}
	known, err := s.Resolve()
	if err != nil {
		return nil, fmt.Errorf("policies: schema: %w", err)
	}
	all, err := readPolicies(files)
	if err != nil {
		return nil, err
	}
	return assemble(known, all)
}

// readPolicies parses every .cedar file of a folder.
func readPolicies(files fs.FS) ([]*cedar.Policy, error) {
	names, err := fs.Glob(files, "*.cedar")
	if err != nil || len(names) == 0 {
		return nil, errors.Join(errors.New("policies: no file"), err)
	}
	var all []*cedar.Policy
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("policies: %w", err)
		}
		list, err := cedar.NewPolicyListFromBytes(name, text)
		if err != nil {
			return nil, fmt.Errorf("policies: %s: %w", name, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// assemble checks policies against a schema and sorts them into slots.
func assemble(known *resolved.Schema, all []*cedar.Policy) (*engine, error) {
	e := &engine{slots: map[slot]chosen{}, uids: map[Action]types.EntityUID{}, actions: types.EntityMap{}, sentences: map[string]string{}, invoking: map[Action]bool{}, invokes: map[string]bool{}}
	var wrong []error
	for uid, a := range known.Actions {
		e.actions[uid] = a.Entity
	}
	for _, a := range append(Actions(), know) {
		uid := types.NewEntityUID("Action", types.String(a))
		if _, ok := e.actions[uid]; !ok {
			wrong = append(wrong, fmt.Errorf("policies: the schema has no action %q", a))
			continue
		}
		e.uids[a] = uid
	}
	check := validate.New(known)
	var list chosen
	for _, p := range all {
		notes := p.Annotations()
		id, key := string(notes["id"]), string(notes["sentence"])
		at := p.Position()
		switch {
		case id == "":
			wrong = append(wrong, fmt.Errorf("policies: %s:%d: a policy without @id", at.Filename, at.Line))
			continue
		case key == "":
			wrong = append(wrong, fmt.Errorf("policies: %s:%d: %s has no @sentence", at.Filename, at.Line, id))
		case e.sentences[id] != "":
			wrong = append(wrong, fmt.Errorf("policies: %s:%d: a second policy %s", at.Filename, at.Line, id))
		}
		if err := check.Policy(id, (*ast.Policy)(p.AST())); err != nil {
			wrong = append(wrong, fmt.Errorf("policies: %s:%d: %s: %w", at.Filename, at.Line, id, err))
		}
		e.sentences[id] = key
		e.invokes[id] = readsContext(p)
		list = append(list, named{cedar.PolicyID(id), p})
	}
	for uid, a := range known.Actions {
		if a.AppliesTo == nil { // a group
			continue
		}
		action := Action(uid.ID)
		if _, ok := e.uids[action]; !ok {
			wrong = append(wrong, fmt.Errorf("policies: the schema's action %q is none of the program's", action))
		}
		e.invoking[action] = len(a.AppliesTo.Context) > 0
		for _, principal := range a.AppliesTo.Principals {
			for _, resource := range a.AppliesTo.Resources {
				at := slot{action, principal, resource}
				e.slots[at] = nil
				for _, n := range list {
					if e.mayConcern(n.policy, uid, at) {
						e.slots[at] = append(e.slots[at], n)
					}
				}
			}
		}
	}
	return e, errors.Join(wrong...)
}

// readsContext tells whether a policy looks at the agreement that the request names.
func readsContext(p *cedar.Policy) bool { return bytes.Contains(p.MarshalCedar(), []byte("context")) }

// mayConcern tells whether the head of a policy lets it speak of a slot. In doubt it
// does: the evaluation decides.
func (e *engine) mayConcern(p *cedar.Policy, action types.EntityUID, at slot) bool {
	tree := (*ast.Policy)(p.AST())
	if is, ok := tree.Principal.(ast.ScopeTypeIs); ok && is.Type != at.principal {
		return false
	}
	if is, ok := tree.Resource.(ast.ScopeTypeIs); ok && is.Type != at.resource {
		return false
	}
	switch scope := tree.Action.(type) {
	case ast.ScopeTypeEq:
		return scope.Entity == action
	case ast.ScopeTypeIn:
		return e.within(action, scope.Entity)
	case ast.ScopeTypeInSet:
		return slices.ContainsFunc(scope.Entities, func(group types.EntityUID) bool { return e.within(action, group) })
	}
	return true
}

// within tells whether an action is a group, or belongs to it.
func (e *engine) within(action, group types.EntityUID) bool {
	if action == group {
		return true
	}
	for parent := range e.actions[action].Parents.All() {
		if e.within(parent, group) {
			return true
		}
	}
	return false
}

// world is what one request knows of: who asks, about what, and every action.
type world struct {
	actions             types.EntityMap
	principal, resource types.Entity
}

// Get finds an entity of the request.
func (w *world) Get(uid types.EntityUID) (types.Entity, bool) {
	switch uid {
	case w.principal.UID:
		return w.principal, true
	case w.resource.UID:
		return w.resource, true
	}
	e, ok := w.actions[uid]
	return e, ok
}

// verdict is what the policies answered: the one that granted or, when one forbade,
// that one; "" when none spoke.
type verdict struct {
	allowed bool
	policy  string
}

// ask evaluates the policies of a slot: what none permits is refused, and one that
// forbids wins over all.
func (e *engine) ask(principal, resource types.Entity, action Action, context types.Record) verdict {
	list := e.slots[slot{action, principal.UID.Type, resource.UID.Type}]
	if len(list) == 0 {
		return verdict{}
	}
	decision, told := cedar.Authorize(list, &world{e.actions, principal, resource},
		cedar.Request{Principal: principal.UID, Action: e.uids[action], Resource: resource.UID, Context: context})
	v := verdict{allowed: decision == cedar.Allow}
	if len(told.Errors) > 0 { // a policy that cannot be evaluated might have forbidden
		return verdict{}
	}
	if len(told.Reasons) > 0 {
		v.policy = string(told.Reasons[0].PolicyID)
	}
	return v
}

// ids lists the policies, sorted.
func (e *engine) ids() []string {
	var all []string
	for id := range e.sentences {
		all = append(all, id)
	}
	slices.SortFunc(all, strings.Compare)
	return all
}
