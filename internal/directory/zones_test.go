package directory_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights/ir"
)

// tableOf indexes a table in the rule files' form, as the engine does.
func tableOf(t *testing.T, text string) *ir.Lookup {
	t.Helper()
	var table ir.Table
	for line := range strings.Lines(text) {
		zone, codes, ok := strings.Cut(strings.TrimSpace(line), " ; ")
		if !ok || len(zone) != 6 {
			t.Fatalf("not a line of the table: %q", line)
		}
		table.Rows = append(table.Rows, ir.TableRow{Value: float64(zone[5] - '0'), Codes: codes})
	}
	return ir.NewLookup(&table)
}

// The file of zones that the State publishes gives the zones that the law files have.
func TestZonesAreThoseOfTheLaw(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testkit.Shared(t), "data", "housing-zones.csv"))
	if err != nil {
		t.Fatal(err)
	}
	zones, err := directory.ReadZones(data)
	if err != nil {
		t.Fatal(err)
	}
	var made bytes.Buffer
	if err := zones.WriteTable(&made); err != nil {
		t.Fatal(err)
	}
	embedded, err := law.Files.ReadFile("tables/zones-logement.txt")
	if err != nil {
		t.Fatal(err)
	}
	got, want := tableOf(t, made.String()), tableOf(t, string(embedded))
	for line := range strings.Lines(string(data)) {
		code, _, _ := strings.Cut(line, ",")
		a, okA := got.Find(code)
		b, okB := want.Find(code)
		if a != b || okA != okB {
			t.Errorf("%s: imported %v %v, embedded %v %v", code, a, okA, b, okB)
		}
	}
	if _, ok := got.Find("99999"); ok {
		t.Error("a commune that nobody listed has a zone")
	}
}

func TestZonesOfAFile(t *testing.T) {
	var whole strings.Builder
	whole.WriteString("INSEE;Zone\n")
	for d := 1; d <= 95; d++ {
		for c := 1; c <= 400; c++ {
			fmt.Fprintf(&whole, "%02d%03d;%s\r\n", d, c, []string{"1bis", "II", "3"}[(d+c/10)%3])
		}
	}
	zones, err := directory.ReadZones([]byte(whole.String()))
	if err != nil || zones.Count() != 38_000 {
		t.Fatalf("%d zones, %v", zones.Count(), err)
	}
	var out strings.Builder
	if err := zones.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	if z, ok := tableOf(t, out.String()).Find("02015"); !ok || z != 1 {
		t.Errorf("02015: zone %v, %v", z, ok)
	}
	if out.Len() > 200_000 {
		t.Errorf("%d bytes: codes that follow each other are not joined", out.Len())
	}
	_, err = directory.ReadZones([]byte("insee,zone\n79191,\n\n79192 3\n79193,12\n"))
	var problems directory.Problems
	if !errors.As(err, &problems) || len(problems) != 3 || problems[0].Line != 2 || problems[1].Line != 4 || problems[2].What != "zone" {
		t.Errorf("%v", err)
	}
}
