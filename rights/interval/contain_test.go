package interval_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/interval"
	"pgregory.net/rapid"
)

var june = rights.MonthOf(2026, 6)

// firstMonth is before anything that a drawn program reads.
var firstMonth = rights.MonthOf(2024, 1)

// slotFact is a variable of a subject, over months from..to.
type slotFact struct {
	entity   rights.Entity
	subject  int
	variable string
	from, to rights.Month // 0 for always or for a year
}

type drawnHousehold struct {
	parents, children int
	slots             []slotFact
	known             []rights.Value
	isKnown           []bool
	absent            []bool // left to what is presumed, in every completion
}

// drawHousehold draws who is there and what is known of them: a share of the
// facts, over two runs of months.
func drawHousehold(r *rand.Rand) *drawnHousehold {
	h := &drawnHousehold{parents: 1 + r.IntN(2), children: r.IntN(4)}
	cut := june - rights.Month(r.IntN(6))
	add := func(e rights.Entity, subject int, names ...string) {
		for _, n := range names {
			h.slots = append(h.slots, slotFact{e, subject, n, firstMonth, cut - 1}, slotFact{e, subject, n, cut, june})
		}
	}
	for p := range h.parents + h.children {
		h.slots = append(h.slots, slotFact{rights.Person, p, "naissance", 0, 0}, slotFact{rights.Person, p, "chiffre", 0, 0})
		add(rights.Person, p, "salaire", "prime", "statut", "handicap")
		if r.IntN(3) == 0 {
			add(rights.Person, p, "rare")
		}
	}
	add(rights.Family, 0, "parts", "aisé")
	add(rights.Household, 0, "loyer", "commune")
	share := []float64{0, 0.3, 0.6, 0.9, 1}[r.IntN(5)]
	for _, s := range h.slots {
		v, sure := drawValue(r, s.variable), r.Float64() < share
		h.known, h.isKnown = append(h.known, v), append(h.isKnown, sure)
		presumed := s.variable == "prime" || s.variable == "rare"
		h.absent = append(h.absent, presumed && r.IntN(2) == 0)
	}
	return h
}

func drawValue(r *rand.Rand, variable string) rights.Value {
	switch variable {
	case "naissance":
		y := 1930 + r.IntN(96)
		return rights.Text(fmt.Sprintf("%04d-%02d-%02d", y, 1+r.IntN(12), 1+r.IntN(28)))
	case "statut":
		return rights.ChoiceOf([]string{"actif", "chomeur", "retraite", "etudiant"}[r.IntN(4)])
	case "handicap", "aisé", "rare":
		return rights.Bool(r.IntN(2) == 0)
	case "parts":
		return rights.Number([]float64{0, 1, 2, 3, 2.5, 7, 1000}[r.IntN(7)])
	case "commune":
		return rights.Text([]string{"75056", "01002", "01003"}[r.IntN(3)])
	case "chiffre":
		return rights.Number(float64(r.IntN(50_000)))
	}
	switch r.IntN(4) {
	case 0:
		return rights.Number(0)
	case 1:
		return rights.Number([]float64{100, 500, 250.33, 1000, 1500, 100_000}[r.IntN(6)])
	}
	return rights.Number(float64(r.IntN(300_000)) / 100)
}

