package openfisca_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
)

const family = `{"individus":{"anne":{"date_naissance":{"ETERNITY":"1985-05-01"}},"leo":{"date_naissance":{"ETERNITY":"2015-01-01"}},"mia":{"date_naissance":{"ETERNITY":"2018-01-01"}}},
 "familles":{"f":{"parents":["anne"],"enfants":["leo","mia"],"af":{"2025-06":null}%s}},
 "foyers_fiscaux":{"t":{"declarants":["anne"],"personnes_a_charge":["leo","mia"]}},
 "menages":{"m":{"personne_de_reference":["anne"],"enfants":["leo","mia"]}}}`

// with adds members to the family.
func with(more string) string { return strings.Replace(family, "%s", more, 1) }

func post(t testing.TB, h http.Handler, url, lang, body string) (int, map[string]any) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if lang != "" {
		req.Header.Set("Accept-Language", lang)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("answer %d is no JSON: %v\n%s", w.Code, err, w.Body)
	}
	return w.Code, out
}

// at follows a path of keys.
func at(x any, path ...string) any {
	for _, k := range path {
		m, _ := x.(map[string]any)
		x = m[k]
	}
	return x
}

func TestCalculateEchoesAndAnswers(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	status, out := post(t, h, "/openfisca/calculate", "", with(`,"af_nbenf":{"2025-06":null},"biactivite":{"2025-06":null}`))
	if status != 200 {
		t.Fatalf("%d: %v", status, out)
	}
	if got := at(out, "familles", "f", "af", "2025-06"); got != 151.8 {
		t.Errorf("af = %v", got)
	}
	if got := at(out, "familles", "f", "af_nbenf", "2025-06"); got != 2.0 {
		t.Errorf("af_nbenf = %v", got)
	}
	if got := at(out, "familles", "f", "biactivite", "2025-06"); got != false {
		t.Errorf("biactivite = %v", got)
	}
	if got := at(out, "individus", "anne", "date_naissance", "ETERNITY"); got != "1985-05-01" {
		t.Errorf("the echo lost a fact: %v", got)
	}
	assumed, _ := at(out, "parvis", "assumed").([]any)
	found := false
	for _, a := range assumed {
		if at(a, "path") == "individus/anne/salaire_imposable" {
			found = true
			if p, _ := at(a, "periods").([]any); len(p) != 1 || p[0] != "2023-01..2023-12" || at(a, "value") != 0.0 {
				t.Errorf("%v", a)
			}
		}
	}
	if !found || at(out, "parvis", "law") == "" {
		t.Errorf("what was assumed is not told: %v", out["parvis"])
	}
	for _, a := range assumed {
		if strings.Contains(at(a, "path").(string), "loyer") {
			t.Error("the rent is not read by what is asked")
		}
	}
}

func TestParvisKeyAndStrict(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	if _, out := post(t, h, "/openfisca/calculate?parvis=0", "", with("")); out["parvis"] != nil {
		t.Error("?parvis=0 drops the key")
	}
	for _, body := range []string{
		`{"parvis":{"law":"x","assumed":[{"a":[1,{"b":"}"}]}]},` + with("")[1:],
		strings.TrimSuffix(with(""), "}") + `,"parvis":{"x":",}"} }`,
	} {
		status, out := post(t, h, "/openfisca/calculate", "", body)
		if status != 200 || at(out, "parvis", "law") == "x" || at(out, "parvis", "law") == nil || at(out, "familles", "f", "af", "2025-06") != 151.8 {
			t.Errorf("an answer sent back as a question: %d %v", status, out)
		}
	}
	status, out := post(t, h, "/openfisca/calculate?strict=1", "en", with(""))
	if message, _ := out["error"].(string); status != 400 || !strings.Contains(message, "salaire_imposable (2023-01..2023-12)") {
		t.Errorf("?strict=1: %d %v", status, out)
	}
}

