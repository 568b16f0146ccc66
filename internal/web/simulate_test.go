package web_test

import (
	"bytes"
	"html"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

const simulator = "/simulateur"

var (
	pageName   = regexp.MustCompile(`name="name" value="([a-z_0-9]+)"`)
	askedCells = regexp.MustCompile(`name="asked" value="([^"]*)"`)
)

// question is the name of the page's question, "" on the results.
func (p page) question() string {
	if m := pageName.FindStringSubmatch(p.body); m != nil {
		return m[1]
	}
	return ""
}

// answers fills the page's fields from what a person would say of each fact.
func (p page) answers(said map[string]string) []string {
	choice := strings.Contains(p.body, `name="choice"`)
	if v, ok := said[p.question()]; ok && (choice || !strings.Contains(p.body, `name="asked"`)) {
		field := "v"
		if choice {
			field = "choice"
		}
		if strings.Contains(p.body, `name="v1"`) && !strings.Contains(p.body, `name="v0"`) {
			var pairs []string
			for i, birth := range strings.Fields(v) {
				pairs = append(pairs, "v"+strconv.Itoa(i+1), birth)
			}
			return pairs
		}
		return []string{field, v}
	}
	var pairs []string
	if m := askedCells.FindStringSubmatch(p.body); m != nil {
		for i, cell := range strings.Split(html.UnescapeString(m[1]), `{"v":"`)[1:] {
			variable, _, _ := strings.Cut(cell, `"`)
			if v := said[variable]; v != "" {
				pairs = append(pairs, "v"+strconv.Itoa(i), v)
			}
		}
	}
	if len(pairs) == 0 {
		return []string{"instead", "?unknown"}
	}
	return pairs
}

// walk answers until the results.
func walk(t *testing.T, b *browser, said map[string]string) (results page, asked []string) {
	t.Helper()
	p := b.get(simulator).must(200)
	for p.question() != "" {
		asked = append(asked, p.question())
		if len(asked) > 40 {
			t.Fatalf("it does not end: %v", asked)
		}
		p = p.send(b, simulator, p.answers(said)...).must(200)
	}
	return p, asked
}

func tenant() map[string]string {
	return map[string]string{
		"who": "alone", "birth": "03/1990", "activite": "actif", "statut_occupation_logement": "locataire_vide", "loyer": "450", "depcom": "Niort",
		"salaire_net": "1150", "sejour": "francaise",
	}
}

func TestSimulatorToResults(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	p, asked := walk(t, b, tenant())
	t.Logf("%d pages: %v", len(asked), asked)
	p.must(200, "Vos droits probables", "Prime d’activité", "par mois", "La CAF", "Ce que demander entraîne", "Où demander", "En parler avec quelqu’un", "Fait sans nom")
	if len(asked) > 14 {
		t.Errorf("%d pages for a tenant who works, want at most 14", len(asked))
	}
	// Large print, another language, then back to the questions.
	p.send(b, simulator, "geste", "grand").must(200).mustNot(`class="sheet"`)
	p.send(b, simulator, "langue", "ar").must(200, "حقوقك المحتملة")
	p.send(b, simulator, "langue", "en").must(200, "Your probable rights")
	p.send(b, simulator, "langue", "fr-x-falc").must(200, "Vos droits")
	b.lang = "fr"
	// A mother of two.
	mother := map[string]string{
		"who": "children", "birth": "05/1992", "children": "03/2017 01/2022", "activite": "chomeur", "statut_occupation_logement": "locataire_hlm", "loyer": "400",
		"depcom": "Niort", "sejour": "carte_resident", "scolarite": "primaire", "salaire_net": "0", "chomage_net": "0", "asf_conditions_remplies": "true", "rsa_isolement_recent": "false",
	}
	p, asked = walk(t, s.open(t), mother)
	t.Logf("%d pages: %v", len(asked), asked)
	p.must(200, "Allocations familiales")
	// Whoever wants surer amounts goes on, and it ends.
	for range 30 {
		if p.question() != "" {
			p = p.send(b, simulator, p.answers(mother)...).must(200)
		} else if strings.Contains(p.text(), "Préciser les montants") {
			p = p.send(b, simulator, "geste", "preciser").must(200)
		}
	}
	if p.question() != "" || strings.Contains(p.text(), "Préciser les montants") {
		t.Errorf("thirty pages later, still a question: %s", p.question())
	}
	// Nobody wants to say anything: it ends, and promises nothing.
	p, asked = walk(t, s.open(t), map[string]string{"who": "?refused", "birth": "?refused"})
	t.Logf("%d pages: %v", len(asked), asked)
	p.must(200, "Des droits à vérifier").mustNot("Vos droits probables")
	if slices.Contains(asked, "pret") {
		t.Error("a loan is asked about of somebody who did not say that they pay for their home")
	}
}

// Every page that can come up is said in every language: no name of a variable, no
// key of a catalogue.
func TestSimulatorSpeaks(t *testing.T) {
	clk := &movable{now: dbtest.Clock().Now()}
	s := openSite(t, clk)
	code := regexp.MustCompile(`[a-z]+_[a-z_]+|simulate\.|web\.`)
	parents := map[string]string{"who": "family", "birth": "1975", "couple": "married", "partner": "02/1980", "children": "03/2017", "statut_occupation_logement": "primo_accedant"}
	for tag, said := range map[string]map[string]string{"fr": {"who": "couple", "birth": "1975"}, "fr-x-falc": {"who": "?unknown", "birth": "03/1950"}, "en": {"who": "couple", "birth": "2003"}, "ar": parents} {
		clk.now = clk.now.Add(2 * time.Minute) // another room
		b := s.open(t)
		b.get(simulator + "?lang=" + tag)
		p := b.get(simulator)
		for range 40 {
			if bad := code.FindString(p.text()); bad != "" {
				t.Errorf("%s, page %s shows %q:\n%.400s", tag, p.question(), bad, p.text())
			}
			if p.question() == "" {
				break
			}
			p = p.send(b, simulator, p.answers(said)...).must(200)
		}
	}
}

func TestSimulatorForm(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	first := b.get(simulator).must(200, "Avec qui vivez-vous")
	// Nothing chosen, then a birth that cannot be: the page stays and says what to write.
	first.send(b, simulator).must(422, "Donnez une réponse")
	birth := first.send(b, simulator, "v", "couple").must(200, "Quand êtes-vous né ou née")
	birth.send(b, simulator, "v", "hier").must(422, "Écrivez le mois et l’année", "Quand êtes-vous né ou née").mustNot("500")
	birth.send(b, simulator, "v", "01/2090").must(422, "pas possible")
	couple := birth.send(b, simulator, "v", "1990").must(200, "Êtes-vous mariés")
	couple.send(b, simulator, "geste", "retour").must(200, "Quand êtes-vous né ou née")
	couple.send(b, simulator, "geste", "resultats").must(200, "Des droits à vérifier", "Continuer les questions")
	// A change of language keeps the answers and what was typed.
	birth.send(b, simulator, "v", "04/19", "langue", "en").must(200, "When were you born?").mustNot("Quand êtes-vous")
	// What this program did not write is refused calmly.
	b = s.open(t)
	for name, form := range map[string]url.Values{
		"no JSON":          {"page": {"x"}},
		"unknown field":    {"page": {`{"q":"who","zz":1}`}},
		"unknown choice":   {"page": {`{"q":"who","x":["king"]}`}},
		"twice":            {"page": {`{"q":"who","x":["alone"]}`, `{"q":"who","x":["couple"]}`}},
		"a rule":           {"page": {`{"q":"z","f":[{"v":"rsa","s":"f","a":"2026-06","b":"2026-06","x":5000}]}`}},
		"no such person":   {"page": {`{"q":"z","f":[{"v":"salaire_net","s":"p9","a":"2026-01","b":"2026-06","x":5000}]}`}},
		"a long time":      {"page": {`{"q":"z","f":[{"v":"salaire_net","s":"p0","a":"0001-01","b":"9999-12","x":5000}]}`}},
		"a wrong type":     {"page": {`{"q":"z","f":[{"v":"salaire_net","s":"p0","a":"2026-01","b":"2026-06","x":"a"}]}`}},
		"too many answers": {"page": strings.Split(strings.Repeat("{}\n", 61), "\n")},
		"a wrong page":     {"page": {`{"q":"who","x":["alone"]}`}, "name": {"children"}},
		"a wrong ask":      {"page": {`{"q":"who","x":["alone"]}`}, "asked": {`{"q":"z","f":[{"v":"nothing","s":"p0"}]}`}, "v0": {"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			if p := b.post(simulator, form); p.status != 422 || !strings.Contains(p.text(), "Recommencez depuis le début") {
				t.Errorf("status %d\n%s", p.status, p.text())
			}
		})
	}
	b.post(simulator, url.Values{"page": {strings.Repeat("x", 70<<10)}}).must(413)
}

