package lang_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/testkit"
	"codeberg.org/parvis/parvis/rights/lang"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// sameTree compares syntax trees without their places.
var sameTree = cmp.Options{
	cmpopts.IgnoreTypes(lang.Pos{}),
	cmpopts.EquateEmpty(),
	cmpopts.IgnoreFields(lang.File{}, "Name", "Examples", "Sheets", "Forms"),
}

// TestLawPrintsAndParsesAgain prints every file of the law and parses it again.
func TestLawPrintsAndParsesAgain(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Root(t), "law", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rule file: %v", err)
	}
	local, err := filepath.Glob(filepath.Join(testkit.Root(t), "law", "local", "*.md"))
	if err != nil || len(local) == 0 {
		t.Fatalf("no local rule file: %v", err)
	}
	for _, name := range append(files, local...) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, problems := lang.Parse(name, content)
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		again, problems := lang.Parse(name, rules(lang.PrintRules(f)))
		if len(problems) > 0 {
			t.Fatalf("%s, printed: %v\n%s", name, problems, lang.PrintRules(f))
		}
		if d := cmp.Diff(f, again, sameTree); d != "" {
			t.Errorf("%s: %s", filepath.Base(name), d)
		}
	}
}

// TestRandomExpressionsPrintAndParse draws expression trees, whether they make
// sense or not.
func TestRandomExpressionsPrintAndParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawExpr(t, 4)
		src := "règle x (famille, mois) : €\n  = " + lang.PrintExpr(e)
		f, problems := lang.Parse("essai.md", rules(src))
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, src)
		}
		if d := cmp.Diff(e, f.Rules[0].Bodies[0].Expr, sameTree); d != "" {
			t.Fatalf("%s\n%s", src, d)
		}
	})
}

func drawName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"salaire_net", "af_nbenf", "âge", "x1", "été_2", "conjointement"}).Draw(t, "name")
}

func drawNumber(t *rapid.T) *lang.Literal {
	n := rapid.IntRange(0, 3_000_000).Draw(t, "digits")
	text := strconv.Itoa(n / 100)
	if n%100 != 0 {
		text = fmt.Sprintf("%d.%02d", n/100, n%100)
	}
	return &lang.Literal{Text: text, Unit: rapid.SampledFrom([]string{"", "%", "€", "€/mois", "an", "mois/an", "€/heure"}).Draw(t, "unit")}
}

func drawMoment(t *rapid.T, kinds ...lang.MomentKind) *lang.Moment {
	m := &lang.Moment{Kind: rapid.SampledFrom(kinds).Draw(t, "moment")}
	switch m.Kind {
	case lang.MomentDated:
		m.Month, m.Year = rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(2015, 2030).Draw(t, "year")
	case lang.MomentNamed:
		m.Month, m.Back = rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(0, 3).Draw(t, "back")
	default:
		m.Back = rapid.IntRange(0, 30).Draw(t, "back")
	}
	return m
}

func drawPath(t *rapid.T) []string {
	return rapid.SampledFrom([][]string{{"parents"}, {"enfants", "famille"}, {"occupants", "logement", "demandeur"},
		{"foyers fiscaux distincts", "parents"}, {"personnes à charge"}}).Draw(t, "path")
}

