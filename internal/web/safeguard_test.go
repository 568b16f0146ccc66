package web_test

import (
	"context"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/duty/safeguard"
)

// TestAWorryReachesNoParent: on random households, whoever's file it is written in, no word
// of what is kept apart for a child is on a page, a print, a copy or in the journal of a
// parent or of the child, nor on any page of a colleague who is not named.
func TestAWorryReachesNoParent(t *testing.T) {
	s := newSite(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	notes, err := note.New(s.cases)
	must(err)
	apart, err := safeguard.New(s.cases)
	must(err)
	team := core.ActorFrom(s.ctx).Teams[0]
	system := core.WithActor(context.Background(), core.Actor{Kind: core.ActorSystem, ID: "test", Org: s.org})
	_, err = s.access.AddWorker(system, access.Worker{Login: "l.autre", Name: "Luc Autre", Function: "éducateur", Works: true, Active: true, Teams: []core.ID{team}})
	must(err)
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 11))
		a, b := s.couple(t, notes, rng)
		child, err := s.cases.CreatePerson(s.ctx, casefile.NewPerson{Team: team, SeenDuplicates: true,
			Identity: casefile.Identity{UsualName: "Enfant" + letters(rng), GivenNames: "Petit" + letters(rng), Birth: core.PartialDate{Year: 2010 + rng.IntN(10)}}})
		must(err)
		_, err = s.cases.AddToHousehold(s.ctx, a.id, casefile.HouseholdInput{Person: child, LivesIn: true, Relation: casefile.RelationChild})
		must(err)
		family := []core.ID{a.id, b.id, child}
		in := safeguard.Input{Kind: []safeguard.Kind{safeguard.Worry, safeguard.Shared}[rng.IntN(2)], On: core.Date{Year: 2026, Month: 6, Day: 10}, Child: "Gardapartun" + letters(rng),
			Words: "Gardapartdeux" + letters(rng), To: "Gardaparttrois" + letters(rng), Told: rng.IntN(2) == 0, ToldTo: "Gardapartquatre" + letters(rng), WhyNot: "Gardapartcinq" + letters(rng)}
		file := family[rng.IntN(3)]
		id, err := apart.Write(s.ctx, file, in)
		must(err)
		must(apart.Add(s.ctx, file, id, "Gardapartsix"+letters(rng)))
		if page, err := apart.List(s.ctx, file); err != nil || len(page.Records) != 1 {
			t.Fatalf("household %d: the writer does not read it: this test proves nothing: %v", seed, err)
		}
		for _, who := range family {
			own, err := s.access.DemoEnter(s.ctx, access.DemoVisitor{Org: s.org, Person: who}, access.Client{})
			must(err)
			colleague, err := s.access.DemoEnter(s.ctx, access.DemoVisitor{Login: "l.autre"}, access.Client{})
			must(err)
			s.seeks(t, fmt.Sprintf("household %d", seed), own, "/moi", "/moi/plan", "/moi/plan/papier", "/moi/fiche", "/moi/notes", "/moi/mots", "/moi/situation", "/moi/avenir", "/moi/accords",
				"/moi/mandats", "/moi/copie", "/moi/vu", "/moi/vu/2026-06", "/moi/vu/2026-06/papier", "/moi/vu/2026-06/verifier")
			path := "/personnes/" + string(who)
			s.seeks(t, fmt.Sprintf("household %d", seed), colleague, path, path+"/enfance", path+"/notes", path+"/notes/mots", path+"/temps", path+"/appels", path+"/export", path+"/accords", path+"/vu",
				path+"/suivi", path+"/foyer", path+"/conservation", "/", "/personnes?q=gardapartdeux")
			for _, reader := range []core.Actor{{Kind: core.ActorPerson, ID: who, Org: s.org, AAL: 2}, core.ActorFrom(s.ctx)} {
				d, err := s.cases.Export(core.WithActor(t.Context(), reader), who, notes.Exporters()...)
				must(err)
				if strings.Contains(fmt.Sprintf("%+v", *d), "Gardapart") {
					t.Errorf("household %d: the copy holds what is kept apart", seed)
				}
			}
		}
	}
}

// seeks opens pages in a session and looks for what is kept apart, and for its line.
func (s *site) seeks(t *testing.T, what, session string, paths ...string) {
	t.Helper()
	for _, path := range paths {
		r := httptest.NewRequest("GET", "http://parvis.example"+path, nil)
		r.Header.Set("Accept-Language", "fr")
		r.AddCookie(&http.Cookie{Name: "parvis", Value: session})
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %s: %d", what, path, w.Code)
		}
		body := html.UnescapeString(w.Body.String())
		if strings.Contains(body, "Gardapart") || strings.Contains(body, "a écrit pour la protection") || strings.Contains(body, "a lu ce qui est écrit pour") {
			t.Errorf("%s: %s shows what is kept apart", what, path)
		}
	}
}

// TestChildProtection: without script, a worker writes what they passed on, says why the
// family was not told, adds the answer; a refused form keeps what was typed.
func TestChildProtection(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	b.get("/demo/enter/worker")
	file := "/personnes/" + string(s.samira)
	at := file + "/enfance"
	b.get(file).must(200, "Protection de l’enfance")
	bad := b.get(at).must(200, "Rien que vous puissiez lire.").send(b, at, "kind", "worry", "child", "Lina", "words", "Elle a dit <b>non</b>.", "to", "", "on", "hier", "told", "no", "why_not", "").must(422)
	if !strings.Contains(bad.body, "Elle a dit &lt;b&gt;non&lt;/b&gt;.") {
		t.Error("what was typed is lost")
	}
	bad.send(b, at, "kind", "worry", "child", "Lina", "words", "Elle a dit non.", "to", "CRIP 79", "on", "10/06/2026", "told", "no", "why_not", "").must(422, "pourquoi la famille n’a pas été informée")
	page := bad.send(b, at, "kind", "worry", "child", "Lina", "words", "Elle a dit non.", "to", "CRIP 79", "on", "10/06/2026", "told", "no", "why_not", "danger au domicile").
		must(200, "C’est gardé, à part du dossier.", "Information préoccupante", "Famille non informée : danger au domicile")
	page.send(b, at+"/suite", "more", "La CRIP a accusé réception.").must(200, "La suite est écrite.", "La CRIP a accusé réception.")
	b.get(file + "/vu").must(200).mustNot("protection d’un enfant")
	other := b.another()
	other.get("/demo/enter/worker?login=n.lefevre")
	if p := other.get(at).mustNot("Lina"); p.status != 403 && p.status != 404 {
		t.Errorf("another team: %d", p.status)
	}
}
