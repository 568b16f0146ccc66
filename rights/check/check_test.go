package check_test

import (
	"errors"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/rights/check"
	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

const vocabulary = `
énumération zone : zone_1 ; zone_2 ; zone_3
entrée date_naissance (personne, toujours) : date défaut 01/01/1970
entrée salaire (personne, mois) : €/mois défaut 0
entrée revenu (personne, année) : €/an défaut 0
entrée loyer (ménage, mois) : €/mois défaut 0
entrée commune (ménage, mois) : texte défaut « »
entrée zone (ménage, mois) : zone défaut zone_2
entrée seul (famille, mois) : booléen défaut faux
paramètre bmaf : €/mois à partir du 01/04/2020 : 414,40
paramètre taux : % à partir du 01/04/2020 : 32 %
paramètre plafond : €/an, par zone et nombre
  à partir du 01/01/2020
    |        | 0  | 1  | en plus |
    | zone_1 | 10 | 20 | 5 |
    | zone_2 | 8  | 16 | 4 |
    | zone_3 | 6  | 12 | 3 |
barème tl marginal : %, selon nombre
  à partir du 01/01/2020
    de 45 % : 0,45 %
    de 75 % : 0,68 %
`

// compile checks the vocabulary with more rules.
func compile(src string) (*ir.Program, lang.Problems) {
	f, problems := lang.Parse("essai.md", []byte("```règle\n"+vocabulary+"\n```\n```règle\n"+src+"\n```\n"))
	if len(problems) > 0 {
		return nil, problems
	}
	read := func(path string) ([]byte, error) {
		if path == "zones.txt" {
			return []byte("zone_1 ; 75056 92004-92006\nzone_3 ; 01001\n"), nil
		}
		return nil, errors.New("absent")
	}
	return check.Program([]*lang.File{f}, read)
}

func TestSoundRules(t *testing.T) {
	for _, src := range []string{
		"règle x (famille, mois) : €/mois = bmaf × (taux + 41 % × 2) arrondi au centime (bmaf)",
	} {
		if _, problems := compile(src); len(problems) == 0 {
			t.Errorf("%s: two expressions in a row must be refused", src)
		}
	}
	for _, src := range []string{
		"règle x (famille, mois) : €/mois = arrondi au centime (bmaf × (taux + 41 %))",
		"règle x (famille, mois) : €/an = somme pour les parents : (somme sur N-2 : salaire)",
		"règle x (personne, mois) : €/an = somme de M-13 à M-2 : salaire",
		"règle x (personne, mois) : € = somme de M-3 à M-1 : salaire",
		"règle x (personne, mois) : €/mois = moyenne de M-4 à M-2 : salaire",
		"règle x (personne, mois) : €/mois = revenu en N-2 / 12 mois/an",
		"règle x (personne, mois) : ans = années entre date_naissance et début de M",
		"règle x (famille, mois) : €/mois = loyer du logement du demandeur plafonné à 500 €/mois au moins 0",
		"règle x (famille, mois) : €/an = plafond(zone du logement du demandeur ; nombre des enfants)",
		"règle x (ménage, mois) : booléen = commune commence par « 97 » ou zone parmi (zone_1 ; zone_2)",
		"règle x (personne, mois) : €/mois = loyer", // a person has one dwelling
		"règle x (personne, mois) : €/mois = salaire du conjoint",
		"règle x (famille, mois) : €/mois = si seul alors non applicable sinon bmaf en janvier N-2",
		"règle x (famille, mois) : nombre = tl(80 %)",
		"règle x (personne, mois) : nombre = rang parmi les enfants de la famille : date_naissance",
		"règle x (personne, mois) : €/mois = bmaf à la date date_naissance",
		"règle x (famille, mois) : €/mois remonte au plus 6 mois, au départ 0 = bmaf + x en M-1",
		"règle x (personne, année) : €/an = (somme sur N : salaire) + salaire en octobre N × 12 mois/an",
		"règle x (ménage, mois) : €/an = somme pour les foyers fiscaux distincts : (somme pour les déclarants : revenu en N-1)",
		"règle x (personne, mois) : €/mois = 12,02 €/heure × 151,67 heures/mois",
		"table t : zone, par texte fichier « zones.txt » sinon zone_2 règle x (ménage, mois) : zone = t(commune)",
		"règle x (personne, toujours) : date = date_naissance + 20 ans",
	} {
		if _, problems := compile(src); len(problems) > 0 {
			t.Errorf("%s\n  %v", src, problems)
		}
	}
}

func TestUnsoundRules(t *testing.T) {
	for _, c := range []struct{ src, message, advice string }{
		{"règle x (famille, mois) : €/mois = bmaf − 100 €/an", "€/mois et €/an", "12 mois/an"},
		{"règle x (famille, mois) : €/mois = bmaf × bmaf", "€/mois × €/mois ne veut rien dire", "taux (%)"},
		{"règle x (famille, mois) : €/an = bmaf", "x doit donner €/an, ce calcul donne €/mois", "multipliez par 12 mois/an"},
		{"règle x (famille, mois) : booléen = bmaf > 100 €/an", "comparer €/mois et €/an", "12 mois/an"},
		{"règle x (famille, mois) : booléen = bmaf > 100", "comparer €/mois et nombre", ""},
		{"règle x (famille, mois) : €/mois = salaire", "salaire se dit d'une personne ; ici on calcule pour une famille", "somme pour les parents : salaire"},
		{"règle x (famille, mois) : €/mois = loyer", "loyer se dit d'un logement", "du logement du demandeur"},
		{"règle x (famille, mois) : €/mois = salaires du demandeur", "« salaires » n'est déclaré nulle part", "« salaire » ?"},
		{"règle x (personne, mois) : €/an = revenu", "revenu est annuel", "revenu en N-2"},
		{"règle x (personne, année) : €/an = salaire", "salaire est mensuel", "somme sur N"},
		{"règle x (personne, année) : €/mois = salaire en M-1", "on calcule une année", "octobre N"},
		{"règle x (ménage, mois) : booléen = zone = zone_4", "« zone_4 » n'est déclaré", "« zone_1 » ?"},
		{"règle x (ménage, mois) : booléen = zone < zone_2", "n'a pas d'ordre", ""},
		{"règle x (ménage, mois) : nombre = plafond(zone)", "demande 2 valeur(s)", ""},
		{"règle x (famille, mois) : nombre = nombre des enfants tels que salaire", "il faut une condition", ""},
		{"règle x (famille, mois) : nombre = somme pour les enfants : salaire > 0", "il faut un nombre", "nombre … : condition"},
		{"règle x (famille, mois) : €/mois = loyer des parents", "désigne plusieurs sujets", ""},
		{"règle x (famille, mois) : nombre = nombre des occupants", "« occupants » ne mène nulle part", "parents, enfants"},
		{"règle x (famille, mois) : €/mois = x en M-1", "se relire dans le passé: x → x", "remonte au plus"},
		{"règle x (famille, mois) : €/mois = y règle y (famille, mois) : €/mois = z règle z (famille, mois) : €/mois = x", "x → y → z → x", ""},
		{"règle x (famille, mois) : €/mois remonte au plus 3 mois, au départ 0 = x + 1 €/mois", "au même mois: x → x", ""},
		{"règle x (famille, mois) : date = début de M − début de N", "écart entre deux dates", "années entre"},
		{"règle x (famille, mois) : €/mois = arrondi à 0,01 % (bmaf)", "ne va pas avec €/mois", ""},
		{"règle x (famille, mois) : €/mois = soit bmaf = 3 €/mois ; bmaf", "nomme déjà autre chose", ""},
		{"règle bmaf (famille, mois) : €/mois = 0", "déjà déclaré", ""},
		{"paramètre p : % à partir du 01/01/2020 : 32", "est un pourcentage", "32 %"},
		{"paramètre p : €/mois à partir du 01/01/2020 : 32 €/an", "€/mois et €/an", ""},
		{"paramètre p : € à partir du 01/01/2021 : 1 à partir du 01/01/2020 : 2", "de la plus ancienne à la plus récente", ""},
		{"paramètre p : €, par zone à partir du 01/01/2020\n| zone_1 | 1 |\n| zone_2 | 2 |", "il manque « zone_3 »", ""},
		{"paramètre p : €, par nombre à partir du 01/01/2020\n| 0 | 1 |\n| 2 | 2 |", "saute de 0 à 2", ""},
		{"table t : zone, par texte fichier « absent.txt »", "ne peut pas être lue", ""},
		{"entrée e (personne, année) : € défaut 0 année répartie", "que les entrées par mois", ""},
		{"entrée e (personne, mois) : booléen défaut faux année répartie", "seul un nombre", "répétée"},
	} {
		_, problems := compile(c.src)
		if len(problems) == 0 {
			t.Errorf("accepted: %s", c.src)
			continue
		}
		if !strings.Contains(problems[0].Message, c.message) || !strings.Contains(problems[0].Advice, c.advice) {
			t.Errorf("%s\n  said %q (%q)\n  want %q (%q)", c.src, problems[0].Message, problems[0].Advice, c.message, c.advice)
		}
	}
}

func TestProgramSurvivesJSON(t *testing.T) {
	p, problems := compile("règle x (famille, mois) : €/an = plafond(zone du logement du demandeur ; nombre des enfants) + bmaf × 12 mois/an")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ir.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	c, err := again.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if ir.Digest(b) != ir.Digest(c) {
		t.Error("the digest changed by writing and reading")
	}
	other, _ := compile("règle x (famille, mois) : €/an = 1 €/an")
	d, err := other.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if ir.Digest(b) == ir.Digest(d) {
		t.Error("two programs, one digest")
	}
}

func TestNewerSemanticsAreRefused(t *testing.T) {
	if _, err := ir.Unmarshal([]byte(`{"semantics":99}`)); err == nil {
		t.Error("a program of a newer release was accepted")
	}
}
