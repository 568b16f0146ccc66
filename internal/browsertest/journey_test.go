package browsertest_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/browsertest"
	"codeberg.org/parvis/parvis/internal/testkit"
)

// withAndWithout runs a journey with the pages' own scripts off, then on.
func withAndWithout(t *testing.T, walk func(t *testing.T, script bool)) {
	for _, script := range []bool{false, true} {
		t.Run(fmt.Sprintf("script=%t", script), func(t *testing.T) { walk(t, script) })
	}
}

// enter signs in with a password and the code of the authenticator.
func enter(t *testing.T, h *house, v *browsertest.Visitor, secret string) {
	t.Helper()
	h.clock.Turn(time.Minute) // a code serves once
	v.Open("/entrer")
	v.Fill(say("web.entry.login"), "c.maurel")
	v.Fill(say("web.entry.password"), password)
	v.Press(say("web.entry.go"))
	v.MustShow(say("web.code.title"))
	v.Fill(say("web.code.label"), code(t, secret, h.clock.Now()))
	v.Press(say("web.entry.go"))
}

// openFile makes a file of Samira Haddad with two children and returns its path.
func openFile(t *testing.T, v *browsertest.Visitor) string {
	t.Helper()
	v.Open("/personnes/nouvelle")
	v.Fill(say("web.identity.usual_name"), "Haddad")
	v.Fill(say("web.identity.given_names"), "Samira")
	v.Fill(say("web.identity.birth"), "12/03/1984")
	v.Choose(say("web.identity.madame"))
	v.Press("Ouvrir le dossier")
	v.MustShow("Samira Haddad", "42 ans")
	file := v.Path()
	for _, child := range [][2]string{{"Adam", "04/05/2015"}, {"Lina", "09/10/2018"}} {
		v.Open(file + "/foyer")
		v.Choose("son enfant")
		v.Fill(say("web.identity.given_names"), child[0])
		v.Fill(say("web.identity.usual_name"), "Haddad")
		v.Fill(say("web.identity.birth"), child[1])
		v.Press("Ajouter")
		v.MustShow(child[0])
	}
	return file
}

// saveFact writes one fact of the file, said by the person.
func saveFact(v *browsertest.Visitor, file, variable, label, value string) {
	v.Open(file + "/faits/" + variable)
	v.Fill(label, value)
	v.Choose("Dit par Mme Haddad")
	v.Press(say("web.form.save"))
}

// answer is what Samira Haddad says to a question: a choice, or fields and values.
type answer struct {
	question string
	choice   string
	fields   [][2]string
}

func answersOfSamira() []answer {
	none := func(question string, fields ...string) answer {
		a := answer{question: question}
		for _, f := range fields {
			a.fields = append(a.fields, [2]string{f, "0"})
		}
		return a
	}
	return []answer{
		{question: "Que faites-vous", choice: "travaille"},
		{question: "Dans quelle commune", fields: [][2]string{{"Commune", "69123"}}},
		{question: "Combien recevez-vous de salaire", fields: [][2]string{{"Salaire net", "1200"}, {"Salaire net imposable", "1235"}, {"Salaire brut", "1540"}}},
		{question: "Quel est votre logement", choice: "locataire, logement vide"},
		{question: "Combien payez-vous de loyer", fields: [][2]string{{"Loyer", "620,50"}}},
		none("Chômage net", "Chômage net", "Chômage imposable"),
		none("Pension d’invalidité", "Pension d’invalidité"),
		none("Recevez-vous une pension pour les enfants", "Pension alimentaire reçue"),
		{question: "Cinq ans de travail", choice: "Non"},
		{question: "Êtes-vous parent seul", choice: "Non"},
		{question: "Élevez-vous des enfants sans aide", choice: "Non"},
		{question: "un titre de séjour", choice: "nationalité française"},
	}
}

// answerAll answers the questions one page after the other, and returns how many
// there were. Whatever has no answer above is not known.
func answerAll(t *testing.T, v *browsertest.Visitor, file string, others ...answer) int {
	t.Helper()
	v.Open(file + "/question")
	for n := range 25 {
		if v.Shows("Plus de question pour l’instant") {
			return n
		}
		title := browsertest.Eval[string](v, "document.querySelector('h1').innerText")
		t.Logf("question %d: %s", n+1, title)
		answered := false
		for _, a := range append(answersOfSamira(), others...) {
			if !strings.Contains(title, a.question) {
				continue
			}
			answered = true
			if a.choice != "" {
				v.Choose(a.choice)
			}
			for _, f := range a.fields {
				v.Fill(f[0], f[1])
			}
		}
		if !answered {
			v.Choose("Je ne sais pas")
		}
		v.Press("Continuer")
		if v.Status() != http.StatusOK {
			t.Fatalf("the answer to %q was refused (%d): %s", title, v.Status(), v.Text())
		}
	}
	t.Fatalf("still a question after 25 of them: %s", v.Text())
	return 0
}

