package rights_test

import (
	"encoding/json"
	"testing"

	"codeberg.org/parvis/parvis/rights"
)

func TestWhatRulesMean(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		want       float64
		na         bool
	}{
		{"not applicable is 0 in a sum", "règle x (famille, mois) : €/mois = y + 5 €/mois règle y (famille, mois) : €/mois = non applicable", 5, false},
		{"not applicable goes through a name", "règle x (famille, mois) : €/mois = y règle y (famille, mois) : €/mois = non applicable", 0, true},
		{"not applicable goes through a rounding", "règle x (famille, mois) : €/mois = arrondi au centime y règle y (famille, mois) : €/mois = non applicable", 0, true},
		{"is applicable sees the difference", "règle x (famille, mois) : nombre = si y est applicable alors 1 sinon 2 règle y (famille, mois) : €/mois = non applicable", 2, false},
		{"0 is applicable", "règle x (famille, mois) : nombre = si y est applicable alors 1 sinon 2 règle y (famille, mois) : €/mois = 0", 1, false},
		{"a division by zero", "règle x (famille, mois) : nombre = base / (somme pour les enfants : salaire)", 0, true},
		{"nobody's maximum", "règle x (famille, mois) : €/mois = maximum pour les enfants tels que handicap : salaire", 0, true},
		{"the partner of a person alone", "règle x (famille, mois) : €/mois = (salaire du conjoint) du demandeur", 0, true},
		{"sum over parents", "règle x (famille, mois) : €/mois = somme pour les parents : salaire", 1200, false},
		{"a window of twelve months", "règle x (famille, mois) : €/an = somme pour les parents : (somme de M-13 à M-2 : salaire)", 12 * 1200, false},
		{"a mean over absent months divides by all", "règle x (famille, mois) : €/mois = somme pour les parents : (moyenne de M-40 à M-1 : salaire)", 1200 * 29.0 / 40, false},
		{"the year before last", "règle x (famille, mois) : €/an = somme pour les parents : (somme sur N-2 : salaire)", 12 * 1200, false},
		{"the parameter of that month", "règle x (famille, mois) : €/mois = base + base en M-6 + base en janvier N-2", 400, false},
		{"the version of that month", "règle x (famille, mois) : nombre = y + 10 × (y en M-4) règle y (famille, mois) : nombre à partir du 01/01/2020 = 1 à partir du 01/03/2026 = 2", 12, false},
		{"before the first version", "règle x (famille, mois) : nombre = y en M-6 règle y (famille, mois) : nombre à partir du 01/03/2026 = 2", 0, true},
		{"its own past, bounded", "règle x (famille, mois) : nombre remonte au plus 3 mois, au départ 100 = 1 + x en M-1", 104, false},
		{"the smaller, then the greater", "règle x (famille, mois) : nombre = 5 plafonné à 3 au moins 4", 4, false},
		{"a name is bound once", "règle x (famille, mois) : €/mois = soit s = somme pour les parents : salaire ; s + s", 2400, false},
		{"a bound name keeps its month", "règle x (famille, mois) : €/mois = soit b = base ; moyenne de M-12 à M-1 : b", 200, false},
		{"counting months", "règle x (famille, mois) : nombre = nombre de M-12 à M-1 : base > 150 €/mois", 5, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHousehold(t, smallLaw(t, c.rule), 1, 2)
			h.set(h.people[0], "salaire", rights.EachMonth(rights.MonthOf(2024, 1), june), rights.Number(1200))
			got := h.value("x")
			if got.NA != c.na || got.Value.Number != c.want || got.Unknown {
				t.Errorf("got %v (not applicable: %v, unknown: %v), want %v (%v)", got.Value, got.NA, got.Unknown, c.want, c.na)
			}
		})
	}
}

func TestRank(t *testing.T) {
	l := smallLaw(t, "règle x (personne, mois) : nombre = rang parmi les enfants de la famille tels que non handicap : date_naissance")
	h := newHousehold(t, l, 1, 4)
	for i, day := range []int{15, 10, 10, 20} { // b, c and d are twins, e
		h.set(h.people[i+1], "date_naissance", rights.Always(), born(2015, 3, day))
	}
	h.set(h.people[4], "handicap", rights.InMonth(june), rights.Bool(true))
	for i, want := range []float64{0, 3, 1, 2, 0} { // a parent is none of the children
		if got := h.valueOf(h.people[i], "x", june).Value.Number; got != want {
			t.Errorf("person %d: rank %v, want %v", i, got, want)
		}
	}
}

func TestAGivenValueOverridesItsRule(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois remonte au plus 12 mois, au départ 0 = 1 €/mois + x en M-1")
	h := newHousehold(t, l, 1, 0)
	h.set(h.family, "x", rights.InMonth(june-2), rights.Number(500))
	if got := h.value("x").Value.Number; got != 502 {
		t.Errorf("x = %v, want 500 two months ago plus 2", got)
	}
}

func TestAMonthAsksAreIndependent(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : nombre remonte au plus 3 mois, au départ 0 = 1 + x en M-1")
	h := newHousehold(t, l, 1, 0)
	asks := []rights.Ask{{Subject: h.family, Variable: "x", Month: june - 2}, {Subject: h.family, Variable: "x", Month: june}}
	total := h.s.Close(rights.OpenFisca)
	both, err := total.Compute(asks)
	if err != nil {
		t.Fatal(err)
	}
	back, err := total.Compute([]rights.Ask{asks[1], asks[0]})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range append(both, back...) {
		if a.Value.Number != 4 {
			t.Errorf("answer %d is %v: it must not depend on what else is asked", i, a.Value)
		}
	}
}

