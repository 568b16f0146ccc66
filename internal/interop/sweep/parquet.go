package sweep

import (
	"encoding/binary"
	"fmt"

	"codeberg.org/parvis/parvis/rights"
)

// A Parquet file is written without a library: seven flat columns, a row group
// per block, uncompressed pages (docs/adr/0042-parquet-by-hand.md). Texts that
// repeat are a dictionary. The format: https://parquet.apache.org/docs/file-format/.

// rowGroup is what the footer says of a block.
type rowGroup struct {
	Rows  int64   `json:"rows"`
	Start int64   `json:"start"` // of the block in the file
	Dict  []int64 `json:"dict"`  // per column: its dictionary page, from Start; −1 for none
	Data  []int64 `json:"data"`  // per column: its data page
	Size  []int64 `json:"size"`  // per column: bytes of its pages
}

// The columns, in the order of the CSV.
var parquetColumns = [...]struct {
	name             string
	number, optional bool
}{{name: "id"}, {name: "right"}, {name: "month"}, {name: "status"}, {name: "amount_cents", number: true, optional: true}, {name: "missing"}, {name: "law"}}

type parquetEncoder struct {
	names, months []string // dictionaries; month of a right
	monthOf       []uint32
	law           string
	ids           []byte // length and bytes of each row's id
	rightOf       []uint32
	monthAt       []uint32
	status        []uint32
	amounts       []byte
	known         []uint32
	rows          int
	out           []byte
	note          rowGroup
}

func newParquet(list []right, law string) *parquetEncoder {
	e := &parquetEncoder{law: law}
	at := map[string]uint32{}
	for _, r := range list {
		e.names = append(e.names, r.name)
		if _, ok := at[r.month]; !ok {
			at[r.month] = uint32(len(e.months))
			e.months = append(e.months, r.month)
		}
		e.monthOf = append(e.monthOf, at[r.month])
	}
	return e
}

var statuses = []string{string(rights.NotDue), string(rights.Probable), string(rights.ToVerify)}

func (e *parquetEncoder) head() []byte { return []byte("PAR1") }

func (e *parquetEncoder) row(id []byte, rows []Row) {
	for i := range rows {
		r := &rows[i]
		e.ids = binary.LittleEndian.AppendUint32(e.ids, uint32(len(id)))
		e.ids = append(e.ids, id...)
		e.rightOf = append(e.rightOf, uint32(r.Right))
		e.monthAt = append(e.monthAt, e.monthOf[r.Right])
		s := uint32(0)
		for k, name := range statuses {
			if name == string(r.Status) {
				s = uint32(k)
			}
		}
		e.status = append(e.status, s)
		if r.Known {
			e.known = append(e.known, 1)
			e.amounts = binary.LittleEndian.AppendUint64(e.amounts, uint64(r.Amount))
		} else {
			e.known = append(e.known, 0)
		}
		e.rows++
	}
}

func (e *parquetEncoder) block() ([]byte, *rowGroup) {
	e.out = e.out[:0]
	if e.rows == 0 {
		return nil, nil
	}
	e.note = rowGroup{Rows: int64(e.rows)}
	zero := make([]uint32, e.rows)
	e.plain(e.ids, nil)
	e.dictionary(e.names, e.rightOf)
	e.dictionary(e.months, e.monthAt)
	e.dictionary(statuses, e.status)
	e.plain(e.amounts, e.known)
	e.dictionary([]string{""}, zero)
	e.dictionary([]string{e.law}, zero)
	e.ids, e.rightOf, e.monthAt, e.status = e.ids[:0], e.rightOf[:0], e.monthAt[:0], e.status[:0]
	e.amounts, e.known, e.rows = e.amounts[:0], e.known[:0], 0
	return e.out, &e.note
}

// plain writes a column of values as they are; levels say which rows have one.
func (e *parquetEncoder) plain(values []byte, levels []uint32) {
	start := int64(len(e.out))
	var page []byte
	if levels != nil {
		runs := hybrid(nil, levels, 1)
		page = binary.LittleEndian.AppendUint32(page, uint32(len(runs)))
		page = append(page, runs...)
	}
	e.page(append(page, values...), encodingPlain)
	e.noted(-1, start, start)
}

// dictionary writes a column of texts that repeat.
func (e *parquetEncoder) dictionary(texts []string, at []uint32) {
	start := int64(len(e.out))
	var values []byte
	for _, s := range texts {
		values = binary.LittleEndian.AppendUint32(values, uint32(len(s)))
		values = append(values, s...)
	}
	var t thrift
	t.i32(1, 2) // dictionary page
	t.i32(2, int32(len(values)))
	t.i32(3, int32(len(values)))
	t.open(7)
	t.i32(1, int32(len(texts)))
	t.i32(2, encodingPlain)
	t.end()
	t.stop()
	e.out = append(append(e.out, t.out...), values...)
	data := int64(len(e.out))
	width := 0
	for 1<<width < len(texts) {
		width++
	}
	e.page(hybrid([]byte{byte(width)}, at, width), encodingDictionary)
	e.noted(start, data, start)
}

func (e *parquetEncoder) noted(dict, data, start int64) {
	e.note.Dict = append(e.note.Dict, dict)
	e.note.Data = append(e.note.Data, data)
	e.note.Size = append(e.note.Size, int64(len(e.out))-start)
}

const (
	encodingPlain      = 0
	encodingRLE        = 3
	encodingDictionary = 8
)

