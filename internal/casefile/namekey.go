package casefile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// The kinds of search keys, as stored. They are found by range scans on a
// b-tree, so that both databases give the same people in the same order.
const (
	keyName   = "n" // a whole token of a name, folded
	keySound  = "p" // how the token sounds in French
	keyPart   = "s" // an end of the token, 3 letters or more
	keyBones  = "c" // its consonants: Mohamed, Muhammad, Mohammed
	keyBirth  = "b" // 1992, 1992-02 or 1992-02-03
	keyPhone  = "h" // HMAC of the number
	keyFormer = "f" // a token of a name borne before
	keyWhole  = "x" // a whole name borne before that is not to be disclosed: its tokens, sorted
	minSuffix = 3
	// maxTokens bounds the keys of one person: Spanish and Brazilian names
	// with every given name stay under it.
	maxTokens = 12
)

// nameKey is one row of name_key, without its person. also is the search text of
// the person, beside the keys that searches of several words walk.
type nameKey struct{ kind, key, also string }

// Fold writes a text without case, accents and marks, ligatures apart, every
// other sign as a space: « Éloïse d'Œuvre » → "eloise d oeuvre".
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == 'ـ': // accents, Arabic vowels, tatweel
		case foldSpecial[r] != "":
			b.WriteString(foldSpecial[r])
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// foldSpecial holds the letters that no decomposition takes apart.
var foldSpecial = map[rune]string{
	'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
	'آ': "ا", 'أ': "ا", 'إ': "ا", 'ٱ': "ا", 'ة': "ه", 'ى': "ي",
}

// tokens are the distinct folded words of a name, in their order. A word of
// particles written apart is also found written in one: "le goff" gives legoff.
func tokens(names ...string) []string {
	var list []string
	seen := map[string]bool{}
	add := func(t string) {
		if t != "" && !seen[t] && len(list) < maxTokens {
			seen[t] = true
			list = append(list, t)
		}
	}
	for _, n := range names {
		words := strings.Fields(Fold(n))
		for _, w := range words {
			add(w)
		}
		if len(words) > 1 && len(words) <= 3 && len([]rune(words[0])) <= 4 {
			add(strings.Join(words, ""))
		}
	}
	return list
}

// nameKeys are the keys of a person, without the phone's. They depend on the
// identity alone, so that a change deletes exactly the keys it made.
func nameKeys(i Identity) []nameKey {
	keys := bareKeys(i)
	text := textOf(keys)
	for n := range keys {
		if walksWords(keys[n].kind) {
			keys[n].also = text
		}
	}
	return keys
}

// walksWords tells whether rows of the kind hold the search text.
func walksWords(kind string) bool {
	return kind == keyName || kind == keySound || kind == keyBones || kind == keyFormer || kind == keyWhole
}