func TestClientMistakes(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	for _, c := range []struct {
		name, body string
		path       []string
		fr, en     string
	}{
		{"no JSON", `{"individus"`, []string{"error"}, "JSON", "JSON"},
		{"not an object", `[]`, []string{"error"}, "objet JSON", "JSON object"},
		{"trailing text", with("") + "x", []string{"error"}, "JSON", "JSON"},
		{"not UTF-8", "{\"individus\":{\"\xe9\":{}}}", []string{"error"}, "UTF-8", "UTF-8"},
		{"nobody", `{"individus":{}}`, []string{"error"}, "individus", "individus"},
		{"unknown entity", `{"personnes":{}}`, []string{"personnes"}, "n'existe pas", "does not exist"},
		{"unknown variable", with(`,"aff":{"2025-06":null}`), []string{"familles", "f", "aff"}, "Vouliez-vous dire af", "Did you mean af"},
		{"wrong entity", with(`,"salaire_net":{"2025-06":1}`), []string{"familles", "f", "salaire_net"}, "une variable de « individus »", "a variable of “individus”"},
		{"bad period", with(`,"rsa":{"juin 2025":null}`), []string{"familles", "f", "rsa", "juin 2025"}, "n'est pas une période", "is not a period"},
		{"month that does not exist", with(`,"rsa":{"2025-13":null}`), []string{"familles", "f", "rsa", "2025-13"}, "n'est pas une période", "is not a period"},
		{"a year is asked of a monthly variable", with(`,"rsa":{"2025":null}`), []string{"familles", "f", "rsa", "2025"}, "mensuelle", "monthly"},
		{"null for a variable", with(`,"rsa":null`), []string{"familles", "f", "rsa"}, "null", "null"},
		{"null for a group", `{"individus":{"a":null}}`, []string{"individus", "a"}, "null", "null"},
		{"no period", with(`,"rsa":12`), []string{"familles", "f", "rsa"}, "par période", "by period"},
		{"nested value", with(`,"rsa":{"2025-06":{"a":1}}`), []string{"familles", "f", "rsa", "2025-06"}, "par période", "by period"},
		{"text for a number", with(`,"rsa":{"2025-06":"12"}`), []string{"familles", "f", "rsa", "2025-06"}, "attend un nombre", "expects a number"},
		{"unknown person", `{"individus":{"a":{}},"familles":{"f":{"parents":["b"]}}}`, []string{"familles", "f", "parents"}, "« b » n'est pas déclaré", "“b” is not declared"},
		{"a person twice", `{"individus":{"a":{}},"familles":{"f":{"parents":["a"],"enfants":["a"]}}}`, []string{"familles", "f", "enfants"}, "déjà une place", "already has a place"},
		{"three parents", `{"individus":{"a":{},"b":{},"c":{}},"familles":{"f":{"parents":["a","b","c"]}}}`, []string{"familles", "f", "parents"}, "2 personne(s) au plus", "At most 2"},
		{"bad role", `{"individus":{"a":{}},"familles":{"f":{"parents":{"x":1}}}}`, []string{"familles", "f", "parents"}, "liste de noms", "list of names"},
		{"unknown choice", `{"individus":{"a":{"activite":{"2025-06":"chomage"}}}}`, []string{"individus", "a", "activite", "2025-06"}, "actif, chomeur", "actif, chomeur"},
		{"date that does not exist", `{"individus":{"a":{"date_naissance":{"ETERNITY":"2001-02-30"}}}}`, []string{"individus", "a", "date_naissance", "ETERNITY"}, "AAAA-MM-JJ", "YYYY-MM-DD"},
		{"month for a yearly variable", `{"individus":{"a":{"mbnc_impo":{"2025-06":100}}}}`, []string{"individus", "a", "mbnc_impo", "2025-06"}, "annuelle: écrivez la période 2025", "yearly: write the period 2025"},
		{"beyond the law", with(`,"af_base":{"2019-01":null}`), []string{"familles", "f", "af_base", "2019-01"}, "ne sait pas calculer", "cannot compute"},
		{"huge number", with(`,"rsa":{"2025-06":1e300}`), []string{"familles", "f", "rsa", "2025-06"}, "plausible", "plausible"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for lang, want := range map[string]string{"fr-FR,fr;q=0.9": c.fr, "en": c.en} {
				status, out := post(t, h, "/openfisca/calculate", lang, c.body)
				message, _ := at(out, c.path...).(string)
				if status != 400 || !strings.Contains(message, want) {
					t.Errorf("%s: %d %v, want %q at %v", lang, status, out, want, c.path)
				}
			}
		})
	}
}

