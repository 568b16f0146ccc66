package note_test

import (
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
)

// A child called Avril is a third person; the month of April at the start of a
// sentence is not.
func TestANameThatIsAWordOfEveryDay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		_, err := w.cases.AddToHousehold(w.claire, file, casefile.HouseholdInput{Identity: casefile.Identity{GivenNames: "Avril", UsualName: "Belkacem"}, LivesIn: true, Relation: casefile.RelationChild})
		must(t, err)
		for text, want := range map[string]bool{
			"Avril sera long sans ressources.":             false,
			"Le loyer est en retard. Avril reste à payer.": false,
			"« Avril, c'est loin », dit-elle.":             false,
			"Le loyer d'avril est payé.":                   false,
			"Elle dit que Avril dort mal.":                 true,
			"On a vu Avril à l'école.":                     true,
			"Belkacem a téléphoné.":                        true,
		} {
			list, err := w.Careful(w.claire, file, note.Body{Text: text})
			must(t, err)
			if got := slices.ContainsFunc(list, func(p note.Prompt) bool { return p.Concern == note.ThirdPerson }); got != want {
				t.Errorf("%q: a third person %t, want %t", text, got, want)
			}
		}
	})
}