// Nothing is stored: no row, no line of the journal, no answer in the log, no
// cookie but the language's.
func TestSimulatorKeepsNothing(t *testing.T) {
	var log bytes.Buffer
	s := openSiteLog(t, &movable{now: dbtest.Clock().Now()}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	count := func() map[string]int64 {
		rows := map[string]int64{}
		err := s.db.Read(t.Context(), func(q db.Querier) error {
			tables, err := q.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
			var names []string
			err = db.Each(tables, err, func(r *db.Rows) error {
				var name string
				err := r.Scan(&name)
				names = append(names, name)
				return err
			})
			if err != nil {
				return err
			}
			for _, name := range names {
				var n int64
				if err := q.QueryRow(`SELECT COUNT(*) FROM "` + name + `"`).Scan(&n); err != nil {
					return err
				}
				rows[name] = n
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	before := count()
	log.Reset() // of what the seeding said
	b := s.open(t)
	said := tenant()
	said["loyer"], said["salaire_net"], said["birth"] = "437.21", "1187.43", "09/1987"
	p, _ := walk(t, b, said)
	p.send(b, simulator, "geste", "grand").must(200)
	b.post(simulator, url.Values{"page": {`{"q":"who","x":["secret-answer"]}`}}).must(422)
	for name, n := range count() {
		if n != before[name] {
			t.Errorf("table %s has %d rows, had %d", name, n, before[name])
		}
	}
	for _, answer := range []string{"437.21", "1187.43", "09/1987", "1987-09", "secret-answer", "locataire_vide", "Niort", "79191"} {
		if strings.Contains(log.String(), answer) {
			t.Errorf("the log holds %q", answer)
		}
	}
	if !strings.Contains(log.String(), simulator) {
		t.Error("the log says nothing of the requests: this test proves nothing")
	}
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name != "parvis_lang" {
			t.Errorf("cookie %s", c.Name)
		}
	}
}

func TestSimulatorHasItsLimit(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	form := url.Values{"name": {"who"}, "v": {"alone"}}
	for range 120 {
		b.post(simulator, form).must(200)
	}
	if p := b.post(simulator, form); p.status != 429 || !strings.Contains(p.text(), "Attendez un peu") {
		t.Errorf("status %d: %s", p.status, p.text())
	}
}

// FuzzSimulator: whatever a form brings back, the answer is a page and never a
// failure of ours.
func FuzzSimulator(f *testing.F) {
	clk := &movable{now: dbtest.Clock().Now()}
	s := openSite(f, clk)
	f.Add(`{"q":"who","x":["alone"]}`, `{"q":"salaire","f":[{"v":"salaire_net","s":"p0","a":"2025-01","b":"2026-05"}]}`, "1150", "03/2026")
	f.Add(`{"q":"activite","f":[{"v":"activite","s":"p0","a":"2026-06","b":"2026-06","x":"actif"}]}`, `{"q":"sejour","f":[{"v":"nationalite","s":"p0","a":"2026-06","b":"2026-06"}]}`, "FR", "")
	f.Add(`{"q":"z","f":[{"v":"mbnc_impo","s":"p0","a":"2024","b":"2024","x":1e308}]}`, `{"q":"z","f":[{"v":"depcom","s":"home","a":"2026-06","b":"2026-06"}]}`, "75056", "x")
	f.Add(`{"q":"z","f":[{"v":"taux_incapacite","s":"p0","a":"2026-06","b":"2026-06","t":"refused"}]}`, "", "", "")
	f.Fuzz(func(t *testing.T, page, asked, value, since string) {
		clk.now = clk.now.Add(time.Second)
		form := url.Values{"page": {page}, "asked": {asked}, "v0": {value}, "choice": {value}, "since_month": {since}, "name": {"birth"}, "v": {value}}
		r := httptest.NewRequest("POST", simulator, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("status %d for %q %q %q %q", w.Code, page, asked, value, since)
		}
	})
}

// Where the answers that are left very probably change nothing, the pages stop and say
// so; who wants to goes on, to the proof.
func TestSimulatorStopsWhereItIsLikely(t *testing.T) {
	s := newSite(t)
	b := s.open(t)
	wages := map[string]string{
		"who": "alone", "birth": "03/1985", "activite": "actif", "salaire_net": "3359", "salaire_imposable": "3480", "salaire_de_base": "4300",
		"statut_occupation_logement": "locataire_vide", "loyer": "600", "depcom": "Niort", "sejour": "francaise",
	}
	p, asked := walk(t, b, wages)
	p.must(200, "moins de 4 chances sur 1 000", "Répondre aux questions qui restent")
	for _, tag := range []string{"en", "ar", "fr-x-falc"} {
		p.send(b, simulator, "langue", tag).must(200)
	}
	b.lang = "fr"
	p = p.send(b, simulator, "geste", "preciser").must(200)
	if p.question() == "" {
		t.Fatal("nothing more is asked")
	}
	for range 30 {
		if p.question() == "" {
			break
		}
		p = p.send(b, simulator, p.answers(wages)...).must(200)
	}
	p.mustNot("moins de 4 chances")
	if len(asked) > 6 {
		t.Errorf("%d pages before it stops: %v", len(asked), asked)
	}

	// Rights that the form claims are open are known ones.
	b.get(simulator).must(200).send(b, simulator, "v", "alone", "ouverts", "nothing_of_ours").must(422)
}