// page writes a data page.
func (e *parquetEncoder) page(values []byte, encoding int32) {
	var t thrift
	t.i32(1, 0) // data page
	t.i32(2, int32(len(values)))
	t.i32(3, int32(len(values)))
	t.open(5)
	t.i32(1, int32(e.rows))
	t.i32(2, encoding)
	t.i32(3, encodingRLE)
	t.i32(4, encodingRLE)
	t.end()
	t.stop()
	e.out = append(append(e.out, t.out...), values...)
}

// hybrid writes small numbers of a width in bits: one run when they are all the
// same, else packed by eight.
func hybrid(out []byte, values []uint32, width int) []byte {
	same := true
	for _, v := range values {
		same = same && v == values[0]
	}
	if same {
		out = binary.AppendUvarint(out, uint64(len(values))<<1)
		for n := (width + 7) / 8; n > 0; n-- {
			out = append(out, byte(values[0]>>(8*((width+7)/8-n))))
		}
		return out
	}
	groups := (len(values) + 7) / 8
	out = binary.AppendUvarint(out, uint64(groups)<<1|1)
	start := len(out)
	out = append(out, make([]byte, groups*width)...)
	for i, v := range values {
		for b := range width {
			if v>>b&1 == 1 {
				bit := i*width + b
				out[start+bit/8] |= 1 << (bit % 8)
			}
		}
	}
	return out
}

// foot writes the description of the file.
func (e *parquetEncoder) foot(groups []rowGroup) ([]byte, error) {
	var t thrift
	rows := int64(0)
	for _, g := range groups {
		rows += g.Rows
	}
	t.i32(1, 1) // version
	t.list(2, len(parquetColumns)+1, thriftStruct)
	t.inList()
	t.text(4, "schema")
	t.i32(5, int32(len(parquetColumns)))
	t.end()
	for _, c := range parquetColumns {
		t.inList()
		kind, repetition := int32(6), int32(0) // bytes, required
		if c.number {
			kind = 2
		}
		if c.optional {
			repetition = 1
		}
		t.i32(1, kind)
		t.i32(3, repetition)
		t.text(4, c.name)
		if !c.number {
			t.i32(6, 0) // UTF-8
		}
		t.end()
	}
	t.i64(3, rows)
	t.list(4, len(groups), thriftStruct)
	for _, g := range groups {
		if len(g.Data) != len(parquetColumns) || len(g.Dict) != len(g.Data) || len(g.Size) != len(g.Data) {
			return nil, fmt.Errorf("write parquet: a row group of %d columns", len(g.Data))
		}
		t.inList()
		total := int64(0)
		t.list(1, len(parquetColumns), thriftStruct)
		for k, c := range parquetColumns {
			total += g.Size[k]
			t.inList()
			t.i64(2, g.Start+g.Data[k])
			t.open(3)
			kind := int32(6)
			if c.number {
				kind = 2
			}
			t.i32(1, kind)
			t.list(2, 3, thriftI32)
			t.zigzag(encodingPlain)
			t.zigzag(encodingRLE)
			t.zigzag(encodingDictionary)
			t.list(3, 1, thriftText)
			t.bytes(c.name)
			t.i32(4, 0) // uncompressed
			t.i64(5, g.Rows)
			t.i64(6, g.Size[k])
			t.i64(7, g.Size[k])
			t.i64(9, g.Start+g.Data[k])
			if g.Dict[k] >= 0 {
				t.i64(11, g.Start+g.Dict[k])
			}
			t.end()
			t.end()
		}
		t.i64(2, total)
		t.i64(3, g.Rows)
		t.end()
	}
	t.text(6, "Parvis")
	t.stop()
	out := binary.LittleEndian.AppendUint32(t.out, uint32(len(t.out)))
	return append(out, "PAR1"...), nil
}

// thrift writes the compact protocol that Parquet describes itself in.
type thrift struct {
	out  []byte
	last []int16 // field numbers of the structures around
	at   int16   // of the structure being written
}

const (
	thriftI32    = 5
	thriftI64    = 6
	thriftText   = 8
	thriftList   = 9
	thriftStruct = 12
)

func (t *thrift) field(id int16, kind byte) {
	t.out = append(t.out, byte(id-t.at)<<4|kind) // fields are near and rising
	t.at = id
}

func (t *thrift) zigzag(v int64) { t.out = binary.AppendVarint(t.out, v) }

func (t *thrift) i32(id int16, v int32) {
	t.field(id, thriftI32)
	t.zigzag(int64(v))
}

func (t *thrift) i64(id int16, v int64) {
	t.field(id, thriftI64)
	t.zigzag(v)
}

func (t *thrift) bytes(s string) {
	t.out = binary.AppendUvarint(t.out, uint64(len(s)))
	t.out = append(t.out, s...)
}

func (t *thrift) text(id int16, s string) {
	t.field(id, thriftText)
	t.bytes(s)
}

func (t *thrift) list(id int16, n int, kind byte) {
	t.field(id, thriftList)
	if n < 15 {
		t.out = append(t.out, byte(n)<<4|kind)
		return
	}
	t.out = append(t.out, 0xf0|kind)
	t.out = binary.AppendUvarint(t.out, uint64(n))
}

// open begins a structure in a field, inList one of a list; end ends either.
func (t *thrift) open(id int16) {
	t.field(id, thriftStruct)
	t.inList()
}

func (t *thrift) inList() {
	t.last = append(t.last, t.at)
	t.at = 0
}

func (t *thrift) end() {
	t.out = append(t.out, 0)
	t.at = t.last[len(t.last)-1]
	t.last = t.last[:len(t.last)-1]
}

// stop ends the outermost structure.
func (t *thrift) stop() { t.out = append(t.out, 0) }
