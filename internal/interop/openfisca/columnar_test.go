package openfisca_test

import (
	"context"
	"encoding/json"
	"math"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
)

// eleven are the rights of the figures.
var eleven = []string{"rsa", "ppa", "aide_logement", "aah", "aspa", "cmu_c", "css_participation_forfaitaire", "af", "asf", "cf", "paje_base"}

// totals reads the recorded households, by month.
func totals(t testing.TB, l *rights.Law) map[rights.Month][]*rights.Total {
	t.Helper()
	out := map[rights.Month][]*rights.Total{}
	for _, h := range households(t) {
		body, err := json.Marshal(h.Input)
		if err != nil {
			t.Fatal(err)
		}
		req, err := openfisca.Read(l, body)
		if err != nil {
			t.Fatal(err)
		}
		m, err := rights.ParseMonth(h.Month)
		if err != nil {
			t.Fatal(err)
		}
		out[m] = append(out[m], req.Situation.Close(rights.OpenFisca))
	}
	return out
}

// TestColumnarOnRecordedHouseholds finds, for every right of every recorded
// household at its month, the bits of the reference interpreter.
func TestColumnarOnRecordedHouseholds(t *testing.T) {
	l := loadLaw(t)
	var names []string
	for _, r := range l.Rights() {
		names = append(names, r.Name)
		if r.Paid != "" {
			names = append(names, r.Paid)
		}
	}
	rows, slow := 0, 0
	for m, all := range totals(t, l) {
		p, err := l.ColumnsFor(rights.OpenFisca, m, names...)
		if err != nil {
			t.Fatal(err)
		}
		b, ev := p.NewBatch(), p.NewEvaluator()
		for len(all) > 0 {
			chunk := all[:min(len(all), 70)]
			all = all[len(chunk):]
			b.Reset()
			for _, total := range chunk {
				if err := total.AddTo(b); err != nil {
					t.Fatal(err)
				}
			}
			got, err := ev.Run(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			rows, slow = rows+len(chunk), slow+got.Slow
			compareWithReference(t, l, p, b, m, names, got)
		}
	}
	t.Logf("%d households, %d rights, %d households left to the reference", rows, len(names), slow)
}

func compareWithReference(t *testing.T, l *rights.Law, p *columnar.Program, b *columnar.Batch, m rights.Month, names []string, got *columnar.Result) {
	t.Helper()
	for h := range b.Len() {
		evs := map[rights.Month]*eval.Evaluator{}
		for i, a := range p.Asks() {
			ev := evs[a.Asked]
			if ev == nil {
				ev = eval.New(l.Program(), b.World(h), b.Source(h), eval.Options{Asked: a.Asked, Open: true})
				evs[a.Asked] = ev
			}
			first, end := b.Rows(h, l.Program().IR.Vars[a.Var].Entity)
			for row := first; row < end; row++ {
				want := ev.Nodes[ev.Index(eval.Cell{Var: a.Var, Subject: row - first, Period: a.Period})].Value
				if x := got.Values[i][row]; math.Float64bits(x) != math.Float64bits(want.F) || columnar.Is(got.NA[i], row) != want.NA || columnar.Is(got.Unknown[i], row) != want.Unknown {
					t.Errorf("%s %s household %d: %v, want %+v", m, names[i], h, x, want)
				}
			}
		}
	}
}

// cpu is the processor time that the process has taken, which the neighbours of a
// shared machine do not stretch.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkColumnar computes the eleven rights for recorded households of one
// month: one at a time, and in chunks.
func BenchmarkColumnar(b *testing.B) {
	l := loadLaw(b)
	m := rights.MonthOf(2026, 6)
	all := totals(b, l)[m]
	p, err := l.ColumnsFor(rights.OpenFisca, m, eleven...)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.ColumnsFor(rights.OpenFisca, m, eleven...); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, size := range []struct {
		name string
		n    int
	}{{"one", 1}, {"180", 180}, {"1440", 1440}} {
		b.Run(size.name, func(b *testing.B) {
			ev := p.NewEvaluator()
			var batches []*columnar.Batch
			n := size.n
			for len(batches) < max(1, len(all)/n) {
				batch := p.NewBatch()
				for i := range n {
					if err := all[(len(batches)*n+i)%len(all)].AddTo(batch); err != nil {
						b.Fatal(err)
					}
				}
				batch.Seal()
				batches = append(batches, batch)
			}
			b.ReportAllocs()
			b.ResetTimer()
			start := cpu(b)
			for i := 0; b.Loop(); i++ {
				if _, err := ev.Run(context.Background(), batches[i%len(batches)]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N*n), "cpu-ns/household")
			b.ReportMetric(float64(ev.Bytes())/float64(n), "B/household")
		})
	}
}
