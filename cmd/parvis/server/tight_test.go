package server_test

import (
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
)

// BenchmarkOpenFileInProcess opens the same files as BenchmarkOpenFileOverHTTP, one
// after the other and without a network: how much work a page is, to compare two
// builds on a machine that others use. Its CPU time flatters: caches stay warm.
func BenchmarkOpenFileInProcess(b *testing.B) {
	dir := town(b)
	files := upToDate(b, dir)
	server.TuneMemory()
	s, err := server.Open(b.Context(), server.Config{Data: filepath.Join(dir, "data"), KeyDir: filepath.Join(dir, "keys"), Listen: "127.0.0.1:0", Demo: true, Still: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	cookies := ask(s.Handler(), "/demo/enter/worker", nil, false).Result().Cookies()
	for i := range 200 {
		if w := ask(s.Handler(), files[i%len(files)], cookies, true); w.Code != http.StatusOK {
			b.Fatalf("%s: status %d", files[i%len(files)], w.Code)
		}
	}
	b.ReportAllocs()
	begun, n := processCPU(b), 0
	for b.Loop() {
		ask(s.Handler(), files[n%len(files)], cookies, true)
		n++
	}
	b.ReportMetric(float64((processCPU(b)-begun).Microseconds())/float64(n)/1000, "cpu-ms/op")
}

func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
