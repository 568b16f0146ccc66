package casefile

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	insertSheet = `INSERT INTO sheet (org_id, code, kind, person_id, month, evaluation_id, at, by_worker) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING`
	selectSheet   = `SELECT person_id, month, evaluation_id, at, by_worker FROM sheet WHERE org_id = $1 AND code = $2 AND kind = 'rights'`
	selectSheetOf = `SELECT code, month, at, by_worker FROM sheet WHERE org_id = $1 AND person_id = $2 AND evaluation_id = $3 ORDER BY code LIMIT 1`
)

// SheetView is a printed sheet with what it shows: the results as they were
// that day, whatever changed since.
type SheetView struct {
	Sheet
	// PrintedAs is the person whose sheet it was when printed: since a merge, another
	// address of the same file.
	PrintedAs core.ID
	Person    Person
	TeamName  string
	Rights    []RightLine
	Referent  core.ID
	Names     map[core.ID]string // of the workers named here
	Older     bool               // the rights of its month were calculated again since
}

// MakeSheet gives a code to the results shown for a month (0 = this month), so
// that a counter finds them again. The same results keep the same code.
func (s *Service) MakeSheet(ctx context.Context, file core.ID, month core.Month) (Sheet, error) {
	now := s.ThisMonth(ctx)
	if month == 0 {
		month = now
	}
	if err := checkMonth(month, now); err != nil {
		return Sheet{}, err
	}
	var sheet Sheet
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, access.SheetPrint, &file)
		if err != nil {
			return err
		}
		if err := LockFile(tx, o.Org, file); err != nil {
			return err
		}
		e, ok, err := loadEvaluation(tx, o.Org, file, month)
		if err != nil {
			return err
		}
		if !ok {
			return errs.New(errs.NotFound, "errs.casefile.never_computed")
		}
		sheet = Sheet{Kind: SheetOfRights, Person: file, Month: month, Evaluation: e.id, At: tx.Now(), By: core.ActorFrom(ctx).ID}
		var code string
		err = tx.QueryRow(selectSheetOf, o.Org, file, e.id).Scan(&code, &sheet.Month, &sheet.At, &sheet.By)
		if errors.Is(err, db.ErrNoRows) {
			code, err = s.InsertSheet(tx, o.Org, sheet)
		}
		if err != nil {
			return fmt.Errorf("give the sheet a code: %w", err)
		}
		sheet.Code = ShowCode(code)
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "sheet.print", Subjects: o.Humans, Object: "sheet", ObjectID: core.ID(code), Code: code})
	})
	return sheet, err
}

// InsertSheet writes a sheet under a code that no other has, and gives the code in
// its bare form.
func (s *Service) InsertSheet(tx *db.Tx, org core.ID, sheet Sheet) (string, error) {
	for range 10 {
		code, err := s.FreeCode(tx, org)
		if err != nil {
			return "", err
		}
		n, err := tx.Exec(insertSheet, org, code, sheet.Kind, sheet.Person, sheet.Month, sheet.Evaluation, sheet.At, sheet.By)
		if err != nil {
			return "", err
		}
		if n == 1 {
			return code, nil
		}
	}
	return "", errors.New("ten codes drawn, all taken")
}

// OpenSheet reads a sheet by the code on it; spaces, hyphens, case and the usual
// confusions (O for 0, I and L for 1) do not matter. NotFound when the code is
// wrong; Forbidden when the file is another team's, whom a search would name too.
func (s *Service) OpenSheet(ctx context.Context, code string) (SheetView, error) {
	bare, ok := NormalCode(code)
	if !ok {
		return SheetView{}, errs.Fields{errs.New(errs.Invalid, "errs.casefile.code_shape", "code", Clip(code)).On("code")}
	}
	var v SheetView
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		v = SheetView{}
		org := core.ActorFrom(ctx).Org
		sh := &v.Sheet
		err := q.QueryRow(selectSheet, org, bare).Scan(&sh.Person, &sh.Month, &sh.Evaluation, &sh.At, &sh.By)
		if errors.Is(err, db.ErrNoRows) {
			return journal.Event{}, errs.New(errs.NotFound, "errs.casefile.sheet_not_found")
		}
		if err != nil {
			return journal.Event{}, fmt.Errorf("read sheet: %w", err)
		}
		// The results stay where they were printed from, the person may be known under
		// another file since.
		person := sh.Person
		v.PrintedAs = person
		o, err := s.Allow(ctx, q, access.SheetRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		sh.Code = ShowCode(bare)
		if v.Person, err = s.ReadPerson(q, org, person); err != nil {
			return journal.Event{}, err
		}
		names, err := teamNames(q, org)
		if err != nil {
			return journal.Event{}, err
		}
		v.TeamName, v.Referent = names[o.Cases[0].Team], o.Cases[0].Referent
		results, err := loadResults(q, org, sh.Person, evaluation{id: sh.Evaluation, month: sh.Month})
		if err != nil {
			return journal.Event{}, err
		}
		decided, err := LoadDecisions(q, org, person)
		if err != nil {
			return journal.Event{}, err
		}
		if v.Person.Address.Protected {
			hideLocal(s, results)
			hideLocal(s, decided)
		}
		v.Rights = s.rightLines(results, decided)
		last, _, err := loadEvaluation(q, org, sh.Person, sh.Month)
		if err != nil {
			return journal.Event{}, err
		}
		v.Older = last.id != sh.Evaluation
		if sh.Mark, err = journal.Mark(q, org, bare); err != nil {
			return journal.Event{}, err
		}
		sh.Person = person
		v.Names, err = access.Names(q, org, append(deciders(v.Rights), sh.By, v.Referent)...)
		return journal.Event{Kind: "sheet.read", Subjects: o.Humans, Object: "sheet", ObjectID: core.ID(bare)}, err
	})
	return v, err
}
