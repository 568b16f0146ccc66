package openfisca_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
)

// ask sends a request without a body and reads the answer, which is always JSON.
func ask(t testing.TB, h http.Handler, method, url, lang string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s %s: %d is no JSON: %v\n%s", method, url, w.Code, err, w.Body)
	}
	if w.Header().Get("Country-Package") == "" || w.Header().Get("Country-Package-Version") == "" {
		t.Errorf("%s %s does not say which law it is", method, url)
	}
	return w, out
}

// What an existing client does first: look around.
func TestAClientLooksAround(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	if w, out := ask(t, h, "GET", "http://api.example.org/openfisca/", "fr"); w.Code != 300 || !strings.Contains(out["welcome"].(string), "http://api.example.org/openfisca/spec") {
		t.Errorf("%d %v", w.Code, out)
	}
	_, variables := ask(t, h, "GET", "http://api.example.org/openfisca/variables/", "fr")
	_, parameters := ask(t, h, "GET", "http://api.example.org/openfisca/parameters", "fr")
	if len(variables) < 100 || len(parameters) < 100 {
		t.Fatalf("%d variables, %d parameters", len(variables), len(parameters))
	}
	// Every link leads to what it names.
	follow := func(all map[string]any) map[string]map[string]any {
		found := map[string]map[string]any{}
		for name, listed := range all {
			href := at(listed, "href").(string)
			w, out := ask(t, h, "GET", href, "fr")
			if w.Code != 200 || out["id"] != name || !strings.HasPrefix(href, "http://api.example.org/openfisca/") {
				t.Fatalf("%s: %d %v", href, w.Code, out)
			}
			found[name] = out
		}
		return found
	}
	v := follow(variables)
	if af := v["af"]; af["entity"] != "famille" || af["valueType"] != "Float" || af["definitionPeriod"] != "MONTH" || len(af["formulas"].(map[string]any)) == 0 || at(af, "parvis", "input") != false {
		t.Errorf("af: %v", af)
	}
	if s := v["salaire_net"]; s["formulas"] != nil || at(s, "parvis", "year") != "divided" {
		t.Errorf("salaire_net: %v", s)
	}
	years := map[any]bool{}
	for _, one := range v {
		years[at(one, "parvis", "year")] = true
	}
	for _, want := range []string{"divided", "repeated"} {
		if !years[want] {
			t.Errorf("no variable whose year is %s", want)
		}
	}
	kinds := map[string]int{}
	for name, p := range follow(parameters) {
		for _, kind := range []string{"values", "brackets"} {
			if by, ok := p[kind].(map[string]any); ok && len(by) > 0 {
				kinds[kind]++
				for day := range by {
					if len(day) != 10 {
						t.Errorf("%s: %q is not a day", name, day)
					}
				}
			}
		}
		if p["values"] == nil && p["brackets"] == nil {
			t.Errorf("%s says nothing: %v", name, p)
		}
	}
	if kinds["values"] < 50 || kinds["brackets"] == 0 {
		t.Errorf("%v", kinds)
	}
	// A grid is a node, its cells are parameters; both ways of writing an id work.
	for name := range parameters {
		grid, cell, ok := strings.Cut(name, ".")
		if !ok {
			continue
		}
		if w, out := ask(t, h, "GET", "/openfisca/parameter/"+grid, "fr"); w.Code != 200 || at(out, "subparams", cell, "href") == nil || out["values"] != nil {
			t.Errorf("%s: %d %v", grid, w.Code, out)
		}
		if w, out := ask(t, h, "GET", "/openfisca/parameter/"+grid+"/"+strings.ReplaceAll(cell, ".", "/"), "fr"); w.Code != 200 || out["id"] != name {
			t.Errorf("%s with a slash: %d %v", name, w.Code, out)
		}
		return
	}
	t.Error("no grid")
}

func TestWhatIsNotThere(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	_, parameters := ask(t, h, "GET", "/openfisca/parameters", "fr")
	name := ""
	for p := range parameters {
		if len(p) > 8 && !strings.Contains(p, ".") {
			name = p
			break
		}
	}
	for _, c := range []struct {
		method, url, lang string
		status            int
		says              string
	}{
		{"GET", "/openfisca/parameter/" + name[:len(name)-1] + "x", "en", 404, name},
		{"GET", "/openfisca/parameter/" + name[:len(name)-1] + "x", "fr", 404, "Vouliez-vous dire"},
		{"GET", "/openfisca/parameter/", "fr", 404, "Il n'y a rien"},
		{"GET", "/openfisca/variable/salaire_nte", "en", 404, "salaire_net"},
		{"GET", "/openfisca/variable/" + strings.Repeat("a", 5000), "en", 404, "…"},
		{"GET", "/openfisca/variable/%FF%00", "en", 404, "does not exist"},
		{"GET", "/openfisca/calcul", "en", 404, "/openfisca/spec"},
		{"GET", "/openfisca/calculate", "en", 405, "POST"},
		{"DELETE", "/openfisca/variables", "fr", 405, "GET"},
		{"POST", "/openfisca/spec", "fr", 405, "GET"},
	} {
		w, out := ask(t, h, c.method, c.url, c.lang)
		if says, _ := out["error"].(string); w.Code != c.status || !strings.Contains(says, c.says) {
			t.Errorf("%s %.60s: %d %v, want %d %q", c.method, c.url, w.Code, out, c.status, c.says)
		}
	}
}