// formerKeys are what finds a person by a name borne before: each token when it may
// be said, the whole name typed exactly when it may not.
func formerKeys(i Identity, discreet bool) []nameKey {
	text := searchText(i)
	if !discreet {
		var keys []nameKey
		for _, t := range tokens(i.UsualName, i.FirstNameOfUse, i.GivenNames, i.BirthName) {
			keys = append(keys, nameKey{keyFormer, t, text})
		}
		return keys
	}
	var keys []nameKey
	for _, name := range []string{i.FirstName() + " " + i.UsualName, i.GivenNames + " " + i.UsualName, i.FirstName() + " " + i.BirthName} {
		k := nameKey{keyWhole, wholeKey(strings.Fields(Fold(name))), text}
		if strings.Contains(k.key, " ") && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// wholeKey is a name as people type it, in any order.
func wholeKey(words []string) string {
	words = slices.Clone(words)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// FindByFormer adds what finds a person by a name borne before; a discreet one is
// found only when it is typed whole.
func FindByFormer(tx *db.Tx, org, person core.ID, before Identity, discreet bool) error {
	return insertKeys(tx, org, person, formerKeys(before, discreet))
}

func bareKeys(i Identity) []nameKey {
	var keys []nameKey
	seen := map[nameKey]bool{}
	add := func(kind, key string) {
		k := nameKey{kind: kind, key: key}
		if key != "" && !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	for _, t := range tokens(i.UsualName, i.FirstNameOfUse, i.GivenNames, i.BirthName) {
		add(keyName, t)
		add(keySound, sound(t))
		add(keyBones, bones(t))
		r := []rune(t)
		for n := 1; len(r)-n >= minSuffix; n++ {
			add(keyPart, string(r[n:]))
		}
	}
	add(keyBirth, i.Birth.String())
	return keys
}

// searchText is what the other words of a search are checked against: every
// token, how it sounds, its consonants and the birth, each after a space and
// its kind.
func searchText(i Identity) string { return textOf(bareKeys(i)) }

func textOf(keys []nameKey) string {
	var b strings.Builder
	for _, k := range keys {
		if k.kind != keyPart {
			b.WriteString(" " + k.kind + k.key)
		}
	}
	return b.String() + " "
}

// sortName orders lists of people: family name, then first name, folded.
func sortName(i Identity) string {
	return strings.TrimSpace(Fold(i.UsualName) + " " + Fold(i.FirstName()))
}

// sound gives a French phonetic key of a folded token: Dupont, Dupond → dupon;
// Diallo, Dialo → dialo; Cissé, Sissé → sise. Tokens of another script are
// their own sound.
func sound(t string) string {
	if !latin(t) {
		return t
	}
	out := []rune(sounds(t))
	for len(out) > 3 && strings.ContainsRune("estdxp", out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	return string(out)
}

// sounds writes the sound of a Latin token, silent ends included.
func sounds(t string) string {
	for _, p := range soundPairs {
		t = strings.ReplaceAll(t, p[0], p[1])
	}
	r := []rune(t)
	var out []rune
	push := func(c rune) {
		if len(out) == 0 || out[len(out)-1] != c {
			out = append(out, c)
		}
	}
	for i, c := range r {
		next := rune(0)
		if i+1 < len(r) {
			next = r[i+1]
		}
		soft := next == 'e' || next == 'i' || next == 'y'
		switch c {
		case 'c', 'q':
			if c == 'c' && soft {
				push('s')
			} else {
				push('k')
			}
		case 'g':
			if soft {
				push('j')
			} else {
				push('g')
			}
		case 'h':
		case 'y':
			push('i')
		case 'w':
			push('v')
		case 'z':
			push('s')
		case 'm':
			if next != 0 && next != 'm' && !vowel(next) { // Champs and Chans
				push('n')
			} else {
				push('m')
			}
		default:
			push(c)
		}
	}
	return string(out)
}

// soundPairs are applied in their order, before the letters one by one. Capital
// letters stand for sounds that no single letter writes.
var soundPairs = [][2]string{
	{"sch", "X"}, {"tch", "X"}, {"ch", "X"}, {"sh", "X"},
	{"ph", "f"}, {"th", "t"}, {"gh", "g"}, {"kh", "k"}, {"dj", "j"}, {"dh", "d"},
	{"gn", "N"}, {"qu", "k"}, {"ck", "k"}, {"gue", "Ge"}, {"gui", "Gi"}, {"x", "ks"},
	{"eau", "o"}, {"au", "o"}, {"oo", "u"}, {"ou", "u"}, {"oe", "e"}, {"eu", "e"},
	{"ai", "e"}, {"ei", "e"}, {"ay", "e"}, {"ey", "e"}, {"ae", "e"}, {"er ", "e "},
}

// bones are the consonants of the sound, after its first letter; "" under three
// letters, because then it says nothing.
func bones(t string) string {
	if !latin(t) {
		return ""
	}
	var out []rune
	for i, c := range []rune(sounds(t)) {
		switch {
		case !vowel(c) && c == 'j':
			out = append(out, 'g')
		case !vowel(c):
			out = append(out, c)
		case i == 0:
			out = append(out, 'a')
		}
	}
	if len(out) < 3 {
		return ""
	}
	return string(out)
}

func vowel(c rune) bool { return strings.ContainsRune("aeiouy", c) }

func latin(t string) bool {
	for _, c := range t {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return t != ""
}

// query is a search as typed, taken apart.
type query struct {
	words []string // folded, at most 5, the longest first
	birth string   // prefix of a written birth date
	phone string   // international form
	sheet string   // code of a sheet
}

const maxWords = 5

// parseQuery takes a search apart: a phone, a sheet's code, words and a birth.
func parseQuery(text string) query {
	if n, ok := NormalPhone(text); ok {
		return query{phone: n}
	}
	var q query
	if c, ok := NormalCode(text); ok {
		q.sheet = c
	}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }) {
		if d := birthOf(w); d != "" {
			q.birth = d
			continue
		}
		for _, t := range strings.Fields(Fold(w)) {
			if len(q.words) < maxWords {
				q.words = append(q.words, t)
			}
		}
	}
	for i := 1; i < len(q.words); i++ { // the longest finds the fewest
		for j := i; j > 0 && len(q.words[j]) > len(q.words[j-1]); j-- {
			q.words[j], q.words[j-1] = q.words[j-1], q.words[j]
		}
	}
	return q
}

// birthOf reads 1992, 02/1992, 03/02/1992 or 1992-02-03 and gives the written
// form of a core.PartialDate, "" when w is none of them.
func birthOf(w string) string {
	w = strings.NewReplacer("/", "-", ".", "-").Replace(w)
	p := strings.Split(w, "-")
	if n := len(p); n > 1 && len(p[n-1]) == 4 {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			p[i], p[j] = p[j], p[i]
		}
	}
	for i := 1; i < len(p); i++ {
		if len(p[i]) == 1 {
			p[i] = "0" + p[i]
		}
	}
	d, err := core.ParsePartialDate(strings.Join(p, "-"))
	if err != nil {
		return ""
	}
	return d.String()
}

const (
	idsBefore = `SELECT id FROM person_before WHERE org_id = $1 AND person_id = $2 ORDER BY id`
	oneBefore = `SELECT ` + personColumns + ` FROM person_before WHERE org_id = $1 AND person_id = $2 AND id = $3`
)

// ForgetKeys deletes everything that finds a person, names of before included: a step of
// the deletion of their file.
func (s *Service) ForgetKeys(tx *db.Tx, org, person core.ID) error {
	p, err := s.loadWhole(tx, org, person)
	if err != nil {
		return err
	}
	var changes []core.ID
	rows, err := tx.Query(idsBefore, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		changes = append(changes, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("names of before: %w", err)
	}
	keys := s.keysOf(p)
	for _, id := range changes {
		was, err := s.scanPerson(tx.QueryRow(oneBefore, org, person, id), person)
		if err != nil {
			return err
		}
		keys = slices.Concat(keys, s.keysOf(was), formerKeys(was.Identity, false), formerKeys(was.Identity, true))
	}
	return replaceKeys(tx, org, person, keys, nil)
}
