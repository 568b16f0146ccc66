package casefile_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

func TestExportMasksThirdPersons(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		samira := w.person("Samira", "Haddad", "1992-02-03")
		add := func(given, birth string, relation casefile.Relation) core.ID {
			b, err := core.ParsePartialDate(birth)
			must(t, err)
			_, err = w.AddToHousehold(w.claire, samira, casefile.HouseholdInput{LivesIn: true, Relation: relation, Identity: casefile.Identity{UsualName: "Belkacem", GivenNames: given, Birth: b}})
			must(t, err)
			f, err := w.OpenFile(w.claire, samira, 0)
			must(t, err)
			for id, h := range f.Household.Humans {
				if h.FirstName == given {
					return id
				}
			}
			t.Fatal("not there")
			return ""
		}
		yanis, fatiha := add("Yanis", "2017", casefile.RelationChild), add("Fatiha", "1959", casefile.RelationParent)
		for _, f := range []casefile.FactInput{
			{Variable: "salaire_net", Value: "940"},
			{Variable: "salaire_net", Value: "111", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: yanis}},
			{Variable: "salaire_net", Value: "777", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: fatiha}},
		} {
			f.State, f.Source, f.Detail = casefile.Known, casefile.SourceDocument, "papier de "+f.Value
			_, err := w.SaveFacts(w.claire, samira, []casefile.FactInput{f})
			must(t, err)
		}
		lines := w.lines(samira)
		d, err := w.Export(w.claire, samira)
		must(t, err)
		if w.lines(samira) != lines+1 {
			t.Error("no line in the journal")
		}
		all := fmt.Sprintf("%+v", d.Facts)
		shown := func(amount string) bool { return regexp.MustCompile(`\b` + amount + `\b`).MatchString(all) } // not inside an identifier
		if !shown("940") || !shown("111") || shown("777") {
			t.Errorf("values: %s", all)
		}
		if d.CountMasked() != 1 || len(d.People) != 2 || len(d.Months) == 0 || d.Months[0].Law != "law-1" {
			t.Errorf("masked %d, people %+v, months %+v", d.CountMasked(), d.People, d.Months)
		}
		for _, c := range d.People {
			if strings.Contains(fmt.Sprintf("%+v", c), "Belkacem") {
				t.Errorf("a family name: %+v", c)
			}
		}
		if _, err := w.Export(w.karim, samira); err == nil {
			t.Error("another team exports")
		}
		p, err := w.Person(w.claire, samira)
		must(t, err)
		p.Address = casefile.Address{Protected: true, Lines: []string{"7 rue des Tanneurs"}, City: "Rennes"}
		must(t, w.UpdatePerson(w.claire, p))
		d, err = w.Export(w.claire, samira)
		must(t, err)
		if !d.Hidden || strings.Contains(fmt.Sprintf("%+v", d), "Tanneurs") || strings.Contains(fmt.Sprintf("%+v", d), "Rennes") {
			t.Error("a protected address leaves")
		}
	})
}
