// Package directory knows places. Its first stone is the list of communes:
// their names, postcodes and départements, found by whatever somebody types.
//
// Guarantees: the same text always gives the same answer in the same order; a
// text of any length or script is safe; nothing here is about a person. The list
// is embedded, read at the first question (not at the start of the program), and
// a file of the same form may stand for it:
//
//	communes := directory.New(directory.Options{})
//	c, ok := communes.Find("79191")      // Niort, 79000, Deux-Sèvres
//	r := communes.Read("st-denis (974)") // r.Found has one commune: it is taken
//	c.Current()                          // "97411", what a fact holds
//
// Do not ask it whether an address is right: places too small to be communes,
// and other countries, are not here.
package directory

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// The list is made from the npm package @etalab/decoupage-administratif (MIT,
// notice in communes.LICENSE), which gathers INSEE's official geographic code
// and La Poste's postcodes. The package is a development tool only.
//
//go:generate go run ./gen -from ../../node_modules/@etalab/decoupage-administratif -to communes.txt.gz

//go:embed communes.txt.gz
var embedded []byte

// Limit is how many communes an answer holds at most.
const Limit = 20

// maxFile bounds a list once unpacked, in bytes.
const maxFile = 8 << 20

// Commune is one commune, one arrondissement of Paris, Lyon or Marseille, or one
// former commune that people still name.
type Commune struct {
	Code       string   // INSEE code, "79191", "2A004"
	Name       string   // « Niort », « Paris 18e »
	Postcodes  []string // none for a former commune and for lands without inhabitants
	Department string   // "79", "2A", "974"
	In         string   // code of the commune it belongs to, "" for a commune by itself
	InName     string   // name of that commune; "" for a commune and for an arrondissement
}

// Current is the code of the commune as the law knows it: that of Paris for its
// arrondissements, that of the new commune for a former one.
func (c Commune) Current() string {
	if c.In != "" {
		return c.In
	}
	return c.Code
}

// Label is how a page names it: « Niort (79) », « Paris 18e (75) », « Brénaz,
// Arvière-en-Valromey (01) ». Read finds the commune of a label again.
func (c Commune) Label() string {
	if c.InName != "" {
		return c.Name + ", " + c.InName + " (" + c.Department + ")"
	}
	return c.Name + " (" + c.Department + ")"
}

// Options says which list to use. The zero value is the embedded one.
type Options struct {
	// File replaces the embedded list when it exists; one that cannot be read is
	// told to Log, and the embedded list is used.
	File string
	// Renamed gives communes, by code, the name of an invented town that stands on
	// their ground: the demonstration's. The true name still finds them.
	Renamed map[string]string
	Log     *slog.Logger
}

// Communes is a list of communes. It is safe for concurrent use.
type Communes struct {
	open func() *table
}

// New makes a list that is read at its first question.
func New(o Options) *Communes {
	return &Communes{open: sync.OnceValue(func() *table {
		t := load(o)
		t.rename(o.Renamed)
		return t
	})}
}

func load(o Options) *table {
	t, err := openFile(o.File)
	if err == nil {
		return t
	}
	if o.File != "" && o.Log != nil && !os.IsNotExist(err) {
		o.Log.Error("communes: the imported list cannot be read, the embedded one is used", "err", err)
	}
	if t, err = unpack(embedded); err != nil {
		panic(fmt.Errorf("embedded communes: %w", err)) // a test reads it
	}
	return t
}

func openFile(name string) (*table, error) {
	if name == "" {
		return nil, fs.ErrNotExist
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("communes: %w", err)
	}
	return unpack(data)
}

// unpack reads a packed list.
func unpack(data []byte) (*table, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("communes: %w", err)
	}
	var text strings.Builder
	if len(data) > 4 { // the last four bytes tell the size, modulo 2^32
		size := int(data[len(data)-4]) | int(data[len(data)-3])<<8 | int(data[len(data)-2])<<16 | int(data[len(data)-1])<<24
		text.Grow(min(size, maxFile))
	}
	if _, err := io.Copy(&text, io.LimitReader(z, maxFile+1)); err != nil {
		return nil, fmt.Errorf("communes: %w", err)
	}
	if text.Len() > maxFile {
		return nil, fmt.Errorf("communes: more than %d bytes", maxFile)
	}
	t, problems := parse(text.String())
	if len(problems) > 0 {
		return nil, fmt.Errorf("communes: %w", problems)
	}
	return t, nil
}

