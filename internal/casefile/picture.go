package casefile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
)

// firstMonth is how far back a picture goes: January of the year N-3 is what the
// longest window of the law reads.
func firstMonth(m core.Month) core.Month { return core.Month((m.Year() - 3) * 12) }

// BuildPicture makes the engine's picture of a file for a month from the
// household as it is and the current facts of the file. It is pure; facts that
// no rule reads, waiting versions and replaced facts are left out.
//
// Somebody who has lived there for six months or less, and is not of the
// claimant's family, is left out (CCH art. R822-2). A claimant who is housed by
// others is pictured with their own family alone: the rent is not theirs.
func BuildPicture(v HouseholdView, file core.ID, month core.Month, facts []Fact, find func(string) (Variable, bool)) *Picture {
	g := v.Groups
	p := &Picture{Month: month, Claimant: file, Dwelling: PictureDwelling{ID: v.ID}}
	if p.Dwelling.ID == "" {
		p.Dwelling.ID = file
	}
	keep := g.Occupants
	housed := slices.ContainsFunc(v.Members, func(m Member) bool { return m.Person == file && m.Housed })
	if housed {
		keep = slices.Concat(g.Family.Parents, g.Family.Children)
	}
	in := func(id core.ID) bool { return slices.Contains(keep, id) }
	for _, id := range keep {
		person := PicturePerson{ID: id, Birth: v.Humans[id].Birth}
		for _, k := range v.Kin {
			if k.Kind == Couple && k.holds(v.On) && (k.A == id && in(k.B) || k.B == id && in(k.A)) {
				person.Couple = k.Couple
			}
		}
		p.Persons = append(p.Persons, person)
	}
	for _, f := range append([]Family{g.Family}, g.OtherFamilies...) {
		f = Family{Parents: only(f.Parents, in), Children: only(f.Children, in)}
		if len(f.Parents) > 0 {
			p.Families = append(p.Families, f)
		}
	}
	for _, u := range g.TaxUnits {
		u = TaxUnit{Declarants: only(u.Declarants, in), Dependants: only(u.Dependants, in)}
		if len(u.Declarants) > 0 {
			p.TaxUnits = append(p.TaxUnits, u)
		}
	}
	d := g.Dwelling
	p.Dwelling.Dwelling = Dwelling{Reference: d.Reference, Partner: d.Partner, Children: only(d.Children, in), Others: only(d.Others, in)}
	p.Cells = cells(p, month, facts, find)
	if housed {
		p.houseFree(month)
	}
	return p
}

func only(ids []core.ID, keep func(core.ID) bool) []core.ID {
	var list []core.ID
	for _, id := range ids {
		if keep(id) {
			list = append(list, id)
		}
	}
	return list
}

// houseFree makes the dwelling of somebody housed by others: its rent and lease
// are the hosts'.
func (p *Picture) houseFree(month core.Month) {
	p.Cells = slices.DeleteFunc(p.Cells, func(c Cell) bool {
		return c.Subject.Kind == AboutDwelling && (c.Variable == "loyer" || c.Variable == "statut_occupation_logement")
	})
	home := Subject{AboutDwelling, p.Dwelling.ID}
	for _, c := range []Cell{
		{Variable: "loyer", Value: "0"}, {Variable: "statut_occupation_logement", Value: "loge_gratuitement"},
	} {
		c.Subject, c.State, c.From, c.Until = home, Known, firstMonth(month), month
		p.Cells = append(p.Cells, c)
	}
	sortCells(p.Cells)
}

func sortCells(list []Cell) {
	slices.SortFunc(list, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Variable, b.Variable), cmp.Compare(a.Subject.ID, b.Subject.ID), cmp.Compare(a.From, b.From))
	})
}

// cells lays the current facts over the months from January N-3 to the asked
// month, joining months that say the same.
func cells(p *Picture, month core.Month, facts []Fact, find func(string) (Variable, bool)) []Cell {
	type cellKey struct {
		variable string
		subject  Subject
	}
	groups := make(map[cellKey][]*Fact, len(facts))
	always := map[string]bool{}
	for i := range facts {
		f := &facts[i]
		if !f.Current() {
			continue
		}
		v, ok := find(f.Variable)
		if !ok || !v.Engine || !p.has(f.Subject) {
			continue
		}
		always[f.Variable] = v.Period == PeriodAlways
		k := cellKey{f.Variable, f.Subject}
		groups[k] = append(groups[k], f)
	}
	list := make([]Cell, 0, len(groups))
	first := firstMonth(month)
	for k, group := range groups {
		slices.SortFunc(group, func(a, b *Fact) int { // the one that holds first
			if a.later(b) {
				return -1
			}
			return 1
		})
		if always[k.variable] {
			f := group[0]
			list = append(list, Cell{Variable: k.variable, Subject: k.subject, Always: true, State: f.State, Value: f.Value})
			continue
		}
		var run *Cell
		for m := first; m <= month; m++ {
			var f *Fact
			for _, g := range group {
				if g.Covers(m) {
					f = g
					break
				}
			}
			switch {
			case f == nil:
				run = nil
			case run != nil && run.State == f.State && run.Value == f.Value:
				run.Until = m
			default:
				list = append(list, Cell{Variable: k.variable, Subject: k.subject, From: m, Until: m, State: f.State, Value: f.Value})
				run = &list[len(list)-1]
			}
		}
	}
	sortCells(list)
	return list
}

func (p *Picture) has(s Subject) bool {
	if s.Kind == AboutDwelling {
		return s.ID == p.Dwelling.ID
	}
	return slices.ContainsFunc(p.Persons, func(q PicturePerson) bool { return q.ID == s.ID })
}

// Digest names what the picture says: the same facts give the same digest,
// whatever the order they were written in.
func (p *Picture) Digest() (digest string, picture []byte, err error) {
	if picture, err = json.Marshal(p); err != nil {
		return "", nil, fmt.Errorf("write the picture: %w", err)
	}
	sum := sha256.Sum256(picture)
	return hex.EncodeToString(sum[:16]), picture, nil
}

// groupingDay is the day whose household counts for a month: today for this
// month, else the month's first day.
func groupingDay(month core.Month, today core.Date) core.Date {
	if today.CalendarMonth() == month {
		return today
	}
	return core.Date{Year: month.Year(), Month: monthOf(month), Day: 1}
}

func monthOf(m core.Month) time.Month { return time.Month(m.Month()) }
