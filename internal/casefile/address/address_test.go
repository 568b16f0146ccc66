package address_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/address"
	"codeberg.org/parvis/parvis/internal/casefile/casetest"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/db/dbtest"
	"codeberg.org/parvis/parvis/rights"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// townLaw is the small law with an aid of one town, and an explanation that says
// where the home is.
type townLaw struct{ *casetest.SmallLaw }

func (townLaw) Local(right string) bool { return right == "transports" }

func (l townLaw) Rights() []string { return append(l.SmallLaw.Rights(), "transports") }

func (l townLaw) Inputs() []casefile.Variable {
	return append(l.SmallLaw.Inputs(), casefile.Variable{Name: "depcom", Entity: casefile.EntityDwelling, Type: casefile.TypeText, Period: casefile.PeriodMonth})
}

func (l townLaw) Evaluate(ctx context.Context, p *casefile.Picture) ([]casefile.Outcome, error) {
	list, err := l.SmallLaw.Evaluate(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, c := range p.Cells {
		if c.Variable != "depcom" {
			continue
		}
		detail := rights.Result{Right: "af", Law: l.Name, Month: p.Month.String(), Gaps: []string{"zones-logement " + c.Value}}
		why := rights.Explanation{Lines: []rights.Line{{Variable: "af"}, {Variable: "depcom", Depth: 1, Value: &rights.Value{Kind: rights.KindText, Text: c.Value}}}}
		for i := range list {
			if list[i].Detail, err = json.Marshal(detail); err != nil {
				return nil, err
			}
			if list[i].Explanation, err = json.Marshal(why); err != nil {
				return nil, err
			}
		}
		list = append(list, casefile.Outcome{Right: "transports", Status: casefile.Probable, Amount: 1000, Detail: list[0].Detail, Explanation: list[0].Explanation})
	}
	return list, nil
}

// Every reading that pages, prints and programs make of a file with a protected
// address, and of the file of somebody of her household: none says where she lives.
func TestAProtectedAddressIsSaidNowhereWithoutAReason(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := casetest.New(t, d, townLaw{&casetest.SmallLaw{Name: "law-1"}})
		const street, city = "7 rue des Peupliers", "Marennes"
		hers, err := w.CreatePerson(w.Claire, casefile.NewPerson{Team: w.TeamA, SeenDuplicates: true, Identity: casefile.Identity{UsualName: "Garnier", GivenNames: "Élodie"},
			Contact: casefile.Contact{Address: casefile.Address{Lines: []string{street}, Postcode: "17320", City: city, Commune: "17219"}}})
		must(t, err)
		his := w.Person("Mickaël", "Petit", "1986")
		_, err = w.AddToHousehold(w.Claire, hers, casefile.HouseholdInput{Person: his, Relation: casefile.RelationPartner, Couple: casefile.Married, LivesIn: true})
		must(t, err)
		twin := w.Person("Élodie", "Garnier", "")
		for _, code := range []string{"17219", "17300"} { // corrected: what was believed before is kept, and hidden
			f, err := w.OpenFile(w.Claire, hers, 0)
			must(t, err)
			in := casefile.FactInput{Variable: "depcom", State: casefile.Known, Value: code, Source: casefile.SourceDocument, Detail: "Bail à Marennes", From: core.PartialDate{Year: 2026, Month: 1}}
			for _, l := range f.Facts {
				in.Replaces = l.ID
			}
			_, err = w.SaveFacts(w.Claire, hers, []casefile.FactInput{in})
			must(t, err)
		}
		// Computed before the address was protected, the aid of the town is stored.
		before, err := w.Service.Person(w.Claire, hers)
		must(t, err)
		if f, err := w.OpenFile(w.Claire, hers, 0); err != nil || !slices.ContainsFunc(f.Rights, func(l casefile.RightLine) bool { return l.Right == "transports" && l.Result != nil }) {
			t.Fatalf("the aid of the town is not computed: %+v, %v", f, err)
		}
		must(t, outlook.New(w.Service).Compute(w.Claire, hers))
		talks, err := talk.New(w.Service, nil)
		must(t, err)
		must(t, talks.Tell(w.Claire, hers, talk.TellInput{How: talk.Aloud}))
		look := func() { // a run over her file
			t.Helper()
			_, err := talks.Demand(w.Claire, talk.Over{Team: w.TeamA})
			must(t, err)
			jobs := db.NewRunner(w.DB)
			jobs.Handle(talk.Job, talks.Run)
			must(t, jobs.Drain(context.Background()))
		}
		look()
		_, err = talks.SetAside(w.Claire, hers, talk.PauseInput{Right: "transports", Reason: talk.Spoken})
		must(t, err)
		for _, aside := range []bool{true, false} {
			if page, err := talks.List(w.Claire, talk.Filter{Paused: aside}, "", 20); err != nil || len(page.Items) != 1 {
				t.Fatalf("the run found nothing: %+v, %v", page, err)
			}
		}
		before.Address.Protected = true
		must(t, w.UpdatePerson(w.Claire, before))
		sheet, err := w.MakeSheet(w.Claire, hers, 0)
		must(t, err)

		reads := map[string]func() (any, error){
			"file":     func() (any, error) { return w.OpenFile(w.Claire, hers, 0) },
			"person":   func() (any, error) { return w.Service.Person(w.Claire, hers) },
			"plan":     func() (any, error) { return plan.New(w.Service).Read(w.Claire, hers) },
			"sheet":    func() (any, error) { return w.OpenSheet(w.Claire, sheet.Code) },
			"export":   func() (any, error) { return w.Export(w.Claire, hers) },
			"compare":  func() (any, error) { return merge.New(w.Service).Preview(w.Claire, twin, hers) },
			"search":   func() (any, error) { return w.Search(w.Claire, "garnier", "", 10) },
			"list":     func() (any, error) { return w.ListFiles(w.Claire, "", 10) },
			"his file": func() (any, error) { return w.OpenFile(w.Claire, his, 0) },
			"his home": func() (any, error) { return w.Household(w.Claire, his, core.Date{}) },
			"her home": func() (any, error) { return w.Household(w.Claire, hers, core.Date{}) },
			"his copy": func() (any, error) { return w.Export(w.Claire, his) },
			"look-alike": func() (any, error) {
				return w.SuggestDuplicates(w.Claire, casefile.NewPerson{Identity: casefile.Identity{UsualName: "Garnier", GivenNames: "Élodie"}})
			},
			"stored":   func() (any, error) { return w.StoredRights(w.Claire, hers, 0) },
			"why":      func() (any, error) { return w.Explain(w.Claire, hers, "af", 0) },
			"ahead":    func() (any, error) { return outlook.New(w.Service).Read(w.Claire, hers) },
			"talk":     func() (any, error) { return talks.List(w.Claire, talk.Filter{}, "", 20) },
			"aside":    func() (any, error) { return talks.List(w.Claire, talk.Filter{Paused: true}, "", 20) },
			"that aid": func() (any, error) { return talks.List(w.Claire, talk.Filter{Right: "transports"}, "", 20) },
			"notice":   func() (any, error) { return talks.ReadNotice(w.Claire, hers) },
			"question": func() (any, error) { q, _, err := w.NextQuestion(w.Claire, hers); return q, err },
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
				for _, word := range []string{"Peupliers", city, "17320", "17219", "17300", `transports","Result":{`, `"name":"transports"`, `"Name":"transports"`, `"Right":"transports","Reason"`} {
					if strings.Contains(string(b), word) {
						t.Errorf("%s: %s says %s", when, name, word)
					}
				}
			}
		}
		silent("protected")
		if _, err := talks.SetAside(w.Claire, hers, talk.PauseInput{Right: "transports", Reason: talk.Spoken}); !errs.Is(err, errs.NotFound) {
			t.Errorf("the aid of the town is set aside: %v", err)
		}
		if _, err := w.Explain(w.Claire, hers, "transports", 0); !errs.Is(err, errs.NotFound) {
			t.Errorf("the aid of the town is explained: %v", err)
		}
		// Computed again, it is not even stored; the zone counts all the same.
		_, err = w.SaveFacts(w.Claire, hers, []casefile.FactInput{{Variable: "loyer", State: casefile.Known, Value: "400", Source: casefile.SourceSaid, From: core.PartialDate{Year: 2026, Month: 1}}})
		must(t, err)
		f, err := w.OpenFile(w.Claire, hers, 0)
		must(t, err)
		for _, l := range f.Facts {
			if l.Variable == "depcom" && (!l.Hidden || l.Value != "" || l.State != casefile.Known || len(l.Before) != 1 || !l.Before[0].Hidden) {
				t.Errorf("the commune of the dwelling: %+v", l)
			}
		}
		look()
		silent("computed again")
		must(t, w.DB.Read(context.Background(), func(q db.Querier) error {
			var n int64
			err := q.QueryRow(`SELECT COUNT(*) FROM talk_right WHERE file_id = $1 AND right_name = 'transports'`, hers).Scan(&n)
			if n != 0 {
				t.Error("a run stores the aid of the town")
			}
			return err
		}))
		// Two workers at once: the refusal says nothing of where either.
		_, err = w.SaveFacts(w.Claire, hers, []casefile.FactInput{{Variable: "depcom", State: casefile.Known, Value: "17415", Source: casefile.SourceSaid, From: core.PartialDate{Year: 2026, Month: 1}}})
		var twice *casefile.FactConflict
		if !errors.As(err, &twice) || twice.Pairs[0].Theirs.Value != "" || twice.Pairs[0].Yours.Value != "" {
			t.Errorf("%v", err)
		}
		must(t, w.ChooseFact(w.Claire, hers, twice.Pairs[0].Theirs.ID, twice.Pairs[0].Yours.ID))

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
		lines := w.Lines(hers)
		place, err := address.Reveal(w.Claire, w.Service, hers, "Envoyer la convocation")
		must(t, err)
		if a := place.Addresses; len(a) != 1 || a[0].Lines[0] != street || a[0].City != city || !slices.Equal(place.Communes, []string{"17300"}) || w.Lines(hers) != lines+1 {
			t.Errorf("%+v", place)
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
		must(t, merge.New(w.Service).Merge(w.Claire, merge.Input{Keep: twin, Other: hers}))
		delete(reads, "compare")
		look()
		silent("merged")
		if place, err = address.Reveal(w.Claire, w.Service, twin, "Envoyer la convocation"); err != nil || len(place.Addresses) != 1 || place.Addresses[0].City != city {
			t.Errorf("%+v, %v", place, err)
		}
	})
}
