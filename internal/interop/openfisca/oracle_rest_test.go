package openfisca_test

import "testing"

// TestOracleSchoolYear finds every trusted back-to-school allowance again.
func TestOracleSchoolYear(t *testing.T) {
	_, off := judge(t, []string{"ars"})
	for _, line := range off {
		t.Error(line)
	}
}

// TestOracleHealthCover finds every trusted free health cover, its ceiling, and
// the contribution again.
func TestOracleHealthCover(t *testing.T) {
	_, off := judge(t, []string{"cmu_c", "css_participation_forfaitaire", "cmu_c_plafond"})
	for _, line := range off {
		t.Error(line)
	}
}
