package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// A manager has a program told without script: sees the secret once, tries it, sees
// what failed and has it tried again, changes the address, pauses and removes it.
func TestProgramsPage(t *testing.T) {
	status := http.StatusInternalServerError
	var got []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("webhook-id"))
		w.WriteHeader(status)
	}))
	defer receiver.Close()
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	b.get("/equipe").must(200, "Logiciels prévenus")
	path := "/equipe/logiciels"
	form := b.get(path).must(200, "Aucune adresse pour le moment", "Un dossier change")
	form.send(b, path, "name", "Agenda <b>", "url", "agenda").must(422, "Écrivez une adresse entière", "Cochez au moins une chose")
	made := b.get(path).send(b, path, "name", "Agenda <b>", "url", receiver.URL, "kinds", "file.changed").must(200, "Voici le secret", "ne sera plus montré", "Prévenu")
	made.mustNot("Agenda <b>")
	secret := regexp.MustCompile(`whsec_[A-Za-z0-9+/=&#;]{40,}`).FindString(made.body)
	if secret == "" {
		t.Fatal("no secret on the page")
	}
	b.get(path).must(200).mustNot(secret).send(b, path, "name", "Deux", "url", receiver.URL, "kinds", "file.changed").must(422, "déjà dans la liste")
	one := strings.ReplaceAll(regexp.MustCompile(`/equipe/logiciels/adresse\?id=[0-9a-f-]+`).FindString(made.body), "&amp;", "&")
	id := strings.TrimPrefix(one, "/equipe/logiciels/adresse?id=")
	gesture := path + "/geste"
	b.get(one).must(200, "Rien à montrer ici").send(b, gesture, "id", id, "geste", "essai").must(200, "n’a pas été reçu", "répondu par une erreur (500)", "HTTP 500")
	if len(got) != 1 {
		t.Fatalf("received %v", got)
	}
	b.get(one+"&etat=echec").must(200, "Réessayer").send(b, gesture, "id", id, "geste", "encore", "message", got[0]).must(200, "L’envoi est repris", "En attente")
	status = http.StatusOK
	if err := s.hooks.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.get(one).must(200, "Reçu", "1 essai")
	b.get(one).send(b, gesture, "id", id, "geste", "essai").must(200, "L’essai a été reçu")
	b.get(one).send(b, gesture, "id", id, "geste", "secret").must(200, "Voici le nouveau secret", "whsec_", "sert encore jusqu’au 12 juin 2026").mustNot(secret)
	b.get(one).send(b, path+"/adresse", "id", id, "version", "1", "name", "x", "url", receiver.URL, "kinds", "file.changed").must(422, "Quelqu’un a changé cette adresse")
	b.get(one).send(b, path+"/adresse", "id", id, "version", "2", "name", "Calendrier", "url", receiver.URL, "kinds", "step.due", "state", "paused").must(200, "Calendrier", "En pause")
	b.get(one).send(b, gesture, "id", id, "geste", "oubli", "sur", "").must(422, "Cochez la case")
	for _, lang := range []string{"en", "ar", "fr-x-falc", "fr"} {
		b.get(one + "&lang=" + lang)
		b.lang = lang
		b.get(path).must(200)
		b.get(one).must(200)
	}
	b.get(one).send(b, gesture, "id", id, "geste", "oubli", "sur", "oui").must(200, "L’adresse est retirée", "Aucune adresse")
	b.get(one).must(404)
	b.get(path + "/adresse?id=x").must(404)
}
