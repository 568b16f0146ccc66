package table_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/interop/table"
)

func utf16le(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func TestCSVAsPeopleWriteIt(t *testing.T) {
	want := [][]string{{"Éloïse", "12,5"}, {"Zoé", "3"}}
	for name, data := range map[string][]byte{
		"utf-8, semicolons":        []byte("Prénom;Montant\nÉloïse;12,5\nZoé;3\n"),
		"utf-8 with mark, CRLF":    []byte("\ufeffPrénom;Montant\r\nÉloïse;12,5\r\nZoé;3"),
		"windows-1252":             []byte("Pr\xe9nom;Montant\r\n\xc9lo\xefse;12,5\r\nZo\xe9;3\r\n"),
		"utf-16, tabs":             utf16le("Prénom\tMontant\r\nÉloïse\t12,5\r\nZoé\t3\r\n"),
		"commas, quoted decimals":  []byte("Prénom,Montant\n\"Éloïse\",\"12,5\"\nZoé,3\n"),
		"sep= line":                []byte("sep=|\nPrénom|Montant\nÉloïse|12,5\nZoé|3\n"),
		"old Mac line ends":        []byte("Prénom;Montant\rÉloïse;12,5\rZoé;3\r"),
		"empty rows and end cells": []byte("\n;;\nPrénom;Montant;;\nÉloïse;12,5;;\n;;\n Zoé ;3;;\n"),
	} {
		tab, err := table.Read(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got [][]string
		for _, r := range tab.Rows {
			got = append(got, r.Cells)
		}
		if diff := cmp.Diff(want, got); diff != "" || tab.Header[0] != "Prénom" || len(tab.Problems) > 0 {
			t.Errorf("%s: %s %v %v", name, diff, tab.Header, tab.Problems)
		}
	}
}

func TestBrokenRowsAreSaidAndTheOthersRead(t *testing.T) {
	tab, err := table.Read([]byte("nom;note\nun;\"deux\nlignes\"\ndeux;\"jamais fermé\ntrois;bien\nquatre;\"a\"b\ncinq;x;de trop\nsix\nsept;\x01\nhuit;\"dit \"\"oui\"\"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range tab.Rows {
		names = append(names, fmt.Sprint(r.Line, " ", r.Cells[0], " ", r.Cells[1]))
	}
	if diff := cmp.Diff([]string{"2 un deux\nlignes", "5 trois bien", `10 huit dit "oui"`}, names); diff != "" {
		t.Error(diff)
	}
	want := []table.Problem{{4, 2, table.QuoteOpen}, {6, 2, table.QuoteStray}, {7, 3, table.TooManyCell}, {8, 2, table.TooFewCells}, {9, 2, table.CellControl}}
	if diff := cmp.Diff(want, tab.Problems); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want table.Code
	}{
		"nothing":       {nil, table.Empty},
		"blank":         {[]byte("\n \n;;\n"), table.Empty},
		"too large":     {bytes.Repeat([]byte("a;b\n"), table.MaxBytes/4+1), table.TooLarge},
		"pdf":           {[]byte("%PDF-1.7 …"), table.WrongType},
		"picture":       {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), table.WrongType},
		"web page":      {[]byte("<!DOCTYPE html><p>nom;prénom"), table.WrongType},
		"other zip":     {zipOf(map[string]string{"a.txt": "x"}), table.WrongType},
		"cut zip":       {zipOf(map[string]string{"xl/workbook.xml": "x"})[:40], table.Broken},
		"old excel":     {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), table.OldExcel},
		"password":      {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), utf16le("EncryptedPackage")[2:]...), table.Password},
		"header alone":  {[]byte("nom;prénom\n"), table.NoRows},
		"too many rows": {append([]byte("nom;x\n"), bytes.Repeat([]byte("a;b\n"), table.MaxRows+1)...), table.TooManyRow},
		"too many cols": {[]byte(strings.Repeat("c;", 300) + "\n" + strings.Repeat("1;", 300)), table.TooManyCol},
		"all broken":    {append([]byte("nom;x\n"), bytes.Repeat([]byte("a\n"), 3000)...), table.TooBroken},
	} {
		_, err := table.Read(c.data)
		var no *table.Refusal
		if !errors.As(err, &no) || no.Code != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestAFirstRowOfDataIsNoHeader(t *testing.T) {
	tab, err := table.Read([]byte("Haddad;Samira;03/02/1992\nSow;Ibrahima;1988\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !tab.NoHeader || len(tab.Rows) != 2 || strings.Join(tab.Header, "") != "ABC" {
		t.Errorf("%+v", tab)
	}
}

func zipOf(parts map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func book(sheet string, more map[string]string) []byte {
	parts := map[string]string{
		"xl/workbook.xml":            `<?xml version="1.0"?><workbook xmlns:r="x"><sheets><sheet name="caché" state="hidden" r:id="r9"/><sheet name="Gens" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst><si><t>Nom</t></si><si><r><t>Had</t></r><r><t>dad</t></r><rPh><t>x</t></rPh></si><si><t>Naissance</t></si></sst>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + sheet + `</worksheet>`,
	}
	for k, v := range more {
		parts[k] = v
	}
	return zipOf(parts)
}

func TestWorkbook(t *testing.T) {
	// Nothing may touch a disk: there is no folder for temporary files.
	t.Setenv("TMPDIR", "/nowhere")
	tab, err := table.Read(book(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c><c r="C1" t="inlineStr"><is><t>Note</t></is></c></row>
<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3"><v>33637</v></c></row>
<row r="4"><c r="A4" t="str"><v>Sow</v></c><c r="C4"><v>0.30000000000000004</v></c></row>
<row r="5"><c r="A5" t="str"><v>Fusion</v></c></row>
<row r="6"><c r="A6" t="e"><v>#N/A</v></c></row></sheetData><mergeCells><mergeCell ref="A5:B5"/></mergeCells>`, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []table.Row{{3, []string{"Haddad", "33637", ""}}, {4, []string{"Sow", "", "0.3"}}}
	if diff := cmp.Diff(want, tab.Rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]table.Problem{{5, 1, table.Merged}, {6, 1, table.CellError}}, tab.Problems); diff != "" {
		t.Error(diff)
	}
	if tab.Sheet != "Gens" || strings.Join(tab.Header, "|") != "Nom|Naissance|Note" {
		t.Errorf("%+v", tab)
	}
	if _, err := table.Read(book(`</sheetData>`, nil)); err == nil {
		t.Error("an empty sheet is read")
	}
}

func TestAZipBombIsRefused(t *testing.T) {
	bomb := book(`<row><c t="str"><v>a</v></c></row>`+strings.Repeat(" ", 66<<20)+`</sheetData>`, nil)
	if len(bomb) > 1<<20 {
		t.Fatalf("no bomb: %d bytes", len(bomb))
	}
	_, err := table.Read(bomb)
	var no *table.Refusal
	if !errors.As(err, &no) || no.Code != table.TooLarge {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("nom;prénom\nun;\"deux\n"))
	f.Add([]byte("a,b\r\n\"x\"\"\",\r\n"))
	f.Add(utf16le("a\tb\r\nc\td"))
	f.Add([]byte("sep=;\na;b\n1;2"))
	f.Add(book(`<row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>`, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, err := table.Read(data)
		if err != nil {
			var no *table.Refusal
			if !errors.As(err, &no) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		last := 0
		for _, r := range tab.Rows {
			if len(r.Cells) != len(tab.Header) {
				t.Fatalf("line %d: %d cells for %d columns", r.Line, len(r.Cells), len(tab.Header))
			}
			if r.Line <= last {
				t.Fatalf("line %d after %d", r.Line, last)
			}
			last = r.Line
			for _, c := range r.Cells {
				if !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
					t.Fatalf("line %d: %q", r.Line, c)
				}
			}
		}
		seen := map[string]bool{}
		for _, h := range tab.Header {
			if h == "" || seen[strings.ToLower(h)] || !utf8.ValidString(h) {
				t.Fatalf("header %q", tab.Header)
			}
			seen[strings.ToLower(h)] = true
		}
	})
}
