package directory_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/directory"
)

func labels(list []directory.Commune) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Label())
	}
	return strings.Join(out, " | ")
}

func TestFind(t *testing.T) {
	communes := directory.New(directory.Options{})
	for code, want := range map[string]struct{ label, current, postcode, department string }{
		"79191": {"Niort (79)", "79191", "79000", "Deux-Sèvres"},
		"2A004": {"Ajaccio (2A)", "2A004", "20000", "Corse-du-Sud"},
		"75056": {"Paris (75)", "75056", "75001", "Paris"},
		"75118": {"Paris 18e (75)", "75056", "75018", "Paris"},
		"69381": {"Lyon 1er (69)", "69123", "69001", "Rhône"},
		"13201": {"Marseille 1er (13)", "13055", "13001", "Bouches-du-Rhône"},
		"97411": {"Saint-Denis (974)", "97411", "97400", "La Réunion"},
		"97502": {"Saint-Pierre (975)", "97502", "97500", "Saint-Pierre-et-Miquelon"},
		"01059": {"Arvière-en-Valromey (01)", "01453", "01260", "Ain"}, // Brénaz, until 2019
	} {
		c, ok := communes.Find(code)
		if !ok {
			t.Errorf("%s is not there", code)
			continue
		}
		if c.Label() != want.label || c.Current() != want.current || !slices.Contains(c.Postcodes, want.postcode) || communes.DepartmentName(c.Department) != want.department {
			t.Errorf("%s: %s, current %s, postcodes %v, %s; want %v", code, c.Label(), c.Current(), c.Postcodes, communes.DepartmentName(c.Department), want)
		}
	}
	for _, code := range []string{"", "7919", "99999", "79000", "791910", "niort"} {
		if c, ok := communes.Find(code); ok {
			t.Errorf("%q is %s", code, c.Label())
		}
	}
}

func TestRead(t *testing.T) {
	communes := directory.New(directory.Options{})
	for typed, want := range map[string]string{
		// one is meant
		"Niort":                        "79191",
		"  niort ":                     "79191",
		"NIORT":                        "79191",
		"79191":                        "79191",
		"Niort (79)":                   "79191",
		"niort 79":                     "79191",
		"79000 Niort":                  "79191",
		"Niort 79000":                  "79191",
		"79022 Niort Cedex 9":          "79191",
		"Niort, Deux-Sèvres":           "79191",
		"2a004":                        "2A004",
		"le havre":                     "76351",
		"havre":                        "76351",
		"hay les roses":                "94038",
		"L’Haÿ-les-Roses":              "94038",
		"haÿ":                          "", // two
		"paris":                        "75056",
		"paris 18":                     "75056",
		"Paris 18ème":                  "75056",
		"paris 18e arrondissement":     "",
		"75018":                        "75056",
		"lyon 3e":                      "69123",
		"lyon 69":                      "69123",
		"69123":                        "69123",
		"marseille 1er":                "13055",
		"marseille 13":                 "13055",
		"st germain en laye":           "78551",
		"St Germ Laye":                 "78551",
		"ste foy les lyon":             "69202",
		"saint denis 974":              "97411",
		"St-Denis (974)":               "97411",
		"clermontferrand":              "63113",
		"chalonnes s/ loire":           "49063",
		"Chalonnes-sur-Loire":          "49063",
		"Hœnheim":                      "67204",
		"hoenheim":                     "67204",
		"Pointe-à-Pitre":               "97120",
		"mamoudzou":                    "97611",
		"Y":                            "80829",
		"brenaz":                       "01453",
		"Brénaz, Arvière-en-Valromey ": "01453",
		"e\u0301pinal":                 "88160", // an accent apart
	} {
		r := communes.Read(typed)
		c, ok := r.One()
		switch {
		case want == "" && ok:
			t.Errorf("%q was taken for %s", typed, c.Label())
		case want != "" && !ok:
			t.Errorf("%q: found %s, near %s; want %s", typed, labels(r.Found), labels(r.Near), want)
		case want != "" && c.Current() != want:
			t.Errorf("%q: %s, want %s", typed, c.Label(), want)
		}
	}
}

