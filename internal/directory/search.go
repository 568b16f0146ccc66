package directory

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Reading is what a typed text may mean. One Found: it is meant. Several: ask
// which. None: Near has the communes whose names look like it, perhaps none.
type Reading struct {
	Found []Commune
	Near  []Commune
	More  bool // there are more than Limit
}

// One returns the commune that is meant when there is one.
func (r Reading) One() (Commune, bool) {
	if len(r.Found) != 1 {
		return Commune{}, false
	}
	return r.Found[0], true
}

// Pick returns the one of Found and Near whose facts hold the INSEE code: what
// somebody chose among what they were shown.
func (r Reading) Pick(code string) (Commune, bool) {
	for _, list := range [][]Commune{r.Found, r.Near} {
		for _, c := range list {
			if c.Current() == code {
				return c, true
			}
		}
	}
	return Commune{}, false
}

// Options lists Found and Near: what to offer when the reading is not one.
func (r Reading) Options() []Commune { return append(slices.Clip(r.Found), r.Near...) }

// Read finds what somebody means by a text: a name (without accents, « st » for «
// saint », its beginning or some of its words), a postcode, both, an INSEE code,
// a name and its département (« Saint-Denis 974 », a Label), an arrondissement
// (« paris 18 »). A name that is exactly a commune's is that commune, however many
// others begin with it. Two parts of one commune count once.
func (c *Communes) Read(typed string) Reading {
	t := c.open()
	q := readQuery(typed)
	if q.empty() {
		return Reading{}
	}
	found := t.search(q, false)
	r := Reading{More: len(found) > Limit}
	r.Found = t.communes(found, Limit)
	if len(r.Found) == 0 {
		r.Near = t.communes(t.near(q), near)
	}
	return r
}

// Suggest lists what the text may become while it is being typed, likeliest
// first: exact names, then names that begin with it, then names with such a word.
func (c *Communes) Suggest(typed string) []Commune {
	t := c.open()
	q := readQuery(typed)
	if q.empty() {
		return nil
	}
	return t.communes(t.search(q, true), Limit)
}

func (t *table) communes(found []int, most int) []Commune {
	out := make([]Commune, 0, min(len(found), most))
	for _, i := range found[:min(len(found), most)] {
		out = append(out, t.commune(i))
	}
	return out
}

// query is a typed text taken to pieces.
type query struct {
	name       string // folded, figures at its end included: "paris 18"
	bare       string // folded, without the figures at its end when they may be a département
	department string // in brackets at the end, or the figures at the end
	labelled   bool   // the département stood in brackets, as in a Label
	code       string // five characters: a postcode or an INSEE code
	of         string // folded, what followed a comma: the commune of a former one
}

func (q query) empty() bool { return q.name == "" && q.code == "" }

func readQuery(typed string) query {
	if len(typed) > maxTyped {
		typed = typed[:maxTyped]
	}
	typed = strings.TrimSpace(strings.ToValidUTF8(typed, ""))
	var q query
	if i := strings.LastIndexByte(typed, '('); i > 0 && strings.HasSuffix(typed, ")") {
		if d := strings.ToUpper(strings.TrimSpace(typed[i+1 : len(typed)-1])); departmentCode(d) {
			q.department, q.labelled, typed = d, true, typed[:i]
		}
	}
	typed, of, _ := strings.Cut(typed, ",")
	q.of = fold(of)
	var words []string
	cedex := false
	for _, w := range strings.Fields(fold(typed)) {
		switch {
		case w == "cedex":
			cedex = true
		case cedex && len(w) <= 2 && digits(w):
		case q.code == "" && len(w) == 5 && communeCode(strings.ToUpper(w)):
			q.code = strings.ToUpper(w)
		default:
			words = append(words, w)
		}
	}
	q.name = strings.Join(words, " ")
	q.bare = q.name
	if n := len(words); n > 1 && q.department == "" {
		if d := strings.ToUpper(words[n-1]); departmentCode(d) {
			q.department, q.bare = d, strings.Join(words[:n-1], " ")
		}
	}
	return q
}

// search lists the entries that the query names, likeliest first, each commune
// once. With all false, an exact name hides those that begin with it.
func (t *table) search(q query, all bool) []int {
	if q.name == "" {
		return t.byCode(q.code, all)
	}
	if q.code != "" {
		found := t.byName(q.name, all, func(i int) bool { return t.hasPostcode(i, q.code) || t.entries[i].code == q.code })
		if len(found) > 0 {
			return found
		}
		// a postcode of a letter-box (79022 Niort Cedex) tells the département
		department := departmentOf(q.code)
		return t.byName(q.name, all, func(i int) bool { return t.entries[i].department() == department && t.isOf(i, q.of) })
	}
	if !q.labelled { // « paris 18 », « marseille 1er »: figures that belong to the name
		if found := t.byName(q.name, all, func(i int) bool { return t.isOf(i, q.of) }); len(found) > 0 || q.department == "" {
			return found
		}
	}
	found := t.byName(q.bare, all, func(i int) bool { return t.entries[i].department() == q.department && t.isOf(i, q.of) })
	if q.labelled && q.of == "" && !all && len(found) > 1 {
		// a label without a comma is a commune's or an arrondissement's own
		for _, i := range found {
			if e := &t.entries[i]; (e.in < 0 || e.arrondissement()) && t.foldedName(i) == q.bare {
				return []int{i}
			}
		}
	}
	return found
}

