package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// errTouched says that somebody worked on what an import wrote: it stays.
var errTouched = errors.New("touched since the import")

// undoRows takes back what each row wrote, one row a transaction: a row that
// somebody touched is left whole and listed. Nothing of what others wrote goes.
func (s *Service) undoRows(ctx context.Context, i Import) error {
	org := core.ActorFrom(ctx).Org
	var compute []core.ID
	for _, outcome := range []string{outcomeAdded, outcomeCreated} {
		for after := 0; ; {
			var rows []keptRow
			err := s.DB.Read(ctx, func(q db.Querier) error {
				var err error
				rows, err = s.loadRows(q, selectRowsLeft, org, i.ID, after, writeBatch, outcome)
				return err
			})
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			for _, row := range rows {
				after = row.line
				err := s.undoRow(ctx, i, row)
				switch {
				case errors.Is(err, errTouched), db.IsForeignKey(err):
					err = s.DB.Tx(ctx, func(tx *db.Tx) error {
						return s.endRow(tx, org, i.ID, written{line: row.line, outcome: outcomeKept, person: row.person, facts: row.made})
					})
				case err == nil && outcome == outcomeAdded && len(row.made) > 0:
					compute = append(compute, row.person)
				}
				if err != nil {
					return fmt.Errorf("undo row %d: %w", row.line, err)
				}
			}
		}
	}
	for _, person := range compute {
		if err := s.computeOne(ctx, person); err != nil {
			return err
		}
	}
	return s.endImport(ctx, i, StateUndone)
}

func (s *Service) undoRow(ctx context.Context, i Import, row keptRow) error {
	org := core.ActorFrom(ctx).Org
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		var version int64
		err := tx.QueryRow(lockPerson, org, row.person).Scan(&version)
		if errors.Is(err, db.ErrNoRows) {
			return s.endRow(tx, org, i.ID, written{line: row.line, outcome: outcomeRemoved})
		}
		if err != nil {
			return err
		}
		if err := untouched(tx, org, row); err != nil {
			return err
		}
		if row.outcome == outcomeCreated {
			if version != 1 {
				return errTouched
			}
			if err := s.removeImported(tx, org, i, row); err != nil {
				return err
			}
		} else {
			if err := dropFacts(tx, org, row); err != nil {
				return err
			}
			if _, err := tx.Exec(dropOrigin, org, row.person, i.ID); err != nil {
				return err
			}
		}
		if err := s.endRow(tx, org, i.ID, written{line: row.line, outcome: outcomeRemoved}); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.remove", Subjects: []core.ID{row.person}, Object: "import", ObjectID: i.ID})
	})
}

// untouched is nil when nobody answered, replaced or chose among the facts of a
// row, and, for a file it opened, wrote any other.
func untouched(tx *db.Tx, org core.ID, row keptRow) error {
	rows, err := tx.Query(factsOf, org, row.person)
	return db.Each(rows, err, func(r *db.Rows) error {
		var id, replaced, against core.ID
		if err := r.Scan(&id, &replaced, &against); err != nil {
			return err
		}
		mine := slices.Contains(row.made, id)
		switch {
		case mine && replaced != "" && !slices.Contains(row.made, replaced):
			return errTouched
		case !mine && (slices.Contains(row.made, replaced) || slices.Contains(row.made, against)):
			return errTouched
		case !mine && row.outcome == outcomeCreated:
			return errTouched
		}
		return nil
	})
}

