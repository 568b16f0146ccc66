package browsertest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"testing"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// openDemo runs a demo of its own.
func openDemo(t *testing.T) *house {
	t.Helper()
	return openHouse(t, func(c *server.Config) { c.Demo = true })
}

// enterDemo signs in by one of the demo's doors.
func enterDemo(v *browsertest.Visitor, door string) { v.Open("/demo/enter/" + door) }

// firstFile is the path of the file that the demo's person has.
func firstFile(v *browsertest.Visitor) string {
	v.Open("/personnes?q=Haddad")
	v.Follow("Samira Haddad")
	return v.Path()
}

// pagesOfWorker are the pages that a worker sees, by a name for pictures. Those
// that make something are left out.
func pagesOfWorker(file string) [][2]string {
	return [][2]string{
		{"today", "/"},
		{"conversations", "/conversations?qui=tous"},
		{"conversations-aside", "/conversations?cote=oui&qui=tous"},
		{"conversations-told", "/conversations/prevenir"},
		{"conversations-rule", "/conversations/regle"},
		{"calculations", file + "/calculs"},
		{"set-aside", file + "/conversations/af/cote"},
		{"search", "/personnes?q=haddad"},
		{"search-empty", "/personnes?q=zzzzzz"},
		{"person", file},
		{"household", file + "/foyer"},
		{"birth", file + "/foyer/naissance"},
		{"guest", file + "/foyer/heberge"},
		{"host", file + "/foyer/chez"},
		{"identity", file + "/identite"},
		{"ways-in", file + "/acces"},
		{"facts", file + "/faits"},
		{"fact", file + "/faits/loyer"},
		{"time", file + "/temps"},
		{"question", file + "/question"},
		{"ahead", file + "/avenir"},
		{"trial", file + "/avenir/essai"},
		{"words", file + "/paroles"},
		{"calls", file + "/appels"},
		{"notes", file + "/notes"},
		{"note", file + "/notes/nouvelle"},
		{"statements", file + "/notes/mots"},
		{"goal", file + "/buts/nouveau"},
		{"step", file + "/demarches/nouvelle?droit=asf"},
		{"new-person", "/personnes/nouvelle"},
		{"desk", "/accueil"},
		{"desk-search", "/accueil/passages"},
		{"desk-groups", "/accueil/groupes"},
		{"desk-obstacles", "/accueil/obstacles"},
		{"desk-figures", "/accueil/chiffres"},
		{"desk-calls", "/accueil/appels"},
		{"desk-register", "/accueil/registre"},
		{"desk-counted", "/ce-qui-est-compte"},
		{"desk-file", file + "/passages"},
		{"accompaniments", "/suivis"},
		{"follow", file + "/suivi"},
		{"end", file + "/suivi/fin"},
		{"hand-over", file + "/suivi/relais"},
		{"hand-overs", "/relais"},
		{"absence", "/absence"},
		{"agreements", file + "/accords"},
		{"agreement", file + "/accords/nouveau"},
		{"shared", "/partages"},
		{"mandate", file + "/mandats/nouveau"},
		{"death", file + "/deces"},
		{"protected-address", file + "/adresse"},
		{"account", "/compte"},
		{"passkeys", "/compte/cles-d-acces"},
		{"resets", "/equipe/demandes"},
		{"confirm", "/confirmer?suite=/equipe"},
		{"rules", "/regles"},
		{"counters", "/guichets"},
		{"not-found", "/nulle-part"},
	}
}

func statusOf(path string) int {
	if path == "/nulle-part" {
		return http.StatusNotFound
	}
	return http.StatusOK
}

// TestAccessibility: WCAG 2.2 A and AA and the best practices of axe, on every
// page, in light and dark, on a desktop and on a phone; and no page wider than a
// phone of 320 px.
func TestAccessibility(t *testing.T) {
	b := browsertest.Start(t)
	h := openDemo(t)
	for _, screen := range []browsertest.Screen{
		{Width: 1280}, {Width: 360}, {Width: 1280, Dark: true}, {Width: 360, Dark: true}, {Width: 360, Lang: "ar"},
	} {
		t.Run(fmt.Sprintf("%d dark=%t %s", screen.Width, screen.Dark, screen.Lang), func(t *testing.T) {
			screen.Script = true // axe is one; the pages of TestLanguages have none
			check := func(v *browsertest.Visitor, path string) {
				v.Open(path)
				if want := statusOf(path); v.Status() != want {
					t.Errorf("%s: status %d, want %d", path, v.Status(), want)
				}
				for _, w := range v.Axe() {
					t.Errorf("%s: %s", path, w)
				}
				if n := v.SidewaysScroll(); n > 0 {
					t.Errorf("%s scrolls sideways by %d px", path, n)
				}
			}
			nobody := b.Visit(t, h.URL(), screen)
			for _, path := range []string{"/entrer", "/entrer/perdu", "/carte", "/simulateur", "/guichets", "/regles", "/verifier", "/journal/cle", "/nulle-part"} {
				check(nobody, path)
			}
			worker := b.Visit(t, h.URL(), screen)
			enterDemo(worker, "worker")
			file := firstFile(worker)
			for _, p := range pagesOfWorker(file) {
				check(worker, p[1])
			}
			check(worker, file+"/droits/aide_logement")
			worker.Open(file)
			worker.Press(i18n.For(cmp.Or(screen.Lang, i18n.French)).T("web.file.sheet"))
			check(worker, worker.Path())
			worker.Open(file)
			worker.Press(i18n.For(cmp.Or(screen.Lang, i18n.French)).T("print.plan"))
			check(worker, worker.Path())
			check(worker, file+"/export")
			person := b.Visit(t, h.URL(), screen)
			enterDemo(person, "person")
			check(person, person.Path())
			check(person, "/moi")
			check(person, "/moi/avenir")
			check(person, "/moi/calculs")
			check(person, "/moi/notes")
			check(person, "/moi/mots")
			check(person, "/moi/copie")
			check(person, "/moi/cles-d-acces")
			check(person, "/moi/acces")
			check(person, "/moi/plan/papier")
			check(person, "/moi/vu")
			check(person, "/moi/situation")
			check(person, "/moi/ecran")
		})
	}
	for _, lang := range []string{i18n.French, i18n.Arabic} {
		t.Run("320 px "+lang, func(t *testing.T) {
			narrow := func(v *browsertest.Visitor, path string) {
				v.Open(path)
				if n := v.SidewaysScroll(); n > 0 {
					t.Errorf("%s scrolls sideways by %d px", path, n)
				}
			}
			v := b.Visit(t, h.URL(), browsertest.Screen{Width: 320, Lang: lang})
			enterDemo(v, "worker")
			for _, p := range pagesOfWorker(firstFile(v)) {
				narrow(v, p[1])
			}
			v = b.Visit(t, h.URL(), browsertest.Screen{Width: 320, Lang: lang})
			enterDemo(v, "person")
			for _, path := range []string{"/moi", "/moi/avenir", "/moi/plan", "/moi/notes", "/moi/mots", "/moi/fiche", "/moi/copie", "/moi/plan/papier?langue=fr-x-falc"} {
				narrow(v, path)
			}
		})
	}
}
