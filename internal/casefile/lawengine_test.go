package casefile_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// lawWorld is a world under the law of the repository.
func lawWorld(t testing.TB) *world {
	t.Helper()
	l, err := rights.Load(law.Files)
	must(t, err)
	e, err := casefile.NewLawEngine(l)
	must(t, err)
	return worldOf(t, dbtest.OpenSQLite(t, db.Config{}), e)
}

// plausible answers a cell as somebody might.
func plausible(c casefile.QuestionCell) string {
	switch c.Of.Type {
	case casefile.TypeAmount, casefile.TypeNumber, casefile.TypeInteger:
		if c.Of.Name == "loyer" {
			return "450"
		}
		return "0"
	case casefile.TypeBool:
		return "false"
	case casefile.TypeDate:
		return "2020-01-01"
	case casefile.TypeChoice:
		switch c.Of.Name {
		case "activite":
			return "chomeur"
		case "titre_sejour":
			return "nationalite_francaise"
		case "statut_occupation_logement":
			return "locataire_vide"
		case "statut_marital":
			return "celibataire"
		}
		return c.Of.Choices[0]
	}
	if c.Of.Name == "depcom" {
		return "79191"
	}
	return "FR"
}

func motherOfTwo(t testing.TB, w *world) core.ID {
	t.Helper()
	id := w.person("Samira", "Haddad", "1992-02-03")
	for name, birth := range map[string]core.PartialDate{"Yanis": {Year: 2017, Month: 3, Day: 14}, "Lina": {Year: 2022, Month: 1, Day: 20}} {
		_, err := w.AddToHousehold(w.claire, id, casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: name, Birth: birth}, LivesIn: true, Relation: casefile.RelationChild,
		})
		must(t, err)
	}
	return id
}

// Whatever is answered, each question is asked once and the list ends.
func TestQuestionsEnd(t *testing.T) {
	for name, answer := range map[string]func(q casefile.Question, n int) casefile.State{
		"known":                func(casefile.Question, int) casefile.State { return casefile.Known },
		"the first cell alone": func(casefile.Question, int) casefile.State { return casefile.Known },
		"does not know":        func(casefile.Question, int) casefile.State { return casefile.Unknown },
		"prefers not":          func(casefile.Question, int) casefile.State { return casefile.Refused },
		"in turn": func(_ casefile.Question, n int) casefile.State {
			return []casefile.State{casefile.Known, casefile.Unknown, casefile.Refused}[n%3]
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := lawWorld(t)
			id := motherOfTwo(t, w)
			must(t, w.Recompute(w.claire, id, 0))
			asked := map[string]bool{}
			for n := 0; ; n++ {
				q, ok, err := w.NextQuestion(w.claire, id)
				must(t, err)
				if !ok {
					break
				}
				if asked[q.ID] || n > 80 {
					t.Fatalf("question %d, %s (%v), comes back", n, q.ID, q.Cells[0].Of)
				}
				asked[q.ID] = true
				a := casefile.Answer{Question: q.ID, Subject: q.Subject, State: answer(q, n), Source: casefile.SourceSaid, Values: map[string]string{}, Replaces: map[string]core.ID{}}
				for i, c := range q.Cells {
					if i == 0 || name != "the first cell alone" {
						a.Values[c.Of.Name] = plausible(c)
					}
					if c.Current != nil {
						a.Replaces[c.Of.Name] = c.Current.ID
					}
				}
				must(t, w.AnswerQuestion(w.claire, id, a))
			}
			t.Logf("%d questions", len(asked))
			f, err := w.OpenFile(w.claire, id, 0)
			must(t, err)
			if name == "known" {
				if f.Why == nil {
					t.Fatal("nothing explained")
				}
				why, err := f.Why.Explanation()
				must(t, err)
				if len(why.Lines) == 0 {
					t.Error("nothing explained")
				}
			}
			if f.Stale != casefile.Fresh {
				t.Errorf("stale %q", f.Stale)
			}
			for _, r := range f.Rights {
				if name == "known" && (r.Right == "af" || r.Right == "aide_logement") && r.Result.Status != casefile.Probable {
					t.Errorf("%s after every answer: %+v", r.Right, r.Result)
				}
			}
		})
	}
}

// A year of birth alone is an age between two: where it decides, the right is to
// verify and the birth is what is missing.
func TestYearOfBirthAlone(t *testing.T) {
	w := lawWorld(t)
	for birth, want := range map[string]casefile.Status{"1961-05-01": casefile.Probable, "1961": casefile.ToVerify, "1959": casefile.Probable, "1990": casefile.NotDue} {
		id := w.person("Fatou", "Diallo", birth)
		self := casefile.Subject{Kind: casefile.AboutPerson}
		fact := func(variable, value string) casefile.FactInput {
			return casefile.FactInput{Subject: self, Variable: variable, From: core.PartialDate{Year: 2023, Month: 1}, State: casefile.Known, Value: value, Source: casefile.SourceSaid}
		}
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{fact("activite", "retraite"), fact("retraite_brute", "300"), fact("retraite_nette", "280"),
			fact("retraite_imposable", "285"), fact("titre_sejour", "nationalite_francaise"), rent("300"), {Subject: dwelling, Variable: "depcom",
				From: core.PartialDate{Year: 2023}, State: casefile.Known, Value: "79191", Source: casefile.SourceSaid}})
		must(t, err)
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		r := right(t, f, "aspa").Result
		if r.Status != want {
			t.Errorf("born in %s: ASPA %s (%+v), want %s", birth, r.Status, r.Missing, want)
		}
	}
}

// Every fact that may be known, and every choice of it, has its words in every
// language.
func TestFactsHaveWords(t *testing.T) {
	w := lawWorld(t)
	for _, tag := range []string{i18n.French, i18n.English, i18n.Arabic} {
		p := i18n.For(tag)
		for _, theme := range casefile.Themes() {
			if key := "casefile.theme." + string(theme); !p.Has(key) {
				t.Errorf("%s: %s", tag, key)
			}
		}
		for _, v := range w.Variables() {
			if key := "casefile.variable." + v.Name; v.Name != "convention_openfisca" && !p.Has(key) {
				t.Errorf("%s: %s", tag, key)
			}
			for _, c := range v.Choices {
				if key := "casefile.choice." + v.Name + "." + c; !p.Has(key) {
					t.Errorf("%s: %s", tag, key)
				}
			}
		}
	}
}
