package server

import (
	"fmt"
	"io"
	"net/http"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"
)

// bounds of the histogram of answers, in seconds: around the figures that matter
// to somebody who waits.
func bounds() [8]float64 { return [8]float64{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2} }

// requestCount counts answers by status class and by how long they took. It names
// no path: an address may tell who is accompanied.
type requestCount struct {
	classes  [6]atomic.Int64 // by hundreds of the status, [0] unknown
	slots    [9]atomic.Int64 // by bounds, the last one above all
	micros   atomic.Int64
	inFlight atomic.Int64
}

// count counts what next answers.
func (c *requestCount) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		c.inFlight.Add(1)
		defer func() {
			c.inFlight.Add(-1)
			took := time.Since(start)
			c.micros.Add(took.Microseconds())
			class := seen.status / 100
			if class < 1 || class > 5 {
				class = 0
			}
			c.classes[class].Add(1)
			slot := 0
			for _, b := range bounds() {
				if took.Seconds() <= b {
					break
				}
				slot++
			}
			c.slots[slot].Add(1)
		}()
		next.ServeHTTP(seen, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// writeMetrics answers /metrics in the text format that Prometheus reads.
func (c *requestCount) writeMetrics(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/metrics" {
		http.NotFound(w, r)
		return
	}
	var b strings.Builder
	c.write(&b)
	writeRuntime(&b)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = io.WriteString(w, b.String()) // whoever asked may have left
}

func (c *requestCount) write(b *strings.Builder) {
	b.WriteString("# TYPE parvis_http_requests_total counter\n")
	for class := range c.classes {
		fmt.Fprintf(b, "parvis_http_requests_total{class=\"%dxx\"} %d\n", class, c.classes[class].Load())
	}
	b.WriteString("# TYPE parvis_http_seconds histogram\n")
	var total int64
	for i, bound := range bounds() {
		total += c.slots[i].Load()
		fmt.Fprintf(b, "parvis_http_seconds_bucket{le=\"%g\"} %d\n", bound, total)
	}
	total += c.slots[len(c.slots)-1].Load()
	fmt.Fprintf(b, "parvis_http_seconds_bucket{le=\"+Inf\"} %d\n", total)
	fmt.Fprintf(b, "parvis_http_seconds_sum %g\nparvis_http_seconds_count %d\n", float64(c.micros.Load())/1e6, total)
	fmt.Fprintf(b, "# TYPE parvis_http_in_flight gauge\nparvis_http_in_flight %d\n", c.inFlight.Load())
}

// writeRuntime tells the few figures of the Go runtime that show a machine in
// trouble.
func writeRuntime(b *strings.Builder) {
	figures := []struct{ source, name, kind string }{
		{"/memory/classes/total:bytes", "parvis_memory_bytes", "gauge"},
		{"/memory/classes/heap/objects:bytes", "parvis_heap_bytes", "gauge"},
		{"/sched/goroutines:goroutines", "parvis_goroutines", "gauge"},
		{"/gc/cycles/total:gc-cycles", "parvis_gc_cycles_total", "counter"},
		{"/cpu/classes/user:cpu-seconds", "parvis_cpu_user_seconds_total", "counter"},
	}
	samples := make([]metrics.Sample, len(figures))
	for i, f := range figures {
		samples[i].Name = f.source
	}
	metrics.Read(samples)
	for i, f := range figures {
		switch v := samples[i].Value; v.Kind() {
		case metrics.KindUint64:
			fmt.Fprintf(b, "# TYPE %s %s\n%s %d\n", f.name, f.kind, f.name, v.Uint64())
		case metrics.KindFloat64:
			fmt.Fprintf(b, "# TYPE %s %s\n%s %g\n", f.name, f.kind, f.name, v.Float64())
		}
	}
}
