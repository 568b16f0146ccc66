package rights_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

func patched(t *testing.T, patch string) (*rights.Law, []rights.Change) {
	t.Helper()
	l, changes, err := rights.LoadPatched(law.Files, "essai.md", []byte(patch))
	if err != nil {
		t.Fatalf("patch:\n%s\n%v", patch, err)
	}
	return l, changes
}

// familyBenefit is the family benefit of a mother of two, in a month.
func familyBenefit(t *testing.T, l *rights.Law, m rights.Month) rights.Cents {
	t.Helper()
	h := newHousehold(t, l, 1, 2)
	for i, born := range []string{"1990-01-01", "2012-05-02", "2016-05-02"} {
		if err := h.s.Set(h.people[i], "date_naissance", rights.Always(), rights.Text(born)); err != nil {
			t.Fatal(err)
		}
	}
	results, err := h.s.Close(rights.OpenFisca).EvaluateFor(m, h.people[0], "af")
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Amount == nil {
		t.Fatalf("no amount: %+v", results[0])
	}
	return *results[0].Amount
}

func TestAPatchChangesAValueFromADay(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	may, july := rights.MonthOf(2026, 5), rights.MonthOf(2026, 7)
	was, is := familyBenefit(t, l, may), familyBenefit(t, l, july)
	// With and without the fence, and through Windows.
	for _, patch := range []string{
		"paramètre bmaf : €/mois\n  à partir du 01/07/2026 : 1 000\n",
		"# Et si ?\n\n```règle\nparamètre bmaf : €/mois\n  à partir du 01/07/2026 : 1 000\n```\n",
		"paramètre bmaf : €/mois\r\n  à partir du 01/07/2026 : 1 000\r\n",
	} {
		after, changes := patched(t, patch)
		if got := familyBenefit(t, after, may); got != was {
			t.Errorf("before the day: %v, want %v", got, was)
		}
		if got := familyBenefit(t, after, july); got <= 2*is {
			t.Errorf("from the day: %v, it was %v", got, is)
		}
		if len(changes) != 1 || changes[0].Name != "bmaf" || changes[0].From != "2026-07-01" || changes[0].New || changes[0].Kind != rights.TurnValue {
			t.Errorf("changes: %+v", changes)
		}
		reading := after.Reading(changes)
		if !slices.Contains(reading, "af") || !slices.Contains(reading, "paje_base") || slices.Contains(reading, "aspa") {
			t.Errorf("rights that read it: %v", reading)
		}
		if after.Digest() == l.Digest() {
			t.Error("a patched law has the digest of the law")
		}
	}
}

func TestAPatchReplacesARule(t *testing.T) {
	files := fstest.MapFS{"loi.md": {Data: []byte("```règle\n" + `
entrée date_naissance (personne, toujours) : date défaut 01/01/1970
entrée salaire (personne, mois) : €/mois défaut 0 année répartie
paramètre base : €/mois à partir du 01/01/2024 : 100 à partir du 01/01/2026 : 200
règle prime (personne, mois) : €/mois « Prime »
  à partir du 01/01/2024 = base
  à partir du 01/09/2026 = base × 2
règle double (personne, mois) : €/mois = prime × 2
` + "```\n")}}
	amount := func(l *rights.Law, m rights.Month) rights.Cents {
		s := rights.NewSituation(l)
		p := s.AddPerson("p")
		s.AddGroup(rights.Family, "f", rights.Member{Person: p, Role: rights.Parent})
		s.AddGroup(rights.TaxUnit, "t", rights.Member{Person: p, Role: rights.Declarant})
		s.AddGroup(rights.Household, "h", rights.Member{Person: p, Role: rights.Reference})
		results, err := s.Close(rights.OpenFisca).EvaluateFor(m, p, "double")
		if err != nil || results[0].Amount == nil {
			t.Fatalf("%+v, %v", results, err)
		}
		return *results[0].Amount
	}
	for _, c := range []struct {
		name, patch     string
		june, oct, back rights.Cents // June 2026, October 2026, June 2025
	}{
		{"nothing but a day", "règle prime (personne, mois) : €/mois\n  à partir du 01/10/2026 = base × 3", 40_000, 120_000, 20_000},
		{"the whole rule", "règle prime (personne, mois) : €/mois = base × 5", 200_000, 200_000, 100_000},
		{"a rule and something new that it reads", "paramètre taux : nombre à partir du 01/01/2026 : 4\nrègle prime (personne, mois) : €/mois\n  à partir du 01/01/2026 = base × taux", 160_000, 160_000, 20_000},
		{"a value of before", "paramètre base : €/mois à partir du 01/01/2025 : 50", 10_000, 20_000, 10_000},
	} {
		l, changes, err := rights.LoadPatched(files, "p.md", []byte(c.patch))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		june, oct, back := amount(l, rights.MonthOf(2026, 6)), amount(l, rights.MonthOf(2026, 10)), amount(l, rights.MonthOf(2025, 6))
		if june != c.june || oct != c.oct || back != c.back {
			t.Errorf("%s: June %v, October %v, the year before %v; want %v, %v, %v", c.name, june, oct, back, c.june, c.oct, c.back)
		}
		if c.name == "a rule and something new that it reads" && (len(changes) != 2 || !changes[0].New || changes[1].New) {
			t.Errorf("changes: %+v", changes)
		}
	}
}

