package browsertest_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// Whoever manages has a program told: the secret shows once, the address can rest and
// be removed; the pages are sound to axe, in the dark and in Arabic at 320 px.
func TestAProgramIsTold(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script, Width: 360})
		settle(t, h, v)
		v.Open("/equipe/logiciels")
		v.MustShow(say("webhooks.page.none"))
		v.Fill(say("webhooks.page.name"), "Agenda du CCAS")
		v.Fill(say("webhooks.page.url"), "ftp://agenda.example") // a browser stops what is no address itself
		v.Press(say("webhooks.page.go"))
		if got := v.Value(say("webhooks.page.name")); v.Status() != 422 || got != "Agenda du CCAS" {
			t.Fatalf("status %d, the name became %q", v.Status(), got)
		}
		v.Fill(say("webhooks.page.url"), "https://agenda.example/parvis")
		v.Choose(say("webhooks.kind.file_changed"))
		v.Press(say("webhooks.page.go"))
		v.MustShow("whsec_", say("webhooks.page.secret_how"))
		v.Open("/equipe/logiciels")
		if v.Shows("whsec_") {
			t.Error("the secret shows twice")
		}
		v.Follow("Agenda du CCAS")
		one := v.Path()
		v.Choose(say("webhooks.page.pause"))
		v.Press(say("web.form.save"))
		v.MustShow(say("web.form.saved"))
		if script {
			for _, screen := range []browsertest.Screen{{Dark: true, Script: true, Width: 1280}, {Script: true, Width: 320, Lang: "ar"}, {Dark: true, Script: true, Width: 360, Lang: "en"}} {
				w := v.Tab(screen)
				for _, path := range []string{"/equipe/logiciels", one} {
					w.Open(path)
					for _, found := range w.Axe() {
						t.Errorf("%s at %d px, %s: %s", path, screen.Width, screen.Lang, found)
					}
					if n := w.SidewaysScroll(); n > 0 {
						t.Errorf("%s at %d px, %s, scrolls sideways by %d px", path, screen.Width, screen.Lang, n)
					}
					picture(w, "program", screen.Lang != "")
				}
			}
		}
		v.Open(one)
		v.Choose(say("webhooks.page.sure"))
		v.Press(say("webhooks.page.forget"))
		v.MustShow(say("webhooks.page.none"))
	})
}