// Two households in one call, with stacked periods, as simulators send them: the
// answer is the same document with numbers in the place of nulls.
func TestStackedSituations(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	body := `{
  "individus": {
    "Bill": {"date_naissance": {"ETERNITY": "1980-01-01"}, "salaire_net": {"month:2024-06:24": 24000}},
    "Janet": {"date_naissance": {"ETERNITY": "2016-04-02"}},
    "Ana": {"date_naissance": {"ETERNITY": "1990-07-09"}, "salaire_net": {"2024": 0, "2025": 0}}
  },
  "familles": {"f1": {"parents": ["Bill"], "enfants": ["Janet"], "ppa": {"2025-06": null, "2025-09": null}}, "f2": {"parents": "Ana", "rsa": {"month:2025-06:1": null}}},
  "foyers_fiscaux": {"d1": {"declarants": ["Bill"], "personnes_a_charge": ["Janet"]}, "d2": {"declarants": ["Ana"]}},
  "menages": {"m1": {"personne_de_reference": ["Bill"], "enfants": ["Janet"]}, "m2": {"personne_de_reference": "Ana"}}
}`
	status, out := post(t, h, "/openfisca/calculate?parvis=0", "", body)
	if status != 200 || out["parvis"] != nil {
		t.Fatalf("%d %v", status, out)
	}
	if rsa, _ := at(out, "familles", "f2", "rsa", "month:2025-06:1").(float64); rsa < 500 || rsa > 700 {
		t.Errorf("rsa of somebody alone without income: %v", rsa)
	}
	if ppa, ok := at(out, "familles", "f1", "ppa", "2025-09").(float64); !ok || ppa < 0 {
		t.Errorf("ppa: %v", at(out, "familles", "f1", "ppa"))
	}
	if at(out, "individus", "Bill", "salaire_net", "month:2024-06:24") != 24000.0 || at(out, "familles", "f2", "parents") != "Ana" {
		t.Error("the echo lost something")
	}
}

func TestTrace(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	status, out := post(t, h, "/openfisca/trace", "fr", with(`,"af_nbenf":{"2025-06":null}`))
	if status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	var asked []string
	for _, k := range out["requestedCalculations"].([]any) {
		asked = append(asked, k.(string))
	}
	slices.Sort(asked)
	if !slices.Equal(asked, []string{"af<2025-06>", "af_nbenf<2025-06>"}) {
		t.Errorf("asked %v", asked)
	}
	people := at(out, "entitiesDescription", "individus").([]any)
	if len(people) != 3 || len(at(out, "entitiesDescription", "familles").([]any)) != 1 {
		t.Errorf("entities %v", out["entitiesDescription"])
	}
	trace := out["trace"].(map[string]any)
	if v := at(trace, "af<2025-06>", "value").([]any); len(v) != 1 || v[0] != 151.8 {
		t.Errorf("af = %v", v)
	}
	parameters := 0
	for key, one := range trace {
		for _, d := range at(one, "dependencies").([]any) {
			if trace[d.(string)] == nil {
				t.Errorf("%s depends on %s, which is not there", key, d)
			}
		}
		parameters += len(at(one, "parameters").(map[string]any))
	}
	births := at(trace, "date_naissance<ETERNITY>", "value").([]any)
	if len(births) != 3 || !slices.Contains(births, any("2015-01-01")) || parameters == 0 {
		t.Errorf("births %v, %d parameters", births, parameters)
	}
	if status, out := post(t, h, "/openfisca/trace?parvis=0", "en", with(`,"aff":{"2025-06":null}`)); status != 400 || !strings.Contains(at(out, "familles", "f", "aff").(string), "Did you mean af") {
		t.Errorf("%d %v", status, out)
	}
	if status, _ := post(t, h, "/openfisca/trace", "en", "["); status != 400 {
		t.Errorf("%d", status)
	}
}

// The document describes every address, and its own example is answered.
func TestSpec(t *testing.T) {
	h := openfisca.Handler(loadLaw(t), "/openfisca")
	w, doc := ask(t, h, "GET", "/openfisca/spec", "fr")
	for _, part := range strings.Split(w.Body.String(), `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if at(doc, "components", "schemas", name) == nil {
			t.Errorf("%s is named and absent", name)
		}
	}
	for _, path := range []string{"/calculate", "/trace", "/entities", "/variables", "/variable/{id}", "/parameters", "/parameter/{id}", "/spec"} {
		if at(doc, "paths", path) == nil {
			t.Errorf("%s is not described", path)
		}
	}
	example, err := json.Marshal(at(doc, "components", "schemas", "SituationInput", "example"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"calculate", "trace"} {
		if status, out := post(t, h, "/openfisca/"+path, "fr", string(example)); status != 200 {
			t.Errorf("%s: %d %v", path, status, out)
		}
	}
	if at(doc, "components", "schemas", "SituationInput", "properties", "familles", "additionalProperties", "properties", "af") == nil {
		t.Error("the document does not know af")
	}
}

// FuzzServe asks anything of any address: the answer is JSON, never a 5xx.
func FuzzServe(f *testing.F) {
	h := openfisca.Handler(loadLaw(f), "/openfisca")
	for _, s := range [][3]string{{"GET", "/variable/af", ""}, {"GET", "/parameter/a/b//c", ""}, {"POST", "/trace", with("")}, {"POST", "/calculate?strict=1&parvis=0", with("")}, {"GET", "//", ""}, {"PUT", "/spec/", "{}"}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://example.com/openfisca/"+strings.TrimPrefix(path, "/"), strings.NewReader(body))
		if err != nil || len(body) > 4000 {
			return
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect && w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %s: %d is no JSON: %s", method, path, w.Code, w.Body)
		}
	})
}
