// Package printout gives a plan or a whole file on paper a code, and keeps what it
// said, so that a counter who types the code reads the document as it was printed.
//
// Guarantees: what is kept is sealed; third persons are masked in it before it is
// kept (casefile.CopyOf); the same content of a file keeps the same code; each
// print and each reading leaves a line in the journal of the person. A code opens
// nothing by itself: whoever types it needs the permission of the file.
//
//	p, err := prints.Make(ctx, file, casefile.SheetOfPlan)   // p.Code: « 7QF-M2K »
//	d, err := prints.Open(ctx, "7qf m2k")                    // d.Plan, d.Older
package printout

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Service prints and finds again. It is safe for concurrent use.
type Service struct {
	cases *casefile.Service
	plans *plan.Service
	rooms []casefile.Exporter
}

// New makes a Service. rooms have parts of a file that a print of the whole holds.
func New(cases *casefile.Service, rooms ...casefile.Exporter) *Service {
	return &Service{cases, plan.New(cases), rooms}
}

// Printout is a printed document with what it said that day. One of Plan and File
// is set.
type Printout struct {
	Code      string // "7QF-M2K" form
	Mark      string // of the journal, "" on a paper of before there were marks
	Kind      casefile.SheetKind
	Person    core.ID // who stands today
	PrintedAs core.ID // whose it was when printed: another address of the same person since a merge
	At        int64   // µs UTC
	By        core.ID
	ByName    string // "" when nobody of the organisation
	Older     bool   // the file has changed since
	Plan      *Plan
	File      *casefile.Dossier
}

// Plan is a plan as it was printed: no calls, no colleagues.
type Plan struct {
	Name  string
	Title casefile.Title
	Today core.Date
	casefile.Plan
	Names map[core.ID]string // of the workers named here
}

// most bounds the printouts kept of one file: the oldest goes first, and its code
// is then of nobody.
const most = 200

const (
	selectSame = `SELECT p.code, s.at, s.by_worker FROM printout p JOIN sheet s ON s.org_id = p.org_id AND s.code = p.code
WHERE p.org_id = $1 AND p.person_id = $2 AND p.digest = $3 AND s.kind = $4 ORDER BY s.at LIMIT 1`
	insertPrintout = `INSERT INTO printout (org_id, code, person_id, digest, content) VALUES ($1, $2, $3, $4, $5)`
	selectOldest   = `SELECT p.code FROM printout p JOIN sheet s ON s.org_id = p.org_id AND s.code = p.code
WHERE p.org_id = $1 AND p.person_id = $2 ORDER BY s.at DESC, p.code LIMIT 1 OFFSET $3`
	deletePrintout = `DELETE FROM printout WHERE org_id = $1 AND code = $2`
	deleteSheet    = `DELETE FROM sheet WHERE org_id = $1 AND code = $2`
	selectSheet    = `SELECT kind, person_id, at, by_worker FROM sheet WHERE org_id = $1 AND code = $2`
	selectPrintout = `SELECT digest, content FROM printout WHERE org_id = $1 AND code = $2`
)

// allowed is what somebody needs to print or to read a document.
func allowed(kind casefile.SheetKind, print bool) access.Action {
	switch {
	case kind == casefile.SheetOfFile:
		return access.FileExport
	case print:
		return access.SheetPrint
	}
	return access.SheetRead
}

// Make prints the plan or the whole file of a person: what it says now is kept
// under a code. The same content keeps its first code and date.
func (s *Service) Make(ctx context.Context, file core.ID, kind casefile.SheetKind) (Printout, error) {
	if kind != casefile.SheetOfPlan && kind != casefile.SheetOfFile {
		return Printout{}, errs.New(errs.Invalid, "errs.casefile.choice_unknown")
	}
	today := s.cases.Today(ctx)
	var out Printout
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		out = Printout{Kind: kind, PrintedAs: file, By: core.ActorFrom(ctx).ID, At: tx.Now()}
		o, err := s.cases.Allow(ctx, tx, allowed(kind, true), &file)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, file); err != nil {
			return err
		}
		out.Person = file
		if err := s.read(ctx, tx, o, file, today, &out); err != nil {
			return err
		}
		content, digest, err := out.pack()
		if err != nil {
			return err
		}
		var code string
		err = tx.QueryRow(selectSame, o.Org, file, digest, kind).Scan(&code, &out.At, &out.By)
		if errors.Is(err, db.ErrNoRows) {
			code, err = s.keep(tx, o.Org, out, content, digest)
		}
		if err != nil {
			return fmt.Errorf("keep the document: %w", err)
		}
		out.Code = casefile.ShowCode(code)
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: printed(kind), Subjects: o.Humans, Object: "sheet", ObjectID: core.ID(code), Code: code})
	})
	return out, err
}

