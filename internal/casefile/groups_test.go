package casefile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"

	"pgregory.net/rapid"
)

// home is a household in a few words for a test: "name year [housed] [from=…]".
type home struct {
	humans  map[core.ID]casefile.Human
	members []casefile.Member
	kin     []casefile.Kinship
}

func day(t testing.TB, s string) core.Date {
	t.Helper()
	d, err := core.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newHome(t testing.TB, people ...string) *home {
	t.Helper()
	h := &home{humans: map[core.ID]casefile.Human{}}
	for _, p := range people {
		w := strings.Fields(p)
		birth, err := core.ParsePartialDate(strings.TrimPrefix(w[1], "?"))
		if err != nil {
			t.Fatal(err)
		}
		id := core.ID(w[0])
		h.humans[id] = casefile.Human{ID: id, FirstName: w[0], Birth: birth}
		m := casefile.Member{ID: "stay-" + id, Household: "home", Person: id}
		away := false
		for _, o := range w[2:] {
			switch k, v, _ := strings.Cut(o, "="); k {
			case "from":
				m.From = day(t, v)
			case "until":
				m.Until = day(t, v)
			case "housed":
				m.Housed = true
			case "away":
				away = true
			}
		}
		if !away {
			h.members = append(h.members, m)
		}
	}
	return h
}

func (h *home) parent(of string, parents ...core.ID) *home {
	for _, p := range parents {
		h.kin = append(h.kin, casefile.Kinship{ID: core.ID(fmt.Sprint("k", len(h.kin))), Kind: casefile.ParentOf, A: p, B: core.ID(of)})
	}
	return h
}

func (h *home) couple(kind casefile.CoupleKind, a, b core.ID, dates ...core.Date) *home {
	k := casefile.Kinship{ID: core.ID(fmt.Sprint("k", len(h.kin))), Kind: casefile.Couple, Couple: kind, A: a, B: b}
	if len(dates) > 0 {
		k.Until = dates[0]
	}
	h.kin = append(h.kin, k)
	return h
}

func show(g casefile.Groups) string {
	ids := func(l []core.ID) string {
		s := make([]string, len(l))
		for i, id := range l {
			s[i] = string(id)
		}
		return strings.Join(s, ",")
	}
	out := "famille " + ids(g.Family.Parents) + "/" + ids(g.Family.Children)
	for _, f := range g.OtherFamilies {
		out += " + " + ids(f.Parents) + "/" + ids(f.Children)
	}
	out += "; foyers"
	for _, u := range g.TaxUnits {
		out += " " + ids(u.Declarants) + "/" + ids(u.Dependants)
	}
	d := g.Dwelling
	out += "; ménage " + string(d.Reference) + "," + string(d.Partner) + "/" + ids(d.Children) + "/" + ids(d.Others)
	return out + "; AL " + ids(g.Occupants)
}

func TestDeriveGroups(t *testing.T) {
	for name, c := range map[string]struct {
		home *home
		file core.ID
		on   string
		want string
	}{
		"alone, nobody placed": {
			home: newHome(t, "samira 1992 away"), file: "samira", on: "2026-06-11",
			want: "famille samira/; foyers samira/; ménage samira,//; AL samira",
		},
		"Mme Haddad: her mother is another family and another tax unit, and lives in the home": {
			home: newHome(t, "samira 1992-02-03", "fatiha 1959-01-10 from=2025-09-01", "yanis 2017-03-01", "lina 2022-01-20", "karim 1988 away").
				parent("samira", "fatiha").parent("yanis", "samira", "karim").parent("lina", "samira", "karim").
				couple(casefile.Cohabiting, "samira", "karim", day(t, "2024-10-01")),
			file: "samira", on: "2026-06-11",
			want: "famille samira/yanis,lina + fatiha/; foyers samira/yanis,lina fatiha/; ménage samira,/yanis,lina/fatiha; AL samira,yanis,lina,fatiha",
		},
		"seen from the mother's file": {
			home: newHome(t, "samira 1992-02-03", "fatiha 1959-01-10 from=2025-09-01", "yanis 2017-03-01").
				parent("samira", "fatiha").parent("yanis", "samira"),
			file: "fatiha", on: "2026-06-11",
			want: "famille fatiha/ + samira/yanis; foyers fatiha/ samira/yanis; ménage fatiha,//samira,yanis; AL fatiha,samira,yanis",
		},
		"seen from a child's file: the family is the parent's": {
			home: newHome(t, "samira 1992-02-03", "yanis 2017-03-01").parent("yanis", "samira"),
			file: "yanis", on: "2026-06-11",
			want: "famille samira/yanis; foyers samira/yanis; ménage samira,/yanis/; AL samira,yanis",
		},
		"a guest of three months is no occupant yet": {
			home: newHome(t, "ana 1980", "ben 1990 housed from=2026-03-15"), file: "ana", on: "2026-06-11",
			want: "famille ana/ + ben/; foyers ana/ ben/; ménage ana,//ben; AL ana",
		},
		"married": {
			home: newHome(t, "ana 1980", "ben 1979", "zoe 2010").parent("zoe", "ana", "ben").couple(casefile.Married, "ana", "ben"),
			file: "ana", on: "2026-06-11",
			want: "famille ana,ben/zoe; foyers ana,ben/zoe; ménage ana,ben/zoe/; AL ana,ben,zoe",
		},
		"cohabiting: two tax units, each child with its parent, a common child with the file's person": {
			home: newHome(t, "ana 1980", "ben 1979", "zoe 2010", "max 2012", "eli 2020").
				parent("zoe", "ana").parent("max", "ben").parent("eli", "ben", "ana").couple(casefile.Cohabiting, "ben", "ana"),
			file: "ana", on: "2026-06-11",
			want: "famille ana,ben/zoe,max,eli; foyers ana/zoe,eli ben/max; ménage ana,ben/zoe,max,eli/; AL ana,ben,zoe,max,eli",
		},
		"the day before the separation": {
			home: newHome(t, "ana 1980", "ben 1979").couple(casefile.Married, "ana", "ben", day(t, "2026-04-01")),
			file: "ana", on: "2026-03-31",
			want: "famille ana,ben/; foyers ana,ben/; ménage ana,ben//; AL ana,ben",
		},
		"separated under one roof": {
			home: newHome(t, "ana 1980", "ben 1979", "zoe 2010").parent("zoe", "ana", "ben").
				couple(casefile.Married, "ana", "ben", day(t, "2026-04-01")),
			file: "ben", on: "2026-04-01",
			want: "famille ben/zoe + ana/; foyers ben/zoe ana/; ménage ben,/zoe/ana; AL ben,zoe,ana",
		},
		"a child of 24 is in charge, of 25 is not": {
			home: newHome(t, "ana 1975", "x 2001-06-12", "y 2001-06-11").parent("x", "ana").parent("y", "ana"),
			file: "ana", on: "2026-06-11",
			want: "famille ana/x + y/; foyers ana/x y/; ménage ana,/x/y; AL ana,x,y",
		},
		"a young mother in her parents' home has her own family": {
			home: newHome(t, "ana 1970", "lea 2006", "bebe 2025").parent("lea", "ana").parent("bebe", "lea"),
			file: "ana", on: "2026-06-11",
			want: "famille ana/ + lea/bebe; foyers ana/ lea/bebe; ménage ana,//lea,bebe; AL ana,lea,bebe",
		},
		"a grandchild without a parent here is in the grandmother's charge": {
			home: newHome(t, "oncle 1960", "mamie 1955", "tom 2014", "lea 1990 away").parent("lea", "mamie").parent("tom", "lea"),
			file: "oncle", on: "2026-06-11",
			want: "famille oncle/ + mamie/tom; foyers oncle/ mamie/tom; ménage oncle,//mamie,tom; AL oncle,mamie,tom",
		},
		"flat sharers": {
			home: newHome(t, "ana 2003", "ben 2002", "eve 2004"), file: "ben", on: "2026-06-11",
			want: "famille ben/ + ana/ + eve/; foyers ben/ ana/ eve/; ménage ben,//ana,eve; AL ben,ana,eve",
		},
		"who left is not there any more, who comes is not there yet": {
			home: newHome(t, "ana 1980", "ben 1979 until=2026-06-11", "eve 1990 from=2026-06-12"), file: "ana", on: "2026-06-11",
			want: "famille ana/; foyers ana/; ménage ana,//; AL ana",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := show(casefile.DeriveGroups(c.file, day(t, c.on), c.home.members, c.home.kin, c.home.humans))
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// Whatever the stays and relations (impossible ones too), everybody present is
// in exactly one family, one tax unit and the dwelling, and order of rows does
// not matter.
func TestDeriveGroupsIsAPartition(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(rt, "people")
		h := &home{humans: map[core.ID]casefile.Human{}}
		var ids []core.ID
		for i := range n {
			id := core.ID(fmt.Sprint("p", i))
			ids = append(ids, id)
			birth := core.PartialDate{}
			if rapid.Bool().Draw(rt, "birth known") {
				birth.Year = rapid.IntRange(1930, 2027).Draw(rt, "year")
			}
			h.humans[id] = casefile.Human{ID: id, Birth: birth}
			h.members = append(h.members, casefile.Member{ID: id, Person: id})
		}
		for i := range rapid.IntRange(0, 8).Draw(rt, "relations") {
			a, b := rapid.SampledFrom(ids).Draw(rt, "a"), rapid.SampledFrom(ids).Draw(rt, "b")
			k := casefile.Kinship{ID: core.ID(fmt.Sprint("k", i)), Kind: casefile.ParentOf, A: a, B: b}
			if rapid.Bool().Draw(rt, "couple") {
				k.Kind, k.Couple = casefile.Couple, rapid.SampledFrom([]casefile.CoupleKind{casefile.Married, casefile.Cohabiting}).Draw(rt, "kind")
			}
			if a != b {
				h.kin = append(h.kin, k)
			}
		}
		on := core.Date{Year: 2026, Month: 6, Day: 11}
		g := casefile.DeriveGroups(ids[0], on, h.members, h.kin, h.humans)

		exactly := func(what string, lists ...[]core.ID) {
			all := slices.Concat(lists...)
			slices.Sort(all)
			want := slices.Clone(ids)
			slices.Sort(want)
			if !slices.Equal(all, want) {
				rt.Fatalf("%s: %v, want everybody once: %v (%s)", what, all, want, show(g))
			}
		}
		var families, units [][]core.ID
		for _, f := range append([]casefile.Family{g.Family}, g.OtherFamilies...) {
			families = append(families, f.Parents, f.Children)
		}
		for _, u := range g.TaxUnits {
			units = append(units, u.Declarants, u.Dependants)
		}
		exactly("families", families...)
		exactly("tax units", units...)
		adults := []core.ID{g.Dwelling.Reference}
		if g.Dwelling.Partner != "" {
			adults = append(adults, g.Dwelling.Partner)
		}
		exactly("dwelling", adults, g.Dwelling.Children, g.Dwelling.Others)

		slices.Reverse(h.members)
		slices.Reverse(h.kin)
		if again := show(casefile.DeriveGroups(ids[0], on, h.members, h.kin, h.humans)); again != show(g) {
			rt.Fatalf("the order of rows changes the groups:\n%s\n%s", show(g), again)
		}
	})
}
