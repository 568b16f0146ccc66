package browsertest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// TestSimulator walks from the door to the printed results on a phone: without a
// script in Arabic and in easy French, with one (axe is one) in French.
func TestSimulator(t *testing.T) {
	b := browsertest.Start(t)
	h := openDemo(t)
	for _, screen := range []browsertest.Screen{
		{Width: 360, Lang: "fr", Script: true}, {Width: 1280, Lang: "fr", Script: true, Dark: true},
		{Width: 360, Lang: "ar"}, {Width: 360, Lang: i18n.EasyFrench},
	} {
		tag := screen.Lang
		t.Run(tag, func(t *testing.T) {
			p := i18n.For(tag)
			if tag == i18n.EasyFrench {
				screen.Lang = "fr"
			}
			v := b.Visit(t, h.URL(), screen)
			v.Open("/entrer?lang=" + tag)
			v.Follow(p.T("simulate.door.name"))
			pages := 0
			check := func(name string) {
				pages++
				if screen.Script {
					for _, w := range v.Axe() {
						t.Errorf("%s: %s", name, w)
					}
				}
				if n := v.SidewaysScroll(); n > 0 {
					t.Errorf("%s scrolls sideways by %d px", name, n)
				}
				if v.Path() != "/simulateur" {
					t.Errorf("%s: the address is %s", name, v.Path())
				}
				if dir := os.Getenv("PARVIS_SCREENS"); dir != "" && !screen.Dark {
					v.Picture(filepath.Join(dir, "simulate-"+tag+"-"+name+".png"), true)
				}
			}
			for range 20 {
				name := browsertest.Eval[string](v, `document.querySelector('input[name=name]')?.value || ''`)
				if name == "" {
					break
				}
				check(name)
				switch name {
				case "who":
					v.Choose(p.T("simulate.page.who.alone"))
				case "birth":
					v.Fill(p.T("simulate.birth_label"), "03/1990")
				case "activite":
					v.Choose(p.T("casefile.choice.activite.actif"))
				case "logement":
					v.Choose(p.T("casefile.choice.statut_occupation_logement.locataire_vide"))
				case "bail":
					v.Fill(p.T("casefile.variable.loyer"), "450")
					v.Fill(p.T("web.commune.label"), "Niort")
				case "salaire":
					v.Fill(p.T("casefile.variable.salaire_net"), "1150")
				case "sejour":
					v.Choose(p.T("simulate.choice.sejour.francaise"))
				default:
					v.Choose(p.T("web.question.unknown"))
				}
				v.Press(p.T("web.question.go"))
			}
			check("result")
			if pages < 6 {
				t.Fatalf("%d pages", pages)
			}
			v.MustShow(p.T("simulate.result.due"), p.T("web.right.entails"), p.T("simulate.result.talk"))
			v.Press(p.T("web.sheet.large_print"))
			check("large")
			if screen.Script && !screen.Dark {
				if pdf := v.PDF(); !bytes.HasPrefix(pdf, []byte("%PDF")) {
					t.Error("the results do not print")
				}
			}
			v.Press(p.T("simulate.back"))
			v.MustShow(p.T("web.question.refused"))
		})
	}
}
