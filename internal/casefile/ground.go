package casefile

import (
	"context"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Ground is what the rights of one file stand on over a run of months, read in one
// snapshot: for whoever compares months. Nothing is evaluated.
type Ground struct {
	Opened
	File       core.ID // the person who stands, when somebody merged was asked
	Facts      []Fact
	Households []HouseholdView // one for each month, from the first asked
	Silenced   map[string]bool // rights the person said no to

	first core.Month
	find  func(string) (Variable, bool)
}

// ReadGround reads it for n months from first. Permission first.
func (s *Service) ReadGround(ctx context.Context, q db.Querier, action access.Action, file core.ID, first core.Month, n int) (*Ground, error) {
	today := s.Today(ctx)
	if err := checkMonth(first, today.CalendarMonth()); err != nil {
		return nil, err
	}
	if err := checkMonth(first+core.Month(n-1), today.CalendarMonth()); err != nil {
		return nil, err
	}
	o, err := s.Allow(ctx, q, action, &file)
	if err != nil {
		return nil, err
	}
	g := &Ground{Opened: o, File: file, first: first, find: s.vocabulary.find}
	if g.Facts, err = ReadFacts(q, o, file); err != nil {
		return nil, err
	}
	decided, err := LoadDecisions(q, o.Org, file)
	if err != nil {
		return nil, err
	}
	g.Silenced = map[string]bool{}
	for right, d := range decided {
		g.Silenced[right] = d.Kind == NotWanted
	}
	for i := range n {
		view, err := ReadHousehold(q, o.Org, file, groupingDay(first+core.Month(i), today))
		if err != nil {
			return nil, err
		}
		g.Households = append(g.Households, view)
	}
	return g, nil
}

// Household is the home of a month.
func (g *Ground) Household(m core.Month) HouseholdView { return g.Households[m-g.first] }

// Picture is the engine's picture of a month, with these facts in the place of the
// file's and this household in the place of the month's: what if something were
// otherwise.
func (g *Ground) Picture(m core.Month, home HouseholdView, facts []Fact) *Picture {
	return BuildPicture(home, g.File, m, facts, g.find)
}

// Read tells whether a rule may read a fact, and what it is.
func (g *Ground) Read(f Fact) (v Variable, engine bool) {
	v, known := g.find(f.Variable)
	return v, known && v.Engine
}
