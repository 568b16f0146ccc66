package talk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// lawRig is a world under the law of the repository, or a patched one.
func lawRig(t testing.TB, patch string) *rig {
	t.Helper()
	return rigOf(t, casetest.New(t, dbtest.OpenSQLite(t, db.Config{}), lawEngine(t, patch)), nil)
}

func lawEngine(t testing.TB, patch string) *casefile.LawEngine {
	t.Helper()
	l, err := rights.Load(law.Files)
	if patch != "" {
		l, _, err = rights.LoadPatched(law.Files, "essai.md", []byte(patch))
	}
	must(t, err)
	e, err := casefile.NewLawEngine(l)
	must(t, err)
	return e
}

// under goes on under another law.
func (r *rig) under(e *casefile.LawEngine) {
	r.t.Helper()
	r.Law = e
	r.now.now = r.now.now.Add(time.Minute) // identifiers are drawn from the same seed again
	r.Service = r.At(r.now)
	var err error
	r.s, err = talk.New(r.Service, law.Files)
	must(r.t, err)
}

func (r *rig) at(y, m, d int) { r.now.now = time.Date(y, time.Month(m), d, 9, 0, 0, 0, time.UTC) }

func (r *rig) fact(file core.ID, s casefile.Subject, variable, value, from string) {
	r.t.Helper()
	at, err := core.ParsePartialDate(from)
	must(r.t, err)
	state := casefile.Known
	if value == "" {
		state = casefile.Unknown
	}
	_, err = r.SaveFacts(casefile.ComputeLater(r.Claire), file, []casefile.FactInput{{Variable: variable, Value: value, From: at, State: state, Source: casefile.SourceSaid, Subject: s}})
	must(r.t, err)
}

func about(id core.ID) casefile.Subject {
	return casefile.Subject{Kind: casefile.AboutPerson, ID: id}
}

// child adds one to a household.
func (r *rig) child(file core.ID, name, birth string) core.ID {
	r.t.Helper()
	b, err := core.ParsePartialDate(birth)
	must(r.t, err)
	id, err := r.AddToHousehold(casefile.ComputeLater(r.Claire), file, casefile.HouseholdInput{
		Identity: casefile.Identity{GivenNames: name, UsualName: "Haddad", Birth: b}, LivesIn: true, Relation: casefile.RelationChild})
	must(r.t, err)
	return id
}

// mother makes a mother whose family benefits are all known.
func (r *rig) mother(births ...string) (id core.ID, children []core.ID) {
	r.t.Helper()
	id = r.Person("Samira", "Haddad", "1980-02-03")
	for i, b := range births {
		children = append(children, r.child(id, fmt.Sprintf("Enfant%c", 'A'+i), b))
	}
	for year := 2022; year <= 2024; year++ {
		for _, v := range []string{"salaire_imposable", "chomage_imposable", "retraite_imposable"} {
			r.fact(id, about(id), v, "0", fmt.Sprintf("%d-01", year))
		}
	}
	r.fact(id, about(id), "activite", "inactif", "2022-01")
	r.fact(id, about(id), "titre_sejour", "nationalite_francaise", "2022-01")
	r.answerAll(id)
	return id, children
}

