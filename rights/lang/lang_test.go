package lang_test

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/rights/lang"
)

// rules wraps a block of rules in a literate file; its first line is line 1 of
// the block and line 2 of the file.
func rules(src string) []byte { return []byte("```règle\n" + src + "\n```\n") }

func TestProblemsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct {
		name, src string
		line, col int
		message   string
		advice    string
	}{
		{"misspelt keyword", "paramettre x : €", 2, 1, "une déclaration commence par", "« paramètre » ?"},
		{"decimal point", "paramètre x : €\n  à partir du 01/01/2020 : 1.5", 3, 29, "une virgule", "474,37"},
		{"impossible date", "paramètre x : €\n  à partir du 31/02/2020 : 1", 3, 15, "31/02/2020 n'existe pas", "jour/mois/année"},
		{"year out of bounds", "paramètre x : €\n  à partir du 01/01/1020 : 1", 3, 15, "n'existe pas", ""},
		{"open quote", "règle x (famille, mois) : €\n  « jamais fermée\n  = 0", 3, 3, "jamais refermé", "»"},
		{"reserved name", "règle somme (famille, mois) : €\n = 0", 2, 7, "« somme » est un mot du langage", ""},
		{"unknown entity", "règle x (foyers, mois) : €\n = 0", 2, 10, "« foyers » n'est pas une entité", "personne, famille"},
		{"unknown period", "règle x (famille, jour) : €\n = 0", 2, 19, "« jour » n'est pas une période", "mois, année"},
		{"no body", "règle x (famille, mois) : €\nrègle y (famille, mois) : €\n = 0", 3, 1, "n'a pas de calcul", "= …"},
		{"missing sinon", "règle x (famille, mois) : €\n = si vrai alors 1 €", 3, 21, "il manque « sinon »", ""},
		{"missing parenthesis", "règle x (famille, mois) : €\n = (1 € + 2 €\nrègle y (famille, mois) : €\n = 0", 4, 1, "il manque « ) »", ""},
		{"unknown group", "règle x (famille, mois) : nombre\n = nombre des parrains", 3, 15, "« parrains » n'est ni un groupe", "parents"},
		{"ragged grid", "paramètre x : €, par nombre\n  à partir du 01/01/2020\n  | 0 | 1\n  | 1 | 2 |", 5, 3, "finit par |", ""},
		{"unknown sign", "règle x (famille, mois) : €\n = 1 € § 2 €", 3, 8, "« § » n'est pas connu", "signes connus"},
		{"window of years", "règle x (famille, mois) : €\n = somme sur M-2 : y", 3, 18, "n'est pas un moment", "sur N"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := lang.Parse("essai.md", rules(c.src))
			if len(problems) == 0 {
				t.Fatal("no problem was told")
			}
			p := problems[0]
			if p.Pos.Line != c.line || p.Pos.Col != c.col {
				t.Errorf("at %d:%d, want %d:%d (%s)", p.Pos.Line, p.Pos.Col, c.line, c.col, p)
			}
			if !strings.Contains(p.Message, c.message) || !strings.Contains(p.Advice, c.advice) {
				t.Errorf("said %q (%q), want %q (%q)", p.Message, p.Advice, c.message, c.advice)
			}
		})
	}
}

func TestOneMistakeOneMessage(t *testing.T) {
	f, problems := lang.Parse("essai.md", rules("règle x (famille, mois) : €\n = ( + )\n\nrègle y (famille, mois) : €\n = 1 €\n\nparamètre z € 3\n\nrègle w (famille, mois) : €\n = 2 €"))
	if len(problems) != 2 {
		t.Errorf("want 2 problems, got %v", problems)
	}
	if len(f.Rules) != 2 || f.Rules[0].Name != "y" || f.Rules[1].Name != "w" {
		t.Errorf("the sound rules were lost: %v", f.Rules)
	}
}

func TestFilesThatAreNotRuleFiles(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		line    int
		message string
	}{
		{"utf-16", []byte("\xff\xfe#\x00"), 1, "UTF-16"},
		{"latin-1", []byte("# Titre\n\nr\xe8gle\n"), 3, "latin-1"},
		{"open fence", []byte("# Titre\n```règle\nrègle x (famille, mois) : € = 0\n"), 2, "jamais refermé"},
		{"unknown fence", []byte("```regles\n```\n"), 1, "« regles » inconnu"},
		{"too big", []byte(strings.Repeat("a", 1<<20+1)), 1, "dépasse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := lang.Parse("essai.md", c.content)
			if len(problems) == 0 || problems[0].Pos.Line != c.line || !strings.Contains(problems[0].Message, c.message) {
				t.Errorf("got %v, want line %d and %q", problems, c.line, c.message)
			}
		})
	}
}

func TestToleratedForms(t *testing.T) {
	for name, content := range map[string][]byte{
		"byte order mark":   append([]byte("\xef\xbb\xbf"), rules("règle x (famille, mois) : € = 0")...),
		"Windows lines":     []byte("```règle\r\nrègle x (famille, mois) : €\r\n  = 0\r\n```\r\n"),
		"accents apart":     rules("re\u0300gle x (famille, mois) : € = 0"),
		"ascii comparisons": rules("règle x (famille, mois) : booléen = 1 <= 2 et 3 >= 2"),
		"other minus signs": rules("règle x (famille, mois) : € = 3 € − 2 € – 1 €"),
		"thin spaces":       rules("règle x (famille, mois) : € = 12\u202f345,50 €"),
	} {
		f, problems := lang.Parse("essai.md", content)
		if len(problems) > 0 || len(f.Rules) != 1 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestNumbers(t *testing.T) {
	for src, want := range map[string]string{"66 652": "66652", "1 234 567,89": "1234567.89", "20,234": "20.234", "0,5": "0.5"} {
		f, problems := lang.Parse("essai.md", rules("paramètre x : nombre\n à partir du 01/01/2020 : "+src))
		if len(problems) > 0 || f.Params[0].Versions[0].Value.Text != want {
			t.Errorf("%s: %v %v", src, problems, f.Params)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"salaire_net", "salaire_imposable", "chomage_net", "loyer"}
	for name, want := range map[string]string{"salaire_nette": "salaire_net", "Loyé": "loyer", "chômage_net": "chomage_net", "salaire_impo": "salaire_imposable"} {
		got := lang.Nearest(name, known, 1)
		if len(got) != 1 || got[0] != want {
			t.Errorf("Nearest(%q) = %v, want %s", name, got, want)
		}
	}
	if got := lang.Nearest("tout_autre_chose", known, 3); len(got) != 0 {
		t.Errorf("nothing resembles it, got %v", got)
	}
}

func TestAtMostThirtyKeywords(t *testing.T) {
	if n := len(lang.Keywords()); n > 30 {
		t.Errorf("%d keywords", n)
	}
}
