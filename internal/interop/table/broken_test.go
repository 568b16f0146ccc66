package table_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/interop/table"
)

func utf16be(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return out
}

// Encodings and separators that nobody announced, each read whole.
func TestEveryEncodingAndSeparator(t *testing.T) {
	const text = "Nom;Prénom;Loyer\nNguyên;Éloïse;548,50\nŒuvrard;Zoé;3\n"
	latin1 := []byte("Nom;Pr\xe9nom;Loyer\nNguy\xean;\xc9lo\xefse;548,50\n\x8cuvrard;Zo\xe9;3\n") // as Windows writes it: Latin-1 has no œ
	for name, data := range map[string][]byte{
		"UTF-16 LE with its mark":    utf16le(text),
		"UTF-16 LE without its mark": utf16le(text)[2:],
		"UTF-16 BE with its mark":    append([]byte{0xfe, 0xff}, utf16be(text)...),
		"UTF-16 BE without its mark": utf16be(text),
		"Latin-1, cp1252":            latin1,
		"tabs":                       []byte(strings.ReplaceAll(text, ";", "\t")),
		"bars":                       []byte(strings.ReplaceAll(text, ";", "|")),
		"commas":                     []byte("Nom,Prénom,Loyer\nNguyên,Éloïse,\"548,50\"\nŒuvrard,Zoé,3\n"),
		"all quoted":                 []byte("\"Nom\";\"Prénom\";\"Loyer\"\r\n\"Nguyên\";\"Éloïse\";\"548,50\"\r\n\"Œuvrard\";\"Zoé\";\"3\"\r\n"),
	} {
		tab, err := table.Read(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, r := range tab.Rows {
			got = append(got, strings.Join(r.Cells, "|"))
		}
		if diff := cmp.Diff([]string{"Nguyên|Éloïse|548,50", "Œuvrard|Zoé|3"}, got); diff != "" || len(tab.Problems) > 0 {
			t.Errorf("%s: %s %v", name, diff, tab.Problems)
		}
	}
}

// What is wrong with some rows is said of them alone.
func TestStrayBytesAreSaidWithTheirRow(t *testing.T) {
	body := strings.Repeat("Martin;Paul;1980\n", 60)
	tab, err := table.Read([]byte("Nom;Prénom;Né\nDu\x00pont;Léa;1990\n" + body))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]table.Problem{{Line: 2, Column: 1, Code: table.CellControl}}, tab.Problems); diff != "" || len(tab.Rows) != 60 {
		t.Errorf("%s, %d rows", diff, len(tab.Rows))
	}
	if tab, err = table.Read([]byte("Nom;Nom;;NOM\n1;2;3;4\n")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tab.Header, "|"); got != "Nom|Nom (B)|C|NOM (D)" {
		t.Errorf("columns of the same name: %s", got)
	}
	// A program, an archive or a picture under the name of a table.
	var no *table.Refusal
	for name, data := range map[string][]byte{"program": bytes.Repeat([]byte("\x7fELF\x02\x01\x01\x00\x00\x00"), 50), "zeros": make([]byte, 4096), "pdf": []byte("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj")} {
		if _, err := table.Read(data); !errors.As(err, &no) || no.Code != table.WrongType {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A workbook of two million cells, what a table may hold at most, and a file of 100 MB:
// the memory they take is bounded.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("a workbook of two million cells takes seconds to make")
	}
	var sheet strings.Builder
	for row := 1; row <= 20_000; row++ {
		fmt.Fprintf(&sheet, `<row r="%d">`, row)
		for range 100 {
			sheet.WriteString(`<c><v>1548.5</v></c>`)
		}
		sheet.WriteString(`</row>`)
	}
	sheet.WriteString(`</sheetData>`)
	two := book(sheet.String(), nil)
	sheet.Reset()
	large := bytes.Repeat([]byte("un;deux;trois;quatre\n"), 100<<20/21)
	for name, c := range map[string]struct {
		data []byte
		most uint64 // bytes asked of the heap in all while it was read
	}{"two million cells": {two, 768 << 20}, "100 MB": {large, 1 << 20}} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		tab, err := table.Read(c.data)
		runtime.ReadMemStats(&after)
		var no *table.Refusal
		if err == nil && len(tab.Rows) > table.MaxRows || err != nil && !errors.As(err, &no) {
			t.Errorf("%s: %v", name, err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > c.most {
			t.Errorf("%s: %d MB asked of the heap", name, grown>>20)
		} else {
			t.Logf("%s: a file of %d kB, %d MB asked of the heap, %v", name, len(c.data)>>10, grown>>20, err)
		}
	}
}
