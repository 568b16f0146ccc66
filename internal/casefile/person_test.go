package casefile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"

	"github.com/google/go-cmp/cmp"
)

func samira() casefile.NewPerson {
	return casefile.NewPerson{
		Identity: casefile.Identity{UsualName: "Haddad", GivenNames: "Samira Leïla", BirthName: "Ben Salah", Title: casefile.TitleMadame,
			Birth: core.PartialDate{Year: 1992, Month: 2, Day: 3}},
		Contact: casefile.Contact{Languages: []string{"ar", "fr"}, Interpreter: casefile.InterpreterWritten, Phone: "06 39 98 41 22",
			Channel: casefile.ChannelSMSNeutral, Hours: "après 17 h",
			Address: casefile.Address{Lines: []string{"7, rue des Tanneurs"}, Postcode: "79000", City: "Valsèvre", Commune: "79191"}},
	}
}

func TestCreateAndReadPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := samira()
		in.Team = w.teamA
		id, err := w.CreatePerson(w.claire, in)
		must(t, err)
		p, err := w.Person(w.claire, id)
		must(t, err)
		want := casefile.Person{ID: id, Version: 1, Identity: in.Identity, Contact: in.Contact}
		want.Phone = "+33639984122"
		if d := cmp.Diff(want, p); d != "" {
			t.Error(d)
		}
		if n := w.lines(id); n != 3 {
			t.Errorf("%d lines in the journal, want one for the creation, one for the calculation and one for the reading", n)
		}
		f, err := w.OpenFile(w.claire, id, 0)
		must(t, err)
		if f.Case.Referent != w.claireID || f.Names[w.claireID] != "Claire Maurel" || f.Stale != casefile.Fresh || f.Computed == 0 {
			t.Errorf("file %+v, names %v", f.Case, f.Names)
		}
	})
}

func TestWhoMayOpenAFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992-02-03")
		before := w.lines(id)
		_, err := w.OpenFile(w.karim, id, 0)
		wantKind(t, err, errs.Forbidden)
		_, err = w.OpenFile(w.nobody, id, 0)
		wantKind(t, err, errs.Unauthenticated)
		_, err = w.OpenFile(w.claire, "0190aaaa-0000-7000-8000-000000000000", 0)
		wantKind(t, err, errs.NotFound)
		// Each gesture asks first: none goes through for another team.
		gestures := map[string]func(ctx context.Context) error{
			"person":    func(ctx context.Context) error { _, err := w.Person(ctx, id); return err },
			"edit":      func(ctx context.Context) error { return w.UpdatePerson(ctx, casefile.Person{ID: id, Version: 1}) },
			"contact":   func(ctx context.Context) error { return w.TouchContact(ctx, id) },
			"household": func(ctx context.Context) error { _, err := w.Household(ctx, id, core.Date{}); return err },
			"add": func(ctx context.Context) error {
				_, err := w.AddToHousehold(ctx, id, casefile.HouseholdInput{Identity: casefile.Identity{UsualName: "X"}, LivesIn: true})
				return err
			},
			"move": func(ctx context.Context) error {
				_, err := w.MoveHome(ctx, id, nil, core.Date{Year: 2026, Month: 6, Day: 1})
				return err
			},
			"save": func(ctx context.Context) error {
				_, err := w.SaveFacts(ctx, id, []casefile.FactInput{rent("500")})
				return err
			},
			"bad save": func(ctx context.Context) error {
				_, err := w.SaveFacts(ctx, id, []casefile.FactInput{rent("x")})
				return err
			},
			"choose":   func(ctx context.Context) error { return w.ChooseFact(ctx, id, "a", "b") },
			"timeline": func(ctx context.Context) error { _, _, err := w.Timeline(ctx, id, "", 10); return err },
			"compute":  func(ctx context.Context) error { return w.Recompute(ctx, id, 0) },
			"explain":  func(ctx context.Context) error { _, err := w.Explain(ctx, id, "af", 0); return err },
			"decide": func(ctx context.Context) error {
				_, err := w.Decide(ctx, id, casefile.DecisionInput{Right: "af", Kind: casefile.ToClaim})
				return err
			},
			"decisions": func(ctx context.Context) error { _, err := w.Decisions(ctx, id, "af"); return err },
			"question":  func(ctx context.Context) error { _, _, err := w.NextQuestion(ctx, id); return err },
			"sheet":     func(ctx context.Context) error { _, err := w.MakeSheet(ctx, id, 0); return err },
			"human":     func(ctx context.Context) error { return w.UpdateHuman(ctx, id, casefile.Person{ID: id, Version: 1}) },
		}
		for name, gesture := range gestures {
			if err := gesture(w.karim); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s by another team: %v, want forbidden", name, err)
			}
			if err := gesture(w.nobody); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("%s by nobody: %v, want to sign in", name, err)
			}
		}
		if n := w.lines(id); n != before {
			t.Errorf("%d lines in the journal for gestures refused, want none", n-before)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(*casefile.NewPerson)
			field  string
		}{
			"no name":              {func(p *casefile.NewPerson) { p.UsualName, p.GivenNames = "  ", "" }, "usual_name"},
			"markup":               {func(p *casefile.NewPerson) { p.GivenNames = "<b>Samira" }, "given_names"},
			"too long":             {func(p *casefile.NewPerson) { p.UsualName = strings.Repeat("é", 81) }, "usual_name"},
			"broken encoding":      {func(p *casefile.NewPerson) { p.UsualName = "Had\xffdad" }, "usual_name"},
			"birth in the future":  {func(p *casefile.NewPerson) { p.Birth = core.PartialDate{Year: 2026, Month: 6, Day: 12} }, "birth"},
			"born in 1870":         {func(p *casefile.NewPerson) { p.Birth = core.PartialDate{Year: 1870} }, "birth"},
			"phone":                {func(p *casefile.NewPerson) { p.Phone = "12" }, "phone"},
			"SMS without a number": {func(p *casefile.NewPerson) { p.Phone = "" }, "channel"},
			"postcode":             {func(p *casefile.NewPerson) { p.Address.Postcode = "7900" }, "postcode"},
			"commune":              {func(p *casefile.NewPerson) { p.Address.Commune = "Niort" }, "commune"},
			"language":             {func(p *casefile.NewPerson) { p.Languages = []string{"'; --"} }, "languages"},
			"another team":         {func(p *casefile.NewPerson) { p.Team = w.teamB }, "team"},
			"unknown referent":     {func(p *casefile.NewPerson) { p.Referent = "0190aaaa-0000-7000-8000-000000000000" }, "referent"},
		} {
			in := samira()
			in.Team = w.teamA
			c.change(&in)
			_, err := w.CreatePerson(w.claire, in)
			var fields errs.Fields
			if !errors.As(err, &fields) || fields[0].Field != c.field {
				t.Errorf("%s: %v, want an error on %s", name, err, c.field)
			}
		}
		page, err := w.Search(w.claire, "haddad", "", 10)
		must(t, err)
		if len(page.Items) != 0 {
			t.Errorf("refused persons are found: %v", page.Items)
		}
	})
}

func TestDuplicatesAreSuggestedFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := samira()
		first.Team = w.teamA
		id, err := w.CreatePerson(w.claire, first)
		must(t, err)
		for name, c := range map[string]struct {
			change func(*casefile.NewPerson)
			found  bool
		}{
			"the same":                 {func(*casefile.NewPerson) {}, true},
			"misspelt, no phone":       {func(p *casefile.NewPerson) { p.UsualName, p.Phone, p.Channel = "Hadad", "", "" }, true},
			"under her birth name":     {func(p *casefile.NewPerson) { p.UsualName, p.BirthName, p.Phone, p.Channel = "Bensalah", "", "", "" }, true},
			"the year alone":           {func(p *casefile.NewPerson) { p.Birth, p.Phone, p.Channel = core.PartialDate{Year: 1992}, "", "" }, true},
			"a homonym of another age": {func(p *casefile.NewPerson) { p.Birth, p.Phone, p.Channel = core.PartialDate{Year: 1961}, "", "" }, false},
			"a stranger on the same line": {func(p *casefile.NewPerson) {
				p.UsualName, p.GivenNames, p.BirthName, p.Birth = "Rouvière", "Paul", "", core.PartialDate{Year: 1950}
			}, true},
			"a sister": {func(p *casefile.NewPerson) {
				p.GivenNames, p.Birth, p.Phone, p.Channel = "Nora", core.PartialDate{Year: 1995}, "", ""
			}, false},
			"somebody else": {func(p *casefile.NewPerson) {
				p.UsualName, p.GivenNames, p.BirthName, p.Phone, p.Channel = "Sow", "Ibrahima", "", "", ""
			}, false},
		} {
			in := samira()
			in.Team = w.teamA
			c.change(&in)
			found, err := w.SuggestDuplicates(w.claire, in)
			must(t, err)
			if got := len(found) == 1 && found[0].Person == id; got != c.found {
				t.Errorf("%s: found %v, want %v", name, found, c.found)
			}
			_, err = w.CreatePerson(w.claire, in)
			var looks *casefile.LooksLike
			if errors.As(err, &looks) != c.found {
				t.Errorf("%s: create says %v", name, err)
			}
			if !c.found && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestTwoTabsEditAPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := samira()
		in.Team = w.teamA
		id, err := w.CreatePerson(w.claire, in)
		must(t, err)
		one, err := w.Person(w.claire, id)
		must(t, err)
		two := one
		one.UsualName, one.Phone = "Haddad-Morel", "07 00 00 00 01"
		must(t, w.UpdatePerson(w.claire, one))
		two.Hours = "le matin"
		err = w.UpdatePerson(w.claire, two)
		var conflict *casefile.PersonConflict
		if !errors.As(err, &conflict) || conflict.Stored.UsualName != "Haddad-Morel" || conflict.Yours.Hours != "le matin" {
			t.Fatalf("second tab: %v, want both versions", err)
		}
		wantKind(t, err, errs.Conflict)

		for query, want := range map[string]int{"morel": 1, "samira morel": 1, "haddad": 1, "06 39 98 41 22": 0, "07 00 00 00 01": 1, "leïla": 1} {
			page, err := w.Search(w.claire, query, "", 10)
			must(t, err)
			if len(page.Items) != want {
				t.Errorf("search %q after the edit: %v, want %d", query, page.Items, want)
			}
		}
		list, err := w.ListFiles(w.claire, "", 10)
		must(t, err)
		if len(list.Items) != 1 || list.Items[0].Name != "Samira Haddad-Morel" {
			t.Errorf("list: %v", list.Items)
		}
	})
}

func TestPhoneIsSealed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := samira()
		in.Team = w.teamA
		id, err := w.CreatePerson(w.claire, in)
		must(t, err)
		must(t, w.db.Read(w.claire, func(q db.Querier) error {
			var sealed []byte
			if err := q.QueryRow(`SELECT phone FROM person WHERE id = $1`, id).Scan(&sealed); err != nil {
				return err
			}
			var plain int
			if err := q.QueryRow(`SELECT COUNT(*) FROM name_key WHERE key LIKE '%9984122%'`).Scan(&plain); err != nil {
				return err
			}
			if strings.Contains(string(sealed), "39984122") || plain != 0 {
				t.Error("the number can be read in the rows")
			}
			return nil
		}))
	})
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ids := map[string]core.ID{}
		for _, p := range [][3]string{
			{"Fatou", "Diallo", "1991-05-04"}, {"Fatou", "Diallo", "1958"}, {"Fatoumata", "Dialo", "2001-01"}, {"Moussa", "Diallo", "1980-10-10"},
			{"Éloïse", "Le Goff", "1950-12-01"}, {"Thị Mai", "Nguyễn", "1975-07-07"}, {"Mohammed", "Ben Ali", "1969-01-01"},
			{"João", "da Conceição", "1988-03-30"}, {"زينب", "الحسن", "1990"}, {"Li", "Wu", "1999-09-09"}, {"Jean-Baptiste", "d’Almeida", "1962-02-28"},
		} {
			ids[p[0]+" "+p[1]+" "+p[2]] = w.person(p[0], p[1], p[2])
		}
		names := func(page casefile.FoundPage) string {
			var l []string
			for _, f := range page.Items {
				l = append(l, f.Name)
			}
			slices.Sort(l)
			return strings.Join(l, ", ")
		}
		for query, want := range map[string]string{
			"diallo":              "Fatou Diallo, Fatou Diallo, Fatoumata Dialo, Moussa Diallo",
			"DIALO fatou":         "Fatou Diallo, Fatou Diallo, Fatoumata Dialo",
			"dialo fatou 1991":    "Fatou Diallo",
			"diallo 04/05/1991":   "Fatou Diallo",
			"1958":                "Fatou Diallo",
			"legoff":              "Éloïse Le Goff",
			"eloise":              "Éloïse Le Goff",
			"mai nguyen":          "Thị Nguyễn",
			"muhamad benali":      "Mohammed Ben Ali",
			"almeida":             "Jean-Baptiste d’Almeida",
			"baptiste":            "Jean-Baptiste d’Almeida",
			"concei":              "João da Conceição",
			"ceicao":              "João da Conceição",
			"الحسن":               "زينب الحسن",
			"wu":                  "Li Wu",
			"zzz":                 "",
			"":                    "",
			"%":                   "",
			"diallo' OR '1'='1":   "",
			"haddad; DROP person": "",
		} {
			page, err := w.Search(w.claire, query, "", 20)
			must(t, err)
			if got := names(page); got != want {
				t.Errorf("search %q: %s; want %s", query, got, want)
			}
		}
		// Pages follow each other without a hole nor a repeat, from one way of
		// matching to the next.
		for query, want := range map[string]int{"dia": 4, "diallo": 4, "1990": 1, "fatou": 3, "mo": 2} {
			for _, limit := range []int{1, 2, 3} {
				var all []core.ID
				for after, n := "", 0; ; n++ {
					page, err := w.Search(w.claire, query, after, limit)
					must(t, err)
					for _, f := range page.Items {
						all = append(all, f.Person)
					}
					if after = page.Next; after == "" || n > 10 {
						break
					}
				}
				slices.Sort(all)
				if len(all) != want || len(slices.Compact(all)) != want {
					t.Errorf("search %q by %d: %v, want %d people", query, limit, all, want)
				}
			}
		}
		_, err := w.Search(w.claire, strings.Repeat("x", 201), "", 20)
		wantKind(t, err, errs.Invalid)
		for _, bad := range []string{"x", "!!", "AAAA", strings.Repeat("A", 5000)} {
			_, err = w.Search(w.claire, "dia", bad, 20)
			wantKind(t, err, errs.Invalid)
		}
	})
}

