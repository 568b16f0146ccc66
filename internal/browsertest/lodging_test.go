package browsertest_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// A child is born, somebody is put up for some weeks, then the family goes to a
// friend's: each time the household, its drawing and the rights follow.
func TestABirthThenPeopleHoused(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script, Width: 360})
		settle(t, h, v)
		file := openFile(t, v)
		v.Open(file + "/faits/enceinte")
		v.Choose(say("web.file.bool_true"))
		v.Choose("Dit par Mme Haddad")
		v.Press(say("web.form.save"))
		v.MustShow(say("web.form.saved"))

		v.Open(file + "/foyer")
		v.Follow(say("home.birth"))
		v.Fill(say("web.identity.given_names"), "Nour")
		v.Fill(say("home.birth_on"), "bientôt")
		v.Press(say("home.birth_go"))
		v.MustShow(say("web.form.day_shape"))
		if got := v.Value(say("web.identity.given_names")); got != "Nour" {
			t.Fatalf("the first name became %q", got)
		}
		v.Fill(say("home.birth_on"), "09/06/2026")
		v.Press(say("home.birth_go"))
		v.MustShow(say("home.birth_saved"), say("home.birth_pregnant"))
		v.Open(file)
		v.MustShow("Nour", "Ménage : 4")

		v.Open(file + "/foyer")
		v.Follow(say("home.guest"))
		v.Fill(say("web.identity.given_names"), "Awa")
		v.Fill(say("web.identity.usual_name"), "Sow")
		v.Fill(say("home.lodge_from"), "01/06/2026")
		v.Fill(say("web.household.leaves_on"), "01/08/2026")
		v.Press(say("web.form.save"))
		v.MustShow("Awa Sow", "en hébergement depuis le 1er juin 2026, jusqu’au 31 juillet 2026")
		v.Open(file)
		v.MustShow("Ménage : 5")

		v.Open(file + "/foyer")
		v.Follow(say("home.host"))
		v.Fill(say("web.identity.given_names"), "Paul")
		v.Choose("Adam Haddad")
		v.Choose("Lina Haddad")
		v.Choose("Nour Haddad")
		v.Fill(say("home.lodge_from"), "10/06/2026")
		v.Press(say("web.form.save"))
		v.MustShow("Paul", "en hébergement depuis le 10 juin 2026")
		v.Open(file)
		v.MustShow("Ménage : 5", "Paul")
		if v.Shows("Awa") {
			t.Error("the guest of the home that was left followed")
		}
	})
}