// answerAll answers every question of a file: nothing earned, nothing owned.
func (r *rig) answerAll(id core.ID) {
	r.t.Helper()
	must(r.t, r.Recompute(r.Claire, id, 0))
	for range 60 {
		q, ok, err := r.NextQuestion(r.Claire, id)
		must(r.t, err)
		if !ok {
			return
		}
		a := casefile.Answer{Question: q.ID, Subject: q.Subject, State: casefile.Known, Values: map[string]string{}, From: core.PartialDate{Year: 2022, Month: 1}, Source: casefile.SourceSaid}
		for _, c := range q.Cells {
			value := "0"
			switch c.Of.Type {
			case casefile.TypeBool:
				value = "false"
			case casefile.TypeDate:
				value = "2020-01-01"
			case casefile.TypeChoice:
				value = map[string]string{"activite": "inactif", "titre_sejour": "nationalite_francaise", "statut_occupation_logement": "loge_gratuitement", "statut_marital": "celibataire"}[c.Of.Name]
				if value == "" {
					value = c.Of.Choices[0]
				}
			case casefile.TypeText:
				if value = "FR"; c.Of.Name == "depcom" {
					value = "79191"
				}
			}
			if c.Of.Period == casefile.PeriodAlways {
				a.From = core.PartialDate{}
			} else if c.Of.Period == casefile.PeriodYear {
				a.From = core.PartialDate{Year: 2022}
			}
			a.Values[c.Of.Name] = value
		}
		must(r.t, r.AnswerQuestion(r.Claire, id, a))
	}
	r.t.Fatal("the questions do not end")
}

func (r *rig) news(right string) *talk.Right {
	r.t.Helper()
	for _, p := range r.list(r.Claire, talk.Filter{Right: right}) {
		return &p.Rights[0]
	}
	return nil
}

// TestTheRunIsThePageOfTheFile: whatever was said in a file, a run says of each right
// what its page says.
func TestTheRunIsThePageOfTheFile(t *testing.T) {
	r := lawRig(t, "")
	draw := rand.New(rand.NewPCG(3, 4))
	var people []core.ID
	for i := range 12 {
		id := r.PersonIn(casefile.ComputeLater(r.Claire), r.TeamA, "Anne", fmt.Sprintf("Essai%c", 'A'+i), fmt.Sprintf("%d", 1950+draw.IntN(48)))
		for j := range draw.IntN(4) {
			r.child(id, fmt.Sprintf("Enfant%c", 'A'+j), fmt.Sprintf("%d-0%d-11", 2018+draw.IntN(7), 1+draw.IntN(9)))
		}
		home, err := r.Household(r.Claire, id, casetest.Today())
		must(t, err)
		dwelling := casefile.Subject{Kind: casefile.AboutDwelling, ID: home.ID}
		say := func(s casefile.Subject, variable, value string) {
			switch draw.IntN(5) {
			case 0:
			case 1:
				r.fact(id, s, variable, "", "2024-01")
			default:
				r.fact(id, s, variable, value, "2023-01")
			}
		}
		say(about(id), "activite", []string{"actif", "chomeur", "inactif", "retraite"}[draw.IntN(4)])
		say(about(id), "salaire_net", strconv.Itoa(draw.IntN(2000)))
		say(about(id), "salaire_imposable", strconv.Itoa(draw.IntN(2000)))
		say(about(id), "titre_sejour", "nationalite_francaise")
		if home.ID != "" {
			say(dwelling, "loyer", strconv.Itoa(300+draw.IntN(400)))
			say(dwelling, "statut_occupation_logement", "locataire_vide")
			say(dwelling, "depcom", "79191")
		}
		must(t, r.Recompute(r.Claire, id, 0))
		people = append(people, id)
	}
	r.tell(people...)
	r.demand()
	for _, id := range people {
		page, err := r.StoredRights(r.Claire, id, 0)
		must(t, err)
		if page.Stale != casefile.Fresh {
			t.Fatalf("the page is %s", page.Stale)
		}
		found := map[string]talk.Said{}
		must(t, r.DB.Read(context.Background(), func(q db.Querier) error {
			rows, err := q.Query(`SELECT right_name, status, amount, least, most FROM talk_right WHERE org_id = $1 AND file_id = $2`, core.ActorFrom(r.Claire).Org, id)
			return db.Each(rows, err, func(row *db.Rows) error {
				var name string
				var s talk.Said
				err := row.Scan(&name, &s.Status, &s.Amount, &s.Min, &s.Max)
				found[name] = s
				return err
			})
		}))
		n := 0
		for _, line := range page.Rights {
			if line.Result == nil {
				continue
			}
			n++
			if want := (talk.Said{Status: line.Result.Status, Amount: line.Result.Amount, Min: line.Result.Min, Max: line.Result.Max}); found[line.Right] != want {
				t.Errorf("%s: the run says %+v, the page %+v", line.Right, found[line.Right], want)
			}
		}
		if n != len(found) || n < 10 {
			t.Errorf("%d rights on the page, %d found by the run", n, len(found))
		}
	}
}

