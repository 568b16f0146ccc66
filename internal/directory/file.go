package directory

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing to correct in a list that somebody brings. What is a code
// ("code", "name"…) that the catalogue says in words.
type Problem struct {
	Line int // from 1; 0 for the whole file, and in JSON
	What string
	Text string // the part that is wrong, shortened
}

// Problems are what is wrong with a list, at most maxProblems of them.
type Problems []Problem

const maxProblems = 20

// Error is for the log.
func (p Problems) Error() string {
	var b strings.Builder
	for i, x := range p {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "line %d: %s %q", x.Line, x.What, x.Text)
	}
	return b.String()
}

func (p *Problems) add(line int, what, text string) {
	if len(*p) < maxProblems {
		*p = append(*p, Problem{line, what, clip(text)})
	}
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// fewest is how many communes a list must have to replace another: a part of the
// country would make the rest unknown.
const fewest = 30_000

// parse reads a list, one line per place, fields parted by semicolons:
//
//	# a comment
//	79;Deux-Sèvres                     a département: code, name
//	79191;Niort;79000;60               a commune: code, name, postcodes, thousands of inhabitants
//	75118;Paris 18e;75018;190;75056    an arrondissement: and its commune
//	01059;Brénaz;;;01453               a former commune: and what it has become
func parse(text string) (*table, Problems) {
	var problems Problems
	t := &table{departments: make(map[string]string, 128), entries: make([]entry, 0, strings.Count(text, "\n")+1)}
	lines := make([]int32, 0, cap(t.entries))
	if !utf8.ValidString(text) {
		problems.add(0, "encoding", "")
		return nil, problems
	}
	text = strings.TrimPrefix(text, "\ufeff")
	for number := 1; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		code, rest, _ := strings.Cut(line, ";")
		if len(code) <= 3 {
			if !departmentCode(code) || !placeName(rest) {
				problems.add(number, "department", line)
				continue
			}
			t.departments[code] = rest
			continue
		}
		e := entry{code: code}
		var thousands string
		e.name, rest, _ = strings.Cut(rest, ";")
		e.postcodes, rest, _ = strings.Cut(rest, ";")
		thousands, rest, _ = strings.Cut(rest, ";")
		e.inCode = rest
		if n, err := strconv.ParseUint(thousands, 10, 16); err == nil {
			e.thousands = int32(n)
		} else if thousands != "" {
			problems.add(number, "inhabitants", thousands)
		}
		switch {
		case !communeCode(code):
			problems.add(number, "code", code)
		case !placeName(e.name):
			problems.add(number, "name", e.name)
		case !postcodeList(e.postcodes):
			problems.add(number, "postcode", e.postcodes)
		case e.inCode != "" && !communeCode(e.inCode):
			problems.add(number, "code", e.inCode)
		default:
			t.entries = append(t.entries, e)
			lines = append(lines, int32(number))
		}
	}
	if len(problems) == 0 {
		t.check(lines, &problems)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	t.fold()
	return t, nil
}

// check puts the entries in order and finds what each line alone cannot show.
func (t *table) check(lines []int32, problems *Problems) {
	before := func(a, b entry) int {
		if a.code != b.code {
			return strings.Compare(a.code, b.code)
		}
		if (a.inCode == "") != (b.inCode == "") {
			return strings.Compare(a.inCode, b.inCode) // the commune itself first
		}
		return strings.Compare(a.name, b.name)
	}
	if !slices.IsSortedFunc(t.entries, before) {
		order := make([]int, len(t.entries))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return before(t.entries[i], t.entries[j]) })
		entries, at := make([]entry, len(order)), make([]int32, len(order))
		for to, from := range order {
			entries[to], at[to] = t.entries[from], lines[from]
		}
		t.entries, lines = entries, at
	}
	t.link()
	whole := 0
	for i := range t.entries {
		e := &t.entries[i]
		if e.in < 0 && e.inCode == "" {
			whole++
		}
		if i > 0 && t.entries[i-1].code == e.code && (e.inCode == "" || t.entries[i-1].name == e.name) {
			problems.add(int(lines[i]), "twice", e.code)
		}
		if _, ok := t.departments[e.department()]; !ok {
			problems.add(int(lines[i]), "department_unknown", e.code)
		}
		if e.inCode != "" && (e.in < 0 || t.entries[e.in].inCode != "") {
			problems.add(int(lines[i]), "in", e.inCode)
		}
	}
	if whole < fewest && len(*problems) == 0 {
		problems.add(0, "few", strconv.Itoa(whole))
	}
}

