package ir_test

import (
	"math"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/rights/ir"
	"pgregory.net/rapid"
)

func TestDaysAgreeWithTheCalendar(t *testing.T) {
	epoch := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := ir.Day(-44000); d < 84000; d += 7 {
		want := epoch.AddDate(0, 0, int(d))
		y, m, day := d.Civil()
		if y != want.Year() || m != int(want.Month()) || day != want.Day() {
			t.Fatalf("day %d is %v, want %v", d, d, want)
		}
		if ir.DayOf(y, m, day) != d {
			t.Fatalf("%v does not come back", d)
		}
	}
}

func TestAddMonthsStaysInTheMonth(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2024-01-31", 1, "2024-02-29"}, {"2023-01-31", 1, "2023-02-28"}, {"2024-02-29", 12, "2025-02-28"},
		{"2024-03-31", -1, "2024-02-29"}, {"2024-12-15", 1, "2025-01-15"}, {"2025-01-15", -13, "2023-12-15"},
	} {
		d, err := ir.ParseDay(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestCompletedYears(t *testing.T) {
	for _, c := range []struct {
		birth, day string
		years      int
	}{
		{"2000-06-11", "2026-06-10", 25}, {"2000-06-11", "2026-06-11", 26}, {"2004-02-29", "2025-02-28", 20},
		{"2004-02-29", "2025-03-01", 21}, {"2026-07-01", "2026-06-01", -1}, {"2026-06-02", "2026-06-01", -1}, {"2026-06-01", "2026-06-01", 0},
	} {
		a, _ := ir.ParseDay(c.birth)
		b, _ := ir.ParseDay(c.day)
		if got := ir.YearsBetween(a, b); got != c.years {
			t.Errorf("born %s, on %s: %d years, want %d", c.birth, c.day, got, c.years)
		}
	}
}

func TestDaysThatDoNotExist(t *testing.T) {
	for _, s := range []string{"2025-02-29", "2025-13-01", "2025-00-10", "2025-04-31", "1849-01-01", "2201-01-01", "2025-1-1", "x", "2025-01-1x", ""} {
		if d, err := ir.ParseDay(s); err == nil {
			t.Errorf("%q was read as %v", s, d)
		}
	}
}

func TestRound(t *testing.T) {
	for _, c := range []struct {
		x, step float64
		mode    ir.RoundMode
		want    float64
	}{
		{1.005, 0.01, ir.Nearest, 1.01}, // 1.005 is a hair below in binary
		{-1.005, 0.01, ir.Nearest, -1.01},
		{2.5, 1, ir.Nearest, 3}, {-2.5, 1, ir.Nearest, -3}, {2.4999, 1, ir.Nearest, 2},
		{346.2901, 0.01, ir.Nearest, 346.29},
		{101, 100, ir.Up, 200}, {100.00000001, 100, ir.Up, 100}, {100, 100, ir.Up, 100},
		{199.99999999, 100, ir.Down, 200}, {199, 100, ir.Down, 100},
		{0.00285, 0.0001, ir.Nearest, 0.0029}, {-0.001, 1, ir.Nearest, 0}, {7, 0.5, ir.Nearest, 7}, {7.3, 0.5, ir.Down, 7},
	} {
		if got := ir.Round(c.x, c.step, c.mode); got != c.want || math.Signbit(got) && got == 0 {
			t.Errorf("Round(%v, %v, %v) = %v, want %v", c.x, c.step, c.mode, got, c.want)
		}
	}
}

func TestRoundIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Quotients up to 1e8: euros to the million at the cent. Far beyond, the
		// spacing of float64 passes the ten-millionth of a step that Round allows.
		step := rapid.SampledFrom([]float64{0.01, 1, 100, 0.0001, 0.5}).Draw(t, "step")
		x := rapid.Float64Range(-1e8, 1e8).Draw(t, "quotient") * step
		mode := rapid.SampledFrom([]ir.RoundMode{ir.Nearest, ir.Up, ir.Down}).Draw(t, "mode")
		once := ir.Round(x, step, mode)
		if twice := ir.Round(once, step, mode); twice != once {
			t.Fatalf("rounded again: %v then %v", once, twice)
		}
		if math.Abs(once-x) > step*1.0000002 {
			t.Fatalf("moved from %v to %v", x, once)
		}
	})
}

func TestScales(t *testing.T) {
	v := ir.ScaleVersion{Thresholds: []float64{0, 45, 75}, Values: []float64{0, 0.5, 1}}
	for x, want := range map[float64]float64{0: 0, 45: 0, 50: 2.5, 75: 15, 80: 20} {
		if got, _ := v.Value(x, true); got != want {
			t.Errorf("marginal of %v = %v, want %v", x, got, want)
		}
	}
	by := ir.ScaleVersion{Thresholds: []float64{11, 16}, Values: []float64{3, 5}}
	for x, want := range map[float64]float64{11: 3, 15: 3, 16: 5, 40: 5} {
		if got, ok := by.Value(x, false); !ok || got != want {
			t.Errorf("bracket of %v = %v, want %v", x, got, want)
		}
	}
	if _, ok := by.Value(10, false); ok {
		t.Error("a value below the first bracket")
	}
}

func TestGrids(t *testing.T) {
	g := ir.Grid{Rows: []int32{0, 1, 2}, Cols: []int32{0, 1}, Cells: [][]float64{{10, 20}, {8, 16}, {6, 12}}, MoreCol: []float64{5, 4, 3}}
	for _, c := range []struct {
		row, col, want float64
		ok             bool
	}{{0, 0, 10, true}, {1, 1, 16, true}, {2, 4, 21, true}, {0, -1, 0, false}, {3, 0, 0, false}} {
		if got, ok := g.Cell(c.row, c.col); ok != c.ok || got != c.want {
			t.Errorf("cell %v, %v = %v %v, want %v %v", c.row, c.col, got, ok, c.want, c.ok)
		}
	}
	one := ir.Grid{Rows: []int32{1, 2}, Cells: [][]float64{{100}, {150}}, MoreRow: []float64{30}}
	if got, ok := one.Cell(4, 0); !ok || got != 210 {
		t.Errorf("beyond the last row: %v", got)
	}
}

func TestLookup(t *testing.T) {
	l := ir.NewLookup(&ir.Table{Rows: []ir.TableRow{{Value: 1, Codes: "75056 92004-92006"}, {Value: 3, Codes: "01001 2A004"}}})
	for code, want := range map[string]float64{"75056": 1, "92004": 1, "92005": 1, "92006": 1, "01001": 3, "2A004": 3} {
		if got, ok := l.Find(code); !ok || got != want {
			t.Errorf("%s = %v, %v", code, got, ok)
		}
	}
	for _, code := range []string{"", "92007", "75057", "9200", "920050", "00000", "99999"} {
		if _, ok := l.Find(code); ok {
			t.Errorf("%s was found", code)
		}
	}
}

func TestUnits(t *testing.T) {
	parse := func(s string) ir.Unit {
		u, ok := ir.ParseUnit(s)
		if !ok {
			t.Fatalf("%s is no unit", s)
		}
		return u
	}
	if got := parse("€/heure").Times(parse("heure/mois")); got != parse("€/mois") {
		t.Errorf("€/heure × heures/mois = %v", got)
	}
	if got := parse("€/mois").Times(parse("mois/an")); got != parse("€/an") {
		t.Errorf("€/mois × mois/an = %v", got)
	}
	if parse("€/mois").Times(parse("€/mois")).Sound() {
		t.Error("€ × € is no unit")
	}
	if _, ok := ir.ParseUnit("€/jupe"); ok {
		t.Error("jupe is no unit")
	}
}
