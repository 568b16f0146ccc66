package casefile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"codeberg.org/parvis/parvis/internal/core"
)

// What is kept short says what the rows say, or is not kept.
func TestShortResults(t *testing.T) {
	word := rapid.OneOf(rapid.StringMatching(`[a-z_]{1,12}`), rapid.SampledFrom([]string{"a b", "é", "a\tb", "a\nb", ""}))
	missing := rapid.Custom(func(t *rapid.T) Missing {
		return Missing{Variable: word.Draw(t, "variable"), Subject: Subject{AboutPerson, core.ID(word.Draw(t, "id"))},
			From: core.Month(rapid.IntRange(0, 30000).Draw(t, "from")), Until: core.Month(rapid.IntRange(0, 30000).Draw(t, "until")),
			Sentence: word.Draw(t, "sentence"), Rank: rapid.IntRange(0, 3).Draw(t, "rank")}
	})
	rapid.Check(t, func(t *rapid.T) {
		var outcomes []Outcome
		e := evaluation{id: "e", month: 24317}
		want := map[string]Result{}
		pool := rapid.SliceOfN(missing, 1, 5).Draw(t, "pool")
		fits := true
		for i, right := range []string{"af", "rsa", "ppa"}[:rapid.IntRange(0, 3).Draw(t, "rights")] {
			o := Outcome{Right: right, Status: Status(word.Draw(t, "status")), Amount: core.Cents(rapid.Int64().Draw(t, "amount")),
				Min: core.Cents(i), Max: core.Cents(-i), Missing: rapid.SliceOfN(rapid.SampledFrom(pool), 0, 4).Draw(t, "missing")}
			outcomes = append(outcomes, o)
			r := Result{Evaluation: "e", Month: 24317, Right: right, Status: o.Status, Amount: o.Amount, Min: o.Min, Max: o.Max}
			fits = fits && !strings.ContainsAny(string(o.Status), "\t\n")
			for _, m := range o.Missing {
				m.Rank = 0
				r.Missing = append(r.Missing, m)
				fits = fits && m.Variable != "" && !strings.ContainsAny(m.Variable+string(m.Subject.ID)+m.Sentence, "\t\n")
			}
			want[right] = r
		}
		e.short = writeShort(outcomes)
		if !fits && e.short != "" {
			t.Fatalf("kept short: %q", e.short)
		}
		got, ok := readShort(e.short, e)
		if ok != (fits && len(outcomes) > 0) {
			t.Fatalf("read %t of %q", ok, e.short)
		}
		if d := cmp.Diff(want, got); ok && d != "" {
			t.Fatal(d)
		}
	})
}

func TestShortResultsOfAnotherForm(t *testing.T) {
	for _, text := range []string{"", "x", "\nx", "\n\n", "a\tb\n\naf\tdue\t1\t2\t3\t0", "\naf\tdue\t1\t2\t3\t0", "\naf\tdue\t1\t2\tx\t", "\naf\tdue\t1\t2\t3", "\naf\tdue\t1\t2\t3\t\t"} {
		if list, ok := readShort(text, evaluation{}); ok {
			t.Errorf("%q read as %v", text, list)
		}
	}
}
