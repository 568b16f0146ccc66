package browsertest_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// openHomonym opens a file of somebody who shares a name and a phone, and returns
// its path. When the page asks whether it is somebody known, it is somebody else.
func openHomonym(v *browsertest.Visitor, birth string) string {
	v.Open("/personnes/nouvelle")
	v.Fill(say("web.identity.usual_name"), "Diallo")
	v.Fill(say("web.identity.given_names"), "Fatou")
	v.Fill(say("web.identity.birth"), birth)
	v.Choose(say("web.identity.madame"))
	v.Fill(say("web.identity.phone"), "06 39 98 41 22")
	v.Press(say("web.identity.open"))
	if v.Shows(say("web.identity.alike")) {
		v.MustShow("Fatou Diallo", say("web.search.why_phone"))
		v.Choose(say("web.identity.somebody_else"))
		v.Press(say("web.identity.open"))
	}
	v.MustShow(say("web.identity.created"), "Fatou Diallo")
	return v.Path()
}

// part is what a section of a file's page says.
func part(v *browsertest.Visitor, file, id string) string {
	v.Open(file)
	return browsertest.Eval[string](v, `document.getElementById("`+id+`").innerText.replace(/\s+/g, ' ')`)
}

// Two homonyms with the same phone are taken for one person, written about, then
// parted: each has again what was theirs, and what was written since goes to whom
// one says.
func TestTwoHomonymsMergedByMistakeAndParted(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		settle(t, h, v)
		aunt := openHomonym(v, "12/03/1961")
		niece := openHomonym(v, "03/1988")
		if aunt == niece {
			t.Fatal("one file for two people")
		}
		rent := func(file, value string) {
			t.Helper()
			v.Open(file + "/faits/loyer")
			v.Fill("Loyer", value)
			v.Choose("Dit par Mme Diallo")
			v.Press(say("web.form.save"))
			v.MustShow(say("web.form.saved"))
		}
		note := func(file, text string) {
			t.Helper()
			v.Open(file + "/notes/nouvelle")
			v.Choose(say("notes.kind_phone"))
			v.Fill(say("notes.text"), text)
			v.Press(say("notes.save_as_is"))
			if v.Shows(say("notes.careful")) { // somebody else is named
				v.Press(say("notes.save_as_is"))
			}
			v.MustShow(say("web.form.saved"), text)
		}
		rent(aunt, "431")
		note(aunt, "Elle cherche un logement plus petit.")
		v.Open(niece + "/foyer")
		v.Choose(say("web.household.kin_child"))
		v.Fill(say("web.identity.given_names"), "Moussa")
		v.Fill(say("web.identity.usual_name"), "Diallo")
		v.Fill(say("web.identity.birth"), "04/05/2019")
		v.Press(say("web.household.add"))
		v.MustShow("Moussa")
		note(niece, "Moussa entre à l’école en septembre.")
		parts := []string{"foyer", "situation", "plan", "notes"}
		before := map[string]string{}
		for _, file := range []string{aunt, niece} {
			for _, id := range parts {
				before[file+id] = part(v, file, id)
			}
		}

		// One by mistake: found by the phone, compared, made one.
		v.Open(aunt)
		v.Follow(say("web.merge.same_as"))
		v.FillIn(say("web.merge.find"), say("web.frame.find"), "06 39 98 41 22")
		v.PressIn(say("web.merge.find"), say("web.frame.find_go"))
		v.Follow(say("web.merge.compare") + " : Fatou Diallo")
		v.MustShow("1961", "1988", "Moussa", say("web.merge.what_undo"))
		v.Fill(say("web.merge.reason"), "Même nom, même téléphone")
		v.Press(say("web.merge.go"))
		v.MustShow(say("web.merge.done"), say("web.merge.gathers"), "Même nom, même téléphone",
			"Moussa", "431", "Elle cherche un logement plus petit.", "Moussa entre à l’école en septembre.")
		if v.Path() != aunt {
			t.Errorf("made one, they are at %s, want %s", v.Path(), aunt)
		}
		if v.Open(niece); v.Path() != aunt {
			t.Errorf("the other address leads to %s", v.Path())
		}
		v.Open("/personnes?q=fatou+diallo")
		if n := strings.Count(browsertest.Eval[string](v, "[...document.querySelectorAll('main a, .body a')].map(a => a.getAttribute('href')).join(' ') + ' '"), aunt+" "); n != 1 || v.Shows("1988") {
			t.Errorf("the search shows %d times the file: %s", n, v.Text())
		}
		note(aunt, "Rendez-vous pris pour la rentrée de Moussa.")

		// Not the same person: what was written since is asked, then given.
		v.Open(aunt)
		v.Follow(say("web.merge.undo"))
		v.MustShow(say("web.merge.since"))
		v.Press(say("web.merge.undo_go"))
		v.MustShow(say("errs.casefile.unmerge_whose"))
		browsertest.Eval[bool](v, `(() => { for (const f of document.querySelectorAll('fieldset[id^="f-row-"]')) f.querySelectorAll('input')[1].checked = true; return true })()`)
		v.Press(say("web.merge.undo_go"))
		v.MustShow(say("web.merge.undone"))
		if v.Shows(say("web.merge.gathers")) {
			t.Error("still gathered")
		}
		for _, file := range []string{aunt, niece} {
			for _, id := range parts {
				after := part(v, file, id)
				if file == niece && id == "notes" {
					if !strings.Contains(after, "Moussa entre à l’école en septembre.") || !strings.Contains(after, "Rendez-vous pris pour la rentrée de Moussa.") || strings.Contains(after, "logement plus petit") {
						t.Errorf("the niece’s notes: %s", after)
					}
				} else if after != before[file+id] {
					t.Errorf("%s of %s\nbefore: %s\nafter:  %s", id, file, before[file+id], after)
				}
			}
		}
		if v.Open(niece); v.Path() != niece || !v.Shows("1988") || v.Shows("431") {
			t.Errorf("the niece at %s: %s", v.Path(), v.Text())
		}
		v.Open(aunt + "/identite")
		if got := v.Value(say("web.identity.birth")); got != "12/03/1961" {
			t.Errorf("the aunt is born %q", got)
		}
		v.Open("/personnes?q=0639984122")
		v.MustShow("1961", "1988")
	})
}
