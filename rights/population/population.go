package population

import (
	"fmt"
	"math/rand/v2"

	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Population draws the households of one seed for one month. It is for one
// goroutine; two of the same seed draw the same.
type Population struct {
	seed  uint64
	month ir.Month
	d     drawer
	law   *eval.Program
	towns []string
	v     variables
}

// variables are the inputs that a household fills, by index in the law.
type variables struct {
	born, marital, activity, jobless, longWork, rate, disabled, hindered, pregnant, savings, school, shared      int32
	gross, net, taxable, benefit, benefitTaxable, pensionGross, pension, pensionTaxable, invalid, support, level int32
	recent, housing, rent, town                                                                                  int32
}

// New prepares the population of a seed, seen from a month. The error names an
// input that the law does not have.
func New(law *eval.Program, seed uint64, month ir.Month) (*Population, error) {
	p := &Population{seed: seed, month: month, law: law, towns: Towns()}
	v := &p.v
	for _, x := range []struct {
		name string
		at   *int32
	}{
		{"date_naissance", &v.born}, {"statut_marital", &v.marital}, {"activite", &v.activity}, {"date_debut_chomage", &v.jobless},
		{"ass_precondition_remplie", &v.longWork}, {"taux_incapacite", &v.rate}, {"handicap", &v.disabled},
		{"aah_restriction_substantielle_durable_acces_emploi", &v.hindered}, {"enceinte", &v.pregnant}, {"livret_a", &v.savings},
		{"scolarite", &v.school}, {"garde_alternee", &v.shared}, {"salaire_de_base", &v.gross}, {"salaire_net", &v.net},
		{"salaire_imposable", &v.taxable}, {"chomage_net", &v.benefit}, {"chomage_imposable", &v.benefitTaxable},
		{"retraite_brute", &v.pensionGross}, {"retraite_nette", &v.pension}, {"retraite_imposable", &v.pensionTaxable},
		{"pensions_invalidite", &v.invalid}, {"pensions_alimentaires_percues", &v.support}, {"aeeh_niveau_handicap", &v.level},
		{"rsa_isolement_recent", &v.recent}, {"statut_occupation_logement", &v.housing}, {"loyer", &v.rent}, {"depcom", &v.town},
	} {
		if *x.at = law.Var(x.name); *x.at < 0 {
			return nil, fmt.Errorf("draw a population: the law has no %s", x.name)
		}
	}
	p.d.month = month
	p.d.r = rand.New(&p.d.pcg) // #nosec G404 -- a made-up population, drawn again from its seed
	return p, nil
}

// Draw makes household i in the memory of h.
func (p *Population) Draw(h *Home, i uint64) { p.d.draw(h, p.seed, i) }

// Class tells households apart that a batch computes faster together: they are
// alike in what the branches of the law ask. It says nothing about the people.
func (h *Home) Class() int {
	k := 0
	for i := range h.People {
		switch p := &h.People[i]; {
		case p.Child:
			k |= 1
		case p.Activity == Retired:
			k |= 2
		case p.Activity == Unemployed:
			k |= 4
		}
		if p := &h.People[i]; p.Disabled > 0 && !p.Child || p.Invalid > 0 {
			k |= 8
		}
		if p := &h.People[i]; p.Wage.Since != 0 {
			k |= 16
		}
	}
	return k
}

// Classes is how many classes there are.
const Classes = 32

// Facts gives every fact of a household that is not OpenFisca's default: set is
// called with the variable, the subject (a person's index, 0 for a group), the
// first month the value holds from (0: always) and the value, a text for the
// commune.
func (p *Population) Facts(h *Home, set func(variable, subject int32, from ir.Month, value float64, text string)) {
	v := &p.v
	number := func(variable, subject int32, x float64) {
		if x != 0 {
			set(variable, subject, 0, x, "")
		}
	}
	income := func(variable, subject int32, in Income, rate float64) {
		before, now := cents(in.Before*rate), cents(in.Now*rate)
		if in.Since == 0 {
			number(variable, subject, now)
			return
		}
		number(variable, subject, before)
		set(variable, subject, in.Since, now, "")
	}
	for i := range h.People {
		s, x := int32(i), &h.People[i]
		set(v.born, s, 0, float64(x.Born), "")
		if x.Child {
			number(v.school, s, float64(x.School))
			number(v.shared, s, truth(x.Shared))
			if x.Disabled > 0 {
				set(v.disabled, s, 0, 1, "")
				set(v.level, s, 0, 1, "")
				number(v.rate, s, x.Disabled)
			}
			if x.School == 5 {
				set(v.activity, s, 0, float64(Student), "")
			}
			continue
		}
		marital := 2.0
		if x.Married {
			marital = 1
		}
		set(v.marital, s, 0, marital, "")
		set(v.activity, s, 0, float64(x.Activity), "")
		// Gross is net / 0.78; what is taxed adds 2.85 % of it.
		income(v.net, s, x.Wage, 1)
		income(v.gross, s, x.Wage, 1/0.78)
		income(v.taxable, s, x.Wage, 1+0.0285/0.78)
		income(v.benefit, s, x.Benefit, 1)
		income(v.benefitTaxable, s, x.Benefit, 1.03)
		income(v.pension, s, x.Pension, 1)
		income(v.pensionGross, s, x.Pension, 1/0.93)
		income(v.pensionTaxable, s, x.Pension, 1.025)
		number(v.invalid, s, x.Invalid)
		number(v.support, s, x.Support)
		if x.Jobless != 0 {
			set(v.jobless, s, 0, float64(x.Jobless), "")
		}
		number(v.longWork, s, truth(x.LongWork))
		if x.Disabled > 0 {
			set(v.rate, s, 0, x.Disabled, "")
			set(v.disabled, s, 0, 1, "")
			number(v.hindered, s, truth(x.Hindered))
		}
		number(v.pregnant, s, truth(x.Pregnant))
		number(v.savings, s, x.Savings)
	}
	number(v.recent, 0, truth(h.Recent))
	set(v.housing, 0, 0, float64(h.Housing), "")
	number(v.rent, 0, h.Rent)
	set(v.town, 0, 0, 0, p.towns[h.Town])
}

// Last is the last month that a fact is told for.
func (p *Population) Last() ir.Month { return p.month }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Groups lists the members of the groups of a household, with the entity and
// role of each: one family, one dwelling, and two tax units for a couple that is
// not married.
func (h *Home) Groups(group func(e ir.Entity), member func(e ir.Entity, person int32, r ir.Role)) {
	group(ir.Family)
	for i := range h.People {
		role := ir.Parent
		if h.People[i].Child {
			role = ir.Child
		}
		member(ir.Family, int32(i), role)
	}
	group(ir.TaxUnit)
	apart := h.Adults == 2 && !h.People[0].Married
	for i := range h.People {
		switch {
		case h.People[i].Child:
			member(ir.TaxUnit, int32(i), ir.Dependant)
		case i == 0 || !apart:
			member(ir.TaxUnit, int32(i), ir.Declarant)
		}
	}
	if apart {
		group(ir.TaxUnit)
		member(ir.TaxUnit, 1, ir.Declarant)
	}
	group(ir.Household)
	for i := range h.People {
		role := [...]ir.Role{ir.Reference, ir.Partner}[min(i, 1)]
		if h.People[i].Child {
			role = ir.HouseholdChild
		}
		member(ir.Household, int32(i), role)
	}
}

// AddTo adds a household to a batch of a program of the profile openfisca.
func (p *Population) AddTo(b *columnar.Batch, h *Home) {
	first := b.Add(int32(len(h.People)))
	var last [ir.Entities]int32
	h.Groups(func(e ir.Entity) { last[e] = b.Group(e) }, func(e ir.Entity, person int32, r ir.Role) { b.Put(e, first+person, r) })
	p.Facts(h, func(variable, subject int32, from ir.Month, value float64, text string) {
		row := first + subject
		if e := p.law.IR.Vars[variable].Entity; e != ir.Person {
			row = last[e]
		}
		if text != "" {
			value = b.Text(text)
		}
		if from == 0 {
			b.SetAlways(variable, row, value)
			return
		}
		b.SetFrom(variable, row, from, value)
	})
}