// drawExpr draws a tree of at most depth levels.
func drawExpr(t *rapid.T, depth int) *lang.Expr {
	if depth == 0 {
		return drawLeaf(t)
	}
	sub := func() *lang.Expr { return drawExpr(t, depth-1) }
	switch rapid.IntRange(0, 16).Draw(t, "kind") {
	case 0, 1, 2, 3:
		op := rapid.SampledFrom([]string{"+", "-", "×", "/", "et", "ou", "=", "≠", "<", "≤", ">", "≥", "min", "max"}).Draw(t, "op")
		return &lang.Expr{Kind: lang.ExBinary, Op: op, Args: []*lang.Expr{sub(), sub()}}
	case 4:
		return &lang.Expr{Kind: lang.ExNot, Args: []*lang.Expr{sub()}}
	case 5:
		return &lang.Expr{Kind: lang.ExNeg, Args: []*lang.Expr{sub()}}
	case 6:
		return &lang.Expr{Kind: lang.ExIf, Args: []*lang.Expr{sub(), sub(), sub()}}
	case 7:
		return &lang.Expr{Kind: lang.ExLet, Name: drawName(t), Args: []*lang.Expr{sub(), sub()}}
	case 8:
		mode := rapid.SampledFrom([]string{"", "supérieur", "inférieur"}).Draw(t, "mode")
		step := rapid.SampledFrom([]lang.Literal{{Text: "0.01", Unit: "€"}, {Text: "1", Unit: "€"}, {Text: "100", Unit: "€"}, {Text: "0.0001"}}).Draw(t, "step")
		return &lang.Expr{Kind: lang.ExRound, Mode: mode, Lit: &step, Args: []*lang.Expr{sub()}}
	case 9:
		return &lang.Expr{Kind: lang.ExShift, Moment: drawMoment(t, lang.MomentMonth, lang.MomentYear, lang.MomentNamed), Args: []*lang.Expr{sub()}}
	case 10:
		path := rapid.SampledFrom([][]string{{"demandeur"}, {"logement", "demandeur"}, {"conjoint"}}).Draw(t, "passage")
		return &lang.Expr{Kind: lang.ExProject, Path: path, Args: []*lang.Expr{sub()}}
	case 11, 12:
		return drawFold(t, sub)
	case 13:
		return &lang.Expr{Kind: lang.ExIn, Args: []*lang.Expr{sub(), sub(), sub()}}
	case 14:
		return &lang.Expr{Kind: lang.ExCall, Name: drawName(t), Args: []*lang.Expr{sub(), sub()}}
	case 15:
		return &lang.Expr{Kind: lang.ExBetween, Name: rapid.SampledFrom([]string{"années", "mois", "jours"}).Draw(t, "span"), Args: []*lang.Expr{sub(), sub()}}
	}
	return &lang.Expr{Kind: lang.ExApplicable, Args: []*lang.Expr{sub()}}
}

func drawFold(t *rapid.T, sub func() *lang.Expr) *lang.Expr {
	e := &lang.Expr{Kind: lang.ExFold, Name: rapid.SampledFrom([]string{"somme", "moyenne", "nombre", "maximum", "minimum", "un", "tous", "rang"}).Draw(t, "fold")}
	switch rapid.IntRange(0, 2).Draw(t, "domain") {
	case 0:
		e.Path = drawPath(t)
	case 1:
		e.Moment, e.To = drawMoment(t, lang.MomentMonth), drawMoment(t, lang.MomentMonth)
	default:
		e.Moment = drawMoment(t, lang.MomentYear)
	}
	if rapid.Bool().Draw(t, "filtered") {
		e.Filter = sub()
	}
	if e.Filter == nil || rapid.Bool().Draw(t, "with body") {
		e.Args = []*lang.Expr{sub()}
	}
	return e
}

func drawLeaf(t *rapid.T) *lang.Expr {
	switch rapid.IntRange(0, 6).Draw(t, "leaf") {
	case 0:
		return &lang.Expr{Kind: lang.ExNA}
	case 1:
		return &lang.Expr{Kind: lang.ExVerify, Text: "Le bail est à lire"}
	case 2:
		return &lang.Expr{Kind: lang.ExLiteral, Lit: &lang.Literal{Kind: lang.LitDate, Text: "2025-04-01"}}
	case 3:
		return &lang.Expr{Kind: lang.ExBound, Name: rapid.SampledFrom([]string{"début", "fin"}).Draw(t, "bound"), Moment: drawMoment(t, lang.MomentMonth, lang.MomentYear)}
	case 4:
		return &lang.Expr{Kind: lang.ExDay, Lit: &lang.Literal{Text: "15"}, Moment: drawMoment(t, lang.MomentNamed, lang.MomentDated)}
	case 5:
		return &lang.Expr{Kind: lang.ExLiteral, Lit: drawNumber(t)}
	}
	return &lang.Expr{Kind: lang.ExName, Name: drawName(t)}
}

// FuzzParse feeds anything to the parser: it must always end, without a panic,
// and what it understood must print and parse again.
func FuzzParse(f *testing.F) {
	content, err := os.ReadFile(filepath.Join("..", "..", "law", "allocations-familiales.md"))
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range strings.Split(string(content), "```") {
		if src, ok := strings.CutPrefix(block, "règle\n"); ok {
			f.Add(rules(src))
		}
	}
	for _, s := range []string{"règle x (famille, mois) : € = ((((", "paramètre x : €, par nombre\n|", "règle x (famille, mois) : € = 1 €/mois/an × - -3", "barème b marginal : %, selon €\n à partir du 01/01/2020 de 0 : 1 %"} {
		f.Add(rules(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, problems := lang.Parse("essai.md", content)
		if len(problems) > 0 {
			return
		}
		again, problems := lang.Parse("essai.md", rules(lang.PrintRules(file)))
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, lang.PrintRules(file))
		}
		if a, b := lang.PrintRules(file), lang.PrintRules(again); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}
