package web_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/contest"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// half is one of two people who were a couple: their file, and words that are only theirs.
type half struct {
	id    core.ID
	words map[string]string // where it was written -> the word
}

// word makes a word that stands nowhere else, of what it is for.
func (h *half) word(rng *rand.Rand, what string) string {
	w := fmt.Sprintf("secret%s%d", what, rng.Uint32())
	h.words[what] = w
	return w
}

// letters are eight of them: a name has no figure.
func letters(rng *rand.Rand) string {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte('a' + rng.IntN(26))
	}
	return string(b)
}

// TestNothingOfOneReachesTheOther: on random couples, together then apart, with or without
// children, each with a file of their own, no word of one is on a page, a print, a copy or in
// the journal of the other.
func TestNothingOfOneReachesTheOther(t *testing.T) {
	s := newSite(t)
	notes, err := note.New(s.cases)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		a, b := s.couple(t, notes, rng)
		for _, pair := range [][2]*half{{a, b}, {b, a}} {
			s.reads(t, seed, pair[0], pair[1])
		}
	}
}

// couple makes two files, a couple that may be over, and what each says and holds.
func (s *site) couple(t *testing.T, notes *note.Service, rng *rand.Rand) (a, b *half) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	today := core.Date{Year: 2026, Month: 6, Day: 11}
	team := core.ActorFrom(s.ctx).Teams[0]
	both := [2]*half{{words: map[string]string{}}, {words: map[string]string{}}}
	for _, h := range both {
		var err error
		h.id, err = s.cases.CreatePerson(s.ctx, casefile.NewPerson{
			Team: team, SeenDuplicates: true,
			Identity: casefile.Identity{UsualName: "Nom" + letters(rng), GivenNames: "Prenom" + letters(rng), Birth: core.PartialDate{Year: 1980 + rng.IntN(20)}},
			Contact: casefile.Contact{Phone: fmt.Sprintf("06 39 98 %02d %02d", rng.IntN(90)+10, rng.IntN(90)+10), Hours: h.word(rng, "heures"), Channel: casefile.ChannelCall,
				Address: casefile.Address{Lines: []string{h.word(rng, "rue")}, Postcode: "79000", City: "Niort", Protected: rng.IntN(2) == 0}},
		})
		must(err)
	}
	a, b = both[0], both[1]
	apart := casefile.HouseholdInput{Person: b.id, LivesIn: rng.IntN(2) == 0, Relation: casefile.RelationPartner, Couple: casefile.Cohabiting, Since: core.Date{Year: 2018, Month: 3, Day: 1}}
	if apart.LivesIn {
		apart.From = core.Date{Year: 2018, Month: 3, Day: 1}
	}
	if rng.IntN(4) > 0 { // most are over
		apart.Apart = core.Date{Year: 2019, Month: 1, Day: 1}.AddDays(rng.IntN(2600))
		if apart.LivesIn {
			apart.Until = apart.Apart
		}
	}
	_, err := s.cases.AddToHousehold(s.ctx, a.id, apart)
	must(err)
	for range rng.IntN(3) {
		_, err := s.cases.AddToHousehold(s.ctx, a.id, casefile.HouseholdInput{LivesIn: true, Relation: casefile.RelationChild,
			From: core.Date{Year: 2020, Month: 1, Day: 1}, Identity: casefile.Identity{GivenNames: "Enfant" + letters(rng), Birth: core.PartialDate{Year: 2020, Month: 1}}})
		must(err)
	}
	for _, h := range both {
		_, err := s.cases.SaveFacts(s.ctx, h.id, []casefile.FactInput{{Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: h.id}, Variable: "metier", State: casefile.Known,
			Value: h.word(rng, "metier"), Source: casefile.SourceDocument, Detail: h.word(rng, "piece"), From: core.PartialDate{Year: 2026, Month: 1}, SeenOn: today}})
		must(err)
		_, err = plan.New(s.cases).AddExpectation(s.ctx, h.id, plan.ExpectationInput{Words: h.word(rng, "attente"), SaidOn: today})
		must(err)
		_, err = plan.New(s.cases).AddGoal(s.ctx, h.id, plan.GoalInput{Title: h.word(rng, "projet")})
		must(err)
		_, err = plan.New(s.cases).LogExchange(s.ctx, h.id, plan.ExchangeInput{Kind: casefile.ExchangeCall, Direction: casefile.Outgoing, Party: h.word(rng, "appel"), Says: h.word(rng, "reponse"), On: today})
		must(err)
		for _, to := range []note.Visibility{note.ForTeam, note.ForPerson} {
			_, err = notes.Write(s.ctx, h.id, note.Input{Kind: note.Visit, Visibility: to, On: today, Text: h.word(rng, "note"+string(to))})
			must(err)
		}
		_, err = notes.AddStatement(s.ctx, h.id, note.StatementInput{Words: h.word(rng, "parole"), On: today, Reread: casefile.RereadAloud})
		must(err)
		step, err := plan.New(s.cases).AddStep(s.ctx, h.id, plan.StepInput{Title: h.word(rng, "demarche"), Detail: h.word(rng, "detail"), Who: casefile.Together, DueOn: today.AddDays(2), Right: "af",
			Papers: []casefile.StepPaper{{Name: h.word(rng, "papier"), RequiredBy: "CAF"}}})
		must(err)
		must(plan.New(s.cases).MoveStep(s.ctx, h.id, step, plan.StepMove{State: casefile.StepWaiting, Outcome: h.word(rng, "suite"), Version: 1}))
		_, err = s.cases.Decide(s.ctx, h.id, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim, Detail: h.word(rng, "decision")})
		must(err)
		self := core.WithActor(t.Context(), core.Actor{Kind: core.ActorPerson, ID: h.id, Org: s.org, AAL: 2})
		_, err = notes.AddStatement(self, h.id, note.StatementInput{Words: h.word(rng, "ecrit")})
		must(err)
		own, _, err := s.cases.OwnSituation(self)
		must(err)
		_, err = contest.New(s.cases).Say(self, own.Facts[0].ID, h.word(rng, "conteste"))
		must(err)
		agreed, err := agreement.New(s.cases, make([]byte, 32))
		must(err)
		_, err = agreed.Give(s.ctx, h.id, agreement.Input{Team: s.south, Purpose: h.word(rng, "accord"), Categories: []access.Category{access.Identity, access.Household, access.Situation, access.Rights, access.Plan}, From: today, Until: today.AddDays(30),
			Copy: true, Lang: "fr", Read: agreement.ReadAloud, Signed: agreement.SignPaper, Mark: "Bureau, dossier A"})
		must(err)
		must(s.cases.Recompute(s.ctx, h.id, 0))
	}
	return a, b
}

