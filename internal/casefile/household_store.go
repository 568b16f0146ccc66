package casefile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxStays bounds what one household may hold over the years.
const maxStays = 200

const selectStays = `SELECT m.id, m.household_id, m.person_id, p.id, m.valid_from, m.valid_to, m.housed, m.version,
	p.usual_name, p.given_names, p.use_name, p.title, p.birth, p.died_on
FROM household_member m LEFT JOIN person_alias al ON al.org_id = m.org_id AND al.alias_id = m.person_id AND al.ended_at = 0
JOIN person p ON p.org_id = m.org_id AND p.id = COALESCE(al.person_id, m.person_id)
WHERE m.org_id = $1 AND m.household_id IN (SELECT s.household_id FROM household_member s WHERE s.org_id = $1 AND s.person_id IN ` + SameHuman + `)
ORDER BY m.household_id, m.id LIMIT 200`

// stays are every stay, past ones too, in the dwellings where the person lived.
// origin is whose each stay was before the merges that hold.
func loadStays(q db.Querier, org, person core.ID) (list []Member, humans map[core.ID]Human, origin map[core.ID]core.ID, err error) {
	origin = map[core.ID]core.ID{}
	humans = map[core.ID]Human{}
	rows, err := q.Query(selectStays, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var m Member
		var from, until, given, use, birth, died string
		var h Human
		var was core.ID
		if err := r.Scan(&m.ID, &m.Household, &was, &m.Person, &from, &until, &m.Housed, &m.Version, &h.UsualName, &given, &use, &h.Title, &birth, &died); err != nil {
			return err
		}
		var err error
		if m.From, err = StoredDate(from); err != nil {
			return err
		}
		if m.Until, err = StoredDate(until); err != nil {
			return err
		}
		list = append(list, m)
		origin[m.ID] = was
		if err := fillHuman(&h, m.Person, given, use, birth, died); err != nil {
			return err
		}
		humans[m.Person] = h
		return nil
	})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read stays: %w", err)
	}
	return list, humans, origin, nil
}

func fillHuman(h *Human, id core.ID, given, use, birth, died string) (err error) {
	h.ID = id
	h.FirstName = Identity{GivenNames: given, FirstNameOfUse: use}.FirstName()
	if h.Died, err = core.ParsePartialDate(died); err != nil {
		return err
	}
	h.Birth, err = core.ParsePartialDate(birth)
	return err
}

const (
	kinRow = `SELECT k.id, k.kind, COALESCE(xa.person_id, k.a), COALESCE(xb.person_id, k.b), k.couple, k.valid_from, k.valid_to, k.version
FROM kinship k LEFT JOIN person_alias xa ON xa.org_id = $1 AND xa.alias_id = k.a AND xa.ended_at = 0
LEFT JOIN person_alias xb ON xb.org_id = $1 AND xb.alias_id = k.b AND xb.ended_at = 0 WHERE k.org_id = $1 AND `
	aliasPair   = `SELECT alias_id, person_id FROM person_alias WHERE org_id = $1 AND ended_at = 0 AND `
	selectNamed = `SELECT id, usual_name, given_names, use_name, title, birth, died_on FROM person WHERE org_id = $1 AND id IN (`
)

// Statements about a list of people name eight at a time, so that few texts are
// prepared.
const atATime = 8

var (
	kinOfSQL  = kinRow + "k.a IN (" + marks(2, atATime) + ") UNION ALL " + kinRow + "k.b IN (" + marks(2, atATime) + ") LIMIT 800"
	sameAsSQL = aliasPair + "person_id IN (" + marks(2, atATime) + ") UNION ALL " + aliasPair + "alias_id IN (" + marks(2, atATime) + ") LIMIT 800"
	namedSQL  = selectNamed + marks(2, atATime) + ")"
)

// eachOf runs a statement for every atATime people of a list.
func eachOf(q db.Querier, sql string, org core.ID, people []core.ID, fn func(*db.Rows) error) error {
	for part := range slices.Chunk(people, atATime) {
		args := make([]any, 1, 1+atATime)
		args[0] = org
		for i := range atATime {
			args = append(args, part[min(i, len(part)-1)])
		}
		rows, err := q.Query(sql, args...)
		if err := db.Each(rows, err, fn); err != nil {
			return err
		}
	}
	return nil
}

