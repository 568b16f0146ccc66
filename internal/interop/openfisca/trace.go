package openfisca

import (
	"encoding/json"
	"slices"

	"codeberg.org/parvis/parvis/rights"
)

// maxTraced is how many values one request may have traced: each is computed
// apart, with everything it rests on.
const maxTraced = 200

// traced is the answer of POST /trace. A key of Trace is a variable and its period:
// "af<2025-06>".
type traced struct {
	Requested []string               `json:"requestedCalculations"`
	Entities  map[string][]string    `json:"entitiesDescription"`
	Trace     map[string]*calculated `json:"trace"`
	Parvis    *tracedNote            `json:"parvis,omitempty"`
}

type tracedNote struct {
	Law string `json:"law"`
}

// calculated is one variable at one period. Value has one place for each instance
// of the entity, in the order of entitiesDescription; null where nothing asked for
// it.
type calculated struct {
	Value        []json.RawMessage  `json:"value"`
	Dependencies []string           `json:"dependencies"`
	Parameters   map[string]float64 `json:"parameters"`
}

// Trace computes what is asked and writes everything it rests on. The error is a
// *Problem.
func Trace(l *rights.Law, body []byte, o Options) ([]byte, error) {
	req, err := Read(l, body)
	if err != nil {
		return nil, err
	}
	return req.trace(o)
}

func (req *Request) trace(o Options) ([]byte, error) {
	if len(req.Asks) > maxTraced {
		return nil, &Problem{code: "too_many", args: []any{"null", maxTraced}}
	}
	t := req.Situation.Close(rights.OpenFisca)
	out := traced{Requested: []string{}, Entities: map[string][]string{}, Trace: map[string]*calculated{}}
	if !o.Bare {
		out.Parvis = &tracedNote{Law: req.law.Digest()}
	}
	place := map[rights.Entity]map[string]int{}
	for name, e := range entities {
		ids := t.Subjects(e)
		if ids == nil {
			ids = []string{}
		}
		out.Entities[name] = ids
		place[e] = map[string]int{}
		for i, id := range ids {
			place[e][id] = i
		}
	}
	for _, a := range req.Asks {
		one, err := t.Trace(a.Ask)
		if err != nil {
			return nil, inputProblem(a.Path, err)
		}
		if one.Nodes[0].Unknown {
			return nil, &Problem{Path: a.Path, code: "no_value_in_law", args: []any{a.Variable, a.Path[len(a.Path)-1]}}
		}
		if key := traceKey(one.Nodes[0]); !slices.Contains(out.Requested, key) {
			out.Requested = append(out.Requested, key)
		}
		for _, n := range one.Nodes {
			out.add(req.law, place, one.Nodes, n)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

func traceKey(n rights.TraceNode) string {
	period := n.Period
	if period == "" {
		period = "ETERNITY"
	}
	return n.Variable + "<" + period + ">"
}

// add puts one value at its place among those of its variable and period.
func (t *traced) add(l *rights.Law, place map[rights.Entity]map[string]int, all []rights.TraceNode, n rights.TraceNode) {
	v, ok := l.Variable(n.Variable)
	if !ok {
		return
	}
	key := traceKey(n)
	c := t.Trace[key]
	if c == nil {
		c = &calculated{Value: make([]json.RawMessage, len(place[v.Entity])), Dependencies: []string{}, Parameters: map[string]float64{}}
		for i := range c.Value {
			c.Value[i] = json.RawMessage("null")
		}
		t.Trace[key] = c
	}
	if i, ok := place[v.Entity][n.Subject]; ok {
		c.Value[i] = tracedValue(n, v)
	}
	for _, r := range n.Reads {
		if d := traceKey(all[r]); !slices.Contains(c.Dependencies, d) {
			c.Dependencies = append(c.Dependencies, d)
		}
	}
	for _, p := range n.Parameters {
		c.Parameters[p.Name+"<"+p.From+">"] = p.Value
	}
}

// tracedValue writes a value as /calculate does: not applicable is 0 or false.
func tracedValue(n rights.TraceNode, v rights.Variable) json.RawMessage {
	switch {
	case n.Value != nil:
		return appendValue(nil, *n.Value, v.Unit)
	case n.NA && v.Kind == rights.KindNumber:
		return json.RawMessage("0")
	case n.NA && v.Kind == rights.KindBool:
		return json.RawMessage("false")
	}
	return json.RawMessage("null")
}
