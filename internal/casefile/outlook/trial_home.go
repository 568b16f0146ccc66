package outlook

import (
	"maps"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// unborn stands for the child that a trial imagines, in the household of the
// calculation alone.
const unborn core.ID = "trial-child"

// bornOn is the day of the month taken for the birth.
const bornOn = 15

// household is the home of a month with the trial laid over it.
func (l *layer) household(m core.Month) casefile.HouseholdView {
	home := l.g.Household(m)
	t := l.trial
	born, gone := t.Birth != 0 && m >= t.Birth, t.Leaves != "" && m >= t.LeavesFrom
	if !born && !gone {
		return home
	}
	self := l.g.File
	members := slices.Clone(home.Members)
	if gone {
		members = slices.DeleteFunc(members, func(s casefile.Member) bool { return s.Person == t.Leaves })
	}
	if born {
		if len(members) == 0 { // pictured without a household yet
			members = []casefile.Member{{Person: self}}
		}
		home.Humans = maps.Clone(home.Humans)
		home.Humans[unborn] = casefile.Human{ID: unborn, Birth: core.PartialDate{Year: t.Birth.Year(), Month: t.Birth.Month(), Day: bornOn}}
		members = append(members, casefile.Member{Person: unborn})
		home.Kin = append(slices.Clone(home.Kin), casefile.Kinship{ID: unborn, Kind: casefile.ParentOf, A: self, B: unborn})
		if other := partnerOf(home, self); other != "" && !(gone && other == t.Leaves) {
			home.Kin = append(home.Kin, casefile.Kinship{ID: unborn + "-", Kind: casefile.ParentOf, A: other, B: unborn})
		}
	}
	home.Members = members
	home.Groups = casefile.DeriveGroups(self, home.On, members, home.Kin, home.Humans)
	return home
}

// partnerOf is the partner who lives with somebody, "" for nobody.
func partnerOf(home casefile.HouseholdView, self core.ID) core.ID {
	if p := home.Groups.Family.Parents; len(p) == 2 && slices.Contains(p, self) {
		return p[1-slices.Index(p, self)]
	}
	return ""
}