func TestPeriods(t *testing.T) {
	l := loadLaw(t)
	person := func(facts string) string {
		return `{"individus":{"a":{"salaire_net":{` + facts + `},"autonomie_financiere":{"2025-07":null}}}}`
	}
	// autonomie_financiere looks at the mean net wage of the six months before.
	threshold := 0.55 * 11.88 * 169
	half := math.Ceil(threshold * 6)
	for facts, want := range map[string]bool{
		`"month:2025-01:6":` + ftoa(half):                      true,
		`"month:2025-01:6":` + ftoa(half-10):                   false,
		`"2025":` + ftoa(2*half):                               true,
		`"year:2025":` + ftoa(2*half-20):                       false,
		`"year:2024-07":` + ftoa(2*half+2000) + `,"2025-06":1`: true, // what is not June is shared over eleven months
		`"2025-01":` + ftoa(half) + `,"2025-02":0`:             true,
		`"2025":1e6,"month:2025-06:1":` + ftoa(half):           true,
	} {
		answer, err := openfisca.Calculate(l, []byte(person(facts)), openfisca.Options{Bare: true})
		if err != nil {
			t.Errorf("%s: %v", facts, err)
			continue
		}
		var out map[string]any
		if err := json.Unmarshal(answer, &out); err != nil {
			t.Fatal(err)
		}
		if got := at(out, "individus", "a", "autonomie_financiere", "2025-07"); got != want {
			t.Errorf("%s: %v, want %v", facts, got, want)
		}
	}
}

func ftoa(x float64) string {
	b, _ := json.Marshal(x)
	return string(b)
}

func TestTooLargeABody(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	w := httptest.NewRecorder()
	body := io.MultiReader(strings.NewReader(`{"individus":{"a":{`), strings.NewReader(strings.Repeat(" ", openfisca.MaxBytes)))
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/openfisca/calculate", body))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", w.Code)
	}
}

