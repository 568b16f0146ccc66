package casefile

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const maxQuery = 200 // characters of a search

// Search finds people by name (accents, case, part of a name, misspelt), birth
// (1992, 03/02/1992), phone, or the code of a printed sheet. after is "" or a
// page's Next; limit is at most 50. People of other teams are found by name,
// birth year and team, and are not openable. Results come by how they match
// (beginning of a name, sound, part, consonants), then by what matched.
func (s *Service) Search(ctx context.Context, text, after string, limit int) (FoundPage, error) {
	if err := s.Access.Can(ctx, access.PersonFind, access.Here(ctx)); err != nil {
		return FoundPage{}, err
	}
	if len([]rune(text)) > maxQuery {
		return FoundPage{}, errs.Fields{errs.New(errs.Invalid, "errs.casefile.text_too_long", "max", maxQuery).On("q")}
	}
	from, err := parseCursor(after)
	if err != nil {
		return FoundPage{}, err
	}
	var page FoundPage
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var err error
		page, err = s.find(ctx, q, parseQuery(text), from, PageSize(limit))
		return journal.Event{Kind: "search", Subjects: personsOf(page.Items)}, err
	})
	if err != nil {
		return FoundPage{}, fmt.Errorf("search: %w", err)
	}
	return page, nil
}

// cursor is the last row a page read: the stage of the search, the key that
// matched and its person.
type cursor struct {
	stage  int
	key    string
	person core.ID
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d\x00%s\x00%s", c.stage, c.key, c.person))
}

// NextPage is the address of the page after a row of a list: its key in the list's
// order, and its id.
func NextPage(key string, id core.ID) string { return cursor{0, key, id}.String() }

// ParsePage reads what NextPage gave; "" is the first page. Anything else is Invalid.
func ParsePage(after string) (key string, id core.ID, err error) {
	c, err := parseCursor(after)
	return c.key, c.person, err
}

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	bad := errs.New(errs.Invalid, "errs.casefile.page_unknown")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) > 512 {
		return cursor{}, bad
	}
	part := strings.Split(string(b), "\x00")
	if len(part) != 3 || len(part[0]) != 1 || part[0][0] < '0' || part[0][0] > '9' || !utf8.ValidString(part[1]) {
		return cursor{}, bad
	}
	c := cursor{stage: int(part[0][0] - '0'), key: part[1]}
	if part[2] != "" { // a page may end before the first row of a stage
		if c.person, err = core.ParseID(part[2]); err != nil {
			return cursor{}, bad
		}
	}
	return c, nil
}

// stage is one range of one kind of key that a search walks.
type stage struct {
	kind        string
	from, below string // the range, or one key when below is ""
	why         Match
}

func (s stage) holds(key string) bool {
	if s.below == "" {
		return key == s.from
	}
	return key >= s.from && key < s.below
}

// stages of a search by a word, the surest first.
func wordStages(word string) []stage {
	prefix := func(kind, key string, why Match) stage {
		from, below := db.PrefixRange(key)
		return stage{kind, from, below, why}
	}
	list := []stage{prefix(keyName, word, MatchName)}
	if p := sound(word); len([]rune(p)) >= 4 {
		list = append(list, prefix(keySound, p, MatchSound))
	} else if len([]rune(p)) >= 2 {
		list = append(list, stage{keySound, p, "", MatchSound})
	}
	if len([]rune(word)) >= minSuffix {
		list = append(list, prefix(keyPart, word, MatchPart))
	}
	list = append(list, prefix(keyFormer, word, MatchFormer))
	if b := bones(word); b != "" {
		list = append(list, stage{keyBones, b, "", MatchSound})
	}
	return list
}

// hit is a row of a search before access decides what of it is shown.
type hit struct {
	id        core.ID
	identity  Identity
	city      string
	protected bool
	died      core.PartialDate
	key       string
	why       Match
}

// hitColumns are what a found person is shown by; scanHit reads them.
const hitColumns = `p.id, p.usual_name, p.given_names, p.birth_name, p.use_name, p.birth, p.city, p.protected, p.died_on`

