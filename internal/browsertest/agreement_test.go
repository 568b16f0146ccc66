package browsertest_test

import (
	"fmt"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/browsertest"
)

// asWorker opens the demo as one of its workers, by their login.
func asWorker(t *testing.T, h *house, v *browsertest.Visitor, login string) {
	t.Helper()
	token, err := h.Access.DemoEnter(t.Context(), access.DemoVisitor{Login: login}, access.Client{Address: "192.0.2.10", Device: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	v.Open("/entrer")
	browsertest.Eval[string](v, fmt.Sprintf("document.cookie = 'parvis=%s; path=/'", token))
	v.Open("/")
}

// TestAnAgreementIsGivenAndTakenBack, on the counter's screen without script and on a
// phone: Samira stops from her own space what she shared; Claire prepares another with
// her, they see together what would be seen, she signs; the other team reads it; she
// stops it, and they no longer do.
func TestAnAgreementIsGivenAndTakenBack(t *testing.T) {
	b := browsertest.Start(t)
	h := openDemo(t)
	before := "trouver un logement plus grand"
	for _, screen := range []browsertest.Screen{{}, {Width: 360, Script: true}} {
		t.Run(fmt.Sprintf("%d", screen.Width), func(t *testing.T) {
			purpose := fmt.Sprintf("préparer une formation %d", screen.Width)
			steady := func(v *browsertest.Visitor) {
				t.Helper()
				if n := v.SidewaysScroll(); n > 0 {
					t.Errorf("%s scrolls sideways by %d px", v.Path(), n)
				}
			}
			person := b.Visit(t, h.URL(), screen)
			enterDemo(person, "person")
			person.Open("/moi/accords")
			partner := b.Visit(t, h.URL(), screen)
			asWorker(t, h, partner, "nadia.ferhat")
			if before != "" { // the demonstration's own, the first time
				person.MustShow(before)
				person.Press(say("agreements.stop"))
				person.MustShow(say("agreements.revoked"))
				partner.Open("/partages")
				if partner.Shows(before) {
					t.Error("what she stopped is still shared")
				}
				before = ""
			}
			person.MustShow(say("agreements.mine_none"))
			steady(person)

			worker := b.Visit(t, h.URL(), screen)
			enterDemo(worker, "worker")
			file := firstFile(worker)
			worker.Open(file + "/accords/nouveau")
			worker.Press(say("agreements.to_preview"))
			worker.MustShow(say("errs.agreements.purpose_missing")) // nothing is shared by default
			worker.Choose("Équipe Insertion")
			worker.Fill(say("agreements.purpose"), purpose)
			worker.Choose("Ce qui compte pour la personne")
			worker.Fill(say("agreements.last_day"), "11/07/2026")
			worker.Choose(say("agreements.read_aloud"))
			steady(worker)
			worker.Press(say("agreements.to_preview"))
			worker.MustShow(say("agreements.preview_title"), purpose)
			steady(worker)
			if screen.Script {
				worker.Choose(say("agreements.sign_drawn"))
				worker.Draw(say("agreements.sign_here"))
			} else {
				worker.Choose(say("agreements.sign_typed"))
				worker.Fill(say("agreements.mark"), "Samira Haddad")
			}
			worker.Press(say("agreements.sign_go"))
			worker.MustShow(say("agreements.saved"), purpose)
			steady(worker)

			partner.Open("/partages")
			partner.MustShow(purpose)
			partner.Follow("Samira Haddad")
			partner.MustShow(purpose)
			at := partner.Path()
			steady(partner)

			person.Open("/moi/vu")
			person.MustShow(purpose)
			person.Open("/moi/accords")
			person.MustShow(purpose)
			person.Press(say("agreements.stop"))
			person.MustShow(say("agreements.revoked"), say("agreements.mine_none"))
			partner.Open(at)
			if partner.Status() != 404 {
				t.Errorf("what she stopped answers %d", partner.Status())
			}
			worker.Open(file + "/accords")
			worker.Unfold(say("agreements.past"))
			worker.MustShow(purpose, "Arrêté par la personne")
		})
	}
}
