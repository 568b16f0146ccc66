package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

var errBinary = errors.New("not a text")

// decode turns the bytes of a text file into UTF-8 and names how it was written:
// by its byte order mark, else UTF-16 when every other byte is zero, else UTF-8 when it
// is valid, else Windows-1252, what French spreadsheets write when nobody chose. A few
// stray zeros are left to be said with their rows.
func decode(data []byte) (text, encoding string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
		if manyZeros(data) {
			return "", "", errBinary
		}
		return strings.ToValidUTF8(string(data), "\ufffd"), "UTF-8", nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return fromUTF16(data[2:], binary.LittleEndian), "UTF-16", nil
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fromUTF16(data[2:], binary.BigEndian), "UTF-16", nil
	case everyOther(data, 1):
		return fromUTF16(data, binary.LittleEndian), "UTF-16", nil
	case everyOther(data, 0):
		return fromUTF16(data, binary.BigEndian), "UTF-16", nil
	case manyZeros(data):
		return "", "", errBinary
	case utf8.Valid(data):
		return string(data), "UTF-8", nil
	}
	// A text has few control characters; a picture or a PDF has many.
	control := 0
	for _, b := range data {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' {
			control++
		}
	}
	if control > len(data)/100 {
		return "", "", errBinary
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	return string(out), "Windows-1252", err
}

// manyZeros tells a file of bytes from a text with a few stray ones.
func manyZeros(data []byte) bool { return bytes.Count(data, []byte{0})*100 > len(data) }

// everyOther tells a text in UTF-16 without its mark: of its first bytes, most of those
// at even (0) or odd (1) places are zero and none of the others is.
func everyOther(data []byte, at int) bool {
	data = data[:min(len(data), 4096)&^1]
	zeros := 0
	for i, b := range data {
		switch {
		case b != 0:
		case i%2 != at:
			return false
		default:
			zeros++
		}
	}
	return len(data) >= 8 && zeros*4 > len(data)
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

func readCSV(data []byte) (*Table, error) {
	for _, magic := range []string{"%PDF", "\x89PNG", "\xff\xd8\xff", "GIF8", "\x1f\x8b", "{\\rtf", "Rar!", "7z\xbc\xaf"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return nil, refuse(WrongType, nil)
		}
	}
	text, encoding, err := decode(data)
	if err != nil {
		return nil, refuse(WrongType, err)
	}
	if low := strings.ToLower(strings.TrimSpace(text[:min(len(text), 200)])); strings.HasPrefix(low, "<!doctype") || strings.HasPrefix(low, "<html") || strings.HasPrefix(low, "<?xml") {
		return nil, refuse(WrongType, nil)
	}
	if strings.TrimSpace(text) == "" {
		return nil, refuse(Empty, nil)
	}
	c := cutter{text: text, line: 1}
	if sep, ok := declared(text); ok {
		c.sep = sep
		c.skipLine()
	} else {
		c.sep = guess(text)
	}
	var records []record
	faults := 0
	for !c.done() {
		if len(records) > MaxRows+maxProblems+1000 {
			return nil, refuse(TooManyRow, nil)
		}
		r := c.next()
		if r.fault != "" {
			if faults++; faults > maxProblems {
				return nil, refuse(TooBroken, nil)
			}
		}
		records = append(records, r)
	}
	return assemble(&Table{Format: CSV, Encoding: encoding, Separator: string(c.sep)}, records)
}

// declared reads the line « sep=; » that Excel understands.
func declared(text string) (byte, bool) {
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimRight(first, "\r")
	if rest, ok := strings.CutPrefix(strings.ToLower(first), "sep="); ok && len(rest) == 1 {
		return rest[0], true
	}
	return 0, false
}

// guess picks the separator under which most of the first rows have as many
// cells as the first; between equals, the one that makes more cells.
func guess(text string) byte {
	best, bestScore := byte(';'), -1
	for _, sep := range []byte{';', '\t', ',', '|'} {
		c := cutter{text: text, line: 1, sep: sep}
		width, same, rows := 0, 0, 0
		for rows < 50 && !c.done() {
			r := c.next()
			if blank(r.cells) {
				continue
			}
			if rows++; rows == 1 {
				width = len(r.cells)
			}
			if r.fault == "" && len(r.cells) == width {
				same++
			}
		}
		if width < 2 {
			continue
		}
		if score := same*1000/rows*200 + min(width, 150); score > bestScore {
			best, bestScore = sep, score
		}
	}
	return best
}

// cutter cuts a text into records, RFC 4180 with any line end. A record it cannot
// cut becomes a fault and ends with its first line, so that what follows is read.
type cutter struct {
	text string
	at   int
	line int
	sep  byte
}

func (c *cutter) done() bool { return c.at >= len(c.text) }

// skipLine moves past the next line end.
func (c *cutter) skipLine() {
	for c.at < len(c.text) {
		b := c.text[c.at]
		c.at++
		if b == '\n' || b == '\r' {
			if b == '\r' && c.at < len(c.text) && c.text[c.at] == '\n' {
				c.at++
			}
			break
		}
	}
	c.line++
}

func (c *cutter) next() record {
	start, line := c.at, c.line
	r := record{line: line}
	give := func(fault Code) record {
		c.at, c.line = start, line
		c.skipLine()
		return record{line: line, fault: fault, column: len(r.cells) + 1}
	}
	for {
		cell, fault := c.cell(start)
		if fault != "" {
			return give(fault)
		}
		r.cells = append(r.cells, cell)
		if len(r.cells) > 10*MaxColumns {
			return give(TooManyCell)
		}
		if c.done() {
			return r
		}
		b := c.text[c.at]
		if b == c.sep {
			if c.at++; c.done() {
				r.cells = append(r.cells, "")
				return r
			}
			continue
		}
		c.skipLine()
		return r
	}
}

// cell reads one cell and stops on the separator, the line end or the end.
func (c *cutter) cell(start int) (string, Code) {
	if c.text[c.at] != '"' {
		i := c.at
		for i < len(c.text) && c.text[i] != c.sep && c.text[i] != '\n' && c.text[i] != '\r' {
			i++
		}
		cell := c.text[c.at:i]
		c.at = i
		if len(cell) > maxRecord {
			return "", CellLong
		}
		return cell, ""
	}
	var b strings.Builder
	line := c.line
	c.at++
	for {
		i := c.at
		for i < len(c.text) && c.text[i] != '"' {
			if c.text[i] == '\n' || (c.text[i] == '\r' && (i+1 == len(c.text) || c.text[i+1] != '\n')) {
				c.line++
			}
			if i++; i-start > maxRecord {
				return "", QuoteOpen
			}
		}
		if i == len(c.text) {
			return "", QuoteOpen
		}
		b.WriteString(c.text[c.at:i])
		c.at = i + 1
		if c.done() {
			return b.String(), ""
		}
		switch n := c.text[c.at]; n {
		case '"':
			b.WriteByte('"')
			c.at++
		case c.sep, '\n', '\r':
			return b.String(), ""
		default:
			if c.line != line { // the quote that closes belongs to another row
				return "", QuoteOpen
			}
			return "", QuoteStray
		}
	}
}
