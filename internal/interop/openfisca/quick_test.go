package openfisca

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// bothWays answers a request on columns, once its asks have a program, and the slow
// way: the same bytes. It tells whether columns had an answer.
func bothWays(t testing.TB, q *quick, body []byte, o Options) bool {
	t.Helper()
	var got []byte
	ok := false
	for range 3 { // counted, compiled, known
		if got, ok = q.answer(context.Background(), body, o); ok {
			break
		}
	}
	if !ok {
		return false
	}
	want, err := Calculate(q.law, body, o)
	if err != nil {
		t.Errorf("%.300s: answered, but the slow way says %v", body, err)
		return true
	}
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		from := max(at-200, 0)
		t.Errorf("%.200s…\nfrom byte %d: %s\nwant %s", body, at, got[from:min(at+300, len(got))], want[from:min(at+300, len(want))])
	}
	return true
}

func newTestQuick(t testing.TB) *quick {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return newQuick(l)
}

// recorded is a recorded household.
type recorded struct {
	Month string                               `json:"month"`
	Input map[string]map[string]map[string]any `json:"input"`
}

func recordedHouseholds(t testing.TB) []recorded {
	t.Helper()
	f, err := os.Open(filepath.Join(testkit.Shared(t), "data", "oracle", "households-public.jsonl.gz"))
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
	var out []recorded
	for lines.Scan() {
		var h recorded
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

// want asks variables of every subject of their entity.
func (h *recorded) want(t testing.TB, l *rights.Law, names ...string) {
	t.Helper()
	for _, name := range names {
		v, ok := l.Variable(name)
		if !ok {
			t.Fatalf("no %s in the law", name)
		}
		for _, in := range h.Input[rights.EntityKey(v.Entity)] {
			period := h.Month
			switch v.Period {
			case rights.Yearly:
				period = h.Month[:4]
			case rights.Eternal:
				period = "ETERNITY"
			}
			in[name] = map[string]any{period: nil}
		}
	}
}

func (h *recorded) body(t testing.TB) []byte {
	t.Helper()
	b, err := json.Marshal(h.Input)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var elevenRights = []string{"rsa", "ppa", "aide_logement", "aah", "aspa", "cmu_c", "css_participation_forfaitaire", "af", "asf", "cf", "paje_base"}

// TestQuickOnRecordedHouseholds answers every recorded household on columns and
// the slow way: the same bytes, with what was assumed by whom.
func TestQuickOnRecordedHouseholds(t *testing.T) {
	q := newTestQuick(t)
	all := recordedHouseholds(t)
	slow := 0
	for i := range all {
		h := &all[i]
		h.want(t, q.law, elevenRights...)
		if !bothWays(t, q, h.body(t), Options{Bare: i%7 == 0}) {
			slow++
		}
	}
	t.Logf("%d households, %d the slow way", len(all), slow)
	if slow > len(all)/50 {
		t.Errorf("%d of %d recorded households are not answered on columns", slow, len(all))
	}
}

// TestQuickOnWhatIsMissing leaves facts, groups and members out at random and asks
// all sorts of variables.
func TestQuickOnWhatIsMissing(t *testing.T) {
	q := newTestQuick(t)
	r := rand.New(rand.NewPCG(1, 1))
	var names []string
	for _, right := range q.law.Rights() {
		names = append(names, right.Name)
	}
	for _, v := range q.law.Variables() {
		if !v.Input && r.IntN(8) == 0 {
			names = append(names, v.Name)
		}
	}
	var sets [][]string
	for range 6 {
		set := slices.Clone(names)
		r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		sets = append(sets, set[:1+r.IntN(9)])
	}
	answered, asked := 0, 0
	for i, h := range recordedHouseholds(t) {
		if i%5 != 0 {
			continue
		}
		for key, list := range h.Input {
			for id, in := range list {
				for name := range in {
					if r.IntN(6) == 0 && (key != "individus" || name != "date_naissance") {
						delete(in, name)
					}
				}
				if key != "individus" && r.IntN(12) == 0 {
					delete(list, id)
				}
			}
		}
		h.want(t, q.law, sets[i%len(sets)]...)
		asked++
		if bothWays(t, q, h.body(t), Options{Strict: i%4 == 0}) {
			answered++
		}
	}
	t.Logf("%d of %d on columns", answered, asked)
	if answered < asked/2 {
		t.Errorf("only %d of %d are answered on columns", answered, asked)
	}
}

// TestQuickOverAYear asks twelve months at once, as clients do to draw a year: the same
// bytes as the slow way.
func TestQuickOverAYear(t *testing.T) {
	q := newTestQuick(t)
	answered, asked := 0, 0
	for i, h := range recordedHouseholds(t) {
		if i%90 != 0 {
			continue
		}
		last, err := rights.ParseMonth(h.Month)
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range h.Input["familles"] {
			for _, name := range []string{"rsa", "ppa", "aide_logement", "af"} {
				year := map[string]any{}
				for m := last - 11; m <= last; m++ {
					year[m.String()] = nil
				}
				family[name] = year
			}
		}
		asked++
		if bothWays(t, q, h.body(t), Options{}) {
			answered++
		}
	}
	if answered != asked {
		t.Errorf("%d of %d years are answered on columns", answered, asked)
	}
}

// FuzzQuick looks for a request that columns answer otherwise than the slow way.
func FuzzQuick(f *testing.F) {
	q := newTestQuick(f)
	for _, s := range []string{
		`{"individus":{"x":{"salaire_net":{"2026-01":1500.25,"2026-02":-0,"2026-03":1e3,"2026-04":0.1234567890123456789},"aah":{"2026-05":null}}},"familles":{"f":{"parents":["x"],"rsa":{"2026-05":null}}}}`,
		`{"familles":{"f<":{"parents":["x"],"enfants":"é","af":{"2026-05":null},"asf":{"2026-05": null }}},"individus":{"x":{"activite":{"2026-05":"actif"}},"é":{"date_naissance":{"ETERNITY":"2020-01-31"}}}}`,
		`{"individus":{"x":{"handicap":{"2026":true}}},"menages":{"m":{"personne_de_reference":"x","loyer":{"2026-05":412},"depcom":{"2026-05":"75056"}}},"familles":{"x":{"aide_logement":{"2026-05":null}}}}`,
		`{"individus":{"x":{"handicap":{"2026-05":1,"2026-05":false},"age":{"2026-05":null}}},"foyers_fiscaux":{"t":{"declarants":["x"]},"u":{}}}`,
		` { "individus" : { "x" : { "date_naissance":{"ETERNITY":null} } } } `, `{"parvis":1,"individus":{"x":{"aah":{"2026-05":null}}}}`, `{}`, `[`, ``,
	} {
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, strict bool) {
		if len(body) < 1<<16 {
			bothWays(t, q, body, Options{Strict: strict})
		}
	})
}

// BenchmarkQuick answers recorded households on columns, without HTTP.
func BenchmarkQuick(b *testing.B) {
	q := newTestQuick(b)
	var bodies [][]byte
	for i, h := range recordedHouseholds(b) {
		if i%10 == 0 {
			h.want(b, q.law, elevenRights...)
			bodies = append(bodies, h.body(b))
		}
	}
	for range 2 {
		for _, body := range bodies {
			q.answer(b.Context(), body, Options{})
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := q.answer(b.Context(), bodies[i%len(bodies)], Options{}); !ok {
			b.Fatalf("request %d is not answered on columns", i%len(bodies))
		}
	}
}
