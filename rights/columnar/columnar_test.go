package columnar_test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
	"pgregory.net/rapid"
)

// evaluators is how many random programs a run compares; `make evaluators` asks
// for more.
func evaluators() int {
	if n, err := strconv.Atoi(os.Getenv("PARVIS_EVALUATORS")); err == nil && n > 0 {
		return n
	}
	return 300
}

// TestColumnarIsTheReference draws random programs and random households, and
// finds in every row what the reference interpreter finds: value to the bit, not
// applicable, unknown, and whether a sentence « à vérifier » was met.
func TestColumnarIsTheReference(t *testing.T) {
	seen, slow := 0, 0
	check := func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		homes := rapid.IntRange(1, 90).Draw(t, "households")
		depth := rapid.IntRange(1, 5).Draw(t, "depth")
		open := rapid.IntRange(0, 7).Draw(t, "open") > 0
		w := newWriter(rand.New(rand.NewPCG(seed, 1)), depth)
		a, b := compareAll(t, w, homes, open)
		seen, slow = seen+a, slow+b
	}
	for n := evaluators(); n > 0; n -= 100 {
		rapid.Check(t, check)
	}
	t.Logf("%d households compared, %d of them left to the reference", seen, slow)
	if seen < 10_000 {
		t.Errorf("only %d households were compared", seen)
	}
}

// compareAll evaluates random households both ways, in two batches of one
// evaluator.
func compareAll(t *rapid.T, w *writer, homes int, open bool) (seen, slow int) {
	law := eval.Prepare(w.prog)
	var asks []columnar.Ask
	for i := range w.prog.Vars {
		if v := &w.prog.Vars[i]; !v.Input {
			a := columnar.Ask{Var: int32(i), Period: asked, Asked: asked}
			if v.Period == ir.Yearly {
				a.Period, a.Asked = ir.MonthOf(asked.Year(), 1), ir.MonthOf(asked.Year(), 12)
			}
			asks = append(asks, a)
		}
	}
	p, err := columnar.Compile(law, asks, columnar.Options{Open: open})
	if err != nil {
		t.Fatal(err)
	}
	ev := p.NewEvaluator()
	b := p.NewBatch()
	for _, n := range []int{homes, 1 + homes/3} {
		b.Reset()
		w.reshape()
		var families []*family
		for range n {
			families = append(families, w.put(b, open))
		}
		got, err := ev.Run(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		for h, f := range families {
			compareOne(t, law, b, h, f, asks, got)
		}
		compareNarrowed(t, ev, b, asks, got)
		seen, slow = seen+n, slow+got.Slow
	}
	return seen, slow
}

// compareNarrowed computes a batch again until a program is made for its shape,
// which finds the same.
func compareNarrowed(t *rapid.T, ev *columnar.Evaluator, b *columnar.Batch, asks []columnar.Ask, got *columnar.Result) {
	first := columnar.Result{Values: clone(got.Values), NA: clone(got.NA), Notes: clone(got.Notes), Unknown: clone(got.Unknown)}
	for range 3 {
		var err error
		if got, err = ev.Run(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	for i := range asks {
		for row, x := range first.Values[i] {
			if math.Float64bits(x) != math.Float64bits(got.Values[i][row]) && !(math.IsNaN(x) && math.IsNaN(got.Values[i][row])) {
				t.Fatalf("ask %d, row %d: %v, and %v when narrowed", i, row, x, got.Values[i][row])
			}
		}
		if !slices.Equal(first.NA[i], got.NA[i]) || !slices.Equal(first.Notes[i], got.Notes[i]) || !slices.Equal(first.Unknown[i], got.Unknown[i]) {
			t.Fatalf("ask %d is not told the same when narrowed", i)
		}
	}
}

func clone[T any](xs [][]T) [][]T {
	out := make([][]T, len(xs))
	for i, x := range xs {
		out[i] = slices.Clone(x)
	}
	return out
}

func compareOne(t *rapid.T, law *eval.Program, b *columnar.Batch, h int, f *family, asks []columnar.Ask, got *columnar.Result) {
	evs := map[ir.Month]*eval.Evaluator{}
	for i, a := range asks {
		ev := evs[a.Asked]
		if ev == nil {
			ev = eval.New(law, &f.world, f, eval.Options{Asked: a.Asked, Open: f.open})
			evs[a.Asked] = ev
		}
		v := &law.IR.Vars[a.Var]
		first, end := b.Rows(h, v.Entity)
		if end-first != f.world.Count[v.Entity] {
			t.Fatalf("household %d has %d rows of entity %d, want %d", h, end-first, v.Entity, f.world.Count[v.Entity])
		}
		for s := range end - first {
			root := ev.Index(eval.Cell{Var: a.Var, Subject: s, Period: a.Period})
			want := ev.Nodes[root].Value
			row := first + s
			x := got.Values[i][row]
			unknown := columnar.Is(got.Unknown[i], row)
			if unknown != want.Unknown {
				t.Fatalf("%s of household %d, %d: unknown %v, want %v", v.Name, h, s, unknown, want.Unknown)
			}
			if want.Unknown {
				continue
			}
			if math.Float64bits(x) != math.Float64bits(want.F) && !(math.IsNaN(x) && math.IsNaN(want.F)) {
				t.Fatalf("%s of household %d, %d: %v, want %v", v.Name, h, s, x, want.F)
			}
			if na := columnar.Is(got.NA[i], row); na != want.NA {
				t.Fatalf("%s of household %d, %d: not applicable %v, want %v", v.Name, h, s, na, want.NA)
			}
			if notes := columnar.Is(got.Notes[i], row); notes != noted(ev, root) {
				t.Fatalf("%s of household %d, %d: rests on a sentence %v, want %v", v.Name, h, s, notes, !notes)
			}
		}
	}
}

// noted tells whether a value rests on a sentence « à vérifier ».
func noted(ev *eval.Evaluator, root int32) bool {
	seen := map[int32]bool{}
	todo := []int32{root}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		if len(ev.Nodes[i].Notes) > 0 {
			return true
		}
		todo = append(todo, ev.Nodes[i].Deps...)
	}
	return false
}