func TestReadAsks(t *testing.T) {
	communes := directory.New(directory.Options{})
	for typed, want := range map[string][]string{
		"saint-denis":  {"Saint-Denis (974)", "Saint-Denis (93)", "Saint-Denis (11)"},
		"79160":        {"Coulonges-sur-l'Autize (79)", "Ardin (79)"},
		"saint pierre": {"Saint-Pierre (974)", "Saint-Pierre (975)", "Saint-Pierre (972)"},
	} {
		r := communes.Read(typed)
		if _, one := r.One(); one || len(r.Found) > directory.Limit {
			t.Errorf("%q: %s", typed, labels(r.Found))
		}
		for _, label := range want {
			if !strings.Contains(labels(r.Found), label) {
				t.Errorf("%q: %s; want %s among them", typed, labels(r.Found), label)
			}
		}
		c := r.Found[1]
		if got, ok := r.Pick(c.Current()); !ok || got.Label() != c.Label() {
			t.Errorf("%q: picking %s gives %s, %v", typed, c.Label(), got.Label(), ok)
		}
		if _, ok := r.Pick("75056"); ok {
			t.Errorf("%q: Paris was not offered and can be picked", typed)
		}
	}
	if r := communes.Read("saint"); !r.More || len(r.Found) != directory.Limit || !strings.Contains(labels(r.Found), "Saint-Étienne (42)") {
		t.Errorf("saint: more %v, %s", r.More, labels(r.Found))
	}
}

func TestReadFindsNone(t *testing.T) {
	communes := directory.New(directory.Options{})
	for typed, near := range map[string]string{
		"Nirot":             "Niort (79)",
		"Marseile":          "Marseille (13)",
		"Renes 35":          "Rennes (35)",
		"35000 Niort":       "Niort (79)", // they contradict each other: nothing is taken
		"Valsèvre":          "",
		"99999":             "",
		"?":                 "",
		"":                  "",
		"تولوز":             "",
		"xx":                "",
		"dans la rue":       "",
		"Paris, Texas":      "",
		"79000 Valsèvreeee": "",
	} {
		r := communes.Read(typed)
		if len(r.Found) > 0 {
			t.Errorf("%q: found %s", typed, labels(r.Found))
		}
		if near != "" && (len(r.Near) == 0 || r.Near[0].Label() != near) {
			t.Errorf("%q: near %s; want %s first", typed, labels(r.Near), near)
		}
	}
}

func TestSuggest(t *testing.T) {
	communes := directory.New(directory.Options{})
	for typed, want := range map[string]string{
		"nio":      "Niort (79)",
		"niort":    "Niort (79) | Niort-de-Sault (11)",
		"saint-de": "Saint-Denis (974)",
		"paris 1":  "Paris 1er (75)",
		"lyon":     "Lyon (69)",
		"roche":    "Rochefort (17)",
	} {
		got := communes.Suggest(typed)
		if len(got) > directory.Limit || !strings.Contains(labels(got), want) {
			t.Errorf("%q: %s; want %s", typed, labels(got), want)
		}
	}
	if got := labels(communes.Suggest("lyon")); !strings.HasPrefix(got, "Lyon (69)") || !strings.Contains(got, "Lyon 9e (69)") {
		t.Errorf("lyon: %s", got)
	}
}

