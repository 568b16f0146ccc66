package browsertest_test

import (
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// A couple separates on a date and one of them lives elsewhere: two households are
// shown, the rights of the month before stay, and neither file tells where or with
// whom the other lives now.
func TestACoupleSeparates(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		secret := settle(t, h, v)
		hers := openFile(t, v)
		v.Open("/personnes/nouvelle")
		v.Fill(say("web.identity.usual_name"), "Morel")
		v.Fill(say("web.identity.given_names"), "Karim")
		v.Fill(say("web.identity.birth"), "02/02/1980")
		v.Choose(say("web.identity.monsieur"))
		v.Press(say("web.identity.open"))
		v.MustShow("Karim Morel")
		his := v.Path()
		v.Open(hers + "/foyer?q=karim+morel")
		v.Choose("Karim Morel")
		v.Choose(say("web.household.kin_partner"))
		v.Choose(say("web.household.kin_concubinage"))
		v.Fill(say("web.household.from"), "01/09/2014")
		v.Fill(say("web.household.couple_since"), "01/09/2014")
		v.Press(say("web.household.add"))
		v.MustShow("Karim Morel", say("web.household.separated"))
		answerAll(t, v, hers,
			answer{question: "Que fait Karim", choice: "travaille"},
			answer{question: "Quel salaire pour Karim", fields: [][2]string{{"Salaire net", "1400"}, {"Salaire net imposable", "1440"}, {"Salaire brut", "1800"}}},
			answer{question: "Karim reçoit une allocation", fields: [][2]string{{"Chômage net", "0"}, {"Chômage imposable", "0"}}},
			answer{question: "Karim reçoit une pension d’invalidité", fields: [][2]string{{"Pension d’invalidité", "0"}}},
			answer{question: "Karim reçoit une pension pour les enfants", fields: [][2]string{{"Pension alimentaire reçue", "0"}}},
			answer{question: "Karim avait travaillé", choice: "Non"},
			answer{question: "Karim a la nationalité", choice: "nationalité française"})
		rights := func(file, month string) string {
			t.Helper()
			v.Open(file + "?mois=" + month)
			return browsertest.Eval[string](v, `[...document.querySelectorAll('#droits .right')].map(e => e.innerText.replace(/\s+/g, ' ')).sort().join('\n')`)
		}
		june := rights(hers, "2026-06")
		if !strings.Contains(june, "Allocations familiales") {
			t.Fatalf("rights of June: %s", june)
		}
		if g := part(v, hers, "foyer"); !strings.Contains(g, "Karim") {
			t.Fatalf("before they part: %s", g)
		}

		// A month later they say that they parted on 1 July.
		h.clock.Turn(30 * 24 * time.Hour)
		enter(t, h, v, secret)
		july := rights(hers, "2026-07")
		v.Open(hers + "/foyer")
		v.Unfold(say("web.household.separated"))
		v.Fill(say("web.household.separated_on"), "hier")
		v.PressIn("Samira Haddad et Karim Morel", say("web.form.save"))
		v.MustShow(say("web.form.day_shape"))
		v.Fill(say("web.household.separated_on"), "01/07/2026")
		v.PressIn("Samira Haddad et Karim Morel", say("web.form.save"))
		v.MustShow(say("web.form.saved"), say("web.file.rights_recomputed"))

		// He moves out, from his own file, and lives with a friend at a new address.
		v.Open(his + "/foyer")
		v.MustShow("Samira Haddad", "Adam")
		v.Unfold(say("web.household.moves"))
		v.FillIn("Karim Morel", say("web.household.leaves_on"), "01/07/2026")
		v.PressIn("Karim Morel", say("web.form.save"))
		v.MustShow(say("web.form.saved"))
		v.Choose(say("web.household.kin_none"))
		v.Fill(say("web.identity.given_names"), "Bernadette")
		v.Fill(say("web.identity.usual_name"), "Roche")
		v.Fill(say("web.identity.birth"), "1979")
		v.Fill(say("web.household.from"), "01/07/2026")
		v.Press(say("web.household.add"))
		v.MustShow("Bernadette Roche")
		v.Open(his + "/identite")
		v.Fill(say("web.identity.address"), "14 rue des Tanneurs")
		v.Press(say("web.form.save"))
		v.Open(his)
		v.MustShow("14 rue des Tanneurs")

		// Two households, and each still knows the other as somebody who lives elsewhere.
		for file, want := range map[string][]string{
			hers: {"Ménage : 3", "Adam", "Lina", "séparés depuis juillet 2026", "Karim vit ailleurs"},
			his:  {"Ménage : 2", "Bernadette", "séparés depuis juillet 2026", "Samira vit ailleurs"},
		} {
			got := part(v, file, "foyer")
			for _, w := range want {
				if !strings.Contains(got, w) {
					t.Errorf("a household of %s does not say %q: %s", file, w, got)
				}
			}
		}
		// Nothing of his new life in her file, nor of hers in his.
		for _, page := range []string{"", "/foyer", "/faits", "/temps", "/avenir", "/notes", "/export"} {
			v.Open(hers + page)
			for _, secret := range []string{"Bernadette", "Roche", "Tanneurs"} {
				if strings.Contains(browsertest.Eval[string](v, "document.documentElement.outerHTML"), secret) {
					t.Errorf("%s tells %s", hers+page, secret)
				}
			}
			v.Open(his + page)
			if v.Shows("620,50") {
				t.Errorf("%s tells the rent of the home that he left", his+page)
			}
		}
		// June was decided by June; July is not what it was.
		if after := rights(hers, "2026-06"); after != june {
			t.Errorf("the rights of June changed\nbefore: %s\nafter:  %s", june, after)
		}
		if after := rights(hers, "2026-07"); after == july {
			t.Errorf("the rights of July did not change: %s", after)
		}
	})
}