// A new value of the law, told with its day and its source.
func TestWhyANewValue(t *testing.T) {
	r := lawRig(t, "")
	r.at(2026, 3, 20)
	id, _ := r.mother("2016-05-02", "2018-06-02")
	r.tell(id)
	r.demand()
	r.at(2026, 4, 2)
	r.demand()
	af := r.news("af")
	if af == nil || af.News == nil || af.News.Was.Amount >= af.Amount || af.News.Month != rights.MonthOf(2026, 3) {
		t.Fatalf("af in April: %+v", af)
	}
	why := af.News.Why
	i := slices.IndexFunc(why, func(c talk.Cause) bool { return c.Kind == talk.NewValue })
	if len(why) != 1 || i < 0 || why[i].From != "2026-04-01" || why[i].New <= why[i].Old || why[i].Source == "" || why[i].Unit != "€/mois" {
		t.Errorf("why: %+v", why)
	}
}

// An age, and nothing else.
func TestWhyAnAge(t *testing.T) {
	r := lawRig(t, "")
	r.at(2026, 5, 20)
	id, children := r.mother("2006-06-15", "2016-05-02", "2018-06-02")
	r.fact(id, about(children[0]), "activite", "etudiant", "2022-02")
	r.tell(id)
	r.demand()
	r.at(2026, 6, 20)
	r.demand()
	r.at(2026, 7, 20)
	r.demand()
	af := r.news("af")
	if af == nil || af.News == nil || af.News.Was.Amount <= af.Amount {
		t.Fatalf("af when the eldest is 20: %+v", af)
	}
	if why := af.News.Why; len(why) != 1 || why[0].Kind != talk.Birthday || why[0].Age != 20 || why[0].Subject.ID != children[0] {
		t.Errorf("why: %+v", why)
	}
}

// The months that count moved: the same facts, one month later.
func TestWhyTheQuarterAndAFact(t *testing.T) {
	r := lawRig(t, "")
	r.at(2026, 5, 20)
	id, _ := r.mother("2016-05-02")
	r.fact(id, about(id), "salaire_net", "400", "2026-03") // read from June on: M-4 to M-2
	r.tell(id)
	said := func() talk.Said {
		t.Helper()
		r.demand()
		var s talk.Said
		must(t, r.DB.Read(context.Background(), func(q db.Querier) error {
			return q.QueryRow(`SELECT status, amount, least, most FROM talk_right WHERE org_id = $1 AND file_id = $2 AND right_name = 'rsa'`, core.ActorFrom(r.Claire).Org, id).
				Scan(&s.Status, &s.Amount, &s.Min, &s.Max)
		}))
		return s
	}
	may := said()
	r.at(2026, 6, 20)
	june := said()
	if may == june {
		t.Fatalf("the months that count moved and the answer did not: %+v", may)
	}
	rsa := r.news("rsa")
	if rsa == nil || rsa.News == nil {
		t.Fatalf("rsa in June: %+v", rsa)
	}
	if why := rsa.News.Why; len(why) != 1 || why[0].Kind != talk.Quarter || !slices.Contains(why[0].Variables, "salaire_net") {
		t.Errorf("why in June: %+v (was %+v, is %+v)", why, may, june)
	}
	// A fact, the same month.
	r.fact(id, about(id), "salaire_net", "900", "2026-04")
	if now := said(); now == june {
		t.Fatalf("a wage changes nothing: %+v", now)
	}
	rsa = r.news("rsa")
	if why := rsa.News.Why; len(why) != 1 || why[0].Kind != talk.Facts || !slices.Contains(why[0].Variables, "salaire_net") {
		t.Errorf("why after a fact: %+v", why)
	}
}

