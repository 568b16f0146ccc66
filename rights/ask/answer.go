package ask

import (
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/rights"
)

// Reply is what somebody answered to a page.
type Reply struct {
	// Unsaid: "" for an answer; Unknown or Refused for the whole page.
	Unsaid Silence
	// Chosen are the names of chosen answers, of a form that has some.
	Chosen []string
	// Values are the given facts; a cell without one is one that nobody knows.
	Values map[Key]rights.Value
}

// Key names a cell of a page.
type Key struct{ Variable, Subject string }

// Silence is an answer that gives no value and costs nothing.
type Silence string

// The silences.
const (
	Unknown Silence = "unknown" // « je ne sais pas »
	Refused Silence = "refused" // « je préfère ne pas dire »
)

// Key names the cell among those of its page.
func (c Cell) Key() Key { return Key{c.Variable, c.Subject} }

// Apply writes a reply into a situation, for all the periods that the page asks.
// What the page asks and the reply leaves out becomes unknown, so that it is not
// asked again; where a chosen answer sets some facts only, the others stay open.
// The error is a *rights.InputError for a value that its fact cannot have, or says
// which answer the form does not have.
func Apply(s *rights.Situation, q Question, r Reply) error {
	sets := map[string]rights.Value{}
	for _, name := range r.Chosen {
		i := slices.IndexFunc(q.Form.Choices, func(c rights.FormChoice) bool { return c.Name == name })
		if i < 0 {
			return fmt.Errorf("answer %.40q: the question %s does not have it", name, q.Form.Name)
		}
		for _, set := range q.Form.Choices[i].Sets {
			sets[set.Variable] = set.Value
		}
	}
	for _, c := range q.Cells {
		sub, ok := s.Find(c.Entity, c.Subject)
		if !ok {
			return fmt.Errorf("subject %.40q: the situation has none", c.Subject)
		}
		p := c.Period()
		v, given := r.Values[c.Key()]
		if set, ok := sets[c.Variable]; ok {
			v, given = set, true
		}
		var err error
		switch {
		case r.Unsaid == Refused:
			err = s.Refuse(sub, c.Variable, p)
		case r.Unsaid == Unknown:
			err = s.SetUnknown(sub, c.Variable, p)
		case given:
			err = s.Set(sub, c.Variable, p, v)
		case q.Form.Several && c.Of.Presumed != nil:
			err = s.Set(sub, c.Variable, p, *c.Of.Presumed)
		case len(r.Chosen) > 0:
		default:
			err = s.SetUnknown(sub, c.Variable, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Period is the run of periods that the page asks of a cell.
func (c Cell) Period() rights.Period {
	if len(c.Spans) == 0 {
		return rights.Always()
	}
	return c.Spans[0].Period(c.Of.Period)
}
