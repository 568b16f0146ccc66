package table

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sheet is a table to write: rows of texts, of which those that are whole numbers become
// numbers. Name is at most 31 characters (Excel's limit; more are cut), without []:*?/\.
type Sheet struct {
	Name string
	Rows [][]string
}

// WriteCSV writes one table with semicolons and a byte-order mark, which French
// spreadsheets open as they should. A cell that a spreadsheet would take for a formula
// is led by an apostrophe.
func WriteCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.Comma = ';'
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, c := range row {
			safe[i] = inert(c)
		}
		if err := w.Write(safe); err != nil {
			return nil, fmt.Errorf("write CSV: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	return b.Bytes(), nil
}

// inert keeps a spreadsheet from computing a text of a CSV file (OWASP, CSV injection).
func inert(c string) string {
	if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
		return "'" + c
	}
	return c
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetML   = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	relations = `http://schemas.openxmlformats.org/package/2006/relationships`
	officeRel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
)

// WriteXLSX writes a workbook of one sheet per table (ECMA-376, Office Open XML):
// texts and whole numbers, no style, no formula.
func WriteXLSX(sheets []Sheet) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var types, book, rels strings.Builder
	for i, s := range sheets {
		n := strconv.Itoa(i + 1)
		types.WriteString(`<Override PartName="/xl/worksheets/sheet` + n + `.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`)
		book.WriteString(`<sheet name="` + escaped(sheetName(s.Name, i)) + `" sheetId="` + n + `" r:id="rId` + n + `"/>`)
		rels.WriteString(`<Relationship Id="rId` + n + `" Type="` + officeRel + `/worksheet" Target="worksheets/sheet` + n + `.xml"/>`)
	}
	parts := [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + relations + `"><Relationship Id="rId1" Type="` + officeRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + sheetML + `" xmlns:r="` + officeRel + `"><sheets>` + book.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + relations + `">` + rels.String() + `</Relationships>`},
	}
	for i, s := range sheets {
		parts = append(parts, [2]string{"xl/worksheets/sheet" + strconv.Itoa(i+1) + ".xml", sheetXML(s.Rows)})
	}
	for _, p := range parts {
		w, err := z.Create(p[0])
		if err != nil {
			return nil, fmt.Errorf("write XLSX: %w", err)
		}
		if _, err := w.Write([]byte(xmlHead + p[1])); err != nil {
			return nil, fmt.Errorf("write XLSX: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("write XLSX: %w", err)
	}
	return b.Bytes(), nil
}

func sheetXML(rows [][]string) string {
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="` + sheetML + `"><sheetData>`)
	for r, row := range rows {
		b.WriteString(`<row r="` + strconv.Itoa(r+1) + `">`)
		for c, text := range row {
			at := ColumnName(c) + strconv.Itoa(r+1)
			if _, err := strconv.ParseInt(text, 10, 32); err == nil {
				b.WriteString(`<c r="` + at + `"><v>` + text + `</v></c>`)
				continue
			}
			if text != "" {
				b.WriteString(`<c r="` + at + `" t="inlineStr"><is><t xml:space="preserve">` + escaped(text) + `</t></is></c>`)
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String()
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}

func sheetName(s string, i int) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return ' '
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); s == "" {
		s = strconv.Itoa(i + 1)
	}
	for utf8.RuneCountInString(s) > 31 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