// scanHit reads the columns before, given as destinations, then hitColumns.
func scanHit(r *db.Rows, why Match, before ...any) (hit, error) {
	h := hit{why: why}
	i := &h.identity
	var birth, died string
	err := r.Scan(append(before, &h.id, &i.UsualName, &i.GivenNames, &i.BirthName, &i.FirstNameOfUse, &birth, &h.city, &h.protected, &died)...)
	if err == nil {
		h.died, err = core.ParsePartialDate(died)
	}
	if err != nil {
		return h, err
	}
	i.Birth, err = core.ParsePartialDate(birth)
	return h, err
}

// readHits reads people by a statement that gives hitColumns.
func readHits(q db.Querier, why Match, sql string, args ...any) ([]hit, error) {
	var hits []hit
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		h, err := scanHit(r, why)
		hits = append(hits, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read found people: %w", err)
	}
	return hits, nil
}

const selectHits = `SELECT k.key, p.search_text, ` + hitColumns + `
FROM name_key k JOIN person p ON p.org_id = k.org_id AND p.id = k.person_id
WHERE k.org_id = $1 AND k.kind = $2 AND p.shelved = 0 AND `

func (s *Service) find(ctx context.Context, q db.Querier, query query, after cursor, limit int) (FoundPage, error) {
	org := core.ActorFrom(ctx).Org
	var page FoundPage
	var hits []hit
	if query.sheet != "" && after == (cursor{}) {
		h, err := readHits(q, MatchSheet, selectSheetHit, org, query.sheet)
		if err != nil {
			return page, err
		}
		hits = append(hits, h...)
	}
	stages, rest, err := s.plan(q, org, query)
	if err != nil {
		return page, err
	}
	filter := s.filter(rest, query.birth, len(stages) > 0 && stages[0].kind == keyBirth)
	for i := after.stage; i < len(stages) && len(hits) <= limit; i++ {
		if stages[i].kind == keyBones && len(rest) > 0 && len(hits) >= enough {
			break // several words that matched better say enough
		}
		from := cursor{stage: i}
		if i == after.stage {
			from = after
		}
		found, next, err := s.walk(q, org, stages, i, from, filter, limit+1-len(hits), hits)
		if err != nil {
			return page, err
		}
		hits = append(hits, found...)
		if len(hits) > limit {
			page.Next = next.String()
			hits = hits[:limit]
			break
		}
	}
	page.Items, err = s.show(ctx, q, hits)
	return page, err
}

const (
	minBatch = 40
	enough   = 5 // people found, after which consonants alone are not looked at
)

// walk reads one stage from a cursor until it has found want people not shown
// before. next is the cursor after all of them but the last, which is there only
// to tell that the page has a next one.
func (s *Service) walk(q db.Querier, org core.ID, stages []stage, i int, from cursor, filter condition, want int, before []hit) (found []hit, next cursor, err error) {
	st := stages[i]
	next = from
	at := from
	for {
		args := []any{org, st.kind}
		p := func(v any) string {
			args = append(args, v)
			return "$" + strconv.Itoa(len(args))
		}
		sql := selectHits
		if st.below == "" {
			sql += "k.key = " + p(st.from)
		} else {
			sql += "k.key >= " + p(max(st.from, at.key)) + " AND k.key < " + p(st.below)
		}
		if at.person != "" {
			k := p(at.key)
			sql += " AND (k.key > " + k + " OR k.person_id > " + p(at.person) + ")"
		}
		batch := max(want, minBatch) // some rows are of people shown already
		column := "p.search_text"
		if walksWords(st.kind) {
			column = "k.also" // the same text, without reading the person
		}
		sql += filter(column, p) + " ORDER BY k.key, k.person_id LIMIT " + strconv.Itoa(batch)
		rows := 0
		list, err := q.Query(sql, args...)
		err = db.Each(list, err, func(r *db.Rows) error {
			rows++
			if len(found) >= want {
				return nil
			}
			var key, text string
			h, err := scanHit(r, st.why, &key, &text)
			if err != nil {
				return err
			}
			at = cursor{i, key, h.id}
			if !seenEarlier(stages, i, text, key) && !slices.ContainsFunc(before, func(b hit) bool { return b.id == h.id }) &&
				(st.kind != keyFormer || !slices.ContainsFunc(found, func(b hit) bool { return b.id == h.id })) {
				found = append(found, h)
			}
			if len(found) < want {
				next = at
			}
			return nil
		})
		if err != nil {
			return nil, next, fmt.Errorf("search keys: %w", err)
		}
		if rows < batch || len(found) >= want {
			return found, next, nil
		}
	}
}

