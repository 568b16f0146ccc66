package openfisca_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// household is one recorded household, with the amounts of an independent engine.
type household struct {
	ID                string                        `json:"id"`
	Month             string                        `json:"month"`
	Profile           string                        `json:"profile"`
	Input             map[string]map[string]any     `json:"input"`
	Output            map[string]any                `json:"output"`
	OutputPersons     map[string]map[string]float64 `json:"output_persons"`
	Trust             map[string]string             `json:"trust"`
	Intermediate      map[string]any                `json:"intermediate"`
	IntermediateTrust map[string]string             `json:"intermediate_trust"`
}

func loadLaw(t testing.TB) *rights.Law {
	t.Helper()
	var files fs.FS = law.Files
	if dir := os.Getenv("PARVIS_LAW"); dir != "" { // rules being written
		files = os.DirFS(dir)
	}
	l, err := rights.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func households(t testing.TB) []household {
	t.Helper()
	path := os.Getenv("PARVIS_CASES") // other households in the same form
	if path == "" {
		path = filepath.Join(testkit.Shared(t), "data", "oracle", "households-public.jsonl.gz")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	var out []household
	for lines.Scan() {
		var h household
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// question is a recorded value to find again.
type question struct {
	entity, instance, variable, period string
	want                               any
}

// questions lists the trusted values of a household among the variables.
func (h *household) questions(variables []string) []question {
	var out []question
	for _, v := range variables {
		period := h.Month
		if v == "ars" {
			period = h.Month[:4]
		}
		if persons, ok := h.OutputPersons[v]; ok && h.Trust[v] == "law" {
			for who, want := range persons {
				out = append(out, question{"individus", who, v, period, want})
			}
			continue
		}
		want, ok := h.Output[v]
		trust := h.Trust[v]
		if !ok {
			want, ok = h.Intermediate[v]
			trust = h.IntermediateTrust[v]
		}
		if ok && trust == "law" {
			out = append(out, question{"familles", "famille", v, period, want})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].instance < out[j].instance })
	return out
}

// ask computes the questions of a household through the web API's own door.
func (h *household) ask(t testing.TB, l *rights.Law, questions []question) []float64 {
	t.Helper()
	for _, q := range questions {
		in := h.Input[q.entity][q.instance].(map[string]any)
		periods, _ := in[q.variable].(map[string]any)
		if periods == nil {
			periods = map[string]any{}
			in[q.variable] = periods
		}
		periods[q.period] = nil
	}
	body, err := json.Marshal(h.Input)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := openfisca.Calculate(l, body, openfisca.Options{Bare: true})
	if err != nil {
		t.Fatalf("%s: %v", h.ID, err)
	}
	var got map[string]map[string]map[string]any
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatalf("%s: %v", h.ID, err)
	}
	out := make([]float64, len(questions))
	for i, q := range questions {
		out[i] = asNumber(t, got[q.entity][q.instance][q.variable].(map[string]any)[q.period])
	}
	return out
}

func asNumber(t testing.TB, x any) float64 {
	t.Helper()
	switch x := x.(type) {
	case float64:
		return x
	case bool:
		if x {
			return 1
		}
		return 0
	}
	t.Fatalf("no number: %v", x)
	return 0
}

// tally counts what agrees for one variable.
type tally struct{ all, ok, positive, positiveOK int }

// judge compares every trusted value of the variables within max(1 €, 0.5 %).
func judge(t *testing.T, variables []string) (map[string]*tally, []string) {
	l := loadLaw(t)
	tallies := map[string]*tally{}
	var off []string
	for _, h := range households(t) {
		qs := h.questions(variables)
		if len(qs) == 0 {
			continue
		}
		for i, got := range h.ask(t, l, qs) {
			q := qs[i]
			want := asNumber(t, q.want)
			n := tallies[q.variable]
			if n == nil {
				n = &tally{}
				tallies[q.variable] = n
			}
			n.all++
			good := math.Abs(got-want) <= math.Max(1, 0.005*math.Abs(want))+1e-9
			if _, yesNo := q.want.(bool); yesNo {
				good = got == want
			}
			if want != 0 {
				n.positive++
			}
			if good {
				n.ok++
				if want != 0 {
					n.positiveOK++
				}
				continue
			}
			off = append(off, fmt.Sprintf("%s [%s] %s of %s: want %v, got %v", h.ID, h.Profile, q.variable, q.instance, q.want, got))
		}
	}
	return tallies, off
}

// TestOracleFamilyAllowance finds every trusted family allowance again, and what
// it rests on.
func TestOracleFamilyAllowance(t *testing.T) {
	tallies, off := judge(t, []string{"af", "af_nbenf", "prestations_familiales_base_ressources", "biactivite", "aeeh"})
	for v, n := range tallies {
		t.Logf("%s: %d of %d, above zero %d of %d", v, n.ok, n.all, n.positiveOK, n.positive)
	}
	for _, line := range off {
		t.Error(line)
	}
}

// TestOracleOutputs judges the variables that PARVIS_JUDGE names (comma
// separated): a tool for who writes rules.
func TestOracleOutputs(t *testing.T) {
	names := os.Getenv("PARVIS_JUDGE")
	if names == "" {
		t.Skip("set PARVIS_JUDGE=rsa,ppa,… to judge other outputs")
	}
	tallies, off := judge(t, strings.Split(names, ","))
	for v, n := range tallies {
		t.Logf("%-30s %4d of %4d, above zero %4d of %4d", v, n.ok, n.all, n.positiveOK, n.positive)
	}
	for i, line := range off {
		if i == 60 {
			t.Logf("… and %d more", len(off)-i)
			break
		}
		t.Log(line)
	}
}