// reads opens all that the one reads, in person and through their worker, and looks for
// words of the other.
func (s *site) reads(t *testing.T, seed uint64, one, other *half) {
	t.Helper()
	own, err := s.access.DemoEnter(s.ctx, access.DemoVisitor{Org: s.org, Person: one.id}, access.Client{})
	if err != nil {
		t.Fatal(err)
	}
	worker, err := s.access.DemoEnter(s.ctx, access.DemoVisitor{Login: "c.maurel"}, access.Client{})
	if err != nil {
		t.Fatal(err)
	}
	south, err := s.access.DemoEnter(s.ctx, access.DemoVisitor{Login: "n.lefevre"}, access.Client{})
	if err != nil {
		t.Fatal(err)
	}
	file := "/personnes/" + string(one.id)
	before := s.lines(t, other.id)
	for _, who := range []struct{ session, from, below string }{
		{own, "/moi", "/moi"}, {worker, file, file}, // every page that a link leads to
		{south, "/partages/" + s.shared(t, one.id), "/partages/"}, // the other team, by agreement
	} {
		seen := map[string]bool{who.from: true}
		for queue := []string{who.from}; len(queue) > 0 && len(seen) < 400; queue = queue[1:] {
			path := queue[0]
			r := httptest.NewRequest("GET", "http://parvis.example"+path, nil)
			r.Header.Set("Accept-Language", "fr")
			r.AddCookie(&http.Cookie{Name: "parvis", Value: who.session})
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK && w.Code != http.StatusSeeOther {
				t.Errorf("couple %d: %s: %d", seed, path, w.Code)
			}
			body := html.UnescapeString(w.Body.String())
			for where, word := range other.words {
				if strings.Contains(body, word) {
					t.Errorf("couple %d: %s shows %s of the other", seed, path, where)
				}
			}
			for _, m := range links.FindAllStringSubmatch(body, -1) {
				to := m[1]
				if strings.HasPrefix(to, who.below) && !seen[to] && !strings.Contains(to, "/droits/") && !strings.Contains(to, "/preuve/") {
					seen[to] = true
					queue = append(queue, to)
				}
			}
		}
		for _, must := range []string{"/moi/plan/papier", "/moi/vu", "/moi/situation", file + "/foyer", file + "/appels", file + "/suivi", file + "/vu", file + "/export", file + "/calculs"} {
			if strings.HasPrefix(must, who.below) && !seen[must] {
				t.Errorf("couple %d: no link leads to %s: this test reads less than it says", seed, must)
			}
		}
	}
	if got := s.lines(t, other.id); got != before {
		t.Errorf("couple %d: reading one's pages leaves %d lines in the other's journal", seed, got-before)
	}
	for _, ctx := range []struct {
		name string
		in   core.Actor
	}{{"the person", core.Actor{Kind: core.ActorPerson, ID: one.id, Org: s.org, AAL: 2}}, {"the worker", core.ActorFrom(s.ctx)}} {
		d, err := s.cases.Export(core.WithActor(t.Context(), ctx.in), one.id)
		if err != nil {
			t.Fatal(err)
		}
		whole := fmt.Sprintf("%+v", *d)
		for where, word := range other.words {
			if strings.Contains(whole, word) {
				t.Errorf("couple %d: the copy of %s holds %s of the other", seed, ctx.name, where)
			}
		}
		if !strings.Contains(whole, one.words["projet"]) {
			t.Errorf("couple %d: the copy does not hold their own words: this test proves nothing", seed)
		}
	}
}

// links are the addresses of a page.
var links = regexp.MustCompile(`href="(/[^"#]*)`)

// lines counts the lines about a person in their journal.
func (s *site) lines(t *testing.T, person core.ID) (n int) {
	t.Helper()
	err := s.db.Read(t.Context(), func(q db.Querier) error {
		day := core.Date{Year: 2026, Month: 6, Day: 11}
		list, err := journal.ForPerson(q, s.org, person, day, day)
		n = len(list)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shared is the agreement by which the other team reads somebody's file.
func (s *site) shared(t *testing.T, person core.ID) (id string) {
	t.Helper()
	err := s.db.Read(t.Context(), func(q db.Querier) error {
		return q.QueryRow(`SELECT id FROM consent WHERE org_id = $1 AND person_id = $2`, s.org, person).Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