// Find returns the place that has an INSEE code: a commune, an arrondissement, or
// what a former commune has become.
func (c *Communes) Find(code string) (Commune, bool) {
	t := c.open()
	i, ok := t.find(code)
	if !ok {
		return Commune{}, false
	}
	if e := &t.entries[i]; e.in >= 0 && !e.arrondissement() {
		i = int(e.in)
	}
	return t.commune(i), true
}

// DepartmentName is « Deux-Sèvres » for "79", "" for a code that is none.
func (c *Communes) DepartmentName(code string) string { return c.open().departments[code] }

// Count is how many communes the list has, former ones and arrondissements left out.
func (c *Communes) Count() int {
	n := 0
	for i := range c.open().entries {
		if c.open().entries[i].in < 0 {
			n++
		}
	}
	return n
}

// table is a list once read. Its strings are pieces of one text.
type table struct {
	departments map[string]string
	entries     []entry  // by code; of two with one code, the commune first
	folded      string   // "\n" and the folded name of each entry, in order, then "\n"
	starts      []uint32 // of each folded name in folded, and the end
}

// entry is one line of a list.
type entry struct {
	code, name string
	postcodes  string // parted by spaces
	thousands  int32  // inhabitants, in thousands
	in         int32  // index of the commune it belongs to, -1 for a commune
	inCode     string
}

// arrondissement tells a part of Paris, Lyon or Marseille from a former commune.
func (e *entry) arrondissement() bool { return e.in >= 0 && e.postcodes != "" }

func (e *entry) department() string { return departmentOf(e.code) }

// departmentOf is the département that begins an INSEE code: three digits overseas.
func departmentOf(code string) string {
	if strings.HasPrefix(code, "97") || strings.HasPrefix(code, "98") {
		return code[:3]
	}
	return code[:2]
}

func (t *table) find(code string) (int, bool) {
	return slices.BinarySearchFunc(t.entries, code, func(e entry, code string) int { return strings.Compare(e.code, code) })
}

func (t *table) commune(i int) Commune {
	e := &t.entries[i]
	c := Commune{Code: e.code, Name: e.name, Postcodes: strings.Fields(e.postcodes), Department: e.department(), In: e.inCode}
	if e.in >= 0 && !e.arrondissement() {
		c.InName = t.entries[e.in].name
	}
	return c
}

// current is the index of the commune that i is, or belongs to.
func (t *table) current(i int) int {
	if in := t.entries[i].in; in >= 0 {
		return int(in)
	}
	return i
}

// fold writes the names as they are compared.
func (t *table) fold() {
	var b strings.Builder
	b.Grow(len(t.entries) * 14)
	t.starts = make([]uint32, 0, len(t.entries)+1)
	for i := range t.entries {
		b.WriteByte('\n')
		t.starts = append(t.starts, uint32(b.Len()))
		foldInto(&b, t.entries[i].name)
	}
	t.starts = append(t.starts, uint32(b.Len()+1))
	b.WriteByte('\n')
	t.folded = b.String()
}

func (t *table) foldedName(i int) string { return t.folded[t.starts[i] : t.starts[i+1]-1] }

// rename gives communes another name, and keeps the true one as a former one's.
func (t *table) rename(names map[string]string) {
	changed := false
	for _, code := range slices.Sorted(maps.Keys(names)) {
		i, ok := t.find(code)
		if !ok {
			continue
		}
		was := t.entries[i]
		t.entries[i].name = names[code]
		t.entries = slices.Insert(t.entries, i+1, entry{code: code, name: was.name, in: 0, inCode: code})
		changed = true
	}
	if changed {
		t.link()
		t.fold()
	}
}

// link finds the commune of each part; -1 where there is none to find.
func (t *table) link() {
	for i := range t.entries {
		e := &t.entries[i]
		e.in = -1
		if e.inCode == "" {
			continue
		}
		if at, ok := t.find(e.inCode); ok {
			e.in = int32(at)
		}
	}
}