// withAliases adds to people those whom each was merged into, and those merged into
// each.
func withAliases(q db.Querier, org core.ID, people []core.ID) ([]core.ID, error) {
	all := slices.Clone(people)
	for ask := people; len(ask) > 0; { // twice at the most: who gathers others is never merged
		var found []core.ID
		err := eachOf(q, sameAsSQL, org, ask, func(r *db.Rows) error {
			var alias, kept core.ID
			if err := r.Scan(&alias, &kept); err != nil {
				return err
			}
			for _, id := range []core.ID{alias, kept} {
				if !slices.Contains(all, id) {
					all, found = append(all, id), append(found, id)
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("who is the same as whom: %w", err)
		}
		ask = found
	}
	return all, nil
}

// loadKin reads the relations of people, with those merged into each, and the names
// of both ends; known are those whose name was read before.
func loadKin(q db.Querier, org core.ID, people []core.ID, known map[core.ID]Human) ([]Kinship, map[core.ID]Human, error) {
	who, err := withAliases(q, org, people)
	if err != nil {
		return nil, nil, err
	}
	var list []Kinship
	var unnamed []core.ID
	err = eachOf(q, kinOfSQL, org, who, func(r *db.Rows) error {
		var k Kinship
		var from, until string
		if err := r.Scan(&k.ID, &k.Kind, &k.A, &k.B, &k.Couple, &from, &until, &k.Version); err != nil {
			return err
		}
		if k.A == k.B || slices.ContainsFunc(list, func(o Kinship) bool { return o.ID == k.ID }) {
			return nil
		}
		for _, id := range []core.ID{k.A, k.B} {
			if _, named := known[id]; !named && !slices.Contains(unnamed, id) {
				unnamed = append(unnamed, id)
			}
		}
		var err error
		if k.From, err = StoredDate(from); err != nil {
			return err
		}
		k.Until, err = StoredDate(until)
		list = append(list, k)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read kinship: %w", err)
	}
	humans := known
	if len(unnamed) > 0 {
		humans = maps.Clone(known)
		err = eachOf(q, namedSQL, org, unnamed, func(r *db.Rows) error {
			var h Human
			var id core.ID
			var given, use, birth, died string
			if err := r.Scan(&id, &h.UsualName, &given, &use, &h.Title, &birth, &died); err != nil {
				return err
			}
			err := fillHuman(&h, id, given, use, birth, died)
			humans[id] = h
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read names of kin: %w", err)
		}
	}
	slices.SortFunc(list, func(a, b Kinship) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var once []Kinship
	for _, k := range list { // of two that say the same, the first written
		if !slices.ContainsFunc(once, func(o Kinship) bool { return sameKin(o, k) }) {
			once = append(once, k)
		}
	}
	return once, humans, nil
}

// sameKin tells whether two relations say the same: each of two merged files had
// written it.
func sameKin(a, b Kinship) bool {
	if a.Kind == Couple && a.A == b.B && a.B == b.A {
		a.A, a.B = b.A, b.B
	}
	return a.Kind == b.Kind && a.A == b.A && a.B == b.B && a.Couple == b.Couple && a.From == b.From && a.Until == b.Until
}

const selectHuman = `SELECT usual_name, given_names, use_name, title, birth, died_on FROM person WHERE org_id = $1 AND id = $2`

// ReadHousehold reads the household of a file on a day: who lives there, and the
// direct kin of the file's person. The caller asked its own permission. Of the kin of the others nothing is kept
// that does not touch somebody present: it belongs to their files.
func ReadHousehold(q db.Querier, org, file core.ID, on core.Date) (HouseholdView, error) {
	v := HouseholdView{On: on}
	stays, humans, origin, err := loadStays(q, org, file)
	if err != nil {
		return v, err
	}
	v.homes = sameHomes(stays, origin, file)
	if _, ok := humans[file]; !ok {
		var h Human
		var given, use, birth, died string
		if err := q.QueryRow(selectHuman, org, file).Scan(&h.UsualName, &given, &use, &h.Title, &birth, &died); err != nil {
			return v, fmt.Errorf("read person %s: %w", file, err)
		}
		if err := fillHuman(&h, file, given, use, birth, died); err != nil {
			return v, err
		}
		humans[file] = h
	}
	v.ID = v.home(homeOn(stays, file, on))
	people := []core.ID{file}
	for _, m := range stays {
		if v.home(m.Household) != v.ID {
			continue
		}
		for _, d := range []core.Date{m.From, m.Until} {
			if !d.IsZero() && !slices.Contains(v.Changes, d) {
				v.Changes = append(v.Changes, d)
			}
		}
		if m.present(on) {
			if slices.ContainsFunc(v.Members, func(o Member) bool { return o.Person == m.Person }) {
				v.twins = append(v.twins, m)
				continue
			}
			v.Members = append(v.Members, m)
			if m.Person != file {
				people = append(people, m.Person)
			}
		}
	}
	slices.SortFunc(v.Changes, func(a, b core.Date) int { return strings.Compare(a.String(), b.String()) })
	for _, d := range v.Changes {
		if !on.Before(d) {
			v.Since = d
		}
	}
	kin, named, err := loadKin(q, org, v.lived(stays, origin, file), humans)
	if err != nil {
		return v, err
	}
	v.Humans = map[core.ID]Human{}
	for _, id := range people {
		v.Humans[id] = humans[id]
	}
	for _, k := range kin {
		if !kinShown(k, kin, people, file) {
			continue
		}
		v.Kin = append(v.Kin, k)
		for _, id := range []core.ID{k.A, k.B} {
			if _, ok := v.Humans[id]; !ok {
				v.Humans[id] = named[id]
			}
		}
	}
	v.Groups = DeriveGroups(file, on, v.Members, kin, v.Humans)
	slices.SortStableFunc(v.Members, func(a, b Member) int {
		switch {
		case a.Person == file && b.Person != file:
			return -1
		case b.Person == file && a.Person != file:
			return 1
		}
		return strings.Compare(v.Humans[a.Person].Birth.String(), v.Humans[b.Person].Birth.String())
	})
	return v, nil
}

// homeOn is the dwelling where the person lives on a day: the one they came to
// last.
func homeOn(stays []Member, person core.ID, on core.Date) core.ID {
	var home Member
	for _, m := range stays {
		if m.Person == person && m.present(on) && (home.ID == "" || home.From.Before(m.From) || (home.From == m.From && home.ID < m.ID)) {
			home = m
		}
	}
	return home.Household
}

// kinShown tells whether a relation belongs to a file's household: both live
// there, or one is the file's person, or it gives the other parent of a child
// who lives there or is theirs.
func kinShown(k Kinship, all []Kinship, present []core.ID, file core.ID) bool {
	if k.A == file || k.B == file || (slices.Contains(present, k.A) && slices.Contains(present, k.B)) {
		return true
	}
	return k.Kind == ParentOf && (slices.Contains(present, k.B) || slices.ContainsFunc(all, func(o Kinship) bool {
		return o.Kind == ParentOf && o.A == file && o.B == k.B
	}))
}

const (
	insertHousehold = `INSERT INTO household (org_id, id, version, created_at, created_by) VALUES ($1, $2, 1, $3, $4)`
	insertStay      = `INSERT INTO household_member (org_id, id, household_id, person_id, valid_from, valid_to, housed, version, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)`
	endStay = `UPDATE household_member SET valid_to = $4, version = version + 1, recorded_at = $5, recorded_by = $6
WHERE org_id = $1 AND id = $2 AND version = $3 AND household_id = $7`
	insertKin = `INSERT INTO kinship (org_id, id, kind, a, b, couple, valid_from, valid_to, version, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)`
	endKin = `UPDATE kinship SET valid_to = $4, version = version + 1, recorded_at = $5, recorded_by = $6
WHERE org_id = $1 AND id = $2 AND version = $3 AND kind = 'couple'`
	selectKinEnds = `SELECT a, b, kind, valid_from, valid_to FROM kinship WHERE org_id = $1 AND (a IN ` + SameHuman + ` OR b IN ` + SameHuman + `)`
	// isAncestor finds $3 among the ancestors of $2, twelve generations at most.
	isAncestor = `WITH RECURSIVE up (id, n) AS (
	SELECT k.a, 1 FROM kinship k WHERE k.org_id = $1 AND k.kind = 'parent_of' AND k.b = $2
	UNION SELECT k.a, up.n + 1 FROM kinship k JOIN up ON k.b = up.id WHERE k.org_id = $1 AND k.kind = 'parent_of' AND up.n < 12)
SELECT COUNT(*) FROM up WHERE id = $3`
)

// IsAncestor tells whether one is among the ancestors of another.
func IsAncestor(q db.Querier, org, one, of core.ID) (bool, error) {
	var n int64
	if err := q.QueryRow(isAncestor, org, of, one).Scan(&n); err != nil {
		return false, fmt.Errorf("look among the ancestors of %s: %w", of, err)
	}
	return n > 0, nil
}
