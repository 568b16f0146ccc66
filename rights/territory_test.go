package rights_test

import (
	"testing"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// A local aid is computed where it exists, and says nothing anywhere else: not
// for another town, not while nobody said which.
func TestLocalAidsKeepToTheirTerritory(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	june, err := rights.ParseMonth("2025-06")
	if err != nil {
		t.Fatal(err)
	}
	for commune, here := range map[string]bool{"44109": true, "80021": false, "": false} {
		s := rights.NewSituation(l)
		p := s.AddPerson("p")
		s.AddGroup(rights.Family, "f", rights.Member{Person: p, Role: rights.Parent})
		s.AddGroup(rights.TaxUnit, "x", rights.Member{Person: p, Role: rights.Declarant})
		home := s.AddGroup(rights.Household, "m", rights.Member{Person: p, Role: rights.Reference})
		if commune != "" {
			if err := s.Set(home, "depcom", rights.InMonth(june), rights.Text(commune)); err != nil {
				t.Fatal(err)
			}
		}
		results, err := s.Close(rights.Dossier).EvaluateFor(june, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			right, _ := l.Right(r.Right)
			want := right.Territory != "" && !(here && r.Right == "nantes_tarif_solidaire")
			if r.Elsewhere != want {
				t.Errorf("commune %q: %s elsewhere = %v", commune, r.Right, r.Elsewhere)
			}
			if r.Elsewhere && (r.Status != rights.NotDue || len(r.Missing) > 0) {
				t.Errorf("commune %q: %s says %s, missing %v", commune, r.Right, r.Status, r.Missing)
			}
		}
	}
}
