// Package table reads the tables that other programs and spreadsheets give, CSV
// and XLSX, into rows of text. It is pure: bytes in, rows and problems out, no
// file, no clock, no meaning given to a cell.
//
// A broken row never stops the others: it becomes a Problem with its line and,
// where one is to blame, its column. What makes the whole file unreadable is a
// Refusal with a code.
//
//	t, err := table.Read(data)
//	var no *table.Refusal
//	if errors.As(err, &no) { … no.Code … }
package table

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// Limits of one table.
const (
	MaxBytes     = 20 << 20 // of the file
	maxUnpacked  = 64 << 20 // of an XLSX once unzipped
	MaxRows      = 20_000
	MaxColumns   = 100
	maxCell      = 4_000    // bytes
	maxRecord    = 64 << 10 // bytes of one CSV row
	maxProblems  = 2_000
	maxCellTotal = 64 << 20 // bytes of all cells
)

// Format is how the table was written.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Table is what was read.
type Table struct {
	Format    Format
	Encoding  string // "UTF-8", "UTF-16", "Windows-1252"; "" for XLSX
	Separator string // ";", ",", "\t"; "" for XLSX
	Sheet     string // name of the sheet read, XLSX
	Date1904  bool   // serial dates count from 1904-01-01 instead of 1899-12-30
	// NoHeader says that the first row looked like data: Header then holds
	// "A", "B"… and the first row is in Rows.
	NoHeader bool
	Header   []string // one name per column, unique
	Rows     []Row
	Problems []Problem
}

// Row is one row. Cells has one text per column of Header, outer spaces removed.
type Row struct {
	Line  int // in the file as people see it, from 1
	Cells []string
}

// Problem is a row that could not be read; it is not in Rows.
type Problem struct {
	Line   int
	Column int // from 1; 0 = the whole row
	Code   Code
}

// Code says what is wrong.
type Code string

// The codes of a row.
const (
	QuoteOpen   Code = "quote_open"   // a quote was opened and never closed
	QuoteStray  Code = "quote_stray"  // text after a closing quote
	TooManyCell Code = "cells_many"   // more cells than the header
	TooFewCells Code = "cells_few"    // fewer cells than the header
	CellLong    Code = "cell_long"    // a cell over the limit
	CellControl Code = "cell_control" // characters that no text holds
	Merged      Code = "merged"       // a cell merged over several rows or columns
	CellError   Code = "cell_error"   // #N/A, #REF!…
)

// The codes of a whole file.
const (
	Empty      Code = "empty"
	TooLarge   Code = "too_large"
	TooManyRow Code = "rows_many"
	TooManyCol Code = "columns_many"
	WrongType  Code = "wrong_type" // neither CSV nor XLSX
	OldExcel   Code = "old_excel"  // .xls
	Password   Code = "password"   // protected by a password
	Broken     Code = "broken"     // an XLSX that does not open
	NoRows     Code = "no_rows"    // a header and nothing below
	TooBroken  Code = "too_broken" // more broken rows than worth telling
)

// Refusal is a file that cannot be read at all.
type Refusal struct {
	Code Code
	Err  error // for the log; may be nil
}

// Error is for the log.
func (r *Refusal) Error() string {
	if r.Err != nil {
		return fmt.Sprintf("table refused: %s: %v", r.Code, r.Err)
	}
	return "table refused: " + string(r.Code)
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(code Code, err error) error { return &Refusal{code, err} }

// Read tells by its first bytes what a file is, and reads it. Errors are
// *Refusal.
func Read(data []byte) (*Table, error) {
	if len(data) > MaxBytes {
		return nil, refuse(TooLarge, nil)
	}
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, refuse(Empty, nil)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		// A compound file: an old workbook, or a new one behind a password.
		if bytes.Contains(data, utf16Text("EncryptedPackage")) {
			return nil, refuse(Password, nil)
		}
		return nil, refuse(OldExcel, nil)
	}
	return readCSV(data)
}

