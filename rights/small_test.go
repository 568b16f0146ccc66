package rights_test

import (
	"testing"
	"testing/fstest"

	"codeberg.org/parvis/parvis/rights"
)

// smallLaw makes a law of one block of rules over a small vocabulary.
func smallLaw(t testing.TB, rules string) *rights.Law {
	t.Helper()
	const vocabulary = `
entrée date_naissance (personne, toujours) : date défaut 01/01/1970
entrée salaire (personne, mois) : €/mois défaut 0 année répartie
entrée statut (personne, mois) : statut défaut actif année répétée
énumération statut : actif ; chomeur ; retraite
entrée handicap (personne, mois) : booléen défaut faux
entrée aisé (famille, mois) : booléen défaut faux
entrée loyer (ménage, mois) : €/mois défaut 0 présumé 0
entrée commune (ménage, mois) : texte défaut « »
entrée chiffre (personne, année) : €/an défaut 0
entrée bonus (personne, mois) : €/mois défaut 0 présumé 0 si statut = retraite
énumération zone : zone_1 ; zone_2 ; zone_3
table zones : zone, par texte fichier « zones.txt » sinon zone_2
règle zone (ménage, mois) : zone « Zone » = zones(commune)
paramètre base : €/mois à partir du 01/01/2024 : 100 à partir du 01/01/2026 : 200 prochaine valeur attendue le 01/01/2027
`
	l, err := rights.Load(fstest.MapFS{
		"loi.md":    {Data: []byte("# Loi\n```règle\n" + vocabulary + "\n```\n\n```règle\n" + rules + "\n```\n")},
		"zones.txt": {Data: []byte("zone_1 ; 75056\nzone_3 ; 01001-01003\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var june = rights.MonthOf(2026, 6)

// household is a family of some parents and children who live together.
type household struct {
	t                 testing.TB
	s                 *rights.Situation
	people            []rights.Subject
	family, tax, home rights.Subject
}

func newHousehold(t testing.TB, l *rights.Law, parents, children int) *household {
	h := &household{t: t, s: rights.NewSituation(l)}
	var family, tax, home []rights.Member
	for i := range parents + children {
		p := h.s.AddPerson(string(rune('a' + i)))
		h.people = append(h.people, p)
		roles := [3]rights.Role{rights.Child, rights.Dependant, rights.HouseholdChild}
		if i < parents {
			roles = [3]rights.Role{rights.Parent, rights.Declarant, [2]rights.Role{rights.Reference, rights.Partner}[i]}
		}
		family = append(family, rights.Member{Person: p, Role: roles[0]})
		tax = append(tax, rights.Member{Person: p, Role: roles[1]})
		home = append(home, rights.Member{Person: p, Role: roles[2]})
	}
	h.family = h.s.AddGroup(rights.Family, "f", family...)
	h.tax = h.s.AddGroup(rights.TaxUnit, "t", tax...)
	h.home = h.s.AddGroup(rights.Household, "m", home...)
	return h
}

func (h *household) set(sub rights.Subject, variable string, p rights.Period, v rights.Value) *household {
	h.t.Helper()
	if err := h.s.Set(sub, variable, p, v); err != nil {
		h.t.Fatal(err)
	}
	return h
}

// value computes one variable of the family.
func (h *household) value(variable string) rights.Answer {
	h.t.Helper()
	return h.valueOf(h.family, variable, june)
}

func (h *household) valueOf(sub rights.Subject, variable string, m rights.Month) rights.Answer {
	h.t.Helper()
	out, err := h.s.Close(rights.OpenFisca).Compute([]rights.Ask{{Subject: sub, Variable: variable, Month: m}})
	if err != nil {
		h.t.Fatal(err)
	}
	return out[0]
}

func born(y, m, d int) rights.Value {
	return rights.Date(rights.MonthOf(y, m).FirstDay() + rights.Day(d-1))
}
