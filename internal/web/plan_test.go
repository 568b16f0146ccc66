package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// stepHref finds the page of a step by its title.
func stepHref(t testing.TB, p page, title string) string {
	t.Helper()
	m := regexp.MustCompile(`<a href="(/personnes/[^"]+/demarches/[^"]+)">` + regexp.QuoteMeta(title) + `</a>`).FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("%s shows no step %q:\n%s", p.path, title, p.text())
	}
	return m[1]
}

// TestAPlanFromWordsToDone: without script, a worker writes what matters, a goal, a
// step, sees it due today, moves it, undoes, and the person reads it at home.
func TestAPlanFromWordsToDone(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	first := b.get(file).must(200, "Ce qui compte pour elle", "Rien n’est encore noté", "Rien n’est prévu pour l’instant.")
	if at := strings.Index(first.body, `id="attentes"`); at < 0 || at > strings.Index(first.body, `id="foyer"`) {
		t.Error("the person's words do not come first")
	}
	b.get(file+"/paroles").send(b, file+"/paroles", "words", "").must(422, "Écrivez ses mots, même peu.")
	b.get(file+"/paroles").send(b, file+"/paroles", "words", "Garder mon logement.", "said_on", "04/06/2026", "reread", "aloud", "reread_in", "ar").
		must(200, "« Garder mon logement. »", "Dit le 4 juin.", "Relu à voix haute, en arabe.")
	b.get(file+"/paroles").send(b, file+"/paroles", "words", "<script>alert(1)</script>", "said_on", "05/06/2026").
		must(200, "« <script>alert(1)</script> »", "Ce qui a été dit avant").mustNot("<script>alert")
	b.get(file+"/paroles").must(200, "« Garder mon logement. »")

	b.get(file+"/buts/nouveau").send(b, file+"/buts/nouveau", "title", "Garder le logement", "chosen_on", "04/06/2026").
		must(200, "Choisi par Mme Haddad le 4 juin 2026.")
	newStep := file + "/demarches/nouvelle"
	goal := regexp.MustCompile(`<option value="([^"]+)">Garder le logement`).FindStringSubmatch(b.get(newStep).body)
	if goal == nil {
		t.Fatal("the goal is not offered")
	}
	b.get(newStep).send(b, newStep, "title", "Demander l'aide", "who", "together", "online", "Mon compte CAF", "goal", goal[1], "due_on", "01/06/2026").
		must(422, "voie humaine")
	b.get(newStep).send(b, newStep, "title", "Demander l'aide", "who", "together", "online", "Mon compte CAF", "desk", "CAF, mardi matin", "goal", goal[1], "due_on", "01/06/2026").
		must(422, "Cette date vient avant le jour où le but a été choisi.")
	b.get(newStep).send(b, newStep, "title", "Demander l'aide", "who", "together", "paper", "RIB").must(422, "« RIB » : écrivez qui le demande")
	shown := b.get(newStep).send(b, newStep, "title", "Demander l'aide", "who", "together", "online", "Mon compte CAF", "desk", "CAF, mardi matin", "goal", goal[1],
		"due_on", "18/06/2026", "paper", "RIB", "paper_by", "CSS art. R846-5").
		must(200, "C’est gardé.", "Demander l'aide", "18 juin", "Ensemble. Suivi : Claire Maurel.", "En ligne", "Avec quelqu’un", "RIB : CSS art. R846-5")
	step := stepHref(t, shown, "Demander l&#39;aide")
	b.get("/").must(200, "Échéances", "Demander l'aide", "par date")

	stale := b.get(step).must(200, "Écrite")
	b.get(step).send(b, step+"/etat", "state", "waiting", "outcome", "Reçue, réponse sous un mois").must(200, "Attend une réponse · Claire Maurel", "Reçue, réponse sous un mois")
	stale.send(b, step, "title", "Demander l'aide au logement", "who", "person").
		must(409, "Quelqu’un a changé ceci pendant que vous écriviez.", "Attend une réponse").mustNot("n’existe pas")
	b.get(step).send(b, step+"/etat", "state", "done", "outcome", "Accordée").must(200, "Fait · Claire Maurel", "Ce qui est terminé")
	b.get("/").must(200, "Aucune démarche à votre nom")
	b.get(step).send(b, step+"/etat", "state", "todo").must(200)
	b.get(step).must(200, "Remise à faire", "Accordée", "Reçue, réponse sous un mois")
	b.get(step).send(b, step+"/etat", "state", "lost").must(422)

	person := b.another()
	person.get("/demo/enter/person")
	person.get("/moi").must(200, "Mon plan")
	person.get("/moi/plan").must(200, "Ce qui compte pour vous", "Demander l'aide", "CAF, mardi matin").mustNot("/personnes/")
	person.get(step).must(404)
	other := strings.Replace(step, string(s.samira), string(s.other), 1)
	if p := b.get(other); p.status != 403 && p.status != 404 {
		t.Errorf("another file's step: %d", p.status)
	}
}

