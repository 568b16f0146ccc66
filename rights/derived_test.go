package rights_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"codeberg.org/parvis/parvis/rights"
)

// deducedLaw has an input that the dossier deduces from another.
func deducedLaw(t *testing.T) *rights.Law {
	t.Helper()
	return smallLaw(t, `paramètre part : nombre à partir du 01/01/2025 : 1,5 à partir du 01/01/2026 : 1,2
entrée imposable (personne, mois) : €/mois défaut 0 présumé 0 si statut = retraite déduit de salaire × part année répartie
règle x (famille, mois) : €/mois = somme pour les parents : imposable
règle avant (famille, mois) : €/mois = somme pour les parents : imposable en M-12
règle ancien (famille, mois) : €/mois = somme pour les parents : imposable en M-24`)
}

func TestDeducedFromAnotherFact(t *testing.T) {
	l := deducedLaw(t)
	all := rights.EachMonth(june-36, june)
	for _, c := range []struct {
		name, right, want string
		set               func(h *household)
	}{
		{"nothing known", "x", "to_verify ?..? statut/a imposable/a", func(*household) {}},
		{"the other known", "x", "probable 1200.00..1200.00", func(h *household) {
			h.set(h.people[0], "salaire", all, rights.Number(1000))
		}},
		{"the parameter of the month", "avant", "probable 1500.00..1500.00", func(h *household) {
			h.set(h.people[0], "salaire", all, rights.Number(1000))
		}},
		{"no parameter yet", "ancien", "to_verify ?..? statut/a imposable/a", func(h *household) {
			h.set(h.people[0], "salaire", all, rights.Number(1000))
		}},
		{"known itself", "x", "probable 900.00..900.00", func(h *household) {
			h.set(h.people[0], "salaire", all, rights.Number(1000)).set(h.people[0], "imposable", all, rights.Number(900))
		}},
		{"nobody knew", "x", "probable 1200.00..1200.00", func(h *household) {
			h.set(h.people[0], "salaire", all, rights.Number(1000))
			if err := h.s.SetUnknown(h.people[0], "imposable", all); err != nil {
				t.Fatal(err)
			}
		}},
		{"rather not said", "x", "to_verify ?..? refused:imposable", func(h *household) {
			h.set(h.people[0], "salaire", all, rights.Number(1000))
			if err := h.s.Refuse(h.people[0], "imposable", all); err != nil {
				t.Fatal(err)
			}
		}},
		{"the other unknown, the presumption holds", "x", "not_due 0.00..0.00", func(h *household) {
			h.set(h.people[0], "statut", rights.InMonth(june), rights.ChoiceOf("retraite"))
		}},
		{"a known wage wins over the presumption", "x", "probable 1200.00..1200.00", func(h *household) {
			h.set(h.people[0], "statut", rights.InMonth(june), rights.ChoiceOf("retraite")).set(h.people[0], "salaire", all, rights.Number(1000))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHousehold(t, l, 1, 0)
			c.set(h)
			if got := told(h.one(c.right)); got != c.want && !strings.HasPrefix(c.want, "to_verify ?..?") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			} else if strings.HasPrefix(c.want, "to_verify") != strings.HasPrefix(got, "to_verify") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			// OpenFisca's profile deduces nothing: an absent cell has its default.
			want := map[bool]float64{true: 900}[c.name == "known itself"]
			if got := h.valueOf(h.family, c.right, june).Value; got.Number != want && c.right == "x" {
				t.Errorf("openfisca: %v, want %v", got, want)
			}
		})
	}
	h := newHousehold(t, l, 1, 0).set(h0(t, l), "salaire", all, rights.Number(1000))
	r := h.one("x")
	if len(r.Assumed) != 1 || r.Assumed[0].Variable != "imposable" || !r.Assumed[0].Presumed || r.Assumed[0].Value.Number != 1200 {
		t.Errorf("supposed %+v", r.Assumed)
	}
}

// h0 is the first person of any household of the law.
func h0(t *testing.T, l *rights.Law) rights.Subject { return newHousehold(t, l, 1, 0).people[0] }

func TestDeducedFromNonsense(t *testing.T) {
	for wrong, want := range map[string]string{
		"entrée a (personne, mois) : €/mois défaut 0 déduit de rien × part":  "ne peut se déduire",
		"entrée a (personne, mois) : €/mois défaut 0 déduit de a × part":     "ne peut se déduire",
		"entrée a (personne, mois) : €/mois défaut 0 déduit de loyer × part": "ne peut se déduire",
		"entrée a (personne, mois) : €/mois défaut 0 déduit de s × s":        "paramètre sans clé",
		"entrée a (personne, mois) : €/mois défaut 0 déduit de s × base":     "paramètre sans clé",
		"entrée a (personne, mois) : booléen défaut faux déduit de s × part": "ne peut se déduire",
	} {
		_, err := rights.Load(fstest.MapFS{"loi.md": {Data: []byte("# Loi\n```règle\nentrée s (personne, mois) : €/mois défaut 0\nentrée loyer (ménage, mois) : €/mois défaut 0\n" +
			"paramètre part : nombre à partir du 01/01/2024 : 2\nparamètre base : €/mois à partir du 01/01/2024 : 2\n" + wrong + "\n```\n")}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
