package note

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

//go:embed careful.txt
var carefulText string

// Concern is why a word may be better left out, or said otherwise.
type Concern string

// The concerns: those of the word lists, and ThirdPerson, found by names.
const (
	Health      Concern = "health"
	Belief      Concern = "belief"
	Opinion     Concern = "opinion"
	Origin      Concern = "origin"
	Intimate    Concern = "intimate"
	Justice     Concern = "justice"
	Judgement   Concern = "judgement"
	ThirdPerson Concern = "third"
)

func concerns() []Concern {
	return []Concern{Health, Belief, Opinion, Origin, Intimate, Justice, Judgement}
}

// Prompt is one question before saving: do we note this? It stops nothing and
// leaves no trace.
type Prompt struct {
	Concern Concern
	Words   []string // as they stand in the text, each once, at most 8
}

const maxPromptWords = 8

// entry is a word or an expression of a list; open when only its beginning is
// said.
type entry struct {
	words []string
	open  bool
}

// wordLists are the lists by concern, and their entries by first word.
type wordLists struct {
	byWord map[string][]hit // entries whose first word stands whole
	byStem map[string][]hit // entries of one word that is only begun, by its first three letters
}

type hit struct {
	entry
	concern Concern
}

// readWordLists reads careful.txt: [concern], then one entry a line.
func readWordLists(text string) (*wordLists, error) {
	l := &wordLists{byWord: map[string][]hit{}, byStem: map[string][]hit{}}
	var concern Concern
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			concern = Concern(strings.TrimSuffix(name, "]"))
			if !slices.Contains(concerns(), concern) {
				return nil, fmt.Errorf("word lists: line %d: no concern %q", n, concern)
			}
			continue
		}
		line, open := strings.CutSuffix(line, "*")
		e := entry{foldWords(line), open}
		if concern == "" || len(e.words) == 0 || (open && len(e.words[len(e.words)-1]) < 3) {
			return nil, fmt.Errorf("word lists: line %d: %q cannot be looked for", n, line)
		}
		h := hit{e, concern}
		if open && len(e.words) == 1 {
			l.byStem[e.words[0][:3]] = append(l.byStem[e.words[0][:3]], h)
		} else {
			l.byWord[e.words[0]] = append(l.byWord[e.words[0]], h)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("word lists: %w", err)
	}
	return l, nil
}

// find gives the concerns of a text, in the order of the lists.
func (l *wordLists) find(text string) []Prompt {
	found := map[Concern][]string{}
	words := tokens(text)
	for i, w := range words {
		candidates := l.byWord[w.word]
		if len(w.word) >= 3 {
			candidates = append(slices.Clone(candidates), l.byStem[w.word[:3]]...)
		}
		for _, h := range candidates {
			if n := len(h.words); i+n <= len(words) && h.matches(words[i:i+n]) {
				found[h.concern] = appendOnce(found[h.concern], text[w.start:words[i+n-1].end])
			}
		}
	}
	var list []Prompt
	for _, c := range concerns() {
		if len(found[c]) > 0 {
			list = append(list, Prompt{c, found[c]})
		}
	}
	return list
}

func (e entry) matches(words []token) bool {
	for i, w := range e.words {
		if words[i].word != w && (!e.open || i < len(e.words)-1 || !strings.HasPrefix(words[i].word, w)) {
			return false
		}
	}
	return true
}

func appendOnce(list []string, word string) []string {
	if len(list) >= maxPromptWords || slices.ContainsFunc(list, func(w string) bool { return fold(w) == fold(word) }) {
		return list
	}
	return append(list, word)
}

// titles come before the name of somebody.
var titles = []string{"m", "mr", "monsieur", "mme", "madame", "mlle", "mademoiselle", "docteur", "dr", "maitre", "me"}

