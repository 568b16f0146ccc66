package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// readXLSX reads the first sheet that is not hidden of an Office Open XML workbook
// (ECMA-376), streaming each part from memory: nothing is written to a disk, and
// a part that unpacks beyond maxUnpacked stops the reading. Numbers come as they
// are stored, dates among them as serial numbers; formulas by their last value.
func readXLSX(data []byte) (*Table, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse(Broken, err)
	}
	book := &workbook{parts: map[string]*zip.File{}, left: maxUnpacked}
	for i, f := range z.File {
		if i > 5000 {
			return nil, refuse(Broken, errors.New("too many parts"))
		}
		book.parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	if book.parts["xl/workbook.xml"] == nil {
		return nil, refuse(WrongType, errors.New("a zip that is no workbook"))
	}
	t := &Table{Format: XLSX}
	sheet, err := book.open(t)
	if err == nil {
		err = book.readStrings()
	}
	var records []record
	if err == nil {
		records, err = book.readSheet(sheet)
	}
	var no *Refusal
	switch {
	case errors.As(err, &no):
		return nil, err
	case err != nil:
		return nil, refuse(Broken, err)
	}
	return assemble(t, records)
}

type workbook struct {
	parts   map[string]*zip.File
	left    int64 // bytes that may still be unpacked
	strings []string
}

// part unpacks one part, bounded by what is left for the whole book.
func (b *workbook) part(name string) (io.ReadCloser, error) {
	f := b.parts[name]
	if f == nil {
		return nil, fmt.Errorf("part %s is missing", name)
	}
	if f.Flags&1 != 0 {
		return nil, refuse(Password, nil)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&bounded{r: r, left: &b.left}, r}, nil
}

type bounded struct {
	r    io.Reader
	left *int64
}

func (l *bounded) Read(p []byte) (int, error) {
	if *l.left <= 0 {
		return 0, refuse(TooLarge, errors.New("unpacks to too much"))
	}
	n, err := l.r.Read(p)
	*l.left -= int64(n)
	return n, err
}