func TestFromNothingToRights(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openHouse(t, nil)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script})
		secret := settle(t, h, v)
		v.MustShow(say("web.set_up.done"), "Claire Maurel")

		// Out, and in again: a wrong password is told, what was typed stays.
		v.Open("/compte")
		v.Press("Sortir")
		v.MustShow(say("web.entry.left"))
		v.Fill(say("web.entry.login"), "c.maurel")
		v.Fill(say("web.entry.password"), "not this one")
		v.Press(say("web.entry.go"))
		if v.Status() != http.StatusUnprocessableEntity || v.Value(say("web.entry.login")) != "c.maurel" {
			t.Errorf("a wrong password: status %d, login %q; want 422 and the login kept", v.Status(), v.Value(say("web.entry.login")))
		}
		enter(t, h, v, secret)
		v.MustShow("Jeudi 11 juin", "Pas encore de dossier ouvert")

		// Search: nobody yet; then a file, found again with a name badly written.
		v.Open("/personnes?q=hadad")
		file := openFile(t, v)
		v.Open("/personnes?q=" + "hadad%20samira")
		v.Follow("Samira Haddad")
		if v.Path() != file {
			t.Errorf("the search leads to %s, want %s", v.Path(), file)
		}
		v.MustShow("Adam", "11 ans", "Lina", "7 ans")

		// One question a page, then the rights.
		asked := answerAll(t, v, file)
		t.Logf("%d questions to the end", asked)
		v.Open(file)
		if got := card(v, file, "Allocations familiales"); !strings.Contains(got, "152,25 €") {
			t.Errorf("after all the questions the card of family allowances says: %s", got)
		}

		// Why: a line, a figure, an article.
		v.Follow("Ligne par ligne")
		v.MustShow("L521-1", "CRDS")

		// A fact that changes recomputes.
		before := card(v, file, "Aide au logement")
		saveFact(v, file, "loyer", "Loyer", "350")
		v.MustShow(say("web.file.rights_recomputed"))
		if after := card(v, file, "Aide au logement"); after == before {
			t.Errorf("a lower rent changes nothing: %s", after)
		}

		// The person decides; who and when is written.
		v.Open(file)
		v.PressIn("Aide au logement", "À demander")
		v.Open(file)
		if got := card(v, file, "Aide au logement"); !strings.Contains(got, "11 juin") || !strings.Contains(got, "Claire Maurel") {
			t.Errorf("after the decision the card says: %s", got)
		}

		// On paper.
		v.Open(file)
		v.Press("Fiche de droits")
		v.MustShow("Samira Haddad", "152,25 €")
		text, pages := readPDF(t, v.PDF())
		sides := strings.Split(text, "\f")
		if pages > 3 || !strings.Contains(strings.Join(sides[:2], ""), "Au guichet, montrez ce code") || !strings.Contains(text, "152,25") {
			t.Errorf("the printed sheet has %d pages, want two and what follows of the months to come, with 152,25 €:\n%s", pages, text)
		}
	})
}

// card is what the card of a right says on the file's page.
func card(v *browsertest.Visitor, file, right string) string {
	v.Open(file)
	return browsertest.Eval[string](v, `[...document.querySelectorAll('.right')].find(e => e.querySelector('h3').innerText.startsWith("`+right+`"))?.innerText.replace(/\s+/g, ' ') || ''`)
}

// readPDF returns the words and the number of pages of a PDF.
func readPDF(t *testing.T, pdf []byte) (text string, pages int) {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		testkit.Missing(t, "poppler-utils (pdftotext)")
	}
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = strings.NewReader(string(pdf))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("read the PDF: %v", err)
	}
	return string(out), strings.Count(string(out), "\f")
}

// A person reads what concerns her and nothing else: her rights, her sheet.
func TestPersonReadsHerRights(t *testing.T) {
	b := browsertest.Start(t)
	h := openDemo(t)
	worker := b.Visit(t, h.URL(), browsertest.Screen{})
	enterDemo(worker, "worker")
	hers := firstFile(worker)
	withAndWithout(t, func(t *testing.T, script bool) {
		v := b.Visit(t, h.URL(), browsertest.Screen{Width: 360, Script: script})
		enterDemo(v, "person")
		v.MustShow("Haddad", "Voir quelqu’un")
		if strings.Contains(v.Text(), "€") {
			t.Errorf("an amount on the first screen of a phone: %s", v.Text())
		}
		v.Open("/moi/fiche")
		v.MustShow("Allocations familiales", "€")
		for _, path := range []string{hers, hers + "/foyer", hers + "/temps", "/personnes", "/equipe", "/compte"} {
			v.Open(path)
			if v.Status() != http.StatusNotFound {
				t.Errorf("a person opens %s: status %d, want 404", path, v.Status())
			}
		}
		v.Open("/?lang=ar")
		if got := browsertest.Eval[string](v, "document.documentElement.dir"); got != "rtl" {
			t.Errorf("in Arabic the page runs %s", got)
		}
	})
}