const (
	lockPerson = `SELECT version FROM person WHERE org_id = $1 AND id = $2 FOR UPDATE`
	factsOf    = `SELECT id, superseded_by, conflict_with FROM fact WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` LIMIT 5000`
	// What a file of its own holds besides its facts: one accompaniment as opened,
	// at most a dwelling nobody else lives in.
	countCases   = `SELECT COUNT(*), MAX(version) FROM casefile WHERE org_id = $1 AND person_id = $2`
	homesOf      = `SELECT DISTINCT household_id FROM household_member WHERE org_id = $1 AND person_id = $2 LIMIT 20`
	othersAtHome = `SELECT COUNT(*) FROM household_member WHERE org_id = $1 AND household_id = $2 AND (person_id <> $3 OR version <> 1 OR valid_from <> '' OR valid_to <> '')`
	countKin     = `SELECT COUNT(*) FROM kinship WHERE org_id = $1 AND (a = $2 OR b = $2)`
	decisionsOf  = `SELECT COUNT(*) FROM right_decision WHERE org_id = $1 AND file_id = $2`
	sheetsOf     = `SELECT COUNT(*) FROM sheet WHERE org_id = $1 AND person_id = $2`
	dropFact     = `DELETE FROM fact WHERE org_id = $1 AND file_id = $2 AND id = $3`
	dropOrigin   = `DELETE FROM person_origin WHERE org_id = $1 AND person_id = $2 AND import_id = $3`
	dropStays    = `DELETE FROM household_member WHERE org_id = $1 AND household_id = $2`
	dropHome     = `DELETE FROM household WHERE org_id = $1 AND id = $2`
)

// dropOfFile removes what was computed of a file and the person, in the
// order of what names what. Rows of other rooms that name the person stop it.
func dropOfFile() []string {
	return []string{
		`DELETE FROM right_result WHERE org_id = $1 AND file_id = $2`,
		`DELETE FROM evaluation WHERE org_id = $1 AND file_id = $2`,
		`DELETE FROM right_to_talk WHERE org_id = $1 AND person_id = $2`,
		`DELETE FROM casefile WHERE org_id = $1 AND person_id = $2`,
		`DELETE FROM person WHERE org_id = $1 AND id = $2`,
	}
}

func dropFacts(tx *db.Tx, org core.ID, row keptRow) error {
	for _, f := range row.made {
		if _, err := tx.Exec(dropFact, org, row.person, f); err != nil {
			return fmt.Errorf("drop fact: %w", err)
		}
	}
	return nil
}

func (s *Service) removeImported(tx *db.Tx, org core.ID, i Import, row keptRow) error {
	var cases, version int64
	if err := tx.QueryRow(countCases, org, row.person).Scan(&cases, &version); err != nil {
		return err
	}
	if cases != 1 || version != 1 {
		return errTouched
	}
	for _, sql := range []string{countKin, decisionsOf, sheetsOf} {
		var n int64
		if err := tx.QueryRow(sql, org, row.person).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errTouched
		}
	}
	var homes []core.ID
	rows, err := tx.Query(homesOf, org, row.person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		homes = append(homes, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, home := range homes {
		var n int64
		if err := tx.QueryRow(othersAtHome, org, home, row.person).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errTouched
		}
	}
	if err := dropFacts(tx, org, row); err != nil {
		return err
	}
	if _, err := tx.Exec(dropOrigin, org, row.person, i.ID); err != nil {
		return err
	}
	for _, home := range homes {
		for _, sql := range []string{dropStays, dropHome} {
			if _, err := tx.Exec(sql, org, home); err != nil {
				return err
			}
		}
	}
	if err := s.files.RemoveKeys(tx, org, row.person); err != nil {
		return err
	}
	for _, sql := range dropOfFile() {
		if _, err := tx.Exec(sql, org, row.person); err != nil {
			return fmt.Errorf("remove the file: %w", err)
		}
	}
	return nil
}

// Kept lists what an undo left because somebody touched it, at most 50.
func (s *Service) Kept(ctx context.Context, id core.ID) ([]casefile.Found, error) {
	var list []casefile.Found
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		e := journal.Event{Kind: "import.show", Object: "import", ObjectID: id}
		if _, err := s.allowImport(ctx, q, id); err != nil {
			return e, err
		}
		rows, err := s.loadRows(q, selectRowsLeft, core.ActorFrom(ctx).Org, id, 0, maxImportPage, outcomeKept)
		if err != nil {
			return e, err
		}
		for n := range rows {
			rows[n].sameAs = rows[n].person
		}
		known, err := s.foundByID(ctx, q, rows)
		for _, r := range rows {
			if f, is := known[r.person]; is && !slices.ContainsFunc(list, func(g casefile.Found) bool { return g.Person == f.Person }) {
				list = append(list, f)
				e.Subjects = append(e.Subjects, f.Person)
			}
		}
		return e, err
	})
	return list, err
}
