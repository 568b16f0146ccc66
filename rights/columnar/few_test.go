package columnar_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
	"pgregory.net/rapid"
)

// TestFewRows computes random households of random programs one at a time: as the
// reference interpreter, whole and cell by cell, with the same absent facts read
// and the same sentences met by each ask.
func TestFewRows(t *testing.T) {
	seen, listed := 0, 0
	check := func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		depth := rapid.IntRange(1, 5).Draw(t, "depth")
		open := rapid.IntRange(0, 7).Draw(t, "open") > 0
		pcg := rand.NewPCG(seed, 2)
		w := newWriter(rand.New(pcg), depth)
		law := eval.Prepare(w.prog)
		var asks []columnar.Ask
		for i := range w.prog.Vars {
			if v := &w.prog.Vars[i]; !v.Input && len(asks) < columnar.MaxCells {
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
		cells, err := columnar.Compile(law, asks, columnar.Options{Open: open, Cells: true})
		if err != nil {
			t.Fatal(err)
		}
		b, ev := p.NewBatch(), p.NewEvaluator()
		b2, ev2 := cells.NewBatch(), ev.Beside(cells)
		for range 30 {
			b.Reset()
			w.reshape()
			state := *pcg
			f := w.put(b, open)
			*pcg = state // the same household again
			b2.Reset()
			w.put(b2, open)
			got, err := ev.Run(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			compareOne(t, law, b, 0, f, asks, got)
			listed += compareCells(t, law, w, ev2, b2, f, asks)
			seen++
		}
	}
	for n := evaluators(); n > 0; n -= 100 {
		rapid.Check(t, check)
	}
	t.Logf("%d households, %d absent facts", seen, listed)
	if seen < 5_000 || listed < 5_000 {
		t.Errorf("only %d households were compared, with %d absent facts", seen, listed)
	}
}

// compareCells asks one row of each ask, and returns how many absent cells were
// listed.
func compareCells(t *rapid.T, law *eval.Program, w *writer, r *columnar.Evaluator, b *columnar.Batch, f *family, asks []columnar.Ask) int {
	wanted := make([]columnar.Cell, len(asks))
	for i, a := range asks {
		wanted[i] = columnar.Cell{Ask: i, Row: int32(w.IntN(int(f.world.Count[law.IR.Vars[a.Var].Entity])))}
	}
	got, ok, err := r.Cells(context.Background(), b, wanted)
	if err != nil {
		t.Fatal(err)
	}
	overrides := false
	for c := range f.facts {
		overrides = overrides || !law.IR.Vars[c.Var].Input
	}
	for k := range f.always {
		overrides = overrides || !law.IR.Vars[k[0]].Input
	}
	if !ok && overrides {
		return 0
	}
	if !ok {
		t.Fatal("a small household is not computed by cells")
	}
	absent, said := map[string]bool{}, map[string]bool{}
	for _, a := range got.Absent {
		for i := range asks {
			if a.Asks>>i&1 != 0 {
				absent[fmt.Sprint(i, eval.Cell{Var: a.Var, Subject: a.Row, Period: a.Period})] = true
			}
		}
	}
	for _, s := range got.Said {
		for i := range asks {
			if s.Asks>>i&1 != 0 {
				said[fmt.Sprint(i, s.Sentence)] = true
			}
		}
	}
	wantAbsent, wantSaid, settled := map[string]bool{}, map[string]bool{}, true
	evs := map[ir.Month]*eval.Evaluator{}
	for i, a := range asks {
		ev := evs[a.Asked]
		if ev == nil {
			ev = eval.New(law, &f.world, f, eval.Options{Asked: a.Asked, Open: f.open})
			evs[a.Asked] = ev
		}
		root := ev.Index(eval.Cell{Var: a.Var, Subject: wanted[i].Row, Period: a.Period})
		want := ev.Nodes[root].Value
		if want.Unknown {
			settled = false
			continue
		}
		if x := got.Values[i]; got.Settled && (math.Float64bits(x) != math.Float64bits(want.F) && !(math.IsNaN(x) && math.IsNaN(want.F)) || got.NA[i] != want.NA) {
			t.Fatalf("%s of %d: %v %v, want %+v", law.IR.Vars[a.Var].Name, wanted[i].Row, x, got.NA[i], want)
		}
		for _, n := range reached(ev, root) {
			if n.Origin == eval.FromDefault {
				wantAbsent[fmt.Sprint(i, n.Cell)] = true
			}
			for _, sentence := range n.Notes {
				wantSaid[fmt.Sprint(i, sentence)] = true
			}
		}
	}
	if settled && !got.Settled {
		return 0 // a gap that another fact makes harmless: the reference says so
	}
	if !settled && got.Settled {
		t.Fatalf("settled, but the reference does not know")
	}
	if !settled || !f.open {
		return 0
	}
	if a, b := keys(absent), keys(wantAbsent); !slices.Equal(a, b) {
		t.Fatalf("absent cells %v, want %v", a, b)
	}
	if a, b := keys(said), keys(wantSaid); !slices.Equal(a, b) {
		t.Fatalf("sentences %v, want %v", a, b)
	}
	return len(absent)
}

func keys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// reached lists the nodes that a value rests on.
func reached(ev *eval.Evaluator, root int32) []*eval.Node {
	seen := map[int32]bool{}
	todo := []int32{root}
	var out []*eval.Node
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[i] {
			seen[i] = true
			out = append(out, &ev.Nodes[i])
			todo = append(todo, ev.Nodes[i].Deps...)
		}
	}
	return out
}
