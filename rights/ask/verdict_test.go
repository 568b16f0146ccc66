package ask_test

import (
	"context"
	"fmt"
	"testing"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

var june = rights.MonthOf(2026, 6)

func loadLaw(t testing.TB) *rights.Law {
	t.Helper()
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// somebody is a person of a described household and what they would answer.
type somebody struct {
	id, born string
	child    bool
	facts    map[string]rights.Value
}

// described is a household of one family that lives together.
type described struct {
	name   string
	people []somebody
	home   map[string]rights.Value
	family map[string]rights.Value
	stay   string // what each adult answers about their stay
}

// situation starts with what the page « qui vit avec vous ? » gives: who is
// there, with their dates of birth. That page counts as one question.
func (d *described) situation(t testing.TB, l *rights.Law) (*rights.Situation, rights.Subject) {
	t.Helper()
	s := rights.NewSituation(l)
	var family, tax, home []rights.Member
	adults := 0
	for _, p := range d.people {
		sub := s.AddPerson(p.id)
		roles := [3]rights.Role{rights.Child, rights.Dependant, rights.HouseholdChild}
		if !p.child {
			roles = [3]rights.Role{rights.Parent, rights.Declarant, [2]rights.Role{rights.Reference, rights.Partner}[adults]}
			adults++
		}
		family = append(family, rights.Member{Person: sub, Role: roles[0]})
		tax = append(tax, rights.Member{Person: sub, Role: roles[1]})
		home = append(home, rights.Member{Person: sub, Role: roles[2]})
		if err := s.Set(sub, "date_naissance", rights.Always(), rights.Text(p.born)); err != nil {
			t.Fatal(err)
		}
	}
	s.AddGroup(rights.Family, "famille", family...)
	s.AddGroup(rights.TaxUnit, "foyer", tax...)
	s.AddGroup(rights.Household, "logement", home...)
	return s, rights.Subject{Entity: rights.Person}
}

// reply is what the household answers to a page.
func (d *described) reply(t testing.TB, q ask.Question) ask.Reply {
	t.Helper()
	r := ask.Reply{Values: map[ask.Key]rights.Value{}}
	if len(q.Form.Choices) > 0 && q.Form.Name == "sejour" {
		r.Chosen = []string{d.stay}
		return r
	}
	for _, c := range q.Cells {
		facts := d.home
		switch c.Entity {
		case rights.Person:
			for _, p := range d.people {
				if p.id == c.Subject {
					facts = p.facts
				}
			}
		case rights.Family, rights.TaxUnit:
			facts = d.family
		}
		v, ok := facts[c.Variable]
		if !ok {
			t.Fatalf("%s: %s of %s is asked and the household does not say it", d.name, c.Variable, c.Subject)
		}
		r.Values[c.Key()] = v
	}
	return r
}

// walk answers until the verdicts are settled and returns the pages.
func (d *described) walk(t testing.TB, a *ask.Asker, l *rights.Law) (pages []string, last ask.Step) {
	t.Helper()
	s, person := d.situation(t, l)
	pages = []string{"qui vit avec vous ?"}
	for len(pages) < 60 {
		step, err := a.Next(context.Background(), s.Close(rights.Dossier), june, person)
		if err != nil {
			t.Fatal(err)
		}
		q, ok := step.Next()
		if !ok {
			return pages, step
		}
		text := q.ID
		for _, c := range q.Cells {
			text += fmt.Sprintf(" %s/%s", c.Variable, c.Subject)
			for _, s := range c.Spans {
				text += "[" + s.From + ".." + s.To + "]"
			}
		}
		pages = append(pages, text+fmt.Sprint(" ", q.Rights))
		if err := ask.Apply(s, q, d.reply(t, q)); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s: the questions do not end", d.name)
	return nil, last
}

func pay(net float64) map[string]rights.Value {
	return map[string]rights.Value{
		"activite": rights.ChoiceOf("actif"), "prepare_arret": rights.ChoiceOf("aucun"), "salaire_net": rights.Number(net), "salaire_imposable": rights.Number(net * 1.036), "salaire_de_base": rights.Number(net * 1.28),
	}
}

// households are those whose questions are counted: a single employee who rents;
// a jobless mother of two, alone, who rents; a couple with three children who own
// their home.
func households() []described {
	rent := func(amount float64) map[string]rights.Value {
		return map[string]rights.Value{
			"statut_occupation_logement": rights.ChoiceOf("locataire_vide"), "loyer": rights.Number(amount), "depcom": rights.Text("79191"),
		}
	}
	child := func(id, born, school string) somebody {
		return somebody{id, born, true, map[string]rights.Value{"scolarite": rights.ChoiceOf(school)}}
	}
	employee := pay(1420)
	mother := map[string]rights.Value{
		"prepare_arret": rights.ChoiceOf("aucun"),
		"activite":      rights.ChoiceOf("chomeur"), "chomage_net": rights.Number(640), "chomage_imposable": rights.Number(665), "date_debut_chomage": rights.Text("2025-09-01"),
		"salaire_net": rights.Number(0), "salaire_imposable": rights.Number(0), "salaire_de_base": rights.Number(0),
		"statut_marital": rights.ChoiceOf("celibataire"), "ass_precondition_remplie": rights.Bool(false), "pensions_alimentaires_percues": rights.Number(0),
	}
	first, second := pay(1750), pay(920)
	for _, p := range []map[string]rights.Value{first, second} {
		p["statut_marital"] = rights.ChoiceOf("marie")
		p["pensions_alimentaires_percues"] = rights.Number(0)
	}
	employee["statut_marital"] = rights.ChoiceOf("celibataire")
	return []described{
		{name: "single employee, tenant", people: []somebody{{"a", "1993-05-14", false, employee}}, home: rent(430), stay: "francaise"},
		{name: "jobless mother of two, tenant", people: []somebody{
			{"a", "1990-02-03", false, mother}, child("b", "2017-03-14", "primaire"), child("c", "2022-01-20", "maternelle"),
		}, home: rent(480), family: map[string]rights.Value{"garde_payee": rights.Bool(false), "asf_conditions_remplies": rights.Bool(true), "rsa_isolement_recent": rights.Bool(false)}, stay: "francaise"},
		{name: "couple with three children, owners", people: []somebody{
			{"a", "1986-07-01", false, first}, {"b", "1988-11-23", false, second},
			child("c", "2013-04-02", "college"), child("d", "2017-09-30", "primaire"), child("e", "2023-02-11", "maternelle"),
		}, home: map[string]rights.Value{"statut_occupation_logement": rights.ChoiceOf("proprietaire"), "depcom": rights.Text("79191"), "loyer": rights.Number(0),
			"contrat_electricite": rights.Bool(true)}, family: map[string]rights.Value{"garde_payee": rights.Bool(false)}, stay: "francaise"},
	}
}

func TestQuestionsToVerdict(t *testing.T) {
	l := loadLaw(t)
	a := ask.New(l, ask.Options{Engine: ask.NewColumns(l)})
	var counts [3]int
	for i, d := range households() {
		pages, last := d.walk(t, a, l)
		counts[i] = len(pages)
		for n, p := range pages {
			t.Logf("%s %d: %s", d.name, n+1, p)
		}
		for _, r := range last.Results {
			t.Logf("   %s %s %s", r.Right, r.Verdict, r.Status)
		}
	}
	fmt.Printf("questions to a verdict: %d / %d / %d\n", counts[0], counts[1], counts[2])
	for i, most := range [3]int{8, 12, 15} {
		if counts[i] > most {
			t.Errorf("%s: %d questions, at most %d", households()[i].name, counts[i], most)
		}
	}
}
