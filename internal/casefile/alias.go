package casefile

import (
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Alias says that two rows of persons are one human: ID stands for Kept since Merge
// was written. Rows whose id is greater than Merge were written since.
type Alias struct {
	Merge, ID, Kept core.ID
}

// SameHuman is the sub-query of a person ($2 of the organisation $1) and of those
// merged into them. A person that nobody was merged into is alone in it.
const SameHuman = `(SELECT $2 UNION ALL SELECT alias_id FROM person_alias WHERE org_id = $1 AND person_id = $2 AND ended_at = 0)`

const selectAliases = `SELECT id, alias_id, person_id FROM person_alias WHERE org_id = $1 AND ended_at = 0 AND person_id IN (
	SELECT $2 UNION ALL SELECT person_id FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0)
ORDER BY id LIMIT 50`

// touched finds any row that speaks of $2: most persons have none.
const touched = `SELECT 1 FROM person_alias WHERE org_id = $1 AND person_id = $2 AND ended_at = 0
UNION ALL SELECT 1 FROM person_alias WHERE org_id = $1 AND alias_id = $2 AND ended_at = 0 LIMIT 1`

// ReadAliases gives the person that an id stands for today and everybody merged
// into them, the first merged first.
func ReadAliases(q db.Querier, org, id core.ID) (kept core.ID, list []Alias, err error) {
	kept = id
	var any int64
	if err := q.QueryRow(touched, org, id).Scan(&any); errors.Is(err, db.ErrNoRows) {
		return id, nil, nil
	} else if err != nil {
		return id, nil, fmt.Errorf("who %s is: %w", id, err)
	}
	rows, err := q.Query(selectAliases, org, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var a Alias
		err := r.Scan(&a.Merge, &a.ID, &a.Kept)
		kept = a.Kept
		list = append(list, a)
		return err
	})
	if err != nil {
		return id, nil, fmt.Errorf("who %s is: %w", id, err)
	}
	return kept, list, nil
}

// homes are the dwellings of a merged person that are one: those where the files
// say that they live. The kept file's gives its name to all.
func sameHomes(stays []Member, origin map[core.ID]core.ID, file core.ID) map[core.ID]core.ID {
	last := map[core.ID]Member{} // of each of the merged persons
	var order []core.ID
	for _, m := range stays {
		if m.Person != file || !m.Until.IsZero() {
			continue
		}
		from := origin[m.ID]
		was, seen := last[from]
		if !seen {
			order = append(order, from)
		}
		if !seen || was.From.Before(m.From) || (was.From == m.From && was.ID < m.ID) {
			last[from] = m
		}
	}
	if len(order) < 2 {
		return nil
	}
	slices.Sort(order)
	if _, own := last[file]; own {
		order = append([]core.ID{file}, order...)
	}
	home := last[order[0]].Household
	same := map[core.ID]core.ID{}
	for _, id := range order {
		if h := last[id].Household; h != home {
			same[h] = home
		}
	}
	return same
}

// mergeFacts makes one file of the facts of several: what two files say of the
// same cell waits for a choice when they differ, and counts once when they agree.
// twins are the facts that say the same as another, by id: they give way with it.
func mergeFacts(facts []Fact, file core.ID) (twins map[core.ID]core.ID) {
	type cell struct {
		subject  Subject
		variable string
		from     core.PartialDate
	}
	held := map[cell]*Fact{}
	for _, own := range []bool{true, false} { // the kept file's count first
		for i := range facts {
			f := &facts[i]
			if (f.File == file) != own || !f.Current() {
				continue
			}
			k := cell{f.Subject, f.Variable, f.From}
			first := held[k]
			switch {
			case first == nil:
				held[k] = f
			case first.Until == f.Until && first.State == f.State && first.Value == f.Value:
				if twins == nil {
					twins = map[core.ID]core.ID{}
				}
				twins[f.ID] = first.ID
				f.SupersededBy = first.ID
			default:
				f.ConflictWith = first.ID
			}
		}
	}
	return twins
}

// Merged is somebody who was made one with a file's person.
type Merged struct {
	Person Person
	Reason string
	At     int64 // µs UTC
	By     core.ID
}

const selectMerged = `SELECT alias_id, reason, merged_at, merged_by FROM person_alias
WHERE org_id = $1 AND person_id = $2 AND ended_at = 0 ORDER BY id LIMIT 50`

// loadMerged reads who was made one with a person.
func (s *Service) loadMerged(q db.Querier, org, person core.ID) ([]Merged, error) {
	var list []Merged
	rows, err := q.Query(selectMerged, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var m Merged
		err := r.Scan(&m.Person.ID, &m.Reason, &m.At, &m.By)
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	for i := range list { // at most twenty, nearly always none
		if list[i].Person, err = s.ReadPerson(q, org, list[i].Person.ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// OtherHomes are the dwellings that a merge made one: the kept file's, and which of
// the other's it is. It is asked before the merge ends.
func OtherHomes(q db.Querier, org, kept, other core.ID) (map[core.ID]core.ID, error) {
	stays, _, origin, err := loadStays(q, org, kept)
	if err != nil {
		return nil, err
	}
	theirs := map[core.ID]core.ID{}
	for home, own := range sameHomes(stays, origin, kept) {
		if slices.ContainsFunc(stays, func(m Member) bool { return m.Household == home && origin[m.ID] == other }) {
			theirs[own] = home
		}
	}
	return theirs, nil
}
