package casefile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// run runs the jobs that are due.
func (w *world) runJobs() {
	w.t.Helper()
	r := db.NewRunner(w.db)
	r.Handle(casefile.JobImport, w.RunImport)
	r.Handle(casefile.JobImportRights, w.ComputeImported)
	must(w.t, r.Drain(context.Background()))
}

func tableOf(lines ...string) casefile.ImportTable {
	t := casefile.ImportTable{Name: `C:\Bureau\essai.csv`, Format: "csv", Header: strings.Split(lines[0], ";")}
	for i, l := range lines[1:] {
		t.Rows = append(t.Rows, casefile.ImportCells{Line: i + 2, Cells: strings.Split(l, ";")})
	}
	return t
}

func (w *world) startImport(t casefile.ImportTable) casefile.Import {
	w.t.Helper()
	id, err := w.StartImport(w.claire, w.teamA, t)
	must(w.t, err)
	return w.readImport(id)
}

func (w *world) readImport(id core.ID) casefile.Import {
	w.t.Helper()
	i, err := w.ReadImport(w.claire, id)
	must(w.t, err)
	return i
}

func (w *world) check(t casefile.ImportTable) casefile.Import {
	w.t.Helper()
	i := w.startImport(t)
	must(w.t, w.MapImport(w.claire, i.ID, i.Version, i.Fields, "2026-01"))
	w.runJobs()
	i = w.readImport(i.ID)
	if i.State != casefile.ImportChecked {
		w.t.Fatalf("state %s, want checked", i.State)
	}
	return i
}

func (w *world) people(query string) []casefile.Found {
	w.t.Helper()
	found, err := w.Search(w.claire, query, "", 50)
	must(w.t, err)
	return found.Items
}

func TestImportWritesNothingBeforeItIsConfirmed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		known := w.person("Samira", "Haddad", "1992-02-03")
		i := w.check(tableOf(
			"Nom;Prénom;Date de naissance;Civilité;Tél;Langues;Loyer;Salaire net;N° dossier",
			"Traoré;Awa;12/03/1984;Mme;639984122;français, arabe;548,50;1 200;A-1",
			"Hadad;Samira;1992;;;;;940;A-2",
			"Nguyen;Linh;31/02/1990;Docteur;;;;;A-3",
			"Traoré;Awa;12/03/1984;Mme;;;;;A-1",
			"Petit;Jean;30753;M.;;;;;A-5",
		))
		c := i.Count
		if c.Fresh != 2 || c.Known != 1 || c.Bad != 1 || c.Twice != 1 {
			t.Fatalf("counts %+v", c)
		}
		if got := w.people("traore"); len(got) != 0 {
			t.Fatalf("written before it was confirmed: %+v", got)
		}
		lines, err := w.ImportLines(w.claire, i.ID, casefile.RowBad, 0, 50)
		must(t, err)
		var said []string
		for _, f := range lines[0].Faults {
			said = append(said, f.Column+" "+f.Key+" "+f.Args["value"])
		}
		want := "Date de naissance errs.casefile.import_date 31/02/1990|Civilité errs.casefile.import_title Docteur"
		if got := strings.Join(said, "|"); lines[0].Line != 4 || got != want {
			t.Errorf("line %d: %s", lines[0].Line, got)
		}
		like, err := w.ImportLines(w.claire, i.ID, casefile.RowKnown, 0, 50)
		must(t, err)
		if like[0].Like == nil || like[0].Like.Person != known {
			t.Fatalf("looks like %+v", like[0].Like)
		}
		must(t, w.ChooseRows(w.claire, i.ID, map[int]casefile.RowChoice{3: casefile.ChoiceSame}))
		must(t, w.ConfirmImport(w.claire, i.ID, i.Version))
		if err := w.ConfirmImport(w.claire, i.ID, i.Version); !errs.Is(err, errs.Conflict) {
			t.Errorf("confirmed twice: %v", err)
		}
		w.runJobs()
		w.runJobs()
		i = w.readImport(i.ID)
		if i.State != casefile.ImportDone || i.Count.Created != 2 || i.Count.Added != 1 || i.Count.Unwritten != 1 || i.Count.Skipped != 1 {
			t.Fatalf("%s %+v", i.State, i.Count)
		}
		awa := w.people("traore awa")
		if len(awa) != 1 {
			t.Fatalf("found %+v", awa)
		}
		f, err := w.OpenFile(w.claire, awa[0].Person, 0)
		must(t, err)
		if f.Person.Phone != "+33639984122" || f.Person.Title != casefile.TitleMadame || fmt.Sprint(f.Person.Languages) != "[fr ar]" || f.Person.Birth.String() != "1984-03-12" {
			t.Errorf("person %+v", f.Person)
		}
		values := map[string]string{}
		for _, l := range f.Facts {
			values[l.Variable] = l.Value + " " + l.From.String() + " " + string(l.Source)
		}
		if values["loyer"] != "548.5 2026-01 imported" || values["salaire_net"] != "1200 2026-01 imported" {
			t.Errorf("facts %v", values)
		}
		if f.Computed == 0 {
			t.Error("the rights of an imported person are not computed")
		}
		if jean := w.people("petit jean"); len(jean) != 1 || jean[0].Birth.String() != "1984-03-12" {
			t.Errorf("serial date: %+v", jean)
		}
		samira, err := w.OpenFile(w.claire, known, 0)
		must(t, err)
		if samira.Person.UsualName != "Haddad" || len(samira.Facts) != 1 {
			t.Errorf("the known person: %+v, %d facts", samira.Person.Identity, len(samira.Facts))
		}
		// The same table again: everybody is known by their identifier.
		again := w.check(tableOf("Nom;N° dossier", "Autrenom;A-1"))
		if again.Count.Known != 1 {
			t.Errorf("imported again: %+v", again.Count)
		}
	})
}

