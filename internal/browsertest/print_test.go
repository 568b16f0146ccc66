package browsertest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// A plan is printed in large print and found again by its code at the desk.
func TestPlanPrintedInLargePrintAndFoundByItsCode(t *testing.T) {
	b := browsertest.Start(t)
	h := openDemo(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		enterDemo(v, "worker")
		file := firstFile(v)
		v.Press("Imprimer le plan")
		v.MustShow("Mon plan", "Samira Haddad", "Au guichet, montrez ce code")
		code := v.Path()[strings.LastIndex(v.Path(), "/")+1:]
		normal, _ := readPDF(t, v.PDF())
		v.Follow("Gros caractères")
		v.MustShow(code)
		large, pages := readPDF(t, v.PDF())
		if !strings.Contains(normal, code) || !strings.Contains(large, code) || pages < 1 {
			t.Errorf("the code %s is not on paper", code)
		}
		picture(v, "print-plan-large", script)

		// At the desk, a day later: the code is typed as it is said.
		desk := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		enterDemo(desk, "worker")
		desk.Open("/personnes?q=" + strings.ToLower(strings.ReplaceAll(code, "-", "+")))
		desk.MustShow("Samira Haddad")
		picture(desk, "print-search", script)
		desk.Follow("Ouvrir ce qui a été imprimé")
		desk.MustShow("Mon plan", code)
		if desk.Path() != file+"/imprime/"+code {
			t.Errorf("the code leads to %s", desk.Path())
		}

		// The plan goes on: the paper says that it is of before.
		desk.Open(file + "/buts/nouveau")
		desk.Fill("Le but", "Souffler un peu "+map[bool]string{true: "un", false: "deux"}[script])
		desk.Press("Enregistrer")
		desk.Open(file + "/imprime/" + code)
		desk.MustShow("Le dossier a changé depuis")
	})
}

// picture takes one into the folder that PARVIS_SCREENS names, to look at.
func picture(v *browsertest.Visitor, name string, script bool) {
	if dir := os.Getenv("PARVIS_SCREENS"); dir != "" && script {
		v.Picture(filepath.Join(dir, name+".png"), true)
	}
}