// Another edition of the law: what it corrected is named.
func TestWhyAnotherEdition(t *testing.T) {
	r := lawRig(t, "paramètre bmaf : €/mois\n  à partir du 01/04/2026 : 400\n")
	r.at(2026, 6, 20)
	id, _ := r.mother("2016-05-02", "2018-06-02")
	r.tell(id)
	r.demand()
	r.under(lawEngine(t, ""))
	r.demand()
	af := r.news("af")
	if af == nil || af.News == nil || af.News.Was.Amount >= af.Amount {
		t.Fatalf("af under the corrected law: %+v", af)
	}
	if why := af.News.Why; len(why) != 1 || why[0].Kind != talk.NewLaw || why[0].Label == "" {
		t.Errorf("why: %+v", why)
	}
	// A rule that was written otherwise has no name of a value.
	r.under(lawEngine(t, "règle af_base_entiere (famille, mois) : €/mois\n  = bmaf\n"))
	r.demand()
	af = r.news("af")
	if why := af.News.Why; len(why) != 1 || why[0].Kind != talk.NewLaw || why[0].Label != "" {
		t.Errorf("why, a rule: %+v", why)
	}
}

// A patch is tried on a list: who, before, after; nothing is kept of it.
func TestTryAPatch(t *testing.T) {
	r := lawRig(t, "")
	r.at(2026, 6, 20)
	id, _ := r.mother("2016-05-02", "2018-06-02")
	alone := r.PersonIn(casefile.ComputeLater(r.Claire), r.TeamA, "Jean", "Morel", "1970-01-01")
	untold, _ := r.mother("2016-05-02", "2018-06-02")
	r.tell(id, alone)
	r.demand()
	before := r.rows(id)
	patch := []byte("paramètre bmaf : €/mois\n  à partir du 01/09/2026 : 1 000\n")
	got, err := r.s.Try(r.Claire, patch, talk.Over{}, "")
	must(t, err)
	if got.Month != rights.MonthOf(2026, 9) || len(got.People) != 1 || got.People[0].ID != id || got.Looked != 2 || got.Next != "" || !slices.Contains(got.Rights, "af") {
		t.Fatalf("the trial: %+v", got)
	}
	i := slices.IndexFunc(got.People[0].Rights, func(x talk.TriedRight) bool { return x.Name == "af" })
	if i < 0 || got.People[0].Rights[i].After.Amount <= 2*got.People[0].Rights[i].Before.Amount {
		t.Errorf("af: %+v", got.People[0].Rights)
	}
	if r.rows(id) != before || r.news("af").News != nil {
		t.Error("a trial was kept")
	}
	if !slices.Contains(r.kinds(id), "talk.try") || !slices.Contains(r.kinds(alone), "talk.try") || slices.Contains(r.kinds(untold), "talk.try") {
		t.Error("the journal of a trial")
	}
	// A no silences here too.
	_, err = r.Decide(r.Claire, id, casefile.DecisionInput{Right: "af", Kind: casefile.NotWanted})
	must(t, err)
	got, err = r.s.Try(r.Claire, patch, talk.Over{Team: r.TeamA}, "")
	must(t, err)
	for _, p := range got.People {
		for _, right := range p.Rights {
			if right.Name == "af" {
				t.Error("a right that the person said no to")
			}
		}
	}
	var wrong *talk.PatchError
	if _, err := r.s.Try(r.Claire, []byte("paramètre bmaff"), talk.Over{}, ""); !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
		t.Errorf("a patch that cannot be read: %v", err)
	}
	if _, err := r.s.Try(r.Claire, patch, talk.Over{Team: r.TeamB}, ""); err == nil {
		t.Error("another team's files")
	}
	if got, err := r.s.Try(r.Karim, patch, talk.Over{}, ""); err != nil || len(got.People) != 0 {
		t.Errorf("a worker who follows nobody: %+v, %v", got, err)
	}
}
