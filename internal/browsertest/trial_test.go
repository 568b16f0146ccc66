package browsertest_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// A worker tries what a birth and a lower rent would do over the twelve months, sees it
// beside what is known, and the file stays as it was.
func TestAChangeIsTriedOverTheMonthsToCome(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script, Width: 360})
		settle(t, h, v)
		file := openFile(t, v)
		v.Open(file + "/avenir")
		v.Press(say("outlook.look"))
		v.Follow(say("outlook.trial.link"))
		v.Fill(say("outlook.trial.rent"), "beaucoup")
		v.Press(say("outlook.trial.try"))
		if got := v.Value(say("outlook.trial.rent")); got != "beaucoup" {
			t.Fatalf("what was typed became %q", got)
		}
		v.Fill(say("outlook.trial.rent"), "300")
		if !browsertest.Eval[bool](v, "document.getElementById('f-birth').value = '2027-01', document.getElementById('f-birth').selectedIndex > 0") {
			t.Fatal("no month to choose")
		}
		v.Press(say("outlook.trial.try"))
		v.MustShow(say("outlook.trial.result"), say("outlook.trial.legend_now"), say("outlook.trial.legend_then"))
		if n := browsertest.Eval[int](v, "document.querySelectorAll('svg.graph').length"); n == 0 {
			t.Error("nothing is drawn")
		}
		if n := v.SidewaysScroll(); n > 0 {
			t.Errorf("it scrolls sideways by %d px", n)
		}
		if script { // axe is one
			for _, w := range v.Axe() {
				t.Error(w)
			}
		}
		v.Open(file)
		v.MustShow("Ménage : 3")
	})
}