func TestSearchAcrossTeams(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := samira()
		in.Team = w.teamA
		id, err := w.CreatePerson(w.claire, in)
		must(t, err)
		before := w.lines(id)
		page, err := w.Search(w.karim, "haddad", "", 20)
		must(t, err)
		want := []casefile.Found{{Person: id, Name: "Samira Haddad", Birth: core.PartialDate{Year: 1992}, Team: w.teamA, TeamName: "Polyvalence", Why: casefile.MatchName}}
		if d := cmp.Diff(want, page.Items); d != "" {
			t.Errorf("another team sees name, year and team: %s", d)
		}
		if n := w.lines(id); n != before+1 {
			t.Errorf("%d lines for a search, want 1", n-before)
		}
		list, err := w.ListFiles(w.karim, "", 20)
		must(t, err)
		if len(list.Items) != 0 {
			t.Errorf("another team's list: %v", list.Items)
		}
		_, err = w.Search(w.nobody, "haddad", "", 20)
		wantKind(t, err, errs.Unauthenticated)
	})
}

func TestListsArePagedByName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, n := range []string{"Élan", "abel", "Zola", "Çelik", "Le Bihan", "Lebas"} {
			w.person("Ana", n, "1980")
		}
		var got []string
		for after := ""; ; {
			page, err := w.ListFiles(w.claire, after, 2)
			must(t, err)
			for _, f := range page.Items {
				got = append(got, f.Name)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if want := []string{"Ana abel", "Ana Çelik", "Ana Élan", "Ana Le Bihan", "Ana Lebas", "Ana Zola"}; !slices.Equal(got, want) {
			t.Errorf("list %v, want %v", got, want)
		}
		recent, err := w.RecentFiles(w.claire, 5)
		must(t, err)
		if len(recent) != 0 {
			t.Errorf("recent files before any was opened: %v", recent)
		}
	})
}

// Somebody of whom only a first name is known, or a name in signs that make no
// word, still gets a file.
func TestCreateWithoutAFamilyName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, i := range []casefile.Identity{{GivenNames: "Samir"}, {FirstNameOfUse: "Sam"}, {UsualName: "-"}, {UsualName: "\ufffd"}} {
			if _, err := w.CreatePerson(w.claire, casefile.NewPerson{Team: w.teamA, Identity: i}); err != nil {
				t.Errorf("%+v: %v", i, err)
			}
		}
	})
}
