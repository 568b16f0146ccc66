package browsertest_test

import (
	"context"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
)

// A note written through an expired session while a colleague edits it: both texts
// are kept, the second author is told, and one of the two is chosen.
func TestANoteThroughAnExpiredSessionWhileAColleagueEdits(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		secret := settle(t, h, v)
		file := openFile(t, v)
		v.Open(file + "/notes/nouvelle")
		v.Choose(say("notes.kind_phone"))
		v.Fill(say("notes.text"), "Appel du bailleur. Elle est de mauvaise foi.")
		v.Press(say("notes.save_as_is"))
		v.MustShow(say("notes.careful"), "de mauvaise foi")
		v.Fill(say("notes.text"), "Appel du bailleur.")
		v.Press(say("notes.save_as_is"))
		v.MustShow(say("web.form.saved"), "Appel du bailleur.")
		v.Follow(" " + say("notes.kind_phone"))
		one := v.Path()
		v.Follow(say("notes.edit"))
		v.Fill(say("notes.text"), "Appel du bailleur : la fuite est réparée.")
		h.clock.Turn(45 * time.Minute)

		org, err := h.Access.House(core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test"}))
		ok(err)
		system := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: org.ID})
		teams, err := h.Access.ListTeams(system)
		ok(err)
		hugo, err := h.Access.AddWorker(system, access.Worker{Login: "h.lantier", Name: "Hugo Lantier", Works: true, Active: true, Teams: []core.ID{teams[0].ID}})
		ok(err)
		as := core.WithActor(context.Background(), core.Actor{Kind: core.ActorWorker, ID: hugo, Org: org.ID, Teams: []core.ID{teams[0].ID}, AAL: 2})
		notes, err := note.New(h.Cases)
		ok(err)
		person := core.ID(file[len("/personnes/"):])
		page, err := notes.List(as, person, note.Filter{}, "", 0)
		ok(err)
		n := page.Notes[0]
		ok(notes.Edit(as, person, n.ID, note.Input{Kind: n.Kind, On: n.On, Text: "Appel du bailleur, par Hugo."}, n.Current))

		v.Press(say("notes.save_as_is"))
		v.MustShow(say("web.entry.go"))
		v.Fill(say("web.entry.login"), "c.maurel")
		v.Fill(say("web.entry.password"), password)
		v.Press(say("web.entry.go"))
		v.Fill(say("web.code.label"), code(t, secret, h.clock.Now()))
		v.Press(say("web.entry.go"))
		if got := v.Value(say("notes.text")); got != "Appel du bailleur : la fuite est réparée." {
			t.Fatalf("after signing in again at %s the note is %q", v.Path(), got)
		}
		v.Press(say("notes.save_as_is"))
		v.MustShow(say("notes.saved_both"), "Appel du bailleur, par Hugo.", "Appel du bailleur : la fuite est réparée.")
		v.Press(say("notes.keep_this"))
		v.MustShow("Appel du bailleur : la fuite est réparée.")
		if v.Path() != one || v.Shows(say("notes.two_texts")) {
			t.Errorf("%s still asks which text to keep", v.Path())
		}
	})
}

// With a script a button marks what is selected; without one the marks are typed.
// Either way the print shows nobody else.
func TestThirdPersonsAreMarkedAndMaskedInPrint(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		settle(t, h, v)
		file := openFile(t, v)
		v.Open(file + "/notes/nouvelle")
		v.Choose(say("notes.kind_visit"))
		text := "Vue avec Bernadette."
		if !script {
			text = "Vue avec [[Bernadette]]."
		}
		v.Fill(say("notes.text"), text)
		if script {
			browsertest.Eval[bool](v, `(() => { const a = document.getElementById('f-text'); a.setSelectionRange(9, 19); document.querySelector('[data-enhance=mark] button').click(); return true })()`)
			if got := v.Value(say("notes.text")); got != "Vue avec [[Bernadette]]." {
				t.Fatalf("marked: %q", got)
			}
		}
		v.Press(say("notes.save_as_is"))
		v.MustShow("Vue avec Bernadette.")
		if hidden := browsertest.Eval[string](v, "getComputedStyle(document.querySelector('.onprint')).display"); hidden != "none" {
			t.Errorf("the mask shows on the screen: %s", hidden)
		}
		if pdf := browsertest.Eval[string](v, `[...document.styleSheets].flatMap(s => [...s.cssRules]).filter(r => r.media && r.media.mediaText === 'print').flatMap(r => [...r.cssRules]).filter(r => /noprint|onprint/.test(r.selectorText)).map(r => r.style.display).sort().join()`); pdf != "inline,none" {
			t.Errorf("print rules of the mask: %s", pdf)
		}
	})
}
