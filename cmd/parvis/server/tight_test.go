package server_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
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
	ask := func(path string, cookies []*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	cookies := ask("/demo/enter/worker", nil).Result().Cookies()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	files := fileLink.FindAllString(w.Body.String(), -1)
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) < 5 {
		b.Fatalf("only %d files on the first page", len(files))
	}
	for i := range 100 {
		if w := ask(files[i%len(files)], cookies); w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
	}
	b.ReportAllocs()
	begun, n := processCPU(b), 0
	for b.Loop() {
		ask(files[n%len(files)], cookies)
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