func TestSpreading(t *testing.T) {
	l := smallLaw(t, "règle x (personne, mois) : €/mois = salaire règle y (personne, mois) : booléen = statut = chomeur")
	h := newHousehold(t, l, 1, 0)
	p := h.people[0]
	h.set(p, "salaire", rights.InYear(2026), rights.Number(12000))
	h.set(p, "salaire", rights.InMonth(june), rights.Number(3000))
	h.set(p, "statut", rights.InYear(2026), rights.ChoiceOf("chomeur"))
	for m, want := range map[rights.Month]float64{june: 3000, june + 1: 9000.0 / 11, june - 1: 9000.0 / 11, june - 6: 0} {
		if got := h.valueOf(p, "x", m).Value.Number; got != want {
			t.Errorf("%v: %v, want %v", m, got, want)
		}
	}
	if !h.valueOf(p, "y", june+3).Value.Bool {
		t.Error("a status is repeated over the year")
	}
	if err := h.s.Set(p, "handicap", rights.InYear(2026), rights.Bool(true)); code(err) != "year_for_month" {
		t.Errorf("a year for a variable that is not spread: %v", err)
	}
	if err := h.s.Set(p, "chiffre", rights.InMonth(june), rights.Number(1)); code(err) != "month_for_year" {
		t.Errorf("a month for a yearly variable: %v", err)
	}
}

func code(err error) string {
	in, ok := err.(*rights.InputError)
	if !ok {
		return ""
	}
	return in.Code
}

func TestFactsThatMakeNoSense(t *testing.T) {
	l := smallLaw(t, "")
	h := newHousehold(t, l, 1, 0)
	p := h.people[0]
	for _, c := range []struct {
		variable string
		value    rights.Value
		code     string
	}{
		{"salair", rights.Number(1), "unknown_variable"},
		{"loyer", rights.Number(1), "wrong_entity"},
		{"salaire", rights.Bool(true), "wrong_type"},
		{"salaire", rights.Number(1e15), "number_out_of_range"},
		{"statut", rights.Text("chomage"), "no_such_choice"},
		{"date_naissance", rights.Text("1990-02-30"), "no_such_date"},
	} {
		err := h.s.Set(p, c.variable, rights.InMonth(june), c.value)
		if code(err) != c.code {
			t.Errorf("%s = %v: %v, want %s", c.variable, c.value, err, c.code)
		}
	}
}

func TestAnUnbornChildIsAllowed(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : nombre = nombre des enfants tels que date_naissance ≤ début de M")
	h := newHousehold(t, l, 1, 1)
	h.set(h.people[1], "date_naissance", rights.Always(), born(2026, 9, 1))
	if got := h.value("x").Value.Number; got != 0 {
		t.Errorf("%v children are born", got)
	}
}

func TestAResultSurvivesJSON(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois « Montant » article « art. 1 » = base + somme pour les parents : salaire")
	h := newHousehold(t, l, 1, 0)
	h.set(h.people[0], "salaire", rights.InMonth(june), rights.Number(10.5))
	res, err := h.s.Close(rights.Dossier).Evaluate(june, "x")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	var again []rights.Result
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	c, err := json.Marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != string(c) {
		t.Errorf("\n%s\n%s", b, c)
	}
	if r := again[0]; r.Status != rights.Probable || *r.Amount != 21050 || r.Explanation.Lines[0].Articles[0] != "art. 1" {
		t.Errorf("read back: %+v", r)
	}
}

func TestAStoredLawGivesTheSameResult(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = base + somme pour les parents : salaire")
	stored, err := l.IR()
	if err != nil {
		t.Fatal(err)
	}
	old, err := rights.FromIR(stored)
	if err != nil {
		t.Fatal(err)
	}
	if old.Digest() != l.Digest() {
		t.Error("another digest")
	}
	a, b := newHousehold(t, l, 1, 0), newHousehold(t, old, 1, 0)
	for _, h := range []*household{a, b} {
		h.set(h.people[0], "salaire", rights.InMonth(june), rights.Number(10))
	}
	if x, y := a.value("x"), b.value("x"); x.Value != y.Value {
		t.Errorf("%v and %v", x.Value, y.Value)
	}
}

func TestAnOldParameterIsTold(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = base")
	h := newHousehold(t, l, 1, 0)
	total := h.s.Close(rights.Dossier)
	for m, want := range map[rights.Month]int{june: 0, rights.MonthOf(2027, 1): 1, rights.MonthOf(2028, 5): 1} {
		res, err := total.Evaluate(m, "x")
		if err != nil {
			t.Fatal(err)
		}
		if len(res[0].Stale) != want {
			t.Errorf("%v: %v", m, res[0].Stale)
		}
	}
	if len(l.Stale(rights.MonthOf(2027, 1))) != 1 || len(l.Stale(june)) != 0 {
		t.Error("Stale of the law")
	}
}

func TestAParameterBeforeItsFirstValue(t *testing.T) {
	l := smallLaw(t, "règle x (famille, mois) : €/mois = base en janvier N-5")
	h := newHousehold(t, l, 1, 0)
	res, err := h.s.Close(rights.OpenFisca).Evaluate(june, "x")
	if err != nil {
		t.Fatal(err)
	}
	if r := res[0]; r.Status != rights.ToVerify || len(r.Gaps) != 1 || r.Amount != nil {
		t.Errorf("%+v", r)
	}
}