// situation writes the household; fill gives the values of the unknown slots,
// nil leaves them unknown.
func (h *drawnHousehold) situation(t rapid.TB, l *rights.Law, fill func(variable string) rights.Value) (*rights.Total, rights.Subject) {
	s := rights.NewSituation(l)
	var family, tax, home []rights.Member
	var people []rights.Subject
	for i := range h.parents + h.children {
		p := s.AddPerson(strconv.Itoa(i))
		people = append(people, p)
		roles := [3]rights.Role{rights.Child, rights.Dependant, rights.HouseholdChild}
		if i < h.parents {
			roles = [3]rights.Role{rights.Parent, rights.Declarant, [2]rights.Role{rights.Reference, rights.Partner}[i]}
		}
		family = append(family, rights.Member{Person: p, Role: roles[0]})
		tax = append(tax, rights.Member{Person: p, Role: roles[1]})
		home = append(home, rights.Member{Person: p, Role: roles[2]})
	}
	groups := map[rights.Entity]rights.Subject{rights.Family: s.AddGroup(rights.Family, "f", family...)}
	s.AddGroup(rights.TaxUnit, "t", tax...)
	groups[rights.Household] = s.AddGroup(rights.Household, "m", home...)
	for i, slot := range h.slots {
		value, unsaid := h.known[i], false
		if !h.isKnown[i] {
			if unsaid = fill == nil; !unsaid {
				value = fill(slot.variable)
			}
		}
		who := groups[slot.entity]
		if slot.entity == rights.Person {
			who = people[slot.subject]
		}
		var err error
		switch {
		case !h.isKnown[i] && h.absent[i]:
		case unsaid && slot.from == 0:
		case unsaid: // whatever would be presumed
			err = s.SetUnknown(who, slot.variable, rights.EachMonth(slot.from, slot.to))
		case slot.variable == "naissance":
			err = s.Set(who, slot.variable, rights.Always(), value)
		case slot.variable == "chiffre":
			for y := 2023; y <= 2026; y++ {
				err = s.Set(who, slot.variable, rights.InYear(y), value)
			}
		default:
			err = s.Set(who, slot.variable, rights.EachMonth(slot.from, slot.to), value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s.Close(rights.Dossier), groups[rights.Family]
}

func asks(family rights.Subject) []rights.Ask {
	var out []rights.Ask
	for i := range outputs {
		out = append(out, rights.Ask{Subject: family, Variable: fmt.Sprintf("r%d", i), Month: june}, rights.Ask{Subject: family, Variable: fmt.Sprintf("c%d", i), Month: june})
	}
	return out
}

func engineValue(a rights.Answer) eval.Value {
	v := eval.Value{F: a.Value.Number, NA: a.NA, Unknown: a.Unknown}
	if a.Value.Kind == rights.KindBool {
		v = eval.Bool(a.Value.Bool)
		v.NA, v.Unknown = a.NA, a.Unknown
	}
	return v
}

// completions is how many completions of each drawn household are tried; the
// long run of the Makefile raises it.
func completions(t *testing.T) int {
	if s := os.Getenv("PARVIS_COMPLETIONS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 30
}

// Whatever the unknown facts are, the value lies in what the interval evaluator
// gave; where none is unknown it gives the reference interpreter's own bits.
func TestIntervalsContainEveryCompletion(t *testing.T) {
	tries, narrow, wide, n := completions(t), 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		l, rules := drawLaw(rt)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for range 4 {
			h := drawHousehold(r)
			partial, family := h.situation(rt, l, nil)
			asks := asks(family)
			bounds, err := partial.Bounds(asks)
			if err != nil {
				rt.Fatal(err)
			}
			for range tries {
				n++
				whole, _ := h.situation(rt, l, func(variable string) rights.Value { return drawValue(r, variable) })
				answers, err := whole.Compute(asks)
				if err != nil {
					rt.Fatal(err)
				}
				exact, err := whole.Bounds(asks)
				if err != nil {
					rt.Fatal(err)
				}
				for i, a := range answers {
					want := engineValue(a)
					if want.Unknown {
						continue // a gap of the law: nothing to contain
					}
					if !bounds[i].Contains(want) {
						rt.Fatalf("%s is %+v, out of %+v\n%s", asks[i].Variable, want, bounds[i], rules)
					}
					if got := exact[i].Value(); got != want {
						rt.Fatalf("%s is %+v, the interval evaluator gives %+v (%+v)\n%s", asks[i].Variable, want, got, exact[i], rules)
					}
				}
			}
			for _, b := range bounds {
				if b.Bounded() {
					narrow++
				} else {
					wide++
				}
			}
		}
	})
	t.Logf("%d completions; %d ranges bounded, %d not", n, narrow, wide)
}

// A point is a point, and the operations keep what they promise at their edges.
func TestValues(t *testing.T) {
	p := interval.Point(eval.Value{F: 3})
	if !p.IsPoint() || p.Value().F != 3 || !p.Contains(eval.Value{F: 3}) || p.Contains(eval.Value{NA: true}) {
		t.Errorf("%+v", p)
	}
	if na := interval.Point(eval.Value{NA: true}); !na.IsPoint() || !na.Value().NA {
		t.Errorf("%+v", na)
	}
	if lo, hi := interval.Between(2, 5).Range(); lo != 2 || hi != 5 {
		t.Errorf("%v…%v", lo, hi)
	}
	if u := interval.Point(eval.Value{Unknown: true}); u.IsPoint() || u.Bounded() || !u.Contains(eval.Value{F: -1e9}) {
		t.Errorf("%+v", u)
	}
}
