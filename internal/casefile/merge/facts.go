package merge

import (
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// partedFacts are the facts whose chain a merge may have tied: of the files of the
// two persons, and what the files around them say of either.
const partedFacts = `SELECT ` + casefile.FactColumns + ` WHERE f.org_id = $1 AND (f.file_id IN (SELECT $3 UNION ALL SELECT $2 UNION ALL
	SELECT alias_id FROM person_alias WHERE org_id = $1 AND person_id = $2 AND ended_at = 0)
OR f.subject_id IN ($2, $3) AND f.file_id IN (
	SELECT m.person_id FROM household_member o JOIN household_member m ON m.org_id = o.org_id AND m.household_id = o.household_id
		WHERE o.org_id = $1 AND o.person_id IN ($2, $3)
	UNION SELECT a FROM kinship WHERE org_id = $1 AND b IN ($2, $3)
	UNION SELECT b FROM kinship WHERE org_id = $1 AND a IN ($2, $3)))
ORDER BY f.id`

const (
	moveFact = `UPDATE fact SET file_id = $4, subject_id = $5, conflict_with = $3 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	holdFact = `UPDATE fact SET conflict_with = $3 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	tieFact  = `UPDATE fact SET superseded_by = $4, superseded_at = CASE WHEN $4 = '' THEN 0 ELSE superseded_at END, conflict_with = $5
WHERE org_id = $1 AND file_id = $2 AND id = $3`
)

// side is the file a fact stands in, and whom of the two it is about: what replaced
// or contradicts a fact must be on its side.
type side struct {
	file  core.ID // the kept file for those still gathered in it
	about core.ID // one of the two, else ""
}

func (p *parting) sideOf(f casefile.Fact, gathered []core.ID) side {
	s := side{file: f.File}
	if slices.Contains(gathered, f.File) {
		s.file = p.Kept
	}
	if f.Subject.ID == p.Kept || f.Subject.ID == p.ID {
		s.about = f.Subject.ID
	}
	return s
}

// partFacts moves the facts given to the other file and unties the two: a fact
// replaced by one that went to the other side counts again, or is replaced by what
// replaced that one since on its own side.
func (p *parting) partFacts(moved map[core.ID]bool, theirs map[core.ID]core.ID) error {
	var facts []casefile.Fact
	rows, err := p.tx.Query(partedFacts, p.org, p.Kept, p.ID)
	err = db.Each(rows, err, func(r *db.Rows) error {
		f, err := casefile.ScanFact(r)
		facts = append(facts, f)
		return err
	})
	if err != nil {
		return fmt.Errorf("read facts to part: %w", err)
	}
	before := slices.Clone(facts)
	_, still, err := casefile.ReadAliases(p.tx, p.org, p.Kept)
	if err != nil {
		return err
	}
	var gathered []core.ID
	for _, a := range still {
		gathered = append(gathered, a.ID)
	}
	at := map[core.ID]int{}
	for i := range facts {
		f := &facts[i]
		at[f.ID] = i
		if !moved[f.ID] {
			continue
		}
		f.File = p.ID
		if f.Subject.ID == p.Kept {
			f.Subject.ID = p.ID
		}
		if home, ok := theirs[f.Subject.ID]; ok {
			f.Subject.ID = home
		}
	}
	for i := range facts {
		f := &facts[i]
		here := p.sideOf(*f, gathered)
		// along follows what replaced a fact to the first one of this side.
		along := func(id core.ID) core.ID {
			for range len(facts) {
				j, known := at[id]
				if !known {
					return ""
				}
				if p.sideOf(facts[j], gathered) == here {
					return id
				}
				id = before[j].SupersededBy
			}
			return ""
		}
		if f.SupersededBy != "" {
			f.SupersededBy = along(f.SupersededBy)
		} else if f.ConflictWith != "" {
			f.ConflictWith = along(f.ConflictWith)
		}
	}
	p.settleCells(facts, before)
	return p.writeParted(facts, before, moved)
}

// settleCells lets two facts that count again in one cell wait for a choice.
func (p *parting) settleCells(facts, before []casefile.Fact) {
	type cell struct {
		file     core.ID
		subject  casefile.Subject
		variable string
		from     core.PartialDate
	}
	held := map[cell]int{}
	for i := range facts {
		f := &facts[i]
		if !f.Current() {
			continue
		}
		k := cell{f.File, f.Subject, f.Variable, f.From}
		first, taken := held[k]
		switch {
		case !taken:
			held[k] = i
		case *f != before[i] || facts[first] != before[first]:
			f.ConflictWith = facts[first].ID
		}
	}
}

// writeParted writes what changed, in two steps: nothing counts twice in between.
func (p *parting) writeParted(facts, before []casefile.Fact, moved map[core.ID]bool) error {
	for i, f := range facts {
		if f == before[i] {
			continue
		}
		sql, args := holdFact, []any{p.org, before[i].File, f.ID}
		if moved[f.ID] {
			sql, args = moveFact, append(args, f.File, f.Subject.ID)
		}
		if _, err := p.tx.Exec(sql, args...); err != nil {
			return fmt.Errorf("part fact: %w", err)
		}
	}
	for i, f := range facts {
		if f == before[i] {
			continue
		}
		if _, err := p.tx.Exec(tieFact, p.org, f.File, f.ID, f.SupersededBy, f.ConflictWith); err != nil {
			return fmt.Errorf("part fact: %w", err)
		}
	}
	return nil
}
