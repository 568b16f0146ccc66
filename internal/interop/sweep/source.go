package sweep

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/population"
)

// block is some households, in their order: lines of a file, or numbers of a
// population.
type block struct {
	index int
	first int // number of the first line or household, from 0
	lines [][]byte
	room  []byte // what lines point into
	count int
	read  int64 // bytes of the file up to the end of the block
}

// source gives blocks in order. next is called by one goroutine.
type source interface {
	// next fills a block; io.EOF when there is none left.
	next(b *block) error
	// total is the size of it all, as done counts: households or bytes, 0 when
	// unknown.
	total() int64
	done(b *block) int64
}

// filler puts a block's households into batches; one per worker.
type filler interface {
	// fill adds household i of the block to the batch it chooses, and returns the
	// batch's number, or a *BadLine.
	fill(b *block, i int, batches []*columnar.Batch) (batch int, id []byte, err error)
}

// BadLine is a line that cannot be computed, and why.
type BadLine struct {
	Line  int // from 1
	Where []string
	Err   error // a *openfisca.Problem, or another error
}

func (e *BadLine) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *BadLine) Unwrap() error { return e.Err }

// maxLine bounds one line of a file.
const maxLine = openfisca.MaxBytes + 1<<16

// Limits of a block of lines: about what a worker's batch of 8 MB holds.
const (
	blockLines = 512
	blockBytes = 4 << 20
)

// What is wrong with a line before its situation is read.
var (
	ErrTooLong = errors.New("a line of more than 4 MB")
	ErrNoInput = errors.New(`want {"id": …, "input": {…}}`)
)

// lineSource reads the lines of a file, plain or gzipped.
type lineSource struct {
	size int64
	raw  *counter
	in   *bufio.Reader
	line int
}

// counter counts what was read of a file.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// openLines reads a file from line skip on. The caller closes f.
func openLines(f *os.File, skip int) (*lineSource, error) {
	s := &lineSource{raw: &counter{r: f}}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		s.size = info.Size()
	}
	s.in = bufio.NewReaderSize(s.raw, 1<<20)
	if head, err := s.in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(s.in)
		if err != nil {
			return nil, fmt.Errorf("read gzip: %w", err)
		}
		s.in = bufio.NewReaderSize(z, 1<<20)
	}
	var b block
	for s.line < skip {
		if err := s.add(&b); err != nil {
			return nil, fmt.Errorf("go on from line %d: %w", skip+1, err)
		}
		b.lines, b.room = b.lines[:0], b.room[:0]
	}
	return s, nil
}

func (s *lineSource) next(b *block) error {
	b.lines, b.room, b.first = b.lines[:0], b.room[:0], s.line
	for len(b.lines) < blockLines && len(b.room) < blockBytes {
		if err := s.add(b); err != nil {
			if errors.Is(err, io.EOF) && len(b.lines) > 0 {
				break
			}
			return err
		}
	}
	b.count, b.read = len(b.lines), s.raw.n
	return nil
}

// add reads one line; one that is too long is kept as nil, and told later.
func (s *lineSource) add(b *block) error {
	start := len(b.room)
	long := false
	for {
		part, err := s.in.ReadSlice('\n')
		if long = long || len(b.room)-start+len(part) > maxLine; !long {
			b.room = append(b.room, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			if len(part) == 0 && len(b.room) == start && !long {
				return io.EOF
			}
		case err != nil:
			return fmt.Errorf("read line %d: %w", s.line+1, err)
		}
		break
	}
	s.line++
	if long {
		b.lines, b.room = append(b.lines, nil), b.room[:start]
		return nil
	}
	text := bytes.TrimSpace(b.room[start:len(b.room):len(b.room)])
	if text == nil { // blank, which is not too long
		text = b.room[start:start]
	}
	b.lines = append(b.lines, text)
	return nil
}

func (s *lineSource) total() int64        { return s.size }
func (s *lineSource) done(b *block) int64 { return b.read }

// lineFiller reads lines into columns: the usual ones straight, the others as
// POST /calculate does.
type lineFiller struct {
	law   *rights.Law
	prog  *columnar.Program
	plain *openfisca.Plain
}

// line is a line as encoding/json reads it.
type line struct {
	ID    json.RawMessage `json:"id"`
	Input json.RawMessage `json:"input"`
}

// errBlank says that a line holds nothing.
var errBlank = errors.New("blank line")

func (f *lineFiller) fill(b *block, i int, batches []*columnar.Batch) (int, []byte, error) {
	text := b.lines[i]
	number := b.first + i + 1
	switch {
	case text == nil:
		return 0, nil, &BadLine{Line: number, Err: ErrTooLong}
	case len(text) == 0:
		return 0, nil, errBlank
	}
	if id, ok := f.plain.Line(text); ok {
		f.plain.AddTo(f.prog, batches[0])
		return 0, id, nil
	}
	id, err := f.slowly(text, batches[0])
	if err != nil {
		return 0, nil, &BadLine{Line: number, Err: err}
	}
	return 0, id, nil
}

func (f *lineFiller) slowly(text []byte, b *columnar.Batch) ([]byte, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoInput, err)
	}
	id, err := l.id()
	if err != nil {
		return nil, err
	}
	req, err := openfisca.Read(f.law, l.Input)
	if err != nil {
		return nil, err
	}
	return id, req.Situation.Close(rights.OpenFisca).AddTo(b)
}

// id reads a text or a number.
func (l *line) id() ([]byte, error) {
	var s string
	if json.Unmarshal(l.ID, &s) == nil && s != "" && len(l.Input) > 0 {
		return []byte(s), nil
	}
	var n json.Number
	if json.Unmarshal(l.ID, &n) == nil && n != "" && len(l.Input) > 0 {
		return []byte(n), nil
	}
	return nil, ErrNoInput
}

// madeUp gives the households of a population.
type madeUp struct {
	n, at int
}

// madeUpBlock is how many made-up households a block has: enough for the classes
// of a population to fill batches of their own.
const madeUpBlock = 4096

func (s *madeUp) next(b *block) error {
	if s.at >= s.n {
		return io.EOF
	}
	b.first, b.count = s.at, min(madeUpBlock, s.n-s.at)
	s.at += b.count
	return nil
}

func (s *madeUp) total() int64        { return int64(s.n) }
func (s *madeUp) done(b *block) int64 { return int64(b.first + b.count) }

// madeUpFiller draws households.
type madeUpFiller struct {
	pop  *population.Population
	home population.Home
	id   []byte
}

func (f *madeUpFiller) fill(b *block, i int, batches []*columnar.Batch) (int, []byte, error) {
	n := b.first + i
	f.pop.Draw(&f.home, uint64(n))
	k := f.home.Class()
	f.pop.AddTo(batches[k], &f.home)
	f.id = strconv.AppendInt(append(f.id[:0], 's'), int64(n), 10)
	return k, f.id, nil
}
