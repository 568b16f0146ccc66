package openfisca_test

import (
	"encoding/json"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
)

// TestEveryMonthHasItsParameters computes every right of some households for
// every month from 2024-06 to 2026-06: no parameter may lack a value, and what is
// read may not be overdue.
func TestEveryMonthHasItsParameters(t *testing.T) {
	l := loadLaw(t)
	hs := households(t)
	for i := 0; i < len(hs); i += 45 {
		body, err := json.Marshal(hs[i].Input)
		if err != nil {
			t.Fatal(err)
		}
		req, err := openfisca.Read(l, body)
		if err != nil {
			t.Fatal(err)
		}
		total := req.Situation.Close(rights.OpenFisca)
		for m := rights.MonthOf(2024, 6); m <= rights.MonthOf(2026, 6); m++ {
			results, err := total.Evaluate(m)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if len(r.Gaps) > 0 {
					t.Errorf("%s, %s in %v: %v", hs[i].ID, r.Right, m, r.Gaps)
				}
				if m < rights.MonthOf(2026, 4) && len(r.Stale) > 0 {
					t.Errorf("%s, %s in %v: %v", hs[i].ID, r.Right, m, r.Stale)
				}
			}
		}
	}
	if testing.Verbose() {
		for _, s := range l.Stale(rights.MonthOf(2026, 6)) {
			t.Logf("overdue in 2026-06: %s since %s (expected %s)", s.Parameter, s.Since, s.Expected)
		}
	}
}
