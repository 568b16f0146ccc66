package casefile_test

import (
	"fmt"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"

	"pgregory.net/rapid"
)

const june2026 = core.Month(2026*12 + 5)

func alone() casefile.HouseholdView {
	on := core.Date{Year: 2026, Month: 6, Day: 11}
	humans := map[core.ID]casefile.Human{"ana": {ID: "ana", Birth: core.PartialDate{Year: 1980}}}
	return casefile.HouseholdView{ID: "home", On: on, Humans: humans, Members: []casefile.Member{{ID: "m", Household: "home", Person: "ana"}},
		Groups: casefile.DeriveGroups("ana", on, []casefile.Member{{Person: "ana"}}, nil, humans)}
}

func find(name string) (casefile.Variable, bool) {
	switch name {
	case "salaire_net":
		return casefile.Variable{Name: name, Entity: casefile.EntityPerson, Type: casefile.TypeAmount, Period: casefile.PeriodMonth, Engine: true}, true
	case "metier":
		return casefile.Variable{Name: name, Entity: casefile.EntityPerson, Type: casefile.TypeText, Period: casefile.PeriodMonth}, true
	case "loyer":
		return casefile.Variable{Name: name, Entity: casefile.EntityDwelling, Type: casefile.TypeAmount, Period: casefile.PeriodMonth, Engine: true}, true
	}
	return casefile.Variable{}, false
}

// Whatever the facts and their order, the runs of a cell do not overlap, say for
// each month what holds in it, and give the same digest.
func TestPictureSpreadsFacts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var facts []casefile.Fact
		for i := range rapid.IntRange(0, 8).Draw(rt, "facts") {
			f := casefile.Fact{
				ID: core.ID(fmt.Sprint("f", i)), Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: "ana"}, Variable: "salaire_net",
				State: casefile.Known, Value: fmt.Sprint(100 * rapid.IntRange(1, 3).Draw(rt, "value")), RecordedAt: int64(i / 2),
			}
			if rapid.Bool().Draw(rt, "begins") {
				f.From = core.PartialDate{Year: rapid.IntRange(2021, 2027).Draw(rt, "year"), Month: rapid.IntRange(0, 12).Draw(rt, "month")}
			}
			if rapid.Bool().Draw(rt, "ends") {
				f.Until = core.PartialDate{Year: rapid.IntRange(2021, 2027).Draw(rt, "until"), Month: rapid.IntRange(0, 12).Draw(rt, "until month")}
			}
			if rapid.IntRange(0, 3).Draw(rt, "replaced") == 0 {
				f.SupersededBy = "x"
			}
			if rapid.IntRange(0, 4).Draw(rt, "unknown") == 0 {
				f.State, f.Value = casefile.Refused, ""
			}
			facts = append(facts, f)
		}
		p := casefile.BuildPicture(alone(), "ana", june2026, facts, find)
		for m := core.Month(2023 * 12); m <= june2026; m++ {
			var said []casefile.Cell
			for _, c := range p.Cells {
				if c.From <= m && m <= c.Until {
					said = append(said, c)
				}
			}
			held := casefile.Holding(facts, m)
			switch {
			case held == nil && len(said) == 0:
			case held == nil || len(said) != 1 || said[0].State != held.State || said[0].Value != held.Value:
				rt.Fatalf("%s: picture says %v, what holds is %v", m, said, held)
			}
		}
		before, _, err := p.Digest()
		if err != nil {
			rt.Fatal(err)
		}
		slices.Reverse(facts)
		after, _, err := casefile.BuildPicture(alone(), "ana", june2026, facts, find).Digest()
		if err != nil || after != before {
			rt.Fatalf("the order of facts changes the digest: %s, %s, %v", before, after, err)
		}
	})
}

func TestPictureLeavesOut(t *testing.T) {
	self, home := casefile.Subject{Kind: casefile.AboutPerson, ID: "ana"}, casefile.Subject{Kind: casefile.AboutDwelling, ID: "home"}
	fact := func(variable, value string, about casefile.Subject) casefile.Fact {
		return casefile.Fact{ID: core.ID(variable), Subject: about, Variable: variable, State: casefile.Known, Value: value}
	}
	waiting := fact("loyer", "1", home)
	waiting.ConflictWith = "other"
	elsewhere := fact("loyer", "2", casefile.Subject{Kind: casefile.AboutDwelling, ID: "old home"})
	stranger := fact("salaire_net", "3", casefile.Subject{Kind: casefile.AboutPerson, ID: "ben"})
	p := casefile.BuildPicture(alone(), "ana", june2026, []casefile.Fact{fact("metier", "maçon", self), fact("gone", "x", self), waiting, elsewhere, stranger}, find)
	if len(p.Cells) != 0 {
		t.Errorf("cells %v, want none: a trade, a forgotten variable, a waiting version, another home, somebody else", p.Cells)
	}
	p = casefile.BuildPicture(alone(), "ana", june2026, []casefile.Fact{fact("loyer", "500", home)}, find)
	if len(p.Cells) != 1 || p.Cells[0].From != 2023*12 || p.Cells[0].Until != june2026 {
		t.Errorf("cells %v, want the rent from January 2023", p.Cells)
	}
	housed := alone()
	housed.Members[0].Housed = true
	p = casefile.BuildPicture(housed, "ana", june2026, []casefile.Fact{fact("loyer", "500", home)}, find)
	if len(p.Cells) != 2 || p.Cells[0].Value != "0" || p.Cells[1].Value != "loge_gratuitement" {
		t.Errorf("housed by others: %v, want no rent of theirs", p.Cells)
	}
}

func FuzzSearchText(f *testing.F) {
	for _, s := range []string{"dialo fatou 1991", "06 39 98 41 22", "7QF-M2K", "زينب", "\xff\x00'%_", "31/02/1992"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		casefile.NormalPhone(s)
		if code, ok := casefile.NormalCode(s); ok && casefile.ShowCode(code) == code {
			t.Errorf("code %q accepted as %q", s, code)
		}
		v := casefile.Variable{Name: "loyer", Type: casefile.TypeAmount, Max: 1e6}
		if canonical, err := v.Read(s, "value"); err == nil {
			if again, err := v.Read(canonical, "value"); err != nil || again != canonical {
				t.Errorf("%q reads as %q, which reads as %q, %v", s, canonical, again, err)
			}
		}
	})
}
