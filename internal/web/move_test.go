package web_test

import (
	"regexp"
	"testing"
)

// Somebody moves out with those ticked: a day that cannot be read keeps the form
// open, people of another household are not found.
func TestMovingToAnotherDwelling(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	home := "/personnes/" + string(s.samira) + "/foyer"
	move := home + "/demenagement"
	page := b.get(home).must(200, "Déménage", "Qui part aussi")
	with := regexp.MustCompile(`name="with" value="([0-9a-f-]+)"`).FindStringSubmatch(page.body)
	if with == nil {
		t.Fatal("nobody to take along")
	}
	refused := page.send(b, move, "with", with[1], "moved", "bientôt").must(422)
	if !regexp.MustCompile(`<details open><summary>[^\0]{0,400}Déménage`).MatchString(refused.body) || !regexp.MustCompile(`value="`+with[1]+`" checked`).MatchString(refused.body) {
		t.Errorf("what was typed is folded away or lost: %s", refused.text())
	}
	refused.send(b, move, "with", "x", "moved", "01/06/2026").must(404)
	b.get(home).send(b, move, "with", string(s.other), "moved", "01/06/2026").must(404)
	b.get(home).send(b, move, "with", with[1], "moved", "01/06/2126").must(422)
	b.get(home).send(b, move, "with", with[1], "moved", "01/06/2026").must(200, "C’est gardé.", "là depuis le 1er juin 2026")
}
