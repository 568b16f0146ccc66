package openfisca_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// BenchmarkLoad reads, checks and prepares the embedded law: what a process does
// when it starts.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := rights.Load(fs.FS(law.Files)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOneHousehold computes the two rights of the ground floor for one
// household, full input, with the reference interpreter: reading the JSON,
// computing, explaining.
func BenchmarkOneHousehold(b *testing.B) {
	l := loadLaw(b)
	hs := households(b)
	var bodies [][]byte
	var months []rights.Month
	for i := 0; i < len(hs); i += 90 {
		body, err := json.Marshal(hs[i].Input)
		if err != nil {
			b.Fatal(err)
		}
		m, err := rights.ParseMonth(hs[i].Month)
		if err != nil {
			b.Fatal(err)
		}
		bodies, months = append(bodies, body), append(months, m)
	}
	b.Run("read", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := openfisca.Read(l, bodies[i%len(bodies)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("evaluate", func(b *testing.B) {
		var totals []*rights.Total
		for _, body := range bodies {
			req, err := openfisca.Read(l, body)
			if err != nil {
				b.Fatal(err)
			}
			totals = append(totals, req.Situation.Close(rights.OpenFisca))
		}
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			if _, err := totals[i%len(totals)].Evaluate(months[i%len(totals)], "af", "aide_logement"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("both", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			req, err := openfisca.Read(l, bodies[i%len(bodies)])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := req.Situation.Close(rights.OpenFisca).Evaluate(months[i%len(bodies)], "af", "aide_logement"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDossier evaluates every right of a file where little is known: the
// unknown facts are completed.
func BenchmarkDossier(b *testing.B) {
	l := loadLaw(b)
	body := []byte(`{"individus":{"a":{"date_naissance":{"ETERNITY":"1990-03-01"}},"b":{"date_naissance":{"ETERNITY":"1992-03-01"}},
		"c":{"date_naissance":{"ETERNITY":"2018-03-01"}},"d":{"date_naissance":{"ETERNITY":"2020-03-01"}}},
		"familles":{"f":{"parents":["a","b"],"enfants":["c","d"]}},"foyers_fiscaux":{"t":{"declarants":["a","b"],"personnes_a_charge":["c","d"]}},
		"menages":{"m":{"personne_de_reference":["a"],"conjoint":["b"],"enfants":["c","d"],"loyer":{"month:2025-06:13":8000}}}}`)
	m := rights.MonthOf(2026, 6)
	for b.Loop() {
		req, err := openfisca.Read(l, body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := req.Situation.Close(rights.Dossier).Evaluate(m); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCalculate asks the eleven rights of the recorded households, full input,
// of an engine in another process (PARVIS_ENGINE="http://127.0.0.1:8080 PID", which
// scripts/bench-rights.sh starts), or of one here without HTTP. What is told is the
// processor time of the engine alone.
func BenchmarkCalculate(b *testing.B) {
	l := loadLaw(b)
	var bodies [][]byte
	for _, h := range households(b) {
		for _, name := range eleven {
			v, _ := l.Variable(name)
			for _, in := range h.Input[rights.EntityKey(v.Entity)] {
				in.(map[string]any)[name] = map[string]any{h.Month: nil}
			}
		}
		body, err := json.Marshal(h.Input)
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	url, pid, apart := strings.Cut(os.Getenv("PARVIS_ENGINE"), " ")
	used := func() time.Duration { return cpu(b) }
	ask := func(body []byte) error {
		_, err := openfisca.Calculate(l, body, openfisca.Options{})
		return err
	}
	if apart {
		used = func() time.Duration { return cpuOf(b, pid) }
		ask = func(body []byte) error {
			res, err := http.Post(url+"/openfisca/calculate", "application/json", bytes.NewReader(body))
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("status %d", res.StatusCode)
			}
			_, err = io.Copy(io.Discard, res.Body)
			return err
		}
		for range 2 { // once to know what is asked, once to make programs for it
			for _, body := range bodies {
				if err := ask(body); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	start, n := used(), 0
	for b.Loop() {
		if err := ask(bodies[n%len(bodies)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
	took := (used() - start).Seconds()
	b.ReportMetric(took/float64(n)*1e6, "cpu-µs/request")
	b.ReportMetric(float64(n)/took, "requests/cpu-s")
}

// cpuOf is the processor time that a process has taken, on Linux.
func cpuOf(b *testing.B, pid string) time.Duration {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	ticks := 0
	for _, f := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