func TestABadPatchSaysWhere(t *testing.T) {
	for _, c := range []struct{ patch, says string }{
		{"", "ne change rien"},
		{"bonjour", ":1:1"},
		{"paramètre bmaf : €/an\n  à partir du 01/07/2026 : 500", "ne change pas d'unité"},
		{"paramètre bmaf : €/mois\n  à partir du 31/02/2026 : 500", ":2:"},
		{"règle af (personne, mois) : €/mois = 12", "(famille, mois)"},
		{"règle af (famille, mois) : €/mois = bmaff × 2", ":1:"},
		{"entrée taille (personne, mois) : nombre défaut 0", "fait à demander"},
		{"paramètre bmaf : €/mois", "à partir du"},
		{strings.Repeat("#", rights.MaxPatchBytes+1), "64 Ko"},
		{"```droit\ndroit af « Autre »\n  décide « moi »\n```", "ne change pas de fiche"},
		{"```règle\nparamètre bmaf : €/mois\n", "refermé"},
		{"\xff\xfe", "UTF-8"},
	} {
		_, _, err := rights.LoadPatched(law.Files, "essai.md", []byte(c.patch))
		var list rights.Problems
		if !errors.As(err, &list) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("patch %.40q: %v, want %q", c.patch, err, c.says)
		}
	}
}

// FuzzPatch: whatever is sent, a law or problems, never a panic.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{"paramètre bmaf : €/mois à partir du 01/07/2026 : 500", "règle af (famille, mois) : €/mois = 1", "```règle\n```", "barème x marginal : nombre, selon nombre", "énumération a : b"} {
		f.Add([]byte(s))
	}
	files := fstest.MapFS{"loi.md": {Data: []byte("```règle\nentrée date_naissance (personne, toujours) : date défaut 01/01/1970\nparamètre bmaf : €/mois à partir du 01/01/2024 : 100\nrègle af (famille, mois) : €/mois = bmaf\n```\n")}}
	f.Fuzz(func(t *testing.T, patch []byte) {
		l, changes, err := rights.LoadPatched(files, "p.md", patch)
		var list rights.Problems
		if err != nil && !errors.As(err, &list) {
			t.Fatalf("%v", err)
		}
		if err == nil && (l == nil || len(changes) == 0) {
			t.Fatal("neither a change nor a problem")
		}
	})
}

// A variant is the law without what begins in some months.
func TestTurnsAndWithout(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	march, april := rights.MonthOf(2026, 3), rights.MonthOf(2026, 4)
	turns := l.Turns(march, april)
	i := slices.IndexFunc(turns, func(d rights.Turn) bool { return d.Name == "bmaf" })
	if i < 0 || turns[i].Old == 0 || turns[i].New <= turns[i].Old || turns[i].Source == "" || turns[i].Unit != "€/mois" {
		t.Fatalf("April 2026 brings a bmaf: %+v", turns)
	}
	if got := l.Turns(april, april); len(got) != 0 {
		t.Errorf("nothing begins between a month and itself: %+v", got)
	}
	without := l.Without(turns[i])
	if a, b := familyBenefit(t, l, march), familyBenefit(t, without, april); a != b {
		t.Errorf("without the new value April gives %v, March gave %v", b, a)
	}
	if a, b := familyBenefit(t, l, april), familyBenefit(t, without, april); a <= b {
		t.Errorf("April gives %v with the new value, %v without", a, b)
	}
	program, err := l.IR()
	if err != nil {
		t.Fatal(err)
	}
	old, err := l.Before(program)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := familyBenefit(t, l, april), familyBenefit(t, old, april); a != b || len(old.Rights()) != len(l.Rights()) || old.Digest() != l.Digest() {
		t.Errorf("a law read back: %v and %v, %d rights", a, b, len(old.Rights()))
	}
}