// thirdNames finds names of others that are not marked: those of the household and
// kin, and a capital letter after a title. own are the person's folded names.
func thirdNames(b Body, household []string, own map[string]bool) []string {
	var found []string
	known := map[string]bool{}
	for _, n := range household {
		for _, w := range foldWords(n) {
			if len(w) >= minName && !own[w] {
				known[w] = true
			}
		}
	}
	for _, s := range Segments(b) {
		if s.Third {
			continue
		}
		words := tokens(s.Text)
		for i, w := range words {
			capital := capitalised(s.Text[w.start:w.end])
			switch {
			case !capital || own[w.word]:
			case known[w.word] && commonName(w.word) && opens(s.Text[:w.start]):
				// « Avril sera long. » is not about the child of that name
			case known[w.word]:
				found = appendOnce(found, s.Text[w.start:w.end])
			case i > 0 && slices.Contains(titles, words[i-1].word) && near(s.Text[words[i-1].end:w.start]):
				found = appendOnce(found, s.Text[words[i-1].start:w.end])
			}
		}
	}
	return found
}

// commonName tells the first names that are words of every day too. At the start of
// a sentence, where any word has a capital, they are taken for the word.
func commonName(word string) bool {
	const names = " ange aime aurore avril blanche cerise claire clemence colombe constance desire desiree esperance fleur france grace honore iris jade juste " +
		"laure lys marguerite marine melodie mercy modeste noel olive orange parfait patience pierre prudence reine rose sage soleil victoire violette "
	return strings.Contains(names, " "+word+" ")
}

// opens tells whether what stands before a word ends a sentence.
func opens(before string) bool {
	before = strings.TrimRight(before, " \u00a0\u202f«\"'’(-–—•*")
	return before == "" || strings.HasSuffix(before, "\n") || strings.ContainsAny(before[len(before)-1:], ".!?:;") || strings.HasSuffix(before, "…")
}

// near tells whether only a point and spaces part a title from a name.
func near(between string) bool { return strings.Trim(between, ". \u00a0") == "" }

func capitalised(word string) bool {
	for _, r := range word {
		return strings.ToLower(string(r)) != string(r)
	}
	return false
}

// selectAround are the names of those who live or lived with somebody, and of
// their kin.
const selectAround = `SELECT p.id, p.usual_name, p.given_names, p.use_name, p.birth_name FROM person p WHERE p.org_id = $1 AND (p.id IN ` + casefile.SameHuman + `
OR p.id IN (SELECT o.person_id FROM household_member m JOIN household_member o ON o.org_id = m.org_id AND o.household_id = m.household_id WHERE m.org_id = $1 AND m.person_id = $2)
OR p.id IN (SELECT CASE WHEN k.a = $2 THEN k.b ELSE k.a END FROM kinship k WHERE k.org_id = $1 AND (k.a = $2 OR k.b = $2))) LIMIT 200`

// Careful looks for what may hurt or is not needed in a text about to be saved.
// Nothing of it is kept, and nothing is shown that the writer did not type.
func (s *Service) Careful(ctx context.Context, file core.ID, b Body) ([]Prompt, error) {
	var list []Prompt
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		r, err := s.allow(ctx, q, access.NoteWrite, file)
		if err != nil {
			return err
		}
		var household []string
		own := map[string]bool{}
		rows, err := q.Query(selectAround, r.Org, r.file)
		err = db.Each(rows, err, func(row *db.Rows) error {
			var id core.ID
			var names [4]string
			if err := row.Scan(&id, &names[0], &names[1], &names[2], &names[3]); err != nil {
				return err
			}
			if !slices.Contains(r.Humans, id) {
				household = append(household, names[:]...)
				return nil
			}
			for _, n := range names {
				for _, w := range foldWords(n) {
					own[w] = true
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("names around the person: %w", err)
		}
		list = s.careful.find(Plain(b))
		if names := thirdNames(b, household, own); len(names) > 0 {
			list = append(list, Prompt{ThirdPerson, names})
		}
		return nil
	})
	return list, err
}