func TestTooManyInstances(t *testing.T) {
	l := loadLaw(t)
	for _, key := range []string{"individus", "familles"} {
		var b strings.Builder
		b.WriteString(`{"individus":{"a":{}},"` + key + `":{`)
		for i := range 1100 {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"x` + ftoa(float64(i)) + `":{}`)
		}
		b.WriteString("}}")
		if _, err := openfisca.Calculate(l, []byte(b.String()), openfisca.Options{}); err == nil || !strings.Contains(err.Error(), "Too many") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestManyHouseholdsAtOnce gives the same amounts as asking one by one: what is
// kept between asks changes nothing.
func TestManyHouseholdsAtOnce(t *testing.T) {
	l := loadLaw(t)
	var people, families strings.Builder
	const n = 120
	for i := range n {
		if i > 0 {
			people.WriteByte(',')
			families.WriteByte(',')
		}
		id := ftoa(float64(i))
		people.WriteString(`"p` + id + `":{"date_naissance":{"ETERNITY":"1980-01-01"},"salaire_net":{"2025":` + ftoa(float64(100*i)) + `}}`)
		families.WriteString(`"f` + id + `":{"parents":["p` + id + `"],"ppa":{"2025-12":null}}`)
	}
	answer, err := openfisca.Calculate(l, []byte(`{"individus":{`+people.String()+`},"familles":{`+families.String()+`}}`), openfisca.Options{Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(answer, &all); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 60, 90, n - 1} {
		id := ftoa(float64(i))
		one := `{"individus":{"p":{"date_naissance":{"ETERNITY":"1980-01-01"},"salaire_net":{"2025":` + ftoa(float64(100*i)) + `}}},"familles":{"f":{"parents":["p"],"ppa":{"2025-12":null}}}}`
		alone, err := openfisca.Calculate(l, []byte(one), openfisca.Options{Bare: true})
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]any
		if err := json.Unmarshal(alone, &out); err != nil {
			t.Fatal(err)
		}
		if got, want := at(all, "familles", "f"+id, "ppa", "2025-12"), at(out, "familles", "f", "ppa", "2025-12"); got != want {
			t.Errorf("household %d: %v among others, %v alone", i, got, want)
		}
	}
}

func TestDescriptions(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	for url, want := range map[string]string{
		"/openfisca/entities": `"personnes_a_charge"`, "/openfisca/spec": `"/calculate"`,
		"/openfisca/variables": `"http://example.com/openfisca/variable/af"`, "/openfisca/variable/activite": `"chomeur"`,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, without %s", url, w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openfisca/variable/loyr", nil))
	if w.Code != 404 || !strings.Contains(w.Body.String(), "loyer") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestEveryHouseholdIsExplained explains every right of every recorded household
// with at most 40 lines and 20 kB.
func TestEveryHouseholdIsExplained(t *testing.T) {
	l := loadLaw(t)
	longest, largest := 0, 0
	for i, h := range households(t) {
		if i%6 != 0 && testing.Short() {
			continue
		}
		body, err := json.Marshal(h.Input)
		if err != nil {
			t.Fatal(err)
		}
		req, err := openfisca.Read(l, body)
		if err != nil {
			t.Fatal(err)
		}
		m, err := rights.ParseMonth(h.Month)
		if err != nil {
			t.Fatal(err)
		}
		results, err := req.Situation.Close(rights.OpenFisca).Evaluate(m, "af", "aide_logement")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			b, err := json.Marshal(r.Explanation)
			if err != nil {
				t.Fatal(err)
			}
			longest, largest = max(longest, len(r.Explanation.Lines)), max(largest, len(b))
			if len(r.Explanation.Lines) > 40 || len(b) > 20_000 {
				t.Errorf("%s %s: %d lines, %d bytes", h.ID, r.Right, len(r.Explanation.Lines), len(b))
			}
			if len(r.Gaps) > 0 || r.Status == rights.ToVerify && len(r.Reasons) == 0 {
				t.Errorf("%s %s: to verify although every absent fact has a default: %v", h.ID, r.Right, r.Gaps)
			}
		}
	}
	t.Logf("at most %d lines and %d bytes", longest, largest)
}

// FuzzCalculate sends anything: the answer is a value or a Problem with a message
// in both languages, never a panic.
func FuzzCalculate(f *testing.F) {
	l := loadLaw(f)
	for _, s := range []string{
		with(""), with(`,"rsa":{"2025-06":null}`), `{}`, `{"individus":{"a":{"salaire_net":{"year:2025:2":1,"month:2025-01:3":2,"ETERNITY":3}}}}`,
		`{"individus":{"a":{},"a":{}},"menages":{"m":{"personne_de_reference":"a","loyer":{"2025":12}}}}`, `{"parvis":{},"individus":{"é":{"age":{"2025-06":null}}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := openfisca.Calculate(l, body, openfisca.Options{})
		if err != nil {
			p, ok := err.(*openfisca.Problem)
			if !ok {
				t.Fatalf("%T: %v", err, err)
			}
			if p.Message("fr") == "" || strings.Contains(p.Message("fr")+p.Message("en"), "(MISSING)") || strings.Contains(p.Message("fr")+p.Message("en"), "%!(EXTRA") || !json.Valid(p.JSON("en")) {
				t.Fatalf("%q %q", p.Message("fr"), p.Message("en"))
			}
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%s", out)
		}
	})
}