// Every label that a page shows is read again as the place it names.
func TestLabelsAreReadAgain(t *testing.T) {
	communes := directory.New(directory.Options{})
	var text bytes.Buffer
	if err := communes.List().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(text.String()) {
		code, _, _ := strings.Cut(line, ";")
		if len(code) != 5 {
			continue
		}
		if checked++; checked%29 != 0 && code[:2] != "75" { // some are enough
			continue
		}
		c, ok := communes.Find(code)
		if !ok {
			t.Fatalf("%s is not there", code)
		}
		if got, ok := communes.Read(c.Label()).One(); !ok || got.Current() != c.Current() {
			t.Errorf("%s: %q is read as %s", code, c.Label(), labels(communes.Read(c.Label()).Found))
		}
		if checked%(29*20) != 0 {
			continue
		}
		for _, s := range communes.Suggest(c.Name) {
			if got, ok := communes.Read(s.Label()).One(); !ok || got.Current() != s.Current() {
				t.Errorf("the suggestion %q is read as %s", s.Label(), labels(communes.Read(s.Label()).Found))
			}
		}
	}
	if n := communes.Count(); n < 34_000 || n > 36_000 {
		t.Errorf("%d communes", n)
	}
}

func TestRenamed(t *testing.T) {
	communes := directory.New(directory.Options{Renamed: map[string]string{"79191": "Valsèvre", "00000": "Nulle part"}})
	if c, _ := communes.Find("79191"); c.Label() != "Valsèvre (79)" {
		t.Errorf("79191 is %s", c.Label())
	}
	for _, typed := range []string{"valsevre", "Valsèvre (79)", "Niort", "79000 Valsèvre", "79191"} {
		if c, ok := communes.Read(typed).One(); !ok || c.Current() != "79191" {
			t.Errorf("%s: %s", typed, labels(communes.Read(typed).Found))
		}
	}
	if c, ok := communes.Find("01059"); !ok || c.Label() != "Arvière-en-Valromey (01)" {
		t.Errorf("a former commune elsewhere: %s", c.Label())
	}
}

