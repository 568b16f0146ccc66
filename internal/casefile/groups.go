package casefile

import (
	"cmp"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
)

// Ages that the grouping itself uses; each right then has its own.
const (
	childUntilAge = 25 // CASF art. R262-3: in charge while under 25
	minorUntilAge = 18
	habitualDays  = 183 // more than six months: CCH art. R822-2
)

// holds tells whether a relation holds on the day.
func (k Kinship) holds(on core.Date) bool {
	return (k.From.IsZero() || !on.Before(k.From)) && (k.Until.IsZero() || on.Before(k.Until))
}

// present tells whether the stay covers the day.
func (m Member) present(on core.Date) bool {
	return (m.From.IsZero() || !on.Before(m.From)) && (m.Until.IsZero() || on.Before(m.Until))
}

// DeriveGroups gives the legal groups around the file's person on a day, from
// the stays in one dwelling, the kinship and the births. It is pure: the same
// rows give the same groups, in the same order. A person nobody placed lives
// alone.
func DeriveGroups(file core.ID, on core.Date, members []Member, kin []Kinship, humans map[core.ID]Human) Groups {
	d := newDeriver(file, on, members, kin, humans)
	families := d.families()
	g := Groups{Occupants: d.occupants(families)}
	for _, f := range families {
		if slices.Contains(f.Parents, file) || slices.Contains(f.Children, file) {
			g.Family = f
		} else {
			g.OtherFamilies = append(g.OtherFamilies, f)
		}
	}
	g.TaxUnits = d.taxUnits(append([]Family{g.Family}, g.OtherFamilies...))
	g.Dwelling = d.dwelling(g)
	return g
}

type deriver struct {
	file    core.ID
	on      core.Date
	people  []core.ID // present, the file's person first, then by birth
	stays   map[core.ID]Member
	humans  map[core.ID]Human
	partner map[core.ID]core.ID
	couple  map[core.ID]CoupleKind
	parents map[core.ID][]core.ID // every known parent, present or not
	kids    map[core.ID]bool      // persons who have a child present
}

func newDeriver(file core.ID, on core.Date, members []Member, kin []Kinship, humans map[core.ID]Human) *deriver {
	d := &deriver{
		file: file, on: on, humans: humans,
		stays: map[core.ID]Member{}, partner: map[core.ID]core.ID{}, couple: map[core.ID]CoupleKind{},
		parents: map[core.ID][]core.ID{}, kids: map[core.ID]bool{},
	}
	for _, m := range members {
		if _, twice := d.stays[m.Person]; !twice && m.present(on) {
			d.stays[m.Person] = m
			d.people = append(d.people, m.Person)
		}
	}
	if _, here := d.stays[file]; !here {
		d.people = []core.ID{file}
		d.stays = map[core.ID]Member{file: {Person: file}}
	}
	slices.SortFunc(d.people, d.byAge)

	kin = slices.Clone(kin)
	slices.SortFunc(kin, func(a, b Kinship) int { return cmp.Compare(a.ID, b.ID) })
	for _, k := range kin {
		if !k.holds(on) {
			continue
		}
		switch k.Kind {
		case Couple:
			_, a := d.stays[k.A]
			_, b := d.stays[k.B]
			if a && b && d.partner[k.A] == "" && d.partner[k.B] == "" {
				d.partner[k.A], d.partner[k.B] = k.B, k.A
				d.couple[k.A], d.couple[k.B] = k.Couple, k.Couple
			}
		case ParentOf:
			d.parents[k.B] = append(d.parents[k.B], k.A)
			if _, here := d.stays[k.B]; here {
				d.kids[k.A] = true
			}
		}
	}
	return d
}

