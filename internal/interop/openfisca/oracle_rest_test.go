package openfisca_test

import (
	"slices"
	"strings"
	"testing"
)

// TestOracleSchoolYear finds every trusted back-to-school allowance again.
func TestOracleSchoolYear(t *testing.T) {
	_, off := judge(t, []string{"ars"})
	for _, line := range off {
		t.Error(line)
	}
}

// windowOnly are the trusted households whose health cover turns on the months
// counted: the judge takes M-12…M-1, the law M-13…M-2
// (docs/differences/sante-ecole-energie.md).
var windowOnly = []string{"p-2025-01-0030"}

// TestOracleHealthCover finds every trusted free health cover, its ceiling, and
// the contribution again, but where the window alone decides.
func TestOracleHealthCover(t *testing.T) {
	tallies, off := judge(t, []string{"cmu_c", "css_participation_forfaitaire", "cmu_c_plafond"})
	for _, line := range off {
		id, _, _ := strings.Cut(line, " ")
		if !slices.Contains(windowOnly, id) {
			t.Error(line)
		}
	}
	for v, n := range tallies {
		if n.all-n.ok > len(windowOnly) {
			t.Errorf("%s: %d of %d", v, n.ok, n.all)
		}
	}
}
