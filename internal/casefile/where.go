package casefile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/rights"
)

// What a file with a protected address says of where somebody lives: nothing. The
// commune of the dwelling is a fact that the law reads (its zone); it is computed
// with and shown nowhere, nor is what would tell it: a line of an explanation, an
// aid of that town alone. casefile/address shows it for a reason.

const addressProtected = `SELECT COUNT(*) FROM person WHERE org_id = $1 AND id IN ` + SameHuman + ` AND protected = 1`

// Hides tells whether a person's address is protected, in their file or in one that
// is the same human's.
func Hides(q db.Querier, org, person core.ID) (bool, error) {
	var n int64
	if err := q.QueryRow(addressProtected, org, person).Scan(&n); err != nil {
		return false, fmt.Errorf("read whether an address is protected: %w", err)
	}
	return n > 0, nil
}

// LocatingVariables are the facts that say where somebody lives.
func LocatingVariables() []string { return []string{"depcom"} }

// Locating tells whether a fact says where somebody lives.
func Locating(variable string) bool { return slices.Contains(LocatingVariables(), variable) }

// WithoutWhere is the fact without what it says of where.
func (f Fact) WithoutWhere() Fact {
	if Locating(f.Variable) {
		f.Hidden, f.Value, f.Detail = f.State == Known, "", ""
	}
	return f
}

// hideWhere are the facts as they may be shown when an address is protected.
func hideWhere(facts []Fact) []Fact {
	list := slices.Clone(facts)
	for i := range list {
		list[i] = list[i].WithoutWhere()
	}
	return list
}

func (c *FactConflict) hide() {
	for i := range c.Pairs {
		c.Pairs[i] = ConflictPair{Theirs: c.Pairs[i].Theirs.WithoutWhere(), Yours: c.Pairs[i].Yours.WithoutWhere()}
	}
}

// hideWhere takes out of a result what tells the commune: its line, and the names of
// tables that lack it.
func (x *Explained) hideWhere(facts []Fact) {
	hideLines(x.Detail.Explanation)
	x.Detail.Gaps = slices.DeleteFunc(x.Detail.Gaps, func(gap string) bool {
		return slices.ContainsFunc(facts, func(f Fact) bool { return Locating(f.Variable) && f.Value != "" && strings.Contains(gap, f.Value) })
	})
}

func hideLines(e *rights.Explanation) {
	if e == nil {
		return
	}
	for i := range e.Lines {
		if l := &e.Lines[i]; Locating(l.Variable) {
			l.Value, l.Choice = nil, ""
		}
	}
}

// Local tells whether a right is an aid of one town or département: that it is due
// says where somebody lives.
func (s *Service) Local(right string) bool {
	e, ok := s.Engine.(interface{ Local(right string) bool })
	return ok && e.Local(right)
}

// hideLocal leaves out of maps by right what only people of one place may get.
func hideLocal[V any](s *Service, byRight map[string]V) {
	maps.DeleteFunc(byRight, func(right string, _ V) bool { return s.Local(right) })
}

// dropLocal leaves out of a calculation the aids of one place when the address is
// protected: no list, no sweep, no page then has one to show.
func (s *Service) dropLocal(q db.Querier, c *Calculation) error {
	if !slices.ContainsFunc(c.outcomes, func(o Outcome) bool { return s.Local(o.Right) }) {
		return nil
	}
	hidden, err := Hides(q, c.org, c.File)
	if hidden {
		c.outcomes = slices.DeleteFunc(c.outcomes, func(o Outcome) bool { return s.Local(o.Right) })
	}
	return err
}

const hideTalk = `DELETE FROM right_to_talk WHERE org_id = $1 AND person_id = $2 AND right_name = $3`

// stopTalk takes the aids of one place out of what is worth talking about, once an
// address becomes protected.
func (s *Service) stopTalk(tx *db.Tx, org, person core.ID) error {
	for _, right := range s.Engine.Rights() {
		if !s.Local(right) {
			continue
		}
		if _, err := tx.Exec(hideTalk, org, person, right); err != nil {
			return fmt.Errorf("hide the aids of one place: %w", err)
		}
	}
	return nil
}