// byAge puts the file's person first, then the oldest; a birth nobody knows
// comes last, and the id settles.
func (d *deriver) byAge(a, b core.ID) int {
	if (a == d.file) != (b == d.file) {
		if a == d.file {
			return -1
		}
		return 1
	}
	ba, bb := d.humans[a].Birth, d.humans[b].Birth
	if ba.IsZero() != bb.IsZero() {
		if bb.IsZero() {
			return -1
		}
		return 1
	}
	fa, _ := ba.Bounds()
	fb, _ := bb.Bounds()
	if ba != bb && fa != fb {
		if fa.Before(fb) {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}

// under tells whether the person may be younger than the age; an unknown birth
// says yes.
func (d *deriver) under(p core.ID, age int) bool {
	birth := d.humans[p].Birth
	if birth.IsZero() {
		return true
	}
	youngest, _ := birth.AgeOn(d.on)
	return youngest < age
}

// dependent tells whether the person is a child in the charge of somebody
// present, and of whom.
func (d *deriver) dependent(p core.ID) (of core.ID, ok bool) {
	if d.partner[p] != "" || d.kids[p] {
		return "", false
	}
	if d.under(p, childUntilAge) {
		for _, adult := range d.people { // the file's person first
			if slices.Contains(d.parents[p], adult) {
				return adult, true
			}
		}
	}
	if birth := d.humans[p].Birth; birth.IsZero() || !d.under(p, minorUntilAge) {
		return "", false
	}
	// A minor without a parent here is in the charge of whoever raises them:
	// an ancestor present, else the first adult. CSS art. L521-2.
	for _, adult := range d.people {
		if adult != p && !d.under(adult, minorUntilAge) && d.ancestor(adult, p, 4) {
			return adult, true
		}
	}
	for _, adult := range d.people {
		if adult != p && !d.under(adult, minorUntilAge) {
			return adult, true
		}
	}
	return "", false
}

func (d *deriver) ancestor(a, of core.ID, depth int) bool {
	for _, p := range d.parents[of] {
		if p == a || (depth > 0 && d.ancestor(a, p, depth-1)) {
			return true
		}
	}
	return false
}

func (d *deriver) families() []Family {
	index := map[core.ID]int{}
	var list []Family
	for _, p := range d.people {
		if _, child := d.dependent(p); child {
			continue
		}
		if i, ok := index[d.partner[p]]; ok && d.partner[p] != "" {
			list[i].Parents = append(list[i].Parents, p)
			index[p] = i
			continue
		}
		index[p] = len(list)
		list = append(list, Family{Parents: []core.ID{p}})
	}
	for _, p := range d.people {
		if of, child := d.dependent(p); child {
			i, ok := index[of]
			if !ok { // raised by somebody who is a child in charge too
				i = len(list)
				index[p] = i
				list = append(list, Family{Parents: []core.ID{p}})
				continue
			}
			list[i].Children = append(list[i].Children, p)
		}
	}
	return list
}

// taxUnits splits each family: a married or pacsed couple declares together,
// cohabiting partners apart (CGI art. 6). Children follow their parent, those
// of both follow the file's person or the first. An adult child under 25 is
// taken as attached to the parents' declaration.
func (d *deriver) taxUnits(families []Family) []TaxUnit {
	var list []TaxUnit
	for _, f := range families {
		if len(f.Parents) == 2 && d.couple[f.Parents[0]] == Cohabiting {
			one, two := TaxUnit{Declarants: f.Parents[:1]}, TaxUnit{Declarants: f.Parents[1:]}
			for _, c := range f.Children {
				parents := d.parents[c]
				if !slices.Contains(parents, f.Parents[0]) && slices.Contains(parents, f.Parents[1]) {
					two.Dependants = append(two.Dependants, c)
				} else {
					one.Dependants = append(one.Dependants, c)
				}
			}
			list = append(list, one, two)
			continue
		}
		list = append(list, TaxUnit{Declarants: f.Parents, Dependants: f.Children})
	}
	return list
}

func (d *deriver) dwelling(g Groups) Dwelling {
	home := Dwelling{Reference: g.Family.Parents[0], Children: g.Family.Children}
	if len(g.Family.Parents) == 2 {
		home.Partner = g.Family.Parents[1]
	}
	for _, f := range g.OtherFamilies {
		home.Others = append(home.Others, f.Parents...)
		home.Others = append(home.Others, f.Children...)
	}
	return home
}

func (d *deriver) occupants(families []Family) []core.ID {
	var list []core.ID
	for _, f := range families {
		all := append(slices.Clone(f.Parents), f.Children...)
		if slices.Contains(all, d.file) {
			list = append(all, list...)
			continue
		}
		for _, p := range all {
			if from := d.stays[p].From; from.IsZero() || from.AddDays(habitualDays).Before(d.on) {
				list = append(list, p)
			}
		}
	}
	return list
}
