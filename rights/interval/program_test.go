package interval_test

import (
	"fmt"
	"strings"
	"testing/fstest"

	"codeberg.org/parvis/parvis/rights"
	"pgregory.net/rapid"
)

// vocabulary has a fact of every kind, presumed and not, a parameter of every
// form, a table and a rule that looks at its past.
const vocabulary = `
énumération statut : actif ; chomeur ; retraite ; etudiant
énumération zone : zone_1 ; zone_2 ; zone_3
entrée naissance (personne, toujours) : date défaut 01/01/1970
entrée salaire (personne, mois) : €/mois défaut 0
entrée prime (personne, mois) : €/mois défaut 0 présumé 0 si statut = retraite
entrée rare (personne, mois) : booléen défaut faux présumé faux
entrée statut (personne, mois) : statut défaut actif
entrée handicap (personne, mois) : booléen défaut faux
entrée chiffre (personne, année) : €/an défaut 0
entrée parts (famille, mois) : nombre défaut 0
entrée aisé (famille, mois) : booléen défaut faux
entrée loyer (ménage, mois) : €/mois défaut 0
entrée commune (ménage, mois) : texte défaut « »
table zones : zone, par texte fichier « zones.txt » sinon zone_2
règle zone (ménage, mois) : zone = zones(commune)
règle âge (personne, mois) : ans = années entre naissance et début de M
règle part (personne, mois) : nombre = salaire / (salaire + prime)
règle au_dessus (personne, mois) : €/mois = soit s = salaire + prime ; si s ≤ 500 €/mois ou salaire < prime alors 0 sinon si non (handicap et s > 900 €/mois) alors (s − 500 €/mois) / (nombre des enfants de la famille tels que handicap) sinon salaire − prime
règle vu_en (personne, mois) : date = si handicap alors naissance + 20 ans sinon naissance + (parts de la famille) × 1 mois
règle néant (famille, mois) : €/mois = non applicable
règle passé (famille, mois) : €/mois remonte au plus 3 mois, au départ 10 = si aisé alors (passé en M-1) / 2 sinon 5 €/mois + passé en M-1
paramètre base : €/mois à partir du 01/01/2020 : 100 à partir du 01/01/2026 : 200,07
paramètre seuil : €/mois, par nombre à partir du 01/01/2000
  | 0 | 300 |
  | 1 | 450,5 |
  | 2 | 520 |
  | en plus | 61,25 |
paramètre plafond : €/mois, par zone et nombre à partir du 01/01/2000
  | | 0 | 1 | 2 |
  | zone_1 | 327,23 | 394,66 | 446,04 |
  | zone_2 | 285,19 | 349,09 | 392,82 |
  | zone_3 | 267,3 | 324,04 | 363,33 |
paramètre trimestres : nombre, par statut à partir du 01/01/2000
  | actif | 4 |
  | chomeur | 2 |
  | retraite | 0 |
  | etudiant | 1 |
barème impôt marginal : nombre, selon €/mois à partir du 01/01/2000 de 0 : 0 % de 500 : 11 % de 1 500 : -5 % de 3 000 : 41 %
barème taux par tranche : nombre, selon €/mois à partir du 01/01/2000 de 100 : 2 de 900 : 1 de 2 000 : 3
`

// drawer draws expressions of a family's rule. Names bound by « soit » are
// amounts.
type drawer struct {
	t     *rapid.T
	names int
}

func (d *drawer) pick(n int) int { return rapid.IntRange(0, n-1).Draw(d.t, "pick") }

