package ask

import (
	"math"
	"math/rand/v2"
	"slices"

	"codeberg.org/parvis/parvis/rights"
)

// Marginals is a small reference population of our own: how facts are spread, each
// given the few facts that matter most to it. It serves to tell which question is
// worth asking, never to say anything of a person. The shares are rounded from
// published tables:
//
//   - activity by age: Insee, « Une photographie du marché du travail en 2023 »;
//   - net wages: Insee, « Les salaires dans le secteur privé en 2023 », lowered for
//     part time;
//   - unemployment benefit: Unédic, « L'allocation nette moyenne », 2023: about half
//     of the jobless are paid, 1 030 € a month on average;
//   - pensions: Drees, « Les retraités et les retraites », 2024: 1 510 € net;
//   - homes: Insee, « Les conditions de logement en France », 2023; rents: Insee,
//     enquête Logement 2020;
//   - maintenance: Drees, « Études et résultats » n° 1179: about two parents alone in
//     three are owed or paid nothing;
//   - nationality and permits: Insee, « L'essentiel sur les immigrés », 2023.
//
// What no table gives is taken as even, or as the law's default four times in five.
type Marginals struct {
	law   *rights.Law
	month rights.Month
}

// drawing is one completion.
type drawing struct {
	r     *rand.Rand
	t     *rights.Total
	month rights.Month
	drawn map[Key]rights.Value
}

// first are the facts that others depend on; they are drawn before them.
var first = []string{"date_naissance", "activite", "statut_marital", "statut_occupation_logement", "nationalite", "salaire_net", "chomage_net", "retraite_nette"}

// draw completes the missing facts.
func (p Marginals) draw(r *rand.Rand, t *rights.Total, missing []rights.FactRef, out []rights.Drawn) []rights.Drawn {
	d := &drawing{r: r, t: t, month: p.month, drawn: make(map[Key]rights.Value, len(missing))}
	for _, f := range missing {
		sub, ok := t.Find(f.Entity, f.Subject)
		v, known := p.law.Variable(f.Variable)
		if !ok || !known {
			continue
		}
		value := d.value(v, sub)
		d.drawn[Key{f.Variable, f.Subject}] = value
		out = append(out, rights.Drawn{Variable: f.Variable, Subject: sub, Value: value})
	}
	return out
}

