package openfisca_test

import "testing"

// TestOracleHousing finds every trusted housing benefit again, with the
// resources and the rent that it rests on.
func TestOracleHousing(t *testing.T) {
	_, off := judge(t, []string{
		"aide_logement", "apl", "alf", "als",
		"aide_logement_base_ressources", "aide_logement_loyer_retenu",
	})
	for _, line := range off {
		t.Error(line)
	}
}
