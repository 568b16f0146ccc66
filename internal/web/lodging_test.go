package web_test

import "testing"

// A birth, a guest and a stay at somebody's, by their forms: what cannot be read
// keeps what was typed, what is right shows on the household.
func TestBirthsAndPeopleHoused(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	home := "/personnes/" + string(s.samira) + "/foyer"

	birth := home + "/naissance"
	page := b.get(birth).must(200, "Une naissance")
	page.send(b, birth, "given_names", "Nour", "usual_name", "Haddad", "birth", "mai", "lives", "oui").must(422, "Écrivez un jour")
	page = b.get(birth)
	page.send(b, birth, "given_names", "Nour", "usual_name", "Haddad", "birth", "2026", "lives", "oui").must(422)
	b.get(birth).send(b, birth, "given_names", "Nour", "usual_name", "Haddad", "birth", "01/09/2026", "lives", "oui").must(422, "pas encore arrivée")
	b.get(birth).send(b, birth, "given_names", "Nour", "usual_name", "Haddad", "birth", "20/05/2026", "lives", "oui", "other_parent", string(s.other)).must(404)
	b.get(birth).send(b, birth, "given_names", "Nour", "usual_name", "Haddad", "birth", "20/05/2026", "lives", "oui").must(200, "L’enfant est dans le foyer.")
	b.get(home).must(200, "Nour Haddad", "là depuis le 20 mai 2026")

	guest := home + "/heberge"
	b.get(guest).send(b, guest, "given_names", "Awa", "usual_name", "Sow").must(422, "Écrivez un jour")
	b.get(guest).send(b, guest, "given_names", "Awa", "usual_name", "Sow", "from", "01/06/2026", "until", "01/05/2026").must(422, "La fin est avant le début.")
	b.get(guest).send(b, guest, "given_names", "Awa", "usual_name", "Sow", "from", "01/06/2026", "until", "01/08/2026").
		must(200, "Awa Sow", "en hébergement depuis le 1er juin 2026, jusqu’au 31 juillet 2026")

	host := home + "/chez"
	b.get(host+"?q=sow").send(b, host, "from", "").must(422)
	b.get(host).send(b, host, "with", "x", "from", "05/06/2026").must(404)
	b.get(host).send(b, host, "person", string(s.other), "from", "05/06/2026").must(403)
	b.get(host).send(b, host, "given_names", "Paul", "from", "05/06/2026").must(200, "Paul", "en hébergement depuis le 5 juin 2026")
}
