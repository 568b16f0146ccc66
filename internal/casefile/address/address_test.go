package address_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/address"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
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

// Every reading that pages, prints and programs make of a file with a protected
// address, and of the file of somebody of her household: none says where she lives.
func TestAProtectedAddressIsSaidNowhereWithoutAReason(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, &casetest.SmallLaw{Name: "law-1"})
		const street, city = "7 rue des Peupliers", "Marennes"
		hers, err := w.CreatePerson(w.Claire, casefile.NewPerson{Team: w.TeamA, SeenDuplicates: true, Identity: casefile.Identity{UsualName: "Garnier", GivenNames: "Élodie"},
			Contact: casefile.Contact{Address: casefile.Address{Protected: true, Lines: []string{street}, Postcode: "17320", City: city, Commune: "17219"}}})
		must(t, err)
		his := w.Person("Mickaël", "Petit", "1986")
		_, err = w.AddToHousehold(w.Claire, hers, casefile.HouseholdInput{Person: his, Relation: casefile.RelationPartner, Couple: casefile.Married, LivesIn: true})
		must(t, err)
		twin := w.Person("Élodie", "Garnier", "")
		must(t, w.Recompute(w.Claire, hers, 0))
		sheet, err := w.MakeSheet(w.Claire, hers, 0)
		must(t, err)

		reads := map[string]func() (any, error){
			"file":     func() (any, error) { return w.OpenFile(w.Claire, hers, 0) },
			"person":   func() (any, error) { return w.Service.Person(w.Claire, hers) },
			"plan":     func() (any, error) { return w.ReadPlan(w.Claire, hers) },
			"sheet":    func() (any, error) { return w.OpenSheet(w.Claire, sheet.Code) },
			"export":   func() (any, error) { return w.Export(w.Claire, hers) },
			"compare":  func() (any, error) { return w.PreviewMerge(w.Claire, twin, hers) },
			"search":   func() (any, error) { return w.Search(w.Claire, "garnier", "", 10) },
			"list":     func() (any, error) { return w.ListFiles(w.Claire, "", 10) },
			"his file": func() (any, error) { return w.OpenFile(w.Claire, his, 0) },
			"his home": func() (any, error) { return w.Household(w.Claire, his, core.Date{}) },
			"her home": func() (any, error) { return w.Household(w.Claire, hers, core.Date{}) },
			"his copy": func() (any, error) { return w.Export(w.Claire, his) },
			"look-alike": func() (any, error) {
				return w.SuggestDuplicates(w.Claire, casefile.NewPerson{Identity: casefile.Identity{UsualName: "Garnier", GivenNames: "Élodie"}})
			},
			"timeline": func() (any, error) { list, _, err := w.Timeline(w.Claire, hers, "", 50); return list, err },
		}
		silent := func(when string) {
			t.Helper()
			for name, read := range reads {
				got, err := read()
				if err != nil {
					t.Fatalf("%s: %s: %v", when, name, err)
				}
				b, err := json.Marshal(got)
				must(t, err)
				for _, word := range []string{"Peupliers", city, "17320", "17219"} {
					if strings.Contains(string(b), word) {
						t.Errorf("%s: %s says %s", when, name, word)
					}
				}
			}
		}
		silent("protected")

		// Saving the form that was not shown the address keeps it.
		p, err := w.Service.Person(w.Claire, hers)
		must(t, err)
		p.Hours = "le matin"
		must(t, w.UpdatePerson(w.Claire, p))
		var fields errs.Fields
		for _, reason := range []string{"  ", strings.Repeat("x", 301), "a\x00b"} {
			if _, err := address.Reveal(w.Claire, w.Service, hers, reason); !errors.As(err, &fields) || fields[0].Field != "reason" {
				t.Errorf("%q: %v", reason, err)
			}
		}
		if _, err := address.Reveal(w.Karim, w.Service, hers, "voir"); !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
			t.Errorf("another team reads it: %v", err)
		}
		before := w.Lines(hers)
		list, err := address.Reveal(w.Claire, w.Service, hers, "Envoyer la convocation")
		must(t, err)
		if len(list) != 1 || list[0].Lines[0] != street || list[0].City != city || w.Lines(hers) != before+1 {
			t.Errorf("%+v", list)
		}

		// To protect it no longer, it is written again: nothing is uncovered by a box.
		p, err = w.Service.Person(w.Claire, hers)
		must(t, err)
		stale := p
		stale.Version--
		var conflict *casefile.PersonConflict
		if err := w.UpdatePerson(w.Claire, stale); !errors.As(err, &conflict) || conflict.Stored.Address.City != "" || conflict.Yours.Address.City != "" {
			t.Errorf("%v", err)
		}
		p.Address.Protected = false
		if err := w.UpdatePerson(w.Claire, p); !errors.As(err, &fields) || fields[0].Key != "errs.casefile.address_unprotect" {
			t.Errorf("%v", err)
		}
		p.Address.Protected = true
		must(t, w.UpdatePerson(w.Claire, p))

		// One with another file, it is protected there too.
		must(t, w.Merge(w.Claire, casefile.MergeInput{Keep: twin, Other: hers}))
		delete(reads, "compare")
		silent("merged")
		if list, err = address.Reveal(w.Claire, w.Service, twin, "Envoyer la convocation"); err != nil || len(list) != 1 || list[0].City != city {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
