package casefile_test

import (
	"errors"
	"slices"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

var dwelling = casefile.Subject{Kind: casefile.AboutDwelling}

func rent(value string) casefile.FactInput {
	return casefile.FactInput{Subject: dwelling, Variable: "loyer", From: core.PartialDate{Year: 2025, Month: 9}, State: casefile.Known, Value: value, Source: casefile.SourceSaid}
}

// line finds the line of a variable in a file.
func line(t *testing.T, w *world, file core.ID, variable string) casefile.FactLine {
	t.Helper()
	f, err := w.OpenFile(w.claire, file, 0)
	must(t, err)
	i := slices.IndexFunc(f.Facts, func(l casefile.FactLine) bool { return l.Variable == variable })
	if i < 0 {
		t.Fatalf("no line for %s in %v", variable, f.Facts)
	}
	return f.Facts[i]
}

func TestCorrectionKeepsWhatWasBelieved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		saved, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("530")})
		must(t, err)
		fix := rent(" 548,50 € ")
		fix.Replaces, fix.Source, fix.Detail = saved[0].ID, casefile.SourceDocument, "bail"
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{fix})
		must(t, err)
		l := line(t, w, id, "loyer")
		if l.Value != "548.5" || l.Detail != "bail" || len(l.Before) != 1 || l.Before[0].Value != "530" || l.Before[0].SupersededBy != l.ID {
			t.Errorf("line %+v", l)
		}
		all, _, err := w.Timeline(w.claire, id, "", 10)
		must(t, err)
		if len(all) != 2 || all[0].Value != "548.5" {
			t.Errorf("timeline %v", all)
		}
	})
}

func TestARaiseIsNoCorrection(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		raise, announced := rent("560"), rent("575")
		raise.From, announced.From = core.PartialDate{Year: 2026, Month: 6}, core.PartialDate{Year: 2026, Month: 9}
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("530"), raise, announced})
		must(t, err)
		for month, want := range map[core.Month]string{2026*12 + 4: "530", 2026*12 + 5: "560", 2026*12 + 9: "575"} {
			f, err := w.OpenFile(w.claire, id, month)
			must(t, err)
			if got := f.Facts[0].Value; got != want {
				t.Errorf("%s: rent %s, want %s", month, got, want)
			}
		}
		if l := line(t, w, id, "loyer"); len(l.Before) != 0 || len(l.Upcoming) != 1 || l.Upcoming[0].Value != "575" {
			t.Errorf("line %+v", l)
		}
	})
}

func TestTwoTabsSaveTheSameCell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		saved, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("530")})
		must(t, err)
		one, two := rent("548"), rent("560")
		one.Replaces, two.Replaces = saved[0].ID, saved[0].ID
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{one})
		must(t, err)
		other := casefile.FactInput{Subject: dwelling, Variable: "statut_occupation_logement", State: casefile.Known, Value: "locataire_vide", Source: casefile.SourceSaid}
		kept, err := w.SaveFacts(w.claire, id, []casefile.FactInput{two, other})
		var conflict *casefile.FactConflict
		if !errors.As(err, &conflict) || len(conflict.Pairs) != 1 {
			t.Fatalf("second tab: %v, want a conflict", err)
		}
		wantKind(t, err, errs.Conflict)
		pair := conflict.Pairs[0]
		if pair.Theirs.Value != "548" || pair.Yours.Value != "560" || len(kept) != 1 {
			t.Errorf("pair %+v, kept %v", pair, kept)
		}
		l := line(t, w, id, "loyer")
		if l.Value != "548" || len(l.Waiting) != 1 || l.Waiting[0].Value != "560" {
			t.Errorf("before the choice: %+v", l)
		}
		// The same thing said twice is no conflict.
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{one})
		must(t, err)

		must(t, w.ChooseFact(w.claire, id, pair.Yours.ID, pair.Theirs.ID))
		l = line(t, w, id, "loyer")
		if l.Value != "560" || len(l.Waiting) != 0 || len(l.Before) != 2 {
			t.Errorf("after the choice: %+v", l)
		}
		wantKind(t, w.ChooseFact(w.claire, id, pair.Theirs.ID, pair.Yours.ID), errs.Conflict)
	})
}

func TestTwoTabsFillAnEmptyCell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{rent("530")})
		must(t, err)
		_, err = w.SaveFacts(w.claire, id, []casefile.FactInput{rent("540")})
		var conflict *casefile.FactConflict
		if !errors.As(err, &conflict) {
			t.Fatalf("second tab: %v", err)
		}
		must(t, w.ChooseFact(w.claire, id, conflict.Pairs[0].Theirs.ID, conflict.Pairs[0].Yours.ID))
		if l := line(t, w, id, "loyer"); l.Value != "530" || len(l.Waiting) != 0 {
			t.Errorf("after keeping the first: %+v", l)
		}
	})
}

func TestSaveFactsRefusesAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		stranger := w.person("Paul", "Rouvière", "1950")
		for name, c := range map[string]struct {
			change func(*casefile.FactInput)
			field  string
			kind   errs.Kind
		}{
			"letters":             {func(f *casefile.FactInput) { f.Value = "cinq cents" }, "1.value", errs.Invalid},
			"negative":            {func(f *casefile.FactInput) { f.Value = "-5" }, "1.value", errs.Invalid},
			"too much":            {func(f *casefile.FactInput) { f.Value = "99999999" }, "1.value", errs.Invalid},
			"empty":               {func(f *casefile.FactInput) { f.Value = "" }, "1.value", errs.Invalid},
			"unknown variable":    {func(f *casefile.FactInput) { f.Variable = "loyerr" }, "1.variable", errs.Invalid},
			"of a person":         {func(f *casefile.FactInput) { f.Subject.Kind = casefile.AboutPerson }, "1.variable", errs.Invalid},
			"no source":           {func(f *casefile.FactInput) { f.Source = "" }, "1.source", errs.Invalid},
			"seen on nothing":     {func(f *casefile.FactInput) { f.Source = casefile.SourceDocument }, "1.detail", errs.Invalid},
			"seen tomorrow":       {func(f *casefile.FactInput) { f.SeenOn = core.Date{Year: 2026, Month: 6, Day: 12} }, "1.seen_on", errs.Invalid},
			"ends before":         {func(f *casefile.FactInput) { f.Until = core.PartialDate{Year: 2024} }, "1.until", errs.Invalid},
			"in 2100":             {func(f *casefile.FactInput) { f.From = core.PartialDate{Year: 2100} }, "1.from", errs.Invalid},
			"replaces nothing":    {func(f *casefile.FactInput) { f.Replaces = "0190aaaa-0000-7000-8000-000000000000" }, "1.replaces", errs.Invalid},
			"of another dwelling": {func(f *casefile.FactInput) { f.Subject.ID = "0190aaaa-0000-7000-8000-000000000000" }, "", errs.NotFound},
			"of a stranger": {func(f *casefile.FactInput) {
				f.Subject, f.Variable = casefile.Subject{Kind: casefile.AboutPerson, ID: stranger}, "salaire_net"
			}, "", errs.NotFound},
		} {
			bad := rent("500")
			c.change(&bad)
			good := casefile.FactInput{Variable: "salaire_net", Subject: casefile.Subject{Kind: casefile.AboutPerson}, State: casefile.Known, Value: "940", Source: casefile.SourceSaid}
			_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{good, bad})
			wantKind(t, err, c.kind)
			var fields errs.Fields
			if c.field != "" && (!errors.As(err, &fields) || fields[0].Field != c.field) {
				t.Errorf("%s: %v, want an error on %s", name, err, c.field)
			}
		}
		all, _, err := w.Timeline(w.claire, id, "", 10)
		must(t, err)
		if len(all) != 0 {
			t.Errorf("something was written: %v", all)
		}
	})
}

func TestUnknownAndRefusedAreKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad", "1992")
		savings := casefile.FactInput{Variable: "epargne", Subject: casefile.Subject{Kind: casefile.AboutPerson}, State: casefile.Refused, Source: casefile.SourceSaid}
		ruling := casefile.FactInput{Variable: "pension_alimentaire_jugement", Subject: casefile.Subject{Kind: casefile.AboutPerson}, State: casefile.Unknown, Source: casefile.SourceSaid}
		_, err := w.SaveFacts(w.claire, id, []casefile.FactInput{savings, ruling})
		must(t, err)
		if l := line(t, w, id, "epargne"); l.State != casefile.Refused || l.Value != "" || l.Theme != casefile.ThemeMoney {
			t.Errorf("savings %+v", l)
		}
		if l := line(t, w, id, "pension_alimentaire_jugement"); l.State != casefile.Unknown {
			t.Errorf("ruling %+v", l)
		}
	})
}

func TestAFileKnowsNothingOfAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		samira := w.person("Samira", "Haddad", "1992")
		fatiha := w.person("Fatiha", "Haddad", "1959")
		_, err := w.AddToHousehold(w.claire, samira, casefile.HouseholdInput{Person: fatiha, LivesIn: true, Relation: casefile.RelationParent})
		must(t, err)
		_, err = w.SaveFacts(w.claire, samira, []casefile.FactInput{
			{Variable: "salaire_net", Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: fatiha}, State: casefile.Known, Value: "300", Source: casefile.SourceSaid},
			rent("548"),
		})
		must(t, err)
		f, err := w.OpenFile(w.claire, fatiha, 0)
		must(t, err)
		if len(f.Facts) != 0 {
			t.Errorf("what the daughter said is in the mother's file: %v", f.Facts)
		}
		if len(f.Household.Members) != 2 {
			t.Errorf("the mother's household: %v", f.Household.Members)
		}
		before := w.lines(fatiha)
		_, err = w.OpenFile(w.claire, samira, 0)
		must(t, err)
		if w.lines(fatiha) != before {
			t.Error("opening the daughter's file leaves a line in the mother's journal")
		}
	})
}