// utf16Text is an ASCII text in UTF-16, low byte first.
func utf16Text(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// record is one row as cut, before its length is checked. fault names what the
// cutting found.
type record struct {
	line   int
	cells  []string
	fault  Code
	column int
}

// assemble makes a table of records: finds the header, checks each row.
func assemble(t *Table, records []record) (*Table, error) {
	for len(records) > 0 && records[0].fault == "" && blank(records[0].cells) {
		records = records[1:]
	}
	if len(records) == 0 {
		return nil, refuse(Empty, nil)
	}
	first := records[0]
	width := len(first.cells)
	for width > 0 && strings.TrimSpace(first.cells[width-1]) == "" {
		width--
	}
	if first.fault != "" || width == 0 {
		return nil, refuse(Broken, fmt.Errorf("header, line %d: %s", first.line, first.fault))
	}
	if width > MaxColumns {
		return nil, refuse(TooManyCol, nil)
	}
	if t.NoHeader = looksLikeData(first.cells[:width]); t.NoHeader {
		for i := range width {
			t.Header = append(t.Header, ColumnName(i))
		}
	} else {
		t.Header = headerOf(first.cells[:width])
		records = records[1:]
	}
	total := 0
	for _, r := range records {
		if r.fault == "" && blank(r.cells) {
			continue
		}
		row, fault, column := check(r, width)
		if fault != "" {
			if len(t.Problems) == maxProblems {
				return nil, refuse(TooBroken, nil)
			}
			t.Problems = append(t.Problems, Problem{r.line, column, fault})
			continue
		}
		if len(t.Rows) == MaxRows {
			return nil, refuse(TooManyRow, nil)
		}
		for _, c := range row.Cells {
			total += len(c)
		}
		if total > maxCellTotal {
			return nil, refuse(TooLarge, nil)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows)+len(t.Problems) == 0 {
		return nil, refuse(NoRows, nil)
	}
	return t, nil
}

func check(r record, width int) (row Row, fault Code, column int) {
	if r.fault != "" {
		return row, r.fault, r.column
	}
	row = Row{Line: r.line, Cells: make([]string, width)}
	for i, c := range r.cells {
		c = clean(c)
		switch {
		case i >= width:
			if c != "" {
				return row, TooManyCell, i + 1
			}
			continue
		case len(c) > maxCell:
			return row, CellLong, i + 1
		case strings.ContainsFunc(c, forbidden):
			return row, CellControl, i + 1
		}
		row.Cells[i] = c
	}
	if len(r.cells) < width {
		return row, TooFewCells, len(r.cells) + 1
	}
	return row, "", 0
}

// clean removes outer spaces, no-break ones included, and puts one sort of line
// end inside a cell.
func clean(c string) string {
	c = strings.TrimFunc(c, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' })
	if strings.Contains(c, "\r") {
		c = strings.ReplaceAll(strings.ReplaceAll(c, "\r\n", "\n"), "\r", "\n")
	}
	return c
}

func forbidden(r rune) bool {
	return (unicode.IsControl(r) && r != '\n' && r != '\t') || r == unicode.ReplacementChar
}

func blank(cells []string) bool {
	for _, c := range cells {
		if clean(c) != "" {
			return false
		}
	}
	return true
}

// headerOf names the columns: those without a name or with one already taken get
// their letter.
func headerOf(cells []string) []string {
	names := make([]string, len(cells))
	seen := map[string]bool{}
	for i, c := range cells {
		name := strings.Join(strings.Fields(strings.ToValidUTF8(clean(c), "")), " ")
		if r := []rune(name); len(r) > 80 {
			name = string(r[:80])
		}
		if name == "" {
			name = ColumnName(i)
		}
		for low := strings.ToLower(name); seen[low]; low = strings.ToLower(name) {
			name += " (" + ColumnName(i) + ")"
		}
		seen[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}

// ColumnName is the letter a spreadsheet shows above a column: 0 is A, 26 is AA.
func ColumnName(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// looksLikeData tells whether a first row names people rather than columns: one
// of its cells holds at least four digits and no more letters than digits.
func looksLikeData(cells []string) bool {
	for _, c := range cells {
		digits, letters := 0, 0
		for _, r := range c {
			switch {
			case unicode.IsDigit(r):
				digits++
			case unicode.IsLetter(r):
				letters++
			}
		}
		if digits >= 4 && letters < digits {
			return true
		}
	}
	return false
}
