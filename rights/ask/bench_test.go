package ask_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// cpu is the processor time that the process has taken, which the neighbours of a
// shared machine do not stretch.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkNext is the next question after each page of the three households,
// every right computed again.
func BenchmarkNext(b *testing.B) {
	l := loadLaw(b)
	a := ask.New(l, ask.Options{})
	for _, d := range households() {
		b.Run(d.name, func(b *testing.B) {
			n, start := 0, cpu(b)
			for b.Loop() {
				s, person := d.situation(b, l)
				for {
					n++
					step, err := a.Next(context.Background(), s.Close(rights.Dossier), june, person)
					if err != nil {
						b.Fatal(err)
					}
					q, ok := step.Next()
					if !ok {
						break
					}
					if err := ask.Apply(s, q, d.reply(b, q)); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpu(b)-start).Microseconds())/1000/float64(n), "cpu-ms/question")
		})
	}
}