func (d *drawer) f(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// amount draws an expression in €/mois.
func (d *drawer) amount(depth int) string {
	if depth <= 0 {
		leaves := []string{"0 €/mois", "250,33 €/mois", "base", "(salaire du demandeur)", "(loyer du logement du demandeur)", "passé", "(salaire du conjoint du demandeur)", "(au_dessus du demandeur)", "(base × (part du demandeur))", "néant"}
		n := len(leaves)
		if d.names > 0 {
			return append(leaves, d.f("n%d", d.names-1), d.f("n%d", d.pick(d.names)))[d.pick(n+2)]
		}
		return leaves[d.pick(n)]
	}
	a := func() string { return d.amount(depth - 1) }
	switch d.pick(22) {
	case 0:
		return d.f("(%s + %s)", a(), a())
	case 1:
		return d.f("(%s − %s)", a(), a())
	case 2:
		return d.f("(%s × %s)", a(), d.number(depth-1))
	case 3:
		return d.f("(%s / %s)", a(), d.number(depth-1))
	case 4:
		return d.f("(%s plafonné à %s)", a(), a())
	case 5:
		return d.f("(%s au moins %s)", a(), a())
	case 6, 7, 8:
		return d.f("(si %s alors %s sinon %s)", d.condition(depth-1), a(), a())
	case 9:
		step := []string{"au centime", "à l'euro", "aux 100 €/mois supérieurs", "à 0,01 €/mois inférieur"}[d.pick(4)]
		return d.f("(arrondi %s (%s))", step, a())
	case 10:
		fold := []string{"somme", "moyenne", "maximum", "minimum"}[d.pick(4)]
		return d.f("(%s pour les membres tels que %s : %s)", fold, d.person(depth-1), d.wage(depth-1))
	case 11:
		fold := []string{"moyenne", "maximum", "minimum"}[d.pick(3)]
		return d.f("(%s de M-%d à M-1 : %s)", fold, 1+d.pick(4), a())
	case 12:
		return d.f("(%s en M-%d)", a(), 1+d.pick(6))
	case 13:
		return d.f("(seuil(%s))", d.count(depth-1))
	case 14:
		return d.f("(plafond(zone du logement du demandeur ; %s))", d.count(depth-1))
	case 15:
		return d.f("(impôt(%s))", a())
	case 16:
		return d.f("(base à la date (vu_en du demandeur))")
	case 17:
		return d.f("(somme pour les parents : (chiffre en N-1)) / 12 mois/an")
	case 18:
		bound := a()
		d.names++
		body := d.amount(depth - 1)
		d.names--
		return d.f("(soit n%d = %s ; %s)", d.names, bound, body)
	case 19:
		return d.f("(− %s)", a())
	case 20:
		return d.f("(maximum(%s ; %s))", a(), a())
	}
	return d.f("((moyenne de M-2 à M : salaire) du demandeur)")
}

// wage draws an amount of a person.
func (d *drawer) wage(depth int) string {
	switch d.pick(4) {
	case 0:
		return "salaire"
	case 1:
		return "prime"
	case 2:
		return d.f("(si %s alors salaire sinon prime)", d.person(depth-1))
	}
	return "(salaire × 10 %)"
}

func (d *drawer) number(depth int) string {
	switch d.pick(7) {
	case 6:
		return "((loyer du logement du demandeur) / ((loyer du logement du demandeur) + base))"
	case 0:
		return "1,5"
	case 1:
		return "30 %"
	case 2:
		return d.f("taux(%s)", d.amount(depth-1))
	case 3:
		return d.f("(%s − 2)", d.count(depth-1))
	case 4:
		return "(trimestres(statut du demandeur))"
	}
	return d.count(depth)
}

// count draws what is mostly a whole number.
func (d *drawer) count(depth int) string {
	switch d.pick(6) {
	case 0:
		return "parts"
	case 1:
		return d.f("(nombre des enfants tels que %s)", d.person(depth-1))
	case 2:
		return d.f("(nombre de M-3 à M : %s)", d.condition(depth-1))
	case 3:
		return "(partie_entière(parts / 2))"
	case 4:
		return "((rang parmi les membres de la famille tels que non handicap : naissance) du demandeur)"
	}
	return d.f("(mois_civil(naissance du demandeur))")
}

// condition draws a yes or no of the family.
func (d *drawer) condition(depth int) string {
	if depth <= 0 {
		return []string{"aisé", "vrai", "(handicap du demandeur)", "((statut du demandeur) = chomeur)"}[d.pick(4)]
	}
	c := func() string { return d.condition(depth - 1) }
	switch d.pick(11) {
	case 0:
		return d.f("(%s et %s)", c(), c())
	case 1:
		return d.f("(%s ou %s)", c(), c())
	case 2:
		return d.f("(non %s)", c())
	case 3, 4:
		return d.f("(%s %s %s)", d.amount(depth-1), []string{"<", "≤", ">", "≥", "=", "≠"}[d.pick(6)], d.amount(depth-1))
	case 5:
		return d.f("(%s est applicable)", d.amount(depth-1))
	case 6:
		return d.f("((%s des membres tels que %s : %s))", []string{"un", "tous"}[d.pick(2)], d.person(depth-1), d.person(depth-1))
	case 7:
		return "((zone du logement du demandeur) parmi (zone_1 ; zone_3))"
	case 8:
		return "((commune du logement du demandeur) commence par « 75 »)"
	case 9:
		return "((statut du demandeur) ≠ (statut du conjoint du demandeur))"
	}
	return d.f("(tous les mois de M-2 à M : %s)", c())
}

// person draws a yes or no of a person.
func (d *drawer) person(depth int) string {
	leaves := []string{"handicap", "rare", "est_parent", "statut = chomeur", "statut parmi (actif ; etudiant)", "âge < 20 ans", "salaire > 1 000 €/mois",
		"(mois entre naissance et fin de M) ≥ 30 mois", "vu_en ≤ début de N", "(année_civile(naissance)) > 1999", "(rang parmi les enfants de la famille : naissance) = 1"}
	if depth <= 0 {
		return "(" + leaves[d.pick(len(leaves))] + ")"
	}
	switch d.pick(4) {
	case 0:
		return d.f("(%s et %s)", d.person(depth-1), d.person(depth-1))
	case 1:
		return d.f("(%s ou non %s)", d.person(depth-1), d.person(depth-1))
	}
	return "(" + leaves[d.pick(len(leaves))] + ")"
}

// outputs are the rules of a drawn program.
const outputs = 4

func drawLaw(t *rapid.T) (l *rights.Law, rules string) {
	d := &drawer{t: t}
	var b strings.Builder
	for i := range outputs {
		fmt.Fprintf(&b, "règle r%d (famille, mois) : €/mois = %s\n", i, d.amount(4))
		fmt.Fprintf(&b, "règle c%d (famille, mois) : booléen = %s\n", i, d.condition(3))
	}
	l, err := rights.Load(fstest.MapFS{
		"loi.md":    {Data: []byte("# Loi\n```règle\n" + vocabulary + b.String() + "\n```\n")},
		"zones.txt": {Data: []byte("zone_1 ; 75056\nzone_3 ; 01001-01003\n")},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return l, b.String()
}
