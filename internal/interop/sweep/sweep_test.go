package sweep_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/internal/interop/sweep"
	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

var eleven = []string{"rsa", "ppa", "aide_logement", "aah", "aspa", "cmu_c", "css_participation_forfaitaire", "af", "asf", "cf", "paje_base"}

func loadLaw(t testing.TB) *rights.Law {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// home is a line of the recorded households.
type home struct {
	ID    string                               `json:"id"`
	Month string                               `json:"month"`
	Input map[string]map[string]map[string]any `json:"input"`
	line  []byte
}

// recorded reads the recorded households of a month.
func recorded(t testing.TB, month string) []home {
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
	var out []home
	for lines.Scan() {
		h := home{line: bytes.Clone(lines.Bytes())}
		if err := json.Unmarshal(h.line, &h); err != nil {
			t.Fatal(err)
		}
		if h.Month == month {
			out = append(out, h)
		}
	}
	return out
}

// write puts lines in a file.
func write(t testing.TB, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// read returns the rows of a result, without the head.
func read(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(all[0], ","); got != "id,right,month,status,amount_cents,missing,law" {
		t.Fatalf("head %q", got)
	}
	return all[1:]
}

// TestAmountsAreThoseOfCalculate sweeps recorded households and finds, to the
// cent, what POST /calculate answers for the same lines.
func TestAmountsAreThoseOfCalculate(t *testing.T) {
	l := loadLaw(t)
	homes := recorded(t, "2026-06")
	var lines []string
	for _, h := range homes {
		lines = append(lines, string(h.line))
	}
	out := filepath.Join(t.TempDir(), "out.csv")
	report, err := sweep.Run(context.Background(), sweep.Options{Law: l, Month: rights.MonthOf(2026, 6), Rights: eleven, In: write(t, lines...), Out: out, Format: sweep.CSV})
	if err != nil {
		t.Fatal(err)
	}
	rows := read(t, out)
	if report.Households != len(homes) || len(rows) != len(homes)*len(eleven) {
		t.Fatalf("%d households and %d rows of %d", report.Households, len(rows), len(homes))
	}
	for i, h := range homes {
		want := calculate(t, l, h)
		for k, name := range eleven {
			row := rows[i*len(eleven)+k]
			if row[0] != h.ID || row[1] != name || row[2] != "2026-06" || row[6] != l.Digest() {
				t.Fatalf("row %v of %s, %s", row, h.ID, name)
			}
			got := row[4]
			if name == "cmu_c" {
				if got != "" || row[3] != "to_verify" && (row[3] == "not_due") != (want[name] == 0) {
					t.Errorf("%s: cmu_c %v, want %v", h.ID, row, want[name])
				}
				continue
			}
			if got != strconv.FormatInt(want[name], 10) {
				t.Errorf("%s: %s is %s cents, want %d", h.ID, name, got, want[name])
			}
		}
	}
}

// calculate asks the web API's own door for a household, in cents.
func calculate(t *testing.T, l *rights.Law, h home) map[string]int64 {
	t.Helper()
	for _, name := range eleven {
		v, _ := l.Variable(name)
		for _, in := range h.Input[rights.EntityKey(v.Entity)] {
			in[name] = map[string]any{h.Month: nil}
		}
	}
	body, err := json.Marshal(h.Input)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := openfisca.Calculate(l, body, openfisca.Options{Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]map[string]any
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, name := range eleven {
		v, _ := l.Variable(name)
		for _, in := range got[rights.EntityKey(v.Entity)] {
			switch x := in[name].(map[string]any)[h.Month].(type) {
			case float64:
				out[name] += int64(rights.CentsOf(x))
			case bool:
				if x {
					out[name]++
				}
			}
		}
	}
	return out
}

// TestStatusesAreThoseOfEvaluate compares every right that has a sheet with what
// one household's evaluation says.
func TestStatusesAreThoseOfEvaluate(t *testing.T) {
	l := loadLaw(t)
	homes := recorded(t, "2025-06")[:40]
	var lines []string
	for _, h := range homes {
		lines = append(lines, string(h.line))
	}
	out := filepath.Join(t.TempDir(), "out.csv")
	if _, err := sweep.Run(context.Background(), sweep.Options{Law: l, Month: rights.MonthOf(2025, 6), In: write(t, lines...), Out: out, Format: sweep.CSV}); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, row := range read(t, out) {
		got[row[0]+" "+row[1]] = row
	}
	strength := map[rights.Status]int{rights.NotDue: 0, rights.ToVerify: 1, rights.Probable: 2}
	for _, h := range homes {
		body, err := json.Marshal(h.Input)
		if err != nil {
			t.Fatal(err)
		}
		req, err := openfisca.Read(l, body)
		if err != nil {
			t.Fatal(err)
		}
		results, err := req.Situation.Close(rights.OpenFisca).Evaluate(rights.MonthOf(2025, 6))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]rights.Status{}
		month := map[string]string{}
		for _, r := range results {
			if s, there := want[r.Right]; !there || strength[r.Status] > strength[s] {
				want[r.Right] = r.Status
			}
			month[r.Right] = r.Month
		}
		for name, status := range want {
			row := got[h.ID+" "+name]
			if row == nil || row[3] != string(status) || row[2] != month[name] {
				t.Errorf("%s %s: %v, want %s in %s", h.ID, name, row, status, month[name])
			}
		}
	}
}

// TestASweepGoesOn stops sweeps on their way and finds, when they have gone on,
// the bytes of one that was not stopped.
func TestASweepGoesOn(t *testing.T) {
	l := loadLaw(t)
	var lines []string
	for i := range 1300 {
		lines = append(lines, plain(i))
	}
	in := write(t, lines...)
	for _, format := range []string{sweep.CSV, sweep.JSONL, sweep.Parquet} {
		for _, o := range []sweep.Options{{In: in}, {Synthetic: 5000, Seed: 7}} {
			o.Law, o.Month, o.Rights, o.Format, o.Cores = l, rights.MonthOf(2026, 3), []string{"af", "rsa"}, format, 2
			dir := t.TempDir()
			o.Out = filepath.Join(dir, "whole")
			if _, err := sweep.Run(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			o.Out = filepath.Join(dir, "stopped")
			o.Progress = func(sweep.Progress) { stop() }
			report, err := sweep.Run(ctx, o)
			if !errors.Is(err, context.Canceled) || report.Households == 0 {
				t.Fatalf("%s: %v after %d households", format, err, report.Households)
			}
			if _, err := os.Stat(o.Out); err == nil {
				t.Errorf("%s: what is not whole bears the name of the result", format)
			}
			other := o
			other.Rights = []string{"af"}
			if _, err := sweep.Run(context.Background(), other); !errors.Is(err, sweep.ErrOther) {
				t.Errorf("%s: another sweep over the beginning of this one: %v", format, err)
			}
			resumed := 0
			o.Progress, o.Resumed = nil, func(n int) { resumed = n }
			again, err := sweep.Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			if resumed != report.Households || again.Resumed != resumed || again.Households != max(o.Synthetic, 1300*min(1, len(o.In))) {
				t.Errorf("%s: gone on after %d of %d: %+v", format, resumed, report.Households, again)
			}
			whole, _ := os.ReadFile(filepath.Join(dir, "whole"))
			stopped, _ := os.ReadFile(o.Out)
			if len(whole) == 0 || !bytes.Equal(whole, stopped) {
				t.Errorf("%s: %d bytes at once, %d in two times", format, len(whole), len(stopped))
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*partial*")); len(left) > 0 {
				t.Errorf("%s: %v is left", format, left)
			}
		}
	}
}

// plain is a line of a parent and some children.
func plain(i int) string {
	children := i % 4
	people := `"p":{"date_naissance":{"ETERNITY":"1985-04-02"},"salaire_net":{"2025-12":` + strconv.Itoa(900+i%700) + `.5}}`
	names := ""
	for c := range children {
		people += fmt.Sprintf(`,"e%d":{"date_naissance":{"ETERNITY":"%d-05-06"}}`, c, 2012+c)
		if c > 0 {
			names += ","
		}
		names += fmt.Sprintf(`"e%d"`, c)
	}
	return fmt.Sprintf(`{"id":"h%d","input":{"individus":{%s},"familles":{"f":{"parents":["p"],"enfants":[%s]}}}}`, i, people, names)
}

func TestBadLines(t *testing.T) {
	l := loadLaw(t)
	good := plain(2)
	for _, c := range []struct {
		name, line string
		says       string // of a problem that the web API tells, in English
	}{
		{"no JSON", `{"id":"x","input":{`, ""},
		{"no household", `[1,2]`, ""},
		{"no id", `{"input":{"individus":{"a":{}}}}`, ""},
		{"an unknown variable", `{"id":"x","input":{"individus":{"a":{"salaire_nett":{"2026-01":1}}}}}`, "does not exist"},
		{"a month for a year", `{"id":"x","input":{"individus":{"a":{"mbnc_impo":{"2026-01":1}}}}}`, "is yearly"},
		{"a text for a number", `{"id":"x","input":{"individus":{"a":{"salaire_net":{"2026-01":"1"}}}}}`, "expects a number"},
		{"a day that does not exist", `{"id":"x","input":{"individus":{"a":{"date_naissance":{"ETERNITY":"2020-02-30"}}}}}`, "not a date"},
		{"nobody", `{"id":"x","input":{"familles":{"f":{"parents":["a"]}}}}`, "at least one person"},
		{"a person in two families", `{"id":"x","input":{"individus":{"a":{}},"familles":{"f":{"parents":["a"]},"g":{"enfants":["a"]}}}}`, "already has a place"},
		{"a line that is too long", `{"id":"x","input":{"individus":{"` + strings.Repeat("a", 5<<20) + `":{}}}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := sweep.Options{Law: l, Month: rights.MonthOf(2026, 3), Rights: []string{"af"}, In: write(t, good, "", c.line, good), Out: filepath.Join(t.TempDir(), "out.csv"), Format: sweep.CSV}
			_, err := sweep.Run(context.Background(), o)
			var bad *sweep.BadLine
			if !errors.As(err, &bad) || bad.Line != 3 {
				t.Fatalf("got %v, want what is wrong with line 3", err)
			}
			var p *openfisca.Problem
			if errors.As(err, &p) != (c.says != "") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if _, err := os.Stat(o.Out); err == nil {
				t.Error("half a result bears its name")
			}
			var told []int
			o.Skip, o.Bad = true, func(b *sweep.BadLine) { told = append(told, b.Line) }
			report, err := sweep.Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			if report.Households != 2 || report.Skipped != 1 || len(told) != 1 || told[0] != 3 {
				t.Errorf("passed over %v: %+v", told, report)
			}
		})
	}
}

// TestFormsSayTheSame compares the lines of JSON with those of CSV.
func TestFormsSayTheSame(t *testing.T) {
	l := loadLaw(t)
	in := write(t, plain(1), strings.Replace(plain(3), `"h3"`, `"=1+1, \"é\""`, 1), strings.Replace(plain(2), `"h2"`, `42`, 1))
	o := sweep.Options{Law: l, Month: rights.MonthOf(2026, 3), In: in}
	dir := t.TempDir()
	for _, format := range []string{sweep.CSV, sweep.JSONL} {
		o.Format, o.Out = format, filepath.Join(dir, format)
		if _, err := sweep.Run(context.Background(), o); err != nil {
			t.Fatal(err)
		}
	}
	rows := read(t, filepath.Join(dir, sweep.CSV))
	text, err := os.ReadFile(filepath.Join(dir, sweep.JSONL))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != len(rows) || len(rows) != 3*len(l.Rights()) {
		t.Fatalf("%d lines and %d rows", len(lines), len(rows))
	}
	for i, line := range lines {
		var r struct {
			ID, Right, Month, Status, Law string
			Amount                        *int64   `json:"amount_cents"`
			Missing                       []string `json:"missing"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		amount := ""
		if r.Amount != nil {
			amount = strconv.FormatInt(*r.Amount, 10)
		}
		id := r.ID
		if strings.HasPrefix(id, "=") {
			id = "'" + id // a spreadsheet must not run it
		}
		if got := []string{id, r.Right, r.Month, r.Status, amount, "", r.Law}; strings.Join(got, "|") != strings.Join(rows[i], "|") {
			t.Errorf("%v, and %v in CSV", got, rows[i])
		}
	}
}