func communeCode(s string) bool {
	if len(s) != 5 || (!digits(s[:2]) && s[:2] != "2A" && s[:2] != "2B") {
		return false
	}
	return digits(s[2:])
}

func departmentCode(s string) bool {
	return s == "2A" || s == "2B" || (len(s) == 2 || len(s) == 3 && s[0] == '9') && digits(s)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func postcodeList(s string) bool {
	for s != "" {
		var one string
		one, s, _ = strings.Cut(s, " ")
		if len(one) != 5 || !digits(one) {
			return false
		}
	}
	return true
}

// placeName accepts a name of at most 80 letters, figures and the usual marks.
func placeName(s string) bool {
	if s == "" || len(s) > 160 {
		return false
	}
	n := 0
	for _, r := range s {
		n++
		switch {
		case r|0x20 >= 'a' && r|0x20 <= 'z' || r == '-' || r == '\'':
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
		case strings.ContainsRune(" ’().,/\u00a0", r):
		default:
			return false
		}
	}
	return n <= 80
}

// List is a list that was read and found right.
type List struct{ table *table }

// Count is how many communes it has, former ones and arrondissements left out.
func (l List) Count() int { return (&Communes{open: func() *table { return l.table }}).Count() }

// ReadList reads a list that somebody brings: the text form that Write makes, or
// communes.json of @etalab/decoupage-administratif. Its error is Problems when
// the content is at fault. data is at most a few tens of megabytes: the caller
// bounds it.
func ReadList(data []byte) (List, error) {
	text := string(data)
	if trimmed := strings.TrimLeft(strings.TrimPrefix(text, "\ufeff"), " \t\r\n"); strings.HasPrefix(trimmed, "[") {
		made, problems := textOfJSON([]byte(trimmed))
		var t *table
		if len(problems) == 0 {
			t, problems = parse(made)
		}
		if len(problems) > 0 {
			for i := range problems { // places in an array are no lines of the file
				problems[i].Line = 0
			}
			return List{}, problems
		}
		return List{t}, nil
	}
	t, problems := parse(text)
	if len(problems) > 0 {
		return List{}, problems
	}
	return List{t}, nil
}

// List is the list in use.
func (c *Communes) List() List { return List{c.open()} }

// WriteText writes the list in the text form, in the order of the codes.
func (l List) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# code;name;postcodes;thousands of inhabitants;commune it belongs to\n")
	b.WriteString("# from @etalab/decoupage-administratif (MIT, Copyright (c) 2018-2019 Etalab)\n")
	for _, code := range slices.Sorted(maps.Keys(l.table.departments)) {
		b.WriteString(code + ";" + l.table.departments[code] + "\n")
	}
	for i := range l.table.entries {
		e := &l.table.entries[i]
		line := e.code + ";" + e.name + ";" + e.postcodes + ";"
		if e.thousands > 0 {
			line += strconv.Itoa(int(e.thousands))
		}
		if e.inCode != "" {
			line += ";" + e.inCode
		}
		b.WriteString(strings.TrimRight(line, ";") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WritePacked writes the list as Options.File reads it, always the same bytes for
// the same list.
func (l List) WritePacked(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := l.WriteText(z); err != nil {
		return err
	}
	return z.Close()
}