// The committed list is what the npm package gives.
func TestListIsGenerated(t *testing.T) {
	from := filepath.Join("..", "..", "node_modules", "@etalab", "decoupage-administratif", "data")
	files := map[string][]byte{}
	for _, name := range []string{"communes.json", "departements.json"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) {
			if os.Getenv("CI") != "" {
				t.Fatal("the package is not installed: scripts/setup.sh tools")
			}
			t.Skip("the package is not installed: scripts/setup.sh tools")
		}
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	text, err := directory.TextOfPackage(files["communes.json"], files["departements.json"])
	if err != nil {
		t.Fatal(err)
	}
	list, err := directory.ReadList([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if brought, err := directory.ReadList(files["communes.json"]); err != nil || brought.Count() != list.Count() {
		t.Errorf("communes.json itself: %d communes, %v", brought.Count(), err)
	}
	var made, committed bytes.Buffer
	if err := list.WriteText(&made); err != nil {
		t.Fatal(err)
	}
	if err := directory.New(directory.Options{}).List().WriteText(&committed); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made.Bytes(), committed.Bytes()) {
		t.Error("communes.txt.gz is not what the package gives: go generate ./internal/directory")
	}
}

// A list that is wrong is told where, and never half taken.
func TestListsThatAreWrong(t *testing.T) {
	var whole bytes.Buffer
	if err := directory.New(directory.Options{}).List().WriteText(&whole); err != nil {
		t.Fatal(err)
	}
	right := strings.TrimSuffix(whole.String(), "\n")
	last := strings.Count(right, "\n") + 2
	for line, what := range map[string]string{
		"79191;Niort;79000":                "twice",
		"79999;Là;79000;;79998":            "in",
		"79999;Là;79000;;01059":            "in", // a former commune
		"99999;Là;79000":                   "department_unknown",
		"79999;Là\x00;79000":               "name",
		"79999;Là;790 00":                  "postcode",
		"79999;Là;79000;-3":                "inhabitants",
		"7999A;Là;79000":                   "code",
		"79999;;79000":                     "name",
		"1234;Là":                          "code",
		"79999;Là\u202e;79000":             "name",
		"79999;" + strings.Repeat("a", 90): "name",
	} {
		_, err := directory.ReadList([]byte(right + "\n" + line))
		problems, ok := err.(directory.Problems)
		if !ok || problems[0].What != what || problems[0].Line != last {
			t.Errorf("%q: %v, want %s at line %d", line, err, what, last)
		}
	}
	for text, what := range map[string]string{"": "few", "\xff": "encoding", "[": "json", "[]": "few", `[{"code":"79191","nom":"a;b","type":"commune-actuelle"}]`: "name", `[{"code":"79191","nom":"Niort"}]`: "kind"} {
		_, err := directory.ReadList([]byte(text))
		if problems, ok := err.(directory.Problems); !ok || problems[0].What != what || problems[0].Line != 0 {
			t.Errorf("%q: %v, want %s", text, err, what)
		}
	}
	lines := strings.SplitAfter(right+"\n", "\n")
	slices.Reverse(lines)
	if list, err := directory.ReadList([]byte("\ufeff" + strings.Join(lines, ""))); err != nil || list.Count() < 34_000 {
		t.Errorf("in another order: %d communes, %v", list.Count(), err)
	}
}

// An imported list serves; one that is damaged does not, and the embedded one does.
func TestOptionsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "communes.gz")
	var text, packed bytes.Buffer
	if err := directory.New(directory.Options{File: file}).List().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	list, err := directory.ReadList(append(text.Bytes(), "79998;Ville-Neuve;79998;3\n"...))
	if err != nil {
		t.Fatal(err)
	}
	if err := list.WritePacked(&packed); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, ok := directory.New(directory.Options{File: file}).Read("ville neuve 79").One(); !ok || c.Current() != "79998" {
		t.Errorf("the imported list: %s", c.Label())
	}
	if err := os.WriteFile(file, packed.Bytes()[:packed.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := directory.New(directory.Options{File: file})
	if _, ok := damaged.Find("79998"); ok {
		t.Error("half a list serves")
	}
	if _, ok := damaged.Find("79191"); !ok {
		t.Error("no list at all serves")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"Niort (79)", "75018", "st-denis 974", "L'Haÿ", "\xff\xfe(", "paris 18e", "(79)", ",", "79000 cedex 79", "Œuf, (2A)", "١٢", strings.Repeat("saint ", 90)} {
		f.Add(s)
	}
	communes := directory.New(directory.Options{})
	f.Fuzz(func(t *testing.T, typed string) {
		r, again := communes.Read(typed), communes.Read(typed)
		if labels(r.Found) != labels(again.Found) || labels(r.Near) != labels(again.Near) {
			t.Fatalf("%q is read in two ways", typed)
		}
		if len(r.Found) > directory.Limit || len(r.Near) > directory.Limit || (len(r.Found) > 0 && len(r.Near) > 0) {
			t.Fatalf("%q: %d found, %d near", typed, len(r.Found), len(r.Near))
		}
		seen := map[string]bool{}
		for _, c := range r.Options() {
			known, ok := communes.Find(c.Current())
			if !ok || known.In != "" || seen[c.Current()] || !utf8.ValidString(c.Label()) {
				t.Fatalf("%q: %s (%s) is no commune or is there twice", typed, c.Label(), c.Current())
			}
			seen[c.Current()] = true
		}
		communes.Suggest(typed)
	})
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := directory.New(directory.Options{}).Find("79191"); !ok {
			b.Fatal("Niort is not there")
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	communes := directory.New(directory.Options{})
	communes.Find("79191")
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
	runtime.KeepAlive(communes)
}

func BenchmarkRead(b *testing.B) {
	communes := directory.New(directory.Options{})
	for _, typed := range []string{"niort", "saint", "79000", "st ger laye", "nirot"} {
		communes.Read(typed)
		b.Run(typed, func(b *testing.B) {
			for b.Loop() {
				communes.Read(typed)
			}
		})
	}
}
