package note_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
)

func TestMask(t *testing.T) {
	for _, c := range []struct {
		name, text string
		third      []string
		want       string
	}{
		{"nothing", "Venue seule.", nil, "Venue seule."},
		{"a mark", "Venue avec [[sa voisine]].", nil, "Venue avec [un tiers]."},
		{"two marks", "[[A]] et [[B]]", nil, "[un tiers] et [un tiers]"},
		{"said again without mark", "[[Karim]] est venu. KARIM reviendra, pas Karima.", nil, "[un tiers] est venu. [un tiers] reviendra, pas Karima."},
		{"a long mark hides itself alone", "[[elle dit qu'il la suit partout]] elle dit", nil, "[un tiers] elle dit"},
		{"a name", "Hélène appelle. helene aussi.", []string{"Hélène"}, "[un tiers] appelle. [un tiers] aussi."},
		{"a name of two words", "Mme  Bernard, Bernard", []string{"Mme Bernard"}, "[un tiers], Bernard"},
		{"within", "[[chez [[Karim]] hier]] soir", nil, "[un tiers] soir"},
		{"never closed", "dit à [[Karim hier\nPuis seule.", nil, "dit à [un tiers]\nPuis seule."},
		{"never opened", "rien]] ici", nil, "rien]] ici"},
		{"empty", "[[]]x[[ ]]", nil, "x[un tiers]"},
		{"short names are not looked for", "Al va là", []string{"Al"}, "Al va là"},
		{"Arabic", "جاءت مع [[كريم]] ثم عاد كريم", nil, "جاءت مع [un tiers] ثم عاد [un tiers]"},
	} {
		if got := note.Mask(note.Body{Text: c.text, Third: c.third}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("a [[b]] c", "b")
	f.Add("[[[[]]]]]", "é\u0301")
	f.Fuzz(func(t *testing.T, text, name string) {
		b := note.Body{Text: text, Third: []string{name}}
		joined := ""
		for _, s := range note.Segments(b) {
			if s.Text == "" {
				t.Error("an empty piece")
			}
			joined += s.Text
		}
		if joined != note.Plain(b) {
			t.Errorf("%q became %q", note.Plain(b), joined)
		}
		note.Mask(b)
	})
}

// What was marked is never in the copy, whatever surrounds it.
func FuzzMarkedNeverLeaves(f *testing.F) {
	f.Add("avant ", " après")
	f.Add("[[", "]]")
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, "canari") {
			t.Skip("the text says the word by itself")
		}
		if got := note.Mask(note.Body{Text: before + "[[canari]]" + after}); strings.Contains(got, "canari") {
			t.Errorf("%q", got)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add("un deux trois", "un trois quatre")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, a, b string) {
		before, after := "", ""
		for _, c := range note.Compare(a, b) {
			if c.Op != note.Added {
				before += c.Text
			}
			if c.Op != note.Removed {
				after += c.Text
			}
		}
		if before != a || after != b {
			t.Errorf("%q -> %q, %q -> %q", a, before, b, after)
		}
	})
}

func TestCompareLongTexts(t *testing.T) {
	a, b := strings.Repeat("a b ", 3000), strings.Repeat("c d ", 3000)
	if got := note.Compare(a, b); len(got) != 2 {
		t.Errorf("%d changes", len(got))
	}
	got := note.Compare("Un deux trois quatre.", "Un deux cinq quatre.")
	want := []note.Change{{Op: note.Same, Text: "Un deux "}, {Op: note.Removed, Text: "trois "}, {Op: note.Added, Text: "cinq "}, {Op: note.Same, Text: "quatre."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCareful(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		_, err := w.cases.AddToHousehold(w.claire, file, casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild, Identity: casefile.Identity{UsualName: "Belkacem", GivenNames: "Yanis", Birth: core.PartialDate{Year: 2017}}})
		must(t, err)
		before := w.lines(file)
		for text, want := range map[string]string{
			"Mme Haddad apporte son avis d'impôt. Samira rappelle jeudi.":      "",
			"Elle est dépressive et prend des médicaments.":                    "health: dépressive, médicaments",
			"Personne manipulatrice, de mauvaise foi.":                         "judgement: manipulatrice, de mauvaise foi",
			"Elle porte le voile ; va à la Mosquée. Traitement du dossier vu.": "belief: Mosquée",
			"Yanis a eu son bulletin. M. Durand appelle.":                      "third: Yanis, M. Durand",
			"[[Yanis]] a eu son bulletin. Yanis lit.":                          "",
			"L'incident du logement, et le commentaire du bailleur.":           "",
			"Elle ment.": "judgement: ment",
		} {
			list, err := w.Careful(w.claire, file, note.Body{Text: text})
			must(t, err)
			var got []string
			for _, p := range list {
				got = append(got, string(p.Concern)+": "+strings.Join(p.Words, ", "))
			}
			if s := strings.Join(got, "; "); s != want {
				t.Errorf("%q: %s, want %s", text, s, want)
			}
		}
		if w.lines(file) != before {
			t.Error("a question left a trace")
		}
	})
}
