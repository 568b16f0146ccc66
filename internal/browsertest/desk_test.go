package browsertest_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// Somebody who welcomes notes a passage in two gestures, receives who came first, and
// finds everything on one page; on a phone, with a script and without.
func TestDesk(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openDemo(t)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script, Width: 360})
		v.Open("/demo/enter/worker?poste=accueil")
		v.MustShow(say("desk.lead"))
		v.Choose(say("desk.reason.housing")) // the first gesture
		v.Press(say("desk.form.go"))         // the second
		v.MustShow(say("desk.noted"))

		v.Press(say("desk.receive"))
		v.Choose(say("desk.done.answered"))
		v.Press(say("desk.form.go"))
		v.MustShow(say("desk.noted"))

		v.Follow(say("desk.figures.title"))
		v.MustShow(say("desk.figures.nobody"))
	})
}
