package population_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/population"
)

func load(t testing.TB) (*rights.Law, rights.Month) {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l, rights.MonthOf(2026, 6)
}

func draw(t testing.TB, l *rights.Law, seed uint64, m rights.Month) *population.Population {
	t.Helper()
	p, err := population.New(l.Program(), seed, m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTheSameSeedDrawsTheSame in whatever order.
func TestTheSameSeedDrawsTheSame(t *testing.T) {
	l, m := load(t)
	a, b := draw(t, l, 3, m), draw(t, l, 3, m)
	other := draw(t, l, 4, m)
	var x, y, z population.Home
	same := 0
	for i := range uint64(500) {
		a.Draw(&x, i)
		x.People = slices.Clone(x.People)
		b.Draw(&y, 499-i)
		b.Draw(&y, i)
		if !reflect.DeepEqual(x, y) {
			t.Fatalf("household %d: %+v and %+v", i, x, y)
		}
		if other.Draw(&z, i); reflect.DeepEqual(x, z) {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d households of another seed are the same", same)
	}
}

// TestMarginals checks what the package says of its population.
func TestMarginals(t *testing.T) {
	l, m := load(t)
	p := draw(t, l, 1, m)
	var h population.Home
	var wages []float64
	persons, families, single, large, adults, jobless := 0, 0, 0, 0, 0, 0
	const n = 40_000
	for i := range uint64(n) {
		p.Draw(&h, i)
		persons += len(h.People)
		if children := len(h.People) - h.Adults; children > 0 {
			families++
			single += 2 - h.Adults
			if children >= 3 {
				large++
			}
		}
		for _, x := range h.People {
			if x.Child || x.Activity == population.Retired {
				continue
			}
			adults++
			if x.Activity == population.Unemployed {
				jobless++
			}
			if x.Wage.Now > 1370 {
				wages = append(wages, x.Wage.Now)
			}
		}
	}
	slices.Sort(wages)
	for _, c := range []struct {
		what      string
		got       float64
		low, high float64
	}{
		{"persons in a household", float64(persons) / n, 2.9, 3.1},
		{"families with one parent", float64(single) / float64(families), 0.22, 0.27},
		{"families with three children or more", float64(large) / float64(families), 0.19, 0.24},
		{"looking for a job, under 64", float64(jobless) / float64(adults), 0.13, 0.17},
		{"median of the wages that are not part time", wages[len(wages)/2], 1950, 2250},
		{"ninth decile", wages[len(wages)*9/10], 3300, 4200},
	} {
		if c.got < c.low || c.got > c.high {
			t.Errorf("%s: %.3g, want %v to %v", c.what, c.got, c.low, c.high)
		}
	}
}

// TestPopulationIsTheReference compares made-up households, in batches large
// enough to be narrowed, with the reference interpreter.
func TestPopulationIsTheReference(t *testing.T) {
	l, m := load(t)
	p, err := l.ColumnsFor(rights.OpenFisca, m, eleven...)
	if err != nil {
		t.Fatal(err)
	}
	pop := draw(t, l, 2, m)
	ev := p.NewEvaluator()
	var h population.Home
	batches := map[int]*columnar.Batch{}
	for i := range uint64(300) {
		pop.Draw(&h, i)
		b := batches[h.Class()]
		if b == nil {
			b = p.NewBatch()
			batches[h.Class()] = b
		}
		pop.AddTo(b, &h)
	}
	rows := 0
	for _, b := range batches {
		var got *columnar.Result
		for range 4 { // the last ones are narrowed
			if got, err = ev.Run(context.Background(), b); err != nil {
				t.Fatal(err)
			}
		}
		for home := range b.Len() {
			one := eval.New(l.Program(), b.World(home), b.Source(home), eval.Options{Asked: m, Open: true})
			for i, a := range p.Asks() {
				first, end := b.Rows(home, l.Program().IR.Vars[a.Var].Entity)
				for row := first; row < end; row++ {
					rows++
					want := one.Nodes[one.Index(eval.Cell{Var: a.Var, Subject: row - first, Period: a.Period})].Value
					if x := got.Values[i][row]; math.Float64bits(x) != math.Float64bits(want.F) || columnar.Is(got.NA[i], row) != want.NA {
						t.Errorf("%s, household %d: %v, want %+v", eleven[i], home, x, want)
					}
				}
			}
		}
	}
	if rows < 300*len(eleven) {
		t.Errorf("%d rows were compared", rows)
	}
}
