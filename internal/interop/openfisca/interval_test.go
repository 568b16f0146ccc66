package openfisca_test

import (
	"encoding/json"
	"math/rand/v2"
	"sort"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/eval"
)

// hiddenFact is a fact of a recorded household that is taken away and drawn again.
type hiddenFact struct {
	ref rights.FactRef
	of  rights.Variable
}

// hide draws some facts that the household gives.
func hide(l *rights.Law, r *rand.Rand, input map[string]map[string]any) []hiddenFact {
	var all []hiddenFact
	for e := rights.Person; e <= rights.Household; e++ {
		for id, facts := range input[rights.EntityKey(e)] {
			for name := range facts.(map[string]any) {
				if v, ok := l.Variable(name); ok && v.Input && v.Entity == e && v.Period != rights.Yearly {
					all = append(all, hiddenFact{rights.FactRef{Variable: name, Entity: e, Subject: id}, v})
				}
			}
		}
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i].ref, all[j].ref
		return a.Subject+a.Variable < b.Subject+b.Variable
	})
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), 1+r.IntN(5))]
}

func drawFact(r *rand.Rand, v rights.Variable) rights.Value {
	switch v.Kind {
	case rights.KindBool:
		return rights.Bool(r.IntN(2) == 0)
	case rights.KindChoice:
		return rights.ChoiceOf(v.Choices[r.IntN(len(v.Choices))].Name)
	case rights.KindDate:
		return rights.Date(rights.MonthOf(1935+r.IntN(91), 1+r.IntN(12)).FirstDay())
	case rights.KindText:
		return rights.Text([]string{"75056", "59350", "79191", "97411"}[r.IntN(4)])
	}
	if v.Unit == "%" {
		return rights.Number(float64(r.IntN(101)) / 100)
	}
	return rights.Number(float64(r.IntN(4000)))
}

// Whatever the facts taken away from a recorded household are, its rights lie in
// what the interval evaluator gave without them.
func TestIntervalsOnRecordedHouseholds(t *testing.T) {
	l := loadLaw(t)
	r := rand.New(rand.NewPCG(4, 4))
	all := households(t)
	completions, narrow := 0, 0
	for i := 0; i < len(all); i += 9 {
		h := all[i]
		m, err := rights.ParseMonth(h.Month)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(h.Input)
		if err != nil {
			t.Fatal(err)
		}
		read := func() *rights.Situation {
			req, err := openfisca.Read(l, body)
			if err != nil {
				t.Fatal(err)
			}
			return req.Situation
		}
		hidden := hide(l, r, h.Input)
		total := read().Close(rights.OpenFisca)
		var asks []rights.Ask
		for _, right := range l.Rights() {
			for s := range total.Subjects(right.Entity) {
				asks = append(asks, rights.Ask{Subject: rights.Subject{Entity: right.Entity, Index: int32(s)}, Variable: right.Name, Month: m})
			}
		}
		var refs []rights.FactRef
		for _, x := range hidden {
			refs = append(refs, x.ref)
		}
		bounds, err := total.BoundsWithout(refs, asks)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			completions++
			s := read()
			for _, x := range hidden {
				sub, _ := s.Find(x.ref.Entity, x.ref.Subject)
				p := rights.Always()
				if x.of.Period == rights.Monthly {
					p = rights.EachMonth(m-60, m+12)
				}
				if err := s.Set(sub, x.ref.Variable, p, drawFact(r, x.of)); err != nil {
					t.Fatal(err)
				}
			}
			answers, err := s.Close(rights.OpenFisca).Compute(asks)
			if err != nil {
				t.Fatal(err)
			}
			for k, a := range answers {
				want := eval.Value{F: a.Value.Number, NA: a.NA, Unknown: a.Unknown}
				if a.Value.Kind == rights.KindBool {
					want.F = 0
					if a.Value.Bool {
						want.F = 1
					}
				}
				if !want.Unknown && !bounds[k].Contains(want) {
					t.Errorf("%s %s without %v: %+v, out of %+v", h.ID, asks[k].Variable, refs, want, bounds[k])
				}
			}
		}
		for _, b := range bounds {
			if b.IsPoint() {
				narrow++
			}
		}
	}
	t.Logf("%d completions; %d rights settled whatever was taken away", completions, narrow)
}
