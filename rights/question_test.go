package rights_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"codeberg.org/parvis/parvis/rights"
)

const questionFacts = `
entrée date_naissance (personne, toujours) : date défaut 01/01/1970 question « Né quand ? »
entrée salaire (personne, mois) : €/mois défaut 0 présumé 0 si statut = retraite question « Quel salaire ? »
entrée prime (personne, mois) : €/mois défaut 0 question « Quelle prime ? »
énumération statut : actif ; retraite
entrée statut (personne, mois) : statut défaut actif question « Que fait la personne ? »
entrée handicap (personne, mois) : booléen défaut faux présumé faux
entrée loyer (ménage, mois) : €/mois défaut 0
règle x (personne, mois) : €/mois = si handicap alors 0 sinon salaire + prime
`

func lawWithQuestions(questions string) (*rights.Law, error) {
	return rights.Load(fstest.MapFS{"loi.md": {Data: []byte("# Loi\n```règle\n" + questionFacts + "```\n\n```question\n" + questions + "\n```\n")}})
}

func TestQuestionBlocks(t *testing.T) {
	l, err := lawWithQuestions(`
question paie « Que dit la fiche de paie ? »
  facile « Combien ? »
  demande salaire
  demande prime
question points « Qu'est-ce qui vous concerne ? »
  plusieurs en dernier ensemble
  demande handicap
  réponse handicap « Un handicap reconnu » : handicap = vrai`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range l.Forms() {
		names = append(names, f.Name)
	}
	// A fact that has a question and no block has its own page; one without is never asked.
	if want := []string{"paie", "points", "date_naissance", "statut"}; !slices.Equal(names, want) {
		t.Errorf("pages %v, want %v", names, want)
	}
	f, ok := l.Form("prime")
	if !ok || f.Name != "paie" || f.Easy != "Combien ?" || !slices.Equal(f.Asks, []string{"salaire", "prime"}) {
		t.Errorf("the page of prime: %+v", f)
	}
	if f, _ := l.Form("handicap"); !f.Several || !f.Last || !f.Together || len(f.Choices) != 1 || !f.Choices[0].Sets[0].Value.Bool {
		t.Errorf("the page of handicap: %+v", f)
	}
	if f, _ := l.Own("prime"); f.Name != "prime" || f.Sentence != "Quelle prime ?" {
		t.Errorf("prime by itself: %+v", f)
	}
	if got := l.Gates("salaire"); !slices.Equal(got, []string{"statut"}) {
		t.Errorf("a wage waits for %v, want statut", got)
	}
	if _, ok := l.Form("loyer"); ok {
		t.Error("loyer has no question and is asked")
	}
}

func TestWrongQuestionBlocks(t *testing.T) {
	for _, c := range []struct{ block, want string }{
		{"question a « ? » demande revenu", "n'est déclaré nulle part"},
		{"question a « ? » demande x", "n'est pas une entrée"},
		{"question a « ? » demande salaire demande loyer", "un seul sujet"},
		{"question a « ? » facile « ? »", "ne demande rien"},
		{"question a « ? » demande salaire question b « ? » demande salaire", "par « a » et par « b »"},
		{"question a « ? » plusieurs demande handicap", "de une à dix réponses"},
		{"question a « ? » demande statut réponse b « B » : handicap = vrai", "n'est pas demandé par cette question"},
		{"question a « ? » demande statut réponse b « B » : statut = parti", "parti"},
		{"question a « ? » demande statut réponse b « B » : statut = actif en M-1", "n'ont pas de mois"},
		{"question a « ? » demandes salaire", "n'est pas une ligne de question"},
		{"a « ? »", "une question commence par"},
		{"question a", "phrase"},
	} {
		_, err := lawWithQuestions(c.block)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.block, err, c.want)
		}
	}
}

// A verdict is due as soon as something is due whatever the amount.
func TestVerdictBeforeTheAmount(t *testing.T) {
	for _, c := range []struct {
		rule string
		want rights.Status
	}{
		{"100 €/mois + somme pour les parents : salaire", rights.Probable},
		{"300 €/mois − (somme pour les parents : salaire) au moins 0", rights.ToVerify},
		{"(somme pour les parents : salaire) × 0", rights.NotDue},
		{"soit s = somme pour les parents : salaire ; si s > 500 €/mois alors s − 400 €/mois sinon 20 €/mois", rights.Probable},
	} {
		r := newHousehold(t, smallLaw(t, "règle x (famille, mois) : €/mois = "+c.rule), 1, 0).one("x")
		if r.Verdict != c.want {
			t.Errorf("%s: %s (%s), want %s", c.rule, r.Verdict, told(r), c.want)
		}
	}
}