// keep writes a new document and lets the oldest go when there are too many.
func (s *Service) keep(tx *db.Tx, org core.ID, out Printout, content []byte, digest string) (string, error) {
	code, err := s.cases.InsertSheet(tx, org, casefile.Sheet{
		Kind: out.Kind, Person: out.Person, Month: core.DateOf(s.cases.Clock.Now()).CalendarMonth(), At: out.At, By: out.By,
	})
	if err != nil {
		return "", err
	}
	sealed, err := s.cases.Fields.Seal("printout", "content", string(org)+"/"+code, content)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	if _, err := tx.Exec(insertPrintout, org, code, out.Person, digest, sealed); err != nil {
		return "", err
	}
	var oldest string
	err = tx.QueryRow(selectOldest, org, out.Person, most).Scan(&oldest)
	if errors.Is(err, db.ErrNoRows) {
		return code, nil
	}
	if err != nil {
		return "", err
	}
	for _, sql := range []string{deletePrintout, deleteSheet} {
		if _, err := tx.Exec(sql, org, oldest); err != nil {
			return "", err
		}
	}
	return code, nil
}

// read fills the document with what the file says now.
func (s *Service) read(ctx context.Context, q db.Querier, o casefile.Opened, file core.ID, today core.Date, out *Printout) error {
	if out.Kind == casefile.SheetOfFile {
		var err error
		out.File, err = s.cases.CopyOf(ctx, q, o, file, today, s.rooms)
		return err
	}
	var v plan.View
	if err := s.plans.Of(q, o, file, &v); err != nil {
		return err
	}
	out.Plan = newPlan(v, today)
	return nil
}

func newPlan(v plan.View, today core.Date) *Plan {
	p := &Plan{Name: v.Person.DisplayName(), Title: v.Person.Title, Today: today, Plan: v.Plan, Names: v.Names}
	p.Exchanges = nil
	return p
}

// printed is the journal's kind of a print.
func printed(kind casefile.SheetKind) string {
	if kind == casefile.SheetOfFile {
		return "file.print"
	}
	return "plan.print"
}

// Find tells what a code is of, and whose, for a page that leads there. NotFound
// when it is nobody's; Forbidden when the file is another team's.
func (s *Service) Find(ctx context.Context, code string) (Printout, error) {
	return s.find(ctx, code, false)
}

// Open reads a printed plan or file by its code, written as people do. NotFound
// when it is nobody's, or of a sheet of rights.
func (s *Service) Open(ctx context.Context, code string) (Printout, error) {
	return s.find(ctx, code, true)
}

func (s *Service) find(ctx context.Context, code string, open bool) (Printout, error) {
	none := errs.New(errs.NotFound, "errs.casefile.sheet_not_found")
	bare, ok := casefile.NormalCode(code)
	if !ok {
		return Printout{}, none
	}
	today := s.cases.Today(ctx)
	org := core.ActorFrom(ctx).Org
	var out Printout
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = Printout{Code: casefile.ShowCode(bare)}
		err := q.QueryRow(selectSheet, org, bare).Scan(&out.Kind, &out.PrintedAs, &out.At, &out.By)
		if errors.Is(err, db.ErrNoRows) {
			return journal.Event{}, none
		}
		if err != nil {
			return journal.Event{}, fmt.Errorf("read sheet: %w", err)
		}
		out.Person = out.PrintedAs
		o, err := s.cases.Allow(ctx, q, allowed(out.Kind, false), &out.Person)
		if err != nil {
			return journal.Event{}, err
		}
		line := journal.Event{Kind: "sheet.found", Subjects: o.Humans, Object: "sheet", ObjectID: core.ID(bare)}
		if !open {
			return line, nil
		}
		var digest string
		var sealed []byte
		err = q.QueryRow(selectPrintout, org, bare).Scan(&digest, &sealed)
		if errors.Is(err, db.ErrNoRows) {
			return journal.Event{}, none // a sheet of rights
		}
		if err != nil {
			return journal.Event{}, fmt.Errorf("read the document: %w", err)
		}
		content, err := s.cases.Fields.Open("printout", "content", string(org)+"/"+bare, sealed)
		if err != nil {
			return journal.Event{}, fmt.Errorf("open the document: %w", err)
		}
		if err := out.unpack(content); err != nil {
			return journal.Event{}, err
		}
		now := Printout{Kind: out.Kind}
		if err := s.read(ctx, q, o, out.Person, today, &now); err != nil {
			return journal.Event{}, err
		}
		_, current, err := now.pack()
		if err != nil {
			return journal.Event{}, err
		}
		out.Older = current != digest
		if out.Mark, err = journal.Mark(q, org, bare); err != nil {
			return journal.Event{}, err
		}
		workers, err := access.Workers(q, org, out.By)
		out.ByName = workers[out.By].Name
		return line, err
	})
	return out, err
}
