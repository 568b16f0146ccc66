package browsertest_test

import (
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// TestScreens takes the pictures of the README and of docs into the folder that
// PARVIS_SCREENS names (`make screenshots`); without it there is nothing to do.
func TestScreens(t *testing.T) {
	dir := os.Getenv("PARVIS_SCREENS")
	if dir == "" {
		t.Skip("PARVIS_SCREENS names no folder: no picture wanted")
	}
	b := browsertest.Start(t)
	h := openDemo(t)
	take := func(v *browsertest.Visitor, name string, whole bool) {
		v.Picture(filepath.Join(dir, name+".png"), whole)
	}
	nobody := b.Visit(t, h.URL(), browsertest.Screen{Script: true})
	nobody.Open("/entrer")
	take(nobody, "sign-in", false)

	worker := b.Visit(t, h.URL(), browsertest.Screen{Script: true, Height: 1000})
	enterDemo(worker, "worker")
	file := firstFile(worker)
	take(worker, "person", false)
	worker.Open("/")
	take(worker, "today", false)
	worker.Open(file)
	worker.Open(file + "/droits/aide_logement")
	take(worker, "rights", false)
	worker.Open(file + "/question")
	take(worker, "question", false)
	worker.Open(file)
	worker.Press("Fiche de droits")
	take(worker, "sheet", true)
	worker.Open("/nulle-part")
	take(worker, "not-found", false)

	phone := b.Visit(t, h.URL(), browsertest.Screen{Width: 390, Height: 844, Script: true, Dark: true})
	enterDemo(phone, "worker")
	phone.Open(file)
	take(phone, "person-phone-dark", false)
	arabic := b.Visit(t, h.URL(), browsertest.Screen{Width: 390, Height: 844, Script: true, Lang: "ar"})
	enterDemo(arabic, "person")
	take(arabic, "person-arabic", false)
}