func TestUndoLeavesWhatSomebodyTouched(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		known := w.person("Samira", "Haddad", "1992-02-03")
		before := len(w.people("haddad"))
		i := w.check(tableOf("Nom;Prénom;Naissance;Loyer;Salaire net;id",
			"Un;Alice;1990;500;;1", "Deux;Basile;1991;600;;2", "Trois;Carole;1992;;;3", "Haddad;Samira;1992;;900;4"))
		must(t, w.ChooseRows(w.claire, i.ID, map[int]casefile.RowChoice{5: casefile.ChoiceSame}))
		must(t, w.ConfirmImport(w.claire, i.ID, i.Version))
		w.runJobs()
		i = w.readImport(i.ID)
		if i.Count.Created != 3 || i.Count.Added != 1 {
			t.Fatalf("%+v", i.Count)
		}
		touched := w.people("deux basile")[0].Person
		_, err := w.SaveFacts(w.claire, touched, []casefile.FactInput{{Variable: "salaire_net", State: casefile.Known, Value: "1000", Source: casefile.SourceSaid}})
		must(t, err)
		must(t, w.UndoImport(w.claire, i.ID, i.Version))
		w.runJobs()
		i = w.readImport(i.ID)
		if i.State != casefile.ImportUndone || i.Count.Removed != 3 || i.Count.Kept != 1 {
			t.Fatalf("%s %+v", i.State, i.Count)
		}
		if got := len(w.people("alice")) + len(w.people("carole")); got != 0 {
			t.Errorf("%d files left", got)
		}
		kept, err := w.KeptRows(w.claire, i.ID)
		must(t, err)
		if len(kept) != 1 || kept[0].Person != touched {
			t.Errorf("kept %+v", kept)
		}
		f, err := w.OpenFile(w.claire, known, 0)
		must(t, err)
		if len(f.Facts) != 0 || len(w.people("haddad")) != before {
			t.Errorf("the known file: %d facts", len(f.Facts))
		}
		if again := w.check(tableOf("Nom;id", "Autre;1")); again.Count.Fresh != 1 {
			t.Errorf("an identifier stayed behind: %+v", again.Count)
		}
	})
}

func TestImportIsOfATeam(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		i := w.startImport(tableOf("Nom;Prénom", "Un;Alice"))
		for name, err := range map[string]error{
			"read":    second(w.ReadImport(w.karim, i.ID)),
			"map":     w.MapImport(w.karim, i.ID, i.Version, i.Fields, ""),
			"confirm": w.ConfirmImport(w.karim, i.ID, i.Version),
			"drop":    w.DropImport(w.karim, i.ID),
			"lines":   second(w.ImportLines(w.karim, i.ID, "", 0, 5)),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.StartImport(w.karim, w.teamA, tableOf("Nom;Prénom", "Un;Alice")); !errs.Is(err, errs.Invalid) {
			t.Errorf("into another team: %v", err)
		}
		if _, err := w.StartImport(w.nobody, w.teamA, tableOf("Nom", "Un")); err == nil {
			t.Error("nobody may import")
		}
		must(t, w.DropImport(w.claire, i.ID))
		if _, err := w.ReadImport(w.claire, i.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("dropped, then read: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestMappingIsChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		i := w.startImport(tableOf("a;b", "Un;Alice"))
		for name, fields := range map[string][]string{
			"no name":    {"", "birth"},
			"twice":      {"usual_name", "usual_name"},
			"unknown":    {"usual_name", "fact:nothing"},
			"not one":    {"usual_name", "wages"},
			"wrong size": {"usual_name"},
		} {
			if err := w.MapImport(w.claire, i.ID, i.Version, fields, ""); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

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
		if !strings.Contains(all, "940") || !strings.Contains(all, "111") || strings.Contains(all, "777") {
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
