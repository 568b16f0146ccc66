package browsertest_test

import (
	"fmt"
	"net/http"
	"testing"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/browsertest"
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
		{"search", "/personnes?q=haddad"},
		{"search-empty", "/personnes?q=zzzzzz"},
		{"person", file},
		{"household", file + "/foyer"},
		{"identity", file + "/identite"},
		{"facts", file + "/faits"},
		{"fact", file + "/faits/loyer"},
		{"time", file + "/temps"},
		{"question", file + "/question"},
		{"words", file + "/paroles"},
		{"calls", file + "/appels"},
		{"goal", file + "/buts/nouveau"},
		{"step", file + "/demarches/nouvelle?droit=asf"},
		{"new-person", "/personnes/nouvelle"},
		{"account", "/compte"},
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
	for _, dark := range []bool{false, true} {
		for _, width := range []int{1280, 360} {
			t.Run(fmt.Sprintf("%d dark=%t", width, dark), func(t *testing.T) {
				screen := browsertest.Screen{Width: width, Dark: dark, Script: true}
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
				for _, path := range []string{"/entrer", "/guichets", "/regles", "/nulle-part"} {
					check(nobody, path)
				}
				worker := b.Visit(t, h.URL(), screen)
				enterDemo(worker, "worker")
				file := firstFile(worker)
				for _, p := range pagesOfWorker(file) {
					check(worker, p[1])
				}
				worker.Open(file)
				worker.Follow("Ligne par ligne")
				check(worker, worker.Path())
				worker.Open(file)
				worker.Press("Fiche de droits")
				check(worker, worker.Path())
				person := b.Visit(t, h.URL(), screen)
				enterDemo(person, "person")
				check(person, person.Path())
			})
		}
	}
	t.Run("320 px", func(t *testing.T) {
		v := b.Visit(t, h.URL(), browsertest.Screen{Width: 320})
		enterDemo(v, "worker")
		for _, p := range pagesOfWorker(firstFile(v)) {
			v.Open(p[1])
			if n := v.SidewaysScroll(); n > 0 {
				t.Errorf("%s scrolls sideways by %d px", p[1], n)
			}
		}
	})
}
