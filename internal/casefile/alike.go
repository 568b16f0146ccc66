package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// LookAlikes are the people who may be p, as the actor may see them: at most 10,
// the likeliest first. It asks no permission and leaves no line: the use case does.
func (s *Service) LookAlikes(ctx context.Context, q db.Querier, p Person) ([]Found, error) {
	org := core.ActorFrom(ctx).Org
	var keys []nameKey
	if p.Phone != "" {
		keys = append(keys, nameKey{kind: keyPhone, key: s.PhoneKey(p.Phone)})
	}
	for _, t := range tokens(p.UsualName, p.BirthName) {
		keys = append(keys, nameKey{kind: keySound, key: sound(t)})
	}
	if len(keys) > 6 {
		keys = keys[:6]
	}
	if len(keys) == 0 { // a first name alone, or signs that make no word
		return nil, nil
	}
	sql, args := "", []any{org}
	for i, k := range keys {
		if i > 0 {
			sql += " UNION ALL "
		}
		cond := ""
		if k.kind == keySound { // a name alone is not enough: the first name or the birth must agree
			var any []int
			has := func(text string) {
				args = append(args, text)
				any = append(any, len(args))
			}
			for _, t := range tokens(p.FirstNameOfUse, p.GivenNames) {
				if len(any) < 3 {
					has(" " + keySound + sound(t))
				}
			}
			if !p.Birth.IsZero() {
				has(" " + keyBirth + p.Birth.String())
			}
			if len(any) > 0 {
				cond = " AND " + s.DB.Dialect().ContainsAny("k.also", any...)
			}
		}
		args = append(args, k.kind, k.key)
		sql += fmt.Sprintf(`SELECT * FROM (SELECT k.kind, `+hitColumns+`
FROM name_key k JOIN person p ON p.org_id = k.org_id AND p.id = k.person_id
WHERE k.org_id = $1 AND k.kind = $%d AND k.key = $%d AND p.shelved = 0%s ORDER BY k.person_id LIMIT 40) AS q%d`, len(args)-1, len(args), cond, i)
	}
	var hits []hit
	score := map[core.ID]int{}
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var kind string
		h, err := scanHit(r, MatchSound, &kind)
		if err != nil {
			return err
		}
		if kind == keyPhone {
			h.why = MatchPhone
		}
		if n := likeness(p, h); n > 0 && score[h.id] == 0 {
			score[h.id] = n
			hits = append(hits, h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look-alikes: %w", err)
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		if score[a.id] != score[b.id] {
			return score[b.id] - score[a.id]
		}
		return strings.Compare(sortName(a.identity)+string(a.id), sortName(b.identity)+string(b.id))
	})
	if len(hits) > 10 {
		hits = hits[:10]
	}
	return s.show(ctx, q, hits)
}

// likeness says how much a known person looks like a new one; 0 when their
// births contradict each other, unless they share a phone.
func likeness(p Person, h hit) int {
	n := 1
	if h.why == MatchPhone {
		n += 4
	}
	switch a, b := p.Birth, h.identity.Birth; {
	case a.IsZero() || b.IsZero():
	case a == b:
		n += 3
	case overlap(a, b):
		n += 2
	case h.why != MatchPhone:
		return 0
	}
	if Fold(p.DisplayName()) == Fold(h.identity.DisplayName()) {
		n += 2
	}
	return n
}

// overlap tells whether two partial dates may be the same day.
func overlap(a, b core.PartialDate) bool {
	af, al := a.Bounds()
	bf, bl := b.Bounds()
	return !al.Before(bf) && !bl.Before(af)
}