// seenEarlier tells whether an earlier row of the search gave this person
// already: another of their keys, which text holds, comes first.
func seenEarlier(stages []stage, i int, text, key string) bool {
	for _, field := range strings.Fields(text) {
		kind, k := field[:1], field[1:]
		for j := 0; j <= i; j++ {
			switch st := stages[j]; {
			case st.kind == kind && st.holds(k) && (j < i || k < key):
				return true
			case st.kind == keyPart && kind == keyName && st.holdsEndOf(k, j < i, key):
				return true
			}
		}
	}
	return false
}

// holdsEndOf tells whether an end of a name is in the range of the stage, any of
// them or one before key.
func (s stage) holdsEndOf(name string, any bool, key string) bool {
	for at := 1; ; at++ {
		next := strings.Index(name[at:], s.from)
		if next < 0 {
			return false
		}
		at += next
		if end := name[at:]; any || end < key {
			return true
		}
	}
}

// condition writes a part of a WHERE about the search text in a column; p adds an
// argument and gives its parameter.
type condition func(column string, p func(any) string) string

// filter is what the other words and the birth ask of a person, on search_text.
func (s *Service) filter(words []string, birth string, birthDrives bool) condition {
	return func(column string, p func(any) string) string {
		has := func(texts ...string) string {
			params := make([]int, len(texts))
			for i, text := range texts {
				n, err := strconv.Atoi(p(text)[1:])
				if err != nil {
					return "1 = 0" // p gives "$1", "$2"…
				}
				params[i] = n
			}
			return s.DB.Dialect().ContainsAny(column, params...)
		}
		cond := ""
		for _, w := range words {
			any := []string{w} // anywhere in a name
			if len([]rune(w)) < minSuffix {
				any[0] = " " + keyName + w
			}
			if snd := sound(w); len([]rune(snd)) >= 4 {
				any = append(any, " "+keySound+snd)
			} else if len([]rune(snd)) >= 2 {
				any = append(any, " "+keySound+snd+" ")
			}
			if b := bones(w); b != "" {
				any = append(any, " "+keyBones+b+" ")
			}
			cond += " AND " + has(any...)
		}
		if birth != "" && !birthDrives {
			cond += " AND " + has(" "+keyBirth+birth)
		}
		return cond
	}
}

const maxProbe = 400

// plan chooses what walks: a phone, a whole birth date, else the word that the
// fewest people have. rest are the words left to check.
func (s *Service) plan(q db.Querier, org core.ID, query query) (stages []stage, rest []string, err error) {
	switch {
	case query.phone != "":
		return []stage{{keyPhone, s.PhoneKey(query.phone), "", MatchPhone}}, nil, nil
	case len(query.words) == 0 && query.birth == "":
		return nil, nil, nil
	case len(query.words) == 0 || len(query.birth) == len("2006-01-02"):
		from, below := db.PrefixRange(query.birth)
		return []stage{{keyBirth, from, below, MatchBirth}}, query.words, nil
	case len(query.words) == 1:
		return wordStages(query.words[0]), nil, nil
	}
	best, fewest := 0, maxProbe+1
	sql, args := "", []any{org}
	for i, w := range query.words {
		if i > 0 {
			sql += " UNION ALL "
		}
		from, below := db.PrefixRange(w)
		sql += fmt.Sprintf(`SELECT %d AS word, COUNT(*) AS people FROM (SELECT 1 AS one FROM name_key WHERE org_id = $1 AND kind = '%s' AND key >= $%d AND key < $%d LIMIT %d) AS w%d`,
			i, keyName, len(args)+1, len(args)+2, maxProbe, i)
		args = append(args, from, below)
	}
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var word, people int
		if err := r.Scan(&word, &people); err != nil {
			return err
		}
		if people < fewest {
			best, fewest = word, people
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("count words: %w", err)
	}
	rest = slices.Delete(slices.Clone(query.words), best, best+1)
	// A name that is not to be disclosed, typed whole, says nothing of why it matched.
	whole := stage{keyWhole, wholeKey(query.words), "", MatchName}
	return append([]stage{whole}, wordStages(query.words[best])...), rest, nil
}

const selectSheetHit = `SELECT ` + hitColumns + `
FROM sheet s JOIN person p ON p.org_id = s.org_id AND p.id = s.person_id WHERE s.org_id = $1 AND s.code = $2 AND p.shelved = 0`
