package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"codeberg.org/parvis/parvis/internal/platform/pdf"
)

func page(n, of int) string { return "page " + string(rune('0'+n)) + "/" + string(rune('0'+of)) }

// sample writes every block once.
func sample(d *pdf.Document, arabic bool) {
	name, words, right := "CCAS de Valsèvre", "« Je veux garder mon logement, et que ma mère puisse rester avec nous. »", "Aide au logement"
	title, heading := "Mes droits probables", "En juin 2026"
	if arabic {
		title, heading = "حقوقي المحتملة", "في يونيو 2026"
		words, right = "«أريد أن أحتفظ بمسكني، وأن تبقى أمي (فاطمة) معنا.»", "مساعدة السكن (CAF) : لا تُحتسب"
	}
	d.Brand(name, "2 place du Marché, 86000 Valsèvre", "02 61 91 40 10")
	d.Title(title)
	d.Text("Samira Haddad · Şahin, Đặng, Łukasz · سميرة حداد", pdf.Lead)
	d.Heading(1, heading)
	d.Card(pdf.Card{Frame: pdf.Proposed, Title: right, Sum: "432,66 €", Per: "par mois", Lines: []string{words}, Boxes: []string{"Je la demande", "J’attends", "Je ne veux pas"}})
	d.Card(pdf.Card{Frame: pdf.Certain, Title: right, Lines: []string{words}})
	d.Quote(words, "11/06/2026")
	d.Heading(2, heading)
	d.Items([]string{words, right})
	d.Boxes([]string{"Ressources de février, mars et avril", "RIB"})
	d.Rows([]pdf.Row{{Label: "Loyer", Text: "548,50 €", Note: "bail, vu le 4 juin"}, {Label: right, Text: words}})
	d.Table([]string{"Mois", "Montant", "Pourquoi"}, []float64{.2, .2, .6}, [][]string{{"juin 2026", "485 €", words}, {"juillet 2026", "0 €", right}})
	d.Lines(2)
	d.Code("Au guichet, montrez ce code :", "7QF-M2K", "Il n’ouvre rien tout seul.")
}