func TestARightToClaimProposesItsStep(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	form := url.Values{}
	inside := b.get(file).must(200).body
	inside = inside[strings.Index(inside, `action="`+file+`/droits/asf"`):]
	for _, m := range hiddenField.FindAllStringSubmatch(inside[:strings.Index(inside, "</form>")], -1) {
		form.Set(m[1], m[2])
	}
	form.Set("choix", "to_claim")
	decided := b.post(file+"/droits/asf", form).must(200, "Préparer la démarche")
	newStep := file + "/demarches/nouvelle"
	if !strings.Contains(decided.body, newStep+"?droit=asf") {
		t.Fatal("no link to the step of asf")
	}
	b.get(file).must(200, "Rien n’est prévu pour l’instant.") // proposed, never made
	b.get(newStep+"?droit=asf").send(b, newStep, "title", "Demander le soutien familial", "who", "person", "right", "asf").must(200, "Demander le soutien familial").
		mustNot(newStep + "?droit=asf")
}

// TestAStepWrittenThroughAnEndedSession keeps its text.
func TestAStepWrittenThroughAnEndedSession(t *testing.T) {
	s := newSite(t)
	clk := s.clock.(*movable)
	b := s.open(t)
	b.get("/demo/enter/worker")
	newStep := "/personnes/" + string(s.samira) + "/demarches/nouvelle"
	form := b.get(newStep)
	clk.now = clk.now.Add(3 * time.Hour)
	door := form.send(b, newStep, "title", "Appeler le bailleur", "who", "worker", "paper", "Bail").must(200, "votre texte vous attend")
	next, err := url.Parse(door.path)
	if err != nil {
		t.Fatal(err)
	}
	b.get("/demo/enter/worker")
	back := b.get(next.Query().Get("suite")).must(200, "Voici votre texte.")
	for _, v := range []string{`value="Appeler le bailleur"`, `value="Bail"`, `value="worker" checked`} {
		if !strings.Contains(back.body, v) {
			t.Errorf("%s is lost", v)
		}
	}
	back.send(b, newStep, "title", "Appeler le bailleur", "who", "worker").must(200, "C’est gardé.", "Claire Maurel s’en charge.")
}

func TestACallIsNotedInTwoGestures(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	calls := "/personnes/" + string(s.samira) + "/appels"
	b.get("/personnes/"+string(s.samira)).must(200, "Appels et courriers")
	b.get(calls).must(200, "Rien n’est encore noté.").send(b, calls, "kind", "call").must(422, "Dites dans quel sens.", "Écrivez avec qui.")
	b.get(calls).send(b, calls, "kind", "call", "direction", "out", "party", "CAF", "answered_by", "M. Petit", "says", "Reçu <b>hier</b>", "on", "10/06/2026").
		must(200, "C’est gardé.", "Appel fait · CAF", "Réponse de M. Petit. 10 juin 2026, noté par Claire Maurel.", "Reçu <b>hier</b>")
	b.get(calls).send(b, calls, "kind", "letter", "direction", "in", "party", "CAF", "on", "31/02/2026").must(422, "Écrivez un jour")
	person := b.another()
	person.get("/demo/enter/person")
	person.get(calls).must(404)
}
