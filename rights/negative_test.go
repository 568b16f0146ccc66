package rights_test

import (
	"testing"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// A range never begins below nothing: a right is not a debt.
func TestRangesBeginAtNothing(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	m := rights.MonthOf(2026, 6)
	s := rights.NewSituation(l)
	p := s.AddPerson("p")
	child := s.AddPerson("c")
	s.AddGroup(rights.Family, "f", rights.Member{Person: p, Role: rights.Parent}, rights.Member{Person: child, Role: rights.Child})
	s.AddGroup(rights.TaxUnit, "x", rights.Member{Person: p, Role: rights.Declarant}, rights.Member{Person: child, Role: rights.Dependant})
	s.AddGroup(rights.Household, "m", rights.Member{Person: p, Role: rights.Reference}, rights.Member{Person: child, Role: rights.HouseholdChild})
	for sub, born := range map[rights.Subject]string{p: "1992-02-03", child: "2017-03-04"} {
		if err := s.Set(sub, "date_naissance", rights.Always(), rights.Text(born)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Set(p, "salaire_net", rights.EachMonth(m-4, m-2), rights.Number(940)); err != nil {
		t.Fatal(err)
	}
	results, err := s.Close(rights.Dossier).EvaluateFor(m, p)
	if err != nil {
		t.Fatal(err)
	}
	ranges := 0
	for _, r := range results {
		if r.Min == nil {
			continue
		}
		ranges++
		if *r.Min < 0 || *r.PaidMin < 0 || *r.Max < *r.Min {
			t.Errorf("%s: from %s to %s", r.Right, r.Min, r.Max)
		}
	}
	if ranges == 0 {
		t.Error("no right has a range")
	}
}
