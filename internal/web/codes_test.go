package web_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// deliver sends the codes that wait, as the runner does.
func (s *site) deliver(t *testing.T) string {
	t.Helper()
	var ids []core.ID
	err := s.db.Read(t.Context(), func(q db.Querier) error {
		rows, err := q.Query(`SELECT args FROM job WHERE kind = 'code.send' ORDER BY id /* every row */`)
		return db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := s.codes.Deliver(context.Background(), db.Job{Kind: code.Job, Args: []core.ID{id}}); err != nil {
			t.Fatal(err)
		}
	}
	return regexp.MustCompile(`[0-9]{6}`).FindString(s.box.Last().Text)
}

// TestAPersonComesInWithACode without script: the worker says with her where codes go, she
// asks for one, comes in with her birth date, sees her steps and not the rest, and signs.
func TestAPersonComesInWithACode(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	b.get(file+"/acces").must(200, "Recevoir des codes")
	ways := file + "/codes"
	b.get(ways).must(200, "Aucun code n’est envoyé nulle part.").send(b, ways, "adresse", "nulle part", "langue", "fr").must(422, "Tapez un numéro de téléphone ou une adresse e-mail.", "nulle part")
	b.get(ways).send(b, ways, "adresse", "samira@example.org", "langue", "fr", "de", "neuf", "a", "17").must(422, "Écrivez deux heures de la journée")
	b.get(ways).send(b, ways, "adresse", "samira@example.org", "langue", "fr").must(200, "C’est enregistré.", "s•••@example.org")

	p := b.another()
	p.get("/entrer").must(200, "Avec un code reçu")
	p.get("/code").must(200, "Recevoir un code").send(p, "/code", "adresse", "12").must(422, "Tapez un numéro de téléphone ou une adresse e-mail.")
	nobody := p.get("/code").send(p, "/code", "adresse", "personne@example.org").must(200, "Tapez le code", "Si ce téléphone ou cette adresse reçoit des codes")
	asked := p.get("/code").send(p, "/code", "adresse", "samira@example.org").must(200, "Tapez le code")
	if nobody.path != asked.path {
		t.Errorf("%s and %s", nobody.path, asked.path)
	}
	typed := s.deliver(t)
	p.get("/code/saisir").must(200, "Démonstration : rien n’est envoyé.", typed)
	asked.send(p, "/code/saisir", "code", "", "naissance", "hier").must(422, "Tapez la date de naissance")
	asked.send(p, "/code/saisir", "code", typed, "naissance", "01/01/1950").must(422, "Le code ou la date de naissance ne va pas")
	home := p.get("/code/saisir").send(p, "/code/saisir", "code", typed, "naissance", s.born(t)).must(200, "Vous êtes entré avec un code.", "Mon plan")
	home.mustNot("Haddad", "Mes droits")
	p.get("/moi/plan").must(200)
	p.get("/moi/accords").must(200)
	for _, path := range []string{"/moi/fiche", "/moi/situation", "/moi/notes", "/moi/vu", "/moi/copie"} {
		if page := p.get(path); page.status != 403 {
			t.Errorf("%s with one factor: %d", path, page.status)
		}
	}
	p.get("/moi/codes").must(200, "s•••@example.org")

	give := file + "/accords/nouveau"
	team := regexp.MustCompile(`value="(team:[^"]+)"`).FindStringSubmatch(b.get(give).body)[1]
	preview := b.get(give).send(b, give, "to", team, "purpose", "chercher un logement", "until", "30/06/2026", "what", "situation", "read", "aloud", "lang", "fr", "from", "11/06/2026", "etape", "apercu").
		must(200, "Avec un code que la personne reçoit", "s•••@example.org")
	way := regexp.MustCompile(`name="envoyer" value="([^"]+)"`).FindStringSubmatch(preview.body)[1]
	sent := preview.send(b, give, "envoyer", way).must(200, "Le message est parti.", "chercher un logement")
	sent.send(b, give, "etape", "signer", "signed", "code", "code", "").must(422, "Tapez le code que la personne a reçu.")
	toSign := s.deliver(t)
	if toSign == typed || strings.Contains(s.box.Last().Text, "Valsèvre") { // her telephone wants it neutral
		t.Errorf("%q", s.box.Last().Text)
	}
	sent.send(b, give, "etape", "signer", "signed", "code", "code", toSign).must(200, "L’accord est enregistré.", "Signé avec un code que la personne a reçu.")

	mine := p.get("/moi/codes")
	id := regexp.MustCompile(`name="moyen" value="([^"]+)"`).FindStringSubmatch(mine.body)[1]
	mine.send(p, "/moi/codes/arret", "moyen", id).must(200, "Plus aucun code ne part là.")
	b.get(ways).must(200, "Aucun code n’est envoyé nulle part.")
	for _, bad := range []string{ways + "/arret", "/code/saisir", "/moi/codes/arret"} {
		if page := b.post(bad, nil); page.status >= 500 {
			t.Errorf("%s: %d", bad, page.status)
		}
	}
	fresh := b.another()
	fresh.get("/code/saisir").must(200, "Recevoir un code")
}

// born is Samira's birth date, as she types it.
func (s *site) born(t *testing.T) string {
	t.Helper()
	p, err := s.cases.Person(s.ctx, s.samira)
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(p.Birth.Year, time.Month(p.Birth.Month), p.Birth.Day, 0, 0, 0, 0, time.UTC).Format("02/01/2006")
}