func write(t *testing.T, o pdf.Options, arabic bool) []byte {
	t.Helper()
	o.At = time.Date(2026, 6, 11, 7, 0, 0, 0, time.UTC)
	out, err := pdf.Write(o, func(d *pdf.Document) { sample(d, arabic) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tool runs a program of poppler-utils on a document; make test installs it.
func tool(t *testing.T, doc []byte, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed (poppler-utils)", name)
		}
		t.Skipf("%s is not installed (poppler-utils)", name)
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	if keep := os.Getenv("PARVIS_KEEP_PDF"); keep != "" {
		if err := os.WriteFile(filepath.Join(keep, strings.ReplaceAll(t.Name(), "/", "_")+".pdf"), doc, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return out
}

func TestWriteTheSameTwice(t *testing.T) {
	for _, o := range []pdf.Options{{Title: "Mes droits", Lang: "fr"}, {Title: "حقوقي", Lang: "ar", RTL: true, Large: true}} {
		a, b := write(t, o, o.RTL), write(t, o, o.RTL)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two documents of the same content differ", o.Lang)
		}
		if len(a) > 200_000 {
			t.Errorf("%s: %d bytes", o.Lang, len(a))
		}
	}
}

func TestTextOfADocument(t *testing.T) {
	out := string(tool(t, write(t, pdf.Options{Title: "Mes droits", Lang: "fr", Code: "7QF-M2K", Page: page}, false), "pdftotext", "-layout", "FILE", "-"))
	for _, want := range []string{"CCAS de Valsèvre", "Mes droits probables", "432,66 €", "Je la demande", "Łukasz", "7QF-M2K", "bail, vu le 4 juin", "page 1/"} {
		if !strings.Contains(strings.ReplaceAll(out, "\u00a0", " "), want) {
			t.Errorf("the document does not say %q:\n%s", want, out)
		}
	}
	info := string(tool(t, write(t, pdf.Options{Title: "Mes droits d’été", Lang: "fr"}, false), "pdfinfo", "FILE"))
	if !strings.Contains(info, "Mes droits d’été") {
		t.Errorf("the title is lost: %s", info)
	}
}

// Arabic copied from the page is the text that was written: letters in the order
// they are read, words apart.
func TestArabicText(t *testing.T) {
	out := norm.NFKC.String(string(tool(t, write(t, pdf.Options{Title: "حقوقي", Lang: "ar", RTL: true}, true), "pdftotext", "FILE", "-")))
	out = strings.Map(func(r rune) rune {
		if r >= 0x200E && r <= 0x200F || r >= 0x202A && r <= 0x202E {
			return -1
		}
		return r
	}, out)
	for _, want := range []string{"حقوقي المحتملة", "مساعدة السكن", "سميرة حداد", "أحتفظ بمسكني", "2026", "CAF"} {
		if !strings.Contains(out, want) {
			t.Errorf("the page does not say %q:\n%s", want, out)
		}
	}
	if !utf8.ValidString(out) {
		t.Error("not UTF-8")
	}
}

// The page itself: Arabic begins at the right, French at the left, and there is
// ink in both.
func TestPageImage(t *testing.T) {
	for _, x := range []struct {
		o     pdf.Options
		right bool
	}{{pdf.Options{Title: "Mes droits", Lang: "fr"}, false}, {pdf.Options{Title: "حقوقي", Lang: "ar", RTL: true}, true}} {
		doc := write(t, x.o, x.o.RTL)
		grey := tool(t, doc, "pdftoppm", "-gray", "-r", "36", "-f", "1", "-l", "1", "FILE")
		var width, height, most int
		if _, err := fmt.Sscanf(string(grey[:16]), "P5\n%d %d\n%d", &width, &height, &most); err != nil {
			t.Fatalf("image: %v", err)
		}
		pixels := grey[len(grey)-width*height:]
		ink := func(fromX, toX, fromY, toY float64) (n int) {
			for y := int(fromY * float64(height)); y < int(toY*float64(height)); y++ {
				for x := int(fromX * float64(width)); x < int(toX*float64(width)); x++ {
					if pixels[y*width+x] < 160 {
						n++
					}
				}
			}
			return n
		}
		// The band of the title, under the rule of the head.
		left, right := ink(0, .5, .11, .15), ink(.5, 1, .11, .15)
		if (right > left) != x.right || left+right < 50 {
			t.Errorf("%s: title has %d dark points on the left, %d on the right", x.o.Lang, left, right)
		}
		if edge := ink(0, .05, 0, 1) + ink(.95, 1, 0, 1); edge > 0 {
			t.Errorf("%s: %d dark points outside the margins", x.o.Lang, edge)
		}
	}
}

// A long document turns its pages: nothing is lost, nothing runs over the foot.
func TestLongDocument(t *testing.T) {
	doc, err := pdf.Write(pdf.Options{Title: "Long", Lang: "fr", Code: "7QF-M2K", Large: true, Page: func(n, of int) string { return fmt.Sprintf("page %d sur %d", n, of) }}, func(d *pdf.Document) {
		d.Title("Long")
		for i := range 60 {
			d.Heading(1, fmt.Sprintf("Partie %d", i))
			d.Text(strings.Repeat("Une phrase qui se suit. ", 12), pdf.Body)
			d.Card(pdf.Card{Title: "Carte", Lines: []string{strings.Repeat("mot ", 40*(i%40))}, Boxes: []string{"oui", "non"}})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	out := string(tool(t, doc, "pdftotext", "-layout", "FILE", "-"))
	pages := strings.Count(out, "\f")
	if pages < 20 || !strings.Contains(out, fmt.Sprintf("page %d sur %d", pages, pages)) || strings.Count(out, "7QF-M2K") != pages {
		t.Errorf("%d pages, codes %d", pages, strings.Count(out, "7QF-M2K"))
	}
	for i := range 60 {
		if !strings.Contains(out, fmt.Sprintf("Partie %d\n", i)) {
			t.Errorf("part %d is lost", i)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		if _, err := pdf.Write(pdf.Options{Title: "Mes droits", Lang: "fr"}, func(d *pdf.Document) { sample(d, false) }); err != nil {
			b.Fatal(err)
		}
	}
}
