package sweep

import (
	"encoding/json"
	"strconv"
	"strings"
)

// encoder writes rows in one format. One per worker; block is called once per
// block, after the rows of the block.
type encoder interface {
	// head is what the file begins with.
	head() []byte
	// row adds what is said of a household.
	row(id []byte, rows []Row)
	// block returns the bytes of the rows added, and what the end of the file must
	// know of them (nil when nothing); both are good until the next row.
	block() (out []byte, note *rowGroup)
	// foot is what the file ends with, given what block noted and where each began.
	foot(notes []rowGroup) ([]byte, error)
}

// Formats of a result.
const (
	CSV     = "csv"
	JSONL   = "jsonl"
	Parquet = "parquet"
)

func newEncoder(format string, list []right, law string) encoder {
	switch format {
	case JSONL:
		return newJSONL(list, law)
	case Parquet:
		return newParquet(list, law)
	}
	return newCSV(list, law)
}

// csvEncoder writes id,right,month,status,amount_cents,missing,law.
type csvEncoder struct {
	middle []string // ",rsa,2026-06," per right
	end    string   // ",,law\n": missing is empty, every absent fact has its default
	out    []byte
}

func newCSV(list []right, law string) *csvEncoder {
	e := &csvEncoder{end: ",," + law + "\n"}
	for _, r := range list {
		e.middle = append(e.middle, ","+r.name+","+r.month+",")
	}
	return e
}

func (e *csvEncoder) head() []byte { return []byte("id,right,month,status,amount_cents,missing,law\n") }

func (e *csvEncoder) row(id []byte, rows []Row) {
	name := csvField(id)
	for i := range rows {
		r := &rows[i]
		e.out = append(e.out, name...)
		e.out = append(e.out, e.middle[r.Right]...)
		e.out = append(e.out, r.Status...)
		e.out = append(e.out, ',')
		if r.Known {
			e.out = strconv.AppendInt(e.out, int64(r.Amount), 10)
		}
		e.out = append(e.out, e.end...)
	}
}

// csvField quotes what needs it; what a spreadsheet would take for a formula gets
// an apostrophe.
func csvField(s []byte) []byte {
	plain := len(s) > 0
	for _, c := range s {
		if c == ',' || c == '"' || c == '\n' || c == '\r' {
			plain = false
		}
	}
	formula := len(s) > 0 && strings.IndexByte("=+-@\t", s[0]) >= 0
	if plain && !formula {
		return s
	}
	out := []byte{'"'}
	if formula {
		out = append(out, '\'')
	}
	for _, c := range s {
		if c == '"' {
			out = append(out, '"')
		}
		out = append(out, c)
	}
	return append(out, '"')
}

func (e *csvEncoder) block() ([]byte, *rowGroup) {
	out := e.out
	e.out = e.out[:0]
	return out, nil
}

func (e *csvEncoder) foot([]rowGroup) ([]byte, error) { return nil, nil }

// jsonlEncoder writes one object per line, with the keys of the CSV.
type jsonlEncoder struct {
	middle []string
	end    string
	out    []byte
}

func newJSONL(list []right, law string) *jsonlEncoder {
	e := &jsonlEncoder{end: `,"missing":[],"law":"` + law + "\"}\n"}
	for _, r := range list {
		e.middle = append(e.middle, `,"right":"`+r.name+`","month":"`+r.month+`","status":"`)
	}
	return e
}

func (e *jsonlEncoder) head() []byte { return nil }

func (e *jsonlEncoder) row(id []byte, rows []Row) {
	name, err := json.Marshal(string(id)) // a text is always written
	if err != nil {
		name = []byte(`""`)
	}
	for i := range rows {
		r := &rows[i]
		e.out = append(e.out, `{"id":`...)
		e.out = append(e.out, name...)
		e.out = append(e.out, e.middle[r.Right]...)
		e.out = append(e.out, r.Status...)
		e.out = append(e.out, `","amount_cents":`...)
		if r.Known {
			e.out = strconv.AppendInt(e.out, int64(r.Amount), 10)
		} else {
			e.out = append(e.out, "null"...)
		}
		e.out = append(e.out, e.end...)
	}
}

func (e *jsonlEncoder) block() ([]byte, *rowGroup) {
	out := e.out
	e.out = e.out[:0]
	return out, nil
}

func (e *jsonlEncoder) foot([]rowGroup) ([]byte, error) { return nil, nil }
