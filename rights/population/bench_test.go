package population_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/population"
)

var eleven = []string{"rsa", "ppa", "aide_logement", "aah", "aspa", "cmu_c", "css_participation_forfaitaire", "af", "asf", "cf", "paje_base"}

// cpu is the processor time that the process has taken, which the neighbours of a
// shared machine do not stretch.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOneHousehold computes the eleven rights of one household in a batch
// of its own, facts already in columns: CPU time, over 500 households in turn.
func BenchmarkOneHousehold(b *testing.B) {
	l, m := load(b)
	p, err := l.ColumnsFor(rights.OpenFisca, m, eleven...)
	if err != nil {
		b.Fatal(err)
	}
	pop := draw(b, l, 1, m)
	var h population.Home
	var batches []*columnar.Batch
	for i := range uint64(500) {
		pop.Draw(&h, i)
		batch := p.NewBatch()
		pop.AddTo(batch, &h)
		batches = append(batches, batch)
	}
	ev := p.NewEvaluator()
	b.ReportAllocs()
	start, n := cpu(b), 0
	for b.Loop() {
		if _, err := ev.Run(context.Background(), batches[n%len(batches)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(n)/1e3, "cpu-µs/household")
}

// BenchmarkPopulation draws households and computes them class by class, in blocks
// of several sizes.
func BenchmarkPopulation(b *testing.B) {
	l, m := load(b)
	p, err := l.ColumnsFor(rights.OpenFisca, m, eleven...)
	if err != nil {
		b.Fatal(err)
	}
	pop := draw(b, l, 1, m)
	for _, block := range []int{1024, 4096} {
		b.Run(fmt.Sprint(block), func(b *testing.B) {
			ev := p.NewEvaluator()
			var batches [population.Classes]*columnar.Batch
			for k := range batches {
				batches[k] = p.NewBatch()
			}
			var draw, run time.Duration
			var h population.Home
			persons, runs, n := 0, 0, 0
			b.ReportAllocs()
			for b.Loop() {
				t0 := cpu(b)
				for k := range batches {
					batches[k].Reset()
				}
				for range block {
					pop.Draw(&h, uint64(n))
					persons += len(h.People)
					pop.AddTo(batches[h.Class()], &h)
					n++
				}
				t1 := cpu(b)
				for k := range batches {
					if batches[k].Len() > 0 {
						runs++
						if _, err := ev.Run(context.Background(), batches[k]); err != nil {
							b.Fatal(err)
						}
					}
				}
				t2 := cpu(b)
				draw, run = draw+t1-t0, run+t2-t1
			}
			b.ReportMetric(float64(draw)/float64(n), "draw-ns/household")
			b.ReportMetric(float64(run)/float64(n), "run-ns/household")
			b.ReportMetric(float64(persons)/float64(n), "persons")
			b.ReportMetric(float64(ev.Bytes()), "B")
			b.ReportMetric(float64(runs)/float64(b.N), "runs")
		})
	}
}
