package person

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/rights"
)

// The mean of a quarter reads three months of one rule: without its month, each
// line would look like the same one three times.
func TestALineSaysItsMonthOnce(t *testing.T) {
	february := []rights.Span{{From: "2026-02", To: "2026-02"}}
	lines := []rights.Line{
		{Sentence: "Moyenne", Depth: 1},
		{Sentence: "Prime du mois", Depth: 2, Spans: february},
		{Sentence: "Revenus", Depth: 3, Spans: february},
		{Sentence: "Prime du mois", Depth: 2, Spans: []rights.Span{{From: "2026-03", To: "2026-03"}}},
		{Sentence: "Salaires", Depth: 2, Spans: []rights.Span{{From: "2025-05", To: "2026-04"}}},
		{Sentence: "Revenu fiscal", Depth: 2, Spans: []rights.Span{{From: "2024", To: "2024"}}},
	}
	nodes, _ := Words{}.viewLines(i18n.For("fr"), lines, 0, 0, 4, nil)
	var said []string
	var walk func([]nodeView)
	walk = func(nodes []nodeView) {
		for _, n := range nodes {
			said = append(said, n.Sentence.Text)
			walk(n.Nodes)
		}
	}
	walk(nodes)
	want := []string{"Moyenne", "Prime du mois, février 2026", "Revenus", "Prime du mois, mars 2026",
		"Salaires, de mai 2025 à avril 2026", "Revenu fiscal, 2024"}
	if len(said) != len(want) {
		t.Fatalf("said %q", said)
	}
	for i := range want {
		if said[i] != want[i] {
			t.Errorf("line %d says %q, want %q", i, said[i], want[i])
		}
	}
}
