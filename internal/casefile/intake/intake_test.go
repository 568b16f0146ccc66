package intake_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

// world is casetest's with imports.
type world struct {
	*casetest.World
	imports *intake.Service
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	m := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
	return &world{World: m, imports: intake.New(m.Service)}
}

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// runJobs runs the jobs that are due.
func (w *world) runJobs() {
	w.T.Helper()
	r := db.NewRunner(w.DB)
	r.Handle(intake.Job, w.imports.Run)
	r.Handle(intake.JobRights, w.imports.Compute)
	must(w.T, r.Drain(context.Background()))
}

func tableOf(lines ...string) intake.Table {
	t := intake.Table{Name: `C:\Bureau\essai.csv`, Format: "csv", Header: strings.Split(lines[0], ";")}
	for i, l := range lines[1:] {
		t.Rows = append(t.Rows, intake.Cells{Line: i + 2, Cells: strings.Split(l, ";")})
	}
	return t
}

func (w *world) startImport(t intake.Table) intake.Import {
	w.T.Helper()
	id, err := w.imports.Start(w.Claire, w.TeamA, t)
	must(w.T, err)
	return w.readImport(id)
}

func (w *world) readImport(id core.ID) intake.Import {
	w.T.Helper()
	i, err := w.imports.Read(w.Claire, id)
	must(w.T, err)
	return i
}

func (w *world) check(t intake.Table) intake.Import {
	w.T.Helper()
	i := w.startImport(t)
	must(w.T, w.imports.Map(w.Claire, i.ID, i.Version, i.Fields, "2026-01"))
	w.runJobs()
	i = w.readImport(i.ID)
	if i.State != intake.StateChecked {
		w.T.Fatalf("state %s, want checked", i.State)
	}
	return i
}

func (w *world) people(query string) []casefile.Found {
	w.T.Helper()
	found, err := w.Search(w.Claire, query, "", 50)
	must(w.T, err)
	return found.Items
}

func TestImportWritesNothingBeforeItIsConfirmed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		known := w.Person("Samira", "Haddad", "1992-02-03")
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
		lines, err := w.imports.Rows(w.Claire, i.ID, intake.RowBad, 0, 50)
		must(t, err)
		var said []string
		for _, f := range lines[0].Faults {
			said = append(said, f.Column+" "+f.Key+" "+f.Args["value"])
		}
		want := "Date de naissance errs.casefile.import_date 31/02/1990|Civilité errs.casefile.import_title Docteur"
		if got := strings.Join(said, "|"); lines[0].Line != 4 || got != want {
			t.Errorf("line %d: %s", lines[0].Line, got)
		}
		like, err := w.imports.Rows(w.Claire, i.ID, intake.RowKnown, 0, 50)
		must(t, err)
		if like[0].Like == nil || like[0].Like.Person != known {
			t.Fatalf("looks like %+v", like[0].Like)
		}
		must(t, w.imports.ChooseRows(w.Claire, i.ID, map[int]intake.RowChoice{3: intake.ChoiceSame}))
		must(t, w.imports.Confirm(w.Claire, i.ID, i.Version))
		if err := w.imports.Confirm(w.Claire, i.ID, i.Version); !errs.Is(err, errs.Conflict) {
			t.Errorf("confirmed twice: %v", err)
		}
		w.runJobs()
		w.runJobs()
		i = w.readImport(i.ID)
		if i.State != intake.StateDone || i.Count.Created != 2 || i.Count.Added != 1 || i.Count.Unwritten != 1 || i.Count.Skipped != 1 {
			t.Fatalf("%s %+v", i.State, i.Count)
		}
		awa := w.people("traore awa")
		if len(awa) != 1 {
			t.Fatalf("found %+v", awa)
		}
		f, err := w.OpenFile(w.Claire, awa[0].Person, 0)
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
		samira, err := w.OpenFile(w.Claire, known, 0)
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
		known := w.Person("Samira", "Haddad", "1992-02-03")
		before := len(w.people("haddad"))
		i := w.check(tableOf("Nom;Prénom;Naissance;Loyer;Salaire net;id",
			"Un;Alice;1990;500;;1", "Deux;Basile;1991;600;;2", "Trois;Carole;1992;;;3", "Haddad;Samira;1992;;900;4"))
		must(t, w.imports.ChooseRows(w.Claire, i.ID, map[int]intake.RowChoice{5: intake.ChoiceSame}))
		must(t, w.imports.Confirm(w.Claire, i.ID, i.Version))
		w.runJobs()
		i = w.readImport(i.ID)
		if i.Count.Created != 3 || i.Count.Added != 1 {
			t.Fatalf("%+v", i.Count)
		}
		touched := w.people("deux basile")[0].Person
		_, err := w.SaveFacts(w.Claire, touched, []casefile.FactInput{{Variable: "salaire_net", State: casefile.Known, Value: "1000", Source: casefile.SourceSaid}})
		must(t, err)
		must(t, w.imports.Undo(w.Claire, i.ID, i.Version))
		w.runJobs()
		i = w.readImport(i.ID)
		if i.State != intake.StateUndone || i.Count.Removed != 3 || i.Count.Kept != 1 {
			t.Fatalf("%s %+v", i.State, i.Count)
		}
		if got := len(w.people("alice")) + len(w.people("carole")); got != 0 {
			t.Errorf("%d files left", got)
		}
		kept, err := w.imports.Kept(w.Claire, i.ID)
		must(t, err)
		if len(kept) != 1 || kept[0].Person != touched {
			t.Errorf("kept %+v", kept)
		}
		f, err := w.OpenFile(w.Claire, known, 0)
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
			"read":    second(w.imports.Read(w.Karim, i.ID)),
			"map":     w.imports.Map(w.Karim, i.ID, i.Version, i.Fields, ""),
			"confirm": w.imports.Confirm(w.Karim, i.ID, i.Version),
			"drop":    w.imports.Drop(w.Karim, i.ID),
			"lines":   second(w.imports.Rows(w.Karim, i.ID, "", 0, 5)),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.imports.Start(w.Karim, w.TeamA, tableOf("Nom;Prénom", "Un;Alice")); !errs.Is(err, errs.Invalid) {
			t.Errorf("into another team: %v", err)
		}
		if _, err := w.imports.Start(w.Nobody, w.TeamA, tableOf("Nom", "Un")); err == nil {
			t.Error("nobody may import")
		}
		must(t, w.imports.Drop(w.Claire, i.ID))
		if _, err := w.imports.Read(w.Claire, i.ID); !errs.Is(err, errs.NotFound) {
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
			if err := w.imports.Map(w.Claire, i.ID, i.Version, fields, ""); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
