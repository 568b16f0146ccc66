package civil_test

import (
	"encoding/json"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/civil"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func each(t *testing.T, fn func(t *testing.T, w *casetest.World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})) })
}

func change(t testing.TB, w *casetest.World, id core.ID, in civil.Input, fn func(p *casefile.Person)) {
	t.Helper()
	p, err := w.Service.Person(w.Claire, id)
	must(t, err)
	fn(&p)
	must(t, civil.Change(w.Claire, w.Service, p, in))
}

func found(t testing.TB, w *casetest.World, text string) []casefile.Found {
	t.Helper()
	page, err := w.Search(w.Claire, text, "", 10)
	must(t, err)
	return page.Items
}

func TestAFormerNameIsFoundAndSaid(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World) {
		id := w.Person("Samira", "Belkacem", "1992-02-03")
		w.Person("Samira", "Autre", "1990")
		change(t, w, id, civil.Input{On: core.Date{Year: 2024, Month: 10, Day: 1}}, func(p *casefile.Person) { p.UsualName = "Haddad" })
		for _, text := range []string{"belkacem", "samira belkacem", "BELK samira", "belkacem 1992"} {
			list := found(t, w, text)
			if len(list) != 1 || list[0].Person != id || list[0].Why != casefile.MatchFormer || list[0].Former != "Samira Belkacem" || list[0].Name != "Samira Haddad" {
				t.Errorf("%q finds %+v", text, list)
			}
		}
		if list := found(t, w, "haddad"); len(list) != 1 || list[0].Why != casefile.MatchName || list[0].Former != "" {
			t.Errorf("by the name of now: %+v", list)
		}
		page, err := w.Search(w.Karim, "belkacem", "", 10)
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Former != "" {
			t.Errorf("another team reads %+v", page.Items)
		}
		names, err := civil.List(w.Claire, w.Service, id)
		must(t, err)
		if len(names) != 1 || names[0].Identity.DisplayName() != "Samira Belkacem" || names[0].Until.String() != "2024-10-01" {
			t.Errorf("%+v", names)
		}
		// A correction, and a change of something else, keep no name.
		p, err := w.Service.Person(w.Claire, id)
		must(t, err)
		p.UsualName = "Hadad"
		must(t, w.UpdatePerson(w.Claire, p))
		change(t, w, id, civil.Input{}, func(p *casefile.Person) { p.Title = casefile.TitleMadame })
		if names, err = civil.List(w.Claire, w.Service, id); err != nil || len(names) != 1 {
			t.Errorf("%+v, %v", names, err)
		}
		p, err = w.Service.Person(w.Claire, id)
		must(t, err)
		for _, on := range []core.Date{casetest.Today().AddDays(1), {Year: 1980, Month: 1, Day: 1}} {
			if err := civil.Change(w.Claire, w.Service, p, civil.Input{On: on}); !errs.Is(err, errs.Invalid) {
				t.Errorf("%v: %v", on, err)
			}
		}
	})
}

// A first name of before that is not to be disclosed: no part of it finds anybody, no
// reading says it; whoever types it whole still reaches the file.
func TestAFirstNameOfBeforeIsNotDisclosed(t *testing.T) {
	each(t, func(t *testing.T, w *casetest.World) {
		id := w.Person("Bertrand", "Lenoir", "1998")
		change(t, w, id, civil.Input{Discreet: true}, func(p *casefile.Person) { p.GivenNames, p.Title = "Louise", casefile.TitleMadame })
		for _, text := range []string{"bertrand", "bertran lenoir", "lenoir ber", "bertrand 1998"} {
			for _, f := range found(t, w, text) {
				if f.Why != casefile.MatchName || text == "bertrand" || text == "bertrand 1998" {
					t.Errorf("%q finds %+v", text, f)
				}
			}
		}
		list := found(t, w, "Lenoir Bertrand")
		if len(list) != 1 || list[0].Person != id || list[0].Name != "Louise Lenoir" || list[0].Former != "" || list[0].Why != casefile.MatchName {
			t.Errorf("typed whole: %+v", list)
		}
		file, err := w.OpenFile(w.Claire, id, 0)
		must(t, err)
		copied, err := w.Export(w.Claire, id)
		must(t, err)
		names, err := civil.List(w.Claire, w.Service, id)
		must(t, err)
		for what, v := range map[string]any{"file": file, "copy": copied, "names": names, "found": list} {
			b, err := json.Marshal(v)
			must(t, err)
			if strings.Contains(string(b), "Bertrand") {
				t.Errorf("the %s says it", what)
			}
		}
	})
}