// each walks over the start elements of a part; fn may decode the element.
func (b *workbook) each(name string, fn func(d *xml.Decoder, e xml.StartElement) error) (err error) {
	r, err := b.part(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	d := xml.NewDecoder(r)
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := fn(d, e); err != nil {
				return err
			}
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// open finds the part of the first visible sheet.
func (b *workbook) open(t *Table) (string, error) {
	id := ""
	err := b.each("xl/workbook.xml", func(_ *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			v := attr(e, "date1904")
			t.Date1904 = v == "1" || v == "true"
		case "sheet":
			if state := attr(e, "state"); id == "" && state != "hidden" && state != "veryHidden" {
				t.Sheet = strings.ToValidUTF8(attr(e, "name"), "")
				for _, a := range e.Attr {
					if a.Name.Space == "r" && a.Name.Local == "id" {
						id = a.Value
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	target := ""
	err = b.each("xl/_rels/workbook.xml.rels", func(_ *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local == "Relationship" && attr(e, "Id") == id {
			target = attr(e, "Target")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if target == "" {
		return "", errors.New("no sheet to read")
	}
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/"), nil
	}
	return path.Join("xl", target), nil
}

// text collects what <t> holds inside an element, without phonetic hints.
func text(d *xml.Decoder, end string) (string, error) {
	var out strings.Builder
	inText, hints := false, 0
	for {
		token, err := d.RawToken()
		if err != nil {
			return "", fmt.Errorf("read text: %w", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "rPh":
				hints++
			case "t":
				inText = true
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "rPh":
				hints--
			case "t":
				inText = false
			case end:
				return unescape(out.String()), nil
			}
		case xml.CharData:
			if inText && hints == 0 && out.Len() <= maxRecord {
				out.Write(e)
			}
		}
	}
}

// unescape turns _x000D_ back into what it stands for.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return strings.NewReplacer("_x000D_", "\r", "_x000A_", "\n", "_x0009_", "\t").Replace(s)
}

func (b *workbook) readStrings() error {
	const name = "xl/sharedStrings.xml"
	if b.parts[name] == nil {
		return nil
	}
	total := 0
	return b.each(name, func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		s, err := text(d, "si")
		b.strings = append(b.strings, s)
		if total += len(s) + 16; total > maxCellTotal {
			return refuse(TooLarge, errors.New("too many texts"))
		}
		return err
	})
}

func (b *workbook) readSheet(name string) ([]record, error) {
	var records []record
	merged := map[int]int{} // row -> first column of a merge
	err := b.each(name, func(d *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "row":
			line := len(records) + 1
			if len(records) > 0 {
				line = records[len(records)-1].line + 1
			}
			if n, err := strconv.Atoi(attr(e, "r")); err == nil && n >= line {
				line = n
			}
			r, err := b.readRow(d, line)
			if err != nil {
				return err
			}
			if len(r.cells) == 0 && r.fault == "" {
				return nil
			}
			if records = append(records, r); len(records) > MaxRows+maxProblems {
				return refuse(TooManyRow, nil)
			}
		case "mergeCell":
			from, to, _ := strings.Cut(attr(e, "ref"), ":")
			col, top := place(from)
			_, bottom := place(to)
			for row := top; row <= bottom && row-top < MaxRows && len(merged) < MaxRows; row++ {
				merged[row] = col + 1
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	width := 0
	for _, r := range records {
		width = max(width, len(r.cells))
	}
	first := true
	for i := range records {
		r := &records[i]
		if col, is := merged[r.line]; is && r.fault == "" && !first {
			r.fault, r.column = Merged, col
		}
		for r.fault == "" && len(r.cells) < width { // a spreadsheet leaves empty cells out
			r.cells = append(r.cells, "")
		}
		if !blank(r.cells) {
			first = false
		}
	}
	// Above the header a title is often merged over the columns: it is no header.
	for len(records) > 1 && merged[records[0].line] > 0 && filled(records[0].cells) == 1 {
		records = records[1:]
		if records[0].fault == Merged {
			break
		}
	}
	return records, nil
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if clean(c) != "" {
			n++
		}
	}
	return n
}

func (b *workbook) readRow(d *xml.Decoder, line int) (record, error) {
	r := record{line: line}
	for {
		token, err := d.RawToken()
		if err != nil {
			return r, fmt.Errorf("read row %d: %w", line, err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			if e.Name.Local == "row" {
				return r, nil
			}
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			at := len(r.cells)
			if ref := attr(e, "r"); ref != "" {
				if col, _ := place(ref); col >= at {
					at = col
				}
			}
			cell, fault, err := b.readCell(d, attr(e, "t"))
			if err != nil {
				return r, err
			}
			if fault != "" && r.fault == "" {
				r.fault, r.column = fault, at+1
			}
			if cell == "" {
				continue
			}
			if at >= 2*MaxColumns {
				return r, refuse(TooManyCol, nil)
			}
			for len(r.cells) < at {
				r.cells = append(r.cells, "")
			}
			r.cells = append(r.cells, cell)
		}
	}
}

func (b *workbook) readCell(d *xml.Decoder, kind string) (string, Code, error) {
	value, inline := "", ""
	inValue := false
	for {
		token, err := d.RawToken()
		if err != nil {
			return "", "", fmt.Errorf("read cell: %w", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "v":
				inValue = true
			case "is":
				if inline, err = text(d, "is"); err != nil {
					return "", "", err
				}
			}
		case xml.CharData:
			if inValue && len(value) <= maxRecord {
				value += string(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "v":
				inValue = false
			case "c":
				return b.meaning(kind, value, inline)
			}
		}
	}
}

// meaning is what a cell of a kind (ECMA-376, ST_CellType) says.
func (b *workbook) meaning(kind, value, inline string) (string, Code, error) {
	switch kind {
	case "s":
		i, err := strconv.Atoi(value)
		if err != nil || i < 0 || i >= len(b.strings) {
			return "", "", fmt.Errorf("no text number %.20q", value)
		}
		return b.strings[i], "", nil
	case "inlineStr":
		return inline, "", nil
	case "str", "d":
		return unescape(value), "", nil
	case "b":
		if value == "1" {
			return "true", "", nil
		}
		return "false", "", nil
	case "e":
		return "", CellError, nil
	}
	// 0.1 + 0.2 is stored as 0.30000000000000004: fifteen digits are what the
	// spreadsheet itself shows.
	if len(value) > 15 && strings.ContainsAny(value, ".eE") {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			short, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
			if err == nil {
				return strconv.FormatFloat(short, 'f', -1, 64), "", nil
			}
		}
	}
	return value, "", nil
}

// place reads « AB12 »: column from 0, row from 1. -1 when there is none.
func place(ref string) (col, row int) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 3; i++ {
		col = col*26 + int(ref[i]-'A') + 1
	}
	row, err := strconv.Atoi(ref[i:])
	if err != nil {
		row = 0
	}
	return col - 1, row
}
