package sweep

import (
	"bufio"
	"compress/gzip"
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
)

// twoWays reads a line into columns straight, and as POST /calculate does, and
// compares the results. It tells whether the line was of the usual form.
func twoWays(t *testing.T, l *rights.Law, p *columnar.Program, r *openfisca.Plain, line []byte) bool {
	t.Helper()
	fast, slow := p.NewBatch(), p.NewBatch()
	id, ok := r.Line(line)
	if !ok {
		return false
	}
	r.AddTo(p, fast)
	f := &lineFiller{law: l, prog: p, plain: r}
	want, err := f.slowly(line, slow)
	if err != nil {
		t.Errorf("%.200s: read, but refused by the web API: %v", line, err)
		return true
	}
	if string(id) != string(want) {
		t.Errorf("%.80s: id %q, want %q", line, id, want)
	}
	a, err := p.NewEvaluator().Run(context.Background(), fast)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.NewEvaluator().Run(context.Background(), slow)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Values {
		if len(a.Values[i]) != len(b.Values[i]) {
			t.Fatalf("%.80s: %d rows, want %d", line, len(a.Values[i]), len(b.Values[i]))
		}
		for row, x := range a.Values[i] {
			if math.Float64bits(x) != math.Float64bits(b.Values[i][row]) {
				t.Errorf("%.80s: ask %d row %d is %v, want %v", line, i, row, x, b.Values[i][row])
			}
		}
	}
	return true
}

func program(t testing.TB) (*rights.Law, *columnar.Program, *openfisca.Plain) {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.ColumnsFor(rights.OpenFisca, rights.MonthOf(2026, 6), "rsa", "ppa", "aide_logement", "af", "aah", "cmu_c")
	if err != nil {
		t.Fatal(err)
	}
	return l, p, openfisca.NewPlain(l)
}

// TestReaderOnRecordedHouseholds reads every recorded household straight, with
// the same result as the web API's own reading.
func TestReaderOnRecordedHouseholds(t *testing.T) {
	l, p, r := program(t)
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
	for n := 0; lines.Scan(); n++ {
		if n%9 == 0 && !twoWays(t, l, p, r, lines.Bytes()) {
			t.Errorf("line %d is not of the usual form", n+1)
		}
	}
}

// FuzzReader looks for a line that is read otherwise than the web API reads it.
func FuzzReader(f *testing.F) {
	l, p, r := program(f)
	for _, s := range []string{
		`{"id":"a","input":{"individus":{"x":{"salaire_net":{"2026-01":1500.25,"2026-02":-0,"2026-03":1e3}}}}}`,
		`{"id":"a","month":null,"input":{"familles":{"f":{"parents":["x"],"enfants":"y"}},"individus":{"x":{"activite":{"2026-05":"actif"}},"y":{"date_naissance":{"ETERNITY":"2020-01-31"}}}},"output":{"a":[1,{}]}}`,
		`{"id":"a","input":{"individus":{"x":{"handicap":{"2026":true}}},"menages":{"m":{"personne_de_reference":"x","loyer":{"2026-05":412},"depcom":{"2026-05":"75056"}}}}}`,
		`{"id":"a","input":{"individus":{"x":{"handicap":{"2026-05":1,"2026-05":false}}},"foyers_fiscaux":{"t":{"declarants":["x"]},"u":{}}}}`,
		`{"id":1,"input":{"individus":{"é\u00e9":{}}}}`, ` { "id" : "b" , "input" : { "individus" : { "x" : { } } } } `, `{}`, `[`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) { twoWays(t, l, p, r, line) })
}