// isOf tells whether what followed the comma fits: nothing, the commune that the
// entry belongs to, or its département.
func (t *table) isOf(i int, of string) bool {
	return of == "" || of == "france" || t.foldedName(t.current(i)) == of || fold(t.departments[t.entries[i].department()]) == of
}

func (t *table) hasPostcode(i int, code string) bool {
	return strings.Contains(t.entries[i].postcodes, code)
}

// byCode lists the communes of a postcode, arrondissements rather than their
// city, then the one that has this INSEE code.
func (t *table) byCode(code string, all bool) []int {
	var found []int
	for i := range t.entries {
		if t.hasPostcode(i, code) {
			found = append(found, i)
		}
	}
	t.sortFound(found, func(i int) int {
		if t.entries[i].arrondissement() {
			return 0
		}
		return 1
	})
	if i, ok := t.find(code); ok {
		if e := &t.entries[i]; e.in >= 0 && !e.arrondissement() {
			i = int(e.in)
		}
		found = append(found, i)
	}
	return t.once(found, all)
}

// once keeps the first entry of each commune; with parts true, arrondissements
// are told apart.
func (t *table) once(found []int, parts bool) []int {
	seen := make(map[int]bool, len(found))
	out := found[:0]
	for _, i := range found {
		key := t.current(i)
		if parts && t.entries[i].arrondissement() {
			key = i
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, i)
		}
	}
	return out
}

// sortFound orders by rank, then the most inhabited, then name, then code.
func (t *table) sortFound(found []int, rank func(i int) int) {
	slices.SortFunc(found, func(i, j int) int {
		a, b := &t.entries[i], &t.entries[j]
		return cmp.Or(cmp.Compare(rank(i), rank(j)), cmp.Compare(b.thousands, a.thousands),
			strings.Compare(t.foldedName(i), t.foldedName(j)), strings.Compare(a.code, b.code), cmp.Compare(i, j))
	})
}

// The ranks of a name that fits, best first.
const (
	rankExact  = iota // « niort »
	rankBare          // « havre » for Le Havre, « saintdenis »
	rankPrefix        // « nior »
	rankWord          // « denis » in Saint-Denis
	rankWords         // « st ger lay » for Saint-Germain-en-Laye
)

// byName lists the entries that keep lets through whose names fit, best first. A
// text of one letter fits a whole name only.
func (t *table) byName(name string, all bool, keep func(i int) bool) []int {
	if name == "" {
		return nil
	}
	ranks := map[int]int{}
	add := func(i, rank int) {
		if _, had := ranks[i]; !had && keep(i) {
			ranks[i] = rank
		}
	}
	long := utf8.RuneCountInString(name) >= 2
	for at := 0; ; {
		i := strings.Index(t.folded[at:], name)
		if i < 0 {
			break
		}
		at += i
		if before := t.folded[at-1]; before == '\n' || before == ' ' {
			e, _ := slices.BinarySearch(t.starts, uint32(at)+1)
			e-- // the entry that begins at or before at
			whole := t.foldedName(e)
			switch {
			case whole == name:
				add(e, rankExact)
			case withoutArticle(whole) == name:
				add(e, rankBare)
			case !long:
			case strings.HasPrefix(whole, name) || strings.HasPrefix(withoutArticle(whole), name):
				add(e, rankPrefix)
			default:
				add(e, rankWord)
			}
		}
		at++
	}
	if len(ranks) == 0 && long {
		t.byWords(name, add)
	}
	found := make([]int, 0, len(ranks))
	for i := range ranks {
		found = append(found, i)
	}
	t.sortFound(found, func(i int) int {
		rank := 2 * ranks[i]
		if t.entries[i].in >= 0 && !(all && t.entries[i].arrondissement()) {
			rank++ // a commune before a former one of the same name
		}
		return rank
	})
	if len(found) > 0 && !all {
		found = t.meant(found, ranks)
	}
	return t.once(found, all)
}

// meant drops what a better name hides: a name that is whole hides those that
// only begin with it. One that is whole but for its article does when it is the
// most inhabited: « havre » is Le Havre, « saint » is not yet Le Saint.
func (t *table) meant(found []int, ranks map[int]int) []int {
	best := ranks[found[0]]
	if best > rankBare {
		return found
	}
	if best == rankBare {
		for _, i := range found {
			if t.entries[i].thousands > t.entries[found[0]].thousands {
				return found
			}
		}
	}
	return slices.DeleteFunc(found, func(i int) bool { return ranks[i] > best })
}

// byWords finds names that have words beginning like those typed, in their order,
// or that are the same without spaces.
func (t *table) byWords(name string, add func(i, rank int)) {
	words := strings.Fields(name)
	joined := strings.ReplaceAll(name, " ", "")
	for i := range t.entries {
		whole := t.foldedName(i)
		switch {
		case len(words) > 1 && beginWords(whole, words):
			add(i, rankWords)
		case len(whole) >= len(joined) && whole[0] == joined[0] && strings.ReplaceAll(whole, " ", "") == joined:
			add(i, rankBare)
		}
	}
}

func beginWords(whole string, words []string) bool {
	for whole != "" {
		var word string
		word, whole, _ = strings.Cut(whole, " ")
		if strings.HasPrefix(word, words[0]) {
			if words = words[1:]; len(words) == 0 {
				return true
			}
		}
	}
	return false
}