// order puts the facts that others depend on first.
func order(missing []rights.FactRef) {
	rank := func(f rights.FactRef) int {
		if i := slices.Index(first, f.Variable); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(missing, func(a, b rights.FactRef) int { return rank(a) - rank(b) })
}

// is reads a fact that was drawn or is known.
func (d *drawing) is(sub rights.Subject, variable string) rights.Value {
	if v, ok := d.drawn[Key{variable, d.t.ID(sub)}]; ok {
		return v
	}
	v, _ := d.t.Known(sub, variable, d.month)
	return v
}

func (d *drawing) age(sub rights.Subject) int {
	born := d.is(sub, "date_naissance")
	if born.Kind != rights.KindDate {
		return 40
	}
	y, m, _ := born.Day.Civil()
	age := d.month.Year() - y
	if d.month.Month() <= m {
		age--
	}
	return age
}

// pick draws the place of a share.
func (d *drawing) pick(shares ...float64) int {
	x := d.r.Float64()
	for i, s := range shares {
		if x -= s; x < 0 {
			return i
		}
	}
	return len(shares) - 1
}

func (d *drawing) chance(share float64) rights.Value { return rights.Bool(d.r.Float64() < share) }

// amount draws around a middle, to the euro; spread is the standard deviation of
// its logarithm.
func (d *drawing) amount(middle, spread float64) rights.Value {
	return rights.Number(math.Round(middle * math.Exp(spread*d.r.NormFloat64())))
}

func (d *drawing) value(v rights.Variable, sub rights.Subject) rights.Value {
	switch v.Name {
	case "activite":
		return rights.ChoiceOf(d.activity(sub))
	case "statut_marital":
		return rights.ChoiceOf([]string{"celibataire", "marie", "divorce", "pacse", "veuf"}[d.pick(0.45, 0.3, 0.15, 0.05, 0.05)])
	case "salaire_net", "salaire_imposable", "salaire_de_base":
		return d.wage(v.Name, sub)
	case "chomage_net", "chomage_imposable":
		return d.part(v.Name, "chomage_net", sub, "chomeur", 0.5, 1030, 0.4)
	case "retraite_nette", "retraite_imposable", "retraite_brute":
		return d.part(v.Name, "retraite_nette", sub, "retraite", 0.97, 1400, 0.45)
	case "pensions_invalidite":
		return d.part(v.Name, v.Name, sub, "inactif", 0.12, 850, 0.3)
	case "pensions_alimentaires_percues":
		return d.some(0.35, 190, 0.5)
	case "scolarite":
		return rights.ChoiceOf(d.school(sub))
	case "date_debut_chomage":
		return rights.Date(d.month.FirstDay() - rights.Day(d.r.IntN(1100)))
	case "date_naissance":
		return rights.Date(rights.MonthOf(1940+d.r.IntN(68), 1+d.r.IntN(12)).FirstDay())
	case "asf_conditions_remplies":
		return d.chance(0.4)
	case "rsa_isolement_recent":
		return d.chance(0.15)
	}
	return d.other(v, sub)
}

func (d *drawing) other(v rights.Variable, sub rights.Subject) rights.Value {
	switch v.Name {
	case "statut_occupation_logement":
		return rights.ChoiceOf([]string{"proprietaire", "primo_accedant", "locataire_hlm", "locataire_vide", "locataire_meuble", "loge_gratuitement", "locataire_foyer", "sans_domicile"}[d.pick(0.36, 0.19, 0.18, 0.17, 0.05, 0.03, 0.01, 0.01)])
	case "loyer":
		switch d.is(sub, "statut_occupation_logement").Text {
		case "proprietaire", "loge_gratuitement", "sans_domicile":
			return rights.Number(0)
		}
		return d.amount(520, 0.4)
	case "depcom": // one town of each housing zone
		return rights.Text([]string{"75056", "59350", "79191"}[d.pick(0.17, 0.43, 0.4)])
	case "nationalite":
		return rights.Text([]string{"FR", "PT", "DZ"}[d.pick(0.92, 0.025, 0.055)])
	case "sejour_regulier", "sejour_prestations_familiales", "en_france_depuis_trois_mois":
		return d.chance(0.93)
	case "dispense_duree_titre_sejour":
		return d.chance(0.5)
	case "duree_possession_titre_sejour":
		return rights.Number(float64(d.r.IntN(15)))
	case "contrat_electricite":
		return d.chance(0.9)
	}
	switch v.Kind {
	case rights.KindBool:
		usual := v.Default != nil && v.Default.Bool
		return rights.Bool(usual != (d.r.Float64() < 0.2))
	case rights.KindChoice:
		if v.Default != nil && d.r.Float64() < 0.3 {
			return *v.Default
		}
		return rights.ChoiceOf(v.Choices[d.r.IntN(len(v.Choices))].Name)
	case rights.KindDate:
		return rights.Date(d.month.FirstDay() - rights.Day(d.r.IntN(7300)))
	case rights.KindText:
		return *v.Default
	}
	return d.some(0.3, 300, 0.8)
}

func (d *drawing) activity(sub rights.Subject) string {
	names := []string{"actif", "chomeur", "etudiant", "retraite", "inactif"}
	age := d.age(sub)
	switch {
	case age < 16:
		return "inactif"
	case d.t.Child(sub) && age < 21:
		return names[d.pick(0.1, 0.07, 0.75, 0, 0.08)]
	case age < 25:
		return names[d.pick(0.45, 0.13, 0.28, 0, 0.14)]
	case age < 60:
		return names[d.pick(0.77, 0.1, 0.02, 0, 0.11)]
	case age < 65:
		return names[d.pick(0.4, 0.05, 0, 0.4, 0.15)]
	}
	return names[d.pick(0.04, 0, 0, 0.88, 0.08)]
}

// wage draws a wage; the three faces of one pay slip go together.
func (d *drawing) wage(name string, sub rights.Subject) rights.Value {
	rate := map[string]float64{"salaire_net": 1, "salaire_imposable": 1.036, "salaire_de_base": 1.28}[name]
	if net, ok := d.drawn[Key{"salaire_net", d.t.ID(sub)}]; ok && name != "salaire_net" {
		return rights.Number(math.Round(net.Number * rate))
	}
	if known, ok := d.t.Known(sub, "salaire_net", d.month); ok && name != "salaire_net" {
		return rights.Number(math.Round(known.Number * rate))
	}
	switch d.is(sub, "activite").Text {
	case "actif":
		if d.r.Float64() < 0.2 { // part time
			return rights.Number(math.Round(rate * (200 + 1000*d.r.Float64())))
		}
		return d.amount(rate*1950, 0.4)
	case "chomeur":
		return d.some(0.1, rate*500, 0.6)
	case "etudiant":
		return d.some(0.35, rate*500, 0.5)
	}
	return d.some(0.03, rate*600, 0.6)
}

// part draws an income that goes with an activity; its faces go together.
func (d *drawing) part(name, base string, sub rights.Subject, activity string, share, middle, spread float64) rights.Value {
	if x, ok := d.drawn[Key{base, d.t.ID(sub)}]; ok && name != base {
		return rights.Number(math.Round(x.Number * 1.03))
	}
	if d.is(sub, "activite").Text != activity {
		return rights.Number(0)
	}
	return d.some(share, middle, spread)
}

// some is an amount for a share of people, nothing for the others.
func (d *drawing) some(share, middle, spread float64) rights.Value {
	if d.r.Float64() >= share {
		return rights.Number(0)
	}
	return d.amount(middle, spread)
}

func (d *drawing) school(sub rights.Subject) string {
	switch age := d.age(sub); {
	case age < 3:
		return "inconnue"
	case age < 6:
		return "maternelle"
	case age < 11:
		return "primaire"
	case age < 15:
		return "college"
	case age < 18:
		return []string{"lycee", "inconnue"}[d.pick(0.9, 0.1)]
	}
	return []string{"enseignement_superieur", "lycee", "inconnue"}[d.pick(0.6, 0.1, 0.3)]
}
