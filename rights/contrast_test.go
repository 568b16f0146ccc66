package rights_test

import (
	"testing"

	"codeberg.org/parvis/parvis/rights"
)

// TestAnOpenFactIsContrasted: what each answer would give, and only for a fact that
// nobody answered.
func TestAnOpenFactIsContrasted(t *testing.T) {
	l := embedded(t)
	month := rights.MonthOf(2026, 6)
	family := func(answer *bool) rights.Result {
		t.Helper()
		s := rights.NewSituation(l)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		mother, child := s.AddPerson("nadia"), s.AddPerson("lina")
		must(s.Set(mother, "date_naissance", rights.Always(), rights.Text("1993-02-10")))
		must(s.Set(mother, "nationalite", rights.EachMonth(month-12, month), rights.Text("FR")))
		must(s.Set(mother, "pensions_alimentaires_percues", rights.EachMonth(month-12, month), rights.Number(0)))
		must(s.Set(child, "date_naissance", rights.Always(), rights.Text("2019-02-10")))
		f := s.AddGroup(rights.Family, "f", rights.Member{Person: mother, Role: rights.Parent}, rights.Member{Person: child, Role: rights.Child})
		s.AddGroup(rights.TaxUnit, "t", rights.Member{Person: mother, Role: rights.Declarant}, rights.Member{Person: child, Role: rights.Dependant})
		s.AddGroup(rights.Household, "m", rights.Member{Person: mother, Role: rights.Reference}, rights.Member{Person: child, Role: rights.HouseholdChild})
		if answer != nil {
			must(s.Set(f, "asf_conditions_remplies", rights.EachMonth(month-12, month), rights.Bool(*answer)))
		}
		results, err := s.Close(rights.Dossier).Evaluate(month, "asf")
		must(err)
		return results[0]
	}
	open := family(nil)
	if open.Verdict != rights.ToVerify || len(open.Contrast) != 2 {
		t.Fatalf("%s, contrast %+v", open.Verdict, open.Contrast)
	}
	yes, no := open.Contrast[0], open.Contrast[1]
	if !yes.Value.Bool || yes.Verdict != rights.Probable || yes.Min == nil || *yes.Min != *yes.Max || *yes.Min != 20078 {
		t.Errorf("yes: %+v", yes)
	}
	if no.Value.Bool || no.Verdict != rights.NotDue {
		t.Errorf("no: %+v", no)
	}
	for _, said := range []bool{true, false} {
		if r := family(&said); len(r.Contrast) > 0 {
			t.Errorf("answered %v, contrasted all the same: %+v", said, r.Contrast)
		}
	}
}
